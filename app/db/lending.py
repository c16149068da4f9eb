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
GIVEN_UP = (asyncio.CancelledError, TimeoutError)  # PostgreSQL may still be at work on it
C = TypeVar("C", bound=asyncpg.Connection)


class Lending(Generic[C]):
    """Lends each to one borrower at a time, the one that was used last first."""

    def __init__(self, connect: Callable[[], Awaitable[C]], *, most: int, patience: float) -> None:
        self._connect = connect
        self._free = asyncio.Semaphore(most)
        self._patience = patience  # seconds, for a free one and for a new one
        self._resting: list[tuple[float, C]] = []
        self._settling: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def lent(self) -> "Lent[C]":
        return Lent(self)

    async def open(self) -> None:
        """The first one, with all the patience that connecting has, or why there is none."""
        self._resting.append((time.monotonic(), await self._connect()))

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
        try:
            if connection.is_closed():
                return
            if self._is_closed or connection.is_in_transaction():
                connection.terminate()
            else:
                self._rest(connection)
        finally:
            self._free.release()

    def _rest(self, connection: C) -> None:
        now = time.monotonic()
        self._resting.append((now, connection))
        if now - self._resting[0][0] > REST_SECONDS:
            self._resting.pop(0)[1].terminate()

    def settle(self, connection: C) -> None:
        """It is given back when PostgreSQL has let go of what was given up: until then it would
        be used for nothing, and it may be in a transaction that has not been seen to begin."""
        settling = asyncio.create_task(self._settled(connection))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)

    async def _settled(self, connection: C) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await connection.execute("ROLLBACK")
        except Exception:  # noqa: BLE001 - whatever it is, nobody else is to meet it
            connection.terminate()
        finally:
            self.give(connection)

    async def close(self) -> None:
        """Those that rest now, and each of the others when it is given back."""
        self._is_closed = True
        if self._settling:
            await asyncio.wait(self._settling)
        resting, self._resting = self._resting, []
        for _, connection in resting:
            try:
                await connection.close(timeout=self._patience)
            except Exception:  # noqa: BLE001 - it is to go, in whatever way
                connection.terminate()


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
        if isinstance(error, GIVEN_UP) and not self._connection.is_closed():
            self._lending.settle(self._connection)
        else:
            self._lending.give(self._connection)
