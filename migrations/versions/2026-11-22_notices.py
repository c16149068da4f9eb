"""which notices were read, and how long things took"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0018_notices"
down_revision = "0017_decrees"
branch_labels = None
depends_on = None

OUTCOMES = (
    "workflow = 'proposal' AND (action IN ('return', 'reject', 'undo', 'meet', 'release') "
    "OR target IN ('determined', 'rejected'))"
)
LATE = (
    "workflow = 'proposal' AND action NOT IN ('return', 'reject', 'undo', 'meet', 'release') "
    "AND target NOT IN ('determined', 'rejected') AND changes LIKE '%\"/missed_period\":%'"
)
RETURNED = "workflow = 'proposal' AND action = 'return'"


def upgrade() -> None:
    op.create_table(
        "notice_mark",
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "scope_code", "notice", name=op.f("pk_notice_mark")),
    )
    op.create_table(
        "notices_read",
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "scope_code", name=op.f("pk_notices_read")),
    )
    op.create_table(
        "turnaround",
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "drafted",
                "awaiting_deliberation",
                "awaiting_village_head",
                "awaiting_other_village",
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
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("buckets", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("scope_code", "month", "state", name=op.f("pk_turnaround")),
    )
    op.create_table(
        "turnaround_pass",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turnaround_pass")),
    )
    op.add_column(
        "proposal_count", sa.Column("ages", postgresql.ARRAY(sa.BigInteger()), nullable=True)
    )
    for table, privileges in {
        "notice_mark": "SELECT, INSERT",
        "notices_read": "SELECT, INSERT, UPDATE",
        "turnaround": "SELECT, INSERT, UPDATE",
    }.items():
        scope(table)
        grant(privileges, table)
    grant("SELECT, INSERT, UPDATE", "turnaround_pass")
    # Whose deed it was stands beside it: nobody is told of his own.
    op.create_index(
        "ix_audit_entry_outcomes",
        "audit_entry",
        ["scope_code", "id", "actor_id"],
        postgresql_where=sa.text(OUTCOMES),
    )
    op.create_index(
        "ix_audit_entry_late", "audit_entry", ["scope_code", "id"], postgresql_where=sa.text(LATE)
    )
    op.create_index(
        "ix_audit_entry_returned",
        "audit_entry",
        ["target", "id", "scope_code", "actor_id"],
        postgresql_where=sa.text(RETURNED),
    )


def downgrade() -> None:
    for index in ("returned", "late", "outcomes"):
        op.drop_index(f"ix_audit_entry_{index}", table_name="audit_entry")
    op.drop_column("proposal_count", "ages")
    for table in ("turnaround_pass", "turnaround", "notices_read", "notice_mark"):
        op.drop_table(table)
