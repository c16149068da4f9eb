"""Surveys: dated answer sheets of households."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0006_surveys"
down_revision = "0005_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("codebook", sa.Text(), nullable=False),
        sa.Column("surveyed_on", sa.Date(), nullable=False),
        sa.Column("enumerator_name", sa.Text(), nullable=True),
        sa.Column("respondent_name", sa.Text(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("checker_name", sa.Text(), nullable=True),
        sa.Column("outcome", sa.SmallInteger(), nullable=True),
        sa.Column("duplicate_of", sa.Text(), nullable=True),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "drafted",
                "finished",
                "discarded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'finished') <= (outcome IS NOT NULL)",
            name=op.f("ck_survey_has_an_outcome"),
        ),
        sa.CheckConstraint(
            "(state = 'finished') = (finished_at IS NOT NULL)", name=op.f("ck_survey_finished_at")
        ),
        sa.CheckConstraint("jsonb_typeof(answers) = 'object'", name=op.f("ck_survey_answers")),
        sa.CheckConstraint("outcome BETWEEN 1 AND 6", name=op.f("ck_survey_outcome")),
        sa.ForeignKeyConstraint(
            ["household_id", "scope_code"],
            ["household.id", "household.scope_code"],
            name=op.f("fk_survey_household_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
    )
    op.create_index(
        "uq_survey_draft_of_household",
        "survey",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("state = 'drafted'"),
    )
    op.create_index(
        "ix_survey_current",
        "survey",
        ["household_id", sa.text("surveyed_on DESC"), sa.text("finished_at DESC")],
        postgresql_where=sa.text("state = 'finished'"),
    )
    op.create_index(
        op.f("ix_survey_household_id_surveyed_on_id"),
        "survey",
        ["household_id", "surveyed_on", "id"],
    )
    op.create_index(op.f("ix_survey_scope_code_id"), "survey", ["scope_code", "id"])
    scope("survey")
    grant("SELECT, INSERT, UPDATE", "survey")


def downgrade() -> None:
    op.drop_table("survey")
