"""A read in one trip: the settings of its transaction are one of the arguments of its statement."""

from alembic import op

revision = "0038_settings"
down_revision = "0037_village_months"
branch_labels = None
depends_on = None

# It does nothing that its caller may not do: `set_config` is anybody's, and what it sets ends with
# the transaction. `named` is an array of pairs; one that names nothing is refused. `read_within` of
# 0032 stays for services of that version.
MAKE_SETTINGS = """
CREATE FUNCTION make_settings(named text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    settings text[] := named;
    told text;
BEGIN
    FOR place IN 1 .. array_length(settings, 1) LOOP
        told := set_config(settings[place][1], settings[place][2], true);
    END LOOP;
    RETURN true;
END
$$
"""


def upgrade() -> None:
    op.execute(MAKE_SETTINGS)
    op.execute("REVOKE ALL ON FUNCTION make_settings(text) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION make_settings(text) TO siks_app")
    op.execute("CREATE DOMAIN transaction_settings AS text CHECK (make_settings(VALUE))")


def downgrade() -> None:
    op.execute("DROP DOMAIN transaction_settings")
    op.execute("DROP FUNCTION make_settings(text)")
