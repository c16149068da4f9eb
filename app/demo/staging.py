"""From rows to tables: COPY into temporary ones, and from there by a few large statements.

COPY into a table with row-level security is refused, and large statements are quick. State,
version and every audit entry are read off the roads, so that they agree by construction; the
entries are given their place in the chain by the table's own trigger, in the order of the steps.
"""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from app.demo.roads import OF_THE_VILLAGE, Roads, as_rows
from app.demo.rows import SUBJECTS, Row, Rows
from app.domain.proposals import HOLDS_NIK

STEPS_AND_OFFICERS = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_step (
    road smallint, place smallint, workflow text, action text, source text, target text,
    version int, role text, grounds text, changes_more boolean, is_last boolean
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS staged_officer (
    scope_code bigint, role text, id uuid, region_code text
) ON COMMIT DELETE ROWS;
"""
STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_{table} ON COMMIT DELETE ROWS AS
SELECT 0::smallint AS road, ''::text AS changes, {table}.* FROM {table} WITH NO DATA;
"""
INSERT = """
INSERT INTO {table} ({columns}, state, version, created_at, updated_at)
SELECT {columns}, step.target, step.version, $1, $1
FROM (SELECT road, {columns} FROM staged_{table}) AS staged
JOIN (SELECT road, target, version FROM staged_step WHERE is_last) AS step USING (road)
"""
COPY = "INSERT INTO {table} ({columns}) SELECT {columns} FROM staged_{table}"
STAGED = "SELECT id, scope_code, road, changes FROM staged_{table}"
ENTRIES = """
INSERT INTO audit_entry (
    workflow, subject_id, scope_code, action, source, target, version, actor_id, actor_role,
    actor_region_code, channel, request_id, grounds, changes
)
SELECT step.workflow, subject.id, scope_code, step.action, step.source, step.target,
    step.version, officer.id, role, officer.region_code, 'console', $1,
    replace(step.grounds, '{of_the_village}', coalesce(held.id::text, '')),
    CASE WHEN step.changes_more THEN subject.changes ELSE '{{}}' END
FROM ({subjects}) AS subject
JOIN staged_step AS step USING (road)
JOIN staged_officer AS officer USING (scope_code, role)
LEFT JOIN staged_deliberation AS held USING (scope_code)
ORDER BY step.place, step.workflow
"""
CLAIM = """
SELECT nik_claim(ARRAY(
    SELECT member.id FROM staged_member AS member
    JOIN staged_proposal AS proposal USING (household_id)
    JOIN staged_step AS step ON step.road = proposal.road AND step.is_last
    WHERE step.target = ANY ($1::text[])
))
"""


async def store(
    connection: asyncpg.Connection,
    settled: Sequence[Rows],
    roads: Roads,
    *,
    now: datetime,
    request_id: str,
) -> None:
    """Within a transaction of its own, which sees no more than the district."""
    stages = (STAGE.format(table=table) for table in (*SUBJECTS, "agenda_item"))
    await connection.execute(STEPS_AND_OFFICERS + "".join(stages))
    await connection.copy_records_to_table("staged_step", records=as_rows(roads))
    officers = [officer for rows in settled for officer in rows.officers]
    await connection.copy_records_to_table("staged_officer", records=officers)
    for table in SUBJECTS:
        await _insert(connection, table, [row for rows in settled for row in rows.of[table]], now)
    subjects = " UNION ALL ".join(STAGED.format(table=table) for table in SUBJECTS)
    await _copy(connection, "agenda_item", [row for rows in settled for row in rows.agenda])
    await connection.execute(
        ENTRIES.format(subjects=subjects, of_the_village=OF_THE_VILLAGE), request_id
    )
    held = await connection.fetchval(CLAIM, [str(state) for state in HOLDS_NIK])
    if held:
        raise RuntimeError(f"{len(held)} of the demo's people have a NIK that is held already")


async def _insert(
    connection: asyncpg.Connection, table: str, rows: Sequence[Row], now: datetime
) -> None:
    if rows:
        await _stage(connection, table, rows)
        given = ", ".join(column for column in rows[0] if column not in {"road", "changes"})
        await connection.execute(INSERT.format(table=table, columns=given), now)


async def _copy(connection: asyncpg.Connection, table: str, rows: Sequence[Row]) -> None:
    """What lies beside its subject, and takes no steps of its own."""
    if rows:
        await _stage(connection, table, rows)
        await connection.execute(COPY.format(table=table, columns=", ".join(rows[0])))


async def _stage(connection: asyncpg.Connection, table: str, rows: Sequence[Row]) -> None:
    records = [tuple(row.values()) for row in rows]
    columns = list(rows[0])
    await connection.copy_records_to_table(f"staged_{table}", columns=columns, records=records)
