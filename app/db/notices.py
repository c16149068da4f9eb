"""What somebody is told of: read from the audit along small indexes of its own, and never further
than a page goes. Of it all only what was read is kept.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.sessions import Reading
from app.db.tables.audit import LATE, OUTCOMES, RETURNED
from app.db.windows import HOLDS, Calendars, around, calendars_of
from app.domain.actors import Actor
from app.domain.notices import MOST_UNREAD, TOLD_OF_ALL
from app.domain.proposals import PROPOSALS
from app.domain.regions import Region
from app.domain.subscriptions import sees_all

NEWEST = 2**63 - 1
# $1 and $2 are the region, $3 the asker, $4 where the page begins, $5 how many, $6 the region of
# the office whose marks they are, $7 the states that wait for a role above the regency.
# Village by village, along two indexes: first the newest of each. At least so many as are asked for
# are as new as the last of these that count, so nothing older has to be looked at.
_OF_A_VILLAGE = f"""
    SELECT e.id FROM audit_entry e WHERE {OUTCOMES} AND e.scope_code = place.scope_code
        AND e.actor_id <> $3 AND e.id {{bounds}}"""
_LATE_THERE = f"""
    SELECT e.id FROM audit_entry e WHERE {LATE} AND e.scope_code = place.scope_code
        AND e.id {{bounds}}"""
_BY_VILLAGE = f"""
    WITH place AS MATERIALIZED (
        SELECT scope_code, ({_OF_A_VILLAGE} ORDER BY e.id DESC LIMIT 1) AS outcome,
            ({_LATE_THERE} ORDER BY e.id DESC LIMIT 1) AS late
        FROM region place WHERE tier = 'village' AND scope_code BETWEEN $1 AND $2
    ),
    least AS MATERIALIZED (SELECT coalesce((
        SELECT head FROM (SELECT outcome FROM place UNION ALL SELECT late FROM place) AS h (head)
        WHERE head IS NOT NULL ORDER BY head DESC OFFSET {{most}} - 1 LIMIT 1), 0) AS id)
    SELECT few.id FROM place CROSS JOIN LATERAL (
        ({_OF_A_VILLAGE} AND e.id >= (SELECT id FROM least) AND place.outcome IS NOT NULL
            ORDER BY e.id DESC LIMIT {{most}})
        UNION ALL
        ({_LATE_THERE} AND e.id >= (SELECT id FROM least) AND place.late IS NOT NULL
            ORDER BY e.id DESC LIMIT {{most}})
    ) AS few
    WHERE greatest(place.outcome, place.late) >= (SELECT id FROM least)
    ORDER BY few.id DESC LIMIT {{most}}"""
_RETURNED = f"""
    SELECT few.id FROM unnest((SELECT states FROM mine)) AS awaited (state) CROSS JOIN LATERAL (
        SELECT e.id FROM audit_entry e WHERE {RETURNED} AND e.target = awaited.state
            AND e.scope_code BETWEEN $1 AND $2 AND e.actor_id <> $3 AND e.id {{bounds}}
        ORDER BY e.id DESC LIMIT {{most}}
    ) AS few ORDER BY few.id DESC LIMIT {{most}}"""
_MARKED = """EXISTS (SELECT FROM notice_mark m
    WHERE m.actor_id = $3 AND m.scope_code = $6 AND m.notice = e.id::text)"""
# Not coalesce around it: row-level security would keep that from the index.
_READ_TO = """(SELECT coalesce(max(entry_id), 0) FROM notices_read r
    WHERE r.actor_id = $3 AND r.scope_code = $6)"""
_ITEM = f"""json_build_object(
    'id', e.id::text, 'kind', CASE
        WHEN e.action = 'undo' THEN 'undone' WHEN e.action = 'return' THEN 'returned'
        WHEN e.target = 'determined' THEN 'determined' WHEN e.target = 'rejected' THEN 'rejected'
        WHEN e.action IN ('meet', 'release') THEN 'agreed' ELSE 'late' END,
    'at', e.at, 'read', e.id <= {_READ_TO} OR {_MARKED},
    'proposal_id', e.subject_id, 'proposal_kind', p.kind, 'village_code', e.scope_code::text,
    'village_name', (SELECT name FROM region WHERE scope_code = e.scope_code AND tier = 'village'),
    'action', e.action, 'source', e.source, 'target', e.target, 'actor_role', e.actor_role,
    'reason', e.grounds::json ->> 'reason', 'period', p.period)"""


# What the service itself has stopped: told to its owner, and to who answers for the accounts.
MOST_STOPPED = 20
_STOPPED = f"""(
    SELECT coalesce(json_agg(json_build_object(
        'id', e.id::text, 'at', e.at, 'read', e.id <= {_READ_TO} OR {_MARKED},
        'subscription_id', s.id, 'url', s.url, 'problem', s.problem) ORDER BY e.id DESC), '[]')
    FROM (SELECT s.id, s.url, s.problem FROM subscription s
        WHERE s.problem IS NOT NULL AND s.scope_code BETWEEN $1 AND $2
          AND (s.created_by = $3 OR $11::boolean)
        ORDER BY s.updated_at DESC LIMIT {MOST_STOPPED}) AS s
    CROSS JOIN LATERAL (SELECT e.id, e.at FROM audit_entry e
        WHERE e.subject_id = s.id AND e.action IN ('suspend', 'disable')
        ORDER BY e.id DESC LIMIT 1) AS e)"""


def found(*, wide: bool, bounds: str, most: str) -> str:
    """The ids of notices, the newest first."""
    return (_RETURNED if wide else _BY_VILLAGE).format(bounds=bounds, most=most)


def unread(*, wide: bool) -> str:
    """How many are not read, no further than is counted. As an expression."""
    bounds = f"> {_READ_TO} AND NOT {_MARKED}"
    ids = found(wide=wide, bounds=bounds, most=str(MOST_UNREAD + 1))
    return f"(SELECT count(*) FROM ({ids}) AS new)"


def _page(*, wide: bool) -> str:
    ids = found(wide=wide, bounds="< $4", most="$5::int + 1")
    return f"""
WITH mine (states) AS (SELECT $7::text[]),
page AS MATERIALIZED ({ids}),
shown AS (SELECT id FROM page ORDER BY id DESC LIMIT $5::int)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > $5::int THEN
        (SELECT '0.' || min(id) FROM shown) END,
    'unread', {unread(wide=wide)},
    'items', coalesce((SELECT json_agg({_ITEM} ORDER BY e.id DESC)
        FROM shown JOIN audit_entry e USING (id) JOIN proposal p ON p.id = e.subject_id), '[]'),
    'subscriptions', {_STOPPED}
)::text AS body, {OF_WINDOWS} AS marked, held
FROM ({HOLDS.format(regencies="$8::text[]", around="$9::text[]", day="$10::date")})
    AS around (held)"""


# Of windows that close soon: their names have a point in them, numbers have none.
OF_WINDOWS = """ARRAY(SELECT m.notice FROM notice_mark m WHERE m.actor_id = $3
    AND m.scope_code = $6 AND m.notice LIKE '%.%' AND m.read_at > now() - interval '90 days')"""


def is_wide(actor: Actor) -> bool:
    return actor.role not in TOLD_OF_ALL


def states_of(actor: Actor) -> list[str]:
    """Those in which what was returned is news to him."""
    return list(map(str, PROPOSALS.waits_for(actor.role)))


class Page(NamedTuple):
    body: str  # `next`, `unread`, `items` and `subscriptions`, in JSON
    marked: list[str]  # windows
    calendars: Calendars


async def list_page(reading: Reading, after: int, limit: int, *, on: date, seen_by: Actor) -> Page:
    """A page of what the actor is told of in his region, and the windows that may be due."""
    within, regencies = seen_by.region, [seen_by.region.code[:4]]
    [row] = await reading.rows(
        _page(wide=is_wide(seen_by)),
        within.first,
        within.last,
        seen_by.id,
        after or NEWEST,
        limit,
        within.first,
        states_of(seen_by),
        regencies,
        around(regencies),
        on,
        sees_all(seen_by),
    )
    return Page(row["body"], row["marked"], calendars_of(row["held"]))


KEEP = text("""
INSERT INTO notice_mark (actor_id, scope_code, notice, read_at)
SELECT :actor, :office, known.notice, now() FROM (
    SELECT e.id::text FROM audit_entry e
    WHERE e.id = ANY (:entries) AND e.scope_code BETWEEN :first AND :last
    UNION SELECT * FROM unnest(CAST(:windows AS text[]))
) AS known (notice)
ON CONFLICT DO NOTHING
""")
KEEP_TO = text("""
INSERT INTO notices_read AS r (actor_id, scope_code, entry_id, read_at)
VALUES (:actor, :office, :until, now())
ON CONFLICT (actor_id, scope_code) DO UPDATE
SET entry_id = greatest(r.entry_id, excluded.entry_id), read_at = now()
""")


async def mark(
    session: AsyncSession,
    *,
    entries: Sequence[int],
    windows: Sequence[str],
    by: Actor,
    within: Region,
) -> int:
    """Note what was read, one by one; what is not there is not noted. How many were new."""
    marked = await (await session.connection()).execute(
        KEEP,
        {
            "actor": by.id,
            "office": by.region.first,
            "entries": list(entries),
            "windows": list(windows),
            "first": within.first,
            "last": within.last,
        },
    )
    return int(marked.rowcount)


async def mark_to(session: AsyncSession, until: int, *, by: Actor) -> None:
    """Note that everything up to there was read."""
    await (await session.connection()).execute(
        KEEP_TO, {"actor": by.id, "office": by.region.first, "until": until}
    )
