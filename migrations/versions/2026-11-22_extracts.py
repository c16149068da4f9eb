"""Extracts, their files, and the rows of the moment they are made of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0027_extracts"
down_revision = "0026_agreements"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
RESOURCES = ("households", "members", "recipients", "proposals", "decisions")
STATES = (
    "asked",
    "materialising",
    "writing",
    "ready",
    "failed",
    "cancelled",
    "deleted",
    "expired",
)
ROLES = (
    "enumerator",
    "village_operator",
    "village_head",
    "district_officer",
    "regency_operator",
    "regency_verifier",
    "regency_endorser",
    "civil_registry_officer",
    "regency_admin",
    "province_officer",
    "ministry_analyst",
    "ministry_determiner",
    "ministry_admin",
    "auditor",
    "integration",
)
PURPOSES = ("verification", "service", "audit", "extract", "correction")
JOBS = ("check_import", "apply_import", "undo_import", "mark_import")
# Read once, in their order, and thrown away.
CHUNK = """
CREATE UNLOGGED TABLE extract_chunk (
    extract_id uuid NOT NULL,
    start integer NOT NULL,
    scope_code bigint NOT NULL,
    part integer NOT NULL,
    rows integer NOT NULL,
    subjects uuid[] NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT pk_extract_chunk PRIMARY KEY (extract_id, start, scope_code, part)
)"""

# Twice as fast as PostgreSQL's own; not every build of it has it.
PACK = """
DO $$ BEGIN
    ALTER TABLE extract_chunk ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$"""


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _extracts() -> None:
    op.create_table(
        "extract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("resource", words("resource", *RESOURCES), nullable=False),
        sa.Column("format", words("format", "ndjson", "csv", "xlsx", "parquet"), nullable=False),
        sa.Column("compression", words("compression", "none", "gzip", "zstd"), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("rows_per_file", sa.Integer(), nullable=False),
        sa.Column("days_kept", sa.Integer(), nullable=False),
        sa.Column("decree_id", sa.Uuid(), nullable=True),
        sa.Column("changed_after", sa.Text(), nullable=True),
        sa.Column("purpose", words("purpose", *PURPOSES), nullable=False),
        sa.Column("asked_as", words("asked_as", *ROLES), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=True),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("moment", MOMENT, nullable=True),
        sa.Column("changes_after", sa.Text(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("refusal", postgresql.JSONB(), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("state", words("state", *STATES), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("rows_per_file > 0", name=op.f("ck_extract_rows_per_file")),
        sa.CheckConstraint("days_kept > 0", name=op.f("ck_extract_days_kept")),
        sa.CheckConstraint(
            "(state = 'ready') <= (expires_at IS NOT NULL)", name=op.f("ck_extract_ready_expires")
        ),
        sa.CheckConstraint(
            "(state IN ('writing', 'ready')) <= (moment IS NOT NULL)",
            name=op.f("ck_extract_is_of_a_moment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extract")),
        sa.UniqueConstraint("id", "scope_code", name=op.f("uq_extract_id_scope_code")),
    )
    op.create_index(op.f("ix_extract_scope_code_id"), "extract", ["scope_code", "id"])
    op.create_index(
        "ix_extract_open",
        "extract",
        ["created_by"],
        postgresql_where=sa.text("state IN ('asked', 'materialising', 'writing')"),
    )
    op.create_index(
        "ix_extract_expires_at",
        "extract",
        ["expires_at"],
        postgresql_where=sa.text("state = 'ready'"),
    )
    scope("extract")
    grant("SELECT, INSERT, UPDATE", "extract")


def _files() -> None:
    op.create_table(
        "extract_file",
        sa.Column("extract_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("is_deletions", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("first_village", sa.BigInteger(), nullable=False),
        sa.Column("first_part", sa.Integer(), nullable=False),
        sa.Column("last_village", sa.BigInteger(), nullable=False),
        sa.Column("last_part", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(sha256 IS NULL) = (bytes IS NULL)", name=op.f("ck_extract_file_is_made")
        ),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_extract_file_sha256")),
        sa.ForeignKeyConstraint(
            ["extract_id", "scope_code"],
            ["extract.id", "extract.scope_code"],
            name=op.f("fk_extract_file_extract_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("extract_id", "number", name=op.f("pk_extract_file")),
    )
    scope("extract_file")
    grant("SELECT, INSERT, UPDATE, DELETE", "extract_file")


def _jobs(*kinds: str) -> None:
    name = op.f("ck_job_kind")
    op.drop_constraint(name, "job", type_="check")
    named = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "job", f"kind IN ({named})")


def upgrade() -> None:
    _extracts()
    _files()
    op.execute(CHUNK)
    op.execute(PACK)
    scope("extract_chunk")
    grant("SELECT, INSERT, DELETE", "extract_chunk")
    _jobs(*JOBS, "write_extract")


def downgrade() -> None:
    op.execute("DELETE FROM job WHERE kind = 'write_extract'")
    _jobs(*JOBS)
    for table in ("extract_chunk", "extract_file", "extract"):
        op.drop_table(table)
