"""A BDT2015 file: households come in as drafts that say what is missing, each of them once."""

import asyncio
import csv
import io
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI

from app.db import roles
from app.domain.actors import Role
from app.domain.imports.bdt2015 import NAMES
from app.domain.imports.layouts import ImportKind
from app.domain.questionnaire.codebooks import NEWEST
from app.domain.questionnaire.shapes import malformed
from app.domain.regions import Region
from tests.api.services import an_app
from tests.api.test_imports import applied, at_work, done, items, sends, takes
from tests.conftest import SETTINGS, Run, registry_of
from tests.contract import Promise
from tests.db.copies import Copy, a_copy
from tests.registry import NUMBERS, Caller, Places, Registry, a_nik, birth_date
from tests.served import ROOT, environment

KIND = ImportKind.BDT2015
PATIENCE_SECONDS = 30
CHECKED = {"received", "checking"}
UNDO = {"grounds": {"note": "Berkas keliru."}}
# Where a worker is killed: it has just come to write there, and has not.
MOMENTS = ("import_problem", "family", "survey", "audit_entry", "import_effect")


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
    rows = await items(by, import_, "rows")
    return {problem["code"] for row in rows for problem in row["problems"]}


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
        assert sheet["state"] == "drafted"
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

    async def test_with_somebody_of_another_household_is_left_whole(
        self, registry: Registry, operator: Caller
    ):
        known = a_home(registry.village)
        await applied(operator, await checked(operator, known))
        home = a_home(registry.village, {"sex": "1", "name": "BUDI", "nik": known[0]["nik"]})

        after = await applied(operator, await checked(operator, home, a_home(registry.village)))

        assert await codes(operator, after) == {"on_record"}
        assert (after["counts"]["left"], after["counts"]["taken"]) == (1, 1)


@pytest.mark.usefixtures("worker")
class TestAnImportIsUndone:
    async def test_and_the_household_may_come_again(self, registry: Registry, operator: Caller):
        home = a_home(registry.village)
        after = await applied(operator, await checked(operator, home))
        [unit] = await items(operator, after, "units")

        await undone(operator, after)

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
        ready = await checked(operator, a_home(registry.village), a_home(registry.village))
        after = await applied(operator, ready)
        unit, _ = await items(operator, after, "units")
        drafted = (await operator.gets(f"/v1/households/{unit['subjects'][0]['id']}")).json()
        member = drafted["members"][0]
        response = await operator.patches(
            f"/v1/members/{member['id']}", {"mother_name": "ROHMAH"}, version=member["version"]
        )
        assert response.status_code == 200, response.text

        await undone(operator, after)

        left, gone = await items(operator, after, "units")
        assert (left["outcome"], left["problem"]["code"]) == ("kept", "somebody-went-on")
        assert gone["outcome"] == "undone"


# --- a worker dies


@dataclass(frozen=True)
class Shop:
    """A service and its database, where no other worker is about."""

    copy: Copy
    registry: Registry

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        variables = {
            "SIKS_DATABASE_URL": self.copy.run.url(self.copy.name, roles.APP),
            "SIKS_STORAGE_URL": str(SETTINGS["storage_url"]),
            "SIKS_LOG_LEVEL": "error",
        }
        with subprocess.Popen(
            [sys.executable, "-m", "tests.api.importing"],
            env=environment(1, ROOT, **variables),
            cwd="/",
            stdout=subprocess.DEVNULL,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @asynccontextmanager
    async def in_the_way(self, table: str) -> AsyncIterator[None]:
        """Whoever is to write there waits; it begins once somebody does."""
        async with (
            self.copy.run.superuser(self.copy.name) as connection,
            connection.transaction(),
        ):
            await connection.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await connection.fetchval(WAITING, table):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            yield


WAITING = """
SELECT EXISTS (SELECT FROM pg_locks WHERE relation = $1::regclass AND NOT granted
    AND mode = 'RowExclusiveLock')
"""


@pytest.fixture
async def shop(run: Run, places: Places, worker_id: str) -> AsyncIterator[Shop]:
    async with a_copy(run, f"{run.name}_{worker_id}_bdt2015") as copy:
        app = an_app(run.url(copy.name, roles.APP), worker=False)
        async with (
            app.router.lifespan_context(app),
            registry_of(app, Promise(app), *next(places.districts)) as registry,
        ):
            yield Shop(copy, registry)


async def test_a_worker_that_dies_in_the_middle_leaves_nothing_by_halves(shop: Shop):
    village = shop.registry.village
    by = await shop.registry.caller(Role.VILLAGE_OPERATOR)
    homes = [a_home(village) for _ in range(40)]
    bad = a_home(village, sls_name="RT 1", floor_material="99")
    import_ = (await sends(by, a_file(bad, *homes), kind=KIND)).json()
    for table in MOMENTS:
        with shop.worker() as process:
            if table != "import_problem":
                import_ = await _under_way(by, import_)
            async with shop.in_the_way(table):
                process.kill()
                process.wait()
    with shop.worker():
        after = await done(by, import_)

    assert (after["counts"]["taken"], after["counts"]["left"]) == (40, 1)
    rows = await shop.copy.does(
        "SELECT h.bdt_id, count(DISTINCT m.id) AS people, count(DISTINCT s.id) AS sheets, "
        "count(DISTINCT p.id) AS proposals FROM household h JOIN member m ON m.household_id = h.id "
        "JOIN survey s ON s.household_id = h.id JOIN proposal p ON p.household_id = h.id "
        "GROUP BY h.id"
    )
    assert sorted(tuple(row) for row in rows) == sorted(
        (home[0]["bdt_household_id"], 2, 1, 1) for home in homes
    )
    report = await shop.copy.verified()
    assert report.intact, report


async def _under_way(by: Caller, import_: dict[str, Any]) -> dict[str, Any]:
    """Applied, where it is not; and a household further than it was."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (read := await _read(by, import_))["state"] in CHECKED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        if read["state"] == "ready":
            assert (await takes(by, read, "apply")).status_code == 201
        while (now := await _read(by, import_))["counts"] == read["counts"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert now["state"] == "applying"
    return now


async def _read(by: Caller, import_: dict[str, Any]) -> dict[str, Any]:
    return (await by.gets(f"/v1/imports/{import_['id']}")).json()
