"""Following what changes: a page at once where there is one, or as soon as there is.

Whoever waits holds no connection to the database. One look a second, for all of them together,
finds where anything was written since; it is taken only while somebody waits.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from app.db import changes
from app.db.access import BEGIN, Access, PeopleReading
from app.db.changes import News
from app.db.faults import passes
from app.db.sessions import Database
from app.domain.changes import Cursor
from app.domain.errors import Overloaded
from app.domain.extracts.columns import Resource
from app.domain.regions import INDONESIA, Region
from app.domain.sight import Sight

EVERY = 1.0  # seconds
EACH = 20  # of one account at once: none takes the places of all
Gone = Callable[[], Awaitable[bool]]


@dataclass(eq=False)
class Waiting:
    """Somebody who has read all of a region before that transaction."""

    region: Region
    since: int
    come: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, news: News) -> None:
        if news.reaches(self.region):
            self.come.set()
        else:
            self.since = max(self.since, news.horizon)


class Watch:
    """Looks for news on behalf of all who wait, and says how many may."""

    def __init__(self, database: Database, *, most: int) -> None:
        self._database = database
        self._most = most
        self._now = Counter[UUID]()
        self._waiting: set[Waiting] = set()
        self._looking: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @contextmanager
    def place(self, account_id: UUID) -> Iterator[None]:
        if self._now[account_id] >= EACH or self._now.total() >= self._most:
            raise Overloaded(retry_after=5)
        self._now[account_id] += 1
        try:
            yield
        finally:
            self._now -= Counter([account_id])  # keeps none that are down to nothing

    async def news(self, region: Region, since: int, *, until: float, gone: Gone) -> bool:
        """Whether something was written there, in that transaction or a later one, before the
        time was over."""
        one = Waiting(region, since)
        self._waiting.add(one)
        self._begin()
        try:
            while not one.come.is_set() and time.monotonic() < until and not await gone():
                await _set_within(one.come, min(EVERY, until - time.monotonic()))
        finally:
            self._waiting.discard(one)
        return one.come.is_set()

    def _begin(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self._waiting:
            since = min(each.since for each in self._waiting)
            news = await self._found(since)
            for one in [each for each in self._waiting if each.since >= since]:
                one.hear(news)
            await asyncio.sleep(EVERY)

    async def _found(self, since: int) -> News:
        """Nothing, where PostgreSQL is away for the moment."""
        try:
            async with self._database.reading(INDONESIA) as reading:
                return await changes.news(reading, since)
        except Exception as error:
            if passes(error):
                return News(since, (), everywhere=False)
            raise

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            if self._looking is not None:
                self._looking.cancel()


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


@dataclass(frozen=True)
class Asked:
    """What is followed, since when; None: from now on."""

    after: Cursor | None
    resources: Collection[Resource]
    within: Region
    sight: Sight
    limit: int
    wait: float


async def follow(
    database: Database, watch: Watch, asked: Asked, *, access: Access, gone: Gone
) -> str:
    """The next page; where nothing is in it, it is waited for until the time is over."""
    until = time.monotonic() + asked.wait
    with watch.place(access.actor.id):
        while True:
            body = await _page(database, asked, access)
            place = changes.next_in(body)
            if not changes.IS_EMPTY.search(body) or time.monotonic() >= until:
                return body
            if changes.IS_LAST.search(body) and not await watch.news(
                asked.within, place.xid, until=until, gone=gone
            ):
                return body
            asked = replace(asked, after=place)


async def _page(database: Database, asked: Asked, access: Access) -> str:
    async with database.connection(access.actor.region, begin=BEGIN) as connection:
        reading = PeopleReading(connection, access)
        if asked.after is None:
            return await changes.beginning(reading)
        return await changes.page(
            reading,
            asked.after,
            asked.limit,
            resources=asked.resources,
            within=asked.within,
            sight=asked.sight,
        )
