"""The straight road answers what FastAPI's answers, whatever is asked."""

import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pytest
from fastapi.routing import iter_route_contexts
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from app.domain.actors import Role
from app.routers.directory import Service
from app.routers.straight import Straight
from tests.api.services import an_app, running, scope_of
from tests.registry import Caller, Registry, pointers, refused

HOT = {
    "list_households",
    "read_household",
    "search_members",
    "search_households",
    "list_proposals",
    "read_proposal",
    "read_member",
    "list_audit_entries",
    "list_notices",
    "list_visits",
}
SEARCH = "/v1/members/search"
MANY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
WORDS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=8)
VALUES = st.sampled_from(["", "0", "1", "50", "201", "-1", "x", "registered", "null"]) | WORDS
QUERIES = st.lists(
    st.tuples(st.sampled_from(["limit", "after", "state", "region_code", "limits"]), VALUES),
    max_size=3,
)
PURPOSES = st.none() | st.sampled_from(["service", "verification", "Service", ""]) | WORDS
FIELDS = st.dictionaries(
    st.sampled_from(["nik", "name", "dtks_id", "limit", "extra"]),
    st.none() | st.booleans() | st.integers(-1, 300) | st.text(max_size=20) | st.lists(st.none()),
    max_size=3,
)
BODIES = FIELDS.map(json.dumps) | st.sampled_from(["", "{", "null", "[]", "[" * 3000, "NaN", '"'])
KINDS = st.sampled_from(["application/json", "application/json; charset=utf-8", "text/json"])


class Roads(NamedTuple):
    """A service of its own, whose requests can be sent past the straight road."""

    app: Service
    house: Registry
    asker: Caller

    async def answer(self, method: str, path: str, **sent: Any) -> Response:  # noqa: ANN401
        """What both answer, for it must be one."""
        straight, included = self.app.middleware_stack, self.app.included
        one = await self._ask(method, path, **sent)
        try:
            self.app.included = []
            self.app.middleware_stack = self.app.build_middleware_stack()
            other = await self._ask(method, path, **sent)
        finally:
            self.app.middleware_stack, self.app.included = straight, included
        assert one.status_code < 500
        assert told(one) == told(other)
        return one

    async def _ask(self, method: str, path: str, **sent: Any) -> Response:  # noqa: ANN401
        more = sent.pop("headers", {})
        named = [*self.asker.headers.items(), ("X-Request-ID", "both-roads")]
        headers = [*named, *(more.items() if isinstance(more, dict) else more)]
        return await self.asker.http.request(method, path, headers=headers, **sent)


def told(response: Response) -> tuple[int, dict[str, str], str]:
    return response.status_code, dict(response.headers), response.text


@pytest.fixture
async def roads(registry: Registry, app_url: str) -> AsyncIterator[Roads]:
    app = an_app(app_url)
    async with running(app, registry) as house:
        yield Roads(app, house, await house.caller(Role.REGENCY_VERIFIER))


@pytest.fixture
async def household(roads: Roads) -> dict[str, Any]:
    return await roads.house.household()


def test_the_hot_reads_go_straight(roads: Roads):
    straight = {
        route.name
        for route in iter_route_contexts(roads.app.routes)
        if Straight.of(route, otherwise=roads.app, refused=roads.app)
    }

    assert straight >= HOT


class TestBothRoadsGiveOneAnswer:
    async def test_to_what_is_right(self, roads: Roads, household: dict[str, Any]):
        member = household["members"][0]

        for path in (
            "/v1/households?limit=1",
            f"/v1/households/{household['id']}",
            f"/v1/members/{member['id']}",
            "/v1/proposals?limit=2&open_to_me=true",
            "/v1/audit?limit=3",
            "/v1/regions/search?name=bojo",
        ):
            response = await roads.answer("GET", path)
            assert response.status_code == 200, response.text
        found = await roads.answer("POST", SEARCH, json={"nik": member["nik"]})
        assert [hit["id"] for hit in found.json()["items"]] == [member["id"]]

    @MANY
    @given(query=QUERIES, purpose=PURPOSES)
    async def test_to_any_query_and_purpose(
        self, roads: Roads, query: list[tuple[str, str]], purpose: str | None
    ):
        headers = {} if purpose is None else {"X-Purpose": purpose}

        await roads.answer("GET", f"/v1/households?{urlencode(query)}", headers=headers)

    @MANY
    @given(id_=st.uuids().map(str) | WORDS)
    async def test_to_any_id(self, roads: Roads, id_: str):
        await roads.answer("GET", f"/v1/households/{quote(id_, safe='')}")

    @MANY
    @given(body=BODIES, kind=KINDS)
    async def test_to_any_body(self, roads: Roads, body: str, kind: str):
        headers = {"Content-Type": kind}

        await roads.answer("POST", SEARCH, content=body.encode(), headers=headers)


async def test_of_a_purpose_that_is_sent_twice_the_first_counts_on_both(roads: Roads):
    for purposes, status in ((["service", "x"], 200), (["x", "service"], 422)):
        headers = [("X-Purpose", purpose) for purpose in purposes]
        response = await roads.answer("GET", "/v1/households?limit=1", headers=headers)
        assert response.status_code == status


async def test_whoever_leaves_before_his_body_comes_is_no_fault_of_ours(roads: Roads):
    answered: list[Message] = []

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answered.append(message)

    await roads.app(scope_of("POST", SEARCH, by=roads.asker), gone, send)

    assert answered[0]["status"] < 500


async def test_what_is_not_plain_comes_whole_to_the_other_road(roads: Roads):
    """Its body was read by then: the refusal still tells what stands in it."""
    response = await roads.answer("POST", SEARCH, json={"nik": "1", "limit": 0})

    assert refused(response) == (422, "malformed")
    assert "/limit" in pointers(response)
