"""Too much at once, too slow, or no database: the service says so and soon, and breaks nothing."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response
from sqlmodel import select
from starlette.middleware import Middleware
from starlette.types import Message

from app.db import roles
from app.db.faults import refusal_of
from app.db.sessions import Database
from app.domain.actors import Role
from app.main import PER_CONNECTION
from app.routers import layers
from app.routers.access import ReadingNow, Transaction
from tests.api.proxy import a_line
from tests.api.services import Wire, an_app, listening, running, scope_of, sends_in_pieces
from tests.conftest import Run
from tests.registry import Caller, Registry, a_household, refused

BUSY = (503, "overloaded")


def is_busy(response: Response) -> bool:
    return refused(response) == BUSY and int(response.headers["retry-after"]) >= 1


@asynccontextmanager
async def held(registry: Registry, household_id: str) -> AsyncIterator[None]:
    """Somebody else has this household in hand, and takes his time."""
    async with registry.database.connection(registry.village, begin="BEGIN") as holder:
        await holder.execute("SELECT id FROM household WHERE id = $1 FOR UPDATE", household_id)
        yield


def with_layer(app: FastAPI, kind: type, **terms: float) -> FastAPI:
    """The same service, but for the terms of one of its layers."""

    def changed(layer: Middleware) -> Middleware:
        if layer.cls is layers.WithBody:
            inside = {each: [*map(changed, layer.kwargs[each])] for each in ("json", "files")}
            return Middleware(layers.WithBody, **{**layer.kwargs, **inside})
        return Middleware(kind, **{**layer.kwargs, **terms}) if layer.cls is kind else layer

    app.user_middleware = [*map(changed, app.user_middleware)]
    return app


def with_deadline(app: FastAPI, seconds: float) -> FastAPI:
    return with_layer(app, layers.Deadline, seconds=seconds)


class TestTooMuchAtOnce:
    async def test_is_shed_with_a_time_to_come_back(self, registry: Registry, app_url: str):
        household = await registry.household()
        async with running(an_app(app_url, pool_size=1), registry) as small:
            operator = await small.caller(Role.VILLAGE_OPERATOR)
            path = f"/v1/households/{household['id']}"
            await operator.gets(path)
            async with held(registry, household["id"]):
                most = PER_CONNECTION * 2
                waiting = [
                    asyncio.create_task(operator.patches(path, {"rt": "009"})) for _ in range(most)
                ]
                await asyncio.sleep(0.2)

                began = time.perf_counter()
                shed = await operator.gets(path, headers={"Origin": "https://depan.example"})
                seconds = time.perf_counter() - began
                alive = await operator.gets("/health/live")

            answers = await asyncio.gather(*waiting)
            after = await operator.gets(path)

        assert is_busy(shed)
        assert seconds < 0.1
        assert shed.headers["access-control-allow-origin"] == "https://depan.example"
        assert alive.status_code == 200
        assert sorted({answer.status_code for answer in answers}) == [200, 412]
        assert after.status_code == 200

    async def test_waits_for_a_connection_but_not_for_long(self, registry: Registry, app_url: str):
        household = await registry.household()
        async with running(an_app(app_url, pool_size=1), registry) as small:
            operator = await small.caller(Role.VILLAGE_OPERATOR)
            path = f"/v1/households/{household['id']}"
            async with (
                small.database.connection(registry.village, begin="BEGIN"),
                asyncio.timeout(4),
            ):
                response = await operator.gets(path)
            after = await operator.gets(path)

        assert is_busy(response)
        assert after.status_code == 200


class TestTooSlow:
    async def test_a_lock_that_does_not_come_is_a_time_to_come_back(self, registry: Registry):
        household = await registry.household()
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        path = f"/v1/households/{household['id']}"

        began = time.perf_counter()
        async with held(registry, household["id"]):
            late = await operator.patches(path, {"rt": "009"})
        seconds = time.perf_counter() - began
        after = await operator.patches(path, {"rt": "009"})

        assert is_busy(late)
        assert 1.5 < seconds < 4
        assert after.status_code == 200

    async def test_what_passes_its_deadline_is_ended_and_undone(
        self, registry: Registry, app_url: str
    ):
        household = await registry.household()
        path = f"/v1/households/{household['id']}"
        app = with_deadline(an_app(app_url, pool_size=1), 0.5)
        async with running(app, registry) as hasty:
            operator = await hasty.caller(Role.VILLAGE_OPERATOR)
            began = time.perf_counter()
            async with held(registry, household["id"]):
                late = [await operator.patches(path, {"rt": "009"}) for _ in range(3)]
            seconds = time.perf_counter() - began
            after = await operator.gets(path)

        assert all(is_busy(response) for response in late)
        assert seconds < 3
        assert (after.json()["version"], after.json()["rt"]) == (1, "004")

    async def test_a_dead_network_does_not_outlive_the_deadline(
        self, registry: Registry, app_url: str
    ):
        household = await registry.household()
        path = f"/v1/households/{household['id']}"
        async with a_line(app_url) as line:
            app = with_deadline(an_app(line.url), 1)
            async with listening(app, registry) as house:
                operator = await house.caller(Role.VILLAGE_OPERATOR)
                await operator.gets(path)
                line.freeze()

                began = time.perf_counter()
                answers = await asyncio.gather(
                    operator.gets(path),
                    operator.patches(path, {"rt": "009"}),
                    operator.gets("/health/ready"),
                )
                seconds = time.perf_counter() - began
                line.mend()
                after = await operator.gets(path)

        assert all(is_busy(response) for response in answers)
        assert seconds < 1.8  # giving the dead connections up takes longer: nobody waits for that
        assert after.status_code == 200


class SlowWire(Wire):
    """A line on which every message takes its time, in one direction or the other."""

    def __init__(self, *chunks: bytes, upload: float = 0, download: float = 0) -> None:
        super().__init__(*chunks)
        self.upload = upload
        self.download = download
        self.waited_for = asyncio.Event()

    async def receive(self) -> Message:
        self.waited_for.set()
        await asyncio.sleep(self.upload)
        return await super().receive()

    async def send(self, message: Message) -> None:
        await asyncio.sleep(self.download)
        await super().send(message)


class TestAWeakLine:
    CHUNKS = (b'{"village_code":', b'"%s"', b"}")

    def chunks(self, registry: Registry) -> list[bytes]:
        return [c % registry.village.code.encode() if b"%" in c else c for c in self.CHUNKS]

    async def test_may_take_longer_to_send_than_the_work_may_take(
        self, registry: Registry, app_url: str
    ):
        app = with_deadline(an_app(app_url), 2.5)
        async with running(app, registry) as house:
            operator = await house.caller(Role.VILLAGE_OPERATOR)
            wire = SlowWire(*self.chunks(registry), upload=0.9)
            kind = {"content-type": "application/json", "transfer-encoding": "chunked"}
            await app(
                scope_of("POST", "/v1/households", by=operator, headers=kind),
                wire.receive,
                wire.send,
            )

        assert wire.status == 201

    async def test_holds_no_place_among_those_at_work(self, registry: Registry, app_url: str):
        app = with_layer(an_app(app_url), layers.Shed, most=1)
        async with running(app, registry) as house:
            operator = await house.caller(Role.VILLAGE_OPERATOR)
            wire = SlowWire(*self.chunks(registry), upload=0.3)
            kind = {"content-type": "application/json", "transfer-encoding": "chunked"}
            scope = scope_of("POST", "/v1/households", by=operator, headers=kind)
            sending = asyncio.create_task(app(scope, wire.receive, wire.send))
            await asyncio.sleep(0.1)
            other = await operator.gets("/v1/households")
            await sending

        assert (other.status_code, wire.status) == (200, 201)

    async def test_is_one_of_so_many_that_may_send_at_once(self, registry: Registry, app_url: str):
        app = with_layer(an_app(app_url), layers.WholeBody, at_once=1)
        async with running(app, registry) as house:
            operator = await house.caller(Role.VILLAGE_OPERATOR)
            wire = SlowWire(*self.chunks(registry), upload=0.3)
            kind = {"content-type": "application/json", "transfer-encoding": "chunked"}
            scope = scope_of("POST", "/v1/households", by=operator, headers=kind)
            sending = asyncio.create_task(app(scope, wire.receive, wire.send))
            await wire.waited_for.wait()
            other = await operator.posts("/v1/households", a_household(registry.village))
            await sending
            after = await operator.posts("/v1/households", a_household(registry.village))

        assert is_busy(other)
        assert (wire.status, after.status_code) == (201, 201)

    async def test_takes_no_place_where_it_has_come_at_once(self, registry: Registry, app_url: str):
        app = with_layer(an_app(app_url), layers.WholeBody, at_once=0)
        async with listening(app, registry) as house:
            operator = await house.caller(Role.VILLAGE_OPERATOR)
            sent = json.dumps(a_household(registry.village)).encode()
            whole = await sends_in_pieces(operator, "/v1/households", sent, pieces=1)
            cut = await sends_in_pieces(operator, "/v1/households", sent, pieces=2)

        assert (whole, cut) == (201, 503)

    async def test_that_never_ends_is_refused_in_the_end(self, registry: Registry, app_url: str):
        app = with_layer(an_app(app_url), layers.WholeBody, seconds=0.2)
        async with running(app, registry) as house:
            operator = await house.caller(Role.VILLAGE_OPERATOR)
            wire = SlowWire(*self.chunks(registry), upload=0.3)
            kind = {"content-type": "application/json", "content-length": "99"}
            await app(
                scope_of("POST", "/v1/households", by=operator, headers=kind),
                wire.receive,
                wire.send,
            )

        assert wire.status == 408
        assert wire.headers["connection"] == "close"
        assert b"too-slow" in wire.body

    async def test_gets_its_answer_whole_however_long_it_takes(
        self, registry: Registry, app_url: str
    ):
        household = await registry.household()
        app = with_deadline(an_app(app_url), 1.5)
        async with running(app, registry) as house:
            operator = await house.caller(Role.VILLAGE_OPERATOR)
            wire = SlowWire(download=0.9)
            path = f"/v1/households/{household['id']}"
            await app(scope_of("GET", path, by=operator), wire.receive, wire.send)

        assert wire.status == 200
        assert household["id"].encode() in wire.body


class TestNoDatabase:
    async def test_is_no_fault_of_ours_and_is_over_when_it_is_over(
        self, registry: Registry, app_url: str
    ):
        household = await registry.household()
        path = f"/v1/households/{household['id']}"
        async with a_line(app_url) as line, running(an_app(line.url), registry) as house:
            operator = await house.caller(Role.VILLAGE_OPERATOR)
            stranger = await house.newcomer(Role.VILLAGE_OPERATOR)
            assert (await operator.gets(path)).status_code == 200
            line.cut()

            answers = [
                await operator.gets(path),
                await operator.gets("/v1/households"),
                await operator.patches(path, {"rt": "009"}),
                await operator.posts(
                    "/v1/households", a_household(registry.village), key=str(uuid4())
                ),
                await stranger.gets(path),
                await house.http.post(
                    "/v1/auth/token",
                    json={"grant_type": "password", "username": "x", "password": "y" * 20},
                ),
                await operator.gets("/health/ready"),
            ]
            alive = await operator.gets("/health/live")
            line.mend()
            after = await operator.patches(path, {"rt": "009"})
            ready = await operator.gets("/health/ready")

        assert [refused(answer) for answer in answers] == [BUSY] * len(answers)
        assert alive.json() == {"status": "alive"}
        assert after.status_code == 200
        assert ready.json()["status"] == "ready"

    async def test_in_the_middle_of_the_work_is_none_either(self, registry: Registry, app_url: str):
        household = await registry.household()
        path = f"/v1/households/{household['id']}"
        async with a_line(app_url) as line, running(an_app(line.url), registry) as house:
            operator = await house.caller(Role.VILLAGE_OPERATOR)
            await operator.gets(path)
            async with held(registry, household["id"]):
                change = asyncio.create_task(operator.patches(path, {"rt": "009"}))
                await asyncio.sleep(0.3)
                line.cut()
                response = await change
            line.mend()
            after = await operator.gets(path)

        assert is_busy(response)
        assert after.json()["version"] == 1

    async def test_in_the_middle_of_a_reading_is_none_either(
        self, registry: Registry, app_url: str
    ):
        async with a_line(app_url) as line:
            app = an_app(line.url)

            @app.get("/v1/reads-slowly")
            async def read_slowly(reading: ReadingNow) -> None:
                await reading.value("SELECT pg_sleep(4)")

            async with running(app, registry) as house:
                operator = await house.caller(Role.VILLAGE_OPERATOR)
                slow = asyncio.create_task(operator.gets("/v1/reads-slowly"))
                await asyncio.sleep(0.3)
                line.cut()
                response = await slow

        assert is_busy(response)

    async def test_between_two_statements_is_none_either(self, registry: Registry, app_url: str):
        async with a_line(app_url) as line:
            app = an_app(line.url)

            @app.post("/v1/writes-twice")
            async def write_twice(session: Transaction) -> None:
                await session.exec(select(1))
                line.cut()
                await asyncio.sleep(0.1)
                await session.exec(select(2))

            @app.get("/v1/reads-twice")
            async def read_twice(reading: ReadingNow) -> None:
                await reading.value("SELECT 1")
                line.cut()
                await asyncio.sleep(0.1)
                await reading.value("SELECT 2")

            async with running(app, registry) as house:
                operator = await house.caller(Role.VILLAGE_OPERATOR)
                await operator.gets("/v1/households")
                written = await operator.posts("/v1/writes-twice", None)
                line.mend()
                read = await operator.gets("/v1/reads-twice")
                line.mend()
                after = await operator.gets("/v1/households")

        assert is_busy(written)
        assert is_busy(read)
        assert after.status_code == 200

    async def test_that_ends_our_connection_is_none_either(
        self, registry: Registry, superuser_url: str, app_url: str
    ):
        """An administrator restarts PostgreSQL: what ran is lost, what comes next is answered."""
        household = await registry.household()
        path = f"/v1/households/{household['id']}"
        async with running(an_app(app_url), registry) as house:
            operator = await house.caller(Role.VILLAGE_OPERATOR)
            async with held(registry, household["id"]):
                change = asyncio.create_task(operator.patches(path, {"rt": "009"}))
                await asyncio.sleep(0.3)
                server = await asyncpg.connect(superuser_url.replace("+asyncpg", ""))
                await server.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
                await server.close()
                response = await change
            after = await operator.patches(path, {"rt": "009"})

        assert is_busy(response)
        assert after.status_code == 200


class TestHealth:
    async def test_ready_tells_the_migration_and_the_clock(self, registry: Registry):
        response = await registry.http.get("/health/ready")

        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert set(response.json()) == {"status", "migration", "clock_drift_seconds"}
        assert abs(response.json()["clock_drift_seconds"]) < 5

    async def test_is_not_ready_on_a_database_that_is_not_migrated(
        self, registry: Registry, app_url: str, run: Run
    ):
        name = f"{run.name}_{uuid4().hex[:8]}_empty"
        async with run.superuser() as server:
            await server.execute(f"CREATE DATABASE {name} OWNER {roles.OWNER}")
            await server.execute(f"GRANT CONNECT ON DATABASE {name} TO {roles.APP}")
        empty = Database(run.url(name, roles.APP))
        await empty.open()
        try:
            async with running(an_app(app_url), registry) as house:
                real, house.http._transport.app.state.database = (  # noqa: SLF001
                    house.database,
                    empty,
                )
                not_ready = await house.http.get("/health/ready")
                alive = await house.http.get("/health/live")
                house.http._transport.app.state.database = real  # noqa: SLF001
        finally:
            await empty.close()
            await run.drop(name)

        assert is_busy(not_ready)
        assert alive.status_code == 200

    async def test_lives_without_a_database(self, app_url: str):
        app = an_app(app_url.replace("siks_app", "nobody"))  # never opened
        transport = ASGITransport(app)
        async with AsyncClient(transport=transport, base_url="http://siks.test") as http:
            assert (await http.get("/health/live")).json() == {"status": "alive"}


@pytest.mark.parametrize(
    ("sqlstate", "constraint", "kind"),
    [
        ("08006", None, "Overloaded"),
        ("08003", None, "Overloaded"),
        ("57014", None, "Overloaded"),
        ("57P01", None, "Overloaded"),
        ("53300", None, "Overloaded"),
        ("55P03", None, "Overloaded"),
        ("58030", None, "Overloaded"),
        ("40001", None, "Overloaded"),
        ("40P01", None, "Overloaded"),
        ("23505", None, "AlreadyThere"),
        ("23503", "fk_unknown_to_us", "AlreadyThere"),
        ("23505", "pk_household", "IdTaken"),
        ("23505", "uq_proposal_live_of_household", "AlreadyProposed"),
        ("23P01", "ex_member_one_household_head", "TwoHouseholdHeads"),
        ("23514", "reading_settings_check", None),
        ("23514", "ck_unknown_to_us", "AlreadyThere"),
        ("22003", None, "NotStorable"),
        ("22P02", None, "NotStorable"),
        ("42601", None, None),
        ("42P01", None, None),
        ("42501", None, None),
        ("XX000", None, None),
        ("P0001", None, None),
        ("25006", None, None),
        (None, None, None),
        ("", None, None),
    ],
)
def test_what_postgresql_refuses_is_one_refusal_of_ours_or_a_fault(
    sqlstate: str | None, constraint: str | None, kind: str | None
):
    refusal = refusal_of(sqlstate, constraint)

    assert (type(refusal).__name__ if refusal else None) == kind


class TestAFrontEndElsewhere:
    ORIGIN = "https://depan.example"

    async def test_may_ask_from_where_the_settings_allow(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        answers = [
            await operator.gets("/v1/households", headers={"Origin": self.ORIGIN}),
            await operator.gets(f"/v1/households/{uuid4()}", headers={"Origin": self.ORIGIN}),
            await registry.http.get("/v1/households", headers={"Origin": self.ORIGIN}),
        ]

        assert [answer.status_code for answer in answers] == [200, 404, 401]
        for answer in answers:
            assert answer.headers["access-control-allow-origin"] == self.ORIGIN
            assert "Origin" in answer.headers["vary"]
            assert "access-control-allow-credentials" not in answer.headers
            exposed = set(answer.headers["access-control-expose-headers"].split(", "))
            assert exposed >= {
                "ETag",
                "Idempotent-Replayed",
                "Link",
                "Location",
                "Retry-After",
                "X-Request-ID",
            }

    async def test_may_not_from_anywhere_else(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        for origin in ("https://lain.example", "null", self.ORIGIN + ".evil.example"):
            response = await operator.gets("/v1/households", headers={"Origin": origin})
            preflight = await self.asks_before(registry, origin=origin)

            assert "access-control-allow-origin" not in response.headers
            assert preflight.status_code == 400
            assert "access-control-allow-origin" not in preflight.headers

    async def test_asks_before_with_the_headers_it_will_send(self, registry: Registry):
        response = await self.asks_before(registry, origin=self.ORIGIN)

        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == self.ORIGIN
        assert {"GET", "POST", "PUT", "PATCH"} <= set(
            response.headers["access-control-allow-methods"].split(", ")
        )

    async def asks_before(self, registry: Registry, *, origin: str) -> Response:
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type,if-match,"
            "idempotency-key,x-purpose,x-request-id,accept-language",
        }
        return await registry.http.options(f"/v1/households/{uuid4()}", headers=headers)

    async def test_may_not_where_the_settings_name_nobody(self, registry: Registry, app_url: str):
        async with running(an_app(app_url, cors_origins=[]), registry) as closed:
            operator: Caller = await closed.caller(Role.VILLAGE_OPERATOR)
            response = await operator.gets("/v1/households", headers={"Origin": self.ORIGIN})

        assert response.status_code == 200
        assert "access-control-allow-origin" not in response.headers
