"""Members by their household and its place, which row-level security then finds in the index."""

from alembic import op

revision = "0035_residents"
down_revision = "0034_words"
branch_labels = None
depends_on = None

BEFORE, SINCE = "ix_member_household_id", "ix_member_household_id_scope_code"


def upgrade() -> None:
    _change(BEFORE, SINCE, ["household_id", "scope_code"])


def downgrade() -> None:
    _change(SINCE, BEFORE, ["household_id"])


def _change(before: str, since: str, columns: list[str]) -> None:
    """While others write. An index that was given up half way goes first."""
    with op.get_context().autocommit_block():
        op.drop_index(since, "member", if_exists=True, postgresql_concurrently=True)
        op.create_index(since, "member", columns, postgresql_concurrently=True)
        op.drop_index(before, "member", if_exists=True, postgresql_concurrently=True)
