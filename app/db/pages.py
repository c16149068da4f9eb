"""Keyset pages: always in the order (scope_code, id) of an index, never by counting rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.regions import Region

# `rows` selects what lies in reach and after the cursor; `item` is the JSON of one row `s`.
# Selects the body and the ids in it.
PAGE = """
WITH page AS MATERIALIZED (
    SELECT * FROM {table} WHERE scope_code BETWEEN $1 AND $2
    AND (scope_code, id) > ($3::bigint, $4::{key}){conditions}
    ORDER BY scope_code, id LIMIT $5::int + 1
),
shown AS (SELECT * FROM page ORDER BY scope_code, id LIMIT $5::int)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > $5::int THEN
        (SELECT scope_code || '.' || id FROM shown ORDER BY scope_code DESC, id DESC LIMIT 1)
    END,
    'items', coalesce(
        (SELECT json_agg({item} ORDER BY s.scope_code, s.id) FROM shown s), '[]'::json
    )
)::text AS body, {subjects} AS subjects
"""
NEXT_PLACEHOLDER = 6


@dataclass(frozen=True)
class Position:
    """The last row of the page before: `scope_code.id`, as the caller got it."""

    scope_code: int
    id: UUID | int


@dataclass(frozen=True)
class Asked:
    """Which rows: `where` is condition -> value, `{}` in it stands for the value, None for any.

    A condition nobody asked for is not in the statement: `$6 IS NULL OR state = $6` would keep
    the planner from the very index that the question has.
    """

    after: Position
    limit: int
    where: Mapping[str, object]


def page(  # noqa: PLR0913 - what a page is made of
    table: str,
    asked: Asked,
    *,
    within: Region,
    item: str,
    subjects: str = "NULL",
    also: Sequence[object] = (),
) -> tuple[str, tuple[object, ...]]:
    """A statement that selects (body, subjects), and its arguments. `also` are $6, $7, ..."""
    wanted = {condition: value for condition, value in asked.where.items() if value is not None}
    first = NEXT_PLACEHOLDER + len(also)
    conditions = [
        " AND " + condition.format(f"${number}") for number, condition in enumerate(wanted, first)
    ]
    statement = PAGE.format(
        table=table,
        key="uuid" if isinstance(asked.after.id, UUID) else "bigint",
        conditions="".join(conditions),
        item=item,
        subjects=subjects,
    )
    reach = (within.first, within.last, asked.after.scope_code, asked.after.id, asked.limit)
    return statement, (*reach, *also, *wanted.values())


def ids_of(column: str) -> str:
    return f"(SELECT coalesce(array_agg({column}), '{{}}') FROM shown s)"
