"""Keyset pages: always in the order (scope_code, id) of an index, never by counting rows."""

from dataclasses import dataclass
from uuid import UUID

# `rows` selects what lies in reach and after the cursor; `item` is the JSON of one row `s`.
# Selects the body and the ids in it.
PAGE = """
WITH page AS MATERIALIZED ({rows} ORDER BY scope_code, id LIMIT {limit}::int + 1),
shown AS (SELECT * FROM page ORDER BY scope_code, id LIMIT {limit}::int)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > {limit}::int THEN
        (SELECT scope_code || '.' || id FROM shown ORDER BY scope_code DESC, id DESC LIMIT 1)
    END,
    'items', coalesce(
        (SELECT json_agg({item} ORDER BY s.scope_code, s.id) FROM shown s), '[]'::json
    )
)::text AS body, {subjects} AS subjects
"""


@dataclass(frozen=True)
class Position:
    """The last row of the page before: `scope_code.id`, as the caller got it."""

    scope_code: int
    id: UUID | int


def page(rows: str, item: str, *, limit: str, subjects: str = "NULL") -> str:
    """`limit` is the placeholder of the limit in `rows`' own numbering ($6, say)."""
    return PAGE.format(rows=rows, item=item, limit=limit, subjects=subjects)


def ids_of(column: str) -> str:
    return f"(SELECT coalesce(array_agg({column}), '{{}}') FROM shown s)"
