"""One verdict for many proposals: each is decided or refused for itself, and all are audited."""

from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from app.domain.actors import Role
from tests.registry import DECREE, Caller, Registry, pointers, refused

R = Role
BULK, PREVIEW = "/v1/decisions/bulk", "/v1/decisions/preview"


async def waiting(registry: Registry, count: int, state: str = "awaiting_regency") -> list[Any]:
    return [await registry.proposal(state) for _ in range(count)]


def named(*proposals: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": each["id"], "version": each["version"]} for each in proposals]


def outcomes(response: Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [
        row["problem"]["type"].removeprefix("urn:siks:problem:") if row["problem"] else row["state"]
        for row in response.json()["items"]
    ]


@pytest.fixture
async def verifier(registry: Registry) -> Caller:
    return await registry.caller(R.REGENCY_VERIFIER)


class TestByName:
    async def test_each_is_answered_for_itself_in_the_order_sent(
        self, registry: Registry, verifier: Caller
    ):
        good, moved, early = [
            *await waiting(registry, 2),
            await registry.proposal("awaiting_village_head"),
        ]
        stranger = {"id": str(uuid4()), "version": 1}
        old = {"id": moved["id"], "version": 1}
        sent = [old, *named(good, early), stranger]

        response = await verifier.posts(BULK, {"verdict": "approve", "proposals": sent})

        assert outcomes(response) == [
            "outdated",
            "awaiting_endorsement",
            "action-not-open",
            "proposal-not-found",
        ]
        told = response.json()
        assert [row["id"] for row in told["items"]] == [each["id"] for each in sent]
        assert (told["decided"], told["refused"], told["remaining"]) == (1, 3, 0)
        assert [row["problem"] and row["problem"]["status"] for row in told["items"]] == [
            412,
            None,
            409,
            404,
        ]
        assert (await verifier.reads(moved))["version"] == moved["version"]

    async def test_a_refusal_is_what_it_would_have_been_alone(
        self, registry: Registry, verifier: Caller
    ):
        [proposal] = await waiting(registry, 1)
        body = {"verdict": "approve", "proposals": [{"id": proposal["id"], "version": 1}]}

        alone = await verifier.takes("approve", proposal, version=1)
        [row] = (await verifier.posts(BULK, body)).json()["items"]

        assert row["problem"] == alone.json()

    async def test_every_decision_is_in_the_audit(self, registry: Registry, verifier: Caller):
        proposals = await waiting(registry, 2)
        body = {"verdict": "approve", "proposals": named(*proposals)}

        rows = (await verifier.posts(BULK, body)).json()["items"]

        for proposal, row in zip(proposals, rows, strict=True):
            last = (await registry.audit_of(proposal["id"]))[-1]
            assert (last["id"], last["version"], last["action"], last["actor_id"]) == (
                row["entry_id"],
                row["version"],
                "approve",
                str(verifier.actor.id),
            )

    async def test_sent_twice_with_one_key_they_are_decided_once(
        self, registry: Registry, verifier: Caller
    ):
        [proposal] = await waiting(registry, 1)
        body, key = {"verdict": "approve", "proposals": named(proposal)}, str(uuid4())

        first = await verifier.posts(BULK, body, key=key)
        again = await verifier.posts(BULK, body, key=key)

        assert first.content == again.content
        assert outcomes(again) == ["awaiting_endorsement"]

    async def test_an_id_stands_once_in_a_request(self, verifier: Caller):
        twice = {"id": str(uuid4()), "version": 1}

        response = await verifier.posts(BULK, {"verdict": "approve", "proposals": [twice, twice]})

        assert refused(response) == (422, "malformed")
        assert pointers(response) == {"/proposals"}

    async def test_who_never_decides_is_told_so_once(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        body = {"verdict": "approve", "proposals": [{"id": str(uuid4()), "version": 1}]}

        assert refused(await operator.posts(BULK, body)) == (403, "role-may-not")

    async def test_the_neighbours_are_not_there(self, registry: Registry):
        [proposal] = await waiting(registry, 1)
        over = registry.elsewhere.at(registry.home(R.REGENCY_VERIFIER).tier)
        elsewhere = await registry.caller(R.REGENCY_VERIFIER, over=over)

        response = await elsewhere.posts(BULK, {"verdict": "approve", "proposals": named(proposal)})

        assert outcomes(response) == ["proposal-not-found"]

    async def test_a_thousand_and_one_are_too_many(self, verifier: Caller):
        many = [{"id": str(uuid4()), "version": 1} for _ in range(1_001)]

        response = await verifier.posts(BULK, {"verdict": "approve", "proposals": many})

        assert refused(response) == (422, "malformed")

    async def test_a_determination_by_many_stands_in_the_list_of_its_decree(
        self, registry: Registry
    ):
        [proposal] = await waiting(registry, 1, "awaiting_determination")
        determiner = await registry.caller(R.MINISTRY_DETERMINER)
        body = {"verdict": "approve", "grounds": DECREE, "proposals": named(proposal)}
        unknown = {**body, "grounds": {**DECREE, "decree_number": "0/HUK/2026"}}

        assert outcomes(await determiner.posts(BULK, unknown)) == ["decree-not-open"]
        await registry.decree_is_open()
        assert outcomes(await determiner.posts(BULK, body)) == ["determined"]
        [[lines]] = await registry.runs(
            "SELECT count(*) FROM decree_line WHERE proposal_id = $1", proposal["id"]
        )
        assert lines == 1


class TestByFilter:
    @pytest.fixture
    async def verifier(self, regency: Registry) -> Caller:
        return await regency.caller(R.REGENCY_VERIFIER)

    async def test_the_preview_counts_what_waits_and_shows_some(
        self, regency: Registry, verifier: Caller
    ):
        here = await waiting(regency, 2)
        await regency.proposal("awaiting_village_head")

        response = await verifier.posts(PREVIEW, {"verdict": "approve"})

        told = response.json()
        assert (told["count"], told["exact"]) == (2, True)
        assert {each["id"] for each in told["sample"]} == {each["id"] for each in here}

    async def test_all_that_match_are_decided(self, regency: Registry, verifier: Caller):
        await waiting(regency, 2)
        body = {"verdict": "approve", "filter": {"kind": "new_family"}, "expected_count": 2}

        response = await verifier.posts(BULK, body)

        assert outcomes(response) == ["awaiting_endorsement"] * 2
        assert response.json()["next"] is None
        assert (await verifier.posts(PREVIEW, {"verdict": "approve"})).json()["count"] == 0

    async def test_nothing_is_decided_where_the_count_has_changed(
        self, regency: Registry, verifier: Caller
    ):
        [proposal] = await waiting(regency, 1)
        body = {"verdict": "approve", "filter": {}, "expected_count": 2}

        response = await verifier.posts(BULK, body)

        assert refused(response) == (409, "count-changed")
        assert (response.json()["expected_count"], response.json()["current_count"]) == (2, 1)
        assert (await verifier.reads(proposal))["state"] == "awaiting_regency"

    async def test_what_comes_after_a_place_is_counted_from_there(
        self, regency: Registry, verifier: Caller
    ):
        first, second = sorted(await waiting(regency, 2), key=lambda each: each["id"])
        after = f"{first['village_code']}.{first['id']}"
        body = {"verdict": "approve", "filter": {}, "after": after, "expected_count": 1}

        response = await verifier.posts(BULK, body)

        assert [row["id"] for row in response.json()["items"]] == [second["id"]]

    async def test_a_filter_narrows(self, regency: Registry, verifier: Caller):
        await waiting(regency, 1)

        for narrow in (
            {"region_code": regency.neighbour.code},
            {"kind": "removal"},
            {"waiting_days": 1},
            {"period": "2031-01-01"},
            {"programme": "PKH"},
            {"state": "awaiting_endorsement"},
        ):
            response = await verifier.posts(PREVIEW, {"verdict": "approve", "filter": narrow})
            assert response.json()["count"] == 0, narrow

    async def test_a_filter_reaches_no_further_than_ones_region(
        self, regency: Registry, verifier: Caller
    ):
        asked = {"verdict": "approve", "filter": {"region_code": regency.elsewhere.code}}

        assert refused(await verifier.posts(PREVIEW, asked)) == (404, "outside-your-region")
        applied = {**asked, "expected_count": 0}
        assert refused(await verifier.posts(BULK, applied)) == (404, "outside-your-region")
