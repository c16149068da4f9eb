"""Telling of an import row by row: what is wrong with each, and what became of each unit."""

import json
from collections.abc import Collection
from uuid import UUID

from app.db import refusals
from app.db import sight as shown
from app.db.pages import Asked
from app.db.sessions import Reading
from app.domain.errors import Language
from app.domain.imports.columns import ImportKind
from app.domain.imports.problems import SAID
from app.domain.imports.workflow import ImportNotFound
from app.domain.regions import Region

ALL = tuple(ImportKind)
# $1 the import, $2 and $3 the region, $4 after which row, $5 how many, $6 the language, $7 a
# filter, $8 the kinds of files whose rows he reads, $9 what a problem is told in that language by
# its code, where nothing more is to be said.
_PAGE = """
WITH whole AS (SELECT id FROM import
    WHERE id = $1 AND scope_code BETWEEN $2 AND $3 AND kind = ANY ($8::text[])),
page AS MATERIALIZED ({rows} ORDER BY n LIMIT $5::int + 1),
shown AS (SELECT * FROM page ORDER BY n LIMIT $5::int)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > $5::int
        THEN '0.' || (SELECT max(n) FROM shown) END,
    'items', coalesce((SELECT json_agg({item} ORDER BY n) FROM shown s), '[]')
)::text AS body, NULL::uuid[] AS subjects
FROM whole
"""
_ROWS = _PAGE.format(
    rows="""SELECT p.n, p.problems FROM import_problem p JOIN whole ON p.import_id = whole.id
    WHERE p.n > $4 AND ($7::text IS NULL
        OR p.problems @> jsonb_build_array(jsonb_build_object('severity', $7::text)))""",
    item="""json_build_object('row', s.n, 'problems', (
        SELECT json_agg(json_build_object('column', e -> 'column', 'code', e -> 'code',
            'severity', e -> 'severity',
            'detail', coalesce(e -> 'detail' ->> $6, $9::jsonb ->> (e ->> 'code'))))
        FROM jsonb_array_elements(s.problems) e))""",
)
_UNITS = _PAGE.format(
    rows="""SELECT e.*, e.rows[1] AS n FROM import_effect e JOIN whole ON e.import_id = whole.id
    WHERE e.rows[1] > $4 AND ($7::text IS NULL OR e.outcome = $7)""",
    item=f"""json_build_object('unit', {shown.words("s.unit")}, 'rows', s.rows,
        'outcome', s.outcome,
        'subjects', (SELECT coalesce(json_agg(json_build_object('workflow', e -> 'workflow',
            'id', e -> 'id', 'version', e -> 'version')), '[]')
            FROM jsonb_array_elements(s.subjects) e),
        'problem', {refusals.shown("s.refusal", "$6")})""",
)


async def rows(  # noqa: PLR0913 - a page: of what, from where, for whom
    reading: Reading,
    import_id: UUID,
    asked: Asked,
    *,
    within: Region,
    language: Language,
    kinds: Collection[str] = ALL,
) -> str:
    """A page of `ImportedRow`s, in JSON."""
    told = json.dumps({code: vars(said)[language] for code, said in SAID.items()})
    reach = _reach(import_id, asked, within, language)
    return await _page(reading, _ROWS, *reach, list(kinds), told)


async def units(  # noqa: PLR0913 - a page: of what, from where, for whom
    reading: Reading,
    import_id: UUID,
    asked: Asked,
    *,
    within: Region,
    language: Language,
    kinds: Collection[str] = ALL,
) -> str:
    """A page of `ImportedUnit`s, in JSON."""
    reach = _reach(import_id, asked, within, language)
    return await _page(reading, _UNITS, *reach, list(kinds))


def _reach(import_id: UUID, asked: Asked, within: Region, language: Language) -> tuple[object, ...]:
    (only,) = asked.where.values()
    return (import_id, within.first, within.last, asked.after.id, asked.limit, language, only)


async def _page(reading: Reading, statement: str, *arguments: object) -> str:
    body = await reading.document(statement, *arguments)
    if body is None:
        raise ImportNotFound
    return body
