"""Work lists: what waits, for whom, since when; and how much of it there is."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.domain.actors import Role
from app.domain.proposals import ProposalState
from app.domain.regions import Region, Tier
from tests.conftest import registry_of
from tests.contract import Promise
from tests.registry import REASON, Caller, Places, Registry, pointers, refused

R = Role
Line = dict[str, Any]
ENDED = {"determined", "rejected", "withdrawn"}
STATES = [
    "drafted",
    "drafted",
    "awaiting_deliberation",
    "awaiting_village_head",
    "awaiting_regency",
    "awaiting_regency",
    "awaiting_endorsement",
    "determined",
]


async def listed(caller: Caller, *, limit: int = 200, **asked: object) -> list[Line]:
    """All there is, page by page."""
    found: list[Line] = []
    query: dict[str, object] = {**asked, "limit": limit}
    while True:
        response = await caller.gets("/v1/proposals", params=query)
        assert response.status_code == 200, response.text
        found += response.json()["items"]
        if response.json()["next"] is None:
            return found
        query["after"] = response.json()["next"]


async def has_waited(registry: Registry, proposal: Line, period: timedelta) -> None:
    statement = "UPDATE proposal SET state_since = $2 WHERE id = $1"
    await registry.runs(statement, UUID(proposal["id"]), datetime.now(UTC) - period)


def ids(lines: list[Line]) -> set[str]:
    return {line["id"] for line in lines}


@pytest.fixture(scope="module")
async def busy(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Registry]:
    """A regency in which two villages have proposals in most states, some of them old.

    The operator of the first is also its regency's verifier; he has taken over one of the other.
    """
    async with registry_of(app, promise, *next(places.regencies)) as registry:
        both = await registry.newcomer(R.REGENCY_VERIFIER)
        operator = await registry.also(both, R.VILLAGE_OPERATOR)
        registry.known[R.VILLAGE_OPERATOR, registry.village] = operator
        neighbours = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        for number, state in enumerate(STATES):
            own = await registry.proposal(state)
            other = await registry.proposal(state, by=neighbours)
            await has_waited(registry, own, timedelta(days=number))
            await has_waited(registry, other, timedelta(days=10 - number))
        registry.known[R.REGENCY_VERIFIER, both.actor.region] = both
        takes_over = "UPDATE proposal SET responsible_id = $1 WHERE id = $2"
        await registry.runs(takes_over, operator.actor.id, UUID(other["id"]))
        yield registry


class TestALine:
    async def test_says_since_when_it_waits_and_on_whose_desk_it_lies(self, registry: Registry):
        before = datetime.now(UTC)
        proposal = await registry.proposal()
        operator = await registry.caller(R.VILLAGE_OPERATOR)

        [line] = await listed(operator)

        for said in (line, proposal):
            assert said["responsible_id"] == str(operator.actor.id)
            assert before <= datetime.fromisoformat(said["waiting_since"]) <= datetime.now(UTC)
            assert said["waiting_days"] == 0
        assert [each["action"] for each in line["open_actions"]] == ["amend", "submit", "withdraw"]

    async def test_counts_full_days_of_24_hours(self, registry: Registry):
        proposal = await registry.proposal()
        operator = await registry.caller(R.VILLAGE_OPERATOR)

        for hours, days in [(23, 0), (25, 1), (71, 2), (73, 3)]:
            await has_waited(registry, proposal, timedelta(hours=hours))
            [line] = await listed(operator)
            assert line["waiting_days"] == days

    async def test_begins_anew_in_another_state_and_only_there(self, registry: Registry):
        proposal = await registry.proposal("awaiting_deliberation")
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        await has_waited(registry, proposal, timedelta(days=5))

        await registry.deliberated(proposal, outcome="postponed", scanned=False)
        still_there = await operator.reads(proposal)
        moved = await registry.moved_on(still_there)

        assert still_there["waiting_days"] == 5
        assert moved["waiting_days"] == 0
        assert moved["waiting_since"] > still_there["waiting_since"]

    async def test_of_what_has_ended_waits_for_nobody(self, registry: Registry):
        proposal = await registry.proposal()
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        await operator.takes("withdraw", proposal, note="Pindah.")

        [line] = await listed(operator)

        assert (line["waiting_since"], line["waiting_days"]) == (None, None)


def is_wanted(asked: dict[str, Any], caller: Caller) -> Callable[[Line], bool]:
    """What the filters mean, said a second time and line by line."""

    def wanted(line: Line) -> bool:
        return (
            line["state"] == asked.get("state", line["state"])
            and (not asked.get("mine") or line["responsible_id"] == str(caller.actor.id))
            and (not asked.get("open_to_me") or line["open_actions"] != [])
            and (
                "waiting_days" not in asked or (line["waiting_days"] or -1) >= asked["waiting_days"]
            )
            and line["village_code"].startswith(asked.get("region_code", ""))
        )

    return wanted


class TestTheFilters:
    @pytest.mark.parametrize(
        "role", [R.VILLAGE_OPERATOR, R.REGENCY_VERIFIER, R.REGENCY_OPERATOR, R.AUDITOR]
    )
    async def test_narrow_the_list_together_as_each_does_alone(self, busy: Registry, role: Role):
        caller = await busy.caller(
            role, over=busy.village.at(Tier.REGENCY) if role is R.AUDITOR else None
        )
        everything = await listed(caller)
        assert len(everything) == len(STATES) * (1 if role is R.VILLAGE_OPERATOR else 2)
        narrower = {
            "state": [None, "drafted", "awaiting_regency", "determined"],
            "mine": [None, True],
            "open_to_me": [None, True],
            "waiting_days": [None, 3, 7],
            "region_code": [None, busy.village.code],
        }

        for values in product(*narrower.values()):
            asked = {k: v for k, v in zip(narrower, values, strict=True) if v is not None}
            found = await listed(caller, **asked)
            assert found == list(filter(is_wanted(asked, caller), everything)), asked

    async def test_of_a_kind_finds_that_kind(self, busy: Registry):
        operator = await busy.caller(R.VILLAGE_OPERATOR)

        assert await listed(operator, kind="new_family") == await listed(operator)

    async def test_are_kept_from_page_to_page_in_one_order(self, busy: Registry):
        """What is merged from several states comes in the order of the list."""
        analyst = await busy.caller(R.REGENCY_OPERATOR)

        for asked in ({"open_to_me": True}, {"waiting_days": 2}, {"state": "awaiting_regency"}):
            at_once = await listed(analyst, **asked)
            assert len(at_once) > 1
            assert await listed(analyst, limit=1, **asked) == at_once
            places = [(line["village_code"], line["id"]) for line in at_once]
            assert places == sorted(places)

    async def test_leave_out_what_the_caller_may_not_decide_on(self, busy: Registry):
        """He drafted the one half of them himself."""
        verifier = await busy.caller(R.REGENCY_VERIFIER)

        open_to_him = await listed(verifier, open_to_me=True)

        waiting = await listed(verifier, state="awaiting_regency")
        assert len(waiting) == 4
        assert len(open_to_him) == 2
        assert {line["village_code"] for line in open_to_him} == {busy.neighbour.code}

    async def test_find_nothing_where_nothing_can_be_meant(self, busy: Registry):
        operator = await busy.caller(R.VILLAGE_OPERATOR)
        auditor = await busy.caller(R.AUDITOR, over=busy.village)

        assert await listed(operator, state="determined", waiting_days=0) == []
        assert await listed(operator, state="awaiting_regency", open_to_me=True) == []
        assert await listed(auditor, open_to_me=True) == []

    async def test_look_nowhere_but_in_the_callers_own_region(self, busy: Registry):
        operator = await busy.caller(R.VILLAGE_OPERATOR)

        for code in (busy.neighbour.code, busy.elsewhere.code, busy.village.code[:4]):
            for path in ("/v1/proposals", "/v1/proposals/counts"):
                response = await operator.gets(path, params={"region_code": code})
                assert refused(response) == (404, "outside-your-region"), path

    @pytest.mark.parametrize(
        "query",
        ["region_code=36720", "region_code=abcd", "waiting_days=-1", "mine=maybe", "state=lost"],
    )
    async def test_are_refused_when_they_are_none(self, busy: Registry, query: str):
        operator = await busy.caller(R.VILLAGE_OPERATOR)

        response = await operator.gets(f"/v1/proposals?{query}")

        assert refused(response) == (422, "malformed")
        assert pointers(response) == {"?" + query.partition("=")[0]}


async def counted(caller: Caller, **asked: object) -> dict[str, Any]:
    response = await caller.gets("/v1/proposals/counts", params=asked)
    assert response.status_code == 200, response.text
    return response.json()


def by_state(counts: dict[str, Any]) -> dict[str, int]:
    return {each["state"]: each["count"] for each in counts["states"] if each["count"]}


def states_of(lines: list[Line]) -> dict[str, int]:
    states = [line["state"] for line in lines]
    return {state: states.count(state) for state in states}


class TestCounts:
    async def test_tell_of_every_state_how_many_there_are_and_how_long_the_oldest_waits(
        self, busy: Registry
    ):
        officer = await busy.caller(R.REGENCY_OPERATOR)
        lines = await listed(officer)

        counts = await counted(officer)

        assert counts["region_code"] == busy.village.code[:4]
        assert counts["children"] is None
        assert [each["state"] for each in counts["states"]] == list(ProposalState)
        assert by_state(counts) == states_of(lines)
        for each in counts["states"]:
            since = [line["waiting_since"] for line in lines if line["state"] == each["state"]]
            oldest = min(filter(None, since), default=None)
            assert each["oldest_waiting_since"] == oldest, each
            assert (each["exact"], each["at_least"], each["as_of"]) == (True, False, None)

    async def test_mark_what_is_open_to_the_callers_role(self, busy: Registry):
        for role, states in {
            R.VILLAGE_OPERATOR: {
                "drafted",
                "awaiting_deliberation",
                "awaiting_village_head",
                "awaiting_other_village",
            },
            R.REGENCY_VERIFIER: {"awaiting_regency"},
            R.REGENCY_ADMIN: set(),
        }.items():
            counts = await counted(await busy.caller(role))
            assert {each["state"] for each in counts["states"] if each["open_to_me"]} == states

    async def test_of_a_district_tell_of_every_village(self, busy: Registry):
        officer = await busy.caller(R.REGENCY_OPERATOR)
        district = busy.village.code[:6]

        counts = await counted(officer, region_code=district, by="children")

        response = await officer.gets(f"/v1/regions/{district}/children?limit=200")
        villages = [(each["code"], each["name"]) for each in response.json()["items"]]
        told = [(each["region_code"], each["region_name"]) for each in counts["children"]]
        assert told == villages
        for each in counts["children"]:
            lines = await listed(officer, region_code=each["region_code"])
            assert by_state(each) == states_of(lines)
            assert all(one["count"] and one["exact"] for one in each["states"])
        assert sum(map(len, (each["states"] for each in counts["children"]))) > 0

    async def test_of_a_regency_tell_of_every_district(self, busy: Registry):
        officer = await busy.caller(R.REGENCY_OPERATOR)

        counts = await counted(officer, by="children")

        of_district = {each["region_code"]: by_state(each) for each in counts["children"]}
        assert of_district.pop(busy.village.code[:6]) == by_state(counts)
        assert of_district
        assert not any(of_district.values())

    async def test_of_a_village_have_no_parts(self, busy: Registry):
        operator = await busy.caller(R.VILLAGE_OPERATOR)

        counts = await counted(operator, by="children")

        assert counts["children"] == []
        assert by_state(counts) == states_of(await listed(operator))

    async def test_of_a_province_tell_of_no_regency_before_the_roll_up_has(self, busy: Registry):
        officer = await busy.caller(R.PROVINCE_OFFICER)
        regency = busy.village.code[:4]

        counts = await counted(officer, by="children")

        [told] = [each for each in counts["children"] if each["region_code"] == regency]
        assert {each["at_least"] for each in told["states"]} <= {True, False}
        assert all(not each["exact"] for each in told["states"])
        assert all(each["exact"] for each in counts["states"])

    async def test_name_nobody_so_administrators_read_them_and_nothing_is_noted(
        self, busy: Registry
    ):
        admin = await busy.caller(R.REGENCY_ADMIN)
        noted = "SELECT count(*) FROM access_entry WHERE actor_id = $1"

        counts = await counted(admin, by="children")

        assert by_state(counts)
        assert refused(await admin.gets("/v1/proposals")) == (403, "reads-nobody")
        [(entries,)] = await busy.runs(noted, admin.actor.id)
        assert entries == 0

    async def test_of_a_region_there_never_was_are_not_found(self, busy: Registry):
        officer = await busy.caller(R.REGENCY_OPERATOR)
        nowhere = {"region_code": f"{busy.village.code[:4]}99"}

        response = await officer.gets("/v1/proposals/counts", params=nowhere)

        assert refused(response) == (404, "region-not-found")
        assert await listed(officer, **nowhere) == []

    async def test_follow_every_step(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        proposal = await registry.proposal()
        before = by_state(await counted(operator))

        head = await registry.caller(R.VILLAGE_HEAD)
        waiting = await registry.moved_on(await registry.moved_on(proposal))
        after = by_state(await counted(operator))
        await head.takes("return", waiting, target="drafted", **REASON)

        assert before == {"drafted": 1}
        assert after == {"awaiting_village_head": 1}
        assert by_state(await counted(operator)) == before


async def test_the_nation_counts_itself(registry: Registry):
    analyst = await registry.caller(R.MINISTRY_ANALYST)
    await registry.proposal()

    counts = await counted(analyst, by="children")

    assert (counts["region_code"], counts["region_name"]) == ("", "Indonesia")
    assert by_state(counts)["drafted"] >= 1
    provinces = {each["region_code"] for each in counts["children"]}
    assert registry.village.code[:2] in provinces
    assert len(provinces) >= 38
    assert all(Region(code).tier is Tier.PROVINCE for code in provinces)
