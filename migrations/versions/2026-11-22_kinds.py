"""all kinds of proposals, and what an open one lays claim to"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0010_kinds"
down_revision = "0009_work_lists"
branch_labels = None
depends_on = None

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
STATES = (
    "drafted",
    "awaiting_deliberation",
    "awaiting_village_head",
    "awaiting_other_village",
    "awaiting_district",
    "awaiting_regency",
    "awaiting_endorsement",
    "awaiting_province",
    "awaiting_ministry",
    "awaiting_determination",
    "determined",
    "rejected",
    "withdrawn",
)
RECORDS = ("household", "family", "member")
ENDED = "state NOT IN ('determined', 'rejected', 'withdrawn')"

# Where those are on record whom an arrival asks for. It answers of arrivals within the caller's
# region alone, because row-level security is forced on `proposal` for the owner too; and it is
# asked by the service, which tells it to nobody.
MOVE_ORIGINS = """
CREATE FUNCTION move_origins(arrivals uuid[])
RETURNS TABLE (arrival_id uuid, place bigint, member_id uuid, scope_code bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT p.id, asked.place, h.member_id, h.scope_code
    FROM proposal p
    CROSS JOIN LATERAL jsonb_array_elements(p.asks -> 'people')
        WITH ORDINALITY AS asked (person, place)
    JOIN nik_holder h ON h.nik = asked.person ->> 'nik'
    WHERE p.id = ANY (arrivals) AND p.kind = 'move' AND p.asks ->> 'direction' = 'arrival';
END
"""


def _words(table: str, name: str, words: tuple[str, ...]) -> None:
    """Let the column take these words and no others."""
    said = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{name} IN ({said})")


def upgrade() -> None:
    _words("proposal", "kind", KINDS)
    _words("proposal", "state", STATES)
    _words("proposal_count", "state", STATES)
    for name in ("family_id", "member_id", "linked_id"):
        op.add_column("proposal", sa.Column(name, sa.Uuid(), nullable=True))
    op.add_column("proposal", sa.Column("linked_scope_code", sa.BigInteger(), nullable=True))
    op.add_column("proposal", sa.Column("base_version", sa.Integer(), nullable=True))
    op.add_column(
        "proposal",
        sa.Column(
            "asks",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    for name, whose in (("family_id", "family"), ("member_id", "member")):
        op.create_foreign_key(op.f(f"fk_proposal_{name}"), "proposal", whose, [name], ["id"])
        op.create_index(
            op.f(f"ix_proposal_{name}"),
            "proposal",
            [name],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
    # Why, since when, and by which proposal a record is out: what undoes that has to know.
    for table in RECORDS:
        op.add_column(table, sa.Column("inactive_reason", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("inactive_on", sa.Date(), nullable=True))
        op.add_column(table, sa.Column("inactive_by", sa.Uuid(), nullable=True))
    # A household may have several open proposals now; what they must not share is claimed.
    op.drop_index("uq_proposal_live_of_household", table_name="proposal")
    op.create_index(
        "uq_proposal_live_of_household",
        "proposal",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text(f"kind = 'new_family' AND {ENDED}"),
    )
    op.create_table(
        "proposal_claim",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_claim_proposal_id")
        ),
        sa.PrimaryKeyConstraint("subject_id", "field", name=op.f("pk_proposal_claim")),
    )
    op.create_index(op.f("ix_proposal_claim_proposal_id"), "proposal_claim", ["proposal_id"])
    scope("proposal_claim")
    grant("SELECT, INSERT, DELETE", "proposal_claim")
    op.execute(MOVE_ORIGINS)
    op.execute("REVOKE ALL ON FUNCTION move_origins(uuid[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION move_origins(uuid[]) TO siks_app")


def downgrade() -> None:
    op.execute("DROP FUNCTION move_origins")
    op.drop_table("proposal_claim")
    op.drop_index("uq_proposal_live_of_household", table_name="proposal")
    op.create_index(
        "uq_proposal_live_of_household",
        "proposal",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text(ENDED),
    )
    for table in RECORDS:
        for name in ("inactive_by", "inactive_on", "inactive_reason"):
            op.drop_column(table, name)
    added = ("asks", "base_version", "linked_scope_code", "linked_id", "member_id", "family_id")
    for name in added:
        op.drop_column("proposal", name)
    states = tuple(state for state in STATES if state != "awaiting_other_village")
    _words("proposal_count", "state", states)
    _words("proposal", "state", states)
    _words("proposal", "kind", ("new_family",))
