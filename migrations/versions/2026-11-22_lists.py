"""Lists for people, and letters that anybody can check."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.security import grant, scope

revision = "0031_lists"
down_revision = "0030_spdci"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
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
TIERS = ("nation", "province", "regency", "district", "village")
TALLIES = ("account", "address")
# Jobs come in with several of our migrations; this one knows them all, and takes back its own.
JOBS = (
    "check_import",
    "apply_import",
    "undo_import",
    "mark_import",
    "write_extract",
    "answer_spdci",
)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _may_be(table: str, column: str, *values: str) -> None:
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table, type_="check")
    allowed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(name, table, f"{column} IN ({allowed})")


def _lists() -> None:
    op.create_table(
        "list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("kind", words("kind", "named_list", "recapitulation"), nullable=False),
        sa.Column("format", words("format", "xlsx", "pdf"), nullable=False),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("rows_of", words("rows_of", *TIERS), nullable=True),
        sa.Column("language", words("language", "id", "en"), nullable=False),
        sa.Column("purpose", words("purpose", *PURPOSES), nullable=False),
        sa.Column("asked_as", words("asked_as", *ROLES), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("names", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("refusal", JSONB(), nullable=True),
        sa.Column(
            "state", words("state", "requested", "made", "failed", "expired"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_list_sha256")),
        sa.CheckConstraint(
            "(state IN ('made', 'expired')) = (sha256 IS NOT NULL AND bytes IS NOT NULL "
            "AND made_at IS NOT NULL AND names IS NOT NULL)",
            name=op.f("ck_list_made"),
        ),
        sa.CheckConstraint(
            "(kind = 'recapitulation') = (rows_of IS NOT NULL)", name=op.f("ck_list_has_rows_of")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list")),
    )
    op.create_index(op.f("ix_list_scope_code_id"), "list", ["scope_code", "id"])
    op.create_index(
        op.f("ix_list_created_by_scope_code_id"), "list", ["created_by", "scope_code", "id"]
    )
    op.create_index(
        "ix_list_expires_at", "list", ["expires_at"], postgresql_where=sa.text("state = 'made'")
    )
    scope("list")
    grant("SELECT, INSERT, UPDATE", "list")


def _letters() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("issued_as", words("issued_as", *ROLES), nullable=False),
        sa.Column("issuer_region_code", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("state", words("state", "issued", "revoked", "expired"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("scope_code % 10000 >= 1000", name=op.f("ck_letter_lies_in_a_village")),
        sa.CheckConstraint("valid_until >= issued_on", name=op.f("ck_letter_validity")),
        sa.ForeignKeyConstraint(
            ["scope_code"], ["region.scope_code"], name=op.f("fk_letter_scope_code")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_letter_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.execute("CREATE SEQUENCE letter_number")
    op.execute("GRANT USAGE ON SEQUENCE letter_number TO siks_app")


def _letters_found() -> None:
    """One valid letter for a person and a purpose, wherever either of them is."""
    issued = sa.text("state = 'issued'")
    for name in ("number", "code"):
        op.create_index(f"uq_letter_{name}", "letter", [name], unique=True)
    op.create_index(
        "uq_letter_valid", "letter", ["member_id", "purpose"], unique=True, postgresql_where=issued
    )
    op.create_index(op.f("ix_letter_scope_code_id"), "letter", ["scope_code", "id"])
    op.create_index(
        op.f("ix_letter_member_id_scope_code_id"), "letter", ["member_id", "scope_code", "id"]
    )
    op.create_index("ix_letter_expires_at", "letter", ["expires_at"], postgresql_where=issued)
    scope("letter")
    grant("SELECT, INSERT, UPDATE", "letter")


def upgrade() -> None:
    _lists()
    _letters()
    _letters_found()
    _may_be("job", "kind", *JOBS, "write_list")
    _may_be("sign_in_failure", "tally_of", *TALLIES, "letter_check")


def downgrade() -> None:
    op.execute("DELETE FROM sign_in_failure WHERE tally_of = 'letter_check'")
    op.execute("DELETE FROM job WHERE kind = 'write_list'")
    _may_be("sign_in_failure", "tally_of", *TALLIES)
    _may_be("job", "kind", *JOBS)
    op.drop_table("letter")
    op.execute("DROP SEQUENCE letter_number")
    op.drop_table("list")
