"""A file of proposals beside the registry: what its rows become where somebody is on record."""

import pytest

from app.commands.households import enter_household
from app.commands.import_kinds.base import alone, subject
from app.db.tables.base import new_id
from app.domain.actors import Role
from app.domain.channels import Channel
from app.domain.households import HOUSEHOLDS
from app.domain.imports.workflow import RowsNotGood
from tests.api.test_imports import a_row, applied, checked, items
from tests.api.test_imports import worker as worker  # noqa: PLC0414 - a fixture
from tests.registry import Caller, Registry

R = Role


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


class TestWhoIsOnRecord:
    async def test_is_not_entered_twice(self, registry: Registry, operator: Caller):
        row = a_row(registry.village)
        await applied(operator, await checked(operator, [row]))

        after = await applied(operator, await checked(operator, [row, a_row(registry.village)]))

        assert (after["counts"]["same"], after["counts"]["taken"]) == (1, 1)

    async def test_is_proposed_for_the_programme_of_the_row(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.registered()
        [member] = household["members"]
        card = household["families"][0]["card_number"]
        row = a_row(registry.village, card=card, nik=member["nik"], programme="PBI")

        after = await applied(operator, await checked(operator, [row]))

        [unit] = await items(operator, after, "units")
        proposal = await operator.reads(unit["subjects"][0])
        assert (proposal["kind"], proposal["member_id"]) == ("programme", member["id"])
        assert proposal["asks"]["programme"] == "PBI_JK"

    async def test_has_others_of_his_card_proposed_as_new_members(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.registered()
        card = household["families"][0]["card_number"]
        there = a_row(registry.village, card=card, nik=household["members"][0]["nik"])
        missing = a_row(registry.village, card=card)

        after = await applied(operator, await checked(operator, [there, missing]))

        [unit] = await items(operator, after, "units")
        member, proposal = unit["subjects"]
        assert (await operator.reads(proposal))["kind"] == "new_member"
        found = (await operator.gets(f"/v1/members/{member['id']}")).json()
        assert (found["nik"], found["household_id"]) == (missing["nik"], household["id"])

    async def test_gets_a_programme_of_families_for_the_card(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.registered()
        [member], [family] = household["members"], household["families"]
        row = a_row(registry.village, card=family["card_number"], nik=member["nik"])

        after = await applied(operator, await checked(operator, [{**row, "programme": "PKH"}]))

        [unit] = await items(operator, after, "units")
        proposal = await operator.reads(unit["subjects"][0])
        assert (proposal["family_id"], proposal["member_id"]) == (family["id"], None)
        assert proposal["asks"] == {"programme": "PKH", "payee_id": member["id"]}

    async def test_as_a_draft_is_not_proposed_for_anything_and_takes_others_in(
        self, registry: Registry, operator: Caller
    ):
        there = a_row(registry.village)
        first = await applied(operator, await checked(operator, [there]))
        joining = a_row(registry.village, card=there["card_number"])
        rows = [{**there, "programme": "PBI"}, {**joining, "programme": "PBI"}, joining]

        after = await applied(operator, await checked(operator, rows))

        [drafted], [unit] = [await items(operator, each, "units") for each in (first, after)]
        [member] = unit["subjects"]
        assert member["workflow"] == "member"
        path = f"/v1/households/{drafted['subjects'][0]['id']}"
        members = (await operator.gets(path)).json()["members"]
        assert [each["nik"] for each in members] == [there["nik"], joining["nik"]]

    async def test_in_several_households_is_proposed_one_by_one(
        self, registry: Registry, operator: Caller
    ):
        homes = [await registry.registered() for _ in range(2)]
        card = homes[0]["families"][0]["card_number"]
        rows = [a_row(registry.village, card=card, nik=each["members"][0]["nik"]) for each in homes]

        ready = await checked(operator, [*rows, a_row(registry.village)])

        [row] = await items(operator, ready, "rows", severity="error")
        assert (row["row"], row["problems"][-1]["code"]) == (2, "several_households")

    async def test_elsewhere_is_offered_a_move(self, registry: Registry, operator: Caller):
        far = await registry.caller(R.VILLAGE_OPERATOR, over=registry.elsewhere)
        own = await registry.proposal("determined", by=far)
        held = (await far.gets(f"/v1/households/{own['household_id']}")).json()["members"][0]

        ready = await checked(
            operator, [a_row(registry.village, nik=held["nik"]), a_row(registry.village)]
        )

        problems = [e for row in await items(operator, ready, "rows") for e in row["problems"]]
        assert "nik_held_elsewhere" in {each["code"] for each in problems}


async def test_a_unit_that_is_refused_leaves_no_trace_and_the_next_goes_in(
    registry: Registry, operator: Caller
):
    by = operator.actor

    async def entered(*, refused: bool) -> list[dict[str, str]]:
        values = {"id": new_id(), "scope_code": by.region.first, "address": "JL. MAWAR"}
        household = await enter_household(session, values, by=by)
        if refused:
            raise RowsNotGood
        return [subject(HOUSEHOLDS, household.id)]

    async with registry.database.transaction(by.region, channel=Channel.HTTP) as session:
        effects = [await alone(session, entered(refused=each)) for each in (True, False)]

    assert [each.outcome for each in effects] == ["left", "taken"]
    there = await registry.runs("SELECT id::text FROM household WHERE created_by = $1", by.id)
    assert [row["id"] for row in there] == [each["id"] for each in effects[1].subjects]
