"""A request sent twice has one effect and one answer, whoever dies in between."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import AsyncClient, HTTPError, RemoteProtocolError, Response

from app.domain.actors import Role
from app.tokens import Tokens, read_key
from tests.api.dying import LAST_WISH
from tests.api.services import KEY, posts_bytes
from tests.registry import Caller, Registry, a_household, a_member, refused

REPLAYED = "Idempotent-Replayed"
ROOT = Path(__file__).resolve().parents[2]


def told(response: Response) -> tuple[object, ...]:
    headers = response.headers
    return (
        response.status_code,
        response.content,
        headers.get("etag"),
        headers.get("location"),
        headers.get("content-type"),
    )


async def households_of(registry: Registry, household_id: str) -> int:
    [[count]] = await registry.runs("SELECT count(*) FROM household WHERE id = $1", household_id)
    return int(count)


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(Role.VILLAGE_OPERATOR)


class TestTheSameRequestAgain:
    async def test_gets_the_same_answer_and_has_no_second_effect(
        self, registry: Registry, operator: Caller
    ):
        body, key = a_household(registry.village), str(uuid4())

        first = await operator.posts("/v1/households", body, key=key)
        again = [await operator.posts("/v1/households", body, key=key) for _ in range(3)]

        assert first.status_code == 201
        assert REPLAYED not in first.headers
        assert first.headers["location"] == f"/v1/households/{body['id']}"
        assert first.headers["etag"] == '"1"'
        for response in again:
            assert told(response) == told(first)
            assert response.headers[REPLAYED] == "true"
        assert await households_of(registry, body["id"]) == 1
        assert len(await registry.audit_of(body["id"])) == 1

    async def test_has_one_effect_where_the_service_chooses_the_id(
        self, registry: Registry, operator: Caller
    ):
        body, key = a_household(registry.village, id=...), str(uuid4())

        answers = [await operator.posts("/v1/households", body, key=key) for _ in range(2)]

        assert answers[0].json()["id"] == answers[1].json()["id"]
        page = await operator.gets("/v1/households")
        assert len(page.json()["items"]) == 1

    async def test_is_the_same_however_its_json_is_spaced_and_ordered(self, operator: Caller):
        key = {"Idempotency-Key": str(uuid4())}
        household_id = str(uuid4())
        code = operator.actor.region.code
        one = f'{{"id": "{household_id}", "village_code": "{code}"}}'
        other = f'{{\n  "village_code" : "{code}",  "id":"{household_id}"}}'

        answers = [
            await operator.http.post(
                "/v1/households",
                content=content,
                headers={**operator.headers, **key, "Content-Type": "application/json"},
            )
            for content in (one, other)
        ]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert told(answers[0]) == told(answers[1])

    async def test_is_answered_as_then_though_its_version_is_stale_by_now(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal()
        path = f"/v1/proposals/{proposal['id']}/steps"
        body, key = {"action": "submit"}, str(uuid4())

        first = await operator.posts(path, body, version=1, key=key)
        await registry.moved_on(await operator.reads(proposal))
        again = await operator.posts(path, body, version=1, key=key)
        without = await operator.posts(path, body, version=1)

        assert first.status_code == 201
        assert told(again) == told(first)
        assert refused(without) == (412, "outdated")

    async def test_at_the_same_time_hears_that_the_first_is_still_running(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.household()
        path = f"/v1/households/{household['id']}/families"
        body, key = {"id": str(uuid4()), "number": 2}, str(uuid4())

        async with registry.database.connection(registry.village, begin="BEGIN") as holder:
            await holder.execute(
                "SELECT id FROM household WHERE id = $1 FOR UPDATE", household["id"]
            )
            first = asyncio.create_task(operator.posts(path, body, key=key))
            await asyncio.sleep(0.3)
            second = await operator.posts(path, body, key=key)
            assert not first.done()
        third = await operator.posts(path, body, key=key) if (await first) else None

        assert refused(second) == (409, "still-running")
        assert (await first).status_code == 201
        assert third is not None
        assert told(third) == told(await first)

    async def test_ten_times_at_once_has_one_effect(self, registry: Registry, operator: Caller):
        body, key = a_household(registry.village), str(uuid4())

        answers = await asyncio.gather(
            *(operator.posts("/v1/households", body, key=key) for _ in range(8))
        )

        assert {answer.status_code for answer in answers} <= {201, 409}
        assert len({told(answer) for answer in answers if answer.status_code == 201}) == 1
        assert await households_of(registry, body["id"]) == 1


class TestTheSameKey:
    async def test_for_another_request_is_refused(self, registry: Registry, operator: Caller):
        body, key = a_household(registry.village), str(uuid4())
        first = await operator.posts("/v1/households", body, key=key)

        others = [
            await operator.posts("/v1/households", {**body, "rt": "005"}, key=key),
            await operator.posts(
                "/v1/proposals", {"kind": "new_family", "household_id": body["id"]}, key=key
            ),
        ]

        assert first.status_code == 201
        for other in others:
            assert refused(other) == (422, "key-used-otherwise")
        again = await operator.posts("/v1/households", body, key=key)
        assert told(again) == told(first)

    async def test_is_free_after_a_refusal(self, registry: Registry, operator: Caller):
        key = str(uuid4())
        unknown = {"kind": "new_family", "household_id": str(uuid4())}
        household = await registry.household()

        refusals = [
            await operator.posts("/v1/proposals", unknown, key=key),
            await operator.posts("/v1/proposals", {}, key=key),
            await posts_bytes(operator, "/v1/proposals", b"{"),
        ]
        accepted = await operator.posts(
            "/v1/proposals", {"kind": "new_family", "household_id": household["id"]}, key=key
        )

        assert [refusal.status_code for refusal in refusals] == [404, 422, 400]
        assert accepted.status_code == 201
        assert REPLAYED not in accepted.headers

    async def test_of_another_person_is_his_own(self, registry: Registry, operator: Caller):
        key = str(uuid4())
        colleague = await registry.newcomer(Role.VILLAGE_OPERATOR)
        neighbour = await registry.newcomer(Role.VILLAGE_OPERATOR, over=registry.neighbour)

        answers = [
            await caller.posts("/v1/households", a_household(caller.actor.region), key=key)
            for caller in (operator, colleague, neighbour)
        ]

        assert [answer.status_code for answer in answers] == [201, 201, 201]
        assert len({answer.json()["id"] for answer in answers}) == 3

    async def test_holds_for_a_change_as_well(self, registry: Registry, operator: Caller):
        household = await registry.household()
        headers = {**operator.headers, "If-Match": '"1"', "Idempotency-Key": str(uuid4())}
        path = f"/v1/households/{household['id']}"

        answers = [
            await operator.http.patch(path, json={"rt": "009"}, headers=headers) for _ in range(2)
        ]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert told(answers[0]) == told(answers[1])
        assert (await operator.gets(path)).json()["version"] == 2


# --- two processes, and a kill -9


def a_free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@asynccontextmanager
async def a_process(app_url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    port = a_free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "uvicorn", "--factory", "tests.api.dying:mortal", "--log-level", "critical"),
        *("--port", str(port)),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SIKS_DATABASE_URL": app_url, "SIKS_SIGNING_KEY": KEY},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await until_ready(f"http://127.0.0.1:{port}")
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until_ready(url: str) -> None:
    async with AsyncClient(base_url=url) as http, asyncio.timeout(30):
        while True:
            try:
                if (await http.get("/health/ready")).status_code == 200:
                    return
            except HTTPError:
                await asyncio.sleep(0.1)


def at(caller: Caller, http: AsyncClient) -> Caller:
    tokens = Tokens(read_key(KEY), issuer="siks", audience="siks")
    return Caller(http, caller.actor, tokens.issue(caller.actor, session_version=1))


async def last_words(caller: Caller, body: dict[str, Any], key: str) -> Response:
    headers = {**caller.headers, "Idempotency-Key": key, LAST_WISH: "yes"}
    return await caller.http.post("/v1/households", json=body, headers=headers)


async def test_a_server_killed_between_commit_and_answer_has_done_the_work_once(
    registry: Registry, operator: Caller, app_url: str
):
    body, key = a_household(registry.village, a_member(registry.village)), str(uuid4())

    async with (
        a_process(app_url) as (first, first_url),
        a_process(app_url) as (_, second_url),
        AsyncClient(base_url=first_url) as one,
        AsyncClient(base_url=second_url) as other,
    ):
        with pytest.raises(RemoteProtocolError):
            await last_words(at(operator, one), body, key)
        assert await first.wait() == -signal.SIGKILL
        assert await households_of(registry, body["id"]) == 1

        again = await at(operator, other).posts("/v1/households", body, key=key)

    assert again.status_code == 201
    assert again.headers[REPLAYED] == "true"
    assert again.headers["etag"] == '"1"'
    assert again.json()["id"] == body["id"]
    assert await households_of(registry, body["id"]) == 1
    assert [entry["action"] for entry in await registry.audit_of(body["id"])] == ["enter"]
    assert (await operator.gets(f"/v1/households/{body['id']}")).json() == again.json()
