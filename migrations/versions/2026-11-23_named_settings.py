"""The other settings of a reading stand by themselves in its argument, and need no PL/pgSQL."""

from alembic import op

revision = "0039_named_settings"
down_revision = "0038_settings"
branch_labels = None
depends_on = None

# What each reading says, as in 0038.
SAID = """
    set_config('siks.region_from', split_part(VALUE, ' ', 1), true) <> ''
    AND set_config('siks.region_to', split_part(VALUE, ' ', 2), true) <> ''
    AND set_config('plan_cache_mode', 'force_generic_plan', true) <> ''
    AND set_config('synchronous_commit', split_part(VALUE, ' ', 3), true) <> ''
"""
IN_AN_ARRAY = "make_settings(split_part(VALUE, ' ', 4))"
ONE = """(split_part(VALUE, ' ', {}) = ''
    OR set_config(split_part(VALUE, ' ', {}), split_part(VALUE, ' ', {}), true) <> '')"""
# Three others at most, each its name and its value; from services of 0038 they come in an array.
BY_THEMSELVES = " AND ".join([ONE.format(at, at, at + 1) for at in (4, 6, 8)])
OTHERS = f"""CASE
    WHEN split_part(VALUE, ' ', 4) = '' THEN true
    WHEN split_part(VALUE, ' ', 4) LIKE '{{%' THEN {IN_AN_ARRAY}
    ELSE {BY_THEMSELVES} AND split_part(VALUE, ' ', 10) = ''
END"""


def check(others: str) -> None:
    op.execute("ALTER DOMAIN reading_settings DROP CONSTRAINT reading_settings_check")
    op.execute(f"ALTER DOMAIN reading_settings ADD CHECK ({SAID} AND {others})")


def upgrade() -> None:
    check(OTHERS)


def downgrade() -> None:
    check(f"(split_part(VALUE, ' ', 4) = '' OR {IN_AN_ARRAY})")
