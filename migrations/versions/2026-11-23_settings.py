"""A read in one trip: the settings of its transaction are one of the arguments of its statement."""

from alembic import op

revision = "0038_settings"
down_revision = "0037_village_months"
branch_labels = None
depends_on = None

# Where a reading goes: the first and the last code of its region, how it commits, and an array of
# other settings. It does nothing that its sender may not do: `set_config` is anybody's, and what it
# sets ends with the transaction. In one expression, because that is what each reading waits for.
# `read_within` of 0032 stays for services of that version.
READING_SETTINGS = """
CREATE DOMAIN reading_settings AS text CHECK (
    set_config('siks.region_from', split_part(VALUE, ' ', 1), true) <> ''
    AND set_config('siks.region_to', split_part(VALUE, ' ', 2), true) <> ''
    AND set_config('plan_cache_mode', 'force_generic_plan', true) <> ''
    AND set_config('synchronous_commit', split_part(VALUE, ' ', 3), true) <> ''
    AND (split_part(VALUE, ' ', 4) = '' OR make_settings(split_part(VALUE, ' ', 4)))
)
"""
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
    op.execute(READING_SETTINGS)


def downgrade() -> None:
    op.execute("DROP DOMAIN reading_settings")
    op.execute("DROP FUNCTION make_settings(text)")
