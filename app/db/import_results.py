"""Files that go back of an import: which are wanted, which are made, and what is said in them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.sessions import Reading
from app.db.tables.base import now
from app.db.tables.imports import Import, ImportResult
from app.domain.actors import Actor
from app.domain.errors import Language
from app.domain.facts import OthersImport
from app.domain.imports.columns import ImportKind
from app.domain.imports.problems import SAID
from app.domain.imports.workflow import Format, ImportNotFound, ResultNotMade
from app.domain.regions import Region

NOTHING = {"sha256": None, "bytes": None, "made_at": None}
TOLD_AT_ONCE = 10_000  # rows

# What was found of each row, and why it was left or kept; of a row that is bad itself, that it is
# says enough.
_REMARKS = """
WITH told AS (
    SELECT p.n, e AS remark, 0 AS rank
    FROM import_problem p, jsonb_array_elements(p.problems) e
    WHERE p.import_id = $1 AND p.scope_code BETWEEN $2 AND $3 AND p.n > $4
    UNION ALL
    SELECT r.n, jsonb_build_object('column', NULL, 'code', f.refusal -> 'code',
        'severity', 'error', 'detail', f.refusal -> 'detail'), 1
    FROM import_effect f, unnest(f.rows) AS r (n)
    WHERE f.import_id = $1 AND f.scope_code BETWEEN $2 AND $3 AND r.n > $4
        AND f.outcome IN ('left', 'kept') AND f.refusal IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM import_problem p WHERE p.import_id = $1 AND p.n = r.n
            AND p.problems @> '[{"severity": "error"}]'
            AND f.refusal ->> 'code' = 'rows-not-good')
)
SELECT n, json_agg(json_build_array(
    remark -> 'column', remark -> 'code', remark -> 'severity', remark -> 'detail' -> $6
) ORDER BY rank)::text AS told
FROM told GROUP BY n ORDER BY n LIMIT $5
"""
_OLD = """
SELECT DISTINCT import_id FROM import_result
WHERE made_at < $3 AND scope_code BETWEEN $1 AND $2
"""
_NEEDLESS = """
SELECT s.id FROM import s
WHERE s.id = ANY ($3) AND s.scope_code BETWEEN $1 AND $2
    AND NOT EXISTS (SELECT FROM import_result r WHERE r.import_id = s.id)
"""
_FOUND = """
SELECT json_build_object('kind', s.kind, 'created_by', s.created_by, 'file_name', s.file_name,
    'sha256', encode(r.sha256, 'hex'), 'bytes', r.bytes)::text AS body, NULL::uuid[] AS subjects
FROM import s LEFT JOIN import_result r
    ON r.import_id = s.id AND r.scope_code = s.scope_code AND r.format = $4
WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3
"""


@dataclass(frozen=True)
class Made:
    """A file that is there to be fetched."""

    import_id: UUID
    kind: ImportKind
    file_name: str | None
    sha256: bytes
    size: int


async def ask(session: AsyncSession, import_: Import, format_: Format, language: Language) -> None:
    """It is made anew, whatever there was."""
    key = {"import_id": import_.id, "format": format_}
    row = {**key, "scope_code": import_.scope_code, "language": language, **NOTHING}
    await session.exec(
        insert(ImportResult)
        .values(**row)
        .on_conflict_do_update(index_elements=[*key], set_={"language": language, **NOTHING})
    )


async def forget(session: AsyncSession, import_: Import) -> None:
    """The import moves on: what was made tells of what was."""
    await session.exec(delete(ImportResult).where(col(ImportResult.import_id) == import_.id))


async def old(reading: Reading, then: datetime, *, within: Region) -> list[UUID]:
    """The imports of which something was made before."""
    rows = await reading.rows(_OLD, within.first, within.last, then)
    return [row["import_id"] for row in rows]


async def needless(reading: Reading, ids: Collection[UUID], *, within: Region) -> list[UUID]:
    """For which of these imports nothing is to be fetched."""
    rows = await reading.rows(_NEEDLESS, within.first, within.last, [*ids])
    return [row["id"] for row in rows]


async def wanted(session: AsyncSession, import_: Import) -> list[ImportResult]:
    """Those that nobody has made yet."""
    found = await session.exec(
        select(ImportResult).where(
            ImportResult.import_id == import_.id, col(ImportResult.sha256).is_(None)
        )
    )
    return list(found)


async def keep(session: AsyncSession, result: ImportResult, sha256: bytes, size: int) -> None:
    """It is there, unless it is wanted no more, or otherwise."""
    await session.exec(
        update(ImportResult)
        .where(
            col(ImportResult.import_id) == result.import_id,
            col(ImportResult.format) == result.format,
            col(ImportResult.language) == result.language,
        )
        .values(sha256=sha256, bytes=size, made_at=now())
    )


async def give_up(session: AsyncSession, result: ImportResult) -> None:
    """It cannot be made, and is wanted no more."""
    await session.exec(
        delete(ImportResult).where(
            col(ImportResult.import_id) == result.import_id,
            col(ImportResult.format) == result.format,
            col(ImportResult.sha256).is_(None),
        )
    )


async def remarks(
    reading: Reading, import_id: UUID, after: int, *, within: Region, language: Language
) -> list[tuple[int, list[list[str]]]]:
    """What is said of the next rows: [column, code, severity, sentence], row by row."""
    reach = (import_id, within.first, within.last)
    rows = await reading.rows(_REMARKS, *reach, after, TOLD_AT_ONCE, language.value)
    return [
        (row["n"], [_whole(each, language) for each in json.loads(row["told"])]) for row in rows
    ]


def _whole(told: list[str], language: Language) -> list[str]:
    """Where nothing more was to be said than its code says, no sentence is kept."""
    column, code, severity, sentence = told
    return [column, code, severity, sentence or vars(SAID[code])[language]]


async def find(
    reading: Reading, import_id: UUID, format_: Format, *, within: Region, by: Actor
) -> Made:
    """Where the bytes are found: for whoever sent the file, for it is what he sent."""
    body = await reading.document(_FOUND, import_id, within.first, within.last, format_.value)
    if body is None:
        raise ImportNotFound
    told = json.loads(body)
    if told["created_by"] != str(by.id):
        raise OthersImport
    if told["sha256"] is None:
        raise ResultNotMade
    sha256 = bytes.fromhex(told["sha256"])
    return Made(import_id, ImportKind(told["kind"]), told["file_name"], sha256, told["bytes"])
