"""One's own decision is undone until somebody goes on from there."""

from typing import Any

import pytest

from app.domain.actors import Role
from tests.registry import (
    LETTER,
    REASON,
    Caller,
    Registry,
    a_household,
    a_member,
    refused,
)

R = Role


def offered(proposal: dict[str, Any]) -> set[str]:
    return {each["action"] for each in proposal["open_actions"]}


async def decided(
    registry: Registry,
    verdict: str,
    by: Caller,
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """A proposal on which the verifier has just decided, as he reads it."""
    proposal = await registry.proposal("awaiting_regency", **more.pop("household", {}))
    response = await by.takes(verdict, proposal, **more)
    assert response.status_code == 201, response.text
    return await by.reads(proposal)


async def test_what_was_approved_comes_back_and_both_stand_in_the_audit(registry: Registry):
    verifier = await registry.caller(R.REGENCY_VERIFIER)
    proposal = await decided(registry, "approve", verifier)
    assert offered(proposal) == {"undo"}

    response = await verifier.takes("undo", proposal)

    assert response.status_code == 201, response.text
    after = await verifier.reads(proposal)
    assert after["state"] == "awaiting_regency"
    assert offered(after) == {"approve", "return", "reject"}
    path = {"proposal_id": proposal["id"]}
    decisions = (await verifier.gets("/v1/decisions", params=path)).json()["items"]
    assert [each["action"] for each in decisions][-2:] == ["approve", "undo"]
    assert (await verifier.takes("approve", after)).status_code == 201


async def test_of_nobody_else(registry: Registry):
    verifier = await registry.caller(R.REGENCY_VERIFIER)
    colleague = await registry.newcomer(R.REGENCY_VERIFIER)
    proposal = await decided(registry, "approve", verifier)

    response = await colleague.takes("undo", proposal)

    assert refused(response) == (409, "not-your-last-word")
    assert offered(await colleague.reads(proposal)) == set()


async def test_not_in_another_role(registry: Registry):
    verifier = await registry.newcomer(R.REGENCY_VERIFIER)
    as_head = await registry.also(verifier, R.VILLAGE_HEAD)
    proposal = await registry.proposal("awaiting_village_head")
    await as_head.takes("return", proposal, target="drafted", **REASON)
    proposal = await verifier.reads(proposal)

    response = await verifier.takes("undo", proposal)

    assert refused(response) == (409, "not-your-last-word")


async def test_not_once_the_next_tier_has_decided_and_not_twice(registry: Registry):
    verifier = await registry.caller(R.REGENCY_VERIFIER)
    endorser = await registry.caller(R.REGENCY_ENDORSER)
    proposal = await decided(registry, "approve", verifier)
    await endorser.takes("approve", proposal, **LETTER)
    proposal = await endorser.reads(proposal)
    late = await verifier.takes("undo", proposal)
    await endorser.takes("undo", proposal)
    back = await verifier.reads(proposal)

    again = await verifier.takes("undo", back)

    assert refused(late)[0] == 409
    assert refused(again) == (409, "not-your-last-word")
    assert offered(back) == set()


@pytest.mark.parametrize(
    ("verdict", "said"), [("approve", {}), ("return", {"target": "drafted", **REASON})]
)
async def test_handing_over_the_desk_is_not_going_on(
    registry: Registry, verdict: str, said: dict[str, Any]
):
    verifier = await registry.caller(R.REGENCY_VERIFIER)
    proposal = await decided(registry, verdict, verifier, **said)
    operator = await registry.caller(R.VILLAGE_OPERATOR)
    successor = await registry.newcomer(R.VILLAGE_OPERATOR)
    admin = await registry.caller(R.REGENCY_ADMIN)
    body = {
        "from_account_id": str(operator.actor.id),
        "to_account_id": str(successor.actor.id),
        "note": "Mutasi.",
    }
    await admin.posts("/v1/handovers", body)

    proposal = await verifier.reads(proposal)

    assert offered(proposal) == {"undo"}
    assert (await verifier.takes("undo", proposal)).status_code == 201
    after = await verifier.reads(proposal)
    assert (after["state"], after["marks"]) == ("awaiting_regency", None)


class TestAReturn:
    async def test_is_taken_back_with_its_marks(self, registry: Registry):
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        marks = [{"pointer": "/household/address", "reason": "data_incomplete"}]
        proposal = await decided(
            registry, "return", verifier, target="drafted", **REASON, marks=marks
        )

        assert (await verifier.takes("undo", proposal)).status_code == 201

        after = await verifier.reads(proposal)
        assert (after["state"], after["marks"]) == ("awaiting_regency", None)

    async def test_brings_back_what_was_marked_before(self, registry: Registry):
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        first, second = (
            {"pointer": f"/household/{name}", "reason": "data_incomplete", "note": None}
            for name in ("address", "rt")
        )
        proposal = await decided(
            registry, "return", verifier, target="drafted", **REASON, marks=[first | {"note": "x"}]
        )
        await operator.takes("submit", proposal, note="Sudah benar.")
        proposal = await operator.reads(proposal)
        while proposal["state"] != "awaiting_regency":
            proposal = await registry.moved_on(proposal)
        mark = {name: second[name] for name in ("pointer", "reason")}
        await verifier.takes("return", proposal, target="drafted", **REASON, marks=[mark])
        assert (await verifier.reads(proposal))["marks"] == [second]

        await verifier.takes("undo", await verifier.reads(proposal))

        assert (await verifier.reads(proposal))["marks"] == [first | {"note": "x"}]

    async def test_that_was_taken_back_brings_nothing_back(self, registry: Registry):
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        proposal = await decided(registry, "return", verifier, target="drafted", **REASON)
        await verifier.takes("undo", proposal)
        proposal = await verifier.reads(proposal)
        await verifier.takes("return", proposal, target="drafted", **REASON)

        await verifier.takes("undo", await verifier.reads(proposal))

        assert (await verifier.reads(proposal))["marks"] is None

    @pytest.mark.parametrize(
        ("mended", "what"),
        [
            ("households/{household}", {"address": "Jl. Baru 1"}),
            ("families/{family}", {"number": 2}),
            ("members/{member}", {"birth_place": "Serang"}),
        ],
    )
    async def test_stands_once_the_village_has_begun_to_mend(
        self, registry: Registry, mended: str, what: dict[str, Any]
    ):
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        proposal = await decided(registry, "return", verifier, target="drafted", **REASON)
        assert offered(proposal) == {"undo"}
        path = mended.format(
            household=proposal["household_id"],
            family=proposal["content"]["families"][0]["id"],
            member=proposal["content"]["members"][0]["id"],
        )
        response = await operator.patches(f"/v1/{path}", what)
        assert response.status_code == 200, response.text

        response = await verifier.takes("undo", proposal)

        assert refused(response) == (409, "not-your-last-word")
        assert offered(await verifier.reads(proposal)) == set()


class TestARejection:
    async def test_is_taken_back_with_the_niks(self, registry: Registry):
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        member = a_member(registry.village)
        families = a_household(registry.village, member)["families"]
        proposal = await decided(
            registry, "reject", verifier, **REASON, household={"families": families}
        )

        assert (await verifier.takes("undo", proposal)).status_code == 201

        assert (await verifier.reads(proposal))["state"] == "awaiting_regency"
        again = dict(member, id=a_member(registry.village)["id"])
        second = await registry.proposal(families=a_household(registry.village, again)["families"])
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        assert refused(await operator.takes("submit", second)) == (409, "nik-held-elsewhere")

    async def test_stands_where_somebody_has_taken_the_nik_since(self, registry: Registry):
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        member = a_member(registry.village)
        families = a_household(registry.village, member)["families"]
        proposal = await decided(
            registry, "reject", verifier, **REASON, household={"families": families}
        )
        again = dict(member, id=a_member(registry.village)["id"])
        families = a_household(registry.village, again)["families"]
        assert await registry.proposal("awaiting_deliberation", families=families)

        response = await verifier.takes("undo", proposal)

        assert refused(response) == (409, "nik-held-elsewhere")
        assert (await verifier.reads(proposal))["state"] == "rejected"

    async def test_stands_where_the_household_was_proposed_again(self, registry: Registry):
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        proposal = await decided(registry, "reject", verifier, **REASON)
        body = {"kind": "new_family", "household_id": proposal["household_id"]}
        assert (await operator.posts("/v1/proposals", body)).status_code == 201

        response = await verifier.takes("undo", proposal)

        assert refused(response) == (409, "already-proposed")


async def test_of_many_those_whose_place_is_taken_stand(registry: Registry):
    verifier = await registry.caller(R.REGENCY_VERIFIER)
    operator = await registry.caller(R.VILLAGE_OPERATOR)
    free, taken = [await decided(registry, "reject", verifier, **REASON) for _ in range(2)]
    body = {"kind": "new_family", "household_id": taken["household_id"]}
    assert (await operator.posts("/v1/proposals", body)).status_code == 201
    named = [{"id": each["id"], "version": each["version"]} for each in (free, taken)]

    response = await verifier.posts("/v1/decisions/bulk", {"verdict": "undo", "proposals": named})

    assert response.status_code == 200, response.text
    assert [row["state"] for row in response.json()["items"]] == ["awaiting_regency", None]


async def test_many_at_once(registry: Registry):
    verifier = await registry.caller(R.REGENCY_VERIFIER)
    proposals = [await decided(registry, "approve", verifier) for _ in range(2)]
    named = [{"id": each["id"], "version": each["version"]} for each in proposals]

    response = await verifier.posts("/v1/decisions/bulk", {"verdict": "undo", "proposals": named})

    assert (response.json()["decided"], response.json()["refused"]) == (2, 0), response.text
    assert {(await verifier.reads(each))["state"] for each in proposals} == {"awaiting_regency"}
