"""Finding uploads, and telling of them; which parts of each have come."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.uploads import Upload, UploadPart
from app.domain.actors import Actor, Role
from app.domain.imports.columns import ImportKind
from app.domain.regions import Region
from app.domain.uploads import UPLOADS, Cut, UploadNotFound, UploadState

OFFERS = {role: json.dumps(UPLOADS.offers(role, {"own": frozenset()})["own"]) for role in Role}


@dataclass(frozen=True)
class Sent:
    """How far an upload is: what has come of it, by the numbers of the parts."""

    state: UploadState
    sha256: bytes
    cut: Cut
    parts: dict[int, bytes]


async def find(session: AsyncSession, upload_id: UUID, *, within: Region, by: Actor) -> Upload:
    """Kept from others until the transaction ends."""
    found = await session.exec(
        select(Upload)
        .where(
            Upload.id == upload_id,
            Upload.created_by == by.id,
            lies_within(Upload.scope_code, within),
        )
        .with_for_update(key_share=True)
    )
    upload = found.one_or_none()
    if upload is None:
        raise UploadNotFound
    return upload


async def open_ones(session: AsyncSession, *, within: Region, by: Actor) -> list[Upload]:
    """Those that he has begun and not completed."""
    found = await session.exec(
        select(Upload).where(
            Upload.created_by == by.id,
            Upload.state == UploadState.OPEN,
            lies_within(Upload.scope_code, within),
        )
    )
    return list(found)


def same_file(uploads: list[Upload], kind: ImportKind, sha256: bytes, size: int) -> Upload | None:
    for each in uploads:
        if (each.kind, each.sha256, each.bytes) == (kind, sha256, size):
            return each
    return None


async def place(
    session: AsyncSession, upload: Upload, number: int, sha256: bytes, *, until: datetime
) -> int:
    """A part has come; if it came before, the last one counts. How many have come by now."""
    upload.expires_at = until
    row = {"upload_id": upload.id, "number": number, "scope_code": upload.scope_code}
    await session.exec(
        insert(UploadPart)
        .values(**row, sha256=sha256)
        .on_conflict_do_update(index_elements=["upload_id", "number"], set_={"sha256": sha256})
    )
    counted = await session.exec(
        select(func.count()).select_from(UploadPart).where(UploadPart.upload_id == upload.id)
    )
    return int(counted.one())


async def forget_parts(session: AsyncSession, upload: Upload) -> None:
    await session.exec(delete(UploadPart).where(col(UploadPart.upload_id) == upload.id))


# {me} is the reader, {open} what is open to him.
_VIEW = """json_build_object(
    'version', s.version, 'id', s.id, 'kind', s.kind, 'state', s.state,
    'file_name', s.file_name, 'bytes', s.bytes, 'sha256', encode(s.sha256, 'hex'),
    'part_bytes', s.part_bytes, 'parts', (s.bytes + s.part_bytes - 1) / s.part_bytes,
    'missing', (SELECT coalesce(json_agg(n ORDER BY n), '[]')
        FROM generate_series(1, (s.bytes + s.part_bytes - 1) / s.part_bytes) n
        WHERE s.state = 'open' AND NOT EXISTS (
            SELECT FROM upload_part p WHERE p.upload_id = s.id AND p.number = n)),
    'region_code', coalesce((SELECT r.code FROM region r WHERE r.scope_code = s.scope_code), ''),
    'import_id', s.import_id,
    'expires_at', CASE WHEN s.state = 'open' THEN s.expires_at END,
    'created_at', s.created_at, 'updated_at', s.updated_at,
    'open_actions', {open}::jsonb -> s.state)"""
_DOCUMENT = f"""SELECT {_VIEW.format(open="$5")}::text AS body, NULL::uuid[] AS subjects
FROM upload s WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3 AND s.created_by = $4"""
_SENT = """SELECT json_build_object('state', s.state, 'sha256', encode(s.sha256, 'hex'),
    'bytes', s.bytes, 'part_bytes', s.part_bytes,
    'parts', (SELECT coalesce(json_object_agg(p.number, encode(p.sha256, 'hex')), '{}')
        FROM upload_part p WHERE p.upload_id = s.id))::text AS body, NULL::uuid[] AS subjects
FROM upload s WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3 AND s.created_by = $4"""


async def document(reading: Reading, upload_id: UUID, *, within: Region, seen_by: Actor) -> str:
    """The upload as `UploadView`, in JSON."""
    return await _told(reading, _DOCUMENT, upload_id, within, seen_by.id, OFFERS[seen_by.role])


async def list_page(reading: Reading, asked: Asked, *, within: Region, seen_by: Actor) -> str:
    """A page of his `UploadView`s, in JSON."""
    statement, arguments = page(
        "upload",
        asked,
        within=within,
        item=_VIEW.format(open="$6"),
        subjects="NULL::uuid[]",
        also=(OFFERS[seen_by.role],),
    )
    return str(await reading.document(statement, *arguments))


async def sent(reading: Reading, upload_id: UUID, *, within: Region, seen_by: Actor) -> Sent:
    """How far it is, without keeping it from anybody."""
    told = json.loads(await _told(reading, _SENT, upload_id, within, seen_by.id))
    parts = {int(number): bytes.fromhex(each) for number, each in told["parts"].items()}
    cut = Cut(told["bytes"], told["part_bytes"])
    return Sent(UploadState(told["state"]), bytes.fromhex(told["sha256"]), cut, parts)


async def _told(
    reading: Reading,
    statement: str,
    upload_id: UUID,
    within: Region,
    *more: Any,  # noqa: ANN401
) -> str:
    body = await reading.document(statement, upload_id, within.first, within.last, *more)
    if body is None:
        raise UploadNotFound
    return body


# --- for whoever sweeps up

_LATE = """
SELECT s.id, s.created_by, e.actor_role,
    coalesce((SELECT r.code FROM region r WHERE r.scope_code = s.scope_code), '') AS region_code
FROM upload s JOIN audit_entry e ON e.subject_id = s.id AND e.source IS NULL
WHERE s.state = 'open' AND s.expires_at < now() AND s.scope_code BETWEEN $1 AND $2
ORDER BY s.expires_at LIMIT 1000
"""
_CLOSED = """
SELECT s.id FROM upload s
WHERE s.id = ANY ($3) AND s.state <> 'open' AND s.scope_code BETWEEN $1 AND $2
"""


async def late(reading: Reading, *, within: Region) -> list[tuple[UUID, Actor]]:
    """Those that have waited too long, and who began each."""
    rows = await reading.rows(_LATE, within.first, within.last)
    return [
        (row["id"], Actor(row["created_by"], Role(row["actor_role"]), Region(row["region_code"])))
        for row in rows
    ]


async def closed(reading: Reading, ids: Collection[UUID], *, within: Region) -> list[UUID]:
    """Which of these take no part any more. What we do not know is not ours to judge."""
    rows = await reading.rows(_CLOSED, within.first, within.last, [*ids])
    return [row["id"] for row in rows]
