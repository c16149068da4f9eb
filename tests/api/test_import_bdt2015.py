"""A BDT2015 file: households come in as drafts that say what is missing, each of them once."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from fastapi import FastAPI

from app.commands.import_kinds.bdt2015 import SomebodyWentOn
from app.db.import_rows import SHARED_AT_ONCE
from app.domain.actors import Role
from app.domain.imports.bdt2015 import NAMES
from app.domain.imports.headers import MESSAGES
from app.domain.imports.layouts import ImportKind
from app.domain.questionnaire.codebooks import NEWEST
from app.domain.questionnaire.shapes import malformed
from app.domain.regions import Region
from tests.api.test_import_results import lines_of, marked
from tests.api.test_imports import applied, at_work, done, items, sends, takes
from tests.registry import NUMBERS, Caller, Registry, a_member, a_nik, birth_date

KIND = ImportKind.BDT2015
UNDO = {"grounds": {"note": "Berkas keliru."}}
FOUR = [
    {"sex": "1", "name": "HASAN BASRI"},
    {"sex": "2", "name": "NUR AINI"},
    {"sex": "1", "name": "RUDI HASAN"},
    {"sex": "2", "name": "DEWI HASAN"},
]


def a_home(village: Region, *people: dict[str, str], **changes: str) -> list[dict[str, str]]:
    """The rows of one household: a couple, if nothing else is said."""
    number = next(NUMBERS)
    of_all = {
        "bdt_household_id": f"{village.code}{number:08}",
        "village": village.code,
        "address": "JL. MAWAR NO. 3 RT 004 RW 002",
        "floor_area": "36",
        "floor_material": "5",
        "owns_refrigerator": "4",
        "has_pkh": "1",
        "woman_member_number": "2",
        "uses_contraception": "2",
        "cattle_count": "",
        **changes,
    }
    couple = ({"sex": "1", "name": "BUDI SANTOSO"}, {"sex": "2", "name": "SITI ROHMAH"})
    return [
        {
            **of_all,
            "member_number": str(place),
            "nik": a_nik(village, born=birth_date(next(NUMBERS)), woman=person["sex"] == "2"),
            "relation_to_household_head": str(place),
            "relation_to_family_head": str(place),
            "family_number": "1",
            "chronic_illness": "0",
            **person,
        }
        for place, person in enumerate(people or couple, 1)
    ]


def a_file(*homes: Sequence[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(NAMES.values())
    writer.writerows([row.get(key, "") for key in NAMES] for home in homes for row in home)
    return text.getvalue().encode()


async def checked(by: Caller, *homes: Sequence[dict[str, str]]) -> dict[str, Any]:
    response = await sends(by, a_file(*homes), kind=KIND)
    assert response.status_code == 201, response.text
    return await done(by, response.json())


async def undone(by: Caller, import_: dict[str, Any]) -> dict[str, Any]:
    response = await takes(by, import_, "undo", **UNDO)
    assert response.status_code == 201, response.text
    return await done(by, import_)


async def codes(by: Caller, import_: dict[str, Any]) -> set[str]:
    return set().union(*map(_codes_of, await items(by, import_, "rows")))


def _codes_of(row: dict[str, Any]) -> set[str]:
    return {problem["code"] for problem in row["problems"]}


@pytest.fixture
async def worker(app: FastAPI) -> AsyncIterator[None]:
    async with at_work(app):
        yield


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(Role.VILLAGE_OPERATOR)


@pytest.mark.usefixtures("worker")
class TestAHousehold:
    async def test_becomes_a_draft_with_what_the_file_answers(
        self, registry: Registry, operator: Caller
    ):
        home = a_home(registry.village)

        after = await applied(operator, await checked(operator, home))

        [unit] = await items(operator, after, "units")
        household, survey, proposal = unit["subjects"]
        drafted = (await operator.gets(f"/v1/households/{household['id']}")).json()
        assert [drafted[each] for each in ("state", "address", "rt", "rw")] == [
            "proposed",
            "JL. MAWAR NO. 3 RT 004 RW 002",
            "004",
            "002",
        ]
        assert [family["number"] for family in drafted["families"]] == [1]
        told = ("number", "name", "nik", "sex", "relation_to_family_head", "birth_date")
        assert [[member[each] for each in told] for member in drafted["members"]] == [
            [1, "BUDI SANTOSO", home[0]["nik"], 1, 1, None],
            [2, "SITI ROHMAH", home[1]["nik"], 2, 2, None],
        ]
        sheet = (await operator.gets(f"/v1/surveys/{survey['id']}")).json()
        answers = sheet["answers"]
        assert (sheet["state"], sheet["surveyed_on"]) == ("drafted", "2015-07-15")
        assert answers["household"]["floor_area"] == 36
        assert answers["household"]["owns_refrigerator"] is False
        assert answers["household"]["cattle_count"] == 0
        assert answers["participation"]["has_pkh"] is True
        assert answers["rosters"]["women_kb_2015"] == [
            {"woman_member_number": 2, "uses_contraception": False}
        ]
        ids = {member["id"] for member in drafted["members"]}
        assert answers["members"].keys() == ids
        assert malformed(NEWEST, answers) == []
        assert (await operator.reads(proposal))["state"] == "drafted"

    async def test_may_go_on_its_way_once_what_is_missing_is_there(
        self, registry: Registry, operator: Caller
    ):
        after = await applied(operator, await checked(operator, a_home(registry.village)))
        [unit] = await items(operator, after, "units")

        response = await operator.takes("submit", await operator.reads(unit["subjects"][2]))

        assert response.status_code == 422
        wanting = {fault["pointer"].rsplit("/", 1)[-1] for fault in response.json()["errors"]}
        assert {"birth_date", "card_number", "mother_name"} <= wanting

    async def test_is_entered_once_whatever_else_is_in_the_file(
        self, registry: Registry, operator: Caller
    ):
        home, other = a_home(registry.village), a_home(registry.village)
        await applied(operator, await checked(operator, home))

        again = await checked(operator, home, other)

        assert await codes(operator, again) == {"on_record"}
        after = await applied(operator, again)
        assert (after["counts"]["same"], after["counts"]["taken"]) == (1, 1)

    async def test_is_the_same_wherever_its_rows_stand_in_the_file(
        self, registry: Registry, operator: Caller
    ):
        """What rows repeat of their household is kept once; here some do not repeat it."""
        home, other = a_home(registry.village), a_home(registry.village, *FOUR)
        for row in other[2:]:
            row["floor_material"] = "1"

        mixed = [other[0], *home, *other[1:]]
        import_ = await checked(operator, mixed)

        told = await items(operator, import_, "rows")
        differing = {row["row"] for row in told if "household_differs" in _codes_of(row)}
        assert differing == {6, 7}
        after = await applied(operator, import_)
        units = {unit["outcome"]: unit for unit in await items(operator, after, "units")}
        assert [units[each]["rows"] for each in ("left", "taken")] == [[2, 5, 6, 7], [3, 4]]
        household, *_ = units["taken"]["subjects"]
        drafted = (await operator.gets(f"/v1/households/{household['id']}")).json()
        assert [member["name"] for member in drafted["members"]] == ["BUDI SANTOSO", "SITI ROHMAH"]
        assert (drafted["address"], drafted["rw"]) == ("JL. MAWAR NO. 3 RT 004 RW 002", "002")

    async def test_is_told_of_every_other_with_its_number_however_many_there_are(
        self, registry: Registry, operator: Caller
    ):
        """They are looked at piece by piece, and none is alone in its piece."""
        nik = a_nik(registry.village, born=birth_date(next(NUMBERS)))
        alone = {"sex": "1", "name": "BUDI", "nik": nik}
        homes = [a_home(registry.village, alone) for _ in range(2 * SHARED_AT_ONCE + 1)]

        import_ = await checked(operator, *homes)

        assert import_["state"] == "refused"
        assert f"{len(homes)} dari {len(homes)}" in import_["problem"]["detail"]

    async def test_with_somebody_of_another_household_is_left_whole(
        self, registry: Registry, operator: Caller
    ):
        known = a_home(registry.village)
        await applied(operator, await checked(operator, known))
        home = a_home(registry.village, {"sex": "1", "name": "BUDI", "nik": known[0]["nik"]})

        after = await applied(operator, await checked(operator, home, a_home(registry.village)))

        assert await codes(operator, after) == {"on_record"}
        assert (after["counts"]["left"], after["counts"]["taken"]) == (1, 1)

    async def test_with_somebody_of_another_region_is_left_whole(
        self, registry: Registry, operator: Caller
    ):
        far = await registry.caller(Role.VILLAGE_OPERATOR, over=registry.elsewhere)
        own = await registry.proposal("determined", by=far)
        held = (await far.gets(f"/v1/households/{own['household_id']}")).json()["members"][0]
        home = a_home(registry.village, {"sex": "1", "name": "BUDI", "nik": held["nik"]})

        ready = await checked(operator, home, a_home(registry.village))

        assert (await codes(operator, ready), ready["counts"]["bad"]) == ({"nik_held_elsewhere"}, 1)


@pytest.mark.usefixtures("worker")
class TestAnImportIsUndone:
    async def test_and_the_household_may_come_again(self, registry: Registry, operator: Caller):
        home = a_home(registry.village, {"sex": "1", "name": "BUDI", "nik": ""})
        after = await applied(operator, await checked(operator, home))
        [unit] = await items(operator, after, "units")
        assert (await operator.posts("/v1/nik-cases", {})).json()["opened"] == 1

        await undone(operator, after)

        [case] = (await operator.gets("/v1/nik-cases")).json()["items"]
        assert case["state"] == "dropped"
        household, survey, proposal = unit["subjects"]
        drafted = (await operator.gets(f"/v1/households/{household['id']}")).json()
        sheet = (await operator.gets(f"/v1/surveys/{survey['id']}")).json()
        states = [drafted["state"], sheet["state"], (await operator.reads(proposal))["state"]]
        assert states == ["inactive", "discarded", "withdrawn"]
        again = await applied(operator, await checked(operator, home))
        assert again["counts"]["taken"] == 1

    async def test_but_for_households_that_somebody_has_gone_on_with(
        self, registry: Registry, operator: Caller
    ):
        homes = [a_home(registry.village) for _ in range(5)]
        after = await applied(operator, await checked(operator, *homes))
        units = await items(operator, after, "units")
        amended, joined, asked, visited, _ = [unit["subjects"] for unit in units]
        enumerator = await registry.caller(Role.ENUMERATOR)
        member = (await operator.gets(f"/v1/households/{amended[0]['id']}")).json()["members"][0]
        child = a_member(registry.village, number=3, relation_to_household_head=3)
        errand = {"enumerator_id": str(enumerator.actor.id), "household_ids": [visited[0]["id"]]}

        answers = [
            await operator.patches(f"/v1/members/{member['id']}", {"mother_name": "ROHMAH"}),
            await operator.posts(f"/v1/households/{joined[0]['id']}/members", child),
            await operator.patches(f"/v1/surveys/{asked[1]['id']}", {"outcome": 1}),
            await operator.posts("/v1/visits", errand),
        ]
        assert [answer.is_success for answer in answers] == [True] * 4, answers
        await undone(operator, after)

        *left, gone = await items(operator, after, "units")
        assert [each["problem"]["code"] for each in left] == ["somebody-went-on"] * 4
        assert ({each["outcome"] for each in left}, gone["outcome"]) == ({"kept"}, "undone")
        header, *lines = lines_of(await marked(operator, after, "csv"))
        told = [line[header.index(MESSAGES.id)] for line in lines]
        assert [SomebodyWentOn.detail.id in each for each in told] == [True] * 8 + [False] * 2


class TestItsJobIsCancelled:
    async def test_and_the_import_says_what_came_of_it(
        self, app: FastAPI, registry: Registry, operator: Caller
    ):
        sent = (await sends(operator, a_file(a_home(registry.village)), kind=KIND)).json()
        assert (await cancelled(operator, sent))["problem"]["code"] == "check-ended"

        async with at_work(app):
            ready = await checked(operator, a_home(registry.village), a_home(registry.village))
        assert (await takes(operator, ready, "apply")).status_code == 201
        after = await cancelled(operator, ready)
        assert (after["state"], after["counts"]["taken"], after["counts"]["left"]) == (
            "applied",
            0,
            2,
        )

    async def test_and_what_was_not_undone_by_then_may_be_later(
        self, app: FastAPI, registry: Registry, operator: Caller
    ):
        async with at_work(app):
            after = await applied(operator, await checked(operator, a_home(registry.village)))
        assert (await takes(operator, after, "undo", **UNDO)).status_code == 201

        halted = await cancelled(operator, after)

        assert halted["state"] == "applied"
        async with at_work(app):
            assert (await undone(operator, halted))["state"] == "undone"
        [unit] = await items(operator, halted, "units")
        assert unit["outcome"] == "undone"


async def cancelled(by: Caller, import_: dict[str, Any]) -> dict[str, Any]:
    """Before a worker has come to it."""
    path = f"/v1/imports/{import_['id']}"
    job = (await by.gets(f"/v1/jobs/{(await by.gets(path)).json()['job_id']}")).json()
    step = {"action": "cancel"}
    response = await by.posts(f"/v1/jobs/{job['id']}/steps", step, version=job["version"])
    assert response.status_code == 201, response.text
    return (await by.gets(path)).json()
