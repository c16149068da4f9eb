"""Removals and restorations: out of the registry with a reason, and back; never deleted."""

from typing import Any

from httpx2 import Response

from app.domain.actors import Role
from tests.api.test_kinds_correction import a_couple, a_wife
from tests.registry import Registry, a_member, pointers, refused

DIED = {"reason": "deceased", "effective_on": "2026-11-02"}
BACK = {
    "note": "Orangnya masih hidup.",
    "evidence": [{"type": "visit_report", "note": "Ditemui di rumahnya."}],
}
NOT_KEPT = {"version", "updated_at"}


def kept(record: dict[str, Any]) -> dict[str, Any]:
    """All that there is of a household or a member, but when and how often it changed."""
    told = {"proposal", "open_proposals", "survey", "open_actions"} | NOT_KEPT
    inside = {"members", "families"} & record.keys()
    return {k: v for k, v in record.items() if k not in told | inside} | {
        each: [kept(one) for one in record[each]] for each in inside
    }


async def refusal_of(
    registry: Registry,
    household: dict[str, Any],
    asks: dict[str, Any],
    **about: str,
) -> Response:
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    proposal = await registry.asks("removal", household, asks, **about)
    return await operator.takes("submit", proposal)


async def holds_nik(registry: Registry, member: dict[str, Any]) -> bool:
    [[held]] = await registry.runs("SELECT nik_held($1, NULL)", member["nik"])
    return bool(held)


async def test_a_person_who_died_goes_and_comes_back_as_he_was(registry: Registry):
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    household = await registry.registered(*a_couple(registry))
    wife = household["members"][1]
    about = {"member_id": wife["id"]}

    proposal = await registry.asks("removal", household, DIED, "determined", **about)

    gone = (await operator.gets(f"/v1/members/{wife['id']}")).json()
    assert kept(gone) == kept(wife) | {
        "state": "inactive",
        "inactive_reason": "deceased",
        "inactive_on": "2026-11-02",
    }
    assert (proposal["now"], proposal["proposed"]) == (
        {"state": "registered"},
        {"state": "inactive"},
    )
    assert [each["id"] for each in (await registry.home_of(household["id"]))["members"]] == [
        household["members"][0]["id"]
    ]
    assert not await holds_nik(registry, wife)

    await registry.asks("restoration", household, BACK, "determined", **about)

    assert kept(await registry.home_of(household["id"])) == kept(household)
    assert await holds_nik(registry, wife)


async def test_the_last_one_takes_the_household_along_and_brings_it_back(registry: Registry):
    household = await registry.registered()
    about = {"member_id": household["members"][0]["id"]}

    proposal = await registry.asks("removal", household, DIED, "determined", **about)

    gone = await registry.home_of(household["id"])
    assert (gone["state"], gone["inactive_reason"], gone["members"]) == ("inactive", "deceased", [])
    assert gone["families"] == []
    assert proposal["proposed"]["household"] == {"state": "inactive"}
    await registry.asks("restoration", household, BACK, "determined", **about)
    assert kept(await registry.home_of(household["id"])) == kept(household)


async def test_a_household_comes_back_with_those_who_went_with_it(registry: Registry):
    child = a_wife(registry, number=3, relation_to_household_head=3, relation_to_family_head=3)
    child |= {"name": "Rina", "marital_status": 1, "birth_date": "2015-01-02", "nik": ...}
    family = [*a_couple(registry), {k: v for k, v in child.items() if v is not ...}]
    family[2]["nik"] = f"{registry.village.code[:6]}420115{int(family[0]['nik'][-4:]):04d}"
    household = await registry.registered(*family)
    first = household["members"][2]
    await registry.asks("removal", household, DIED, "determined", member_id=first["id"])
    before = await registry.home_of(household["id"])
    all_moved = {"reason": "address_not_found", "effective_on": "2026-11-05"}

    await registry.asks("removal", household, all_moved, "determined")
    await registry.asks("restoration", household, BACK, "determined")

    assert kept(await registry.home_of(household["id"])) == kept(before)


async def test_where_the_head_goes_a_new_one_is_named(registry: Registry):
    household = await registry.registered(*a_couple(registry))
    head, wife = household["members"]
    widow = {wife["id"]: {"relation_to_household_head": 1, "relation_to_family_head": 1}}
    about = {"member_id": head["id"]}

    bare = await refusal_of(registry, household, DIED, **about)
    await registry.asks("removal", household, {**DIED, "relations": widow}, "determined", **about)

    assert refused(bare) == (422, "not-yet-complete")
    assert "/asks/relations" in pointers(bare)
    [left] = (await registry.home_of(household["id"]))["members"]
    assert (left["id"], left["relation_to_household_head"]) == (wife["id"], 1)


class TestARemovalIsRefused:
    async def test_without_what_its_reason_asks_for(self, registry: Registry):
        household = await registry.registered(*a_couple(registry))
        twice = {"reason": "duplicate", "other_record": "R000"}

        response = await refusal_of(
            registry, household, twice, member_id=household["members"][1]["id"]
        )

        assert refused(response) == (422, "not-yet-complete")
        assert pointers(response) == {
            "/asks/effective_on",
            "/asks/other_record",
            "/asks/evidence",
        }

    async def test_on_a_day_that_has_not_come(self, registry: Registry):
        household = await registry.registered()
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        body = {"kind": "removal", "household_id": household["id"]}
        body["asks"] = {"reason": "moved", "effective_on": "9000-01-01"}

        response = await operator.posts("/v1/proposals", body)

        assert refused(response) == (422, "malformed")
        assert pointers(response) == {"/asks/effective_on"}


class TestWhatWasRegisteredOnce:
    async def test_is_not_made_a_draft_again(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        household = await registry.registered()
        member = household["members"][0]
        moved = {"reason": "moved", "effective_on": "2026-11-05"}
        await registry.asks("removal", household, moved, "determined")
        gone = await registry.home_of(household["id"])
        version = (await operator.gets(f"/v1/members/{member['id']}")).json()["version"]
        step = {"action": "restore", "grounds": {"note": "Keliru."}}

        answers = [
            await operator.posts(
                f"/v1/households/{gone['id']}/steps", step, version=gone["version"]
            ),
            await operator.posts(f"/v1/members/{member['id']}/steps", step, version=version),
        ]

        assert gone["open_actions"] == []
        assert refused(answers[0]) == (409, "once-registered")
        assert refused(answers[1])[0] == 409

    async def test_does_not_come_back_while_somebody_else_has_the_nik(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        household = await registry.registered(*a_couple(registry))
        wife = household["members"][1]
        await registry.asks("removal", household, DIED, "determined", member_id=wife["id"])
        same = {key: wife[key] for key in ("nik", "birth_date", "sex")}
        family = _family(a_member(registry.village, **same))
        await registry.proposal("awaiting_deliberation", families=family)
        draft = await registry.asks("restoration", household, BACK, member_id=wife["id"])

        response = await operator.takes("submit", draft)

        assert refused(response) == (409, "nik-held-elsewhere")

    async def test_comes_back_only_if_it_is_out(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        household = await registry.registered()
        body = {"kind": "restoration", "household_id": household["id"]}

        assert refused(await operator.posts("/v1/proposals", body)) == (409, "not-taken-out")


def _family(member: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"number": 1, "card_number": "3672010101200007", "members": [member]}]
