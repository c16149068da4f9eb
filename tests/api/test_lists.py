"""Lists for people: BNBA of a village or a programme, and recapitulations, as files."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from app.commands.sweeping import sweep
from app.domain import lists
from app.domain.actors import Role
from app.domain.regions import Tier
from tests.api.listing import asks, cells_of, fetched, lines_of, made, text_of
from tests.api.test_imports import at_work as working
from tests.grants import a_family, a_recipient, born, food, proposed, registered
from tests.registry import Caller, Registry, refused
from tests.workbooks import Opened

R = Role
FORMULA = '=HYPERLINK("http://jahat.example";"klik")'
at_work = pytest.mark.usefixtures("worker")


@pytest.fixture
async def worker(app: FastAPI) -> AsyncIterator[None]:
    async with working(app):
        yield


async def accesses(registry: Registry, by: Caller) -> list[set[str]]:
    """Whom the lists of this reader held, entry by entry."""
    rows = await registry.runs(
        "SELECT subjects FROM access_entry WHERE actor_id = $1 AND operation = 'write_list'",
        by.actor.id,
    )
    return [{str(each) for each in row["subjects"]} for row in rows]


@at_work
class TestTheListOfAVillage:
    async def test_is_a_workbook_of_who_is_registered_with_sixteen_digits_and_no_formula(
        self, registry: Registry, tmp_path: Path
    ):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        people = a_family(registry.village)
        people[1]["name"] = FORMULA
        home = await registered(registry, *people)
        await registry.household()  # a draft

        list_ = await made(operator)
        content = await fetched(operator, list_)

        [(sheet, cells)] = cells_of(content).items()
        found = {line["Nama"]: line for line in lines_of(cells)}
        assert sheet.endswith(registry.village.code)
        assert found.keys() == {each["name"] for each in people}
        assert {line["NIK"] for line in found.values()} == {each["nik"] for each in people}
        mother = found["Siti Aminah"]
        assert (mother["L/P"], mother["Tanggal lahir"]) == ("P", "19/05/1984")
        assert mother["No KK"] == home["families"][0]["card_number"]
        assert mother["Hubungan keluarga"] == "Kepala keluarga"
        assert (mother["Alamat"], mother["RT/RW"]) == (
            home["address"],
            f"{home['rt']}/{home['rw']}",
        )

        path = tmp_path / "list.xlsx"
        path.write_bytes(content)
        opened = Opened(path)
        assert not opened.has_formulas()
        assert opened.kind("C6") == "inlineStr"
        assert (list_["names"], list_["rows"]) == (len(people), None)

        steps = await registry.audit_of(list_["id"])
        assert [step["action"] for step in steps] == ["request", "make"]
        [read] = await accesses(registry, operator)
        assert read == {home["id"], *(each["id"] for each in home["members"])}

    async def test_is_downloaded_in_parts_and_not_twice(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        list_ = await made(operator)
        whole = await operator.gets(list_["file"])
        tag = whole.headers["etag"]

        part = await operator.gets(list_["file"], headers={"Range": "bytes=10-19"})
        again = await operator.gets(list_["file"], headers={"If-None-Match": tag})

        assert (part.status_code, part.content) == (206, whole.content[10:20])
        assert again.status_code == 304
        assert registry.village.code not in whole.headers["content-disposition"]

    async def test_is_printed_with_room_to_sign(self, registry: Registry, tmp_path: Path):
        head = await registry.caller(R.VILLAGE_HEAD)
        home = await registered(registry)

        text = text_of(await fetched(head, await made(head, format="pdf")), tmp_path)

        assert all(each["name"] in text and each["nik"] in text for each in home["members"])
        assert "Paraf / catatan" in text
        assert "Halaman 1 dari 1" in " ".join(text.split())

    async def test_is_its_askers_own(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        list_ = await made(operator)
        colleague = await registry.newcomer(R.VILLAGE_OPERATOR)
        head = await registry.also(operator, R.VILLAGE_HEAD)

        for by in (colleague, head):
            assert refused(await by.gets(list_["file"])) == (404, "list-not-found")
        assert refused(await colleague.gets(f"/v1/lists/{list_['id']}"))[0] == 404
        assert (await colleague.gets("/v1/lists")).json()["items"] == []
        own = (await operator.gets("/v1/lists", params={"kind": "named_list"})).json()["items"]
        assert [each["id"] for each in own] == [list_["id"]]


@at_work
class TestTheListOfADistrict:
    async def test_has_a_sheet_for_each_village_and_masked_numbers_for_who_reads_none(
        self, registry: Registry
    ):
        officer = await registry.caller(R.DISTRICT_OFFICER)
        there = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        homes = [await registered(registry), await registered(registry, by=there)]

        sheets = cells_of(await fetched(officer, await made(officer)))

        codes = [registry.village.code, registry.neighbour.code]
        assert [name.rpartition(" ")[2] for name in sheets] == sorted(codes)
        for code, home in zip(codes, homes, strict=True):
            [lines] = [lines_of(cells) for name, cells in sheets.items() if name.endswith(code)]
            assert [line["No"] for line in lines] == [1, 2, 3]
            assert {line["ID DTKS"] for line in lines} == {m["dtks_id"] for m in home["members"]}
            assert all(line["NIK"][4:] == line["No KK"][4:] == "*" * 12 for line in lines)

    async def test_of_a_programme_names_who_is_paid(self, registry: Registry):
        officer = await registry.caller(R.REGENCY_OPERATOR)
        home = await registered(registry)
        son = home["members"][1]
        await proposed(registry, "programme", home, food(home, payee_id=son["id"]))
        await registered(registry)  # who receives nothing
        region = {"region_code": registry.village.code, "programme": "SEMBAKO"}

        list_ = await made(officer, **region)

        [cells] = cells_of(await fetched(officer, list_)).values()
        [line] = lines_of(cells)
        assert (line["Nama"], line["Program"]) == (son["name"], "SEMBAKO")
        assert "Program Sembako" in cells[1][0]


COUNTS = {
    "Rumah tangga": "household WHERE state = 'registered'",
    "Keluarga": "family WHERE state = 'registered'",
    "Orang": "member WHERE state = 'registered'",
    "Laki-laki": "member WHERE state = 'registered' AND sex = 1",
    "Perempuan": "member WHERE state = 'registered' AND sex = 2",
    "Umur 0-6": "member WHERE state = 'registered' AND age(birth_date) < interval '7 years'",
    "Umur 60 ke atas": "member WHERE state = 'registered' "
    "AND age(birth_date) >= interval '60 years'",
    "Penerima SEMBAKO": "recipient WHERE state <> 'ended' AND programme = 'SEMBAKO'",
    "Usulan berjalan": "proposal WHERE state NOT IN ('determined', 'rejected', 'withdrawn')",
    "Rumah tangga tersurvei": "household WHERE state = 'registered' AND id IN "
    "(SELECT household_id FROM survey WHERE state = 'finished')",
}


@at_work
class TestARecapitulation:
    async def test_counts_what_is_on_record_and_names_nobody(
        self, regency: Registry, tmp_path: Path
    ):
        there = await regency.caller(R.VILLAGE_OPERATOR, over=regency.neighbour)
        old = born(regency.village, "1950-01-02", number=1, name="Mbah Karto")
        child = born(regency.village, f"{date.today().year - 2}-01-02", number=2, name="Si Kecil")  # noqa: DTZ011
        child |= {"relation_to_household_head": 5, "relation_to_family_head": 5}
        await a_recipient(regency)
        await registered(regency, old, child, by=there)
        await regency.proposal("awaiting_regency")
        admin = await regency.caller(R.REGENCY_ADMIN)
        region = regency.village.at(Tier.REGENCY)

        list_ = await made(admin, kind="recapitulation", rows="village")
        content = await fetched(admin, list_)

        lines = lines_of(cells_of(content)["Rekapitulasi"])
        *rows, total = lines
        villages = (
            "SELECT count(*) FROM region WHERE tier = 'village' AND scope_code BETWEEN $1 AND $2"
        )
        [[number]] = await regency.runs(villages, region.first, region.last)
        assert len(rows) == number
        assert total["Kode"] == "JUMLAH"
        for name, of in COUNTS.items():
            for place, line in ((region, total), *((v, _of(v, rows)) for v in _both(regency))):
                counted = await regency.runs(
                    f"SELECT count(*) FROM {of} AND scope_code BETWEEN $1 AND $2",  # noqa: S608
                    place.first,
                    place.last,
                )
                assert line[name] == counted[0][0], (name, place.code)
        assert all(total[name] > 0 for name in COUNTS)
        assert "Siti Aminah" not in str(cells_of(content))
        assert await accesses(regency, admin) == []

        path = tmp_path / "list.xlsx"
        path.write_bytes(content)
        opened = Opened(path)
        assert "Laki-laki" in opened.part("xl/charts/chart1.xml")
        assert not opened.has_formulas()


def _both(registry: Registry) -> tuple[Any, Any]:
    return registry.village, registry.neighbour


def _of(village: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: ANN401
    [found] = [row for row in rows if row["Kode"] == village.code]
    return found


class TestAListIsRefused:
    @pytest.mark.parametrize(
        ("role", "kind"),
        [
            (R.REGENCY_ADMIN, "named_list"),
            (R.AUDITOR, "named_list"),
            (R.INTEGRATION, "named_list"),
            (R.INTEGRATION, "recapitulation"),
            (R.ENUMERATOR, "recapitulation"),
        ],
    )
    async def test_to_roles_that_it_is_not_for(self, registry: Registry, role: Role, kind: str):
        by = (
            await registry.caller(role, over=registry.village.at(Tier.REGENCY))
            if (role in {R.AUDITOR, R.INTEGRATION})
            else await registry.caller(role)
        )

        assert refused(await by.posts("/v1/lists", {"kind": kind})) == (403, "list-not-yours")

    @pytest.mark.parametrize(
        ("wish", "status", "code"),
        [
            ({"kind": "recapitulation", "format": "pdf"}, 422, "list-not-offered"),
            ({"kind": "recapitulation", "rows": "regency"}, 422, "list-not-offered"),
            ({"kind": "recapitulation", "programme": "PKH"}, 422, "list-not-offered"),
            ({"kind": "named_list", "rows": "village"}, 422, "list-not-offered"),
            ({"kind": "named_list", "programme": "TIDAK"}, 404, "programme-not-found"),
            ({"kind": "named_list", "region_code": "1101"}, 404, "outside-your-region"),
        ],
    )
    async def test_where_there_is_none_like_that(
        self, registry: Registry, wish: dict[str, str], status: int, code: str
    ):
        officer = await registry.caller(R.REGENCY_OPERATOR)

        assert refused(await officer.posts("/v1/lists", wish)) == (status, code)

    async def test_of_a_region_that_there_is_not(self, registry: Registry):
        officer = await registry.caller(R.REGENCY_OPERATOR)
        nowhere = f"{registry.village.at(Tier.REGENCY).code}990001"

        for room in ("lists", "extracts"):
            wish = {"resource": "members"} if room == "extracts" else {"kind": "named_list"}
            refusal = await officer.posts(f"/v1/{room}", {**wish, "region_code": nowhere})
            assert refused(refusal) == (404, "region-not-found")

    async def test_where_five_are_being_made_however_fast_he_asks(self, registry: Registry):
        officer = await registry.newcomer(R.REGENCY_OPERATOR)
        wish = {"kind": "recapitulation"}

        answers = await asyncio.gather(*(officer.posts("/v1/lists", wish) for _ in range(8)))

        assert sorted(each.status_code for each in answers) == [202] * 5 + [409] * 3

    async def test_of_the_whole_nation_at_once(self, registry: Registry):
        analyst = await registry.caller(R.MINISTRY_ANALYST)

        answer = await analyst.posts("/v1/lists", {"kind": "recapitulation"})

        assert refused(answer) == (422, "list-not-offered")

    async def test_where_more_names_stand_in_it_than_anybody_prints(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(lists, "MOST_PRINTED", 2)
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        await registered(registry)

        answer = await operator.posts("/v1/lists", {"kind": "named_list", "format": "pdf"})

        assert refused(answer) == (409, "list-too-long")


class TestAListThatWasAskedFor:
    async def test_fails_with_its_job(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        list_ = await asks(operator)

        body = {"action": "cancel"}
        await operator.posts(f"/v1/jobs/{list_['job_id']}/steps", body, version=1)

        now = (await operator.gets(f"/v1/lists/{list_['id']}")).json()
        assert (now["state"], now["problem"]["code"]) == ("failed", "list-ended")
        answer = await operator.gets(f"/v1/lists/{list_['id']}/file")
        assert refused(answer) == (409, "list-not-made")

    async def test_is_made_once_for_the_same_key(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        body = {"kind": "named_list"}

        first, second = [await operator.posts("/v1/lists", body, key="satu") for _ in range(2)]

        assert first.json() == second.json()
        assert len((await operator.gets("/v1/lists")).json()["items"]) == 1

    @at_work
    async def test_is_kept_for_its_days_and_then_swept_up(self, app: FastAPI, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        list_ = await made(operator)
        await registry.runs(
            "UPDATE list SET expires_at = now() - interval '1 second' WHERE id = $1", list_["id"]
        )
        assert refused(await operator.gets(list_["file"])) == (409, "list-not-made")

        await sweep(registry.database, app.state.storage)

        now = (await operator.gets(f"/v1/lists/{list_['id']}")).json()
        assert (now["state"], now["file"]) == ("expired", None)
        assert list_["id"] not in await app.state.storage.places("lists")
        steps = await registry.audit_of(list_["id"])
        assert steps[-1]["action"] == "expire"
