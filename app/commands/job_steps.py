"""The steps of a job that its worker takes, each a transaction of its own, as whoever asked."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.jobs import JobRun, end
from app.db import accounts, jobs
from app.db.audit import record
from app.db.jobs import Errand
from app.db.refusals import told
from app.db.sessions import Database
from app.db.tables.base import now
from app.db.tables.jobs import Job
from app.domain.errors import Refusal
from app.domain.jobs import (
    JOBS,
    MOST_STARTS,
    OPEN,
    AskerGone,
    JobAction,
    JobParked,
    JobState,
)
from app.domain.regions import INDONESIA


@asynccontextmanager
async def _held(database: Database, errand: Errand) -> AsyncIterator[tuple[AsyncSession, Job]]:
    """The job alone: a chunk that is still under way for it is waited for."""
    async with database.transaction(
        errand.by.region, channel=errand.channel, request_id=errand.request_id
    ) as session:
        yield session, await jobs.find(session, errand.id, within=errand.by.region, alone=True)


async def begin(database: Database, errand: Errand) -> int | None:
    """Which start of it this is, counted before anything is done; None: it is not to be begun."""
    async with database.reading(INDONESIA) as reading:
        holds = await accounts.standing(reading, errand.by, within=INDONESIA) is not None
    async with _held(database, errand) as (session, job):
        if job.state not in OPEN:
            return None
        if job.in_vain >= MOST_STARTS:
            await _take(session, job, JobAction.PARK, because=JobParked(starts=job.in_vain))
            return None
        action = JobAction.START if job.state is JobState.QUEUED else JobAction.RESUME
        counted = {"starts": job.starts + 1, "in_vain": job.in_vain + 1}
        began = {"started_at": job.started_at or now()}
        await _take(session, job, action, changes={**counted, **began})
        if not holds:
            await _take(session, job, JobAction.FAIL, because=AskerGone())
            return None
        return job.starts


async def finish(run: JobRun, action: JobAction, *, because: Refusal | None = None) -> None:
    """The last step of a run, unless the job is another's by now."""
    async with _held(run.database, run.errand) as (session, job):
        if job.starts != run.start or job.state is not JobState.RUNNING:
            return
        let_go = {"in_vain": max(0, job.in_vain - 1)} if action is JobAction.RELEASE else {}
        await _take(session, job, action, changes=let_go, because=because)


async def _take(
    session: AsyncSession,
    job: Job,
    action: JobAction,
    *,
    changes: Mapping[str, object] | None = None,
    because: Refusal | None = None,
) -> None:
    step = JOBS.step(job.state, action, by=job.asker)
    made = dict(changes or {})
    if step.target not in OPEN:
        made["ended_at"] = now()
    if because is not None:
        made["problem"] = told(because)
    await record(session, job, step, changes=made)
    await end(session, job)
