"""The two roads to PostgreSQL, both of which begin by saying for which region they go.

Writing goes through a SQLModel session, `Database.transaction(within)`: the only commit there is.
Reading goes through asyncpg, `Database.look(within)`: one statement that returns finished JSON, and
one trip to the database; or `Database.reading(within)`, for several statements of one transaction.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast
from uuid import UUID

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.lending import Lending, Lent
from app.db.one_trip import OneTrip
from app.db.scope import Settings, opening, scope_statement
from app.db.urls import for_asyncpg
from app.domain.channels import Channel
from app.domain.regions import Region

STATEMENT_SECONDS = 5
LOCK_SECONDS = 2
IDLE_IN_TRANSACTION_SECONDS = 15
COMMAND_SECONDS = 6
POOL_WAIT_SECONDS = 2
READ_ONLY = {"transaction_read_only": "on"}

Connection = asyncpg.Connection
# What asyncpg says where PostgreSQL has gone, in the middle of a message too.
NO_CONNECTION = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)

SERVER_SETTINGS = {
    "application_name": "siks",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS}s",
    "timezone": "UTC",
    # Compiling a statement takes longer than any of ours is to take: 0.5 s for a work list.
    "jit": "off",
}


def patience(statement_seconds: int = STATEMENT_SECONDS) -> dict[str, Any]:
    """How a connection is opened: the server gives up first, and then so do we."""
    told = {**SERVER_SETTINGS, "statement_timeout": f"{statement_seconds}s"}
    waited = COMMAND_SECONDS - STATEMENT_SECONDS + statement_seconds
    return {"command_timeout": waited, "server_settings": told}


class Reading:
    """One read-only look at the registry, from within one region."""

    def __init__(self, connection: "Connection | Look") -> None:
        self._connection = connection

    async def value(self, statement: str, *arguments: object) -> Any:  # noqa: ANN401
        """The first column of the first row, or None where there is no row."""
        return await self._connection.fetchval(statement, *arguments)

    async def document(self, statement: str, *arguments: object) -> str | None:
        """The JSON of a statement that selects (body, subjects), or None where it finds nothing.

        Here it is only read; where people are read of, `PeopleReading` notes the subjects.
        """
        return await self._body(statement, arguments)

    async def _body(self, statement: str, arguments: Sequence[object]) -> str | None:
        connection = self._connection
        body: str | None = await (
            connection.body(statement, arguments)
            if isinstance(connection, Look)
            else connection.fetchval(statement, *arguments)
        )
        return body

    async def rows(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        return await self._connection.fetch(statement, *arguments)


class Look:
    """Statements from within one region, each a transaction of its own; nothing is held between."""

    def __init__(self, database: "Database", within: Region, settings: Settings) -> None:
        self._database = database
        self._within = within
        self._settings = settings

    async def body(self, statement: str, arguments: Sequence[object]) -> str | None:
        """The first column of the first row, which is text, in one trip."""
        async with self._database.lent() as connection:
            return await connection.body_within(self._within, self._settings, statement, arguments)

    async def fetchval(self, statement: str, *arguments: object) -> Any:  # noqa: ANN401
        async with self._transaction() as connection:
            return await connection.fetchval(statement, *arguments)

    async def fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        async with self._transaction() as connection:
            return await connection.fetch(statement, *arguments)

    def _transaction(self) -> AbstractAsyncContextManager[Connection]:
        return self._database.connection(self._within, begin=opening(self._settings))


class Writing(AsyncSession):
    """A session whose transaction is open already, on this connection: what is written hot goes by
    the one, what is written cold by the other."""

    def __init__(
        self, pooled: AsyncConnection, connection: asyncpg.Connection, **said: object
    ) -> None:
        super().__init__(pooled, info=said, expire_on_commit=False)
        self.connection_below = connection

    async def settle(self) -> None:
        """Say what has only been noted so far. To ask costs more than to look."""
        if self.new or self.dirty or self.deleted:
            await self.flush()


async def connection_in(session: AsyncSession) -> asyncpg.Connection:
    """The connection of a writing transaction: what goes by it sees what the session holds."""
    writing = cast("Writing", session)
    await writing.settle()
    return writing.connection_below


@asynccontextmanager
async def _committed(connection: asyncpg.Connection, begin: str) -> AsyncIterator[None]:
    """The only commit there is; of what only reads, the end."""
    try:
        await connection.execute(begin)
        yield
        await connection.execute("COMMIT")
    except BaseException:
        if not connection.is_closed():
            await _undo(connection)
        raise


async def _undo(connection: asyncpg.Connection) -> None:
    """It waits for what was given up: that may have begun the transaction, or may not have. What
    cannot be undone is not used again."""
    try:
        await connection.execute("ROLLBACK")
    except BaseException:
        connection.terminate()
        raise


def _still_there(adapted: Any, *_: object) -> None:  # noqa: ANN401 - what SQLAlchemy makes of it
    """What the server has closed meanwhile is not handed out: seen without asking."""
    if adapted.driver_connection.is_closed():
        raise DisconnectionError


async def reading_in(session: AsyncSession) -> Reading:
    return Reading(await connection_in(session))


_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 0))"


async def in_turn(session: AsyncSession, what: str, whose: UUID) -> None:
    """One transaction after the other, of those that count what this account has open."""
    await (await connection_in(session)).execute(_TURN, what, str(whose))


class Database:
    """One PostgreSQL, as the service's own unprivileged role."""

    def __init__(
        self, url: str, *, connections: int = 10, statement_seconds: int = STATEMENT_SECONDS
    ) -> None:
        self._url = for_asyncpg(url)
        self._patience: dict[str, Any] = patience(statement_seconds)
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=POOL_WAIT_SECONDS,
            pool_recycle=300,
            isolation_level="AUTOCOMMIT",  # where a transaction begins and ends, `_committed` says
        )
        event.listen(self.engine.sync_engine, "checkout", _still_there)
        self._lending = Lending(self._for_reading, most=connections, patience=POOL_WAIT_SECONDS)

    async def _connect(self) -> asyncpg.Connection:
        """Both roads read the URL alike, `sslmode` and all: SQLAlchemy would read it otherwise."""
        return await asyncpg.connect(self._url, **self._patience)

    async def _for_reading(self) -> OneTrip:
        return await asyncpg.connect(self._url, connection_class=OneTrip, **self._patience)

    async def open(self) -> None:
        """The first connection, or why there is none."""
        await self._lending.open()

    async def close(self) -> None:
        try:
            await self._lending.close()
        finally:
            await self.engine.dispose()

    @asynccontextmanager
    async def transaction(
        self, within: Region, *, channel: Channel = Channel.CONSOLE, request_id: str = ""
    ) -> AsyncIterator[AsyncSession]:
        """Commits when the block ends, rolls back when it raises. The only commit there is.

        `channel` and `request_id` are what the audit says of the way a step came in.
        """
        async with self.engine.connect() as pooled:
            raw = await pooled.get_raw_connection()
            connection = cast("asyncpg.Connection", raw.driver_connection)
            said = {"channel": channel, "request_id": request_id}
            async with (
                _committed(connection, f"BEGIN; {scope_statement(within)}"),
                Writing(pooled, connection, **said) as session,
            ):
                yield session
                await session.settle()

    def lent(self) -> Lent[OneTrip]:
        return self._lending.lent()

    @asynccontextmanager
    async def connection(self, within: Region, *, begin: str) -> AsyncIterator[Connection]:
        """A transaction on asyncpg, opened and scoped in one message."""
        async with (
            self.lent() as connection,
            _committed(connection, f"{begin}; {scope_statement(within)}"),
        ):
            yield connection

    def look(self, within: Region, *, settings: Settings = READ_ONLY) -> Look:
        return Look(self, within, settings)

    @asynccontextmanager
    async def reading(self, within: Region) -> AsyncIterator[Reading]:
        async with self.connection(within, begin=opening(READ_ONLY)) as connection:
            yield Reading(connection)
