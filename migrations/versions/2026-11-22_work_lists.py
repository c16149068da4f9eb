"""Since when a proposal waits, on whose desk, and how many wait where."""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant, scope

revision = "0009_work_lists"
down_revision = "0008_accounts"
branch_labels = None
depends_on = None

# A CASE, because row-level security takes coalesce for a function that might tell what it sees,
# and would not use the index.
RESPONSIBLE = "(CASE WHEN responsible_id IS NULL THEN created_by ELSE responsible_id END)"


def upgrade() -> None:
    op.add_column(
        "proposal",
        sa.Column(
            "state_since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.execute("UPDATE proposal SET state_since = updated_at")
    # Null means: whoever drafted it. So nothing is to be filled in, and the version before this
    # one goes on drafting.
    op.add_column("proposal", sa.Column("responsible_id", sa.Uuid(), nullable=True))
    op.drop_index("ix_proposal_state_scope_code_id", table_name="proposal")
    op.create_index("ix_proposal_waiting", "proposal", ["state", "scope_code", "id", "state_since"])
    op.create_index(
        "ix_proposal_responsible", "proposal", [sa.text(RESPONSIBLE), "scope_code", "id", "state"]
    )
    op.create_table(
        "proposal_count",
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "drafted",
                "awaiting_deliberation",
                "awaiting_village_head",
                "awaiting_district",
                "awaiting_regency",
                "awaiting_endorsement",
                "awaiting_province",
                "awaiting_ministry",
                "awaiting_determination",
                "determined",
                "rejected",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("oldest_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope_code", "state", name=op.f("pk_proposal_count")),
    )
    scope("proposal_count")
    grant("SELECT, INSERT, UPDATE", "proposal_count")


def downgrade() -> None:
    op.drop_table("proposal_count")
    op.drop_index("ix_proposal_responsible", table_name="proposal")
    op.drop_index("ix_proposal_waiting", table_name="proposal")
    op.create_index(
        "ix_proposal_state_scope_code_id", "proposal", ["state", "scope_code", "id"], unique=False
    )
    op.drop_column("proposal", "responsible_id")
    op.drop_column("proposal", "state_since")
