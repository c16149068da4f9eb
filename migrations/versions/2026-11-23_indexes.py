"""Indexes that earn what they cost."""

from alembic import op

revision = "0033_indexes"
down_revision = "0032_reading"
branch_labels = None
depends_on = None

# Every read of people writes an access entry, and nobody reads them by region. By itself, and
# CONCURRENTLY: whoever waits for a table's lock holds up all who come after him.
UNREAD = "ix_access_entry_scope_code_id"
# Of whom it looks is not known when it is planned: a small log would be read from end to end.
READINGS_OF = "readings_of(uuid, uuid, bigint, timestamptz, timestamptz, bigint, int)"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(UNREAD, "access_entry", if_exists=True, postgresql_concurrently=True)
    op.execute(f"ALTER FUNCTION {READINGS_OF} SET enable_seqscan TO off")


def downgrade() -> None:
    op.execute(f"ALTER FUNCTION {READINGS_OF} RESET enable_seqscan")
    with op.get_context().autocommit_block():
        op.create_index(
            op.f(UNREAD),
            "access_entry",
            ["scope_code", "id"],
            if_not_exists=True,
            postgresql_concurrently=True,
        )
