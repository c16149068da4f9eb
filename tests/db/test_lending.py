"""Connections are lent to one at a time, and only those that can be used."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.db import lending
from app.db.lending import Lending
from app.db.urls import for_asyncpg


@pytest.fixture
async def two(app_url: str) -> AsyncIterator[Lending[asyncpg.Connection]]:
    opened: list[asyncpg.Connection] = []

    async def connect() -> asyncpg.Connection:
        opened.append(await asyncpg.connect(for_asyncpg(app_url)))
        return opened[-1]

    yield Lending(connect, most=2, patience=0.2)
    for each in opened:
        await each.close()


async def test_the_one_that_was_used_last_comes_first(two: Lending[asyncpg.Connection]):
    one, other = await two.take(), await two.take()
    two.give(other)
    two.give(one)

    assert await two.take() is one


async def test_there_are_no_more_than_so_many(two: Lending[asyncpg.Connection]):
    await two.take()
    await two.take()

    with pytest.raises(TimeoutError):
        await two.take()


async def test_whoever_waits_gets_the_next_one(two: Lending[asyncpg.Connection]):
    one = await two.take()
    await two.take()
    waiting = asyncio.create_task(two.take())
    await asyncio.sleep(0.01)
    two.give(one)

    assert await waiting is one


async def test_whoever_gives_up_waiting_takes_none_away(two: Lending[asyncpg.Connection]):
    one, other = await two.take(), await two.take()
    waiting = asyncio.create_task(two.take())
    await asyncio.sleep(0.01)
    waiting.cancel()
    two.give(one)
    two.give(other)

    assert {await two.take(), await two.take()} == {one, other}


async def test_what_the_server_has_closed_is_not_lent(two: Lending[asyncpg.Connection]):
    one = await two.take()
    two.give(one)
    one.terminate()

    other = await two.take()
    assert other is not one
    assert await other.fetchval("SELECT 1") == 1


async def test_what_was_ended_leaves_room_for_another(two: Lending[asyncpg.Connection]):
    for _ in range(3):
        one = await two.take()
        one.terminate()
        two.give(one)

    assert await (await two.take()).fetchval("SELECT 1") == 1


async def test_what_was_given_up_is_lent_when_it_has_come_to_its_end(app_url: str):
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(for_asyncpg(app_url))

    alone = Lending(connect, most=1, patience=5)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), alone.lent() as one:
            await one.execute("BEGIN; SELECT pg_sleep(30)")

    other = await alone.take()
    assert other is one
    assert not other.is_in_transaction()
    assert await other.fetchval("SELECT 1") == 1
    alone.give(other)
    await alone.close()


async def test_nor_is_what_was_given_back_in_the_middle_of_something(
    two: Lending[asyncpg.Connection],
):
    one = await two.take()
    await one.execute("BEGIN")
    two.give(one)

    assert await two.take() is not one


async def test_nor_what_nobody_needed_for_long(
    two: Lending[asyncpg.Connection], monkeypatch: pytest.MonkeyPatch
):
    one = await two.take()
    two.give(one)
    monkeypatch.setattr(lending, "REST_SECONDS", -1)

    assert await two.take() is not one
    assert one.is_closed()


async def test_one_that_cannot_be_opened_leaves_room_for_the_next():
    async def connect() -> asyncpg.Connection:
        raise ConnectionRefusedError

    none = Lending(connect, most=1, patience=0.2)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await none.take()


async def test_when_it_is_closed_nothing_is_lent_or_kept(two: Lending[asyncpg.Connection]):
    lent, resting = await two.take(), await two.take()
    two.give(resting)
    await two.close()
    two.give(lent)

    assert lent.is_closed()
    assert resting.is_closed()
    with pytest.raises(asyncpg.InterfaceError):
        await two.take()
