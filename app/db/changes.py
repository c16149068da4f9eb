"""What changed since a place in the audit, and how each of it stands now.

An entry only says which rows to read again. They are read as an extract gives them, in the same
statement; so several entries about one row make one item, and what has changed once more by then,
in a transaction that is not told of yet, is told again later.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.db import extract_rows
from app.db.sessions import Reading
from app.db.touched import HERE, HORIZON, TOLD, touches
from app.domain.changes import Change, Cursor, CursorNotOfThisDatabase
from app.domain.extracts.columns import Resource
from app.domain.regions import Region
from app.domain.sight import Sight

# A page looks no further, so that a quiet region can be read to its end while others are at work.
TRANSACTIONS = 1_000_000
ENTRIES = "2 * $5::int"  # that it reads at most, for $5 items
FARTHEST = Cursor(2**63 - 1, 2**63 - 1)

C = Change
# `xid`: before which transaction the page ends, whatever there is.
_BOUND = f"""
WITH bound AS (
    SELECT horizon, least(horizon, $3::bigint + {TRANSACTIONS}) AS xid
    FROM (SELECT {HORIZON} AS horizon) AS now WHERE horizon >= $3::bigint
),
"""
_UNTIL = "xid < (SELECT xid FROM bound) AND (xid, id) <= ($6::bigint, $7::bigint)"
# As many entries as touch no more rows than were asked for; the first one, however many it does.
_FITTING = """,
counted AS (
    SELECT *, sum(is_new) OVER (ORDER BY xid, id) AS so_far,
        dense_rank() OVER (ORDER BY xid, id) AS number
    FROM (SELECT *, (row_number() OVER (PARTITION BY resource, subject ORDER BY xid, id) = 1)::int
        AS is_new FROM touches) AS t
),
fitting AS MATERIALIZED (SELECT *, so_far <= $5::int OR number = 1 AS fits FROM counted),
read AS (
    SELECT min(ARRAY[xid, id]) FILTER (WHERE NOT fits) AS cut,
        (SELECT count(*) = {entries} FROM events) AS is_full FROM fitting
),
"""
# By the first entry of the page that bears on whether a row is given.
_ITEMS = """
items AS MATERIALIZED (
    SELECT resource, subject, max(ARRAY[xid, id]) AS place, max(at) AS at,
        (array_agg(how ORDER BY xid, id) FILTER (WHERE how IS NOT NULL))[1] AS how
    FROM {touches} GROUP BY resource, subject
)"""
_CHANGE = f"""CASE
        WHEN f.id IS NOT NULL THEN CASE i.how WHEN 'came' THEN '{C.ARRIVED}'
            WHEN 'began' THEN '{C.CREATED}' ELSE '{C.CHANGED}' END
        WHEN i.how IS NOT NULL THEN
            CASE WHEN {{there}} THEN '{C.REMOVED}' ELSE '{C.LEFT}' END
    END"""
_TOLD = f""",
found AS MATERIALIZED ({{found}}),
told AS (
    SELECT i.*, f.body, f.whom, {_CHANGE} AS change
    FROM items i LEFT JOIN found f ON f.resource = i.resource AND f.id = i.subject
),
wanted AS MATERIALIZED (
    SELECT * FROM told WHERE change IS NOT NULL
    AND ($8::text[] IS NULL OR resource || '.' || change = ANY ($8))
)
"""
_ANSWER = """
SELECT json_build_object(
    'next', array_to_string(least(CASE
        WHEN cut IS NOT NULL
            THEN (SELECT max(ARRAY[xid, id]) FROM events WHERE ARRAY[xid, id] < cut)
        WHEN is_full THEN (SELECT max(ARRAY[xid, id]) FROM events)
        ELSE greatest(ARRAY[bound.xid, 0], ARRAY[$3::bigint, $4::bigint]) END,
        ARRAY[$6::bigint, $7::bigint]), '.'),
    'has_more', cut IS NOT NULL OR is_full OR bound.xid < bound.horizon,
    'items', coalesce((SELECT json_agg(json_build_object('resource', resource, 'id', subject,
        'change', change, 'at', at, 'row', body::json) ORDER BY place, resource, subject)
        FROM wanted), '[]')
)::text AS body, ARRAY(SELECT DISTINCT whom FROM wanted WHERE whom IS NOT NULL) AS subjects
FROM bound, read
"""


async def page(  # noqa: PLR0913 - after which place, how much of what, for whom
    reading: Reading,
    after: Cursor,
    limit: int,
    *,
    resources: Collection[Resource],
    within: Region,
    sight: Sight,
    until: Cursor = FARTHEST,
    events: Collection[str] | None = None,
) -> str:
    """The next changes after that place, as `ChangesPage` in JSON; none behind `until`. Of them
    these `events` (`members.left`), or all: of others nobody is read."""
    chosen = [each for each in Resource if each in resources]
    statement = (
        _BOUND
        + touches(chosen, sight, until=_UNTIL, most=f"LIMIT {ENTRIES}")
        + _FITTING.format(entries=ENTRIES)
        + _ITEMS.format(touches="fitting WHERE fits")
        + _TOLD.format(found=_found(chosen, sight), there=_there(chosen))
        + _ANSWER
    )
    told = None if events is None else [*events]
    places = (after.xid, after.id, limit, until.xid, until.id)
    body = await reading.document(statement, within.first, within.last, *places, told)
    if body is None:
        raise CursorNotOfThisDatabase
    return body


def _key(resource: Resource) -> str:
    return "bigint" if resource is Resource.DECISIONS else "uuid"


def _found(resources: Collection[Resource], sight: Sight) -> str:
    """The rows of the items, as extracts give them."""
    return " UNION ALL ".join(
        f"SELECT '{each}' AS resource, d.id::text AS id, d.whom, d.body "
        f"FROM ({extract_rows.documents(each, sight, where=_given(each))}) AS d"
        for each in resources
    )


def _given(resource: Resource) -> str:
    return f"""{extract_rows.SOURCES[resource].stands} AND s.{HERE} AND s.id = ANY (ARRAY(
        SELECT subject::{_key(resource)} FROM items WHERE resource = '{resource}'))"""


def _there(resources: Collection[Resource]) -> str:
    """Whether the row of an item lies in the region still."""
    cases = " ".join(
        f"WHEN '{each}' THEN EXISTS (SELECT FROM {TOLD[each].table} t "
        f"WHERE t.id = i.subject::{_key(each)} AND t.{HERE})"
        for each in resources
    )
    return f"CASE i.resource {cases} END"


def touched(resource: Resource, sight: Sight) -> str:
    """A statement that selects (id, how, at) of all rows of the resource that were touched after
    that place, up to the moment of the transaction's snapshot. `how` is NULL where nothing of the
    row's own has begun or ended: what such a row says no more is no deletion."""
    return f"""WITH {touches([resource], sight, until=f"xid < (SELECT {HORIZON})")},
        {_ITEMS.format(touches="touches")}
        SELECT subject::{_key(resource)} AS id, how, at FROM items"""


# --- where one stands

IS_EMPTY = re.compile(r'"items" ?: ?\[\]')
IS_LAST = re.compile(r'"has_more" ?: ?false')
NEXT = re.compile(r'\{"next" ?: ?"([0-9.]+)"')


def next_in(body: str) -> Cursor:
    """Where that page ends."""
    found = NEXT.match(body)
    place = Cursor.read(found[1]) if found else None
    assert place is not None, "a page begins with it"  # noqa: S101
    return place


async def present(reading: Reading) -> Cursor:
    """Before it, everything is certain; from it on, everything is still to be told."""
    return Cursor(await reading.value(f"SELECT {HORIZON}"))


async def beginning(reading: Reading) -> str:
    """An empty page, which ends at present."""
    return f'{{"next": "{await present(reading)}", "has_more": false, "items": []}}'


async def passed(reading: Reading, place: Cursor) -> None:
    """Refuse a place that lies ahead of all that was written here."""
    if place.xid > (await present(reading)).xid:
        raise CursorNotOfThisDatabase


NEWS_AT_MOST = 20_000  # entries; where there are more, there is something for everybody
_WRITTEN = f"""(SELECT scope_code FROM {{}} WHERE xid >= $1 AND xid < (SELECT {HORIZON})
        ORDER BY xid, id LIMIT {NEWS_AT_MOST})"""
_NEWS = f"""
SELECT {HORIZON} AS horizon, coalesce(array_agg(DISTINCT scope_code), '{{}}') AS places,
    count(*) >= {NEWS_AT_MOST} AS everywhere
FROM ({_WRITTEN.format("audit_entry")} UNION ALL {_WRITTEN.format("departure")}) AS written
"""


@dataclass(frozen=True)
class News:
    """Where something was written in the transactions before `horizon`."""

    horizon: int
    places: Sequence[int]  # in their order
    everywhere: bool

    def reaches(self, region: Region) -> bool:
        at = bisect_left(self.places, region.first)
        return self.everywhere or (at < len(self.places) and self.places[at] <= region.last)


async def news(reading: Reading, since: int) -> News:
    """Where something was written in that transaction or a later one, in the reader's region."""
    [row] = await reading.rows(_NEWS, since)
    return News(row["horizon"], row["places"], row["everywhere"])
