"""Decrees, what was checked of each, and their numbered lists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0017_decrees"
down_revision = "0016_marks"
branch_labels = None
depends_on = None


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


KINDS = (
    "new_family",
    "new_member",
    "programme",
    "correction",
    "move",
    "removal",
    "ineligibility",
    "restoration",
    "payee_change",
    "pbi_reactivation",
)
EFFECTS = (
    "added",
    "removed",
    "restored",
    "moved_in",
    "moved_out",
    "changed",
    "programme_added",
    "programme_ended",
    "programme_restored",
    "payee_changed",
)
STATES = ("drafted", "checking", "checked", "applying", "in_force", "cancelled")


def _decrees() -> None:
    op.create_table(
        "decree",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("state", words("state", *STATES), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "extract(day FROM period) = 1", name=op.f("ck_decree_period_is_a_month")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decree")),
    )
    op.create_index(
        "uq_decree_number",
        "decree",
        ["number"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    grant("SELECT, INSERT, UPDATE", "decree")


def _books() -> None:
    op.create_table(
        "decree_book",
        sa.Column("decree_id", sa.Uuid(), nullable=False),
        sa.Column("work", words("work", "check", "apply"), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("after_scope_code", sa.BigInteger(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=False),
        sa.Column("would_take", sa.Integer(), nullable=False),
        sa.Column("falls_out", sa.Integer(), nullable=False),
        sa.Column("determined", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column(
            "reasons",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("turned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decree_id"], ["decree.id"], name=op.f("fk_decree_book_decree_id")
        ),
        sa.PrimaryKeyConstraint("decree_id", name=op.f("pk_decree_book")),
    )
    grant("SELECT, INSERT, UPDATE", "decree_book")


def _checks() -> None:
    op.create_table(
        "decree_check",
        sa.Column("decree_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("kind", words("kind", *KINDS), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("found", words("found", "check", "determination"), nullable=True),
        sa.Column("refusal", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "(found IS NULL) = (refusal IS NULL)", name=op.f("ck_decree_check_says_why")
        ),
        sa.ForeignKeyConstraint(
            ["decree_id"], ["decree.id"], name=op.f("fk_decree_check_decree_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "scope_code"],
            ["proposal.id", "proposal.scope_code"],
            name=op.f("fk_decree_check_proposal_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint(
            "decree_id", "scope_code", "proposal_id", name=op.f("pk_decree_check")
        ),
    )
    scope("decree_check")
    grant("SELECT, INSERT, UPDATE, DELETE", "decree_check")


def _lines() -> None:
    op.create_table(
        "decree_line",
        sa.Column("decree_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("kind", words("kind", *KINDS), nullable=False),
        sa.Column("effect", words("effect", *EFFECTS), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("dtks_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("from_village", sa.Text(), nullable=True),
        sa.Column("to_village", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decree_id"], ["decree.id"], name=op.f("fk_decree_line_decree_id")
        ),
        sa.PrimaryKeyConstraint("decree_id", "scope_code", "number", name=op.f("pk_decree_line")),
    )
    for whom in ("member_id", "household_id"):
        only = "member_id IS NOT NULL" if whom == "member_id" else "member_id IS NULL"
        op.create_index(
            op.f(f"ix_decree_line_{whom}"),
            "decree_line",
            [whom],
            postgresql_where=sa.text(only),
        )
    scope("decree_line")
    # The list is frozen line by line: nobody changes or removes one.
    grant("SELECT, INSERT", "decree_line")


# A decree corrects some hundred names at once. Nobody has counted the rows of a trigger's tables
# beforehand: expecting many more, PostgreSQL would read all keys of the country to drop a few.
def _names() -> None:
    for event in ("update", "delete"):
        op.execute(f"ALTER FUNCTION name_key_at_{event}() SET enable_seqscan TO off")


def upgrade() -> None:
    _decrees()
    _books()
    _checks()
    _lines()
    _names()
    # The households of a thousand proposals are looked into at once, with whoever was in them.
    op.create_index(op.f("ix_family_household_id"), "family", ["household_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_family_household_id"), "family")
    for event in ("update", "delete"):
        op.execute(f"ALTER FUNCTION name_key_at_{event}() RESET enable_seqscan")
    for table in ("decree_line", "decree_check", "decree_book", "decree"):
        op.drop_table(table)
