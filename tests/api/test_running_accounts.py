"""A regency runs its own accounts: opens them, one or a village list at once, and ends them."""

import json
from asyncio import gather
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response

from app.domain.actors import Role
from app.domain.credentials import one_time_hash
from app.domain.regions import INDONESIA, Region, Tier
from tests.conftest import registry_of
from tests.contract import Promise
from tests.registry import Caller, Registry, pointers, refused

R = Role
VILLAGES = 156  # of Rejang Lebong
BULK = "/v1/accounts/bulk"


@pytest.fixture
async def admin(registry: Registry) -> Caller:
    return await registry.caller(R.REGENCY_ADMIN)


@pytest.fixture
async def ministry(registry: Registry) -> Caller:
    return await registry.caller(R.MINISTRY_ADMIN)


def an_opening(region: Region, role: Role = R.VILLAGE_OPERATOR, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"role": role, "region_code": region.code, "display_name": "Siti Aminah", **more}


async def opened(
    caller: Caller,
    region: Region,
    role: Role = R.VILLAGE_OPERATOR,
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    response = await caller.posts("/v1/accounts", an_opening(region, role, **more))
    assert response.status_code == 201, response.text
    return response.json()


async def account(caller: Caller, account_id: str) -> dict[str, Any]:
    response = await caller.gets(f"/v1/accounts/{account_id}")
    assert response.status_code == 200, response.text
    return response.json()


async def stored(registry: Registry, account_id: str) -> dict[str, Any]:
    [row] = await registry.runs("SELECT * FROM account WHERE id = $1", account_id)
    return dict(row)


async def audit_of(registry: Registry, account_id: str) -> list[dict[str, Any]]:
    rows = await registry.runs(
        "SELECT * FROM audit_entry WHERE subject_id = $1 ORDER BY seq", account_id
    )
    return [{**row, "changes": json.loads(row["changes"])} for row in rows]


async def how_many(registry: Registry, region: Region) -> int:
    [[number]] = await registry.runs(
        "SELECT count(*) FROM account WHERE scope_code BETWEEN $1 AND $2", region.first, region.last
    )
    return int(number)


class TestAnAccountIsOpened:
    async def test_with_its_first_assignment_and_a_password_that_is_shown_once(
        self, registry: Registry, admin: Caller
    ):
        one_id = str(uuid4())
        response = await admin.posts("/v1/accounts", an_opening(registry.village, id=one_id))

        told = response.json()
        assert (response.status_code, told["id"]) == (201, one_id)
        assert response.headers["location"] == f"/v1/accounts/{one_id}"
        assert response.headers["cache-control"] == "no-store"
        read = await account(admin, one_id)
        assert read["username"] == told["username"] == f"operator.{registry.village.code}"
        assert (read["password_chosen"], read["last_sign_in_at"]) == (False, None)
        assert read["region"]["code"] == registry.village.code
        [held] = read["assignments"]
        assert (held["id"], held["role"]) == (told["assignment_id"], "village_operator")
        row = await stored(registry, one_id)
        assert row["one_time_hash"] == one_time_hash(told["one_time_password"])
        assert row["one_time_expires_at"] - row["created_at"] >= timedelta(days=13, hours=23)

    async def test_and_its_password_stands_nowhere(self, registry: Registry, admin: Caller):
        told = await opened(admin, registry.village)

        rows = [await stored(registry, told["id"]), *await audit_of(registry, told["id"])]
        assert told["one_time_password"] not in str(rows)
        assert told["one_time_password"] not in json.dumps(await account(admin, told["id"]))

    async def test_and_the_audit_says_who_appointed_whom_to_what(
        self, registry: Registry, admin: Caller
    ):
        told = await opened(admin, registry.village)

        [entry] = await audit_of(registry, told["id"])
        assert (entry["workflow"], entry["action"]) == ("account", "open")
        assert (entry["source"], entry["target"], entry["version"]) == (None, "active", 1)
        assert (str(entry["actor_id"]), entry["channel"]) == (str(admin.actor.id), "http")
        [before, after] = entry["changes"][f"/assignments/{told['assignment_id']}"]
        assert before is None
        assert (after["role"], after["region_code"]) == ("village_operator", registry.village.code)
        assert entry["changes"]["/username"] == [None, told["username"]]

    async def test_for_a_time(self, registry: Registry, admin: Caller):
        begins, ends = "2031-01-01T00:00:00+07:00", "2031-12-31T00:00:00+07:00"
        body = an_opening(registry.village, begins_at=begins, ends_at=ends)

        told = (await admin.posts("/v1/accounts", body)).json()

        assert told["begins_at"] == begins
        [held] = (await account(admin, told["id"]))["assignments"]
        assert datetime.fromisoformat(held["begins_at"]) == datetime.fromisoformat(begins)
        assert datetime.fromisoformat(held["ends_at"]) == datetime.fromisoformat(ends)

    @pytest.mark.parametrize(
        "period",
        [
            {"ends_at": "9999-12-31T23:59:59-12:00"},
            {"begins_at": "0001-01-01T00:00:00+14:00"},
            {"begins_at": "9999-12-31T23:59:59.999999Z"},
            {"begins_at": "0001-01-01T00:00:00Z"},
        ],
    )
    async def test_never_at_a_moment_outside_of_time(
        self, registry: Registry, admin: Caller, period: dict[str, str]
    ):
        response = await admin.posts("/v1/accounts", an_opening(registry.village, **period))

        [fault] = response.json()["errors"]
        assert (response.status_code, fault["code"]) == (422, "out_of_range")
        assert fault["pointer"] in {f"/{moment}" for moment in period}

    async def test_to_begin_on_the_last_day_and_ended_before_it_began(
        self, registry: Registry, admin: Caller
    ):
        begins_at = "9999-12-30T23:59:59.999999Z"
        told = await opened(admin, registry.village, begins_at=begins_at)

        steps = f"/v1/accounts/{told['id']}/assignments/{told['assignment_id']}/steps"
        response = await admin.posts(steps, {"action": "end"}, version=1)

        assert response.status_code == 201
        [held] = (await account(admin, told["id"]))["assignments"]
        assert held["ends_at"].startswith("9999-12-31T")

    async def test_under_the_next_name_where_the_first_is_taken(
        self, registry: Registry, admin: Caller
    ):
        names = [(await opened(admin, registry.village))["username"] for _ in range(3)]

        first = f"operator.{registry.village.code}"
        assert names == [first, f"{first}.2", f"{first}.3"]

    async def test_without_a_password_where_it_is_a_machine(
        self, registry: Registry, ministry: Caller
    ):
        told = await opened(ministry, registry.village.at(Tier.REGENCY), R.INTEGRATION)

        assert (told["one_time_password"], told["one_time_expires_at"]) == (None, None)

    async def test_once_for_each_idempotency_key_and_a_repeat_gets_no_password(
        self, registry: Registry, admin: Caller
    ):
        body, key = an_opening(registry.village), str(uuid4())

        first = (await admin.posts("/v1/accounts", body, key=key)).json()
        again = await admin.posts("/v1/accounts", body, key=key)

        assert again.headers["idempotent-replayed"] == "true"
        assert again.json() == {**first, "one_time_password": None}
        kept = await registry.runs("SELECT body FROM stored_answer WHERE key = $1", key)
        assert first["one_time_password"] not in str(kept)


class TestOpeningIsRefused:
    @pytest.mark.parametrize("role", [R.REGENCY_ADMIN, R.AUDITOR, R.INTEGRATION])
    async def test_in_a_role_that_a_regency_does_not_appoint(
        self, registry: Registry, admin: Caller, role: Role
    ):
        regency = registry.village.at(Tier.REGENCY)
        response = await admin.posts("/v1/accounts", an_opening(regency, role))

        assert refused(response) == (403, "role-not-appointed")
        assert pointers(response) == {"/role"}

    async def test_in_the_role_of_another_ministry_admin(self, ministry: Caller):
        body = an_opening(INDONESIA, R.MINISTRY_ADMIN)
        response = await ministry.posts("/v1/accounts", body)
        assert refused(response) == (403, "role-not-appointed")

    async def test_outside_ones_region(self, registry: Registry, admin: Caller):
        response = await admin.posts("/v1/accounts", an_opening(registry.elsewhere))
        assert refused(response) == (404, "region-not-yours")

    @pytest.mark.parametrize("code", ["1702991999", "99", ""])
    async def test_over_a_region_there_is_not(self, admin: Caller, code: str):
        body = {**an_opening(INDONESIA), "region_code": code}
        assert refused(await admin.posts("/v1/accounts", body)) == (404, "region-not-yours")

    async def test_over_a_region_of_another_tier(self, registry: Registry, admin: Caller):
        body = an_opening(registry.village.at(Tier.DISTRICT))
        response = await admin.posts("/v1/accounts", body)
        assert refused(response) == (422, "tier-does-not-fit")

    async def test_by_a_username_that_somebody_has_somewhere(
        self, registry: Registry, admin: Caller, ministry: Caller
    ):
        name = f"siti.{uuid4().hex[:8]}"
        far = await ministry.posts("/v1/accounts", an_opening(registry.elsewhere, username=name))
        assert far.status_code == 201

        response = await admin.posts("/v1/accounts", an_opening(registry.village, username=name))

        assert refused(response) == (409, "username-taken")

    @pytest.mark.parametrize("name", ["Siti", "si", "siti aminah", ".siti", "s" * 61])
    async def test_by_a_username_nobody_could_type(
        self, registry: Registry, admin: Caller, name: str
    ):
        response = await admin.posts("/v1/accounts", an_opening(registry.village, username=name))
        assert refused(response) == (422, "malformed")

    async def test_by_an_id_that_is_in_use(self, registry: Registry, admin: Caller):
        told = await opened(admin, registry.village)
        body = an_opening(registry.village, id=told["id"])
        assert refused(await admin.posts("/v1/accounts", body)) == (409, "id-taken")

    async def test_by_the_id_of_the_servers_console(self, registry: Registry, admin: Caller):
        body = an_opening(registry.village, id="00000000-0000-0000-0000-000000000001")
        assert refused(await admin.posts("/v1/accounts", body)) == (409, "id-taken")

    async def test_backwards_in_time(self, registry: Registry, admin: Caller):
        period = {"begins_at": "2027-01-02T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}
        response = await admin.posts("/v1/accounts", an_opening(registry.village, **period))
        assert refused(response) == (422, "period-backwards")

    @pytest.mark.parametrize("role", [R.VILLAGE_OPERATOR, R.REGENCY_VERIFIER, R.AUDITOR])
    async def test_to_every_other_role(self, registry: Registry, role: Role):
        other = await registry.caller(role)
        response = await other.posts("/v1/accounts", an_opening(registry.village))
        assert refused(response)[0] == 403


@pytest.fixture(scope="module")
async def lebong(app: FastAPI, promise: Promise) -> AsyncIterator[Registry]:
    """A real regency with all its villages."""
    village, neighbour = Region("1702061004"), Region("1702061015")
    async with registry_of(app, promise, village, neighbour) as registry:
        yield registry


class TestAVillageList:
    async def test_is_opened_at_once_and_a_second_time_opens_nobody(self, lebong: Registry):
        admin = await lebong.caller(R.REGENCY_ADMIN)
        body = {"role": "enumerator", "region_code": "1702", "display_name": "Pencacah {region}"}

        response = await admin.posts(BULK, body, key="list")

        told = response.json()["accounts"]
        assert (response.status_code, len(told)) == (201, VILLAGES)
        assert len({one["one_time_password"] for one in told} - {None}) == VILLAGES
        by_code = {one["region"]["code"]: one for one in told}
        assert by_code["1702061004"]["display_name"] == "Pencacah Kota Padang"
        assert by_code["1702061004"]["username"] == "enumerator.1702061004"
        chains = await lebong.runs(
            "SELECT count(*) FROM audit_entry WHERE subject_id = ANY ($1::uuid[])",
            [one["id"] for one in told],
        )
        assert chains[0][0] == VILLAGES
        assert (await admin.posts(BULK, body)).json() == {"accounts": []}

        again = await admin.posts(BULK, body, key="list")
        without = [{**one, "one_time_password": None} for one in told]
        assert again.json() == {"accounts": without}

    async def test_goes_only_where_nobody_is(self, lebong: Registry):
        admin = await lebong.caller(R.REGENCY_ADMIN)
        await opened(admin, lebong.village, R.VILLAGE_HEAD)
        district = {"role": "village_head", "region_code": lebong.village.at(Tier.DISTRICT).code}

        vacant = (await admin.posts(BULK, district)).json()["accounts"]
        everywhere = (await admin.posts(BULK, {**district, "only_vacant": False})).json()

        codes = {one["region"]["code"] for one in vacant}
        assert lebong.village.code not in codes
        assert len(everywhere["accounts"]) == len(codes) + 1 > 2

    async def test_is_opened_once_by_those_who_fill_a_region_and_one_around_it_at_once(
        self, ministry: Caller
    ):
        """The nation, one of its provinces, and that province again."""
        asked = {"role": "province_officer", "limit": 1}
        response = await ministry.gets("/v1/accounts/vacancies", params=asked)
        province = response.json()["items"][0]["region_code"]
        wanted = [
            {"role": "province_officer", "region_code": code} for code in ("", province, province)
        ]

        responses = await gather(*[ministry.posts(BULK, body) for body in wanted])

        told = [one for response in responses for one in response.json()["accounts"]]
        codes = [one["region"]["code"] for one in told]
        assert len(codes) == len(set(codes)) > 1
        assert province in codes

    async def test_row_by_row_is_opened_with_the_names_it_gives(
        self, registry: Registry, admin: Caller
    ):
        name = f"budi.{uuid4().hex[:8]}"
        rows = [
            an_opening(registry.village, username=name, display_name="Budi"),
            an_opening(registry.neighbour, R.VILLAGE_HEAD),
            an_opening(registry.village, R.ENUMERATOR),
            an_opening(registry.village, R.ENUMERATOR),
        ]

        told = (await admin.posts(BULK, {"accounts": rows})).json()["accounts"]

        code = registry.village.code
        assert [one["username"] for one in told] == [
            name,
            f"head.{registry.neighbour.code}",
            f"enumerator.{code}",
            f"enumerator.{code}.2",
        ]
        assert told[0]["display_name"] == "Budi"

    async def test_with_faults_opens_nobody_and_names_every_one(
        self, registry: Registry, admin: Caller
    ):
        rows = [
            an_opening(registry.village),
            an_opening(registry.elsewhere),
            an_opening(registry.village.at(Tier.REGENCY), R.AUDITOR),
            an_opening(registry.village.at(Tier.DISTRICT)),
        ]

        response = await admin.posts(BULK, {"accounts": rows})

        assert refused(response) == (404, "region-not-yours")
        assert pointers(response) == {
            "/accounts/1/region_code",
            "/accounts/2/role",
            "/accounts/3/region_code",
        }
        assert await how_many(registry, registry.village) == 0

    async def test_with_one_username_twice_opens_nobody(self, registry: Registry, admin: Caller):
        row = an_opening(registry.village, username=f"dewi.{uuid4().hex[:8]}")

        response = await admin.posts(BULK, {"accounts": [row, row]})

        assert refused(response) == (409, "username-taken")
        assert pointers(response) == {"/accounts/1/username"}
        assert await how_many(registry, registry.village) == 0

    @pytest.mark.parametrize(
        ("body", "answer"),
        [
            ({"role": "village_operator", "region_code": "17"}, (422, "too-many-at-once")),
            ({"role": "auditor", "region_code": "1702"}, (422, "several-tiers")),
            ({"role": "village_operator", "region_code": "170"}, (422, "malformed")),
            ({"accounts": []}, (422, "malformed")),
            ({"accounts": [], "role": "auditor"}, (422, "malformed")),
            ([], (422, "malformed")),
        ],
    )
    async def test_is_refused_where_it_makes_no_sense(
        self, ministry: Caller, body: object, answer: tuple[int, str]
    ):
        assert refused(await ministry.posts(BULK, body)) == answer


class TestResetting:
    async def test_voids_the_password_and_ends_every_session(
        self, registry: Registry, admin: Caller
    ):
        officer = await registry.newcomer(R.VILLAGE_HEAD)
        body = {"account_ids": [str(officer.actor.id)]}

        response = await admin.posts("/v1/accounts/resets", body)

        [told] = response.json()["accounts"]
        row = await stored(registry, told["id"])
        assert (row["password_hash"], row["session_version"], row["version"]) == ("!", 2, 2)
        assert row["one_time_hash"] == one_time_hash(told["one_time_password"])
        [entry] = await audit_of(registry, told["id"])
        assert (entry["action"], entry["changes"]["/session_version"]) == ("reset", [1, 2])

    async def test_reaches_a_whole_list_in_the_order_it_was_sent(
        self, registry: Registry, admin: Caller
    ):
        people = [await registry.newcomer(R.VILLAGE_HEAD) for _ in range(3)]
        ids = [str(one.actor.id) for one in reversed(people)]

        told = (await admin.posts("/v1/accounts/resets", {"account_ids": ids})).json()["accounts"]

        assert [one["id"] for one in told] == ids
        assert len({one["one_time_password"] for one in told}) == 3

    async def test_is_refused_for_all_where_one_is_not_ones_own(
        self, registry: Registry, admin: Caller
    ):
        officer = await registry.newcomer(R.VILLAGE_HEAD)
        auditor = await registry.newcomer(R.AUDITOR, over=registry.village)
        ids = [str(one.actor.id) for one in (officer, auditor, admin)]

        response = await admin.posts("/v1/accounts/resets", {"account_ids": ids})

        assert refused(response) == (403, "holds-other-role")
        codes = {error["pointer"]: error["code"] for error in response.json()["errors"]}
        assert codes == {"/account_ids/1": "holds_other_role", "/account_ids/2": "own_account"}
        assert (await stored(registry, ids[0]))["session_version"] == 1

    async def test_is_refused_where_somebody_is_dismissed_or_a_machine(
        self, registry: Registry, ministry: Caller
    ):
        officer = await registry.newcomer(R.VILLAGE_HEAD)
        machine = await registry.newcomer(R.INTEGRATION, over=registry.village.at(Tier.REGENCY))
        body = {"action": "dismiss", "grounds": {"note": "pindah"}}
        await ministry.posts(f"/v1/accounts/{officer.actor.id}/steps", body, version=1)

        for caller, answer in ((officer, "action-not-open"), (machine, "person-or-machine")):
            ids = {"account_ids": [str(caller.actor.id)]}
            response = await ministry.posts("/v1/accounts/resets", ids)
            assert refused(response) == (409, answer)


class TestAnAssignment:
    async def test_is_given_besides_the_first(self, registry: Registry, admin: Caller):
        told = await opened(admin, registry.village)
        body = {"role": "enumerator", "region_code": registry.village.code}

        response = await admin.posts(f"/v1/accounts/{told['id']}/assignments", body)

        assert (response.status_code, response.headers["etag"]) == (201, '"2"')
        assert [one["role"] for one in response.json()["assignments"]] == [
            "village_operator",
            "enumerator",
        ]
        entry = (await audit_of(registry, told["id"]))[-1]
        assert (entry["action"], next(iter(entry["changes"].values()))[1]["role"]) == (
            "assign",
            "enumerator",
        )

    async def test_ends_and_is_void_at_once(self, registry: Registry, admin: Caller):
        told = await opened(admin, registry.village)
        path = f"/v1/accounts/{told['id']}/assignments/{told['assignment_id']}/steps"

        response = await admin.posts(path, {"action": "end"}, version=1)

        assert (response.status_code, response.json()["action"]) == (201, "end")
        [held] = (await account(admin, told["id"]))["assignments"]
        assert held["ends_at"] is not None
        standing = "SELECT ends_at <= now() FROM assignment WHERE id = $1"
        assert [row[0] for row in await registry.runs(standing, told["assignment_id"])] == [True]
        assert refused(await admin.posts(path, {"action": "end"}, version=2)) == (
            409,
            "assignment-ended",
        )
        [_, entry] = await audit_of(registry, told["id"])
        [before, after] = entry["changes"][f"/assignments/{told['assignment_id']}"]
        assert (before["ends_at"], after["role"]) == (None, "village_operator")

    async def test_ends_at_a_moment_to_come(self, registry: Registry, admin: Caller):
        told = await opened(admin, registry.village)
        path = f"/v1/accounts/{told['id']}/assignments/{told['assignment_id']}/steps"
        end = {"action": "end", "at": "2031-12-31T00:00:00Z", "grounds": {"note": "masa tugas"}}

        assert (await admin.posts(path, end, version=1)).status_code == 201

        [held] = (await account(admin, told["id"]))["assignments"]
        assert datetime.fromisoformat(held["ends_at"]) == datetime(2031, 12, 31, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("role", "where", "answer"),
        [
            ("village_operator", "village", (409, "assigned-already")),
            ("village_operator", "neighbour", (422, "outside-home")),
            ("village_operator", "elsewhere", (404, "region-not-yours")),
            ("auditor", "village", (403, "role-not-appointed")),
        ],
    )
    async def test_is_refused(
        self, registry: Registry, admin: Caller, role: str, where: str, answer: tuple[int, str]
    ):
        told = await opened(admin, registry.village)
        body = {"role": role, "region_code": getattr(registry, where).code}

        response = await admin.posts(f"/v1/accounts/{told['id']}/assignments", body)

        assert refused(response) == answer
        assert (await account(admin, told["id"]))["version"] == 1

    async def test_of_another_account_is_not_found(self, registry: Registry, admin: Caller):
        one, other = [await opened(admin, registry.village) for _ in range(2)]
        path = f"/v1/accounts/{one['id']}/assignments/{other['assignment_id']}/steps"

        response = await admin.posts(path, {"action": "end"}, version=1)

        assert refused(response) == (404, "appointment-not-found")

    async def test_that_ended_lets_nobody_in(self, registry: Registry, admin: Caller):
        told = await opened(admin, registry.village)
        path = f"/v1/accounts/{told['id']}/assignments/{told['assignment_id']}/steps"
        await admin.posts(path, {"action": "end"}, version=1)

        lines = await listed(admin, current="true", role="village_operator")

        assert told["id"] not in {line["id"] for line in lines}


class TestNobodyRuns:
    @pytest.mark.parametrize("action", ["rename", "assign", "end", "link", "reset", "dismiss"])
    async def test_his_own_account(self, registry: Registry, admin: Caller, action: str):
        assert refused(await tried(registry, admin, admin, action))[1] == "own-account"

    @pytest.mark.parametrize("action", ["rename", "assign", "end", "link", "reset", "dismiss"])
    async def test_an_account_that_holds_a_role_he_does_not_appoint(
        self, registry: Registry, admin: Caller, action: str
    ):
        auditor = await registry.newcomer(R.AUDITOR, over=registry.village)
        response = await tried(registry, admin, auditor, action)
        assert refused(response) == (403, "holds-other-role")
        assert (await account(admin, str(auditor.actor.id)))["open_actions"] == []

    @pytest.mark.parametrize("action", ["rename", "assign", "end", "link", "reset", "dismiss"])
    async def test_an_account_without_being_an_admin(self, registry: Registry, action: str):
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        officer = await registry.newcomer(R.VILLAGE_HEAD)
        assert refused(await tried(registry, verifier, officer, action)) == (403, "role-may-not")


async def tried(registry: Registry, by: Caller, on: Caller, action: str) -> Response:
    path = f"/v1/accounts/{on.actor.id}"
    assignments = await registry.runs(
        "SELECT id FROM assignment WHERE account_id = $1", on.actor.id
    )
    held = assignments[0]["id"]
    if action == "rename":
        return await by.patches(path, {"display_name": "Lain"}, version=1)
    if action == "assign":
        body = {"role": "enumerator", "region_code": registry.village.code}
        return await by.posts(f"{path}/assignments", body)
    if action == "end":
        return await by.posts(f"{path}/assignments/{held}/steps", {"action": "end"}, version=1)
    if action == "link":
        body = {"issuer": "https://sso.example", "subject": str(uuid4())}
        return await by.posts(f"{path}/identities", body)
    if action == "reset":
        return await by.posts("/v1/accounts/resets", {"account_ids": [str(on.actor.id)]})
    grounds = {"note": "pindah"}
    return await by.posts(f"{path}/steps", {"action": "dismiss", "grounds": grounds}, version=1)


class TestANameIsCorrected:
    async def test_in_the_version_that_was_read(self, registry: Registry, admin: Caller):
        told = await opened(admin, registry.village)

        response = await admin.patches(f"/v1/accounts/{told['id']}", {"display_name": "Siti A."})
        late = await admin.patches(f"/v1/accounts/{told['id']}", {"display_name": "Budi"})

        assert (response.json()["display_name"], response.headers["etag"]) == ("Siti A.", '"2"')
        assert refused(late) == (412, "outdated")
        assert pointers(late) == {"/display_name"}


async def listed(caller: Caller, **filters: str) -> list[dict[str, Any]]:
    response = await caller.gets("/v1/accounts", params={"limit": "200", **filters})
    assert response.status_code == 200, response.text
    return response.json()["items"]


class TestTheList:
    async def test_is_of_ones_region_in_pages(self, registry: Registry, admin: Caller):
        made = {(await opened(admin, registry.village))["id"] for _ in range(3)}
        far = await registry.newcomer(R.VILLAGE_OPERATOR, over=registry.elsewhere)

        path = "/v1/accounts"
        filters = {"limit": "2", "region_code": registry.village.code}
        first = (await admin.gets(path, params=filters)).json()
        second = (await admin.gets(path, params={**filters, "after": first["next"]})).json()

        assert {one["id"] for one in first["items"] + second["items"]} == made
        assert second["next"] is None
        assert str(far.actor.id) not in {one["id"] for one in await listed(admin)}
        response = await admin.gets(path, params={"region_code": registry.elsewhere.code})
        assert refused(response) == (404, "outside-your-region")

    async def test_is_narrowed_by_role_state_and_whether_somebody_may_act(
        self, registry: Registry, admin: Caller
    ):
        operator = await opened(admin, registry.village)
        head = await opened(admin, registry.village, R.VILLAGE_HEAD)
        out = {"action": "dismiss", "grounds": {"note": "pindah"}}
        await admin.posts(f"/v1/accounts/{head['id']}/steps", out, version=1)

        async def found(**filters: str) -> set[str]:
            here = {"region_code": registry.village.code}
            return {one["id"] for one in await listed(admin, **here, **filters)}

        assert await found(role="village_operator") == {operator["id"]}
        assert await found(state="dismissed") == {head["id"]}
        assert await found(current="true") == {operator["id"]}
        assert await found(current="false") == {head["id"]}
        assert await found(current="true", role="village_head") == set()

    async def test_is_for_admins(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        for path in ("/v1/accounts", "/v1/accounts/vacancies?role=village_head"):
            assert refused(await operator.gets(path)) == (403, "accounts-are-for-admins")


class TestVacancies:
    async def of(self, caller: Caller, region: Region) -> dict[str, Any]:
        asked = {"role": "village_operator", "region_code": region.code}
        response = await caller.gets("/v1/accounts/vacancies", params=asked)
        assert response.status_code == 200, response.text
        return response.json()

    async def test_are_the_villages_where_nobody_may_act(self, registry: Registry, admin: Caller):
        district = registry.village.at(Tier.DISTRICT)
        before = await self.of(admin, district)
        told = await opened(admin, registry.village)
        staffed = await self.of(admin, district)
        out = {"action": "dismiss", "grounds": {"note": "pindah"}}
        await admin.posts(f"/v1/accounts/{told['id']}/steps", out, version=1)

        assert before["posts"] == before["vacant"] == len(before["items"]) > 1
        assert (staffed["staffed"], staffed["vacant"]) == (1, before["vacant"] - 1)
        codes = [one["region_code"] for one in staffed["items"]]
        assert registry.village.code not in codes
        assert codes == sorted(codes)
        assert await self.of(admin, district) == before

    async def test_come_in_pages(self, admin: Caller):
        asked = {"role": "village_operator", "limit": "1"}
        first = await admin.gets("/v1/accounts/vacancies", params=asked)
        asked["after"] = first.json()["next"]
        second = (await admin.gets("/v1/accounts/vacancies", params=asked)).json()

        [one], [next_one] = first.json()["items"], second["items"]
        assert one["region_code"] < next_one["region_code"]
        assert 'rel="next"' in first.headers["link"]

    async def test_are_those_of_ones_region_only(self, registry: Registry, admin: Caller):
        asked = {"role": "village_operator", "region_code": registry.elsewhere.code}

        response = await admin.gets("/v1/accounts/vacancies", params=asked)

        assert refused(response) == (404, "outside-your-region")


class TestAnotherIssuersWord:
    async def test_is_linked_with_one_account(self, registry: Registry, admin: Caller):
        one, other = [await opened(admin, registry.village) for _ in range(2)]
        identity = {"issuer": "https://sso.example", "subject": str(uuid4())}

        linked = await admin.posts(f"/v1/accounts/{one['id']}/identities", identity)
        taken = await admin.posts(f"/v1/accounts/{other['id']}/identities", identity)

        assert linked.json()["identities"] == [identity]
        assert refused(taken) == (409, "identity-taken")
        entry = (await audit_of(registry, one["id"]))[-1]
        assert (entry["action"], entry["changes"]) == ("link", {"/identities": [None, identity]})

    async def test_is_taken_back_and_serves_another(self, registry: Registry, admin: Caller):
        one, other = [await opened(admin, registry.village) for _ in range(2)]
        identity = {"issuer": "https://sso.example", "subject": str(uuid4())}
        await admin.posts(f"/v1/accounts/{one['id']}/identities", identity)
        path = f"/v1/accounts/{one['id']}/identities/steps"

        response = await admin.posts(path, {"action": "unlink", **identity}, version=2)
        again = await admin.posts(path, {"action": "unlink", **identity}, version=3)

        assert response.status_code == 201
        assert (await stored(registry, one["id"]))["session_version"] == 2
        assert refused(again) == (404, "identity-not-found")
        moved = await admin.posts(f"/v1/accounts/{other['id']}/identities", identity)
        assert moved.status_code == 201


class TestAMachinesSecrets:
    @pytest.fixture
    async def machine(self, registry: Registry) -> Caller:
        return await registry.newcomer(R.INTEGRATION, over=registry.village.at(Tier.REGENCY))

    async def test_are_shown_once_and_two_serve_at_a_time(
        self, registry: Registry, ministry: Caller, machine: Caller
    ):
        path = f"/v1/accounts/{machine.actor.id}/secrets"
        first = await ministry.posts(path, {"expires_in_days": 30}, key="first")
        again = await ministry.posts(path, {"expires_in_days": 30}, key="first")
        second = await ministry.posts(path, {})
        third = await ministry.posts(path, {})

        assert again.json() == {**first.json(), "client_secret": None}
        assert second.json()["client_secret"] != first.json()["client_secret"]
        assert refused(third) == (409, "too-many-secrets")
        read = await ministry.gets(path)
        assert [one["serves"] for one in read.json()["items"]] == [True, True]
        assert first.json()["client_secret"] not in read.text
        assert "/secrets/" in str(await audit_of(registry, str(machine.actor.id)))

    async def test_are_revoked(self, registry: Registry, ministry: Caller, machine: Caller):
        path = f"/v1/accounts/{machine.actor.id}/secrets"
        secret = (await ministry.posts(path, {})).json()

        body = {"action": "revoke", "grounds": {"note": "bocor"}}
        response = await ministry.posts(f"{path}/{secret['id']}/steps", body, version=2)

        assert response.status_code == 201, response.text
        [one] = (await ministry.gets(path)).json()["items"]
        assert (one["serves"], one["revoked_at"] is not None) == (False, True)
        assert (await stored(registry, str(machine.actor.id)))["session_version"] == 2

    async def test_are_the_ministrys_to_give(self, admin: Caller, machine: Caller):
        path = f"/v1/accounts/{machine.actor.id}/secrets"
        assert refused(await admin.posts(path, {})) == (403, "role-may-not")
        assert (await admin.gets(path)).status_code == 200

    async def test_are_all_that_lets_a_machine_in_so_no_person_becomes_one(
        self, registry: Registry, ministry: Caller
    ):
        regency = registry.village.at(Tier.REGENCY)
        told = await opened(ministry, regency, R.REGENCY_OPERATOR)
        path = f"/v1/accounts/{told['id']}/assignments"
        steps = f"{path}/{told['assignment_id']}/steps"
        ended = await ministry.posts(steps, {"action": "end"}, version=1)
        assert ended.status_code == 201

        body = {"role": R.INTEGRATION, "region_code": regency.code}
        response = await ministry.posts(path, body)

        assert refused(response) == (409, "person-or-machine")

    async def test_are_for_machines(self, registry: Registry, ministry: Caller):
        officer = await registry.newcomer(R.VILLAGE_HEAD)
        response = await ministry.posts(f"/v1/accounts/{officer.actor.id}/secrets", {})
        assert refused(response) == (409, "person-or-machine")


class TestFromTheListToTheDesk:
    async def test_an_officer_chooses_a_password_and_is_in(self, registry: Registry, admin: Caller):
        told = await opened(admin, registry.village)
        chosen = {
            "username": told["username"],
            "password": told["one_time_password"].upper(),
            "new_password": "tujuh belas burung camar",
        }

        response = await registry.http.post("/v1/auth/password", json=chosen)

        assert response.status_code == 200, response.text
        bearer = {"Authorization": f"Bearer {response.json()['access_token']}"}
        me = (await registry.http.get("/v1/me", headers=bearer)).json()
        assert (me["role"], me["region"]["code"]) == ("village_operator", registry.village.code)
        read = await account(admin, told["id"])
        assert (read["password_chosen"], read["one_time_expires_at"]) == (True, None)
        assert read["last_sign_in_at"] is not None
        again = await registry.http.post("/v1/auth/password", json=chosen)
        assert refused(again)[0] == 401

    async def test_whoever_was_in_is_out_once_his_password_is_reset_or_his_assignment_ends(
        self, registry: Registry, admin: Caller
    ):
        one, other = [await registry.newcomer(R.VILLAGE_HEAD) for _ in range(2)]
        await admin.posts("/v1/accounts/resets", {"account_ids": [str(one.actor.id)]})
        [held] = (await account(admin, str(other.actor.id)))["assignments"]
        path = f"/v1/accounts/{other.actor.id}/assignments/{held['id']}/steps"
        await admin.posts(path, {"action": "end"}, version=1)

        for officer in (one, other):
            assert refused(await officer.gets("/v1/me")) == (401, "token-not-valid")
