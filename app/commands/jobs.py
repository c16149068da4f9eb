"""Jobs: asked for in the transaction that needs one, done in the background, cancelled.

Whoever does the work of a kind says so with `handles`. It goes on where its subject says, chunk by
chunk, each in a `JobRun.transaction`: there a worker that was thought dead finds out that another
has taken its place, before it has changed anything.
"""

import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.subscriptions import Rules
from app.db import jobs, queue
from app.db.audit import expect, record
from app.db.jobs import Errand
from app.db.sessions import Database
from app.db.tables.audit import AuditEntry
from app.db.tables.base import now
from app.db.tables.jobs import Job
from app.domain.actors import Actor
from app.domain.imports.workflow import USUAL, Limits
from app.domain.jobs import GIVEN_UP, JOBS, OPEN, JobAction, JobKind
from app.domain.regions import Region
from app.exchange.storage import Storage


async def enqueue(
    session: AsyncSession, kind: JobKind, subject_id: UUID, *, by: Actor, region: Region
) -> Job:
    """A job of that kind for `subject_id`, which lies in `region`: begun once this is committed."""
    step = JOBS.begin(by=by)
    job = Job(
        kind=kind,
        subject_id=subject_id,
        asked_by=by.id,
        role=by.role,
        asker_region_code=by.region.code,
        region_code=region.code,
        scope_code=region.first,
        **session.info,
    )
    await record(session, job, step)
    await queue.put(session, kind, job.id)
    return job


async def cancel(session: AsyncSession, job_id: UUID, *, by: Actor, version: int) -> AuditEntry:
    """What has not begun has ended; what is under way ends at its next pause."""
    job = await jobs.find(session, job_id, within=by.region)
    JOBS.permit(JobAction.CANCEL, by=by)
    await expect(session, job, version)
    facts = jobs.facts_of(job, for_=by)
    step = JOBS.step(job.state, JobAction.CANCEL, by=by, facts=facts)
    changes: dict[str, object] = {"cancel_asked": True}
    if step.target not in OPEN:
        changes["ended_at"] = now()
    entry = await record(session, job, step, changes=changes)
    await end(session, job)
    return entry


async def end(session: AsyncSession, job: Job) -> None:
    """Tell the subject of a job that ended otherwise than by being done."""
    ending = ENDINGS.get(job.kind)
    if ending is not None and job.state in GIVEN_UP:
        await ending(session, job)


# --- while it runs


class LetGo(BaseException):
    """This worker is to leave the job as it is now. A handler lets it pass: it is not an error."""


class Released(LetGo):
    """The worker is asked to end; another goes on from here."""


class Superseded(LetGo):
    """Another worker has taken the job, or it has ended."""


@dataclass
class JobRun:
    """One worker at one job."""

    errand: Errand
    start: int
    database: Database
    storage: Storage
    leaving: threading.Event
    limits: Limits = USUAL
    webhooks: Rules | None = None
    was_cancelled: bool = False

    @property
    def id(self) -> UUID:
        return self.errand.id

    @property
    def subject_id(self) -> UUID:
        return self.errand.subject_id

    @property
    def by(self) -> Actor:
        return self.errand.by

    @property
    def region(self) -> Region:
        return self.errand.region

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """As whoever asked, while the job is ours: nobody else begins it until this has ended."""
        async with self._session() as session:
            if not await jobs.is_ours(session, self.id, self.start):
                raise Superseded
            yield session

    async def progress(self, done: int, total: int | None = None, phase: str = "working") -> None:
        """How far it is, for whoever waits. After a chunk, not within its transaction."""
        async with self._session() as session:
            if not await jobs.tell(
                session, self.id, self.start, done=done, total=total, phase=phase
            ):
                raise Superseded

    async def cancelled(self) -> bool:
        """Whether somebody wants it to end. A handler that was told so returns: it is cancelled."""
        self._stay()
        async with self.database.reading(self.by.region) as reading:
            self.was_cancelled = await jobs.cancel_asked(reading, self.id)
        return self.was_cancelled

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        self._stay()
        async with self.database.transaction(
            self.by.region, channel=self.errand.channel, request_id=self.errand.request_id
        ) as session:
            yield session

    def _stay(self) -> None:
        if self.leaving.is_set():
            raise Released


Handler = Callable[[Database, JobRun], Awaitable[None]]
Ending = Callable[[AsyncSession, Job], Awaitable[None]]
HANDLERS: dict[JobKind, Handler] = {}
ENDINGS: dict[JobKind, Ending] = {}


def handles(kind: JobKind, *, ending: Ending | None = None) -> Callable[[Handler], Handler]:
    """Does the work of this kind. It may be begun again at any time, and goes on where it was.

    `ending` is called where a job failed, was parked or cancelled, in the transaction that says
    so: its subject must not wait for ever for work that nobody does.
    """

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        if ending is not None:
            ENDINGS[kind] = ending
        return handler

    return register
