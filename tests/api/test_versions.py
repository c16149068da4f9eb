"""Nobody overwrites what he has not read: a change names the version it means."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from app.domain.actors import Role
from tests.registry import Caller, Registry, pointers, refused

NONSENSE = ["", "3", '"x"', '"-1"', '"1.0"', '"1", "2"', "*", '"1', "W/1", '"9999999999"', "\xff"]


async def changes(
    caller: Caller, path: str, body: object, *, method: str = "PATCH", if_match: str | None
) -> Response:
    headers = dict(caller.headers)
    sent = {k: v.encode() for k, v in headers.items()}
    if if_match is not None:
        sent["If-Match"] = if_match.encode("latin-1")
    return await caller.http.request(method, path, json=body, headers=sent)


@pytest.fixture
def registry(regency: Registry) -> Registry:
    """These tests look at whole regencies."""
    return regency


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(Role.VILLAGE_OPERATOR)


@pytest.fixture
async def doors(registry: Registry, operator: Caller) -> dict[str, tuple[Caller, str, str, Any]]:
    """One of every kind that has a version: who may change it, how, and where."""
    household = await registry.household()
    proposal = await registry.proposal()
    admin = await registry.caller(Role.REGENCY_ADMIN)
    officer = await registry.newcomer(Role.VILLAGE_OPERATOR)
    [family], [member] = household["families"], household["members"]
    regency = registry.village.code[:4]
    return {
        f"/v1/households/{household['id']}": (operator, "PATCH", "", {"rt": "009"}),
        f"/v1/families/{family['id']}": (operator, "PATCH", "", {"number": 3}),
        f"/v1/members/{member['id']}": (operator, "PATCH", "", {"number": 7}),
        f"/v1/proposals/{proposal['id']}": (operator, "POST", "/steps", {"action": "submit"}),
        f"/v1/policies/{regency}": (admin, "PUT", "", {"district_checks": True}),
        f"/v1/accounts/{officer.actor.id}": (
            admin,
            "POST",
            "/steps",
            {"action": "dismiss", "grounds": {"note": "pindah"}},
        ),
    }


class TestWhateverHasAVersion:
    async def test_tells_it_in_the_etag_when_read_and_when_changed(
        self, doors: dict[str, tuple[Caller, str, str, Any]]
    ):
        for path, (caller, method, below, body) in doors.items():
            read = await caller.gets(path)
            before = read.headers["etag"]
            assert before == f'"{read.json()["version"]}"', path

            changed = await changes(caller, path + below, body, method=method, if_match=before)
            after = await caller.gets(path)

            assert changed.status_code in {200, 201}, changed.text
            assert after.headers["etag"] == f'"{read.json()["version"] + 1}"', path
            assert changed.headers["etag"] == after.headers["etag"], path

    async def test_is_not_changed_by_whoever_names_no_version(
        self, doors: dict[str, tuple[Caller, str, str, Any]]
    ):
        for path, (caller, method, below, body) in doors.items():
            before = (await caller.gets(path)).json()

            response = await changes(caller, path + below, body, method=method, if_match=None)

            assert refused(response) == (428, "version-not-named"), path
            assert (await caller.gets(path)).json() == before

    async def test_is_not_changed_by_whoever_names_it_wrongly(
        self, doors: dict[str, tuple[Caller, str, str, Any]]
    ):
        for path, (caller, method, below, body) in doors.items():
            for nonsense in NONSENSE:
                response = await changes(
                    caller, path + below, body, method=method, if_match=nonsense
                )

                assert refused(response) == (422, "malformed"), (path, nonsense)
                assert pointers(response) == {"Header If-Match"}

    async def test_is_not_changed_by_whoever_read_another_one(
        self, doors: dict[str, tuple[Caller, str, str, Any]]
    ):
        for path, (caller, method, below, body) in doors.items():
            before = await caller.gets(path)
            for wrong in (before.json()["version"] + 1, 999_999_999):
                response = await changes(
                    caller, path + below, body, method=method, if_match=f'"{wrong}"'
                )

                assert refused(response) == (412, "outdated"), path
                assert (await caller.gets(path)).json() == before.json()

    async def test_takes_a_weak_etag_as_proxies_make_it(
        self, doors: dict[str, tuple[Caller, str, str, Any]]
    ):
        for path, (caller, method, below, body) in doors.items():
            etag = (await caller.gets(path)).headers["etag"]

            response = await changes(
                caller, path + below, body, method=method, if_match=f" W/{etag} "
            )

            assert response.status_code in {200, 201}, response.text


class TestWhoComesTooLate:
    async def test_hears_which_fields_have_changed(self, registry: Registry, operator: Caller):
        household = await registry.household()
        path = f"/v1/households/{household['id']}"
        await operator.patches(path, {"rt": "009"}, version=1)
        await operator.patches(path, {"location": None, "address": "Jl. Baru"}, version=2)

        late = [await operator.patches(path, {"rw": "01"}, version=version) for version in (1, 2)]

        assert [refused(response) for response in late] == [(412, "outdated")] * 2
        assert pointers(late[0]) == {"/rt", "/location", "/address"}
        assert pointers(late[1]) == {"/location", "/address"}
        assert {error["code"] for error in late[0].json()["errors"]} == {"changed_meanwhile"}
        assert "versi 1" in late[0].json()["detail"]
        assert "versi 3" in late[0].json()["detail"]
        after = (await operator.gets(path)).json()
        assert (after["rt"], after["rw"], after["address"]) == (
            "009",
            household["rw"],
            "Jl. Baru",
        )

    async def test_hears_them_by_the_names_they_are_read_by(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.household()
        [member] = household["members"]
        path = f"/v1/members/{member['id']}"
        await operator.patches(path, {"nik": "123"}, version=1)

        late = await operator.patches(path, {"name": "Wati"}, version=1)

        assert refused(late) == (412, "outdated")
        assert pointers(late) == {"/nik", "/nik_check"}
        assert {pointer.strip("/") for pointer in pointers(late)} <= member.keys()

    async def test_hears_that_the_state_is_another(self, registry: Registry, operator: Caller):
        proposal = await registry.proposal("awaiting_village_head")
        late = await operator.takes("withdraw", proposal, version=2, note="Pindah.")

        assert refused(late) == (412, "outdated")
        assert pointers(late) == {"/state", "/deliberation_id"}


class TestOfFiveAtOnce:
    async def test_one_changes_and_four_hear_they_were_late(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.household()
        path = f"/v1/households/{household['id']}"
        colleagues = [await registry.newcomer(Role.VILLAGE_OPERATOR) for _ in range(5)]

        answers = await asyncio.gather(
            *(
                colleague.patches(path, {"rt": f"10{number}"}, version=1)
                for number, colleague in enumerate(colleagues)
            )
        )

        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
        [winner] = [answer for answer in answers if answer.status_code == 200]
        after = (await operator.gets(path)).json()
        assert (after["version"], after["rt"]) == (2, winner.json()["rt"])
        entries = await registry.audit_of(household["id"])
        assert [entry["action"] for entry in entries] == ["enter", "amend"]

    async def test_one_moves_a_proposal_and_it_is_moved_once(self, registry: Registry):
        proposal = await registry.proposal("awaiting_regency")
        verifiers = [await registry.newcomer(Role.REGENCY_VERIFIER) for _ in range(5)]

        answers = await asyncio.gather(
            *(verifier.takes("approve", proposal) for verifier in verifiers)
        )

        assert sorted(answer.status_code for answer in answers) == [201, 412, 412, 412, 412]
        entries = await registry.audit_of(proposal["id"])
        assert len([entry for entry in entries if entry["source"] == "awaiting_regency"]) == 1

    async def test_nobody_is_lost_where_they_change_different_things(
        self, registry: Registry, operator: Caller
    ):
        """Each reads again and repeats until he is through: all five changes stand."""
        household = await registry.household()
        path = f"/v1/households/{household['id']}/families"

        answers = await asyncio.gather(
            *(operator.posts(path, {"id": str(uuid4()), "number": n}) for n in range(2, 7))
        )

        assert {answer.status_code for answer in answers} == {201}
        after = (await operator.gets(f"/v1/households/{household['id']}")).json()
        assert [family["number"] for family in after["families"]] == [1, 2, 3, 4, 5, 6]
