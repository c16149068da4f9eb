"""The queue that carries jobs to workers: pgqueuer, in a schema of its own.

It holds the id of a job and no more. What becomes of a job stands in our own row, and holds
against whatever the queue says.
"""

from datetime import timedelta
from typing import cast
from uuid import UUID

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import (
    DBSettings,
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain import models
from pgqueuer.domain.types import JOB_STATUS, Channel, JobId
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.sessions import Connection, Reading, connection_in
from app.domain.jobs import JobKind

SCHEMA = "pgqueuer"
# All of them are said, or variables of the environment that are not ours would say some.
NAMES = DBSettings(
    prefix="",
    db_schema=SCHEMA,
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
)
# Open jobs that the queue does not carry: whoever was to put one back may have died before.
_STRAYS = """
SELECT j.id, j.kind FROM job j
WHERE j.state IN ('queued', 'running') AND j.updated_at < now() - interval '1 minute'
AND NOT EXISTS (
    SELECT FROM pgqueuer.pgqueuer q
    WHERE q.dedupe_key = j.id::text AND q.status IN ('queued', 'picked'))
ORDER BY j.id LIMIT 100
"""


class OwnQueries(Queries):
    """Says of a job only what is still its manager's to say.

    Whoever was thought dead and is not would else take the job out of the queue at which another
    is at work by now, or keep it alive for one who has died since.
    """

    manager_id: UUID | None = None

    async def _still_ours(self, ids: list[JobId]) -> set[JobId]:
        rows = await self.driver.fetch(
            "SELECT id FROM pgqueuer.pgqueuer WHERE id = ANY ($1) AND queue_manager_id = $2",
            ids,
            self.manager_id,
        )
        return {cast("JobId", row["id"]) for row in rows}

    async def update_heartbeat(self, job_ids: list[JobId]) -> None:
        await super().update_heartbeat(list(await self._still_ours(job_ids)))

    async def log_jobs(
        self, job_status: list[tuple[models.Job, JOB_STATUS, models.TracebackRecord | None]]
    ) -> None:
        ours = await self._still_ours([job.id for job, _, _ in job_status])
        await super().log_jobs([each for each in job_status if each[0].id in ours])

    async def retry_job(
        self,
        job: models.Job,
        delay: timedelta,
        traceback_record: models.TracebackRecord | None,  # noqa: ARG002 - nobody is told
    ) -> None:
        if await self._still_ours([job.id]):
            await super().retry_job(job, delay, None)


def _queries(connection: Connection) -> OwnQueries:
    return OwnQueries(
        AsyncpgDriver(connection),
        qbe=QueryBuilderEnvironment(NAMES),
        qbq=QueryQueueBuilder(NAMES),
        qbs=QuerySchedulerBuilder(NAMES),
    )


async def put(session: AsyncSession, kind: JobKind, job_id: UUID) -> None:
    """In the transaction of the session: what is rolled back was never in the queue."""
    await session.flush()
    await _queries(await connection_in(session)).enqueue(
        [kind.value],
        [job_id.bytes],
        [0],
        dedupe_key=[str(job_id)],
        on_conflict="skip",
    )


async def strays(reading: Reading) -> list[tuple[JobKind, UUID]]:
    found = await reading.rows(_STRAYS)
    return [(JobKind(row["kind"]), row["id"]) for row in found]


def manager(connection: asyncpg.Connection) -> QueueManager:
    """Whoever takes jobs out of the queue, on a connection that nobody else uses."""
    queries = _queries(connection)
    found = QueueManager(queries, channel=Channel(NAMES.channel))
    queries.manager_id = found.queue_manager_id
    return found


def job_in(payload: bytes | None) -> UUID:
    assert payload is not None, "put() gives one to each"  # noqa: S101
    return UUID(bytes=payload)
