"""A read in one trip: the settings of its transaction, and a statement that was prepared."""

from alembic import op

revision = "0032_reading"
down_revision = "0031_lists"
branch_labels = None
depends_on = None

# It does nothing that its caller may not do: it runs as the caller, under row-level security. What
# it runs is made by `format`, which quotes the name of the statement and what is asked.
READ_WITHIN = """
CREATE FUNCTION read_within(settings text[], form text, written text[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    setting text[];
    told text;
    body text;
BEGIN
    FOREACH setting SLICE 1 IN ARRAY settings LOOP
        told := set_config(setting[1], setting[2], true);
    END LOOP;
    EXECUTE format(form, VARIADIC written) INTO body;
    RETURN body;
END
$$
"""


def upgrade() -> None:
    op.execute(READ_WITHIN)
    op.execute("REVOKE ALL ON FUNCTION read_within(text[], text, text[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION read_within(text[], text, text[]) TO siks_app")


def downgrade() -> None:
    op.execute("DROP FUNCTION read_within(text[], text, text[])")
