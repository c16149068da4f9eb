"""A person asks who read of him, and is told: whoever it was, wherever he sits."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import make_url

from app.commands.agreements import as_of_now
from app.db.access import Access, note_extract
from app.db.sessions import connection_in
from app.db.tables.base import new_id
from app.domain.actors import Role
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.sight import Purpose
from tests.api.test_moves import between
from tests.conftest import Run
from tests.registry import Caller, Registry, a_household, a_member, refused

Json = dict[str, Any]


@pytest.fixture
async def household(registry: Registry) -> Json:
    return await registry.household()


@pytest.fixture
def member_id(household: Json) -> str:
    return str(household["members"][0]["id"])


async def accesses(by: Caller, member_id: str, query: str = "") -> list[Json]:
    response = await by.gets(f"/v1/members/{member_id}/accesses{query}")
    assert response.status_code == 200, response.text
    items: list[Json] = response.json()["items"]
    return items


async def paged(by: Caller, member_id: str, query: str) -> list[Json]:
    """All pages, one after the other."""
    path = f"/v1/members/{member_id}/accesses{query}"
    items: list[Json] = []
    following: str | None = ""
    while following is not None:
        page = (await by.gets(path + following)).json()
        items += page["items"]
        following = page["next"] and f"&after={page['next']}"
    return items


async def lists(by: Caller, member_id: str) -> list[Json]:
    return [
        each for each in await accesses(by, member_id) if each["operation"] == "list_households"
    ]


# A list as it was read then, and by what it is found.
VILLAGE_IN_MONTH = "SELECT village_in_month($1, $2)"
LISTED = """
INSERT INTO access_entry (scope_code, actor_id, actor_role, actor_region_code, at, purpose,
    operation, request_id, subjects, homes)
VALUES (0, $3, 'auditor', '', $1, 'audit', 'list_households', 'x', array[$2, $3]::uuid[], 1)
"""


async def extracted(
    registry: Registry, by: Caller, people: list[str], *, village: Region | None = None
) -> UUID:
    """As an extract that is finished leaves it."""
    extract_id = new_id()
    access = Access(
        await as_of_now(registry.database, by.actor), Purpose.EXTRACT, "create_extract", ""
    )
    async with registry.database.transaction(INDONESIA) as session:
        connection = await connection_in(session)
        await connection.execute(
            "INSERT INTO access_reach (extract_id, scope_code, part, subjects) "
            "VALUES ($1, $2, 0, $3)",
            *(extract_id, (village or registry.village).first, people),
        )
        await note_extract(session, access, extract_id, 1_000)
    return extract_id


class TestAPersonIsTold:
    async def test_who_read_of_him_what_for_and_under_which_agreement(
        self, registry: Registry, household: Json, member_id: str
    ):
        analyst = await registry.caller(Role.MINISTRY_ANALYST)
        machine = await registry.machine(
            registry.village.at(Tier.PROVINCE), ["survey"], number="9/PKS/2026"
        )
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        audited = {"X-Purpose": "audit"}
        await analyst.gets(f"/v1/households/{household['id']}", headers=audited)
        await machine.gets(f"/v1/members/{member_id}")

        newest, before, *_ = await accesses(operator, member_id)

        assert (newest["role"], newest["agreement"]) == ("integration", "9/PKS/2026")
        assert (newest["operation"], newest["purpose"]) == ("read_member", "extract")
        assert newest["region"]["code"] == registry.village.code[:2]
        assert newest["account_id"] == str(machine.actor.id)
        assert (before["role"], before["purpose"]) == ("ministry_analyst", "audit")
        assert before["region"] == {"code": "", "name": "Indonesia"}
        assert (before["people"], before["agreement"]) == (2, None)  # the household and its head

    async def test_also_that_it_was_asked(self, registry: Registry, member_id: str):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        await accesses(operator, member_id)
        [newest, *_] = await accesses(operator, member_id)
        assert newest["operation"] == "list_accesses_of_member"

    async def test_in_which_extracts_he_left(
        self, registry: Registry, household: Json, member_id: str
    ):
        machine = await registry.machine(registry.village.at(Tier.PROVINCE), number="3/PKS/2026")
        of_him = await extracted(registry, machine, [member_id])
        of_his_household = await extracted(registry, machine, [household["id"]])
        of_others = await extracted(registry, machine, [str(new_id())])
        operator = await registry.caller(Role.VILLAGE_OPERATOR)

        told = await accesses(operator, member_id)

        found = {each["extract_id"]: each for each in told if each["extract_id"]}
        assert found.keys() == {str(of_him), str(of_his_household)}
        assert str(of_others) not in found
        assert found[str(of_him)]["people"] == 1_000
        assert found[str(of_him)]["agreement"] == "3/PKS/2026"

    async def test_where_his_own_audit_says_that_he_lived_as_well(
        self, registry: Registry, member_id: str
    ):
        machine = await registry.machine(INDONESIA)
        lived, never = registry.neighbour, registry.elsewhere
        async with registry.database.transaction(INDONESIA) as session:
            connection = await connection_in(session)
            await connection.execute(
                "INSERT INTO audit_entry (workflow, subject_id, scope_code, action, source, "
                "target, version, actor_id, actor_role, actor_region_code, channel, request_id, "
                "grounds, changes) SELECT workflow, subject_id, $2, action, source, target, "
                "version, actor_id, actor_role, actor_region_code, channel, request_id, grounds, "
                "changes FROM audit_entry WHERE subject_id = $1",
                *(member_id, lived.first),
            )
        there = await extracted(registry, machine, [member_id], village=lived)
        await extracted(registry, machine, [member_id], village=never)
        operator = await registry.caller(Role.VILLAGE_OPERATOR)

        told = await accesses(operator, member_id)

        assert {each["extract_id"] for each in told} - {None} == {str(there)}

    async def test_of_a_list_that_named_him_in_a_household_he_has_left(self, registry: Registry):
        move = await between(registry, registry.village, registry.elsewhere)
        before = await move.registered()
        there = await registry.caller(Role.VILLAGE_OPERATOR)
        await there.gets("/v1/households")
        await move.moved(before)
        here = await registry.caller(Role.VILLAGE_OPERATOR, over=registry.elsewhere)

        told = await accesses(here, before["members"][0]["id"])

        assert (str(there.actor.id), "list_households") in {
            (each["account_id"], each["operation"]) for each in told
        }

    async def test_of_a_list_of_several_villages_in_each_of_them(self, registry: Registry):
        there = [
            await registry.caller(Role.VILLAGE_OPERATOR, over=village)
            for village in (registry.village, registry.neighbour)
        ]
        homes = [await registry.household(by=each) for each in there]
        officer = await registry.caller(Role.DISTRICT_OFFICER)
        await officer.gets("/v1/households")

        for operator, home in zip(there, homes, strict=True):
            [told] = await lists(operator, home["members"][0]["id"])
            assert told["account_id"] == str(officer.actor.id)
            assert told["people"] == 4  # two households and their heads, and no village

    async def test_of_no_list_of_his_village_that_does_not_name_him(self, registry: Registry):
        one, other = await registry.household(), await registry.household()
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        [named] = (await operator.gets("/v1/households?limit=1")).json()["items"]
        not_named = other if named["id"] == one["id"] else one

        assert not await lists(operator, not_named["members"][0]["id"])

    @pytest.mark.parametrize("of", ["household", "family", "member"])
    async def test_of_no_list_by_calling_himself_a_village(self, registry: Registry, of: str):
        """What finds a list of a village stands where ids stand, so it is nobody's id."""
        key = f"00000000-0000-0000-{registry.village.code[:4]}-{registry.village.code[4:]}202611"
        sent = a_household(registry.village)
        family = sent["families"][0]
        {"household": sent, "family": family, "member": family["members"][0]}[of]["id"] = key
        operator = await registry.caller(Role.VILLAGE_OPERATOR)

        response = await operator.posts("/v1/households", sent)

        assert refused(response) == (422, "malformed")

    async def test_of_a_search_that_found_somebody_else_of_his_household(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        child = a_member(registry.village, number=2, relation_to_household_head=3)
        people = a_member(registry.village), child | {"relation_to_family_head": 3}
        sent = a_household(registry.village, *people)
        head, other = (await operator.posts("/v1/households", sent)).json()["members"]
        await operator.posts("/v1/members/search", {"nik": head["nik"]})

        [told, *_] = await accesses(operator, other["id"])

        assert (told["operation"], told["people"]) == ("search_members", 2)

    async def test_of_lists_of_other_months_and_of_those_kept_by_household(
        self, registry: Registry, household: Json, member_id: str, run: Run, app: FastAPI
    ):
        """Each month is looked through when it is its turn; entries of before the villages stay."""
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        moments = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 9)]
        own = UUID(household["id"])
        database = make_url(app.state.settings.database_url).database
        async with run.superuser(database) as connection:
            await connection.execute(LISTED, moments[0], own, own)
            for at in moments[1:]:
                key = await connection.fetchval(VILLAGE_IN_MONTH, registry.village.first, at)
                await connection.execute(LISTED, at, key, own)

        told = await paged(operator, member_id, "?limit=1&until=2026-09-30T00:00:00Z")

        assert [datetime.fromisoformat(each["at"]) for each in reversed(told)] == moments
        march = "?since=2026-02-01T00:00:00Z&until=2026-04-01T00:00:00Z"
        assert len(await accesses(operator, member_id, march)) == 1

    async def test_of_a_list_of_forty_thousand_that_names_him_last(
        self, registry: Registry, member_id: str
    ):
        others = [new_id() for _ in range(39_999)]
        async with registry.database.transaction(INDONESIA) as session:
            await (await connection_in(session)).execute(
                "INSERT INTO access_entry (scope_code, actor_id, actor_role, actor_region_code, "
                "purpose, operation, request_id, subjects) VALUES (0, $1, 'ministry_analyst', '', "
                "'service', 'write_list', 'x', $2)",
                *(new_id(), [*others, UUID(member_id)]),
            )
        operator = await registry.caller(Role.VILLAGE_OPERATOR)

        told = await accesses(operator, member_id)

        assert 40_000 in {each["people"] for each in told}

    async def test_page_by_page_and_between_two_moments(self, registry: Registry, member_id: str):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        machine = await registry.machine(registry.village.at(Tier.PROVINCE))
        for _ in range(3):
            await operator.gets(f"/v1/members/{member_id}")
            await extracted(registry, machine, [member_id])
        whole = await accesses(operator, member_id)
        told = await paged(operator, member_id, "?limit=2")
        own = [each for each in told if each["operation"] != "list_accesses_of_member"]
        assert own == whole
        assert [each["at"] for each in own] == sorted((e["at"] for e in own), reverse=True)

        first, last = whole[-1]["at"], whole[1]["at"]
        between = await accesses(
            operator, member_id, f"?since={first}&until={last}".replace("+", "%2B")
        )
        assert between == whole[2:]


class TestWhoAnswers:
    @pytest.mark.parametrize("role", [Role.REGENCY_ADMIN, Role.AUDITOR, Role.PROVINCE_OFFICER])
    async def test_whoever_reads_of_him_or_looks_into_who_does(
        self, registry: Registry, member_id: str, role: Role
    ):
        await accesses(await registry.caller(role), member_id)

    async def test_no_machine(self, registry: Registry, member_id: str):
        machine = await registry.machine(registry.village.at(Tier.REGENCY))
        response = await machine.gets(f"/v1/members/{member_id}/accesses")
        assert refused(response) == (403, "reads-nobody")

    async def test_nobody_elsewhere(self, registry: Registry, member_id: str):
        other = await registry.caller(Role.VILLAGE_OPERATOR, over=registry.neighbour)
        response = await other.gets(f"/v1/members/{member_id}/accesses")
        assert refused(response) == (404, "member-not-found")
