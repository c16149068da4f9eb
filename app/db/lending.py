"""Connections that are lent for one look at a time: as many as are needed at once, and no more.

A look takes PostgreSQL a tenth of a millisecond. asyncpg's own pool makes a task of every giving
back and a timer of every taking, which was a tenth of all that a read cost us (ADR 0055).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, TypeVar

import asyncpg

REST_SECONDS = 300  # after which one that nobody needed is not trusted to be there any more
C = TypeVar("C", bound=asyncpg.Connection)


class Lending(Generic[C]):
    """Lends each to one borrower at a time, the one that was used last first."""

    def __init__(self, connect: Callable[[], Awaitable[C]], *, most: int, patience: float) -> None:
        self._connect = connect
        self._free = asyncio.Semaphore(most)
        self._patience = patience  # seconds, for a free one and for a new one
        self._resting: list[tuple[float, C]] = []
        self._is_closed = False

    def lent(self) -> "Lent[C]":
        return Lent(self)

    async def take(self) -> C:
        """TimeoutError where none is given back in time."""
        if self._is_closed:
            raise asyncpg.InterfaceError("it is closed")
        if self._free.locked():
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        else:
            await self._free.acquire()  # at once
        try:
            return self._rested() or await self._opened()
        except BaseException:
            self._free.release()
            raise

    def _rested(self) -> C | None:
        while self._resting:
            since, connection = self._resting.pop()
            if time.monotonic() - since > REST_SECONDS:
                connection.terminate()
            if not connection.is_closed():
                return connection
        return None

    async def _opened(self) -> C:
        async with asyncio.timeout(self._patience):
            return await self._connect()

    def give(self, connection: C) -> None:
        """In the middle of a transaction nobody could use it."""
        if self._is_closed or connection.is_in_transaction():
            connection.terminate()
        if not connection.is_closed():
            self._resting.append((time.monotonic(), connection))
        self._free.release()

    async def close(self) -> None:
        """Those that rest now, and each of the others when it is given back."""
        self._is_closed = True
        resting, self._resting = self._resting, []
        for _, connection in resting:
            await connection.close()


class Lent(Generic[C]):
    """One connection, until the block ends."""

    def __init__(self, lending: Lending[C]) -> None:
        self._lending = lending

    async def __aenter__(self) -> C:
        self._connection = await self._lending.take()
        return self._connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lending.give(self._connection)
