"""Members by their household and its place, which row-level security then finds in the index."""

from alembic import op

revision = "0035_residents"
down_revision = "0034_words"
branch_labels = None
depends_on = None

BEFORE, SINCE = "ix_member_household_id", "ix_member_household_id_scope_code"


def upgrade() -> None:
    op.create_index(SINCE, "member", ["household_id", "scope_code"])
    op.drop_index(BEFORE, "member")


def downgrade() -> None:
    op.create_index(BEFORE, "member", ["household_id"])
    op.drop_index(SINCE, "member")
