"""A worker whose jobs are made for tests: `python -m tests.api.working`.

The work of a job is chunks, each a row of `test_chunk`; how many stands in the id of its subject.
"""

import asyncio
import os
import signal
from datetime import timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app import logs, serving
from app.commands.job_work import Worker
from app.commands.jobs import JobRun, handles
from app.db.sessions import Database
from app.db.tables.jobs import Job
from app.domain.errors import Conflict, Said
from app.domain.jobs import JobKind
from app.settings import read_settings
from app.stores import storage_of

TABLE = """CREATE TABLE test_chunk (job_id uuid, number int, worker int);
GRANT SELECT, INSERT ON test_chunk TO siks_app"""
CHUNK_SECONDS = 0.05
PULSE = timedelta(seconds=1)
NIK = "3672015905840001"
KINDS = COUNTING, DYING, STUMBLING, REFUSING = tuple(JobKind)[:4]

_DONE = text("SELECT count(*) FROM test_chunk WHERE job_id = :job_id AND number > 0")
_KEEP = text("INSERT INTO test_chunk VALUES (:job_id, :number, :worker)")


class NotThatFile(Conflict):
    """What the work itself says no with."""

    title = Said(id="Berkas ini bukan untuk itu", en="It is not that kind of file")
    detail = Said(id="Kirim berkas lain.", en="Send another file.")


async def keep(session: AsyncSession, job_id: object, number: int) -> None:
    connection = await session.connection()
    await connection.execute(_KEEP, {"job_id": job_id, "number": number, "worker": os.getpid()})


async def farewell(session: AsyncSession, job: Job) -> None:
    await keep(session, job.id, -1)


async def count(_: Database, run: JobRun) -> None:
    total = run.subject_id.int
    while not await run.cancelled():
        async with run.transaction() as session:
            connection = await session.connection()
            done = await connection.scalar(_DONE, {"job_id": run.id})
            if done == total:
                return
            await asyncio.sleep(CHUNK_SECONDS)
            await keep(session, run.id, done + 1)
        await run.progress(done + 1, total, "counting")


async def die(_: Database, run: JobRun) -> None:
    await run.progress(0, 9, "dying")
    os.kill(os.getpid(), signal.SIGKILL)


async def stumble(_: Database, __: JobRun) -> None:
    raise ValueError(f"Budi Santoso, {NIK}")


async def refuse(_: Database, __: JobRun) -> None:
    raise NotThatFile


def register() -> None:
    """For the kinds there are, instead of what they are for."""
    for kind, handler in zip(KINDS, (count, die, stumble, refuse), strict=True):
        handles(kind, ending=farewell)(handler)


def main() -> None:
    register()
    settings = read_settings()
    logs.configure(settings.log_level)
    worker = Worker(str(settings.database_url), storage_of(settings), pulse=PULSE)
    asyncio.run(serving.until_told(worker))


if __name__ == "__main__":
    main()
