"""The background in which decrees are checked and applied, while the service runs."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta

import structlog

from app.commands.decrees import work_on
from app.db.sessions import Database

log = structlog.get_logger("siks.decrees")


@contextmanager
def unswept() -> Iterator[None]:
    """A chunk holds much and leaves no rings behind: to look for some takes a third of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Worker:
    """Looks now and then, and at once when it is woken; whoever looks first does the work.

    In a thread and an event loop of its own, with connections of its own: a chunk computes for
    a good part of a second, and nobody who reads should wait for that.
    """

    def __init__(self, url: str, *, every: timedelta) -> None:
        self._database = Database(url, connections=4)
        self._every = every.total_seconds()
        self._loop = asyncio.new_event_loop()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._loop.call_soon_threadsafe(self._woken.set)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """In the background, until the block ends: a chunk that was begun is rolled back."""
        work = self._loop.create_task(self._rounds())
        thread = asyncio.create_task(asyncio.to_thread(self._until_ended, work))
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(work.cancel)
            await thread

    def _until_ended(self, work: asyncio.Task[None]) -> None:
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(work)
        self._loop.close()

    async def _rounds(self) -> None:
        try:
            await self._database.open()
            while True:
                self._woken.clear()
                if not await self._round():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), self._every)
        finally:
            await self._database.close()

    async def _round(self) -> bool:
        try:
            with unswept():
                return await work_on(self._database)
        except Exception as error:  # noqa: BLE001 - what was begun is rolled back, and tried again
            log.warning("decree_not_worked_on", kind=type(error).__name__)
            return False
