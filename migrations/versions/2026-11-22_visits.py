"""Visits of enumerators."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0014_visits"
down_revision = "0013_periods"
branch_labels = None
depends_on = None

STATE = sa.Enum(
    "assigned",
    "submitted",
    "sent_back",
    "accepted",
    "revoked",
    name="state",
    native_enum=False,
    create_constraint=True,
    length=40,
)


def upgrade() -> None:
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("enumerator_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("survey_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("marks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state IN ('submitted', 'sent_back', 'accepted')) <= (survey_id IS NOT NULL)",
            name=op.f("ck_visit_has_a_survey"),
        ),
        sa.CheckConstraint("jsonb_typeof(marks) = 'array'", name=op.f("ck_visit_marks")),
        sa.ForeignKeyConstraint(
            ["household_id", "scope_code"],
            ["household.id", "household.scope_code"],
            name=op.f("fk_visit_household_id_scope_code"),
        ),
        sa.ForeignKeyConstraint(
            ["survey_id", "scope_code"],
            ["survey.id", "survey.scope_code"],
            name=op.f("fk_visit_survey_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    op.create_index(
        "uq_visit_open_of_household",
        "visit",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('assigned', 'submitted', 'sent_back')"),
    )
    op.create_index(op.f("ix_visit_household_id"), "visit", ["household_id"])
    op.create_index(op.f("ix_visit_scope_code_id"), "visit", ["scope_code", "id"])
    op.create_index(op.f("ix_visit_state_scope_code_id"), "visit", ["state", "scope_code", "id"])
    op.create_index(
        op.f("ix_visit_enumerator_id_scope_code_id"),
        "visit",
        ["enumerator_id", "scope_code", "id"],
    )
    scope("visit")
    grant("SELECT, INSERT, UPDATE", "visit")


def downgrade() -> None:
    op.drop_table("visit")
