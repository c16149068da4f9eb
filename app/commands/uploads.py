"""Uploads: begun, filled part by part, put together, and handed over as an import.

Bytes go to the storage before the transaction that tells of them. Until the whole is there its
parts lie in a place of their own, which is dropped when they are needed no more.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.imports import SentFile, receive
from app.db import imports, uploads
from app.db.audit import expect, record
from app.db.sessions import Database
from app.db.tables.audit import AuditEntry
from app.db.tables.base import now
from app.db.tables.uploads import Upload
from app.domain.actors import Actor
from app.domain.imports.columns import ImportKind
from app.domain.imports.workflow import ImportedAlready, permitted
from app.domain.uploads import (
    MOST_OPEN,
    UPLOADS,
    FileTooLarge,
    TooManyUploads,
    UploadAction,
    UploadExpired,
    UploadState,
    WholeDamaged,
    all_there,
    still_open,
    whole,
)
from app.exchange.storage import ContentMissing, Storage

JOINED_AT_ONCE = asyncio.Semaphore(2)
ROOM = "uploads"


@dataclass(frozen=True)
class Terms:
    """Which files are taken, and how long their sender may stay away."""

    largest: int
    kept: timedelta


@dataclass(frozen=True)
class Told:
    """What the sender says of his file before it comes."""

    kind: ImportKind
    file_name: str | None
    size: int
    sha256: bytes
    part_bytes: int


@dataclass(frozen=True)
class Part:
    """One part as it has come."""

    number: int
    size: int
    told: bytes
    sha256: bytes
    content: BinaryIO


def place_of(storage: Storage, upload_id: UUID) -> Storage:
    """Where its parts lie."""
    return storage.beside(f"{ROOM}/{upload_id}")


async def begin(
    session: AsyncSession, told: Told, *, by: Actor, terms: Terms
) -> tuple[Upload, bool]:
    """The upload of this file, and whether it is new: whoever comes back goes on with his own."""
    permitted(told.kind, by=by)
    step = UPLOADS.begin(by=by)
    if told.size > terms.largest:
        raise FileTooLarge(limit=terms.largest)
    kind, sha256 = told.kind, told.sha256
    same = await imports.same_file(session, kind, sha256, of=by.region, within=by.region)
    if same is not None:
        raise ImportedAlready(id=same.id)
    open_ones = await uploads.open_ones(session, within=by.region, by=by)
    mine = uploads.same_file(open_ones, told.kind, told.sha256, told.size)
    if mine is not None:
        mine.expires_at = now() + terms.kept
        return mine, False
    if len(open_ones) >= MOST_OPEN:
        raise TooManyUploads(most=MOST_OPEN)
    upload = Upload(
        scope_code=by.region.first,
        kind=told.kind,
        file_name=told.file_name,
        sha256=told.sha256,
        bytes=told.size,
        part_bytes=told.part_bytes,
        created_by=by.id,
        expires_at=now() + terms.kept,
    )
    said = {"kind": told.kind, "sha256": told.sha256.hex()}
    pairs: dict[str, list[object]] = {f"/{key}": [None, value] for key, value in said.items()}
    await record(session, upload, step, told=pairs)
    return upload, True


async def store(
    database: Database, storage: Storage, upload_id: UUID, part: Part, *, by: Actor
) -> None:
    """The bytes of a part, once they are known to be what was sent."""
    sent = await _sent(database, upload_id, by=by)
    still_open(sent.state)
    whole(sent.cut, part.number, part.size, told=part.told, found=part.sha256)
    await place_of(storage, upload_id).put(part.sha256, part.content, part.size)


async def place(
    session: AsyncSession, upload_id: UUID, part: Part, *, by: Actor, terms: Terms
) -> int:
    """The part is there. How many are missing now."""
    upload = await uploads.find(session, upload_id, within=by.region, by=by)
    still_open(upload.state)
    until = now() + terms.kept
    there = await uploads.place(session, upload, part.number, part.sha256, until=until)
    return upload.cut.parts - there


# --- the whole


async def join(database: Database, storage: Storage, upload_id: UUID, *, by: Actor) -> None:
    """Put together in the storage what has come, if all has, and it is what it should be."""
    UPLOADS.permit(UploadAction.COMPLETE, by=by)
    sent = await _sent(database, upload_id, by=by)
    if sent.state is not UploadState.OPEN:
        return
    all_there(sent.cut, set(sent.parts))
    async with JOINED_AT_ONCE:
        pieces = _pieces(place_of(storage, upload_id), sent)
        try:
            is_whole = await storage.join(sent.sha256, pieces)
        except ContentMissing:
            if (await _sent(database, upload_id, by=by)).state is UploadState.OPEN:
                raise
            return  # the same, asked for twice: the parts went when the first was through
    if not is_whole:
        raise WholeDamaged


async def _sent(database: Database, upload_id: UUID, *, by: Actor) -> uploads.Sent:
    async with database.reading(by.region) as reading:
        return await uploads.sent(reading, upload_id, within=by.region, seen_by=by)


async def _pieces(storage: Storage, sent: uploads.Sent) -> AsyncIterator[bytes]:
    for number in range(1, sent.cut.parts + 1):
        async for piece in await storage.get(sent.parts[number], sent.cut.size_of(number)):
            yield piece


@dataclass(frozen=True)
class Asked:
    """A step of an upload, in the version in which somebody read it."""

    id: UUID
    version: int
    action: UploadAction


async def take(session: AsyncSession, asked: Asked, *, by: Actor) -> tuple[AuditEntry, UUID | None]:
    """Completed, it is an import from here on; discarded, it is none."""
    UPLOADS.permit(asked.action, by=by)
    upload = await uploads.find(session, asked.id, within=by.region, by=by)
    if upload.state is UploadState.EXPIRED:
        raise UploadExpired  # which says more than that it has changed
    await expect(session, upload, asked.version)
    step = UPLOADS.step(upload.state, asked.action, by=by)
    changes: dict[str, object] = {}
    if asked.action is UploadAction.COMPLETE:
        sent = SentFile(upload.kind, upload.sha256, upload.bytes, upload.file_name)
        changes["import_id"] = (await receive(session, sent, by=by)).id
    await uploads.forget_parts(session, upload)
    entry = await record(session, upload, step, changes=changes)
    return entry, upload.import_id
