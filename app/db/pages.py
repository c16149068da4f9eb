"""Keyset pages: always in the order (scope_code, id) of an index, never by counting rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from app.domain.regions import Region

# What lies in reach and after the cursor.
ROWS = """
    SELECT * FROM {table} WHERE scope_code BETWEEN $1 AND $2
    AND (scope_code, id) > ($3::bigint, $4::{key}){conditions}
    ORDER BY scope_code, id LIMIT {most}
"""
MERGED = "SELECT * FROM ({parts}) AS merged ORDER BY scope_code, id LIMIT {most}"
ONE_MORE = "$5::int + 1"  # than the page shows: whether there is another page
# `item` is the JSON of one row `s`, with what is `joined` to it. Selects (body, subjects).
PAGE = """
WITH page AS MATERIALIZED ({rows}),
shown AS (SELECT * FROM page ORDER BY scope_code, id LIMIT $5::int),
told AS (
    SELECT json_agg({item} ORDER BY s.scope_code, s.id) AS items, {subjects} AS subjects
    FROM shown s {joined}
)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > $5::int THEN
        (SELECT scope_code || '.' || id FROM shown ORDER BY scope_code DESC, id DESC LIMIT 1)
    END,
    'items', coalesce(items, '[]'::json)
)::text AS body, subjects FROM told
"""
# For a transaction that reads along indexes, no further than it must: a bitmap or a whole table
# would be read to its end, and then sorted, where the planner expects few rows and there are many.
IN_ORDER = {"enable_bitmapscan": "off", "enable_seqscan": "off"}
NEXT_PLACEHOLDER = 6
LAST_UUID, LAST_NUMBER = UUID(int=2**128 - 1), 2**63 - 1


@dataclass(frozen=True)
class Position:
    """The last row of the page before: `scope_code.id`, as the caller got it."""

    scope_code: int
    id: UUID | int


@dataclass(frozen=True)
class Asked:
    """Which rows: `where` is condition -> value, `{}` in it stands for the value, None for any.

    A condition nobody asked for is not in the statement: `$6 IS NULL OR state = $6` would keep
    the planner from the very index that the question has. `either` are conditions that exclude
    one another: each is read along an index of its own, no further than the page goes.
    """

    after: Position
    limit: int
    where: Mapping[str, object]
    either: Sequence[str] = ()


def page(  # noqa: PLR0913 - what a page is made of
    table: str,
    asked: Asked,
    *,
    within: Region,
    item: str,
    joined: str = "",
    subjects: str = "NULL",
    also: Sequence[object] = (),
) -> tuple[str, tuple[object, ...]]:
    """A statement that selects (body, subjects), and its arguments. `also` are $6, $7, ..."""
    rows, arguments = rows_of(table, asked, within=within, also=also)
    return _page(rows, item, joined, subjects), arguments


@lru_cache(maxsize=1000)
def _page(rows: str, item: str, joined: str, subjects: str) -> str:
    return PAGE.format(rows=rows, item=item, joined=joined, subjects=subjects)


def rows_of(
    table: str,
    asked: Asked,
    *,
    within: Region,
    also: Sequence[object] = (),
    most: str = ONE_MORE,
) -> tuple[str, tuple[object, ...]]:
    """A statement that selects the rows themselves in order, and its arguments."""
    wanted = {condition: value for condition, value in asked.where.items() if value is not None}
    first = NEXT_PLACEHOLDER + len(also)
    conditions = "".join(
        " AND " + condition.format(f"${number}") for number, condition in enumerate(wanted, first)
    )
    key = "uuid" if isinstance(asked.after.id, UUID) else "bigint"
    parts = [
        ROWS.format(table=table, key=key, conditions=f"{conditions}{alone}", most=most)
        for alone in ([f" AND {each}" for each in asked.either] or [""])
    ]
    merged = MERGED.format(parts=" UNION ALL ".join(f"({part})" for part in parts), most=most)
    start = _start(asked.after, within)
    reach = (within.first, within.last, start.scope_code, start.id, asked.limit)
    return merged if len(parts) > 1 else parts[0], (*reach, *also, *wanted.values())


def _start(after: Position, within: Region) -> Position:
    """PostgreSQL begins where the row comparison says, and walks past everybody before us."""
    if after.scope_code >= within.first:
        return after
    last = LAST_UUID if isinstance(after.id, UUID) else LAST_NUMBER
    return Position(within.first - 1, last)


def ids_of(column: str) -> str:
    return f"(SELECT coalesce(array_agg({column}), '{{}}') FROM shown s)"
