"""You see your own region's work, and nothing else; what lies outside is like what is not there."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response

from app.domain.actors import Role
from app.domain.regions import INDONESIA, Region, Tier
from tests.api.test_imports import a_file_and_a_case
from tests.grants import a_recipient
from tests.registry import Caller, Registry, a_household, a_member, refused

R = Role
OF_TIER = {
    Tier.VILLAGE: R.VILLAGE_HEAD,
    Tier.DISTRICT: R.DISTRICT_OFFICER,
    Tier.REGENCY: R.REGENCY_VERIFIER,
    Tier.PROVINCE: R.PROVINCE_OFFICER,
    Tier.NATION: R.MINISTRY_ANALYST,
}
# From the test's own village outwards: the widest tier that the two villages do not share. The
# first two villages of every district are some test's own.
FARTHER = """
SELECT min(code) FROM (
    SELECT code, row_number() OVER (PARTITION BY left(code, 6) ORDER BY code) AS place
    FROM region WHERE tier = 'village' AND valid_to IS NULL
    AND left(code, $1) = left($3, $1) AND left(code, $2) <> left($3, $2)
) AS farther WHERE place > 2
"""
OF_EVERYBODY = {"decree_id", "exception_id"}  # public: they name nobody
BETWEEN = {"another district": (4, 6), "another regency": (2, 4), "another province": (0, 2)}


@dataclass
class Spread:
    """A proposal in the test's village, and one at each distance from it."""

    registry: Registry
    proposals: dict[Region, dict[str, Any]]

    def inside(self, region: Region) -> set[str]:
        return {p["id"] for village, p in self.proposals.items() if region.covers(village)}

    @property
    def ids(self) -> set[str]:
        return self.inside(INDONESIA)


@pytest.fixture
def registry(regency: Registry) -> Registry:
    """These tests look at whole regencies."""
    return regency


@pytest.fixture
async def spread(registry: Registry) -> Spread:
    villages = [registry.village, registry.neighbour]
    for shared, parted in BETWEEN.values():
        [row] = await registry.runs(FARTHER, shared, parted, registry.village.code)
        villages.append(Region(row["min"]))
    operators = [await registry.caller(R.VILLAGE_OPERATOR, over=village) for village in villages]
    return Spread(registry, {o.actor.region: await registry.proposal(by=o) for o in operators})


async def pages(caller: Caller, path: str, **question: object) -> AsyncIterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        response = await caller.gets(
            path, params={"limit": 200, **question, **({"after": after} if after else {})}
        )
        assert response.status_code == 200, response.text
        page = response.json()
        after = page["next"]
        for item in page["items"]:
            yield item


class TestAList:
    @pytest.mark.parametrize("tier", Tier)
    async def test_shows_ones_own_region_and_nothing_else(self, spread: Spread, tier: Tier):
        caller = await spread.registry.caller(OF_TIER[tier])
        region = caller.actor.region
        own = spread.inside(region)
        households = {p["household_id"] for p in spread.proposals.values() if p["id"] in own}

        proposals = [item async for item in pages(caller, "/v1/proposals")]
        listed = [item async for item in pages(caller, "/v1/households")]
        entries = [item async for item in pages(caller, "/v1/audit", action="draft")]

        assert {item["id"] for item in proposals} & spread.ids == own
        assert {item["id"] for item in listed} >= households
        assert {item["subject_id"] for item in entries} & spread.ids == own
        for code in {item["village_code"] for item in proposals + listed}:
            assert region.covers(Region(code))
        for code in {item["region_code"] for item in entries}:
            assert region.covers(Region(code))

    async def test_cannot_be_entered_by_a_cursor_from_elsewhere(self, registry: Registry):
        neighbours = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        theirs = await registry.household(by=neighbours)
        caller = await registry.caller(R.VILLAGE_OPERATOR)
        cursors = [f"{registry.neighbour.code}.{uuid4()}", f"0.{theirs['id']}"]

        for cursor in cursors:
            response = await caller.gets("/v1/households", params={"after": cursor})
            assert (response.status_code, response.json()["items"]) == (200, [])


class TestWhatLiesOutside:
    async def test_is_answered_byte_for_byte_like_what_is_not_there(
        self, registry: Registry, app: FastAPI
    ):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        admin = await registry.caller(R.REGENCY_ADMIN)
        foreign = {
            **await what_lies_in(registry, registry.elsewhere),
            **await what_else_lies_in(registry, registry.elsewhere),
        }

        for path, placeholder in paths_of_one(app):
            statuses = set()
            there, no_one = ({placeholder: each} for each in (foreign[placeholder], uuid4()))
            for caller in (operator, admin):
                outside = await caller.gets(path.format(number=1, **there))
                nowhere = await caller.gets(path.format(number=1, **no_one))
                assert as_bytes(outside) == as_bytes(nowhere)
                statuses.add(outside.status_code)
            assert 404 in statuses <= {403, 404}, path  # 403: a role that reads nobody anywhere

    async def test_is_written_into_no_access_log(self, registry: Registry):
        """Whoever was not read of is not noted: the log would tell that he is there."""
        caller = await registry.newcomer(R.VILLAGE_OPERATOR)
        foreign = await what_lies_in(registry, registry.neighbour)

        await caller.gets(f"/v1/households/{foreign['household_id']}")

        statement = "SELECT count(*) FROM access_entry WHERE actor_id = $1"
        [[noted]] = await registry.runs(statement, caller.actor.id)
        assert noted == 0


def paths_of_one(app: FastAPI) -> list[tuple[str, str]]:
    """Every path that reads one thing by its id."""
    found = []
    for path, operations in app.openapi()["paths"].items():
        parameters = operations.get("get", {}).get("parameters", [])
        ids = {p["name"] for p in parameters if p["in"] == "path" and p["name"].endswith("_id")}
        found += [(path, placeholder) for placeholder in ids - OF_EVERYBODY]
    assert {placeholder for _, placeholder in found} >= {"household_id", "proposal_id"}
    return found


async def what_lies_in(registry: Registry, village: Region) -> dict[str, str]:
    operator = await registry.caller(R.VILLAGE_OPERATOR, over=village)
    proposal = await registry.proposal(by=operator)
    response = await operator.gets(f"/v1/households/{proposal['household_id']}")
    household = response.json()
    return {
        "proposal_id": proposal["id"],
        "household_id": household["id"],
        "family_id": household["families"][0]["id"],
        "member_id": household["members"][0]["id"],
        "survey_id": household["survey"]["id"],
        "account_id": str(operator.actor.id),
    }


async def what_else_lies_in(registry: Registry, village: Region) -> dict[str, str]:
    operator = await registry.caller(R.VILLAGE_OPERATOR, over=village)
    enumerator = await registry.caller(R.ENUMERATOR, over=village)
    visited = (await registry.household(by=operator))["id"]
    errand = {"enumerator_id": str(enumerator.actor.id), "household_ids": [visited]}
    [visit] = (await operator.posts("/v1/visits", errand)).json()["items"]
    held = await registry.deliberation(by=operator, village_code=village.code)
    return {
        "visit_id": visit["visit_id"],
        "document_id": (await registry.document(by=operator))["id"],
        "recipient_id": (await a_recipient(registry, by=operator))["id"],
        "deliberation_id": held["id"],
        "statement_id": (await registry.statement(by=operator))["id"],
        **await a_file_and_a_case(registry, operator),
        **await what_was_asked_for_in(registry, village, by=operator),
    }


async def what_was_asked_for_in(
    registry: Registry, village: Region, *, by: Caller
) -> dict[str, str]:
    machine = await registry.machine(village.at(Tier.REGENCY))
    (agreement,) = await registry.runs(
        "SELECT id FROM agreement WHERE account_id = $1", machine.actor.id
    )
    endpoint = {"url": "https://penerima.example/kait", "events": ["members.changed"]}
    proposal = await registry.proposal("determined", by=by)
    household = (await by.gets(f"/v1/households/{proposal['household_id']}")).json()
    certified = {"member_id": household["members"][0]["id"], "purpose": "pip"}
    asked = {
        "extract_id": await machine.posts("/v1/extracts", {"resource": "members"}),
        "subscription_id": await machine.posts("/v1/subscriptions", endpoint),
        "list_id": await by.posts("/v1/lists", {"kind": "named_list"}),
        "letter_id": await by.posts("/v1/letters", certified),
    }
    return {
        "agreement_id": str(agreement["id"]),
        "correlation_id": str(uuid4()),  # of nobody's request: see test_spdci
        **{name: answer.json()["id"] for name, answer in asked.items()},
    }


def as_bytes(response: Response) -> tuple[object, ...]:
    headers = [(k, v) for k, v in response.headers.raw if k not in {b"x-request-id", b"date"}]
    return response.status_code, headers, response.content


class TestWhatASenderNames:
    async def test_a_household_is_not_entered_in_another_village(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        nowhere = Region(f"{registry.village.code[:6]}1999")

        answers = [
            await operator.posts("/v1/households", a_household(village))
            for village in (registry.neighbour, registry.elsewhere, nowhere)
        ]

        assert {refused(answer) for answer in answers} == {(404, "village-not-found")}
        assert len({answer.content for answer in answers}) == 1

    async def test_a_household_of_elsewhere_is_not_proposed(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        foreign = await what_lies_in(registry, registry.neighbour)

        answers = [
            await operator.posts(
                "/v1/proposals", {"kind": "new_family", "household_id": household_id}
            )
            for household_id in (foreign["household_id"], str(uuid4()))
        ]

        assert {refused(answer) for answer in answers} == {(404, "household-not-found")}
        assert answers[0].content == answers[1].content

    async def test_a_member_is_not_put_into_a_family_of_elsewhere(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        household = await registry.household(by=operator)
        member = household["members"][0]
        foreign = await what_lies_in(registry, registry.neighbour)
        families = (foreign["family_id"], str(uuid4()))

        entered = [
            await operator.posts(
                f"/v1/households/{household['id']}/members",
                {"name": "Ani", "family_id": family_id},
            )
            for family_id in families
        ]
        moved = [
            await operator.patches(f"/v1/members/{member['id']}", {"family_id": family_id})
            for family_id in families
        ]

        assert {refused(answer) for answer in entered + moved} == {(404, "family-not-found")}
        assert len({answer.content for answer in entered + moved}) == 1

    @pytest.mark.parametrize(
        ("path", "filter_"),
        [
            ("/v1/audit", "subject_id"),
            ("/v1/audit", "actor_id"),
            ("/v1/decisions", "proposal_id"),
            ("/v1/decisions", "actor_id"),
        ],
    )
    async def test_a_filter_by_an_id_of_elsewhere_finds_nothing(
        self, registry: Registry, path: str, filter_: str
    ):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        neighbours = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        await registry.proposal("awaiting_regency", by=operator)
        proposal = await registry.proposal("awaiting_regency", by=neighbours)
        head = await registry.caller(R.VILLAGE_HEAD, over=registry.neighbour)
        is_actor = filter_ == "actor_id"
        sent = str(head.actor.id) if is_actor else proposal["id"]

        theirs = [item async for item in pages(neighbours, path, **{filter_: sent})]
        ours = [item async for item in pages(operator, path, **{filter_: sent})]

        assert len(theirs) >= 1
        assert ours == []


class TestAClash:
    """Uniqueness looks through row-level security, so its answer says nothing of the other."""

    @pytest.mark.parametrize("kind", ["household", "family", "member", "proposal"])
    async def test_of_ids_is_told_alike_wherever_the_other_lies(
        self, registry: Registry, kind: str
    ):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        answers = []
        for village in (registry.village, registry.neighbour, registry.elsewhere):
            taken = (await what_lies_in(registry, village))[f"{kind}_id"]
            answer = await sent_with_id(registry, operator, kind, taken)
            assert refused(answer) == (409, "id-taken")
            answers.append(answer)

        assert len({answer.content for answer in answers}) == 1
        assert answers[0].json()["errors"] == []

    @pytest.mark.parametrize("rows", ["/families", "/families/0/members"])
    async def test_of_ids_within_one_request_is_told_by_its_place(
        self, registry: Registry, rows: str
    ):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        household = a_household(registry.village, a_member(registry.village))
        first = household["families"][0]
        twice = {
            "/families": [first, {"id": first["id"], "number": 2}],
            "/families/0/members": [{**first, "members": 2 * first["members"]}],
        }

        answer = await operator.posts("/v1/households", {**household, "families": twice[rows]})

        assert refused(answer) == (422, "malformed")
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(rows, "repeated")]

    async def test_of_niks_is_told_alike_wherever_the_other_lies(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        drafts, refusals = [], []
        for village in (registry.village, registry.neighbour, registry.elsewhere):
            person = await on_its_way(registry, village)
            household = await registry.household(
                by=operator, families=[a_family({**person, "id": str(uuid4())})]
            )
            drafts.append(household["members"][0]["nik_check"])
            refusals.append(await submitted(registry, operator, household))

        assert drafts[0]["codes"] == ["duplicate"]
        assert drafts[0] == drafts[1] == drafts[2]
        assert refused(refusals[0]) == (409, "nik-held-elsewhere")
        assert told(refusals[0]) == told(refusals[1]) == told(refusals[2])


async def sent_with_id(registry: Registry, caller: Caller, kind: str, taken: str) -> Response:
    """A new one of that kind, in the caller's own village, under an id that is in use."""
    if kind == "household":
        return await caller.posts("/v1/households", a_household(registry.village, id=taken))
    household = await registry.household(by=caller)
    if kind == "proposal":
        body = {"id": taken, "kind": "new_family", "household_id": household["id"]}
        return await caller.posts("/v1/proposals", body)
    body = {"family": {"number": 2}, "member": {"name": "Ani"}}[kind]
    plural = {"family": "families", "member": "members"}[kind]
    path = f"/v1/households/{household['id']}/{plural}"
    return await caller.posts(path, {**body, "id": taken})


def a_family(*members: dict[str, Any]) -> dict[str, Any]:
    return {"number": 1, "card_number": "3672010101200077", "members": list(members)}


async def on_its_way(registry: Registry, village: Region) -> dict[str, Any]:
    """Somebody of that village whose proposal is on its way, so that he holds his NIK."""
    operator = await registry.caller(R.VILLAGE_OPERATOR, over=village)
    person = a_member(village)
    await registry.proposal("awaiting_deliberation", by=operator, families=[a_family(person)])
    return person


async def submitted(registry: Registry, caller: Caller, household: dict[str, Any]) -> Response:
    return await caller.takes("submit", await registry.proposes(caller, household))


def told(refusal: Response) -> dict[str, Any]:
    """What a refusal says, but for the ids of the sender's own people."""
    problem = refusal.json()
    [error] = problem["errors"]
    own, members, _, field = error["pointer"].split("/")
    assert (own, members, field) == ("", "members", "nik")
    return {**problem, "errors": [{**error, "pointer": ""}]}
