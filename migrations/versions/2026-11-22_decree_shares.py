"""The work of a decree in shares, so that several can be at it.

The book's own place is dropped at once, not a release later: an older service that is still there
must not go on by it. It leaves the work to the newer one.
"""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant

revision = "0019_decree_shares"
down_revision = "0018_notices"
branch_labels = None
depends_on = None

PLACE = ("after_scope_code", "after_id")
FIRST_ID = "00000000-0000-0000-0000-000000000000"


def upgrade() -> None:
    op.create_table(
        "decree_share",
        sa.Column("decree_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("after_scope_code", sa.BigInteger(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=False),
        sa.Column("last_scope_code", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decree_id"], ["decree_book.decree_id"], name=op.f("fk_decree_share_decree_id")
        ),
        sa.PrimaryKeyConstraint("decree_id", "number", name=op.f("pk_decree_share")),
    )
    grant("SELECT, INSERT, UPDATE, DELETE", "decree_share")
    op.execute(
        """INSERT INTO decree_share (decree_id, number, after_scope_code, after_id, last_scope_code)
        SELECT decree_id, 1, after_scope_code, after_id, 9999999999 FROM decree_book
        WHERE work IS NOT NULL"""
    )
    for column in PLACE:
        op.drop_column("decree_book", column)


def downgrade() -> None:
    op.add_column(
        "decree_book",
        sa.Column("after_scope_code", sa.BigInteger(), nullable=False, server_default="-1"),
    )
    op.add_column(
        "decree_book", sa.Column("after_id", sa.Uuid(), nullable=False, server_default=FIRST_ID)
    )
    for column in PLACE:
        op.alter_column("decree_book", column, server_default=None)
    op.drop_table("decree_share")
