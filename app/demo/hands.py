"""Processes that load the demo side by side: each settles one batch of villages after another.

A batch is a transaction of its own and looks first whether it is there already, so that a load
that was cut short goes on where it ended. Accounts come last of all, see `app.demo.seed`.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe

import asyncpg

from app.db import regions
from app.db.scope import scope_statement
from app.db.sessions import Reading
from app.db.urls import for_asyncpg
from app.demo import staging
from app.demo.plans import Plan, Village, plans
from app.demo.roads import Roads
from app.demo.rows import Rows
from app.domain.niks import KnownRegions
from app.domain.regions import Region, Tier
from app.settings import CannotRun

Batch = Sequence[Village]
NOTHING_MORE: Batch = ()
MOST_HANDS = 4
# Spawned, because a fork of a process that has threads may hang.
APART = get_context("spawn")
ENDED_EARLY = (
    "a process that was loading the demo ended early; what it said stands above. Load the demo "
    "again: it goes on with what is missing"
)
IS_THERE = "SELECT EXISTS (SELECT FROM household WHERE scope_code = $1)"
NUMBERS = "SELECT ARRAY(SELECT nextval('dtks_id') FROM generate_series(1, $1))"


async def settle(
    owner_url: str, batches: Sequence[Batch], *, request_id: str, told: Callable[[int], None]
) -> None:
    """`told` hears of as many households as have just been settled."""
    waiting = list(reversed(batches))
    try:
        async with asyncio.TaskGroup() as hands:
            for _ in range(min(MOST_HANDS, os.cpu_count() or 1)):
                hands.create_task(_keep_busy(waiting, (owner_url, request_id), told))
    except ExceptionGroup as ended:
        if ended.subgroup(EOFError):
            raise CannotRun(ENDED_EARLY) from ended
        raise


async def _keep_busy(
    waiting: list[Batch], instructed: tuple[str, str], told: Callable[[int], None]
) -> None:
    """One hand, for as long as anything waits."""
    here, there = APART.Pipe()
    hand = APART.Process(target=work, args=(there, *instructed), daemon=True)
    with _deaf_to_ctrl_c():
        hand.start()
    there.close()
    try:
        while waiting:
            here.send(waiting.pop())
            told(await asyncio.to_thread(here.recv))
        here.send(NOTHING_MORE)
    except BaseException:
        hand.kill()  # what it has not committed is undone
        raise
    finally:
        hand.join()
        here.close()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Who is started meanwhile stays so: Ctrl-C is for us, and we end our hands."""
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


def work(pipe: Pipe, owner_url: str, request_id: str) -> None:
    """What a hand does until nobody sends it anything more."""
    with suppress(EOFError):  # whoever started us is no more
        asyncio.run(_work(pipe, owner_url, request_id))


async def _work(pipe: Pipe, owner_url: str, request_id: str) -> None:
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    known = await regions.known_regions(Reading(connection))
    while batch := pipe.recv():
        async with connection.transaction():
            await connection.execute(scope_statement(_district_of(batch)))
            await _settle(connection, batch, known, request_id)
        pipe.send(sum(village.households for village in batch))
    await connection.close()


def _district_of(batch: Batch) -> Region:
    """What a batch sees: by the range of a district, the index finds its few rows at once."""
    return Region(batch[0].code).at(Tier.DISTRICT)


async def _settle(
    connection: asyncpg.Connection, batch: Batch, known: KnownRegions, request_id: str
) -> None:
    first = Region(batch[0].code).first
    await connection.execute("SELECT pg_advisory_xact_lock($1)", first)
    if await connection.fetchval(IS_THERE, first):
        return
    now, roads = datetime.now(UTC), Roads(batch[0].regency)
    settled = []
    for village in batch:
        rows, planned = Rows(village, roads, now), list(plans(village, roads, known, now.date()))
        for plan, numbers in zip(planned, await _numbers(connection, planned), strict=True):
            rows.add(plan, numbers)
        settled.append(rows)
    await staging.store(connection, settled, roads, now=now, request_id=request_id)


async def _numbers(connection: asyncpg.Connection, planned: Sequence[Plan]) -> list[list[int]]:
    """For DTKS ids, to each plan as many as it takes."""
    numbers = iter(await connection.fetchval(NUMBERS, sum(plan.dtks_ids for plan in planned)))
    return [[next(numbers) for _ in range(plan.dtks_ids)] for plan in planned]
