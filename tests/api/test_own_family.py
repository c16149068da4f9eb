"""Nobody decides on a family he is a member of; verifying and endorsing takes two people."""

from typing import Any

import pytest

from app.domain.actors import Role
from tests.api.test_moves import a_couple, as_head, between
from tests.registry import (
    LETTER,
    REASON,
    Caller,
    Registry,
    a_household,
    a_member,
    a_nik,
    pointers,
    refused,
)

R = Role


async def identified(registry: Registry, caller: Caller, nik: str | None) -> dict[str, Any]:
    """The account of that officer, once the admin has said who he is."""
    admin = await registry.caller(R.MINISTRY_ADMIN)
    path = f"/v1/accounts/{caller.actor.id}"
    version = (await admin.gets(path)).json()["version"]
    response = await admin.puts(f"{path}/person", {"nik": nik}, version=version)
    assert response.status_code == 200, response.text
    return response.json()


async def about(registry: Registry, state: str, member: dict[str, Any]) -> dict[str, Any]:
    families = a_household(registry.village, member)["families"]
    return await registry.proposal(state, families=families)


class TestWhoSomebodyIs:
    async def test_is_said_by_the_admin_and_told_masked(self, registry: Registry):
        verifier = await registry.newcomer(R.REGENCY_VERIFIER)
        member = a_member(registry.village)

        account = await identified(registry, verifier, member["nik"])

        hidden = member["nik"][:4] + "*" * 12
        assert account["person_nik"] == hidden
        [entry] = [
            each
            for each in await audit_of_account(registry, verifier)
            if each["action"] == "identify"
        ]
        assert entry["changes"] == {"/person_nik": [None, hidden]}
        [kept] = await registry.runs(
            "SELECT changes FROM audit_entry WHERE id = $1 AND scope_code > 0", entry["id"]
        )
        assert member["nik"] not in kept["changes"]
        assert (await identified(registry, verifier, None))["person_nik"] is None

    async def test_is_a_nik_that_can_be_one(self, registry: Registry):
        verifier = await registry.newcomer(R.REGENCY_VERIFIER)
        admin = await registry.caller(R.MINISTRY_ADMIN)
        path = f"/v1/accounts/{verifier.actor.id}/person"

        response = await admin.puts(path, {"nik": "36720159058400"}, version=1)

        assert refused(response) == (422, "nik-not-readable")
        assert pointers(response) == {"/nik"}

    async def test_is_not_his_own_to_say(self, registry: Registry):
        admin = await registry.caller(R.REGENCY_ADMIN)
        path = f"/v1/accounts/{admin.actor.id}/person"

        response = await admin.puts(path, {"nik": None}, version=1)

        assert refused(response) == (403, "own-account")


async def audit_of_account(registry: Registry, caller: Caller) -> list[dict[str, Any]]:
    admin = await registry.caller(R.MINISTRY_ADMIN)
    response = await admin.gets("/v1/audit", params={"subject_id": str(caller.actor.id)})
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def an_arrival(registry: Registry, nik: str) -> dict[str, Any]:
    """Of whoever has that NIK, in a village of another province; its head is waited for."""
    operator = await registry.caller(R.VILLAGE_OPERATOR, over=registry.elsewhere)
    draft = a_household(registry.elsewhere, families=[])
    household = (await operator.posts("/v1/households", draft)).json()
    heads = {"relation_to_household_head": 1, "relation_to_family_head": 1}
    people = [{"nik": nik, **heads}]
    asks = {"direction": "arrival", "people": people, "moved_on": "2026-11-02"}
    return await registry.asks("move", household, asks, "awaiting_village_head", by=operator)


class TestAFamilyOfOnesOwn:
    @pytest.mark.parametrize(
        ("state", "role", "grounds"),
        [
            ("awaiting_village_head", R.VILLAGE_HEAD, {}),
            ("awaiting_regency", R.REGENCY_VERIFIER, {}),
            ("awaiting_endorsement", R.REGENCY_ENDORSER, LETTER),
        ],
    )
    async def test_is_decided_on_by_others(
        self, registry: Registry, state: str, role: Role, grounds: dict[str, str]
    ):
        member = a_member(registry.village)
        proposal = await about(registry, state, member)
        officer = await registry.newcomer(role)
        await identified(registry, officer, member["nik"])

        tries = [
            await officer.takes("approve", proposal, **grounds),
            await officer.takes("return", proposal, target="drafted", **REASON),
        ]

        assert [refused(each) for each in tries] == [(403, "own-family")] * 2
        assert (await officer.reads(proposal))["open_actions"] == []
        waiting = await officer.gets("/v1/proposals", params={"open_to_me": "true"})
        assert proposal["id"] not in {each["id"] for each in waiting.json()["items"]}
        others = await registry.newcomer(role)
        assert (await others.reads(proposal))["open_actions"] != []

    async def test_is_that_of_an_account_at_home_in_a_wider_region(self, registry: Registry):
        """He works in one village; who he is, his regency's account says."""
        member = a_member(registry.village)
        proposal = await about(registry, "awaiting_village_head", member)
        officer = await registry.newcomer(R.REGENCY_OPERATOR)
        await identified(registry, officer, member["nik"])
        as_head = await registry.also(officer, R.VILLAGE_HEAD)

        response = await as_head.takes("approve", proposal)

        assert refused(response) == (403, "own-family")

    async def test_is_known_where_they_are_to_move_to(self, registry: Registry):
        """He stands among those who come, and is in none of that village's households yet."""
        household = await registry.registered()
        nik = household["members"][0]["nik"]
        arrival = await an_arrival(registry, nik)
        head = await registry.newcomer(R.VILLAGE_HEAD, over=registry.elsewhere)
        await identified(registry, head, nik)

        response = await head.takes("approve", arrival)

        assert refused(response) == (403, "own-family")
        assert (await head.reads(arrival))["open_actions"] == []
        listed = await head.gets("/v1/proposals", params={"open_to_me": "true"})
        assert arrival["id"] not in {each["id"] for each in listed.json()["items"]}

    async def test_is_known_where_their_village_lets_them_go(self, registry: Registry):
        """It named them by their ids; where they arrive nobody has written a NIK."""
        move = await between(registry, registry.village, registry.elsewhere)
        household = await move.registered()
        departure = await move.until(await move.depart(household), "awaiting_deliberation")
        arrival = await move.placed(await move.other_end(departure), 1)
        arrival = await move.until(arrival, "awaiting_village_head")
        head = await registry.newcomer(R.VILLAGE_HEAD, over=registry.elsewhere)
        await identified(registry, head, household["members"][0]["nik"])

        response = await head.takes("approve", arrival)

        assert refused(response) == (403, "own-family")

    async def test_is_that_of_whoever_is_left_behind(self, registry: Registry):
        move = await between(registry, registry.village, registry.neighbour)
        household = await move.registered(*a_couple(registry.village))
        stays, goes = household["members"]
        arrival = await move.until(await move.agreed([as_head(goes["nik"])]), "awaiting_regency")
        verifier = await registry.newcomer(R.REGENCY_VERIFIER)
        await identified(registry, verifier, stays["nik"])

        response = await verifier.takes("approve", arrival)

        assert refused(response) == (403, "own-family")

    async def test_may_be_proposed(self, registry: Registry):
        member = a_member(registry.village)
        operator = await registry.newcomer(R.VILLAGE_OPERATOR)
        await identified(registry, operator, member["nik"])
        families = a_household(registry.village, member)["families"]

        proposal = await registry.proposal(by=operator, families=families)

        assert (await operator.takes("submit", proposal)).status_code == 201


class TestVerifyingAndEndorsing:
    async def test_takes_two_people(self, registry: Registry):
        verifier = await registry.newcomer(R.REGENCY_VERIFIER)
        proposal = await registry.proposal("awaiting_regency")
        assert (await verifier.takes("approve", proposal)).status_code == 201
        as_endorser = await registry.also(verifier, R.REGENCY_ENDORSER)
        proposal = await as_endorser.reads(proposal)

        response = await as_endorser.takes("approve", proposal, **LETTER)

        assert refused(response) == (403, "verified-by-you")
        assert [each["action"] for each in proposal["open_actions"]] == ["return"]
        other = await registry.caller(R.REGENCY_ENDORSER)
        assert (await other.takes("approve", proposal, **LETTER)).status_code == 201

    async def test_takes_two_people_whatever_accounts_they_have(self, registry: Registry):
        verifier, endorser = [
            await registry.newcomer(role) for role in (R.REGENCY_VERIFIER, R.REGENCY_ENDORSER)
        ]
        proposal = await registry.proposal("awaiting_regency")
        await verifier.takes("approve", proposal)
        proposal = await endorser.reads(proposal)
        nik = a_nik(registry.village)
        for account in (verifier, endorser):
            await identified(registry, account, nik)

        response = await endorser.takes("approve", proposal, **LETTER)

        assert refused(response) == (403, "verified-by-you")
        other = await registry.caller(R.REGENCY_ENDORSER)
        assert (await other.takes("approve", proposal, **LETTER)).status_code == 201
