"""What waits for somebody today, how long things take, and what is left waiting."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.commands.counts import refresh
from app.db.sessions import Database
from app.domain.actors import Role
from app.domain.calendar import today
from app.domain.regions import Region, Tier
from app.domain.turnarounds import DAY, STEPS, TIER_OF, WAITED_FOR, share_below
from tests.api.test_windows import DAYS, open_later, open_now, sets
from tests.following import all_is_told
from tests.registry import REASON, Caller, Registry, refused

R = Role
SOON = today() + timedelta(days=1)
EXACT = {"from": str(SOON - timedelta(days=20)), "to": str(SOON)}


async def day_of(caller: Caller) -> dict[str, Any]:
    response = await caller.gets("/v1/today")
    assert response.status_code == 200, response.text
    return response.json()


async def turnarounds(caller: Caller, **asked: str) -> dict[str, Any]:
    response = await caller.gets("/v1/turnarounds", params=asked)
    assert response.status_code == 200, response.text
    return response.json()


def states(region: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["state"]: each for each in region["states"]}


class TestToday:
    async def test_tells_what_waits_for_the_role_and_what_it_may_do(self, regency: Registry):
        first = await regency.proposal("awaiting_village_head")
        await regency.proposal("awaiting_village_head")
        await regency.proposal("awaiting_regency")
        head = await regency.caller(R.VILLAGE_HEAD)

        day = await day_of(head)

        waiting = states(day)
        assert waiting.keys() <= {"awaiting_village_head", "awaiting_other_village"}
        mine = waiting["awaiting_village_head"]
        assert (mine["count"], mine["exact"]) == (2, True)
        assert {"approve", "return"} <= set(mine["open_actions"])
        oldest, newest = day["first"]
        assert (oldest["id"], oldest["state"]) == (first["id"], "awaiting_village_head")
        assert mine["oldest_waiting_since"] == oldest["waiting_since"] < newest["waiting_since"]
        assert (oldest["waiting_days"], oldest["period"]) == (0, first["period"])
        zone = ZoneInfo(regency.village.time_zone)
        assert day["date"] == str(datetime.fromisoformat(day["at"]).astimezone(zone).date())
        assert (day["role"], day["region_code"]) == ("village_head", regency.village.code)

    async def test_begins_with_what_has_waited_longest(self, regency: Registry):
        operator = await regency.caller(R.VILLAGE_OPERATOR)
        drafts = [
            await operator.posts(
                "/v1/proposals",
                {"kind": "new_family", "household_id": (await regency.household())["id"]},
            )
            for _ in range(11)
        ]

        day = await day_of(operator)

        assert states(day)["drafted"]["count"] == len(drafts)
        assert [each["id"] for each in day["first"]] == [each.json()["id"] for each in drafts[:10]]

    async def test_tells_which_windows_are_open_and_what_is_due(self, regency: Registry):
        admin, head = await regency.caller(R.REGENCY_ADMIN), await regency.caller(R.VILLAGE_HEAD)
        await sets(admin, open_now(), open_later())
        await regency.proposal("awaiting_village_head")

        day = await day_of(head)

        windows = {each["name"]: each for each in day["windows"]}
        assert (windows["terbuka"]["open"], windows["nanti"]["open"]) == (True, False)
        assert windows["terbuka"]["days_left"] in {9, 10, 11}
        assert windows["nanti"]["days_left"] is None
        assert day["first"][0]["due_at"] == windows["terbuka"]["closes_at"]
        assert day["first"][0]["due_at"].startswith(str(today() + 10 * DAYS))

    async def test_counts_what_is_new(self, regency: Registry):
        operator = await regency.caller(R.VILLAGE_OPERATOR)
        verifier = await regency.caller(R.REGENCY_VERIFIER)
        proposal = await regency.proposal("awaiting_regency")
        before = (await day_of(operator))["unread_notices"]

        await verifier.takes("return", proposal, target="drafted", **REASON)

        day = await day_of(operator)
        assert day["unread_notices"] == before + 1
        assert states(day)["drafted"]["count"] == 1
        assert (await day_of(verifier))["first"] == []

    @pytest.mark.parametrize(
        "role", [R.ENUMERATOR, R.PROVINCE_OFFICER, R.MINISTRY_ANALYST, R.REGENCY_ADMIN, R.AUDITOR]
    )
    async def test_is_there_for_every_role(self, regency: Registry, role: Role):
        day = await day_of(await regency.caller(role))

        assert day["role"] == role
        assert all(each["open_actions"] for each in day["states"])


class TestTurnarounds:
    async def test_of_a_regency_are_counted_in_its_audit(self, regency: Registry):
        verifier = await regency.caller(R.REGENCY_VERIFIER)
        back = await regency.proposal("awaiting_regency")
        await verifier.takes("return", back, target="drafted", **REASON)
        await regency.proposal("awaiting_endorsement")
        other = await regency.caller(R.VILLAGE_OPERATOR, over=regency.neighbour)
        await regency.proposal("awaiting_deliberation", by=other)

        found = await turnarounds(verifier, by="children", **EXACT)

        whole = states(found)
        assert (found["exact"], found["from_day"], found["to_day"]) == (
            True,
            EXACT["from"],
            EXACT["to"],
        )
        assert (whole["drafted"]["count"], whole["drafted"]["backlog"]) == (3, 1)
        assert (whole["awaiting_regency"]["count"], whole["awaiting_regency"]["tier"]) == (
            2,
            "regency",
        )
        assert whole["awaiting_deliberation"]["ages"] == [1, 0, 0, 0, 0, 0]
        assert whole["awaiting_endorsement"]["count"] == 0
        assert whole["awaiting_endorsement"]["median_days"] is None
        assert 0 <= whole["drafted"]["median_days"] <= whole["drafted"]["p90_days"] < 1
        districts = {each["region_code"]: states(each) for each in found["children"]}
        here = regency.village.code[:6]
        assert districts[here]["drafted"]["count"] == 3
        assert {
            code for code, each in districts.items() if any(s["count"] for s in each.values())
        } == {here}
        assert len(districts) > 1

    async def test_of_a_village_are_its_own(self, regency: Registry):
        await regency.proposal("awaiting_regency")
        other = await regency.caller(R.VILLAGE_OPERATOR, over=regency.neighbour)

        found = await turnarounds(other)

        assert found["children"] is None
        assert not any(each["count"] or each["backlog"] for each in found["states"])

    async def test_of_a_province_come_from_a_roll_up_that_counts_every_step_once(
        self, regency: Registry, database: Database
    ):
        own = regency.village.at(Tier.REGENCY)
        officer = await regency.caller(R.PROVINCE_OFFICER)
        await refresh(database)
        await regency.proposal("awaiting_regency")
        await all_is_told(regency)  # what another transaction still precedes is not counted yet
        await refresh(database)
        await refresh(database)

        found = await turnarounds(officer, by="children", to=str(SOON))
        nation = await turnarounds(await regency.caller(R.MINISTRY_ANALYST), to=str(SOON))

        mine = next(each for each in found["children"] if each["region_code"] == own.code)
        drafted, waiting = states(mine)["drafted"], states(mine)["awaiting_regency"]
        assert (found["exact"], found["from_day"][-2:], found["to_day"][-2:]) == (False, "01", "01")
        assert (drafted["count"], drafted["backlog"]) == (1, 0)
        assert 0 < drafted["median_days"] <= drafted["p90_days"] < 1 / 24
        assert (waiting["count"], waiting["backlog"], waiting["ages"]) == (0, 1, [1, 0, 0, 0, 0, 0])
        assert waiting["as_of"] is not None
        assert states(nation)["drafted"]["count"] >= states(found)["drafted"]["count"] >= 1

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({"from": "2026-11-02", "to": "2026-11-02"}, (422, "span-not-possible")),
            ({"from": "2026-01-01", "to": "2026-11-02"}, (422, "span-not-possible")),
            ({"from": "kemarin"}, (422, "malformed")),
            ({"from": "9999-01-01"}, (422, "malformed")),
            ({"region_code": "3522"}, (404, "outside-your-region")),
        ],
    )
    async def test_are_asked_for_days_and_a_region_that_make_sense(
        self, regency: Registry, asked: dict[str, str], expected: tuple[int, str]
    ):
        verifier = await regency.caller(R.REGENCY_VERIFIER)

        assert refused(await verifier.gets("/v1/turnarounds", params=asked)) == expected


def test_a_share_lies_within_its_step():
    none = [0] * (len(STEPS) + 1)
    one = [*none]
    one[STEPS.index(2 * DAY)] = 4  # four that took between one day and two

    assert share_below(none, 0.5) is None
    assert share_below(one, 0.5) == 1.5 * DAY
    assert share_below([*none[:-1], 3], 0.9) == STEPS[-1]


def test_every_state_is_somebodys_desk():
    assert set(WAITED_FOR) == set(TIER_OF)
    assert Region("").tier in TIER_OF.values()
