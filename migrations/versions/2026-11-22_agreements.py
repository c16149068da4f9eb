"""Agreements under which machines read, and what an access entry tells besides."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0026_agreements"
down_revision = "0025_expiry"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
GROUPS = "ARRAY['health', 'identity', 'programmes', 'survey']"

# Whoever reads of a person has read of that person, wherever he sits: the ministry's readings lie
# beyond the region of the village that asks. And the index over subjects is none to row-level
# security, because `&&` is not leakproof. So the owner looks, for one person at a time: in the
# entries that name him or his household, and in the extracts that went over a village in which his
# own audit says he lived.
SEEN_BY_ITS_OWNER = ("access_entry", "access_reach", "audit_entry")
READINGS = """
CREATE FUNCTION readings_of(
    person uuid, household uuid, village bigint, since timestamptz, until timestamptz,
    before bigint, most int
)
RETURNS TABLE (id bigint, at timestamptz, actor_id uuid, actor_role text, actor_region_code text,
    purpose text, operation text, people int, extract_id uuid, agreement text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH village_of AS MATERIALIZED (
        SELECT village AS code
        UNION SELECT scope_code FROM audit_entry WHERE subject_id = person AND workflow = 'member'
    ),
    named AS MATERIALIZED (
        SELECT * FROM access_entry WHERE subjects && array[person, household]
    ),
    extracted AS MATERIALIZED (
        SELECT * FROM access_entry e
        WHERE e.extract_id IS NOT NULL AND e.id < before AND e.at >= since AND e.at < until
            AND EXISTS (
                SELECT FROM village_of v JOIN access_reach r ON r.scope_code = v.code
                WHERE r.extract_id = e.extract_id AND r.subjects && array[person, household])
        ORDER BY e.id DESC LIMIT most
    )
    SELECT e.id, e.at, e.actor_id, e.actor_role, e.actor_region_code, e.purpose, e.operation,
        coalesce(e.people, cardinality(e.subjects)), e.extract_id, e.agreement
    FROM (SELECT * FROM named UNION ALL SELECT * FROM extracted) AS e
    WHERE e.id < before AND e.at >= since AND e.at < until
    ORDER BY e.id DESC LIMIT most
$$"""


def _agreements() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "ended",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("begins_on <= expires_on", name=op.f("ck_agreement_period")),
        sa.CheckConstraint(
            "length(number) BETWEEN 1 AND 100", name=op.f("ck_agreement_number_is_short")
        ),
        sa.CheckConstraint(f"fields <@ {GROUPS}", name=op.f("ck_agreement_fields_are_known")),
        sa.CheckConstraint("cardinality(fields) > 0", name=op.f("ck_agreement_gives_something")),
        sa.ForeignKeyConstraint(
            ["account_id", "scope_code"],
            ["account.id", "account.scope_code"],
            name=op.f("fk_agreement_account_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_index(
        "uq_agreement_number",
        "agreement",
        ["scope_code", "number"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_agreement_account_id"), "agreement", ["account_id"])
    op.create_index(op.f("ix_agreement_scope_code_id"), "agreement", ["scope_code", "id"])
    scope("agreement")
    grant("SELECT, INSERT, UPDATE", "agreement")


def _reach() -> None:
    op.create_table(
        "access_reach",
        sa.Column("extract_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("subjects", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.PrimaryKeyConstraint("extract_id", "scope_code", "part", name=op.f("pk_access_reach")),
    )
    op.create_index(
        op.f("ix_access_reach_scope_code_extract_id"), "access_reach", ["scope_code", "extract_id"]
    )
    scope("access_reach")
    grant("SELECT, INSERT", "access_reach")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_reach "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def upgrade() -> None:
    _agreements()
    _reach()
    op.add_column("access_entry", sa.Column("people", sa.Integer(), nullable=True))
    op.add_column("access_entry", sa.Column("extract_id", sa.Uuid(), nullable=True))
    op.add_column("access_entry", sa.Column("agreement", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_access_entry_people_of_an_extract"),
        "access_entry",
        "(people IS NULL) = (extract_id IS NULL)",
    )
    op.create_index(
        "ix_access_entry_extracts",
        "access_entry",
        ["id", "extract_id"],
        postgresql_where=sa.text("extract_id IS NOT NULL"),
    )
    grant("INSERT (people, extract_id, agreement)", "access_entry")
    for table in SEEN_BY_ITS_OWNER:
        op.execute(
            f"CREATE POLICY known_to_the_owner ON {table} FOR SELECT TO CURRENT_USER USING (true)"
        )
    op.execute(READINGS)
    op.execute("REVOKE ALL ON FUNCTION readings_of FROM PUBLIC")
    grant("EXECUTE", "FUNCTION readings_of")


def downgrade() -> None:
    op.execute("DROP FUNCTION readings_of")
    for table in SEEN_BY_ITS_OWNER:
        op.execute(f"DROP POLICY known_to_the_owner ON {table}")
    op.drop_index("ix_access_entry_extracts", "access_entry")
    for column in ("agreement", "extract_id", "people"):
        op.drop_column("access_entry", column)
    op.drop_table("access_reach")
    op.drop_table("agreement")
