"""The roll-up of the counts: a row for each regency and state, counted again every few minutes.

Each regency is a transaction of its own, and a lock says whose turn it is; whoever comes second
finds the work done. So any number of services may keep it up, through any kind of pooler.
"""

from datetime import timedelta

from app.db.sessions import Connection
from app.db.turnarounds import AGES_NOW
from app.domain.proposals import PROPOSALS, ProposalState
from app.domain.regions import Region

# A quick look into the audit says where nothing has happened: there it is enough to say so. The
# margin is for transactions that were still open. After an hour nothing is taken for granted.
_DUE = f"""
WITH due AS (
    SELECT r.code, r.scope_code, min(c.counted_at) AS counted_at
    FROM region r LEFT JOIN proposal_count c ON c.scope_code = r.scope_code
    WHERE r.tier = 'regency'
    GROUP BY r.code, r.scope_code
    HAVING coalesce(min(c.counted_at) <= now() - $1::interval, true)
),
moved AS (
    SELECT DISTINCT scope_code / 1000000 * 1000000 AS scope_code FROM audit_entry
    WHERE workflow = '{PROPOSALS.name}' AND at > (
        SELECT greatest(min(counted_at), now() - interval '1 hour') - interval '10 minutes'
        FROM due)
)
SELECT code, coalesce(counted_at < now() - interval '1 hour', true)
    OR scope_code IN (SELECT scope_code FROM moved) AS moved
FROM due ORDER BY code
"""
_TURN = "SELECT pg_try_advisory_xact_lock(hashtext('siks counts'), ($1::bigint / 1000000)::int)"
_IS_DUE = """NOT EXISTS (SELECT FROM proposal_count
    WHERE scope_code = $1 AND counted_at > now() - $2::interval)"""
_COUNT = f"""
INSERT INTO proposal_count AS c (scope_code, state, count, oldest_since, ages, counted_at)
SELECT $1::bigint, stage.state, here.count, here.oldest, here.ages, now()
FROM unnest($4::text[]) AS stage (state) CROSS JOIN LATERAL (
    SELECT count(*) AS count, min(p.state_since) AS oldest, {AGES_NOW} AS ages FROM proposal p
    WHERE p.state = stage.state AND p.scope_code BETWEEN $1 AND $3
) AS here
WHERE {_IS_DUE}
ON CONFLICT (scope_code, state) DO UPDATE SET
    count = excluded.count, oldest_since = excluded.oldest_since, ages = excluded.ages,
    counted_at = excluded.counted_at
RETURNING true
"""
_CONFIRM = (
    f"UPDATE proposal_count SET counted_at = now() WHERE scope_code = $1 AND {_IS_DUE} "
    "RETURNING true"
)


async def due(connection: Connection, *, older_than: timedelta) -> list[tuple[Region, bool]]:
    """The regencies whose counts are older, and whether anything may have moved there since."""
    rows = await connection.fetch(_DUE, older_than)
    return [(Region(row["code"]), row["moved"]) for row in rows]


async def count(connection: Connection, regency: Region, *, older_than: timedelta) -> bool:
    """Count a regency, unless it is another's turn or was: whether it was done here."""
    arguments = (regency.first, older_than, regency.last, list(ProposalState))
    return await _has_turn(connection, regency) and bool(await connection.fetch(_COUNT, *arguments))


async def confirm(connection: Connection, regency: Region, *, older_than: timedelta) -> bool:
    """Say that what was counted of a regency still holds."""
    arguments = (regency.first, older_than)
    return await _has_turn(connection, regency) and bool(
        await connection.fetch(_CONFIRM, *arguments)
    )


async def _has_turn(connection: Connection, regency: Region) -> bool:
    """Until the transaction ends. By itself: the next statement sees what was done before."""
    return bool(await connection.fetchval(_TURN, regency.first))
