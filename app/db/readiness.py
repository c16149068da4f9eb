"""Whether this database is one the service can work on right now."""

from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from app.db.migrations import before_head
from app.db.sessions import Database
from app.domain.errors import Overloaded
from app.domain.regions import INDONESIA

STANDS = """
SELECT (SELECT version_num FROM alembic_version) AS migration, clock_timestamp() AS at,
       EXISTS (SELECT FROM region WHERE tier = 'village') AS has_regions
"""


@dataclass(frozen=True)
class Readiness:
    migration: str
    clock_drift_seconds: float


async def check(database: Database) -> Readiness:
    try:
        async with database.reading(INDONESIA) as reading:
            [found] = await reading.rows(STANDS)
    except asyncpg.PostgresError as error:  # a table that is not there yet, for one
        raise Overloaded(retry_after=10) from error
    if found["migration"] in before_head() or not found["has_regions"]:
        raise Overloaded(retry_after=10)
    drift = (datetime.now(UTC) - found["at"]).total_seconds()
    return Readiness(found["migration"], round(drift, 3))
