"""The NIK explained, as operators are taught to read it."""

from typing import Any

import pytest

from app.domain.actors import Role
from tests.domain.test_niks import VECTORS
from tests.registry import Caller, Registry, a_nik, pointers, refused

R = Role
PATH = "/v1/nik/check"
BOLO = "5206025905841235"
READS_NIKS = {
    R.ENUMERATOR,
    R.VILLAGE_OPERATOR,
    R.VILLAGE_HEAD,
    R.REGENCY_OPERATOR,
    R.REGENCY_VERIFIER,
    R.CIVIL_REGISTRY_OFFICER,
    R.MINISTRY_ANALYST,
}


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


async def told(caller: Caller, nik: str, language: str = "id", **declared: Any) -> dict[str, Any]:  # noqa: ANN401
    response = await caller.posts(PATH, {"nik": nik, **declared}, accept_language=language)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['nik']}: {vector['why']}")
async def test_the_vectors_hold(operator: Caller, vector: dict[str, str]):
    found = await told(operator, vector["nik"])

    assert found["verdict"] == vector["expected"]
    assert ";".join(finding["code"] for finding in found["findings"]) == vector["code"]
    assert found["sex"] == {"male": 1, "female": 2, "": None}[vector["sex"]]
    assert (found["birth_date"] or "") == vector["birth_date"]
    assert (found["reading"] is None) == (found["verdict"] == "invalid")


class TestReading:
    async def test_it_is_read_as_one_sentence_in_either_language(self, operator: Caller):
        indonesian = await told(operator, " 5206 0259 0584 1235 ")
        english = await told(operator, BOLO, "en")

        assert indonesian["reading"] == (
            "52 Nusa Tenggara Barat, 06 Kabupaten Bima, 02 Bolo; 59 - 40 = 19 Mei 1984, "
            "perempuan; nomor urut 1235"
        )
        assert english["reading"] == (
            "52 Nusa Tenggara Barat, 06 Kabupaten Bima, 02 Bolo; 59 - 40 = 19 May 1984, "
            "woman; serial 1235"
        )

    async def test_it_is_read_part_by_part(self, operator: Caller):
        parts = (await told(operator, BOLO))["parts"]

        assert [(part["part"], part["digits"], part["says"]) for part in parts] == [
            ("province", "52", "Nusa Tenggara Barat"),
            ("regency", "06", "Kabupaten Bima"),
            ("district", "02", "Bolo"),
            ("day", "59", "59 - 40 = 19, perempuan"),
            ("month", "05", "Mei"),
            ("year", "84", "1984"),
            ("serial", "1235", "nomor urut 1235"),
        ]
        for part in parts:
            place = part["place"]
            assert BOLO[place["first"] - 1 : place["last"]] == part["digits"]

    async def test_a_mans_day_has_nothing_added(self, operator: Caller):
        assert (
            "; 27 Agustus 1983, laki-laki; "
            in (await told(operator, "5206022708831234"))["reading"]
        )

    async def test_a_retired_code_is_named_with_what_took_its_place(self, operator: Caller):
        reading = (await told(operator, "9101011708450001"))["reading"]

        assert "01 Kabupaten Merauke (kode lama, kini 9301)" in reading

    async def test_a_code_we_do_not_know_is_said_to_be_one(self, operator: Caller):
        found = await told(operator, "3171996008900001")

        assert "99 kode tidak dikenal" in found["reading"]
        [finding] = found["findings"]
        assert (finding["code"], finding["severity"]) == ("region_unknown_district", "warning")
        assert finding["place"] == {"first": 1, "last": 6}

    async def test_one_that_cannot_be_explains_the_first_rule_it_breaks(self, operator: Caller):
        found = await told(operator, "3171013102900001")
        too_short = await told(operator, "317101310290000")

        [finding] = found["findings"]
        assert (finding["code"], finding["severity"]) == ("date", "invalid")
        assert finding["place"] == {"first": 7, "last": 12}
        assert finding["detail"].startswith("Tanggal pada NIK tidak ada di kalender.")
        assert [part["says"] for part in found["parts"]][3:6] == [None, None, None]
        assert (too_short["parts"], too_short["findings"][0]["code"]) == ([], "format")


class TestAgainstWhatIsDeclared:
    async def test_what_disagrees_is_told_with_what_to_do(self, operator: Caller):
        found = await told(operator, BOLO, "en", sex=1, birth_date="1984-05-20")

        assert found["verdict"] == "valid_with_warning"
        assert [finding["code"] for finding in found["findings"]] == [
            "mismatch_sex",
            "mismatch_birth_date",
        ]
        assert "has 40 added" in found["findings"][0]["detail"]
        assert (found["sex"], found["birth_date"]) == (2, "1984-05-19")

    async def test_the_declared_date_decides_the_century(self, operator: Caller):
        found = await told(operator, "5206024401071236", birth_date="1907-01-04")

        assert "4 Januari 1907" in found["reading"]
        assert found["birth_date"] == "1907-01-04"

    @pytest.mark.parametrize(
        ("nik", "said", "notes"),
        [
            ("3672015905840001", "3672", []),
            ("3672015905840001", "3672011001", []),
            ("3672015905840001", "", []),
            ("3672015905840001", "367202", ["mismatch_region"]),
            ("3672015905840001", "3522", ["mismatch_region"]),
            ("9101011708450001", "9301", []),  # Merauke, before it lay in Papua Selatan
            ("0000000000000000", "3522", ["placeholder"]),
        ],
    )
    async def test_one_from_elsewhere_is_noted_and_no_fault(
        self, operator: Caller, nik: str, said: str, notes: list[str]
    ):
        found = await told(operator, nik, region_code=said)

        assert [each["code"] for each in found["findings"]] == notes
        assert {each["severity"] for each in found["findings"]} <= {"note", "invalid"}


class TestWhetherSomebodyHoldsIt:
    @pytest.mark.parametrize("role", Role)
    async def test_is_told_to_those_who_read_niks_and_names_nobody(
        self, registry: Registry, role: Role
    ):
        proposal = await registry.proposal("awaiting_deliberation")
        nik = proposal["content"]["members"][0]["nik"]
        elsewhere = registry.elsewhere.at(registry.home(role).tier)
        caller = await registry.caller(role, over=elsewhere)

        taken, free = await told(caller, nik), await told(caller, a_nik(registry.village))

        may = role in READS_NIKS
        assert (taken["held"], free["held"]) == ((True, False) if may else (None, None))
        codes = [finding["code"] for finding in taken["findings"]]
        assert ("duplicate" in codes) == may
        assert "Budi" not in str(taken)
        assert registry.village.code not in str(taken)

    async def test_is_not_told_of_a_number_that_is_no_nik(self, operator: Caller):
        assert (await told(operator, "3171011708450000"))["held"] is None

    async def test_is_no_look_at_people(self, registry: Registry):
        caller = await registry.newcomer(R.VILLAGE_OPERATOR)

        await told(caller, BOLO)

        by = "SELECT * FROM access_entry WHERE actor_id = $1"
        assert await registry.runs(by, caller.actor.id) == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, "/nik"),
        ({"nik": ""}, "/nik"),
        ({"nik": 5206025905841235}, "/nik"),
        ({"nik": "1" * 41}, "/nik"),
        ({"nik": "52\x00"}, "/nik"),
        ({"nik": BOLO, "sex": 3}, "/sex"),
        ({"nik": BOLO, "birth_date": "19 Mei 1984"}, "/birth_date"),
        ({"nik": BOLO, "name": "Siti"}, "/name"),
    ],
    ids=str,
)
async def test_what_is_no_question_is_malformed(operator: Caller, body: dict[str, Any], wrong: str):
    response = await operator.posts(PATH, body)

    assert refused(response) == (422, "malformed")
    assert pointers(response) == {wrong}
    assert BOLO not in response.text
