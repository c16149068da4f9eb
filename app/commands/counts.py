"""Keeping the roll-up of the counts: by hand (`siks counts`), and while the service runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

from app.commands import turnarounds
from app.db import roll_up
from app.db.sessions import Database
from app.domain.regions import INDONESIA

log = structlog.get_logger("siks.counts")

# Should PostgreSQL crash, the last counts are lost and made again.
BEGIN = "BEGIN; SET LOCAL synchronous_commit TO off"
AT_ONCE = timedelta(0)


async def refresh(database: Database, *, older_than: timedelta = AT_ONCE) -> int:
    """Count every regency whose counts are older. How many were counted, or confirmed, here."""
    async with database.connection(INDONESIA, begin="BEGIN READ ONLY") as connection:
        due = await roll_up.due(connection, older_than=older_than)
    done = 0
    for regency, moved in due:
        look = roll_up.count if moved else roll_up.confirm
        async with database.connection(regency, begin=BEGIN) as connection:
            done += await look(connection, regency, older_than=older_than)
    await turnarounds.refresh(database)
    return done


async def refresh_at(url: str) -> int:
    """By hand, as the service's own role."""
    database = Database(url, connections=1)
    await database.open()
    try:
        return await refresh(database)
    finally:
        await database.close()


@asynccontextmanager
async def kept_up(database: Database, *, every: timedelta) -> AsyncIterator[None]:
    """In the background, until the block ends; every 0: not at all."""
    if not every:
        yield
        return
    rounds = asyncio.create_task(_rounds(database, every))
    try:
        yield
    finally:
        rounds.cancel()
        with suppress(asyncio.CancelledError):
            await rounds


async def _rounds(database: Database, every: timedelta) -> None:
    while True:
        try:
            await refresh(database, older_than=every)
        except Exception as error:  # noqa: BLE001 - old counts say how old they are; the rest goes on
            log.warning("counts_not_refreshed", kind=type(error).__name__)
        await asyncio.sleep(every.total_seconds())
