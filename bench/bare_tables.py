"""Tables without their indexes and keys, for as long as they are filled.

An index is built over what is there many times faster than it grows row by row, and it is dense
then. Every key is checked as it is put back: what breaks one ends the filling.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager

import asyncpg

HANDS = 2
SETTINGS = {"maintenance_work_mem": "1GB", "max_parallel_maintenance_workers": "1"}
FOREIGN = """
SELECT conrelid::regclass::text AS of_table, conname AS name, pg_get_constraintdef(oid) AS said
FROM pg_constraint WHERE contype = 'f'
    AND (conrelid = ANY ($1::text[]::regclass[]) OR confrelid = ANY ($1::text[]::regclass[]))
"""
KEYS = """
SELECT conrelid::regclass::text AS of_table, conname AS name, pg_get_constraintdef(oid) AS said
FROM pg_constraint WHERE contype IN ('p', 'u', 'x') AND conrelid = ANY ($1::text[]::regclass[])
"""
INDEXES = """
SELECT indrelid::regclass::text AS of_table, indexrelid::regclass::text AS name,
    pg_get_indexdef(indexrelid) AS said
FROM pg_index WHERE indrelid = ANY ($1::text[]::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = indexrelid)
"""
Found = list[asyncpg.Record]


@asynccontextmanager
async def bare(
    url: str, tables: Collection[str], *, told: Callable[[str], None]
) -> AsyncIterator[None]:
    connection = await asyncpg.connect(url)
    foreign, keys, indexes = [
        await connection.fetch(each, list(tables)) for each in (FOREIGN, KEYS, INDEXES)
    ]
    for key in (*foreign, *keys):
        await connection.execute(f'ALTER TABLE {key["of_table"]} DROP CONSTRAINT "{key["name"]}"')
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    yield
    await connection.execute("CHECKPOINT")
    await _by_hands(url, [_put_back(keys, indexes, table) for table in await _by_size(connection)])
    told("all indexes are there")
    await _by_hands(url, [[_added(key)] for key in foreign])
    await connection.close()


async def _by_size(connection: asyncpg.Connection) -> list[str]:
    """The largest first, so that no hand is left alone with one of them."""
    rows = await connection.fetch(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = 'public'::regnamespace ORDER BY pg_table_size(oid) DESC"
    )
    return [row["name"] for row in rows]


def _put_back(keys: Found, indexes: Found, table: str) -> list[str]:
    return [_added(key) for key in keys if key["of_table"] == table] + [
        index["said"] for index in indexes if index["of_table"] == table
    ]


def _added(key: asyncpg.Record) -> str:
    return f'ALTER TABLE {key["of_table"]} ADD CONSTRAINT "{key["name"]}" {key["said"]}'


async def _by_hands(url: str, work: Iterable[list[str]]) -> None:
    waiting = deque(work)
    async with asyncio.TaskGroup() as hands:
        for _ in range(HANDS):
            hands.create_task(_work(url, waiting))


async def _work(url: str, waiting: deque[list[str]]) -> None:
    connection = await asyncpg.connect(url, server_settings=SETTINGS)
    while waiting:
        for statement in waiting.popleft():
            await connection.execute(statement)
    await connection.close()
