"""Work in the background: asked for, followed, cancelled, and done once whoever dies at it."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from fastapi import FastAPI
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.models import Job as Carried
from pgqueuer.domain.types import QueueEntrypoint
from pgqueuer.ports.repository import EntrypointExecutionParameter

from app.commands import job_steps
from app.commands.job_work import Worker
from app.commands.jobs import ENDINGS, HANDLERS, JobRun, Superseded, enqueue
from app.db import jobs, queue, roles
from app.db.tables.jobs import Job
from app.db.urls import for_asyncpg
from app.domain.actors import Role
from app.domain.channels import Channel
from app.domain.jobs import JobAction, JobKind
from app.domain.regions import INDONESIA
from app.stores import storage_of
from tests.api.services import KEY, Wire, an_app, scope_of
from tests.api.working import COUNTING, DYING, NIK, PULSE, REFUSING, STUMBLING, TABLE, register
from tests.conftest import SETTINGS, Run, registry_of
from tests.contract import Promise
from tests.db.copies import Copy, a_copy
from tests.registry import Caller, Places, Registry, refused
from tests.served import ROOT, SIKS, environment

LOOKING = """SELECT pid FROM pg_stat_activity WHERE datname = current_database()
AND pid <> pg_backend_pid() AND query LIKE '%FROM pgqueuer.pgqueuer%'"""
SECONDS = 40  # in which whatever is waited for has come, on the busiest machine
ENOUGH = 50  # chunks, so that a worker is still at them when something happens to it


@dataclass(frozen=True)
class Shop:
    """A service and its database, where no other worker is about."""

    registry: Registry
    copy: Copy
    app: FastAPI

    @property
    def database_url(self) -> str:
        return self.copy.run.url(self.copy.name, roles.APP)

    async def asks(self, kind: JobKind, *, chunks: int = 3, by: Caller) -> dict[str, Any]:
        """No kind of job can be asked for over HTTP by itself: it is always part of something."""
        actor = by.actor
        async with self.registry.database.transaction(
            actor.region, channel=Channel.HTTP, request_id="asked-by-test"
        ) as session:
            job = await enqueue(session, kind, UUID(int=chunks), by=actor, region=actor.region)
        return (await by.gets(f"/v1/jobs/{job.id}")).json()

    async def chunks(self, job: dict[str, Any]) -> list[int]:
        rows = await self.registry.runs(
            "SELECT number FROM test_chunk WHERE job_id = $1 ORDER BY number", UUID(job["id"])
        )
        return [row["number"] for row in rows]

    def at_work(self) -> AbstractAsyncContextManager[None]:
        """A worker in this process."""
        storage = storage_of(self.app.state.settings)
        return Worker(self.database_url, storage, pulse=PULSE).at_work()

    async def begins(self, job: dict[str, Any]) -> JobRun:
        """As a worker does that has taken it out of the queue."""
        database = self.registry.database
        async with database.reading(INDONESIA) as reading:
            errand = await jobs.errand(reading, UUID(job["id"]))
        assert errand is not None
        start = await job_steps.begin(database, errand)
        assert start is not None
        storage = storage_of(self.app.state.settings)
        return JobRun(errand, start, database, storage, threading.Event())

    @asynccontextmanager
    async def queue(self) -> AsyncIterator[QueueManager]:
        connection = await asyncpg.connect(for_asyncpg(self.database_url))
        try:
            yield queue.manager(connection)
        finally:
            await connection.close()

    @contextmanager
    def process(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        variables = {
            "SIKS_DATABASE_URL": self.database_url,
            "SIKS_STORAGE_URL": str(SETTINGS["storage_url"]),
            "SIKS_SIGNING_KEY": KEY,
            "SIKS_LOG_LEVEL": "error",
        }
        with subprocess.Popen(  # noqa: S603
            command or [sys.executable, "-W", "error", "-m", "tests.api.working"],
            env=environment(1, ROOT, **variables),
            cwd="/",
            stdout=subprocess.DEVNULL,
        ) as process:
            try:
                yield process
            finally:
                process.send_signal(signal.SIGCONT)
                process.kill()


@pytest.fixture(scope="module")
async def shop(run: Run, places: Places, worker_id: str) -> AsyncIterator[Shop]:
    handlers, endings = dict(HANDLERS), dict(ENDINGS)
    register()
    async with a_copy(run, f"{run.name}_{worker_id}_jobs") as copy:
        url = run.url(copy.name, roles.APP)
        async with run.superuser(copy.name) as connection:
            await connection.execute(TABLE)
        app = an_app(url, worker=False)
        async with (
            app.router.lifespan_context(app),
            registry_of(app, Promise(app), *next(places.districts)) as registry,
        ):
            yield Shop(registry, copy, app)
    for registered, before in ((HANDLERS, handlers), (ENDINGS, endings)):
        registered.clear()
        registered.update(before)


@pytest.fixture
async def operator(shop: Shop) -> Caller:
    return await shop.registry.newcomer(Role.VILLAGE_OPERATOR)


async def reads(caller: Caller, job: dict[str, Any]) -> dict[str, Any]:
    response = await caller.gets(f"/v1/jobs/{job['id']}")
    assert response.status_code == 200, response.text
    return response.json()


async def until(
    caller: Caller, job: dict[str, Any], holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The job, as soon as that holds of it: polled, as any client would."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        read = await reads(caller, job)
        if holds(read):
            return read
        await asyncio.sleep(0.05)
    raise AssertionError(read)


async def taken(manager: QueueManager) -> list[Carried]:
    return await manager.queries.dequeue(
        batch_size=1,
        entrypoints={QueueEntrypoint(STUMBLING): EntrypointExecutionParameter(0)},
        queue_manager_id=manager.queue_manager_id,
        global_concurrency_limit=None,
        heartbeat_timeout=PULSE,
    )


def has_ended(job: dict[str, Any]) -> bool:
    return job["ended_at"] is not None


def has_reached(number: int, job: dict[str, Any]) -> bool:
    return job["done"] > number


def is_under_way(job: dict[str, Any]) -> bool:
    return job["state"] == "running" and job["done"] > 2


class TestAJob:
    async def test_is_followed_by_polling_until_it_is_done(self, shop: Shop, operator: Caller):
        job = await shop.asks(COUNTING, chunks=20, by=operator)
        waiting = await operator.gets(f"/v1/jobs/{job['id']}")

        async with shop.at_work():
            under_way = await until(operator, job, is_under_way)
            done = await until(operator, job, has_ended)

        assert (job["state"], waiting.headers["retry-after"]) == ("queued", "2")
        assert (under_way["phase"], under_way["total"]) == ("counting", 20)
        assert (done["state"], done["done"], done["starts"]) == ("done", 20, 1)
        assert done["links"]["subject"] == f"/v1/imports/{UUID(int=20)}"
        assert await shop.chunks(job) == list(range(1, 21))
        ended = await operator.gets(f"/v1/jobs/{job['id']}")
        assert "retry-after" not in ended.headers
        steps = await shop.registry.audit_of(job["id"])
        assert [step["action"] for step in steps] == ["enqueue", "start", "complete"]
        assert {step["actor_id"] for step in steps} == {str(operator.actor.id)}

    async def test_is_told_of_as_it_goes_on(self, shop: Shop, operator: Caller):
        job = await shop.asks(COUNTING, chunks=40, by=operator)

        async with shop.at_work():
            response = await operator.gets(f"/v1/jobs/{job['id']}/events", timeout=SECONDS)

        assert response.headers["content-type"] == "text/event-stream"
        events = [
            dict(line.split(": ", 1) for line in event.splitlines())
            for event in response.text.split("\n\n")
            if event.startswith("event")
        ]
        told = [json.loads(event["data"]) for event in events]
        assert [event["event"] for event in events] == ["progress"] * (len(events) - 1) + ["ended"]
        assert len({each["done"] for each in told}) > 2
        assert (told[0]["state"], told[-1]["state"]) == ("queued", "done")
        assert told[-1] == (await operator.gets(f"/v1/jobs/{job['id']}")).json()

    async def test_is_told_of_no_longer_than_somebody_listens(self, shop: Shop, operator: Caller):
        job = await shop.asks(COUNTING, by=operator)
        wire = Wire()  # whose other end is gone already

        path = f"/v1/jobs/{job['id']}/events"
        await shop.app(scope_of("GET", path, by=operator), wire.receive, wire.send)

        assert wire.status == 200
        assert shop.app.state.streams.now == 0
        assert (await operator.gets(f"/v1/jobs/{job['id']}")).json()["state"] == "queued"

    async def test_is_followed_by_so_many_and_no_more(self, shop: Shop, operator: Caller):
        job = await shop.asks(COUNTING, by=operator)
        streams = shop.app.state.streams
        streams.now = streams.most
        try:
            response = await operator.gets(f"/v1/jobs/{job['id']}/events")
        finally:
            streams.now = 0

        assert refused(response) == (503, "overloaded")
        assert response.headers["retry-after"] == "5"

    async def test_that_was_asked_for_in_vain_is_not_there(self, shop: Shop, operator: Caller):
        actor = operator.actor
        asked: list[Job] = []

        async def thinks_better_of_it() -> None:
            async with shop.registry.database.transaction(actor.region) as session:
                asked.append(
                    await enqueue(session, COUNTING, UUID(int=3), by=actor, region=actor.region)
                )
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await thinks_better_of_it()

        [job] = asked
        assert refused(await operator.gets(f"/v1/jobs/{job.id}")) == (404, "job-not-found")
        assert not await shop.registry.runs(
            "SELECT FROM pgqueuer.pgqueuer WHERE dedupe_key = $1", str(job.id)
        )

    async def test_is_listed_within_its_region(self, shop: Shop, operator: Caller):
        job = await shop.asks(COUNTING, chunks=1, by=operator)
        admin = await shop.registry.caller(Role.REGENCY_ADMIN)
        neighbour = await shop.registry.newcomer(
            Role.VILLAGE_OPERATOR, over=shop.registry.neighbour
        )
        mine = {"account_id": str(operator.actor.id), "limit": "1"}

        [listed] = (await operator.gets("/v1/jobs", params=mine)).json()["items"]
        [wider] = (await admin.gets("/v1/jobs", params={**mine, "kind": COUNTING})).json()["items"]

        assert listed == job
        assert wider == {**job, "open_actions": wider["open_actions"]}
        assert (await neighbour.gets("/v1/jobs")).json()["items"] == []
        for path in ("", "/events"):
            response = await neighbour.gets(f"/v1/jobs/{job['id']}{path}")
            assert refused(response) == (404, "job-not-found")
        step = {"action": "cancel"}
        response = await neighbour.posts(f"/v1/jobs/{job['id']}/steps", step, version=1)
        assert refused(response) == (404, "job-not-found")


class TestAJobIsCancelled:
    async def test_at_once_while_it_waits(self, shop: Shop, operator: Caller):
        job = await shop.asks(COUNTING, by=operator)

        response = await operator.posts(
            f"/v1/jobs/{job['id']}/steps", {"action": "cancel"}, version=1
        )

        assert response.status_code == 201, response.text
        async with shop.at_work():
            other = await shop.asks(COUNTING, by=operator)
            await until(operator, other, has_ended)
        read = (await operator.gets(f"/v1/jobs/{job['id']}")).json()
        assert (read["state"], read["starts"], read["open_actions"]) == ("cancelled", 0, [])
        assert await shop.chunks(job) == [-1]  # its subject was told, and nothing was done

    async def test_at_its_next_pause_while_it_runs(self, shop: Shop, operator: Caller):
        job = await shop.asks(COUNTING, chunks=ENOUGH, by=operator)
        async with shop.at_work():
            running = await until(operator, job, is_under_way)
            response = await operator.posts(
                f"/v1/jobs/{job['id']}/steps", {"action": "cancel"}, version=running["version"]
            )
            ended = await until(operator, job, has_ended)

        assert response.status_code == 201, response.text
        assert (response.json()["source"], response.json()["target"]) == ("running", "running")
        assert (ended["state"], ended["cancel_asked"]) == ("cancelled", True)
        done = await shop.chunks(job)
        assert done == [-1, *range(1, ended["done"] + 1)]
        assert ended["done"] < ENOUGH

    async def test_by_whoever_asked_or_an_administrator(self, shop: Shop, operator: Caller):
        job = await shop.asks(COUNTING, by=operator)
        path = f"/v1/jobs/{job['id']}/steps"
        colleague = await shop.registry.newcomer(Role.VILLAGE_OPERATOR)
        auditor = await shop.registry.newcomer(Role.AUDITOR, over=operator.actor.region)
        admin = await shop.registry.caller(Role.REGENCY_ADMIN)

        others = [
            await each.posts(path, {"action": "cancel"}, version=1) for each in (colleague, auditor)
        ]
        response = await admin.posts(path, {"action": "cancel"}, version=1)

        assert [refused(each) for each in others] == [(403, "others-job"), (403, "role-may-not")]
        assert response.status_code == 201, response.text
        again = await operator.posts(path, {"action": "cancel"}, version=2)
        assert refused(again) == (409, "action-not-open")


class TestWhoeverDiesAtIt:
    async def test_leaves_it_to_another_and_nothing_is_done_twice(
        self, shop: Shop, operator: Caller
    ):
        job = await shop.asks(COUNTING, chunks=ENOUGH, by=operator)
        with shop.process() as first:
            await until(operator, job, is_under_way)
            async with shop.at_work():
                first.kill()
                done = await until(operator, job, has_ended)

        assert (done["state"], done["starts"]) == ("done", 2)
        assert await shop.chunks(job) == list(range(1, ENOUGH + 1))
        report = await shop.copy.verified()
        assert report.intact, report

    async def test_and_is_not_dead_finds_himself_shut_out(self, shop: Shop, operator: Caller):
        job = await shop.asks(COUNTING, by=operator)
        first = await shop.begins(job)

        async with first.transaction():
            begun = asyncio.create_task(shop.begins(job))
            await asyncio.sleep(0.5)
            waited = not begun.done()
        second = await begun

        assert waited
        assert (first.start, second.start) == (1, 2)
        for step in (first.progress(2), first.transaction().__aenter__()):
            with pytest.raises(Superseded):
                await step
        await job_steps.finish(first, JobAction.COMPLETE)
        assert (await reads(operator, job))["state"] == "running"
        await second.progress(3)
        await job_steps.finish(second, JobAction.COMPLETE)
        assert (await reads(operator, job))["state"] == "done"

    async def test_and_is_not_dead_takes_nothing_out_of_the_queue(
        self, shop: Shop, operator: Caller
    ):
        job = await shop.asks(STUMBLING, by=operator)
        row = "FROM pgqueuer.pgqueuer WHERE dedupe_key = $1"
        async with shop.queue() as first, shop.queue() as second:
            [carried] = await taken(first)
            await shop.copy.does(
                "UPDATE pgqueuer.pgqueuer SET heartbeat = now() - interval '1 hour'"
            )
            assert [each.id for each in await taken(second)] == [carried.id]

            await first.queries.log_jobs([(carried, "successful", None)])
            await first.queries.retry_job(carried, timedelta(0), None)
            [left] = await shop.copy.does(f"SELECT * {row}", job["id"])
            await second.queries.log_jobs([(carried, "successful", None)])

        assert (left["status"], left["queue_manager_id"]) == ("picked", second.queue_manager_id)
        assert not await shop.copy.does(f"SELECT * {row}", job["id"])

    async def test_three_times_without_getting_further_has_it_parked(
        self, shop: Shop, operator: Caller
    ):
        job = await shop.asks(DYING, by=operator)
        for start in (1, 2, 3):
            with shop.process() as worker:
                assert await asyncio.to_thread(worker.wait, SECONDS) == -signal.SIGKILL
            assert (await reads(operator, job))["starts"] == start
        with shop.process():  # a worker of our own would take us with it
            parked = await until(operator, job, has_ended)

        assert (parked["state"], parked["starts"]) == ("parked", 3)
        assert parked["problem"]["code"] == "job-parked"
        assert "3 kali" in parked["problem"]["detail"]
        assert await shop.chunks(job) == [-1]  # its subject was told

    async def test_after_it_got_further_does_not_count_against_it(
        self, shop: Shop, operator: Caller
    ):
        job = await shop.asks(COUNTING, chunks=ENOUGH, by=operator)
        for reached in (5, 10, 15):
            with shop.process() as worker:
                await until(operator, job, partial(has_reached, reached))
                worker.kill()
        async with shop.at_work():
            done = await until(operator, job, has_ended)

        assert (done["state"], done["starts"]) == ("done", 4)
        assert await shop.chunks(job) == list(range(1, ENOUGH + 1))

    async def test_or_is_asked_to_end_puts_it_back_at_once(self, shop: Shop, operator: Caller):
        job = await shop.asks(COUNTING, chunks=ENOUGH, by=operator)
        with shop.process() as worker:
            await until(operator, job, is_under_way)
            worker.terminate()
            assert await asyncio.to_thread(worker.wait, SECONDS) == 0
        put_back = await reads(operator, job)
        async with shop.at_work():
            done = await until(operator, job, has_ended)

        assert put_back["state"] == "queued"
        assert (done["state"], done["starts"]) == ("done", 2)
        assert await shop.chunks(job) == list(range(1, ENOUGH + 1))


class TestAJobFails:
    async def test_saying_of_a_fault_that_there_was_one_and_of_nobody(
        self, shop: Shop, operator: Caller
    ):
        job = await shop.asks(STUMBLING, by=operator)
        async with shop.at_work():
            failed = await until(operator, job, has_ended)

        assert (failed["state"], failed["problem"]["code"]) == ("failed", "job-failed")
        assert await shop.chunks(job) == [-1]
        kept = [
            row["row"]
            for table in ("job", "pgqueuer.pgqueuer", "pgqueuer.pgqueuer_log")
            for row in await shop.registry.runs(f"SELECT to_jsonb(t)::text AS row FROM {table} t")  # noqa: S608
        ]
        assert kept
        assert not any(NIK in row or "Traceback" in row for row in kept)

    async def test_with_the_reason_of_the_work_itself(self, shop: Shop, operator: Caller):
        job = await shop.asks(REFUSING, by=operator)
        async with shop.at_work():
            failed = await until(operator, job, has_ended)

        assert failed["problem"] == {
            "code": "not-that-file",
            "title": "Berkas ini bukan untuk itu",
            "detail": "Kirim berkas lain.",
        }
        in_english = await operator.gets(f"/v1/jobs/{job['id']}", headers={"Accept-Language": "en"})
        assert in_english.json()["problem"]["detail"] == "Send another file."

    async def test_when_whoever_asked_holds_his_assignment_no_longer(
        self, shop: Shop, operator: Caller
    ):
        job = await shop.asks(COUNTING, by=operator)
        await shop.registry.runs(
            "UPDATE assignment SET ends_at = now() WHERE account_id = $1", operator.actor.id
        )
        head = await shop.registry.caller(Role.VILLAGE_HEAD)

        async with shop.at_work():
            failed = await until(head, job, has_ended)

        assert (failed["state"], failed["problem"]["code"]) == ("failed", "asker-gone")
        assert await shop.chunks(job) == [-1]


async def test_what_the_queue_has_lost_is_put_back(shop: Shop, operator: Caller):
    job = await shop.asks(COUNTING, by=operator)
    await shop.copy.does("DELETE FROM pgqueuer.pgqueuer WHERE dedupe_key = $1", job["id"])
    await shop.copy.does(
        "UPDATE job SET updated_at = now() - interval '2 minutes' WHERE id = $1", UUID(job["id"])
    )

    with shop.process():
        done = await until(operator, job, has_ended)

    assert done["state"] == "done"
    assert await shop.chunks(job) == [1, 2, 3]


async def test_the_queue_is_made_as_its_library_wants_it(shop: Shop):
    """All but the function that tells of a change and its trigger, which are our own."""
    async with shop.copy.run.superuser(shop.copy.name) as connection:
        plan = await queue.manager(connection).queries.plan_upgrade()

    others = [each for each in plan.statements if "fn_pgqueuer_changed" not in each]
    assert others == []


async def test_siks_worker_ends_when_it_is_asked_to(shop: Shop):
    with shop.process(*SIKS, "worker") as worker:
        deadline = time.monotonic() + SECONDS
        while not await shop.copy.does(LOOKING):
            assert worker.poll() is None
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        worker.terminate()
        assert await asyncio.to_thread(worker.wait, SECONDS) == 0
