"""Finding a region by its name, as people say it."""

from typing import Any

import pytest

from app.domain.actors import Role
from app.domain.region_names import read_name
from app.domain.regions import Tier
from tests.registry import Caller, Registry, refused

PATH = "/v1/regions/search"


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(Role.VILLAGE_OPERATOR)


async def finds(caller: Caller, name: str, **more: str) -> list[dict[str, Any]]:
    response = await caller.gets(PATH, params={"name": name, **more})
    assert response.status_code == 200, response.text
    return response.json()["items"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("bojonegoro", "Kabupaten Bojonegoro, Jawa Timur"),
        ("kab. bojonegoro", "Kabupaten Bojonegoro, Jawa Timur"),
        ("KABUPATEN BOJONEGORO", "Kabupaten Bojonegoro, Jawa Timur"),
        ("kec bojonegoro", "Kec. Bojonegoro, Kabupaten Bojonegoro, Jawa Timur"),
        ("ds. bojonegoro", "Bojonegoro, Kec. Kedu, Kabupaten Temanggung, Jawa Tengah"),
        ("bojonegro", "Kabupaten Bojonegoro, Jawa Timur"),
        ("bojonegorro", "Kabupaten Bojonegoro, Jawa Timur"),
        ("cilegon", "Kota Cilegon, Banten"),
        ("kota cilegon", "Kota Cilegon, Banten"),
        ("banten", "Banten"),
        ("prov. banten", "Banten"),
        ("kota yogyakarta", "Kota Yogyakarta, Daerah Istimewa Yogyakarta"),
        ("jakarta pusat", "Kota Administrasi Jakarta Pusat, Daerah Khusus Ibukota Jakarta"),
        ("distrik sentani", "Distrik Sentani, Kabupaten Jayapura, Papua"),
        ("desa adat yoboi", "Desa Adat Yoboi, Distrik Sentani, Kabupaten Jayapura, Papua"),
        ("yoboi", "Desa Adat Yoboi, Distrik Sentani, Kabupaten Jayapura, Papua"),
        ("kota baru", "Kec. Kota Baru, Kota Jambi, Jambi"),
    ],
)
async def test_a_region_is_found_as_people_say_it(operator: Caller, typed: str, first: str):
    assert (await finds(operator, typed))[0]["full_name"] == first


async def test_many_share_a_name_and_are_told_apart_by_what_lies_around(operator: Caller):
    found = await finds(operator, "cibeber", tier="village")

    exactly = [hit for hit in found if hit["name"] == "Cibeber"]
    assert len(exactly) == 7
    assert found[:7] == exactly
    assert len({hit["full_name"] for hit in exactly}) == 7
    assert {hit["kind"] for hit in exactly} == {"desa", "kelurahan"}


async def test_one_looks_within_a_region(operator: Caller):
    found = await finds(operator, "cibeber", within="36")

    assert [hit["code"] for hit in found if hit["name"] == "Cibeber"] == [
        "360219",
        "367201",
        "3602192001",
        "3672011001",
    ]
    assert all(hit["code"].startswith("36") for hit in found)


async def test_retired_codes_are_found_when_asked_for(operator: Caller):
    today = await finds(operator, "kabupaten merauke")
    ever = await finds(operator, "kabupaten merauke", retired="true")

    assert "9101" not in {hit["code"] for hit in today}
    [old] = [hit for hit in ever if hit["code"] == "9101"]
    assert (old["valid_to"], old["replaced_by"]) == ("2022-11-11", "9301")


async def test_no_more_are_given_than_asked_for(operator: Caller):
    pages = [
        (await operator.gets(PATH, params={"name": "sidomulyo", "limit": limit})).json()
        for limit in (3, 50)
    ]

    assert [(len(page["items"]), page["more"]) for page in pages] == [(3, True), (50, True)]
    assert pages[1]["items"][:3] == pages[0]["items"]


@pytest.mark.parametrize("name", ["zzzzqqq", "??", "12345", "\U0001f600\U0001f600", "%_"])
async def test_what_no_region_is_called_finds_none(operator: Caller, name: str):
    assert await finds(operator, name) == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?name=",
        "?name=a",
        "?name=ab%00",
        f"?name={'x' * 101}",
        "?name=ab&tier=desa",
        "?name=ab&within=367",
        "?name=ab&within=x",
        "?name=ab&limit=0",
        "?name=ab&limit=51",
        "?name=ab&retired=perhaps",
        "?name=ab&colour=red",
    ],
)
async def test_what_is_no_question_is_malformed(operator: Caller, query: str):
    assert refused(await operator.gets(PATH + query)) == (422, "malformed")


@pytest.mark.parametrize(
    ("typed", "name", "tier"),
    [
        ("Kab. Bojonegoro", "bojonegoro", Tier.REGENCY),
        ("kec.cibeber", "cibeber", Tier.DISTRICT),
        ("Kelurahan  Cibeber", "cibeber", Tier.VILLAGE),
        ("Prov Banten", "banten", Tier.PROVINCE),
        ("Kota Cilegon", "kota cilegon", None),
        ("Desa", "desa", None),
        ("  ", "", None),
    ],
)
def test_what_it_is_called_says_where_to_look(typed: str, name: str, tier: Tier | None):
    read = read_name(typed)

    assert (read.name, read.tier) == (name, tier)
