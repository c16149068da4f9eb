"""Finding extracts, and telling of them; where their files are, and what became of their chunks."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import refusals
from app.db.access import PeopleReading
from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading, connection_in, in_turn
from app.db.tables.extracts import Extract, ExtractFile
from app.domain.actors import Actor, Role
from app.domain.errors import Language
from app.domain.extracts.columns import Resource, still_readable
from app.domain.extracts.formats import DELETIONS, Compression, Form, Format
from app.domain.extracts.plans import Chunk, File, Place
from app.domain.extracts.workflow import (
    AT_WORK,
    EXTRACTS,
    ExtractNotFound,
    ExtractState,
    NoSuchFile,
    given_out,
)
from app.domain.regions import Region
from app.domain.sight import Sight

OFFERS = {role: json.dumps(EXTRACTS.offers(role, {"own": frozenset()})["own"]) for role in Role}


async def find(session: AsyncSession, extract_id: UUID, *, within: Region, by: Actor) -> Extract:
    """Kept from others until the transaction ends."""
    found = await session.exec(
        select(Extract)
        .where(
            Extract.id == extract_id,
            Extract.created_by == by.id,
            lies_within(Extract.scope_code, within),
        )
        .with_for_update(key_share=True)
    )
    extract = found.one_or_none()
    if extract is None:
        raise ExtractNotFound
    return extract


async def open_ones(session: AsyncSession, *, within: Region, by: Actor) -> int:
    """How many of his are being made. One after the other: the next counts what this one asks."""
    await in_turn(session, "extracts", by.id)
    found = await session.exec(
        select(func.count())
        .select_from(Extract)
        .where(
            Extract.created_by == by.id,
            col(Extract.state).in_(AT_WORK),
            lies_within(Extract.scope_code, within),
        )
    )
    return int(found.one())


# --- telling of them

# {open} is what is open to the reader, {in} his language.
_VIEW = """json_build_object(
    'version', s.version, 'id', s.id, 'resource', s.resource, 'state', s.state,
    'format', s.format, 'compression', s.compression, 'region_code', s.region_code,
    'filters', s.filters, 'decree_id', s.decree_id, 'changed_after', s.changed_after,
    'rows_per_file', s.rows_per_file, 'purpose', s.purpose, 'agreement', s.agreement,
    'transaction_time', s.moment, 'rows', CASE WHEN s.moment IS NOT NULL THEN s.rows END,
    'progress', CASE WHEN s.state IN ('asked', 'materialising', 'writing') THEN (
        SELECT json_build_object('phase', j.phase, 'done', j.done, 'total', j.total)
        FROM job j WHERE j.subject_id = s.id ORDER BY j.id DESC LIMIT 1) END,
    'problem', {problem},
    'job_id', (SELECT j.id FROM job j WHERE j.subject_id = s.id ORDER BY j.id DESC LIMIT 1),
    'links', json_build_object('self', '/v1/extracts/' || s.id,
        'manifest', CASE WHEN s.expires_at IS NOT NULL
            THEN '/v1/extracts/' || s.id || '/manifest' END),
    'expires_at', s.expires_at, 'created_at', s.created_at, 'updated_at', s.updated_at,
    'open_actions', {open}::jsonb -> s.state)""".replace(
    "{problem}", refusals.shown("s.refusal", "{in}")
)


def _view(first: int) -> str:
    return _VIEW.replace("{open}", f"${first}").replace("{in}", f"${first + 1}")


_MINE = "s.id = $1 AND s.scope_code BETWEEN $2 AND $3 AND s.created_by = $4"
_DOCUMENT = f"""SELECT {_view(5)}::text AS body, NULL::uuid[] AS subjects
FROM extract s WHERE {_MINE}"""
# What was given out: how it came to be, and each file with its sum.
_MANIFEST = f"""SELECT json_build_object(
    'extract_id', s.id, 'state', s.state, 'resource', s.resource, 'format', s.format,
    'compression', s.compression, 'columns', s.columns, 'region_code', s.region_code,
    'filters', s.filters, 'decree_id', s.decree_id, 'changed_after', s.changed_after,
    'agreement', s.agreement, 'purpose', s.purpose, 'transaction_time', s.moment,
    'rows', s.rows, 'changes_after', s.changes_after,
    'files', (SELECT coalesce(json_agg(json_build_object('number', f.number, 'rows', f.rows,
            'bytes', f.bytes, 'sha256', encode(f.sha256, 'hex'), 'is_deletions', f.is_deletions)
            ORDER BY f.number), '[]')
        FROM extract_file f WHERE f.extract_id = s.id))::text AS body, NULL::uuid[] AS subjects
FROM extract s WHERE {_MINE} AND s.expires_at IS NOT NULL"""
_STATE = f"""SELECT to_json(s.state)::text AS body, NULL::uuid[] AS subjects
FROM extract s WHERE {_MINE}"""
# Kept no longer is expired, whether or not it was swept up by now.
_FILE = f"""SELECT json_build_object('state',
    CASE WHEN s.state = 'ready' AND s.expires_at < now() THEN 'expired' ELSE s.state END,
    'resource', s.resource,
    'format', s.format, 'compression', s.compression, 'number', f.number,
    'is_deletions', f.is_deletions, 'people', f.rows, 'columns', s.columns,
    'sha256', encode(f.sha256, 'hex'), 'bytes', f.bytes)::text AS body, NULL::uuid[] AS subjects
FROM extract s LEFT JOIN extract_file f ON f.extract_id = s.id AND f.number = $5 WHERE {_MINE}"""


async def document(
    reading: Reading, extract_id: UUID, *, within: Region, seen_by: Actor, language: Language
) -> str:
    """The extract as `ExtractView`, in JSON."""
    told_to = (OFFERS[seen_by.role], language.value)
    return await _told(reading, _DOCUMENT, extract_id, within, seen_by, *told_to)


async def list_page(
    reading: Reading, asked: Asked, *, within: Region, seen_by: Actor, language: Language
) -> str:
    """A page of his `ExtractView`s, in JSON."""
    statement, arguments = page(
        "extract",
        asked,
        within=within,
        item=_view(6),
        subjects="NULL::uuid[]",
        also=(OFFERS[seen_by.role], language.value),
    )
    return str(await reading.document(statement, *arguments))


async def manifest(
    reading: Reading, extract_id: UUID, *, within: Region, by: Actor
) -> dict[str, Any]:
    """What was given out, also when the files are gone; refused where nothing ever was."""
    body = await reading.document(_MANIFEST, extract_id, within.first, within.last, by.id)
    if body is None:
        state = await _told(reading, _STATE, extract_id, within, by)
        given_out(ExtractState(json.loads(state)))
    found: dict[str, Any] = json.loads(str(body))
    return found


@dataclass(frozen=True)
class Made:
    """A file that may be given out."""

    extract_id: UUID
    resource: str
    form: Form
    number: int
    sha256: bytes
    size: int
    is_deletions: bool


async def file(  # noqa: PLR0913 - who asks for what of it
    reading: PeopleReading,
    extract_id: UUID,
    number: int,
    *,
    within: Region,
    by: Actor,
    sight: Sight,
) -> Made:
    """Where the bytes are, for whoever asked for them; that they were fetched is noted."""
    told = json.loads(await _told(reading, _FILE, extract_id, within, by, number))
    given_out(ExtractState(told["state"]))
    if told["number"] is None:
        raise NoSuchFile
    still_readable(Resource(told["resource"]), told["columns"], sight)
    await reading.note(extract_id, told["people"])
    is_deletions = told["is_deletions"]
    form = Form(Format(told["format"]), Compression(told["compression"]))
    return Made(
        extract_id,
        told["resource"],
        DELETIONS if is_deletions else form,
        number,
        bytes.fromhex(told["sha256"]),
        told["bytes"],
        is_deletions,
    )


async def _told(
    reading: Reading,
    statement: str,
    extract_id: UUID,
    within: Region,
    by: Actor,
    *more: object,
) -> str:
    body = await reading.document(statement, extract_id, within.first, within.last, by.id, *more)
    if body is None:
        raise ExtractNotFound
    return body


# --- its files


_CHUNKS = """SELECT scope_code, part, rows FROM extract_chunk
WHERE extract_id = $1 AND start = $2 AND scope_code BETWEEN $3 AND $4 ORDER BY scope_code, part"""


async def chunks(session: AsyncSession, extract: Extract, *, within: Region) -> list[Chunk]:
    """All of the moment, in their order."""
    await session.flush()
    connection = await connection_in(session)
    reach = (extract.id, extract.start, within.first, within.last)
    found = await connection.fetch(_CHUNKS, *reach)
    return [Chunk(Place(row["scope_code"], row["part"]), row["rows"]) for row in found]


async def deletions(session: AsyncSession, extract: Extract, *, within: Region) -> list[File]:
    """The file of what is there no more: one, or none."""
    connection = await connection_in(session)
    reach = (extract.id, -(extract.start or 0), within.first, within.last)
    return [
        File(place, place, row["rows"], is_deletions=True)
        for row in await connection.fetch(_CHUNKS, *reach)
        for place in [Place(row["scope_code"], row["part"])]
    ]


async def files(session: AsyncSession, extract: Extract, *, within: Region) -> list[ExtractFile]:
    found = await session.exec(
        select(ExtractFile)
        .where(ExtractFile.extract_id == extract.id, lies_within(ExtractFile.scope_code, within))
        .order_by(col(ExtractFile.number))
    )
    return list(found)


def plan(session: AsyncSession, extract: Extract, files: Sequence[File]) -> None:
    """The files it is to have; none of them is there yet."""
    for number, each in enumerate(files, 1):
        file = ExtractFile(
            extract_id=extract.id,
            number=number,
            scope_code=extract.scope_code,
            first_village=each.first.scope_code,
            first_part=each.first.part,
            last_village=each.last.scope_code,
            last_part=each.last.part,
            rows=each.rows,
            is_deletions=each.is_deletions,
        )
        session.add(file)


async def keep(session: AsyncSession, file: ExtractFile, sha256: bytes, size: int) -> None:
    """It lies in the storage."""
    await session.exec(
        update(ExtractFile)
        .where(
            col(ExtractFile.extract_id) == file.extract_id,
            col(ExtractFile.number) == file.number,
        )
        .values(sha256=sha256, bytes=size)
    )


def last_of(file: ExtractFile) -> Place:
    return Place(file.last_village, file.last_part)


async def forget_files(session: AsyncSession, extract: Extract) -> None:
    await session.exec(delete(ExtractFile).where(col(ExtractFile.extract_id) == extract.id))


# Those of a province are gigabytes: so many at once take a second or two.
_BITE = 500
_FORGET = f"""DELETE FROM extract_chunk WHERE extract_id = $1 AND ctid = ANY (ARRAY(
    SELECT ctid FROM extract_chunk WHERE extract_id = $1 LIMIT {_BITE}))"""


async def forget_chunks(session: AsyncSession, extract_id: UUID) -> int:
    """Some of its chunks, of whatever start; how many."""
    connection = await connection_in(session)
    return _deleted(await connection.execute(_FORGET, extract_id))


def _deleted(told: str) -> int:
    return int(told.rpartition(" ")[2])


_FORGET_STRAYS = f"""DELETE FROM extract_chunk WHERE ctid = ANY (ARRAY(
    SELECT c.ctid FROM extract_chunk c JOIN extract e ON e.id = c.extract_id
    WHERE e.state NOT IN ('asked', 'materialising', 'writing')
        AND c.scope_code BETWEEN $1 AND $2 LIMIT {_BITE}))"""


async def forget_strays(session: AsyncSession, *, within: Region) -> int:
    """Some chunks of extracts that are no longer being made; how many."""
    connection = await connection_in(session)
    return _deleted(await connection.execute(_FORGET_STRAYS, within.first, within.last))


_BODIES = """SELECT scope_code, part, body FROM extract_chunk
WHERE extract_id = $1 AND start = $2 AND (scope_code, part) > ($3, $4)
    AND (scope_code, part) <= ($5, $6) AND scope_code BETWEEN $7 AND $8
ORDER BY scope_code, part LIMIT $9"""


async def bodies(  # noqa: PLR0913, PLR0917 - what a part of a file is
    reading: Reading,
    file: ExtractFile,
    start: int,
    after: Place,
    last: Place,
    most: int,
    *,
    within: Region,
) -> Sequence[tuple[Place, bytes]]:
    """The next chunks of a file, of that start."""
    rows = await reading.rows(
        _BODIES,
        *(file.extract_id, -start if file.is_deletions else start),
        *(after.scope_code, after.part, last.scope_code, last.part),
        *(within.first, within.last, most),
    )
    return [(Place(row["scope_code"], row["part"]), row["body"]) for row in rows]


PATIENT_SECONDS = 600  # they may be millions
_PATIENT = f"SET LOCAL statement_timeout TO '{PATIENT_SECONDS}s'; SET LOCAL work_mem TO '32MB'"
_REACHED = """INSERT INTO access_reach (extract_id, scope_code, part, subjects)
SELECT extract_id, scope_code, part, subjects FROM extract_chunk
WHERE extract_id = $1 AND start = $2"""
_PEOPLE = """SELECT count(DISTINCT whom) FROM extract_chunk, unnest(subjects) AS whom
WHERE extract_id = $1 AND start = $2"""


async def note_reach(session: AsyncSession, extract: Extract) -> int:
    """Of whom it is, village by village; how many they are."""
    connection = await connection_in(session)
    await connection.execute(_PATIENT)
    its, timeout = (extract.id, extract.start), PATIENT_SECONDS + 1
    await connection.execute(_REACHED, *its, timeout=timeout)
    return int(await connection.fetchval(_PEOPLE, *its, timeout=timeout))


# --- for whoever sweeps up

_LATE = """
SELECT s.id, s.created_by, s.asked_as,
    coalesce((SELECT r.code FROM region r WHERE r.scope_code = s.scope_code), '') AS region_code
FROM extract s WHERE s.state = 'ready' AND s.expires_at < now()
    AND s.scope_code BETWEEN $1 AND $2
ORDER BY s.expires_at LIMIT 1000
"""
_NEEDLESS = """
SELECT s.id FROM extract s WHERE s.id = ANY ($3)
    AND s.state IN ('failed', 'cancelled', 'deleted', 'expired') AND s.scope_code BETWEEN $1 AND $2
"""


async def late(reading: Reading, *, within: Region) -> list[tuple[UUID, Actor]]:
    """Those that were kept long enough, and who asked for each."""
    rows = await reading.rows(_LATE, within.first, within.last)
    return [
        (row["id"], Actor(row["created_by"], Role(row["asked_as"]), Region(row["region_code"])))
        for row in rows
    ]


async def needless(reading: Reading, ids: Collection[UUID], *, within: Region) -> list[UUID]:
    """Which of these give out nothing any more. What we do not know is not ours to judge."""
    rows = await reading.rows(_NEEDLESS, within.first, within.last, [*ids])
    return [row["id"] for row in rows]
