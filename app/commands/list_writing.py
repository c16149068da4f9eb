"""The job that makes a list: what stands in it is read in one look, then written as a file."""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.jobs import JobRun, handles
from app.db import list_rows, lists
from app.db.access import BEGIN, Access, PeopleReading
from app.db.audit import record
from app.db.refusals import told
from app.db.sessions import Database
from app.db.tables.base import now
from app.db.tables.jobs import Job
from app.db.tables.lists import List
from app.domain.actors import Actor
from app.domain.jobs import JobKind
from app.domain.lists import LISTS, ListAction, ListEnded, ListState, ListTooLong, Wish
from app.domain.sight import sight_of
from app.exchange.list_files import written
from app.exchange.list_words import About
from app.exchange.storage import Storage

ROOM = "lists"


def place_of(storage: Storage, list_id: UUID) -> Storage:
    return storage.beside(f"{ROOM}/{list_id}")


async def _failed(session: AsyncSession, job: Job) -> None:
    """A job that was given up leaves no list that is waited for."""
    list_ = await lists.find(session, job.subject_id, within=job.asker.region)
    if list_.state is ListState.REQUESTED:
        step = LISTS.step(list_.state, ListAction.FAIL, by=job.asker)
        await record(session, list_, step, changes={"refusal": job.problem or told(ListEnded())})


@handles(JobKind.WRITE_LIST, ending=_failed)
async def write(database: Database, run: JobRun) -> None:
    """Begun again, it reads again: what was read before is in nobody's hands."""
    async with run.transaction() as session:
        list_ = await lists.find(session, run.subject_id, within=run.by.region)
    if list_.state is not ListState.REQUESTED or await run.cancelled():
        return
    await run.progress(0, 1, phase="reading")
    about = _about(list_, run)
    access = Access(run.by, list_.purpose, run.errand.kind, run.errand.request_id)
    rows = await _rows(database, access, about)
    if await run.cancelled():
        return
    await run.progress(0, 1, phase="writing")
    with tempfile.TemporaryDirectory(prefix="siks-list-") as folder:
        path = Path(folder) / f"list.{list_.format}"
        await written(rows, about, path)
        with path.open("rb") as file:
            sha256, size = hashlib.file_digest(file, "sha256").digest(), path.stat().st_size
            await place_of(run.storage, list_.id).put(sha256, file, size)
    await _keep(run, sha256, size, names=len(rows.get("names", ())))


def _about(list_: List, run: JobRun) -> About:
    wish = Wish(list_.kind, run.region, list_.format, list_.programme, list_.rows_of)
    on = list_.created_at.astimezone(ZoneInfo(run.region.time_zone)).date()
    return About(list_.id, wish, list_.language, on, run.by.role)


async def _rows(database: Database, access: Access, about: About) -> Mapping[str, Any]:
    """By whoever asked, and noted as his reading where it is of people."""
    async with database.connection(access.actor.region, begin=BEGIN) as connection:
        reading = PeopleReading(connection, access)
        rows: Mapping[str, Any] = json.loads(await _told(reading, about, by=access.actor))
    if len(rows.get("names", ())) > about.wish.most:
        raise ListTooLong(most=about.wish.most)
    return rows


async def _told(reading: PeopleReading, about: About, *, by: Actor) -> str:
    wish = about.wish
    if wish.rows is not None:
        return await list_rows.counted(reading, within=wish.region, rows=wish.rows, on=about.on)
    sight, programme = sight_of(by), wish.programme
    return await list_rows.named(
        reading, wish.most, within=wish.region, sight=sight, programme=programme, on=about.on
    )


async def _keep(run: JobRun, sha256: bytes, size: int, *, names: int) -> None:
    made = {"sha256": sha256, "bytes": size, "names": names, "made_at": now()}
    async with run.transaction() as session:
        list_ = await lists.find(session, run.subject_id, within=run.by.region)
        step = LISTS.step(list_.state, ListAction.MAKE, by=run.by)
        said: dict[str, list[object]] = {"/names": [None, names], "/sha256": [None, sha256.hex()]}
        await record(session, list_, step, changes=made, told=said)
