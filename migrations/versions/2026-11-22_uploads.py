"""Uploads, which come in parts, and the files that go back of an import."""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant, scope

revision = "0023_uploads"
down_revision = "0022_nik_cases"
branch_labels = None
depends_on = None

KINDS = ("proposals", "bdt2015", "nik_corrections", "verification_results", "operators")
MOMENT = sa.DateTime(timezone=True)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _uploads() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("kind", words("kind", *KINDS), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("part_bytes", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("state", words("state", "open", "completed", "discarded"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_upload_bytes")),
        sa.CheckConstraint("part_bytes > 0", name=op.f("ck_upload_part_bytes")),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_upload_sha256")),
        sa.ForeignKeyConstraint(
            ["import_id", "scope_code"],
            ["import.id", "import.scope_code"],
            name=op.f("fk_upload_import_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("id", "scope_code", name=op.f("uq_upload_id_scope_code")),
    )
    op.create_index(
        "uq_upload_open",
        "upload",
        ["created_by", "kind", "sha256", "scope_code"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_upload_scope_code_id"), "upload", ["scope_code", "id"])
    scope("upload")
    grant("SELECT, INSERT, UPDATE", "upload")


def _parts() -> None:
    op.create_table(
        "upload_part",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_upload_part_sha256")),
        sa.ForeignKeyConstraint(
            ["upload_id", "scope_code"],
            ["upload.id", "upload.scope_code"],
            name=op.f("fk_upload_part_upload_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_upload_part")),
    )
    scope("upload_part")
    grant("SELECT, INSERT, UPDATE, DELETE", "upload_part")


def _results() -> None:
    op.create_table(
        "import_result",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("format", words("format", "xlsx", "csv"), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("language", words("language", "id", "en"), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(sha256 IS NULL) = (bytes IS NULL) AND (sha256 IS NULL) = (made_at IS NULL)",
            name=op.f("ck_import_result_made"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id", "scope_code"],
            ["import.id", "import.scope_code"],
            name=op.f("fk_import_result_import_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("import_id", "format", name=op.f("pk_import_result")),
    )
    scope("import_result")
    grant("SELECT, INSERT, UPDATE, DELETE", "import_result")


def upgrade() -> None:
    _uploads()
    _parts()
    _results()


def downgrade() -> None:
    for table in ("import_result", "upload_part", "upload"):
        op.drop_table(table)
