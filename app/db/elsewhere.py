"""Work that reaches into a second village: the one way there, and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.scope import scope_statement
from app.domain.regions import Region

HERE = text(
    "SELECT current_setting('siks.region_from') AS first, current_setting('siks.region_to') AS last"
)
BACK = text(
    "SELECT set_config('siks.region_from', :first, true), set_config('siks.region_to', :last, true)"
)


# With these the transaction is gone, or its statement was given up half way.
GONE = (
    DBAPIError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    TimeoutError,
    asyncio.CancelledError,
)


@asynccontextmanager
async def elsewhere(session: AsyncSession, village: Region) -> AsyncIterator[None]:
    """What is said within the block is said in that village, and nowhere else.

    A transaction belongs to the region of whoever acts; what two villages do together has a part
    in each. The block is left for where it was entered from, however it is left. After a fault of
    the database there is nothing to go back to: the transaction is gone, and its region with it.
    """
    await session.flush()
    connection = await session.connection()
    here = dict((await connection.execute(HERE)).mappings().one())
    await connection.execute(text(scope_statement(village)))
    try:
        yield
        await session.flush()
    except GONE:
        raise
    except BaseException:
        await connection.execute(BACK, here)
        raise
    await connection.execute(BACK, here)
