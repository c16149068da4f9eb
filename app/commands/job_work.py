"""The worker: takes jobs out of the queue and sees each to its end, or to where another goes on.

The queue is looked after in one thread and the work is done in another, so that a handler that
computes for long is not taken for dead. Should it be all the same, its job's next start shuts it
out: see `JobRun.transaction`.
"""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import structlog
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as Carried

from app.commands import (  # noqa: F401 - handlers
    extract_work,
    import_applying,
    import_checks,
    import_marking,
    job_steps,
    list_writing,
    spdci_callbacks,
    spdci_notifying,
)
from app.commands.courier import LOOK as COURIER
from app.commands.courier import courier_at
from app.commands.jobs import HANDLERS, JobRun, LetGo, Superseded
from app.commands.subscriptions import Rules
from app.commands.sweeping import sweep
from app.db import jobs, queue
from app.db.faults import passes
from app.db.sessions import Database, patience
from app.db.urls import for_asyncpg
from app.domain.errors import Overloaded, Refusal
from app.domain.imports.workflow import USUAL, Limits
from app.domain.jobs import JobAction, JobFailed
from app.domain.regions import INDONESIA
from app.exchange.storage import Storage

HANDS = 2  # jobs at once: a village does not wait until a regency is through
PULSE = timedelta(seconds=5)  # without which for so long, a worker is taken for dead
LOOK = timedelta(seconds=2)  # how often it looks for the jobs of the dead
TIDY = timedelta(minutes=1)
SWEEP = timedelta(hours=1)
LATER = timedelta(seconds=5)
AT_ONCE = timedelta(0)
GRACE = 5  # seconds for a handler to come to its next pause, when the worker is to end
# New objects after which Python looks for cycles. A chunk is some hundred thousand that go at
# once: at every 700 of them, looking took as long as the work.
LIVING = 100_000
STATEMENT_SECONDS = 60  # of a chunk; nobody waits for it at a desk
AWAY = (OSError, asyncpg.PostgresError, TimeoutError)

T = TypeVar("T")
log = structlog.get_logger("siks.jobs")


class Hands:
    """An event loop in a thread of its own, for work."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    @contextmanager
    def ready(self) -> Iterator[None]:
        thread = threading.Thread(target=self.loop.run_forever, name="siks-jobs", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            thread.join()
            self.loop.close()

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """From another loop, which goes on meanwhile."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))


async def _settled() -> None:
    """Until what was told to end in this loop has ended: its connections are given back by then."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=GRACE)


class Worker:
    """Whoever of all workers comes first does a job; `pulse` is how soon it is missed."""

    def __init__(
        self,
        url: str,
        storage: Storage,
        *,
        limits: Limits = USUAL,
        pulse: timedelta = PULSE,
        webhooks: Rules | None = None,
    ) -> None:
        self._url = for_asyncpg(url)
        self._storage = storage
        self._limits = limits
        self._pulse = pulse
        self._webhooks = webhooks
        # Each hand has one for its chunk, and one for what comes next; an extract also keeps its
        # moment by one.
        connections = 3 * HANDS + 1
        self._database = Database(url, connections=connections, statement_seconds=STATEMENT_SECONDS)
        self._hands = Hands()
        self._leaving = threading.Event()
        self._work: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._left = asyncio.Event()
        self._manager: QueueManager | None = None

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Until the block ends: jobs that are under way then are put back for others."""
        gc.set_threshold(LIVING)
        rounds = asyncio.create_task(asyncio.to_thread(asyncio.run, self._rounds()))
        try:
            yield
        finally:
            self._leaving.set()
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._leave)
            await rounds

    def _leave(self) -> None:
        self._left.set()
        if self._manager is not None:
            self._manager.shutdown.set()

    async def _rounds(self) -> None:
        self._loop = asyncio.get_running_loop()
        with self._hands.ready():
            await self._reach()
            tidying = asyncio.create_task(self._tidy())
            sweeping = asyncio.create_task(self._sweep())
            hurrying = asyncio.create_task(self._hurry())
            carrying = asyncio.create_task(self._carry_messages())
            try:
                while not self._leaving.is_set():
                    await self._round()
            finally:
                besides = (tidying, sweeping, hurrying, carrying)
                for task in besides:
                    task.cancel()
                await asyncio.gather(*besides, return_exceptions=True)
                await self._hands.do(_settled())
                await self._hands.do(self._database.close())

    async def _reach(self) -> None:
        while not self._leaving.is_set():
            try:
                await self._hands.do(self._database.open())
            except AWAY as error:
                log.warning("job_queue_not_reached", kind=type(error).__name__)
                await self._pause(LOOK.total_seconds())
            else:
                return

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._left.wait(), seconds)

    async def _hurry(self) -> None:
        """Whoever has not come to a pause by then loses the chunk he is at, and nothing else."""
        await self._left.wait()
        await asyncio.sleep(GRACE)
        for work in tuple(self._work):
            self._hands.loop.call_soon_threadsafe(work.cancel)

    # --- the queue

    async def _round(self) -> None:
        """As long as PostgreSQL is there."""
        try:
            connection = await asyncpg.connect(self._url, **patience())
        except AWAY as error:
            log.warning("job_queue_not_reached", kind=type(error).__name__)
            await self._pause(LOOK.total_seconds())
            return
        try:
            await self._take_jobs(connection)
        except Exception as error:  # noqa: BLE001 - what is under way is another's by then
            log.warning("job_queue_lost", kind=type(error).__name__)
            await self._pause(LOOK.total_seconds())
        finally:
            connection.terminate()

    async def _take_jobs(self, connection: asyncpg.Connection) -> None:
        manager = queue.manager(connection)
        for kind in HANDLERS:
            manager.entrypoint(kind.value, on_failure="hold")(self._carry)
        manager.min_dequeue_poll_interval = LOOK / 4
        self._manager = manager
        if self._leaving.is_set():
            return
        await manager.run(
            dequeue_timeout=LOOK,
            batch_size=1,
            max_concurrent_tasks=HANDS,
            heartbeat_timeout=self._pulse,
            log_aggregation_interval=timedelta(0),
        )

    async def _carry(self, carried: Carried) -> None:
        """Nothing is raised here but that it is to be tried again: the queue keeps what it sees."""
        again = await self._hands.do(self._see_to(queue.job_in(carried.payload)))
        if again is not None:
            raise RetryRequested(again)

    async def _tidy(self) -> None:
        """Put back what the queue has lost."""
        while True:
            with suppress(*AWAY):
                await self._hands.do(self._put_back())
            await asyncio.sleep(TIDY.total_seconds())

    async def _put_back(self) -> None:
        async with self._database.reading(INDONESIA) as reading:
            strays = await queue.strays(reading)
        for kind, job_id in strays:
            log.warning("job_put_back", job=str(job_id))
            async with self._database.transaction(INDONESIA) as session:
                await queue.put(session, kind, job_id)

    async def _sweep(self) -> None:
        """What could not be swept up now is still there in an hour."""
        while True:
            try:
                await self._hands.do(sweep(self._database, self._storage))
            except Exception as error:  # noqa: BLE001 - the work goes on
                log.warning("not_swept_up", kind=type(error).__name__)
            await asyncio.sleep(SWEEP.total_seconds())

    async def _carry_messages(self) -> None:
        """To subscribers, in this thread: what goes out is not held up by what is computed."""
        while self._webhooks is not None:
            try:
                async with courier_at(self._url, self._webhooks) as courier:
                    while True:
                        await courier.round()
                        await asyncio.sleep(COURIER.total_seconds())
            except Exception as error:  # noqa: BLE001 - the work goes on
                log.warning("courier_held_up", kind=type(error).__name__)
                await asyncio.sleep(LOOK.total_seconds())

    # --- the work

    async def _see_to(self, job_id: UUID) -> timedelta | None:
        """None where nothing is left to do here; else after how long it is to be tried again."""
        try:
            async with self._database.reading(INDONESIA) as reading:
                errand = await jobs.errand(reading, job_id)
            if errand is None:
                return None
            start = await job_steps.begin(self._database, errand)
            if start is None:
                return None
            ours = (self._database, self._storage, self._leaving, self._limits, self._webhooks)
            run = JobRun(errand, start, *ours)
            return await self._do(run)
        except Exception as error:  # noqa: BLE001 - PostgreSQL is away, or another holds the job
            log.warning("job_not_seen_to", job=str(job_id), kind=type(error).__name__)
            return LATER

    async def _do(self, run: JobRun) -> timedelta | None:
        work = asyncio.ensure_future(HANDLERS[run.errand.kind](self._database, run))
        self._work.add(work)
        try:
            await asyncio.wait({work})
        finally:
            self._work.discard(work)
        if work.cancelled():
            return await self._released(run)
        return await self._ended(run, work.exception())

    async def _ended(self, run: JobRun, error: BaseException | None) -> timedelta | None:
        why = _first_of(error)
        if isinstance(why, Superseded):
            return None
        if isinstance(why, LetGo):
            return await self._released(run)
        if why is None:
            action = JobAction.STOP if run.was_cancelled else JobAction.COMPLETE
            await job_steps.finish(run, action)
            return None
        if passes(why) or isinstance(why, Overloaded):
            log.warning("job_interrupted", job=str(run.id), kind=type(why).__name__)
            return LATER
        if not isinstance(why, Refusal):
            log.error("job_failed", job=str(run.id), kind=type(why).__name__)
            why = JobFailed()
        await job_steps.finish(run, JobAction.FAIL, because=why)
        return None

    async def _released(self, run: JobRun) -> timedelta:
        await job_steps.finish(run, JobAction.RELEASE)
        return AT_ONCE


def _first_of(error: BaseException | None) -> BaseException | None:
    """Of several that happened at once, that the job is to be let go; else the first."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    found = error.subgroup(LetGo) or error
    return _first_of(found.exceptions[0])


@asynccontextmanager
async def beside(
    url: str, storage: Storage, *, wanted: bool, limits: Limits, webhooks: Rules
) -> AsyncIterator[None]:
    """A worker in the process of the service, where one is wanted."""
    if not wanted:
        yield
        return
    async with Worker(url, storage, limits=limits, webhooks=webhooks).at_work():
        yield
