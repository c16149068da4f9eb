"""A move (pindah): one village lets people go, the other takes them in; each sees its own."""

import asyncio
from typing import Any

import pytest

from app.domain.actors import Role
from app.domain.regions import Region, Tier
from tests.conftest import Run
from tests.db.copies import a_copy
from tests.registry import (
    DECREE,
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
MOVED_ON = "2026-11-02"
ENDED = {"determined", "rejected", "withdrawn"}
ABOVE = {"awaiting_district", "awaiting_regency"}


class Move:
    """Two villages, a registered household in the first, and their operators."""

    def __init__(self, registry: Registry, origin: Caller, arrival: Caller) -> None:
        self.registry = registry
        self.origin = origin
        self.arrival = arrival

    async def registered(
        self, *members: dict[str, Any], by: Caller | None = None
    ) -> dict[str, Any]:
        """A household of these people, determined."""
        by = by or self.origin
        village = by.actor.region
        own = a_household(village, *members)
        proposal = await self.registry.proposal("determined", by=by, families=own["families"])
        return await reads(by, f"/v1/households/{proposal['household_id']}")

    async def depart(self, household: dict[str, Any], *members: str, **asks: Any) -> dict[str, Any]:  # noqa: ANN401
        """A departure to the other village, drafted."""
        said = {
            "direction": "departure",
            "member_ids": list(members),
            "to_village_code": self.arrival.actor.region.code,
            "moved_on": MOVED_ON,
            **asks,
        }
        return await drafts(self.origin, household["id"], said)

    async def arrive(
        self, people: list[dict[str, Any]], *, into: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """An arrival of people asked for by their NIK, drafted."""
        household = into or await self.empty_household()
        said = {"direction": "arrival", "people": people, "moved_on": MOVED_ON}
        return await drafts(self.arrival, household["id"], said)

    async def empty_household(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
        body = a_household(self.arrival.actor.region, families=[], **changes)
        response = await self.arrival.posts("/v1/households", body)
        assert response.status_code == 201, response.text
        return response.json()

    async def other_end(self, proposal: dict[str, Any]) -> dict[str, Any]:
        """The linked proposal, as its own village reads it."""
        end = await self.registry.runs(
            "SELECT id, scope_code FROM proposal WHERE linked_id = $1", proposal["id"]
        )
        (found,) = end
        reader = await self.registry.caller(
            R.VILLAGE_OPERATOR, over=Region(str(found["scope_code"]))
        )
        return await reader.reads({"id": str(found["id"])})

    async def until(self, proposal: dict[str, Any], state: str) -> dict[str, Any]:
        while proposal["state"] != state:
            assert proposal["state"] not in ENDED, proposal["state"]
            proposal = await self.registry.moved_on(proposal)
        return proposal

    async def released(self, departure: dict[str, Any]) -> dict[str, Any]:
        return await self.until(departure, "awaiting_other_village")

    async def taken_in(self, arrival: dict[str, Any]) -> dict[str, Any]:
        """After its village head has agreed."""
        arrival = await self.until(arrival, "awaiting_village_head")
        return await self.registry.moved_on(arrival)

    async def placed(
        self,
        arrival: dict[str, Any],
        *relations: int,
        families: tuple[int, ...] = (),
        address: bool = True,
    ) -> dict[str, Any]:
        """The arrival that the other village announced, with its household and its people."""
        asks = arrival["asks"]
        for person, relation, of in zip(
            asks["people"], relations, families or relations, strict=True
        ):
            person["relation_to_household_head"] = relation
            person["relation_to_family_head"] = of
        body = {"kind": "move", "asks": asks}
        path = f"/v1/proposals/{arrival['id']}"
        response = await self.arrival.patches(path, body, version=arrival["version"])
        assert response.status_code == 200, response.text
        if address:
            home = f"/v1/households/{arrival['household_id']}"
            given = await self.arrival.patches(home, {"address": "Jl. Baru No. 1"}, version=1)
            assert given.status_code == 200, given.text
        return response.json()

    async def agreed(
        self, people: list[dict[str, Any]], *, into: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """An arrival of these people that is on its way up."""
        arrival = await self.taken_in(await self.arrive(people, into=into))
        await self.released(await self.other_end(arrival))
        return await self.arrival.reads(arrival)

    async def both_agreed(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """An arrival that is on its way up, and its departure."""
        household = await self.registered()
        arrival = await self.agreed([as_head(household["members"][0]["nik"])])
        return arrival, await self.other_end(arrival)

    async def moved(self, household: dict[str, Any], *relations: int) -> dict[str, Any]:
        """The household of arrival, after all of that household have moved there."""
        departure = await self.until(await self.depart(household), "awaiting_deliberation")
        arrival = await self.placed(await self.other_end(departure), *relations or (1,))
        await self.released(await self.origin.reads(departure))
        arrival = await self.until(await self.taken_in(arrival), "determined")
        return await reads(self.arrival, f"/v1/households/{arrival['household_id']}")

    async def finds(self, by: Caller, name: str) -> int:
        response = await by.posts("/v1/members/search", {"name": name})
        assert response.status_code == 200, response.text
        return len(response.json()["items"])


async def reads(by: Caller, path: str) -> dict[str, Any]:
    response = await by.gets(path)
    assert response.status_code == 200, response.text
    return response.json()


async def drafts(by: Caller, household_id: str, asks: dict[str, Any]) -> dict[str, Any]:
    body = {"kind": "move", "household_id": household_id, "asks": asks}
    response = await by.posts("/v1/proposals", body)
    assert response.status_code == 201, response.text
    return response.json()


async def between(registry: Registry, origin: Region, arrival: Region) -> Move:
    operators = [await registry.caller(R.VILLAGE_OPERATOR, over=each) for each in (origin, arrival)]
    return Move(registry, *operators)


@pytest.fixture
async def move(registry: Registry) -> Move:
    return await between(registry, registry.village, registry.elsewhere)


def a_couple(village: Region) -> list[dict[str, Any]]:
    wife = {
        "number": 2,
        "name": "Siti Aminah",
        "sex": 2,
        "relation_to_household_head": 2,
        "relation_to_family_head": 2,
    }
    return [a_member(village), a_member(village, **wife)]


def as_head(nik: str) -> dict[str, Any]:
    return {"nik": nik, "relation_to_household_head": 1, "relation_to_family_head": 1}


def as_spouse(nik: str) -> dict[str, Any]:
    return {"nik": nik, "relation_to_household_head": 2, "relation_to_family_head": 2}


def regency_of(caller: Caller) -> Region:
    return caller.actor.region.at(Tier.REGENCY)


class TestAWholeFamily:
    async def test_leaves_one_village_and_arrives_in_the_other(self, move: Move):
        before = await move.registered(*a_couple(move.origin.actor.region))
        departure = await move.depart(before)

        await move.until(departure, "awaiting_deliberation")
        arrival = await move.placed(await move.other_end(departure), 1, 2)
        departure = await move.released(await move.origin.reads(departure))
        arrival = await move.taken_in(arrival)
        assert arrival["state"] in ABOVE
        arrival = await move.until(arrival, "determined")

        after = await reads(move.arrival, f"/v1/households/{arrival['household_id']}")
        assert (after["state"], after["dtks_id"] != before["dtks_id"]) == ("registered", True)
        for who in ("id", "dtks_id"):
            assert [m[who] for m in after["members"]] == [m[who] for m in before["members"]]
        [card] = after["families"]
        assert card["card_number"] == before["families"][0]["card_number"]
        left = await reads(move.origin, f"/v1/households/{before['id']}")
        assert (left["state"], left["members"], left["families"]) == ("inactive", [], [])
        assert left["survey"]["id"] == before["survey"]["id"]
        departure = await move.origin.reads(departure)
        assert (departure["state"], departure["open_actions"]) == ("determined", [])

    async def test_is_found_where_it_lives_now_when_it_moves_on(self, move: Move):
        """The holder of a NIK, and the names people are found by, move too."""
        before = await move.registered(a_member(move.origin.actor.region, name="Wiryo Kepindah"))
        there = await move.moved(before)
        assert await move.finds(move.arrival, "Wiryo Kepindah") == 1
        assert await move.finds(move.origin, "Wiryo Kepindah") == 0

        back = Move(move.registry, move.arrival, move.origin)
        arrival = await back.arrive([as_head(there["members"][0]["nik"])])
        await back.until(arrival, "awaiting_deliberation")
        departure = await back.other_end(arrival)

        assert departure["village_code"] == move.arrival.actor.region.code
        assert departure["household_id"] == there["id"]

    async def test_may_be_taken_into_a_household_that_is_there(self, move: Move):
        before = await move.registered(*a_couple(move.origin.actor.region))
        hosts = await move.registered(by=move.arrival)
        departure = await move.depart(before)
        await move.until(departure, "awaiting_deliberation")
        arrival = await move.other_end(departure)
        ready = arrival["household_id"]
        arrival["asks"]["household_id"] = hosts["id"]
        arrival = await move.placed(arrival, 6, 6, families=(1, 2), address=False)

        await move.released(await move.origin.reads(departure))
        arrival = await move.until(await move.taken_in(arrival), "determined")

        assert arrival["household_id"] == hosts["id"]
        after = await reads(move.arrival, f"/v1/households/{hosts['id']}")
        assert (len(after["members"]), len(after["families"])) == (3, 2)
        assert after["dtks_id"] == hosts["dtks_id"]
        assert (await reads(move.arrival, f"/v1/households/{ready}"))["state"] == "proposed"


class TestSomebodyAskedForByNik:
    async def test_leaves_the_others_where_they_are(self, move: Move):
        before = await move.registered(*a_couple(move.origin.actor.region))
        wife = before["members"][1]
        arrival = await move.arrive([{**as_head(wife["nik"]), "card_number": "3672010101200099"}])

        arrival = await move.taken_in(arrival)
        assert arrival["state"] == "awaiting_other_village"
        departure = await move.other_end(arrival)
        assert (departure["state"], departure["household_id"]) == ("drafted", before["id"])
        assert departure["asks"]["member_ids"] == [wife["id"]]
        assert departure["proposed"]["to_village_code"] == arrival["village_code"]
        departure = await move.released(departure)
        arrival = await move.arrival.reads(arrival)
        assert arrival["state"] in ABOVE
        await move.until(arrival, "determined")

        after = await reads(move.arrival, f"/v1/households/{arrival['household_id']}")
        assert [m["dtks_id"] for m in after["members"]] == [wife["dtks_id"]]
        assert after["families"][0]["card_number"] == "3672010101200099"
        left = await reads(move.origin, f"/v1/households/{before['id']}")
        assert (left["state"], [m["id"] for m in left["members"]]) == (
            "registered",
            [before["members"][0]["id"]],
        )

    async def test_is_told_of_without_the_place_until_the_other_village_has_let_go(
        self, move: Move
    ):
        before = await move.registered(a_member(move.origin.actor.region, name="Kartini Rahasia"))
        arrival = await move.arrive([as_head(before["members"][0]["nik"])])
        arrival = await move.taken_in(arrival)

        assert arrival["now"] is None
        for path in ("", "/steps"):
            answer = await move.arrival.gets(f"/v1/proposals/{arrival['id']}{path}")
            for secret in (move.origin.actor.region.code, "Kartini", before["id"], "scope"):
                assert secret not in answer.text
        await move.released(await move.other_end(arrival))

        now = (await move.arrival.reads(arrival))["now"]
        assert now["village_code"] == move.origin.actor.region.code
        assert [m["name"] for m in now["members"]] == ["Kartini Rahasia"]

    async def test_is_asked_for_in_vain_where_nobody_is_on_record(self, move: Move):
        arrival = await move.arrive([as_head(a_nik(move.origin.actor.region))])

        response = await move.arrival.takes("submit", arrival)

        assert refused(response) == (422, "nobody-on-record")
        assert pointers(response) == {"/asks/people/0/nik"}
        assert [offer["kind"] for offer in response.json()["offers"]] == [
            "new_family",
            "new_member",
        ]

    async def test_has_to_be_one_of_one_household(self, move: Move):
        neighbour = await move.registry.caller(R.VILLAGE_OPERATOR, over=move.registry.neighbour)
        first = await move.registered()

        for other in (await move.registered(), await move.registered(by=neighbour)):
            people = [as_head(first["members"][0]["nik"]), as_spouse(other["members"][0]["nik"])]
            response = await move.arrival.takes("submit", await move.arrive(people))
            assert refused(response) == (409, "not-one-household")

    async def test_does_not_arrive_where_he_is(self, move: Move):
        before = await move.registered()
        there = Move(move.registry, move.origin, move.origin)
        person = {**as_head(before["members"][0]["nik"]), "relation_to_household_head": 8}

        response = await move.origin.takes("submit", await there.arrive([person], into=before))

        assert refused(response) == (422, "move-not-complete")
        assert pointers(response) == {"/asks/household_id"}

    async def test_arrives_in_a_draft_that_nobody_else_lives_in_or_comes_into(self, move: Move):
        first, second = [as_head((await move.registered())["members"][0]["nik"]) for _ in range(2)]
        draft = await move.empty_household()
        lived_in = await move.registry.household(by=move.arrival)
        guest = {**second, "relation_to_household_head": 8}

        taken = await move.arrival.takes("submit", await move.arrive([first], into=draft))
        again = await move.arrival.takes("submit", await move.arrive([second], into=draft))
        beside = await move.arrival.takes("submit", await move.arrive([guest], into=lived_in))

        assert taken.status_code == 201, taken.text
        assert refused(again) == (409, "asked-already")
        assert refused(beside) == (409, "household-does-not-fit")

    async def test_is_asked_for_by_one_village_at_a_time(self, move: Move):
        before = await move.registered()
        head = as_head(before["members"][0]["nik"])
        first = await move.until(await move.arrive([head]), "awaiting_deliberation")
        third = await move.registry.caller(R.VILLAGE_OPERATOR, over=move.registry.neighbour)
        rival = Move(move.registry, move.origin, third)
        second = await rival.arrive([head])

        told = await third.takes("submit", second)
        await move.arrival.takes("withdraw", first, note="Batal pindah.")
        then = await third.takes("submit", second)

        assert refused(told) == (409, "busy-elsewhere")
        assert then.status_code == 201, then.text

    async def test_is_not_asked_for_while_another_proposal_is_about_him(self, move: Move):
        before = await move.registered()
        await move.until(await move.depart(before), "awaiting_deliberation")
        arrival = await move.arrive([as_head(before["members"][0]["nik"])])

        response = await move.arrival.takes("submit", arrival)

        assert refused(response) == (409, "busy-elsewhere")
        assert move.origin.actor.region.code not in response.text


class TestTheTwoVillages:
    async def test_agree_at_the_same_time(self, move: Move):
        before = await move.registered()
        arrival = await move.arrive([as_head(before["members"][0]["nik"])])
        arrival = await move.until(arrival, "awaiting_village_head")
        departure = await move.until(await move.other_end(arrival), "awaiting_village_head")

        await asyncio.gather(move.registry.moved_on(arrival), move.registry.moved_on(departure))

        assert (await move.arrival.reads(arrival))["state"] in ABOVE
        assert (await move.origin.reads(departure))["state"] == "awaiting_other_village"

    @pytest.mark.parametrize("first", ["departure", "arrival"])
    async def test_end_together(self, move: Move, first: str):
        before = await move.registered()
        arrival = await move.arrive([as_head(before["members"][0]["nik"])])
        arrival = await move.until(arrival, "awaiting_deliberation")
        departure = await move.until(await move.other_end(arrival), "awaiting_deliberation")
        ends = {"departure": (move.origin, departure), "arrival": (move.arrival, arrival)}
        by, ending = ends.pop(first)
        [(reader, other)] = ends.values()

        response = await by.takes("withdraw", ending, note="Tidak jadi pindah.")

        assert response.status_code == 201, response.text
        assert (await reader.reads(other))["state"] == "withdrawn"
        [*_, last] = (await reads(reader, f"/v1/proposals/{other['id']}/steps"))["items"]
        assert (last["action"], last["actor_region_code"]) == ("conclude", None)
        assert "ditarik" in last["grounds"]["note"]
        again = await move.depart(before)  # nobody is held any more
        assert (await move.origin.takes("submit", again)).status_code == 201

    async def test_hear_of_a_rejection_by_the_tiers_above(self, move: Move):
        arrival, departure = await move.both_agreed()
        arrival = await move.until(arrival, "awaiting_regency")
        verifier = await move.registry.caller(R.REGENCY_VERIFIER, over=regency_of(move.arrival))

        response = await verifier.takes("reject", arrival, reason="not_found")

        assert response.status_code == 201, response.text
        assert (await move.origin.reads(departure))["state"] == "rejected"
        version = (await move.arrival.reads(arrival))["version"]
        path = f"/v1/proposals/{arrival['id']}/decisions"
        undone = await verifier.posts(path, {"verdict": "undo"}, version=version)
        assert refused(undone) == (409, "move-has-ended")

    async def test_wait_while_the_arrival_is_mended(self, move: Move):
        arrival, departure = await move.both_agreed()
        arrival = await move.until(arrival, "awaiting_regency")
        withdrawn = await move.origin.takes("withdraw", departure, note="Batal.")
        assert refused(withdrawn) == (409, "other-village-goes-on")
        head = await move.registry.caller(R.VILLAGE_HEAD, over=move.origin.actor.region)
        assert refused(await head.takes("undo", departure)) == (409, "not-your-last-word")
        verifier = await move.registry.caller(R.REGENCY_VERIFIER, over=regency_of(move.arrival))

        await verifier.takes("return", arrival, target="drafted", **REASON)

        assert (await move.origin.reads(departure))["state"] == "awaiting_other_village"
        arrival = await move.taken_in(await move.arrival.reads(arrival))
        await move.until(arrival, "determined")
        assert (await move.origin.reads(departure))["state"] == "determined"

    async def test_are_told_the_version_after_they_have_met(self, move: Move):
        arrival = await move.taken_in(
            await move.arrive([as_head((await move.registered())["members"][0]["nik"])])
        )
        departure = await move.until(await move.other_end(arrival), "awaiting_village_head")
        head = await move.registry.caller(R.VILLAGE_HEAD, over=move.origin.actor.region)

        response = await head.takes("approve", departure)

        after = await move.origin.reads(departure)
        assert after["version"] == departure["version"] + 2
        assert response.headers["etag"] == f'"{after["version"]}"'

    async def test_do_not_change_what_the_other_has_been_told(self, move: Move):
        before = await move.registered(*a_couple(move.origin.actor.region))
        arrival = await move.arrive([as_head(before["members"][1]["nik"])])
        await move.until(arrival, "awaiting_deliberation")
        departure = await move.other_end(arrival)
        asks = {**departure["asks"], "member_ids": [before["members"][0]["id"]]}
        body = {"kind": "move", "asks": asks}
        path = f"/v1/proposals/{departure['id']}"
        changed = await move.origin.patches(path, body, version=departure["version"])

        response = await move.origin.takes("submit", changed.json())

        assert refused(response) == (409, "other-village-knows")

    async def test_see_nothing_of_each_other(self, move: Move):
        arrival, departure = await move.both_agreed()
        ends = [(move.origin, arrival), (move.arrival, departure)]

        for stranger, end in ends:
            for path in (
                f"/v1/proposals/{end['id']}",
                f"/v1/proposals/{end['id']}/steps",
                f"/v1/households/{end['household_id']}",
            ):
                assert (await stranger.gets(path)).status_code == 404, path
            audit = await reads(stranger, f"/v1/audit?subject_id={end['id']}")
            assert audit["items"] == []
            listed = await reads(stranger, "/v1/proposals?limit=200")
            assert end["id"] not in {item["id"] for item in listed["items"]}
            assert (await stranger.takes("withdraw", end, note="x")).status_code == 404


class TestWhatIsWanting:
    async def test_a_draft_keeps_its_direction(self, move: Move):
        departure = await move.depart(await move.registered())
        body = {"kind": "move", "asks": {"direction": "arrival", "moved_on": MOVED_ON}}

        response = await move.origin.patches(f"/v1/proposals/{departure['id']}", body, version=1)

        assert refused(response) == (409, "another-direction")
        assert (await move.origin.reads(departure))["asks"] == departure["asks"]

    async def test_is_told_all_at_once(self, move: Move):
        arrival = await move.arrive([{"nik": a_nik(move.origin.actor.region)}])

        response = await move.arrival.takes("submit", arrival)

        assert refused(response) == (422, "move-not-complete")
        assert pointers(response) == {
            "/asks/people",
            "/asks/people/0/relation_to_household_head",
            "/asks/people/0/relation_to_family_head",
        }

    async def test_of_a_departure(self, move: Move):
        household = await move.registered()
        stranger = (await move.registered())["members"][0]["id"]
        departure = await move.depart(household, stranger, to_village_code="1101012999")

        response = await move.origin.takes("submit", departure)

        assert refused(response) == (422, "move-not-complete")
        assert pointers(response) == {"/asks/member_ids/0", "/asks/to_village_code"}

    async def test_nobody_leaves_a_draft(self, move: Move):
        draft = await move.registry.household(by=move.origin)
        body = {"direction": "departure", "moved_on": MOVED_ON}

        response = await move.origin.posts(
            "/v1/proposals", {"kind": "move", "household_id": draft["id"], "asks": body}
        )

        assert refused(response) == (409, "household-does-not-fit")

    async def test_somebody_on_record_is_offered_a_move(self, move: Move):
        nik = (await move.registered())["members"][0]["nik"]
        newcomer = a_member(move.arrival.actor.region, nik=nik)
        household = a_household(move.arrival.actor.region, newcomer)
        proposal = await move.registry.proposal(by=move.arrival, families=household["families"])

        response = await move.arrival.takes("submit", proposal)

        assert refused(response) == (409, "nik-held-elsewhere")
        assert response.json()["offers"] == [{"kind": "move", "direction": "arrival"}]


async def test_one_decree_takes_two_arrivals_into_one_household(move: Move):
    """What is left is empty only when the last of them has gone."""
    couple = await move.registered(*a_couple(move.origin.actor.region))
    hosts = await move.registered(by=move.arrival)
    head, wife = couple["members"]
    alone = (await move.registered())["members"][0]
    into_hosts = [
        {**as_head(each["nik"]), "relation_to_household_head": 8} for each in (head, alone)
    ]
    first, second = [await move.agreed([person], into=hosts) for person in into_hosts]
    draft = await move.empty_household()
    third = await move.agreed([as_head(wife["nik"])], into=draft)
    arrivals = [await move.until(each, "awaiting_determination") for each in (first, second, third)]
    determiner = await move.registry.caller(R.MINISTRY_DETERMINER)
    named = [{"id": each["id"], "version": each["version"]} for each in arrivals]

    response = await determiner.posts(
        "/v1/decisions/bulk", {"verdict": "approve", "grounds": DECREE, "proposals": named}
    )

    assert [row["state"] for row in response.json()["items"]] == ["determined"] * 3
    after = await reads(move.arrival, f"/v1/households/{hosts['id']}")
    assert (len(after["members"]), len(after["families"])) == (3, 3)
    assert (await reads(move.origin, f"/v1/households/{couple['id']}"))["state"] == "inactive"


async def test_people_move_within_a_village_too(move: Move):
    before = await move.registered(*a_couple(move.origin.actor.region))
    within = Move(move.registry, move.origin, move.origin)

    after = await within.moved(before, 1, 2)

    assert [m["id"] for m in after["members"]] == [m["id"] for m in before["members"]]


async def test_an_audit_of_moves_is_whole(run: Run, database_name: str):
    async with a_copy(run, f"{database_name}_moves") as copy:
        async with copy.registry() as registry:
            move = await between(registry, registry.village, registry.elsewhere)
            await move.moved(await move.registered())

        report = await copy.verified()

    assert report.intact, report
