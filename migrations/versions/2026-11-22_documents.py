"""Documents: scans, photos and evidence."""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant, scope

revision = "0011_documents"
down_revision = "0010_kinds"
branch_labels = None
depends_on = None


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


PURPOSE = words(
    "purpose",
    "minutes_scan",
    "statement_scan",
    "evidence",
    "house_front",
    "house_inside",
    "identity",
    "letter",
    "decree_scan",
)


def upgrade() -> None:
    op.create_unique_constraint(op.f("uq_survey_id_scope_code"), "survey", ["id", "scope_code"])
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("purpose", PURPOSE, nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=True),
        sa.Column(
            "media_type",
            words("media_type", "application/pdf", "image/jpeg", "image/png"),
            nullable=False,
        ),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("state", words("state", "stored", "withdrawn"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("bytes BETWEEN 1 AND 25000000", name=op.f("ck_document_bytes")),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_document_sha256")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_document_latitude")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_document_longitude")),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_document_point_is_whole")
        ),
        sa.ForeignKeyConstraint(
            ["survey_id", "scope_code"],
            ["survey.id", "survey.scope_code"],
            name=op.f("fk_document_survey_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("id", "scope_code", name=op.f("uq_document_id_scope_code")),
    )
    op.create_index(op.f("ix_document_scope_code_id"), "document", ["scope_code", "id"])
    op.create_index(
        op.f("ix_document_survey_id"),
        "document",
        ["survey_id"],
        postgresql_where=sa.text("survey_id IS NOT NULL"),
    )
    scope("document")
    grant("SELECT, INSERT, UPDATE", "document")


def downgrade() -> None:
    op.drop_table("document")
    op.drop_constraint(op.f("uq_survey_id_scope_code"), "survey", type_="unique")
