"""How long proposals waited where, and what waits now: of a regency from the audit itself, of more
than that from a roll-up that takes in what was written since it was made last.
"""

import json
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.db.regions import COUNTS_NOW, RegionNotFound
from app.db.sessions import Connection, Reading
from app.domain.proposals import PROPOSALS
from app.domain.regions import Region, Tier
from app.domain.turnarounds import AGES, STEPS, WAITED_FOR

EXACT = {Tier.REGENCY, Tier.DISTRICT, Tier.VILLAGE}
DIGITS_BELOW = {Tier.NATION: 2, Tier.PROVINCE: 4, Tier.REGENCY: 6, Tier.DISTRICT: 10}
EVER = datetime(2000, 1, 1, tzinfo=UTC)
PASS_SECONDS = 300  # the first takes in everything there ever was

# Every step out of a state, and when the proposal had come to it: by the step before among those
# that are read anyway, else by a look along its own chain.
_CAME = f"""(SELECT b.at FROM audit_entry b WHERE b.subject_id = s.subject_id
    AND b.workflow = '{PROPOSALS.name}' AND b.seq < s.seq AND b.source IS DISTINCT FROM b.target
    ORDER BY b.seq DESC LIMIT 1)"""
_LEFT = f"""
    SELECT s.scope_code, s.source AS state, s.at, extract(epoch FROM s.at -
        CASE WHEN s.before IS NULL THEN {_CAME} ELSE s.before END) AS seconds
    FROM (
        SELECT e.subject_id, e.seq, e.scope_code, e.source, e.at,
            lag(e.at) OVER (PARTITION BY e.subject_id ORDER BY e.seq) AS before
        FROM audit_entry e WHERE e.workflow = '{PROPOSALS.name}'
            AND e.source IS DISTINCT FROM e.target AND {{which}}
    ) AS s WHERE s.source IS NOT NULL
    OFFSET 0"""  # or what is found for a step would be looked for wherever it is used
# How many have waited for so many full days, from the youngest on.
_DAYS = "floor(extract(epoch FROM now() - p.state_since) / 86400)::int"
AGES_NOW = f"""ARRAY[{
    ", ".join(
        f"count(*) FILTER (WHERE width_bucket({_DAYS}, ARRAY{list(AGES)}) = {number})"
        for number in range(len(AGES) + 1)
    )
}]"""
_BUCKETS = f"""ARRAY[{
    ", ".join(f"count(*) FILTER (WHERE step = {number})" for number in range(len(STEPS) + 1))
}]"""

# $1 to $3 are the region, $4 and $5 the span, $6 the states in which somebody is waited for.
_PLACES = """
place (code, name) AS (
    SELECT code, name FROM (SELECT code, name FROM region UNION ALL SELECT '', 'Indonesia') AS known
    WHERE code = $1 {children}
)"""
_CHILDREN = f"""
    UNION ALL SELECT code, name FROM region WHERE {{below}} AND {COUNTS_NOW}"""
_EXACT = f"""
took AS MATERIALIZED (
    SELECT {{code}} AS code, state, count(*) AS count, avg(seconds) AS mean,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
        percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90, NULL::bigint[] AS buckets
    FROM ({_LEFT.format(which="e.scope_code BETWEEN $2 AND $3 AND e.at >= $4 AND e.at < $5")}) AS p
    GROUP BY {{groups}}
),
waits AS MATERIALIZED (
    SELECT {{code}} AS code, state, count(*) AS count, {AGES_NOW} AS ages, now() AS as_of
    FROM proposal p WHERE p.scope_code BETWEEN $2 AND $3 AND p.state = ANY ($6::text[])
    GROUP BY {{groups}}
)"""
_ROLLED = """
step AS (
    SELECT {code} AS code, state, n, sum(b) AS b
    FROM turnaround p CROSS JOIN unnest(p.buckets) WITH ORDINALITY AS u (b, n)
    WHERE p.scope_code BETWEEN $2 AND $3 AND p.month >= $4 AND p.month < $5
    GROUP BY {groups_of_steps}
),
spent AS (
    SELECT {code} AS code, state, sum(p.seconds) AS seconds
    FROM turnaround p
    WHERE p.scope_code BETWEEN $2 AND $3 AND p.month >= $4 AND p.month < $5
    GROUP BY {groups}
),
took AS MATERIALIZED (
    SELECT code, state, sum(b) AS count, max(seconds) / nullif(sum(b), 0) AS mean,
        NULL::float8 AS median, NULL::float8 AS p90, array_agg(b ORDER BY n) AS buckets
    FROM step JOIN spent USING (code, state) GROUP BY code, state
),
band AS (
    SELECT {code} AS code, state, n, sum(b) AS b
    FROM proposal_count p CROSS JOIN unnest(p.ages) WITH ORDINALITY AS u (b, n)
    WHERE p.scope_code BETWEEN $2 AND $3 AND p.state = ANY ($6::text[])
    GROUP BY {groups_of_steps}
),
waits AS MATERIALIZED (
    SELECT code, state, sum(b) AS count, array_agg(b ORDER BY n) AS ages,
        (SELECT min(counted_at) FROM proposal_count
            WHERE scope_code BETWEEN $2 AND $3) AS as_of
    FROM band GROUP BY code, state
)"""
_TELL = """
SELECT json_build_object('region_code', code, 'region_name', name, 'states', (
    SELECT coalesce(json_agg(json_build_object('state', state, 'count', coalesce(took.count, 0),
        'mean', mean, 'median', median, 'p90', p90, 'buckets', buckets,
        'backlog', coalesce(waits.count, 0), 'ages', ages, 'as_of', as_of)), '[]')
    FROM (SELECT * FROM took WHERE took.code = place.code) AS took
    FULL JOIN (SELECT * FROM waits WHERE waits.code = place.code) AS waits USING (state)))::text
FROM place ORDER BY length(code), code
"""


class Span(NamedTuple):
    first: date
    end: date  # no longer inside


async def look(
    reading: Reading, span: Span, *, within: Region, exact: bool, part_by_part: bool
) -> list[dict[str, Any]]:
    """The region, and each one below where that was asked for: what was found of its states."""
    digits = DIGITS_BELOW.get(within.tier) if part_by_part else None
    statement = f"WITH {_places(within, digits)}, {_parts(digits, exact=exact)} {_TELL}"
    rows = await reading.rows(
        statement,
        within.code,
        within.first,
        within.last,
        _midnight(span.first, within) if exact else span.first,
        _midnight(span.end, within) if exact else span.end,
        list(map(str, WAITED_FOR)),
    )
    if not rows:
        raise RegionNotFound
    return [json.loads(row[0]) for row in rows]


def _midnight(day: date, place: Region) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(place.time_zone))


def _places(within: Region, digits: int | None) -> str:
    below = "parent_code = $1" if within.code else "parent_code IS NULL"
    return _PLACES.format(children=_CHILDREN.format(below=below) if digits else "")


def _parts(digits: int | None, *, exact: bool) -> str:
    """By state; and, where asked for, by region and state as well."""
    part = f"left(p.scope_code::text, {digits})"
    asked = {
        "code": f"CASE WHEN grouping({part}) = 1 THEN $1 ELSE {part} END",
        "groups": f"GROUPING SETS ((state), ({part}, state))",
        "groups_of_steps": f"GROUPING SETS ((state, n), ({part}, state, n))",
    }
    if digits is None:
        asked = {"code": "$1::text", "groups": "state", "groups_of_steps": "state, n"}
    return (_EXACT if exact else _ROLLED).format(**asked)


# Known beforehand, or the planner would take the index for useless and read everything.
_BEFORE = "SELECT xid, at FROM turnaround_pass"
_TURN = "SELECT pg_try_advisory_xact_lock(hashtext('siks turnarounds'))"
# Whatever was written by transactions that ended since the last pass, and by none that still runs:
# nothing twice, nothing left out. `at` is for the index; a step is dated within its transaction.
_TAKE_IN = f"""
WITH so_far AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid),
new AS MATERIALIZED (
    SELECT scope_code / 1000000 * 1000000 AS scope_code,
        date_trunc('month', at AT TIME ZONE 'Asia/Jakarta')::date AS month, state, seconds,
        width_bucket(seconds, ARRAY{[float(step) for step in STEPS]}::numeric[]) AS step
    FROM ({
    _LEFT.format(
        which="e.xid >= $1 AND e.xid < (SELECT xid FROM so_far) "
        "AND e.at >= $2::timestamptz - interval '1 hour'"
    )
}) AS l
),
kept AS (
    INSERT INTO turnaround AS t (scope_code, month, state, count, seconds, buckets)
    SELECT scope_code, month, state, count(*), sum(seconds)::bigint, {_BUCKETS}
    FROM new GROUP BY scope_code, month, state
    ON CONFLICT (scope_code, month, state) DO UPDATE SET
        count = t.count + excluded.count, seconds = t.seconds + excluded.seconds,
        buckets = ARRAY(SELECT a + b FROM unnest(t.buckets, excluded.buckets)
            WITH ORDINALITY AS u (a, b, n) ORDER BY n)
    RETURNING 1
),
noted AS (
    INSERT INTO turnaround_pass AS t (id, xid, at) SELECT 1, xid, now() FROM so_far
    ON CONFLICT (id) DO UPDATE SET xid = excluded.xid, at = excluded.at
)
SELECT count(*) FROM kept
"""


async def take_in(connection: Connection) -> int:
    """Count what was written since the last time, unless it is another's turn. How many rows."""
    if not await connection.fetchval(_TURN):
        return 0
    await connection.execute(f"SET LOCAL statement_timeout TO '{PASS_SECONDS}s'")
    before = await connection.fetchrow(_BEFORE) or (0, EVER)
    return int(await connection.fetchval(_TAKE_IN, *before, timeout=PASS_SECONDS))
