"""What regencies decide, version by version, and what began under which."""

import asyncio
from typing import Any

import pytest

from app.domain.actors import Role
from tests.registry import Caller, Registry, pointers, refused

R = Role


@pytest.fixture
async def admin(regency: Registry) -> Caller:
    return await regency.caller(R.REGENCY_ADMIN)


@pytest.fixture
def path(admin: Caller) -> str:
    return f"/v1/policies/{admin.actor.region.code}"


async def decides(admin: Caller, path: str, version: int = 0, **what: Any) -> dict[str, Any]:  # noqa: ANN401
    response = await admin.puts(path, {"district_checks": False, **what}, version=version)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_proposal_keeps_to_the_policy_it_began_with(
    regency: Registry, admin: Caller, path: str
):
    before = await regency.proposal()
    await decides(admin, path, district_checks=True)
    between = await regency.proposal()
    await decides(admin, path, 1, district_checks=False)
    after = await regency.proposal()
    roads = []

    for proposal in (before, between, after):
        moved = proposal
        while moved["state"] in {"drafted", "awaiting_deliberation", "awaiting_village_head"}:
            moved = await regency.moved_on(moved)
        roads.append(moved["state"])

    assert roads == ["awaiting_regency", "awaiting_district", "awaiting_regency"]


async def test_of_several_first_decisions_one_holds_and_the_others_are_too_late(
    admin: Caller, path: str
):
    async def all_at_once(version: int) -> list[int]:
        puts = (admin.puts(path, {"district_checks": True}, version=version) for _ in range(4))
        return sorted(each.status_code for each in await asyncio.gather(*puts))

    too_early = await all_at_once(1)  # after which there is a connection for each of them
    answers = await all_at_once(0)

    assert too_early == [412] * 4
    assert answers == [200, 412, 412, 412]


async def test_what_is_not_said_anew_stays(admin: Caller, path: str):
    kinds = ["correction", "removal"]
    await decides(admin, path, quorum=7, statement_kinds=kinds)

    second = await decides(admin, path, 1, district_checks=True)
    third = await decides(admin, path, 2, quorum=0, statement_kinds=[])

    assert (second["quorum"], second["statement_kinds"], second["windows"]) == (7, kinds, [])
    assert (third["quorum"], third["statement_kinds"]) == (0, [])


async def test_every_version_stays_readable(regency: Registry, admin: Caller, path: str):
    operator = await regency.caller(R.VILLAGE_OPERATOR)
    for version in range(3):
        await decides(admin, path, version, quorum=version)

    first = await operator.gets(f"{path}/versions", params={"limit": 2})
    last = await operator.gets(f"{path}/versions", params={"limit": 2, "after": "0.2"})
    one = await operator.gets(f"{path}/versions/2")

    assert [each["version"] for each in first.json()["items"]] == [1, 2]
    assert first.json()["next"] == "0.2"
    assert "after=0.2" in first.headers["link"]
    assert [each["version"] for each in last.json()["items"]] == [3]
    assert last.json()["next"] is None
    assert (one.json()["quorum"], one.json()["decided_by"]) == (1, str(admin.actor.id))
    assert refused(await operator.gets(f"{path}/versions/4")) == (404, "policy-version-not-found")
    assert (await operator.gets("/v1/policies/9999/versions")).status_code == 404


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"quorum": -1}, "/quorum"),
        ({"quorum": "7"}, "/quorum"),
        ({"quorum": 1001}, "/quorum"),
        ({"statement_kinds": ["gift"]}, "/statement_kinds/0"),
        ({"windows": [{}]}, "/windows/0/name"),
        ({"windows": {}}, "/windows"),
        ({"chair": "camat"}, "/chair"),
    ],
)
async def test_what_makes_no_sense_is_named(
    admin: Caller, path: str, sent: dict[str, Any], pointer: str
):
    response = await admin.puts(path, {"district_checks": True, **sent})

    assert refused(response) == (422, "malformed")
    assert pointer in pointers(response)
