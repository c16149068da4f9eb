"""proposals, what regencies decide about their road, and answers kept for who asks again"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0004_proposals"
down_revision = "0003_registry"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("regency_code", sa.Text(), nullable=False),
        sa.Column("district_checks", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("in_force", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["regency_code"], ["region.code"], name=op.f("fk_policy_regency_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("regency_code", name=op.f("uq_policy_regency_code")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "new_family", name="kind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("household_id", sa.Uuid(), nullable=False),
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
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id", "scope_code"],
            ["household.id", "household.scope_code"],
            name=op.f("fk_proposal_household_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(
        op.f("ix_proposal_scope_code_id"), "proposal", ["scope_code", "id"], unique=False
    )
    op.create_index(
        op.f("ix_proposal_state_scope_code_id"),
        "proposal",
        ["state", "scope_code", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_proposal_household_id_created_at"), "proposal", ["household_id", "created_at"]
    )
    op.create_index(
        "uq_proposal_live_of_household",
        "proposal",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('determined', 'rejected', 'withdrawn')"),
    )
    op.create_table(
        "stored_answer",
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "scope_code", "key", name=op.f("pk_stored_answer")),
    )
    op.create_index(
        op.f("ix_stored_answer_scope_code_at"), "stored_answer", ["scope_code", "at"], unique=False
    )
    scope("proposal")
    grant("SELECT, INSERT, UPDATE", "proposal")
    grant("SELECT, INSERT, UPDATE", "policy")
    scope("stored_answer")
    grant("SELECT, INSERT, DELETE", "stored_answer")


def downgrade() -> None:
    for table in ("stored_answer", "proposal", "policy"):
        op.drop_table(table)
