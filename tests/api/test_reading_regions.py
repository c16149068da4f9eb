from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.db.sessions import Database
from app.domain.actors import Role
from app.domain.regions import INDONESIA, Region
from app.routers import regions
from app.routers.regions import Provinces, RegionPage, RegionView
from tests.api.door import BULAKAN, CILEGON, House, Officer, a_house, refused


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with a_house(database) as house:
        house.app.include_router(regions.router)
        yield house


@pytest.fixture
async def operator(house: House) -> Officer:
    return await house.officer(Role.VILLAGE_OPERATOR, BULAKAN)


async def read(officer: Officer, path: str) -> Any:  # noqa: ANN401
    response = await officer.asks(f"/v1/regions{path}")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    return response.json()


def codes(page: dict[str, Any]) -> list[str]:
    return [item["code"] for item in page["items"]]


@pytest.mark.parametrize(
    ("role", "region"),
    [
        (Role.VILLAGE_OPERATOR, BULAKAN),
        (Role.DISTRICT_OFFICER, Region("367201")),
        (Role.REGENCY_ADMIN, CILEGON),
        (Role.PROVINCE_OFFICER, Region("36")),
        (Role.MINISTRY_ANALYST, INDONESIA),
    ],
)
async def test_everybody_reads_the_provinces_and_finds_the_own_region_beside_them(
    house: House, role: Role, region: Region
):
    officer = await house.officer(role, region)

    found = await read(officer, "")

    assert (found["own"]["code"], found["own"]["tier"]) == (region.code, region.tier)
    assert len(found["items"]) == 38
    assert found["next"] is None


async def test_one_goes_from_the_provinces_down_to_a_village(operator: Officer):
    banten = next(item for item in (await read(operator, ""))["items"] if item["name"] == "Banten")
    regencies = await read(operator, f"/{banten['code']}/children")
    cilegon = next(item for item in regencies["items"] if item["name"] == "Kota Cilegon")
    districts = await read(operator, f"/{cilegon['code']}/children")
    villages = [await read(operator, f"/{code}/children") for code in codes(districts)]

    assert cilegon["kind"] == "kota"
    assert sum(len(page["items"]) for page in villages) == 43
    assert {item["kind"] for page in villages for item in page["items"]} == {"kelurahan"}


async def test_one_reads_regions_far_away_too(operator: Officer):
    village = await read(operator, "/9103013007")

    assert (village["kind"], village["name"]) == ("desa_adat", "Desa Adat Yoboi")
    assert (village["time_zone"], village["postal_code"]) == ("Asia/Jayapura", None)
    assert codes(await read(operator, "/9103013007/ancestors")) == ["91", "9103", "910301"]


async def test_a_retired_code_says_since_when_and_what_took_its_place(operator: Officer):
    merauke = await read(operator, "/9101")

    assert (merauke["name"], merauke["valid_to"]) == ("Kabupaten Merauke", "2022-11-11")
    assert merauke["replaced_by"] == "9301"
    assert (await read(operator, "/9301"))["valid_from"] == "2022-11-11"


async def test_children_come_page_by_page(operator: Officer):
    first = await read(operator, "/3672/children?limit=5")
    second = await read(operator, f"/3672/children?limit=5&after={first['next']}")

    assert codes(first) + codes(second) == [f"36720{number}" for number in range(1, 9)]
    assert (first["next"], second["next"]) == ("367205", None)


@pytest.mark.parametrize("code", ["37", "3699", "3600", "367299", "3672011099", "123"])
@pytest.mark.parametrize("part", ["", "/children", "/ancestors"])
async def test_what_is_no_region_is_not_found(operator: Officer, code: str, part: str):
    response = await operator.asks(f"/v1/regions/{code}{part}")

    assert refused(response) == (404, "region-not-found")
    assert code not in response.text


@pytest.mark.parametrize(
    "path",
    [
        "/Cilegon",
        "/36.72",
        "/٣٦",
        "/36720110010",
        "/3672%00/children",
        "/3672/children?limit=0",
        "/3672/children?limit=100000",
        "/3672/children?limit=99999999999999999999",
        "/3672/children?after=%27",
        "/3672/children?after=",
    ],
)
async def test_what_cannot_be_a_code_or_a_page_is_malformed(operator: Officer, path: str):
    assert refused(await operator.asks(f"/v1/regions{path}")) == (422, "malformed")


async def test_nobody_reads_them_without_a_token(house: House):
    for path in ("", "/3672", "/3672/children", "/3672/ancestors"):
        assert (await house.http.get(f"/v1/regions{path}")).status_code == 401


async def test_every_answer_has_the_shape_that_is_published(operator: Officer):
    shapes = {
        "": Provinces,
        "/36": RegionView,
        "/9101": RegionView,
        "/3672021004": RegionView,
        "/3672/children": RegionPage,
        "/3672021004/ancestors": RegionPage,
    }
    for path, shape in shapes.items():
        found = await read(operator, path)

        adapter = TypeAdapter(shape)
        assert adapter.dump_python(adapter.validate_python(found), mode="json") == found
