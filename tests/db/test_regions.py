"""The region tree as it was loaded: what the decree and five news reports say of it must hold."""

import csv
import gzip
import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from app.db import regions, regions_file, roles
from app.db.sessions import Database, Reading
from app.db.urls import for_asyncpg
from app.domain.niks import NikCode, check
from app.domain.regions import INDONESIA, Region, RegionKind, Tier
from tests.conftest import Run

IN_USE = 91_599
RETIRED = 26


@pytest.fixture
async def reading(database: Database) -> AsyncIterator[Reading]:
    async with database.reading(INDONESIA) as reading:
        yield reading


async def kinds_within(reading: Reading, region: Region) -> dict[str, int]:
    rows = await reading.rows(
        "SELECT kind, count(*) FROM region "
        "WHERE scope_code BETWEEN $1 AND $2 AND valid_to IS NULL GROUP BY kind",
        region.first,
        region.last,
    )
    return {row["kind"]: row["count"] for row in rows}


class TestTheNumbers:
    async def test_of_the_nation_are_those_of_the_decree(self, reading: Reading):
        counted = await kinds_within(reading, INDONESIA)

        assert counted == {
            "province": 38,
            "kabupaten": 416,
            "kota": 98,
            "kecamatan": 7_285,
            "kelurahan": 8_496,
            "desa": 75_252,
            "desa_adat": 14,
        }
        assert sum(counted.values()) == IN_USE

    @pytest.mark.parametrize(
        ("regency", "name", "expected"),
        [
            ("1702", "Kabupaten Rejang Lebong", {"kecamatan": 15, "desa": 122, "kelurahan": 34}),
            ("3672", "Kota Cilegon", {"kecamatan": 8, "kelurahan": 43}),
            ("3522", "Kabupaten Bojonegoro", {"kecamatan": 28, "desa": 419, "kelurahan": 11}),
            (
                "7107",
                "Kabupaten Minahasa Tenggara",
                {"kecamatan": 12, "desa": 135, "kelurahan": 9},
            ),
            (
                "6202",
                "Kabupaten Kotawaringin Timur",
                {"kecamatan": 17, "desa": 168, "kelurahan": 17},
            ),
        ],
    )
    async def test_of_five_regencies_are_those_of_the_news(
        self, reading: Reading, regency: str, name: str, expected: dict[str, int]
    ):
        counted = await kinds_within(reading, Region(regency))

        kind = counted.pop("kota", 0) or counted.pop("kabupaten", 0)
        assert (kind, counted) == (1, expected)
        assert json.loads(await regions.find(reading, regency))["name"] == name

    async def test_every_district_has_a_village_and_every_village_a_name(self, reading: Reading):
        childless = await reading.value(
            "SELECT count(*) FROM region AS r WHERE tier <> 'village' AND valid_to IS NULL "
            "AND NOT EXISTS (SELECT FROM region WHERE parent_code = r.code)"
        )
        nameless = await reading.value(
            "SELECT count(*) FROM region WHERE name !~ '^[A-Z0-9]' OR name ~ '  |[\"*]|^ | $'"
        )

        assert (childless, nameless) == (0, 0)


class TestTheTree:
    async def test_says_of_every_region_what_its_code_says(self, reading: Reading):
        rows = await reading.rows(
            "SELECT scope_code, code, tier, kind, time_zone, parent_code FROM region"
        )

        assert len(rows) == IN_USE + RETIRED
        for row in rows:
            region = Region(row["code"])
            assert row["scope_code"] == region.first
            assert (row["tier"], row["kind"]) == (region.tier, region.kind)
            assert row["time_zone"] == region.time_zone
            if row["parent_code"]:
                assert Region(row["parent_code"]).covers(region)

    async def test_keeps_the_retired_regencies_of_papua_with_those_that_took_their_place(
        self, reading: Reading
    ):
        rows = await reading.rows(
            "SELECT old.code AS old, old.tier, old.name = new.name AS same_name, old.valid_to, "
            "new.valid_from, new.valid_to AS ends, new.code AS new "
            "FROM region AS old JOIN region AS new ON new.code = old.replaced_by"
        )

        assert len(rows) == RETIRED
        assert {(row["old"][:2], row["new"][:2]) for row in rows} == {
            ("91", "93"),
            ("91", "94"),
            ("91", "95"),
            ("92", "96"),
        }
        for row in rows:
            assert row["tier"] == "regency"
            assert row["same_name"]
            assert row["valid_to"] == row["valid_from"]
            assert row["ends"] is None
        assert {row["valid_to"] for row in rows} == {date(2022, 11, 11), date(2022, 12, 9)}

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO region SELECT * FROM region WHERE code = '36'",
            "UPDATE region SET name = 'Kota Lain' WHERE code = '3672'",
            "DELETE FROM region WHERE code = '3672021004'",
            "TRUNCATE region",
        ],
    )
    async def test_is_written_by_nobody_who_serves(self, app_url: str, statement: str):
        connection = await asyncpg.connect(for_asyncpg(app_url))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        finally:
            await connection.close()

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ("scope_code = 3672000001", "scope_code_is_of_code"),
            ("tier = 'village', parent_code = '3672'", "tier_is_of_code"),
            ("tier = 'nation', parent_code = NULL", "tier_is_of_code"),
            ("tier = 'hamlet', parent_code = NULL", "tier"),
            ("kind = 'dusun'", "kind"),
            ("parent_code = '35'", "parent_is_of_code"),
            ("parent_code = NULL", "parent_is_of_code"),
            ("time_zone = 'Asia/Tokyo'", "time_zone"),
            ("postal_code = '4241'", "postal_code"),
            ("valid_from = '2022-11-11', valid_to = '2022-11-11'", "period"),
            ("replaced_by = '3671'", "replaced_is_closed"),
        ],
    )
    async def test_cannot_say_what_contradicts_itself(self, owner_url: str, change: str, rule: str):
        connection = await asyncpg.connect(for_asyncpg(owner_url))
        try:
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                await connection.execute(f"UPDATE region SET {change} WHERE code = '3672'")  # noqa: S608
        finally:
            await connection.close()

        assert refused.value.constraint_name == f"ck_region_{rule}"


class TestLooking:
    async def test_at_one_region(self, reading: Reading):
        assert json.loads(await regions.find(reading, "3672021004")) == {
            "code": "3672021004",
            "tier": "village",
            "kind": "kelurahan",
            "name": "Ketileng",
            "parent_code": "367202",
            "postal_code": "42416",
            "time_zone": "Asia/Jakarta",
            "valid_from": None,
            "valid_to": None,
            "replaced_by": None,
        }

    @pytest.mark.parametrize("code", ["", "37", "3673000000", "3672020000", "٣٦", "36%"])
    async def test_at_none_there_is_finds_none(self, reading: Reading, code: str):
        with pytest.raises(regions.RegionNotFound):
            await regions.find(reading, code)
        with pytest.raises(regions.RegionNotFound):
            await regions.children(reading, code, limit=1, after=None)
        with pytest.raises(regions.RegionNotFound):
            await regions.ancestors(reading, code)

    async def test_page_by_page_meets_every_child_once(self, reading: Reading):
        met, after = [], None
        while True:
            page = json.loads(await regions.children(reading, "3522", limit=10, after=after))
            met += [item["code"] for item in page["items"]]
            after = page["next"]
            if after is None:
                break

        assert met == [f"3522{number:02}" for number in range(1, 29)]

    @pytest.mark.parametrize(("limit", "following"), [(7, "367207"), (8, None), (9, None)])
    async def test_goes_on_only_where_there_is_more(
        self, reading: Reading, limit: int, following: str | None
    ):
        page = json.loads(await regions.children(reading, "3672", limit=limit, after=None))

        assert page["next"] == following
        assert len(page["items"]) == min(limit, 8)

    async def test_down_meets_only_what_is_in_use(self, reading: Reading):
        page = json.loads(await regions.children(reading, "92", limit=200, after=None))

        codes = {item["code"] for item in page["items"]}
        assert "9202" in codes
        assert "9201" not in codes
        assert json.loads(await regions.find(reading, "9201"))["replaced_by"] == "9601"

    async def test_up_goes_from_the_province_inwards(self, reading: Reading):
        async def around(code: str) -> list[str]:
            page = json.loads(await regions.ancestors(reading, code))
            return [item["code"] for item in page["items"]]

        assert await around("3672021004") == ["36", "3672", "367202"]
        assert await around("3672") == ["36"]
        assert await around("36") == []
        assert await around("9201") == ["92"]

    @pytest.mark.parametrize("own", ["", "36", "3672", "367202", "3672021004"])
    async def test_from_the_top_shows_the_provinces_and_ones_own_region(
        self, reading: Reading, own: str
    ):
        found = json.loads(await regions.provinces(reading, own=Region(own)))

        assert found["own"]["code"] == own
        assert found["own"]["tier"] == Region(own).tier
        assert [item["code"] for item in found["items"]][:2] == ["11", "12"]
        assert len(found["items"]) == 38
        assert {frozenset(item) for item in found["items"]} == {frozenset(found["own"])}


async def test_a_nik_may_begin_with_every_code_there_is_or_was(reading: Reading):
    known = await regions.known_regions(reading)

    assert (len(known.provinces), len(known.regencies), len(known.districts)) == (
        38,
        514 + RETIRED,
        7_285,
    )


async def test_the_vectors_of_niks_hold_with_the_real_regions(reading: Reading):
    known = await regions.known_regions(reading)
    vectors = Path(__file__).parents[1] / "domain/nik_vectors.csv"
    rows = list(csv.DictReader(vectors.read_text(encoding="utf-8").splitlines()))

    assert rows
    for row in rows:
        found = check(row["nik"], regions=known, sex=None, birth_date=None, today=date(2026, 1, 1))
        assert (found.verdict, ";".join(found.codes)) == (row["expected"], row["code"])


async def test_an_old_district_of_papua_is_not_held_against_a_nik(reading: Reading):
    known = await regions.known_regions(reading)

    def codes(nik: str) -> tuple[NikCode, ...]:
        return check(nik, regions=known, sex=None, birth_date=None, today=date(2026, 1, 1)).codes

    assert codes("9101051708450001") == ()
    assert codes("9301991708450001") == (NikCode.UNKNOWN_DISTRICT,)


class TestLoading:
    """In a copy of the database, because what is loaded is there for every other test."""

    @pytest.fixture
    async def copy_url(self, run: Run, database_name: str) -> AsyncIterator[str]:
        name = f"{database_name}_regions"
        await run.clone(name)
        yield run.url(name, roles.OWNER)
        await run.drop(name)

    @pytest.fixture
    async def copy(self, copy_url: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(for_asyncpg(copy_url))
        yield connection
        await connection.close()

    async def test_a_second_time_changes_nothing(self, copy_url: str, copy: asyncpg.Connection):
        before = await copy.fetchval("SELECT array_agg(xmin::text ORDER BY code) FROM region")

        assert await regions_file.load(copy_url) == 0
        after = await copy.fetchval("SELECT array_agg(xmin::text ORDER BY code) FROM region")
        assert after == before

    async def test_of_the_file_that_was_loaded_last_may_be_left_out(
        self, copy_url: str, copy: asyncpg.Connection
    ):
        await copy.execute("UPDATE region SET name = 'salah' WHERE code = '3672'")

        assert await regions_file.load(copy_url, unless_last=True) == 0
        assert await regions_file.load(copy_url) == 1
        loads = await copy.fetch("SELECT digest, changed FROM region_load ORDER BY id")
        assert [row["changed"] for row in loads] == [IN_USE + RETIRED, 1]
        assert len({row["digest"] for row in loads}) == 1

    async def test_into_an_empty_table_counts_every_region(
        self, copy_url: str, copy: asyncpg.Connection
    ):
        await copy.execute("TRUNCATE region CASCADE")

        assert await regions_file.load(copy_url) == IN_USE + RETIRED

    async def test_a_newer_file_adds_renames_and_closes_but_never_deletes(
        self, copy_url: str, copy: asyncpg.Connection, tmp_path: Path
    ):
        lines = gzip.decompress(regions_file.REGIONS.read_bytes()).decode().splitlines()
        newer = [
            line.replace("edition: 2025-04-25", "edition: 2027-01-31").replace(
                "3672021004,kelurahan,Ketileng,", "3672021004,kelurahan,Ketileng Baru,"
            )
            for line in lines
            if not line.startswith("3672021005,")
        ]
        newer.append("3672021099,kelurahan,Tambahan,42416,Asia/Jakarta,2027-01-31,,")
        path = tmp_path / "newer.csv.gz"
        path.write_bytes(gzip.compress("\n".join(newer).encode()))

        changed = await regions_file.load(copy_url, path)

        assert changed == 3
        rows = await copy.fetch(
            "SELECT code, name, valid_to FROM region WHERE code = any($1) ORDER BY code",
            ["3672021004", "3672021005", "3672021099"],
        )
        assert [tuple(row) for row in rows] == [
            ("3672021004", "Ketileng Baru", None),
            ("3672021005", "Ciwaduk", date(2027, 1, 31)),
            ("3672021099", "Tambahan", None),
        ]
        assert await regions_file.load(copy_url, path) == 0


def test_the_file_says_where_it_comes_from():
    head = gzip.decompress(regions_file.REGIONS.read_bytes())[:1_000].decode()

    for note in ("300.2.2-2138 Tahun 2025", "300.2.2-2430", "indonesia-nodejs 1.1.0", "MIT"):
        assert note in head
    assert regions_file.read().edition == date(2025, 4, 25)


def test_the_kinds_of_village_are_told_apart_by_their_code():
    assert {Region(f"367202{digit}004").kind for digit in "123"} == {
        RegionKind.KELURAHAN,
        RegionKind.DESA,
        RegionKind.DESA_ADAT,
    }
    assert Region("3672021004").tier is Tier.VILLAGE
