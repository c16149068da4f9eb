"""Windows over HTTP: what is open for whom, what late work counts for, and exceptions.

The days are chosen around today, and for roles whose days the ministry leaves open.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain.actors import Role
from app.domain.calendar import today
from app.domain.periods import period_after
from app.domain.proposals import ProposalKind
from app.domain.windows import Work, month_of, national
from tests.registry import Caller, Registry, pointers, refused

R = Role
Window = Callable[..., dict[str, Any]]
DAYS = timedelta(days=1)


def a_window(name: str, start: date, end: date, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Once, for the head of the village."""
    window = {
        "name": name,
        "label_id": "Persetujuan kepala desa",
        "label_en": "Approval by the village head",
        "acts": ["proposal"],
        "roles": ["village_head"],
        "recurrence": "once",
        "start": str(start),
        "end": str(end),
        "clock": "village",
        "late": "next_period",
    }
    return {**window, **changes}


def open_now(name: str = "terbuka", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return a_window(name, today() - 10 * DAYS, today() + 10 * DAYS, **changes)


def open_later(name: str = "nanti", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return a_window(name, today() + 40 * DAYS, today() + 60 * DAYS, **changes)


def over(name: str = "lewat", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return a_window(name, today() - 20 * DAYS, today() - 10 * DAYS, **changes)


@pytest.fixture
async def admin(regency: Registry) -> Caller:
    return await regency.caller(R.REGENCY_ADMIN)


@pytest.fixture
async def head(regency: Registry) -> Caller:
    return await regency.caller(R.VILLAGE_HEAD)


async def sets(admin: Caller, *windows: dict[str, Any], version: int = 0) -> dict[str, Any]:
    path = f"/v1/policies/{admin.actor.region.code}"
    decided = {"district_checks": False, "windows": list(windows)}
    response = await admin.puts(path, decided, version=version)
    assert response.status_code == 200, response.text
    return response.json()


async def seen(by: Caller, **asked: str) -> dict[str, dict[str, Any]]:
    response = await by.gets("/v1/windows", params=asked)
    assert response.status_code == 200, response.text
    return {item["name"]: item for item in response.json()["items"]}


def held(window: dict[str, Any], until: date, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    period = month_of(date.fromisoformat(window["start"]))
    asked = {"window_name": window["name"], "period": str(period), "open_until": str(until)}
    return {**asked, "note": "Jembatan putus.", **changes}


class TestLateWork:
    async def test_counts_for_the_period_of_the_ministrys_window(self, regency: Registry):
        drafted = await regency.proposal()
        work = Work(R.VILLAGE_OPERATOR, ProposalKind.NEW_FAMILY, None, regency.village)
        expected = period_after(None, national(), work, datetime.now(UTC))

        submitted = await regency.moved_on(drafted)

        assert (drafted["period"], submitted["period"]) == (None, str(expected))

    async def test_moves_to_the_next_period_and_is_not_lost(
        self, regency: Registry, admin: Caller, head: Caller
    ):
        await sets(admin, open_later())
        proposal = await regency.proposal("awaiting_village_head")

        response = await head.takes("approve", proposal)

        later = str(month_of(today() + 40 * DAYS))
        moved = await head.reads(proposal)
        assert response.status_code == 201
        assert response.json()["changes"]["/period"] == [proposal["period"], later]
        assert (moved["state"], moved["period"]) == ("awaiting_regency", later)

    @pytest.mark.parametrize(
        ("window", "code"), [(open_later, "window-closed"), (over, "window-over")]
    )
    async def test_waits_where_the_window_says_so(
        self, regency: Registry, admin: Caller, head: Caller, window: Window, code: str
    ):
        await sets(admin, window(late="closed"))
        proposal = await regency.proposal("awaiting_village_head")

        response = await head.takes("approve", proposal)
        returned = await head.takes("return", proposal, target="drafted", reason="data_incomplete")
        undone = await head.takes("undo", await head.reads(proposal))

        assert refused(response) == (409, code)
        assert ("opens_at" in response.json()) == (code == "window-closed")
        assert returned.status_code == 201, "back to the desk is never too late"
        assert undone.status_code == 201, "nor is to take that back"

    async def test_of_one_village_is_on_time_next_door_where_they_take_turns(
        self, regency: Registry, admin: Caller, head: Caller
    ):
        turn = open_later("giliran", region_code=regency.village.code, late="closed")
        await sets(admin, open_now(), turn)
        operator = await regency.caller(R.VILLAGE_OPERATOR, over=regency.neighbour)
        here = await regency.proposal("awaiting_village_head")
        there = await regency.proposal("awaiting_village_head", by=operator)
        next_door = await regency.caller(R.VILLAGE_HEAD, over=regency.neighbour)

        assert refused(await head.takes("approve", here)) == (409, "window-closed")
        assert (await next_door.takes("approve", there)).status_code == 201


class TestWhatIsOpenForMe:
    async def test_is_told_with_how_long_it_stays_so(
        self, regency: Registry, admin: Caller, head: Caller
    ):
        await sets(admin, open_now(), open_later())

        windows = await seen(head)

        now, later = windows["terbuka"], windows["nanti"]
        last = today() + 10 * DAYS
        closes_at = datetime.fromisoformat(now["closes_at"])
        assert (now["open"], later["open"], now["of_my_role"]) == (True, False, True)
        assert closes_at.date() == last
        assert f"{closes_at:%H:%M:%S}" == "23:59:59"
        assert closes_at.utcoffset() == closes_at.astimezone(regency_zone(regency)).utcoffset()
        assert 9 * 86_400 < now["seconds_left"] < 12 * 86_400
        assert (later["seconds_left"], later["closes_at"]) == (None, None)
        assert later["next_opens_at"].startswith(str(today() + 40 * DAYS))
        assert now["next_opens_at"] is None

    async def test_is_told_for_any_moment(self, regency: Registry):
        operator = await regency.caller(R.VILLAGE_OPERATOR)

        first = await seen(operator, at="2026-11-14T23:59:59+07:00")
        then = await seen(operator, at="2026-11-15T00:00:00+07:00")
        long_ago = await seen(operator, at="2021-02-01T00:00:00+07:00")

        name = "ministry_2023_intake"
        assert (first[name]["open"], first[name]["period"]) == (True, "2026-11-01")
        assert (first[name]["seconds_left"], first[name]["narrowed_by"]) == (1, [])
        assert first[name]["next_opens_at"] == "2026-12-01T00:00:00+07:00"
        assert (then[name]["open"], then[name]["period"]) == (False, "2026-12-01")
        assert name not in long_ago
        assert "ministry_2021_repair" in long_ago

    async def test_names_the_regencys_window_beside_the_ministrys(
        self, regency: Registry, admin: Caller
    ):
        narrow = {"recurrence": "monthly", "start_day": 2, "end_day": 5, "start": None, "end": None}
        await sets(admin, {**open_now("usulan", roles=["village_operator"]), **narrow})
        operator = await regency.caller(R.VILLAGE_OPERATOR)
        determiner = await regency.caller(R.MINISTRY_DETERMINER)

        mine = await seen(operator)
        his = await seen(determiner)
        all_of_them = await seen(determiner, everyones="true")

        assert mine["ministry_2023_intake"]["narrowed_by"] == ["usulan"]
        assert mine["usulan"]["region_code"] == admin.actor.region.code
        assert set(his) == {"ministry_2023_decree"}
        assert {"ministry_2023_intake", "bpnt_endorsement"} < set(all_of_them)

    @pytest.mark.parametrize(
        "asked", [{"at": "kemarin"}, {"at": "9998-01-01T00:00:00Z"}, {"at": "2026-11-14T00:00:00"}]
    )
    async def test_is_asked_for_a_moment_one_can_tell(
        self, regency: Registry, asked: dict[str, str]
    ):
        operator = await regency.caller(R.VILLAGE_OPERATOR)

        assert refused(await operator.gets("/v1/windows", params=asked)) == (422, "malformed")


def regency_zone(regency: Registry) -> Any:  # noqa: ANN401

    return ZoneInfo(regency.village.time_zone)


class TestARegency:
    async def test_may_not_open_what_the_ministry_closes(self, admin: Caller):
        path = f"/v1/policies/{admin.actor.region.code}"
        wide = {"recurrence": "monthly", "start_day": 1, "end_day": 15, "start": None, "end": None}
        windows = [open_now(), {**open_now("usulan", roles=["village_operator"]), **wide}]

        response = await admin.puts(path, {"district_checks": False, "windows": windows})

        assert refused(response) == (422, "windows-not-accepted")
        assert pointers(response) == {"/windows/1"}

    async def test_names_only_villages_it_has(self, regency: Registry, admin: Caller):
        path = f"/v1/policies/{admin.actor.region.code}"
        nowhere = open_now(region_code=f"{admin.actor.region.code}999999")
        others = open_now(region_code=regency.elsewhere.code)

        unknown = await admin.puts(path, {"district_checks": False, "windows": [nowhere]})
        foreign = await admin.puts(path, {"district_checks": False, "windows": [others]})

        assert pointers(unknown) == {"/windows/0/region_code"}
        assert refused(foreign) == (404, "outside-your-region")


class TestAnException:
    async def test_holds_a_window_open_and_says_who_and_why(
        self, regency: Registry, admin: Caller, head: Caller
    ):
        window = over(late="closed")
        await sets(admin, window)
        proposal = await regency.proposal("awaiting_village_head")

        asked = held(window, today() + 3 * DAYS, region_code=regency.village.code)
        granted = await admin.posts("/v1/window-exceptions", asked)

        exception = granted.json()
        assert granted.status_code == 201
        assert granted.headers["location"] == f"/v1/window-exceptions/{exception['id']}"
        assert (exception["note"], exception["granted_by"]) == (
            "Jembatan putus.",
            str(admin.actor.id),
        )
        assert (await seen(head))["lewat"]["exceptions"] == [
            {"period": asked["period"], "open_until": asked["open_until"]}
        ]
        listed = await head.gets("/v1/window-exceptions")
        assert [each["id"] for each in listed.json()["items"]] == [exception["id"]]
        assert [entry["action"] for entry in await regency.audit_of(exception["id"])] == ["grant"]
        again = await admin.posts("/v1/window-exceptions", {**asked})
        assert refused(again) == (409, "window-held-open")
        assert (await head.takes("approve", proposal)).status_code == 201

    async def test_is_taken_back_by_whoever_gives_them(
        self, regency: Registry, admin: Caller, head: Caller
    ):
        window = over(late="closed")
        await sets(admin, window)
        asked = held(window, today() + 3 * DAYS)
        exception = (await admin.posts("/v1/window-exceptions", asked)).json()
        ministry = await regency.caller(R.MINISTRY_ADMIN)
        path = f"/v1/window-exceptions/{exception['id']}/steps"
        step = {"action": "revoke", "grounds": {"note": "Jembatan sudah pulih."}}

        his = await head.posts(path, step, version=1)
        theirs = await ministry.posts(path, step, version=1)
        silent = await admin.posts(path, {"action": "revoke"}, version=1)
        own = await admin.posts(path, step, version=1)

        assert refused(his) == (404, "window-exception-not-found")
        assert refused(theirs) == (404, "window-not-yours")
        assert refused(silent) == (422, "grounds-missing")
        assert (own.status_code, own.json()["target"]) == (201, "revoked")
        assert (await seen(head))["lewat"]["exceptions"] == []

    async def test_from_the_ministrys_windows_is_the_ministrys(
        self, regency: Registry, admin: Caller
    ):
        ministry = await regency.caller(R.MINISTRY_ADMIN)
        operator = await regency.caller(R.VILLAGE_OPERATOR)
        asked = {
            "window_name": "ministry_2023_intake",
            "period": "2031-03-01",
            "open_until": "2031-03-20",
            "note": "Banjir.",
        }
        here = {**asked, "region_code": admin.actor.region.code}

        own = await admin.posts("/v1/window-exceptions", here)
        theirs = await ministry.posts("/v1/window-exceptions", here)
        late = {"at": "2031-03-18T12:00:00+07:00"}

        assert refused(own) == (404, "window-not-yours")
        assert theirs.status_code == 201
        assert (await seen(operator, **late))["ministry_2023_intake"]["open"]
        assert not (await seen(ministry, everyones="true", **late))["ministry_2023_intake"]["open"]

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"window_name": "tidak_ada"}, (404, "window-not-yours")),
            ({"region_code": "3522"}, (404, "outside-your-region")),
            ({"region_code": ""}, (404, "outside-your-region")),
            ({"period": "2031-03-01"}, (422, "exception-not-possible")),
            ({"open_until": str(today() - 11 * DAYS)}, (422, "exception-not-possible")),
            ({"open_until": str(today() + 300 * DAYS)}, (422, "exception-not-possible")),
            ({"period": "2026-11-02"}, (422, "malformed")),
        ],
    )
    async def test_is_for_an_opening_there_is_and_makes_it_longer(
        self, admin: Caller, changes: dict[str, str], expected: tuple[int, str]
    ):
        window = over()
        await sets(admin, window)

        response = await admin.posts(
            "/v1/window-exceptions", held(window, today() + DAYS, **changes)
        )

        assert refused(response) == expected

    @pytest.mark.parametrize("role", [R.VILLAGE_HEAD, R.REGENCY_VERIFIER, R.MINISTRY_ANALYST])
    async def test_is_an_administrators(self, regency: Registry, role: Role):
        caller = await regency.caller(role)

        response = await caller.posts("/v1/window-exceptions", held(over(), today()))

        assert refused(response) == (403, "role-may-not")
