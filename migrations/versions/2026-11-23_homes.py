"""An entry that reads of many is found by their households; it names everybody as before."""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant

revision = "0036_homes"
down_revision = "0035_residents"
branch_labels = None
depends_on = None

BEFORE, SINCE = "ix_access_entry_subjects", "ix_access_entry_homes"
# How many of the subjects, the first, find the entry. More than there can be: all.
ALL = 2**31 - 1
# Those of the last 256 kB are not sorted in yet: of 4 MB, whoever sorted them took 0.2 s.
WAITING = {"gin_pending_list_limit": 256}
NAMED = {
    "before": "SELECT * FROM access_entry WHERE subjects && array[person, household]",
    "since": """SELECT e.* FROM access_entry e
        WHERE e.subjects[1:e.homes] && (
            SELECT array[person, household] || array_remove(array_agg(d.household_id), NULL)
            FROM departure d WHERE d.subject_id = person AND d.workflow = 'member')
        AND e.subjects && array[person, household]""",
}
READINGS = """
CREATE OR REPLACE FUNCTION readings_of(
    person uuid, household uuid, village bigint, since timestamptz, until timestamptz,
    before bigint, most int
)
RETURNS TABLE (id bigint, at timestamptz, actor_id uuid, actor_role text, actor_region_code text,
    purpose text, operation text, people int, extract_id uuid, agreement text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off AS $$
    WITH village_of AS MATERIALIZED (
        SELECT village AS code
        UNION SELECT scope_code FROM audit_entry WHERE subject_id = person AND workflow = 'member'
    ),
    named AS MATERIALIZED (
        {named}
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


def upgrade() -> None:
    op.execute(
        f"ALTER TABLE access_entry ADD COLUMN IF NOT EXISTS homes integer NOT NULL DEFAULT {ALL}"
    )
    grant("INSERT (homes)", "access_entry")
    _built(SINCE, "(subjects[1:homes])")
    # Nobody plans by how often a person is read of; to find out was most of looking at this table.
    op.execute("ALTER TABLE access_entry ALTER COLUMN subjects SET STATISTICS 0")
    op.execute(f"ALTER INDEX {SINCE} ALTER COLUMN 1 SET STATISTICS 0")
    op.create_index(op.f("ix_departure_subject_id"), "departure", ["subject_id"])
    op.execute(
        "CREATE POLICY known_to_the_owner ON departure FOR SELECT TO CURRENT_USER USING (true)"
    )
    op.execute(READINGS.format(named=NAMED["since"]))
    op.drop_index(BEFORE, "access_entry")


def downgrade() -> None:
    _built(BEFORE, "subjects")
    op.execute(READINGS.format(named=NAMED["before"]))
    op.execute("DROP POLICY known_to_the_owner ON departure")
    op.drop_index(op.f("ix_departure_subject_id"), "departure")
    op.execute("ALTER TABLE access_entry ALTER COLUMN subjects SET STATISTICS -1")
    op.drop_index(SINCE, "access_entry")
    op.drop_column("access_entry", "homes")


def _built(name: str, what: str) -> None:
    """While others write: every read of people does. One that was given up half way goes first."""
    with op.get_context().autocommit_block():
        op.drop_index(name, "access_entry", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            name,
            "access_entry",
            [sa.text(what)],
            postgresql_using="gin",
            postgresql_with=WAITING,
            postgresql_concurrently=True,
        )
