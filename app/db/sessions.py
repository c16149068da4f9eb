"""The two roads to PostgreSQL, both of which begin by saying for which region they go.

Writing goes through a SQLModel session, `Database.transaction(within)`: the only commit there is.
Reading goes through asyncpg, `Database.reading(within)`: one statement that returns finished JSON.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.scope import scope_statement
from app.db.urls import for_asyncpg
from app.domain.channels import Channel
from app.domain.regions import Region

STATEMENT_SECONDS = 5
LOCK_SECONDS = 2
IDLE_IN_TRANSACTION_SECONDS = 15
COMMAND_SECONDS = 6
POOL_WAIT_SECONDS = 2

Connection = asyncpg.Connection | PoolConnectionProxy

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


class _Connection(asyncpg.Connection):
    """A pooled connection that is given back as it is: nothing outlives a transaction here."""

    def get_reset_query(self) -> str:
        return ""


class Reading:
    """One read-only look at the registry, from within one region."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def value(self, statement: str, *arguments: object) -> Any:  # noqa: ANN401
        """The first column of the first row, or None where there is no row."""
        return await self._connection.fetchval(statement, *arguments)

    async def document(self, statement: str, *arguments: object) -> str | None:
        """The JSON of a statement that selects (body, subjects), or None where it finds nothing.

        Here it is only read; where people are read of, `PeopleReading` notes the subjects.
        """
        body: str | None = await self.value(statement, *arguments)
        return body

    async def rows(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        return await self._connection.fetch(statement, *arguments)


async def connection_in(session: AsyncSession) -> Connection:
    """The connection of a writing transaction: what goes by it sees what the session flushed."""
    raw = await (await session.connection()).get_raw_connection()
    return cast("asyncpg.Connection", raw.driver_connection)


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
        self._connections = connections
        self._patience: dict[str, Any] = patience(statement_seconds)
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=POOL_WAIT_SECONDS,
            pool_pre_ping=True,
            pool_recycle=300,
        )
        self._sessions = async_sessionmaker(
            self.engine, class_=AsyncSession, expire_on_commit=False
        )
        self._pool: asyncpg.Pool | None = None

    async def _connect(self) -> asyncpg.Connection:
        """Both roads read the URL alike, `sslmode` and all: SQLAlchemy would read it otherwise."""
        return await asyncpg.connect(self._url, **self._patience)

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._connections,
            connection_class=_Connection,
            **self._patience,
        )

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(
        self, within: Region, *, channel: Channel = Channel.CONSOLE, request_id: str = ""
    ) -> AsyncIterator[AsyncSession]:
        """Commits when the block ends, rolls back when it raises. The only commit there is.

        `channel` and `request_id` are what the audit says of the way a step came in.
        """
        async with self._sessions.begin() as session:
            session.info.update(channel=channel, request_id=request_id)
            connection = await session.connection()
            await connection.execute(text(scope_statement(within)))
            yield session

    @asynccontextmanager
    async def connection(self, within: Region, *, begin: str) -> AsyncIterator[Connection]:
        """A transaction on asyncpg, opened and scoped in one message."""
        assert self._pool is not None, "open() comes first"  # noqa: S101
        async with self._pool.acquire(timeout=POOL_WAIT_SECONDS) as connection:
            await connection.execute(f"{begin}; {scope_statement(within)}")
            try:
                yield connection
            except BaseException:
                await connection.execute("ROLLBACK")
                raise
            await connection.execute("COMMIT")

    @asynccontextmanager
    async def reading(self, within: Region) -> AsyncIterator[Reading]:
        async with self.connection(within, begin="BEGIN READ ONLY") as connection:
            yield Reading(connection)
