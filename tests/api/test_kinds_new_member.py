"""A new member (penambahan anggota): somebody joins a household that is registered."""

from typing import Any

from app.domain.actors import Role
from tests.api.test_kinds_correction import a_wife
from tests.registry import Caller, Registry, a_member, pointers, refused

REASON = {"note": "Menikah setelah pendataan."}


async def joined(registry: Registry, household: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Somebody drafted in that household, by its village's operator."""
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    body = a_wife(registry, **changes) | {"family_id": household["families"][0]["id"]}
    response = await operator.posts(f"/v1/households/{household['id']}/members", body)
    assert response.status_code == 201, response.text
    return response.json()


async def visited(registry: Registry, household: dict[str, Any]) -> None:
    """Visited again: with answers for everybody who is there now."""
    await registry.survey(await registry.home_of(household["id"]))


async def test_is_drafted_surveyed_proposed_and_registered(registry: Registry):
    household = await registry.registered()
    wife = await joined(registry, household)
    await visited(registry, household)

    proposal = await registry.asks(
        "new_member", household, REASON, "determined", member_id=wife["id"]
    )

    after = {m["id"]: m for m in (await registry.home_of(household["id"]))["members"]}
    assert after[wife["id"]]["state"] == "registered"
    assert after[wife["id"]]["dtks_id"][0] == "A"
    assert household["members"][0] == after[household["members"][0]["id"]]
    assert proposal["now"] == {"state": "proposed"}
    assert proposal["proposed"]["name"] == wife["name"]
    assert proposal["proposed"]["answers"]
    entries = await registry.audit_of(wife["id"])
    assert [each["action"] for each in entries] == ["enter", "register"]


async def test_is_the_villages_to_change_until_he_is_proposed(registry: Registry):
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    household = await registry.registered()
    wife = await joined(registry, household)
    path = f"/v1/members/{wife['id']}"
    await visited(registry, household)

    before = await operator.patches(path, {"name": "Siti Aminah Putri"}, version=1)
    proposal = await registry.asks(
        "new_member", household, REASON, "awaiting_deliberation", member_id=wife["id"]
    )
    frozen = await operator.patches(path, {"name": "Siti"}, version=2)
    taken_out = await operator.posts(
        f"{path}/steps", {"action": "remove", "grounds": {"note": "Keliru."}}, version=2
    )
    await operator.takes("withdraw", proposal, note="Keliru.")
    again = await operator.patches(path, {"name": "Siti"}, version=2)

    assert before.status_code == 200
    assert refused(frozen) == refused(taken_out) == (409, "on-its-way")
    assert again.status_code == 200
    [[held]] = await registry.runs("SELECT nik_held($1, NULL)", wife["nik"])
    assert not held


class TestANewMemberIsRefused:
    async def submits(
        self, registry: Registry, household: dict[str, Any], member: dict[str, Any]
    ) -> Any:  # noqa: ANN401
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        draft = await registry.asks("new_member", household, REASON, member_id=member["id"])
        return await operator.takes("submit", draft)

    async def test_with_everything_that_is_wanting_of_him_alone(self, registry: Registry):
        household = await registry.registered()
        wife = await joined(registry, household, mother_name=None, nik=None)

        response = await self.submits(registry, household, wife)

        assert refused(response) == (422, "not-yet-complete")
        assert pointers(response) == {
            f"/members/{wife['id']}/mother_name",
            f"/members/{wife['id']}/nik",
            f"/survey/answers/members/{wife['id']}",
        }

    async def test_while_somebody_else_has_his_nik(self, registry: Registry):
        other, household = await registry.registered(), await registry.registered()
        twin = {key: other["members"][0][key] for key in ("nik", "birth_date")}
        son = {"sex": 1, "relation_to_household_head": 8, "relation_to_family_head": 8}
        member = await joined(registry, household, **twin, **son)
        await visited(registry, household)

        response = await self.submits(registry, household, member)

        assert refused(response) == (409, "nik-held-elsewhere")
        assert pointers(response) == {f"/members/{member['id']}/nik"}

    async def test_where_he_is_registered_or_nothing_is(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        household, draft = await registry.registered(), await registry.household()

        answers = [
            await self.proposes(operator, each, each["members"][0]) for each in (household, draft)
        ]

        assert [refused(each) for each in answers] == [
            (409, "not-a-draft"),
            (409, "not-registered"),
        ]

    async def proposes(
        self, operator: Caller, household: dict[str, Any], member: dict[str, Any]
    ) -> Any:  # noqa: ANN401
        body = {"kind": "new_member", "household_id": household["id"], "member_id": member["id"]}
        return await operator.posts("/v1/proposals", body)


async def test_nobody_joins_where_everybody_is_out(registry: Registry):
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    household = await registry.household()
    step = {"action": "remove", "grounds": {"note": "Keliru."}}
    await operator.posts(f"/v1/households/{household['id']}/steps", step, version=1)

    response = await operator.posts(
        f"/v1/households/{household['id']}/members", a_member(registry.village)
    )

    assert refused(response) == (409, "action-not-open")
