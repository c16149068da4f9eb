"""A read that is noted, in one trip: what was found and its entry, each planned by itself."""

from alembic import op

revision = "0038_noting"
down_revision = "0037_village_months"
branch_labels = None
depends_on = None

# As `read_within`, of a statement that finds (body, subjects); `by` begins the columns of the
# entry. There is no reading without it, and where nothing was found nothing is noted. All subjects
# find it, or those before a NULL.
READ_NOTING = """
CREATE FUNCTION read_noting(settings text[], form text, written text[], by text[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    told text;
    body text;
    subjects uuid[];
BEGIN
    FOR place IN 1 .. array_length(settings, 1) LOOP
        told := set_config(settings[place][1], settings[place][2], true);
    END LOOP;
    EXECUTE format(form, VARIADIC written) INTO body, subjects;
    IF cardinality(subjects) > 0 THEN
        INSERT INTO access_entry (scope_code, actor_id, actor_role, actor_region_code,
            purpose, operation, request_id, agreement, subjects, homes)
        VALUES (by[1]::bigint, by[2]::uuid, by[3], by[4], by[5], by[6], by[7], by[8],
            array_remove(subjects, NULL),
            coalesce(array_position(subjects, NULL) - 1, 2147483647));
    END IF;
    RETURN body;
END
$$
"""


def upgrade() -> None:
    op.execute(READ_NOTING)
    op.execute("REVOKE ALL ON FUNCTION read_noting(text[], text, text[], text[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION read_noting(text[], text, text[], text[]) TO siks_app")


def downgrade() -> None:
    op.execute("DROP FUNCTION read_noting(text[], text, text[], text[])")
