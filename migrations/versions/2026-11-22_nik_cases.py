"""NIK cases: people whose NIK, or family card, is to be repaired."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0022_nik_cases"
down_revision = "0021_imports"
branch_labels = None
depends_on = None

STATE = sa.Enum(
    "invalid",
    "awaiting_civil_registry",
    "repaired",
    "refused",
    "dropped",
    name="state",
    native_enum=False,
    create_constraint=True,
    length=40,
)


def upgrade() -> None:
    op.create_table(
        "nik_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("problems", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("state", STATE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cardinality(problems) > 0", name=op.f("ck_nik_case_has_a_problem")),
        sa.CheckConstraint("jsonb_typeof(answer) = 'object'", name=op.f("ck_nik_case_answer")),
        sa.ForeignKeyConstraint(
            ["household_id", "scope_code"],
            ["household.id", "household.scope_code"],
            name=op.f("fk_nik_case_household_id_scope_code"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_nik_case_member_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "scope_code"],
            ["proposal.id", "proposal.scope_code"],
            name=op.f("fk_nik_case_proposal_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nik_case")),
    )
    op.create_index(
        "uq_nik_case_unsettled_of_member",
        "nik_case",
        ["member_id", "scope_code"],
        unique=True,
        postgresql_where=sa.text("state IN ('invalid', 'awaiting_civil_registry', 'refused')"),
    )
    op.create_index(op.f("ix_nik_case_scope_code_id"), "nik_case", ["scope_code", "id"])
    op.create_index(
        op.f("ix_nik_case_state_scope_code_id"), "nik_case", ["state", "scope_code", "id"]
    )
    op.create_index(op.f("ix_nik_case_household_id"), "nik_case", ["household_id"])
    scope("nik_case")
    grant("SELECT, INSERT, UPDATE", "nik_case")


def downgrade() -> None:
    op.drop_table("nik_case")
