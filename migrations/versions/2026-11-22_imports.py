"""Imports, what is wrong with their rows, and what has come of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import RANGE, grant, scope

revision = "0021_imports"
down_revision = "0020_jobs"
branch_labels = None
depends_on = None

KINDS = ("proposals", "bdt2015", "nik_corrections", "verification_results", "operators")
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
STATES = (
    "received",
    "checking",
    "ready",
    "applying",
    "applied",
    "undoing",
    "undone",
    "refused",
)
OUTCOMES = ("taken", "same", "left", "undone", "kept")
COUNTS = ("rows", "bad", "doubtful", "doubled", "units", "taken", "same", "left_out", "kept")
MOMENT = sa.DateTime(timezone=True)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _imports() -> None:
    op.create_table(
        "import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("kind", words("kind", *KINDS), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("sent_as", words("sent_as", *ROLES), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("mode", words("mode", "all", "good"), nullable=True),
        sa.Column("found", postgresql.JSONB(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("refusal", postgresql.JSONB(), nullable=True),
        sa.Column("state", words("state", *STATES), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_import_bytes")),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_import_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
        sa.UniqueConstraint("id", "scope_code", name=op.f("uq_import_id_scope_code")),
    )
    op.create_index(
        "uq_import_file",
        "import",
        ["scope_code", "kind", "sha256"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('refused', 'undone')"),
    )
    op.create_index(op.f("ix_import_scope_code_id"), "import", ["scope_code", "id"])
    scope("import")
    grant("SELECT, INSERT, UPDATE", "import")


def _of_an_import(table: str, *columns: sa.Column, key: str) -> None:  # type: ignore[type-arg]
    op.create_table(
        table,
        sa.Column("import_id", sa.Uuid(), nullable=False),
        *columns,
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id", "scope_code"],
            ["import.id", "import.scope_code"],
            name=op.f(f"fk_{table}_import_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("import_id", key, name=op.f(f"pk_{table}")),
    )
    scope(table)


# COPY is refused where row-level security is: rows are put in blindly, and read through a view that
# keeps to the region of the transaction. After a crash of PostgreSQL they are gone, and are read
# again from the file. They are read twice and thrown away: nothing is compressed or taken apart.
STAGING = f"""
CREATE UNLOGGED TABLE import_row (
    import_id uuid NOT NULL,
    unit text NOT NULL,
    n integer NOT NULL,
    scope_code bigint NOT NULL,
    village bigint,
    bad boolean NOT NULL,
    said json NOT NULL,
    CONSTRAINT pk_import_row PRIMARY KEY (import_id, unit, n)
) WITH (toast_tuple_target = 8160);
CREATE VIEW import_staged WITH (security_barrier) AS SELECT * FROM import_row WHERE {RANGE};
GRANT INSERT ON import_row TO siks_app;
GRANT SELECT, UPDATE, DELETE ON import_staged TO siks_app;
"""  # noqa: S608 - a literal of ours


def upgrade() -> None:
    _imports()
    _of_an_import(
        "import_problem",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        key="n",
    )
    grant("SELECT, INSERT, UPDATE, DELETE", "import_problem")
    _of_an_import(
        "import_effect",
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("rows", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("outcome", words("outcome", *OUTCOMES), nullable=False),
        sa.Column("subjects", postgresql.JSONB(), nullable=False),
        sa.Column("refusal", postgresql.JSONB(), nullable=True),
        key="unit",
    )
    grant("SELECT, INSERT, UPDATE", "import_effect")
    for statement in STAGING.strip().split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP VIEW import_staged")
    op.execute("DROP TABLE import_row")
    for table in ("import_effect", "import_problem", "import"):
        op.drop_table(table)
