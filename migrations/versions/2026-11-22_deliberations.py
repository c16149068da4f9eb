"""deliberations of a village, and statements of responsibility"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0012_deliberations"
down_revision = "0011_documents"
branch_labels = None
depends_on = None

IN_VILLAGE = ["id", "scope_code"]
RESTS_ON = {"deliberation_id": "deliberation", "statement_id": "responsibility_statement"}


def upgrade() -> None:
    op.create_unique_constraint(op.f("uq_proposal_id_scope_code"), "proposal", IN_VILLAGE)
    _create_deliberation()
    _create_agenda_item()
    _create_statement()
    for column, table in RESTS_ON.items():
        op.add_column("proposal", sa.Column(column, sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_proposal_{column}_scope_code"),
            "proposal",
            table,
            [column, "scope_code"],
            IN_VILLAGE,
        )
    for table in ("deliberation", "responsibility_statement"):
        scope(table)
        grant("SELECT, INSERT, UPDATE", table)
    scope("agenda_item")
    grant("SELECT, INSERT, UPDATE, DELETE", "agenda_item")


def downgrade() -> None:
    for column in RESTS_ON:
        op.drop_column("proposal", column)
    for table in ("responsibility_statement", "agenda_item", "deliberation"):
        op.drop_table(table)
    op.drop_constraint(op.f("uq_proposal_id_scope_code"), "proposal")


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _paper(table: str, state: sa.Enum) -> list[sa.schema.SchemaItem]:
    """What a village's papers share: a signed scan, a state, a version."""
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=True),
        sa.Column("state", state, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["scan_id", "scope_code"],
            ["document.id", "document.scope_code"],
            name=op.f(f"fk_{table}_scan_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("id", "scope_code", name=op.f(f"uq_{table}_id_scope_code")),
    ]


def _create_deliberation() -> None:
    op.create_table(
        "deliberation",
        *_paper("deliberation", _words("state", "open", "closed", "cancelled")),
        sa.Column("kind", _words("kind", "musdes", "muskel", "musdesus"), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("chair", sa.Text(), nullable=True),
        sa.Column("minutes_number", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("attendance", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "jsonb_typeof(attendance) = 'array'", name=op.f("ck_deliberation_attendance")
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_deliberation_closed_at")
        ),
        sa.CheckConstraint(
            "state <> 'closed' OR (place IS NOT NULL AND chair IS NOT NULL "
            "AND minutes_number IS NOT NULL)",
            name=op.f("ck_deliberation_is_whole"),
        ),
        sa.CheckConstraint(
            "scan_id IS NULL OR state = 'closed'", name=op.f("ck_deliberation_scan_id")
        ),
    )
    op.create_index(op.f("ix_deliberation_scope_code_id"), "deliberation", ["scope_code", "id"])


def _create_agenda_item() -> None:
    op.create_table(
        "agenda_item",
        sa.Column("deliberation_id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "outcome", _words("outcome", "eligible", "not_eligible", "postponed"), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("named", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deliberation_id", "scope_code"],
            ["deliberation.id", "deliberation.scope_code"],
            name=op.f("fk_agenda_item_deliberation_id_scope_code"),
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "scope_code"],
            ["proposal.id", "proposal.scope_code"],
            name=op.f("fk_agenda_item_proposal_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("deliberation_id", "proposal_id", name=op.f("pk_agenda_item")),
        sa.UniqueConstraint(
            "deliberation_id",
            "number",
            name=op.f("uq_agenda_item_deliberation_id_number"),
            deferrable=True,
            initially="IMMEDIATE",
        ),
    )
    op.create_index(
        "uq_agenda_item_open",
        "agenda_item",
        ["proposal_id"],
        unique=True,
        postgresql_where=sa.text("is_open"),
    )


def _create_statement() -> None:
    op.create_table(
        "responsibility_statement",
        *_paper("responsibility_statement", _words("state", "declared")),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("signatory_name", sa.Text(), nullable=False),
        sa.Column("signatory_position", sa.Text(), nullable=False),
        sa.Column("proposal_ids", sa.ARRAY(sa.Uuid()), nullable=False),
    )
    op.create_index(
        op.f("ix_responsibility_statement_scope_code_id"),
        "responsibility_statement",
        ["scope_code", "id"],
    )
