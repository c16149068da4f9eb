"""Sweeping up: uploads whose sender did not come back, and bytes that nobody needs any more.

What is dropped is found by looking at what lies in the storage: so it does not matter who died, or
what came late, before. Whatever our database does not know is left alone.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from uuid import UUID

from app.commands import extracts as taken_out
from app.commands import import_marking, list_writing, spdci
from app.commands import uploads as commands
from app.commands.letters import expire_late
from app.db import courier, extracts, import_results, imports, lists, spdci_requests, uploads
from app.db.audit import record
from app.db.sessions import Database
from app.db.tables.base import now
from app.domain.actors import Actor
from app.domain.errors import Refusal
from app.domain.lists import LISTS, ListAction
from app.domain.regions import INDONESIA
from app.domain.subscriptions import LOG_KEPT
from app.domain.uploads import UPLOADS, UploadAction, UploadState
from app.exchange.storage import Storage

RESULTS_KEPT = timedelta(days=7)  # to make one again takes seconds
# Of files that are being worked at.
FOLDERS = ("siks-import-*", "siks-marked-*", "siks-nik-*", "siks-list-*", "siks-extract-*")
LONGEST_JOB = timedelta(days=1)
NEEDLESS = (
    (commands.ROOM, uploads.closed),
    (import_marking.ROOM, import_results.needless),
    (list_writing.ROOM, lists.needless),
    (taken_out.ROOM, extracts.needless),
)


async def sweep(database: Database, storage: Storage) -> None:
    """Several workers may: each finds less to do than the one before."""
    async with database.reading(INDONESIA) as reading:
        late = await uploads.late(reading, within=INDONESIA)
    for upload_id, sender in late:
        with suppress(Refusal):  # the others are swept up all the same
            await _expire(database, upload_id, by=sender)
    await _forget_results(database)
    await _expire_lists(database)
    await expire_late(database)
    await taken_out.expire_late(database)
    await taken_out.forget_strays(database)
    async with database.transaction(INDONESIA) as session:
        await courier.forget_deliveries(session, LOG_KEPT, within=INDONESIA)
        await spdci_requests.forget(session, now() - spdci.KEPT, within=INDONESIA)
    await _drop(database, storage)
    await storage.clear()
    await asyncio.to_thread(_clear, time.time() - LONGEST_JOB.total_seconds())


async def _expire(database: Database, upload_id: UUID, *, by: Actor) -> None:
    """Unless he has come back this very moment."""
    async with database.transaction(by.region) as session:
        upload = await uploads.find(session, upload_id, within=by.region, by=by)
        if upload.state is UploadState.OPEN and upload.expires_at < now():
            step = UPLOADS.step(upload.state, UploadAction.EXPIRE, by=by)
            await uploads.forget_parts(session, upload)
            await record(session, upload, step)


async def _forget_results(database: Database) -> None:
    async with database.reading(INDONESIA) as reading:
        old = await import_results.old(reading, now() - RESULTS_KEPT, within=INDONESIA)
    for import_id in old:
        async with database.transaction(INDONESIA) as session:
            import_ = await imports.find(session, import_id, within=INDONESIA)
            await import_results.forget(session, import_)


async def _expire_lists(database: Database) -> None:
    async with database.reading(INDONESIA) as reading:
        old = await lists.old(reading, within=INDONESIA)
    for list_id, asker in old:
        with suppress(Refusal):
            async with database.transaction(asker.region) as session:
                list_ = await lists.find(session, list_id, within=asker.region)
                await record(session, list_, LISTS.step(list_.state, ListAction.EXPIRE, by=asker))


async def _drop(database: Database, storage: Storage) -> None:
    for room, among in NEEDLESS:
        ids = [*_ids(await storage.places(room))]
        async with database.reading(INDONESIA) as reading:
            needless = await among(reading, ids, within=INDONESIA)
        for each in needless:
            await storage.beside(f"{room}/{each}").drop()


def _ids(names: Iterable[str]) -> Iterable[UUID]:
    for name in names:
        with suppress(ValueError):
            yield UUID(name)


def _clear(before: float) -> None:
    """What a worker had in its hands when it was killed: people's data, in whole files."""
    for pattern in FOLDERS:
        for folder in Path(tempfile.gettempdir()).glob(pattern):
            with suppress(OSError):
                if folder.stat().st_mtime < before:
                    rmtree(folder)
