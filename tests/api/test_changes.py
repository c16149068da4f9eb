"""Whoever keeps a copy of a region is told of every change in it, and of nothing else."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.changes import EACH
from app.db import members
from app.db.audit import MovedMeanwhile, record
from app.domain.actors import Role
from app.domain.households import MEMBERS, RecordAction
from app.domain.regions import INDONESIA, Region, Tier
from tests.api.test_moves import between
from tests.following import PATH, Follower, follower, given, told_of
from tests.grants import food, proposed
from tests.grants import registered as a_registered_family
from tests.registry import REASON, Caller, Registry, a_member, pointers, refused

R = Role
DIED = {"reason": "deceased", "effective_on": "2026-11-02"}
BACK = {
    "note": "Orangnya masih hidup.",
    "evidence": [{"type": "visit_report", "note": "Ditemui di rumahnya."}],
}


def corrected(**changes: str) -> dict[str, Any]:
    return {
        "changes": changes,
        "note": "Sesuai KTP.",
        "evidence": [{"type": "identity_card_copy", "note": "KTP asli."}],
    }


async def of_the_province(registry: Registry, village: Region, **asked: Any) -> Follower:  # noqa: ANN401
    officer = await registry.caller(R.PROVINCE_OFFICER, over=village.at(Tier.PROVINCE))
    return await follower(registry, officer, **asked)


class TestWhatBecomesOfARecord:
    async def test_of_a_person_from_the_first_day_to_the_last(self, registry: Registry):
        copy = await of_the_province(registry, registry.village, resources="households,members")

        household = await registry.household()
        await registry.survey(household)
        assert await copy.news() == []  # a draft is nobody's business yet

        household = await registry.registered(
            a_member(registry.village),
            a_member(registry.village, number=2, relation_to_household_head=3)
            | {"relation_to_family_head": 3, "name": "Agus Salim"},
        )
        [head, son] = [each["id"] for each in household["members"]]
        news = await copy.news()
        assert told_of(news, "households") == [("created", household["id"])]
        assert sorted(told_of(news, "members")) == sorted([("created", head), ("created", son)])
        assert copy.rows["members", head]["household_dtks_id"] == household["dtks_id"]

        said = corrected(name="Agus Salim Putra")
        await registry.asks("correction", household, said, "determined", member_id=son)
        assert told_of(await copy.news(), "members") == [("changed", son)]
        assert copy.rows["members", son]["name"] == "Agus Salim Putra"

        await registry.asks("removal", household, DIED, "determined", member_id=son)
        news = await copy.news()
        assert told_of(news, "members") == [("removed", son)]
        assert told_of(news, "households") == [("changed", household["id"])]  # one less
        assert copy.rows["households", household["id"]]["members"] == 1

        await registry.asks("restoration", household, BACK, "determined", member_id=son)
        assert told_of(await copy.news(), "members") == [("created", son)]
        assert copy.rows == await given(registry, copy.caller, resources="households,members")

    async def test_of_a_person_who_moves_to_another_province(self, registry: Registry):
        move = await between(registry, registry.village, registry.elsewhere)
        before = await move.registered()
        member = before["members"][0]["id"]
        left = await of_the_province(registry, registry.village)
        reached = await of_the_province(registry, registry.elsewhere)

        after = await move.moved(before)

        news = await left.news()
        assert told_of(news, "members") == [("left", member)]
        assert told_of(news, "households") == [("removed", before["id"])]  # nobody is left in it
        news = await reached.news()
        assert told_of(news, "members") == [("arrived", member)]
        assert told_of(news, "households") == [("created", after["id"])]
        for copy in (left, reached):
            assert copy.rows == await given(registry, copy.caller)

    async def test_of_what_somebody_receives(self, registry: Registry):
        household = await a_registered_family(registry)
        copy = await of_the_province(registry, registry.village)

        await proposed(registry, "programme", household, food(household))

        news = await copy.news()
        [(change, recipient)] = told_of(news, "recipients")
        assert change == "created"
        assert {each["id"] for each in household["members"]} == {
            each for _, each in told_of(news, "members")
        }
        assert copy.rows["households", household["id"]]["programmes"] == ["SEMBAKO"]

        mother = household["members"][0]["id"]
        said = corrected(name="Siti Aminah Binti Rohmah")
        await registry.asks("correction", household, said, "determined", member_id=mother)

        assert told_of(await copy.news(), "recipients") == [("changed", recipient)]
        assert copy.rows["recipients", recipient]["payee_name"] == "Siti Aminah Binti Rohmah"
        assert copy.rows == await given(registry, copy.caller)

    async def test_of_a_proposal_and_what_was_decided_about_it(self, registry: Registry):
        copy = await of_the_province(registry, registry.village, resources="proposals,decisions")
        proposal = await registry.proposal("drafted")
        assert await copy.news() == []

        proposal = await registry.come_as_far_as("awaiting_village_head", proposal)
        assert told_of(await copy.news(), "proposals") == [("created", proposal["id"])]
        head = await registry.caller(R.VILLAGE_HEAD)
        await head.takes("return", proposal, target="drafted", **REASON)

        news = await copy.news()
        assert told_of(news, "proposals") == [("removed", proposal["id"])]
        [(change, decision)] = told_of(news, "decisions")
        assert (change, copy.rows["decisions", decision]["verdict"]) == ("created", "return")
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        await registry.come_as_far_as("awaiting_deliberation", await operator.reads(proposal))
        assert told_of(await copy.news(), "proposals") == [("created", proposal["id"])]
        assert copy.rows == await given(registry, copy.caller, resources="proposals,decisions")


async def renames(registry: Registry, session: AsyncSession, member_id: str, name: str) -> None:
    """What a decree does with one correction, in a transaction of the test's own."""
    by = (await registry.caller(R.MINISTRY_DETERMINER)).actor
    member = await members.find(session, UUID(member_id), within=INDONESIA)
    step = MEMBERS.step(member.state, RecordAction.CORRECT, by=by)
    await record(session, member, step, changes={"name": name})


async def renames_in_vain(registry: Registry, member_id: str) -> None:
    async with registry.database.transaction(INDONESIA) as session:
        await renames(registry, session, member_id, "Batal")
        raise MovedMeanwhile(name="member")


async def two_heads(registry: Registry) -> list[str]:
    homes = [await registry.registered(), await registry.registered()]
    return [home["members"][0]["id"] for home in homes]


class TestNothingIsMissed:
    async def test_what_is_committed_late_is_told_all_the_same(self, registry: Registry):
        first, second = await two_heads(registry)
        copy = await of_the_province(registry, registry.village, resources="members")

        async with registry.database.transaction(INDONESIA) as slow:
            await renames(registry, slow, first, "Lambat")
            async with registry.database.transaction(INDONESIA) as quick:
                await renames(registry, quick, second, "Cepat")
            page = await copy.page()
            assert page["items"] == []  # as long as something before it is not certain

        assert told_of(await copy.news(), "members") == [("changed", first), ("changed", second)]
        assert await copy.news() == []

    async def test_what_is_taken_back_is_never_told(self, registry: Registry):
        first, second = await two_heads(registry)
        copy = await of_the_province(registry, registry.village, resources="members")

        with pytest.raises(MovedMeanwhile):
            await renames_in_vain(registry, first)
        async with registry.database.transaction(INDONESIA) as session:
            await renames(registry, session, second, "Jadi")

        assert told_of(await copy.news(), "members") == [("changed", second)]

    async def test_page_by_page_it_comes_to_the_same(self, registry: Registry):
        """However small the pages are: none repeats an entry, none leaves one out."""
        begun = await of_the_province(registry, registry.village)
        household = await a_registered_family(registry)
        await proposed(registry, "programme", household, food(household))
        truth = await given(registry, begun.caller)

        for limit in (1, 3, 1000):
            copy = Follower(registry, begun.caller, {**begun.rows}, begun.after)
            await copy.news(limit=limit)
            assert copy.rows == truth
            assert all(len(each) <= limit or of_one_entry(each) for each in copy.pages)


def of_one_entry(items: list[dict[str, Any]]) -> bool:
    """However many rows it touches, an entry is not cut."""
    return len({each["at"] for each in items}) == 1


class TestWaiting:
    async def test_ends_as_soon_as_there_is_something(self, app: FastAPI, registry: Registry):
        """More of them wait than there are connections: whoever waits holds none."""
        first, _ = await two_heads(registry)
        copies = [
            await of_the_province(registry, registry.village, resources="members")
            for _ in range(12)
        ]
        elsewhere = await of_the_province(registry, registry.elsewhere)

        waiting = [asyncio.create_task(copy.page(wait=25)) for copy in copies]
        other = asyncio.create_task(elsewhere.page(wait=3))
        while app.state.watch.waiting <= len(waiting):  # noqa: ASYNC110 - they wait for us
            await asyncio.sleep(0.05)
        async with registry.database.transaction(INDONESIA) as session:
            await renames(registry, session, first, "Ditunggu")

        async with asyncio.timeout(22):
            for page in await asyncio.gather(*waiting):
                assert told_of(page["items"], "members") == [("changed", first)]
            assert (await other)["items"] == []

    async def test_leaves_places_to_others(self, app: FastAPI, registry: Registry):
        greedy = await of_the_province(registry, registry.village)
        modest = await of_the_province(registry, registry.elsewhere)
        waiting = [asyncio.create_task(greedy.page(wait=25)) for _ in range(EACH)]
        while app.state.watch.waiting < EACH:  # noqa: ASYNC110 - they wait for us
            await asyncio.sleep(0.05)

        once_more = await greedy.caller.gets(PATH, params={"after": greedy.after})
        assert refused(once_more) == (503, "overloaded")
        assert (await modest.page())["items"] == []

        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert (await greedy.page())["items"] == []


class TestWhoIsTold:
    async def test_a_region_hears_of_itself_alone(self, registry: Registry):
        beside = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        regency = await registry.caller(R.REGENCY_VERIFIER)
        own = await follower(registry, regency, region_code=registry.village.code)
        all_of_it = await follower(registry, regency)
        far = await of_the_province(registry, registry.elsewhere)

        proposal = await registry.proposal("determined", by=beside)

        assert await own.news() == await far.news() == []
        told = told_of(await all_of_it.news(), "households")
        assert told == [("created", proposal["household_id"])]
        narrowed = {"after": "now", "region_code": registry.elsewhere.code}
        assert refused(await regency.gets(PATH, params=narrowed)) == (404, "outside-your-region")

    async def test_a_machine_is_told_what_its_agreement_names(self, registry: Registry):
        region = registry.village.at(Tier.REGENCY)
        machine = await registry.machine(region, ["survey"])
        copy = await follower(registry, machine, resources="households,members,proposals")

        household = await registry.registered()
        await copy.news()

        row = copy.rows["members", household["members"][0]["id"]]
        assert row["surveyed_on"] == "2026-11-10"
        assert not {"name", "nik", "programmes", "chronic_illness"} & row.keys()
        denied = await machine.gets(PATH, params={"after": copy.after, "resources": "recipients"})
        assert refused(denied) == (403, "resource-not-granted")
        assert await access_of(registry, machine, household) == 1

    async def test_a_machine_does_not_learn_that_something_changed_which_it_may_not_read(
        self, registry: Registry
    ):
        household = await a_registered_family(registry)
        region = registry.village.at(Tier.REGENCY)
        blind, seeing = [
            await follower(
                registry, await registry.machine(region, [group]), resources="households,members"
            )
            for group in ("survey", "programmes")
        ]

        await proposed(registry, "programme", household, food(household))

        assert told_of(await seeing.news(), "households") == [("changed", household["id"])]
        assert await blind.news() == []

    async def test_others_are_not(self, registry: Registry):
        expired = await registry.machine(registry.village.at(Tier.REGENCY), expires=-1)
        for caller, code in (
            (expired, "agreement-expired"),
            (await registry.machine(registry.village.at(Tier.REGENCY), []), "reads-nobody"),
            (await registry.caller(R.VILLAGE_OPERATOR), "role-may-not"),
        ):
            response = await caller.gets(PATH, params={"after": "now"})
            assert refused(response) == (403, code)


async def access_of(registry: Registry, machine: Caller, household: dict[str, Any]) -> int:
    """How often it stands in the access log that this machine was told of that household."""
    [[found]] = await registry.runs(
        "SELECT count(*) FROM access_entry WHERE actor_id = $1 AND $2 = ANY (subjects)",
        machine.actor.id,
        UUID(household["id"]),
    )
    return int(found)


class TestWhereOneBegins:
    async def test_has_to_be_said(self, registry: Registry):
        officer = await registry.caller(R.PROVINCE_OFFICER)
        for params in ({}, {"after": "kemarin"}, {"after": "1"}, {"after": "9" * 19 + ".1"}):
            response = await officer.gets(PATH, params=params)
            assert refused(response) == (422, "malformed")
            assert pointers(response) == {"?after"}
        wrong = {"after": "now", "resources": "members,accounts"}
        assert refused(await officer.gets(PATH, params=wrong)) == (422, "malformed")

    async def test_lies_in_this_database(self, registry: Registry):
        """After a restore the transactions may be numbered anew: nobody goes on in a gap."""
        officer = await registry.caller(R.PROVINCE_OFFICER)
        ahead = {"after": f"{10**17}.0"}
        response = await officer.gets(PATH, params=ahead)
        assert refused(response) == (409, "cursor-not-of-this-database")
