"""A decree (SK) determines a month's proposals as a set, and its numbered list stays as it is."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response

from app.commands.decrees import Asked, take, work_on
from app.domain.actors import Role
from app.domain.decrees import DecreeAction
from app.domain.regions import INDONESIA, Tier
from tests.api.test_kinds_removal import DIED
from tests.api.test_moves import between
from tests.registry import DECREE, REASON, Caller, Registry, refused

R = Role
NUMBERS = count(1)
WAITING = "awaiting_determination"
PROVEN = {"evidence": [{"type": "visit_report", "note": "Ditemui di rumahnya."}]}
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 20
AT_WORK = {"checking", "applying"}
# Works on decrees, one proposal at a time, until it is killed.
ALONE = """
import asyncio, sys
from app.commands.decrees import work_on
from app.db.sessions import Database

async def work():
    database = Database(sys.argv[1])
    await database.open()
    while True:
        await work_on(database, at_once=1)

asyncio.run(work())
"""


@pytest.fixture
async def analyst(regency: Registry) -> Caller:
    return await regency.caller(R.MINISTRY_ANALYST)


@pytest.fixture
async def determiner(regency: Registry) -> Caller:
    return await regency.caller(R.MINISTRY_DETERMINER)


async def drafted(regency: Registry, analyst: Caller, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """A decree for the test's own regency."""
    sent = {
        "number": f"{next(NUMBERS)}/{regency.village.code[:4]}/2026",
        "dated": "2026-11-20",
        "period": "2099-01-01",
        "region_code": regency.village.code[:4],
        **changes,
    }
    response = await analyst.posts("/v1/decrees", sent)
    assert response.status_code == 201, response.text
    return response.json()


async def steps(caller: Caller, decree: dict[str, Any], action: str, **grounds: str) -> Response:
    path = f"/v1/decrees/{decree['id']}"
    version = (await caller.gets(path)).json()["version"]
    body = {"action": action, "grounds": grounds}
    return await caller.posts(f"{path}/steps", body, version=version)


async def done(caller: Caller, decree: dict[str, Any]) -> dict[str, Any]:
    """The decree, once the service has done what it was to do."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            read = (await caller.gets(f"/v1/decrees/{decree['id']}")).json()
            if read["state"] not in AT_WORK:
                return read
            await asyncio.sleep(0.02)


async def checked(analyst: Caller, decree: dict[str, Any]) -> dict[str, Any]:
    response = await steps(analyst, decree, "check")
    assert response.status_code == 202, response.text
    assert response.headers["location"] == f"/v1/decrees/{decree['id']}"
    return await done(analyst, decree)


async def applied(analyst: Caller, determiner: Caller, decree: dict[str, Any]) -> dict[str, Any]:
    await checked(analyst, decree)
    response = await steps(determiner, decree, "apply")
    assert response.status_code == 202, response.text
    return await done(determiner, decree)


async def items(caller: Caller, decree: dict[str, Any], what: str, **asked: str) -> list[Any]:
    response = await caller.gets(f"/v1/decrees/{decree['id']}/{what}", params=asked)
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def differences(
    regency: Registry, caller: Caller, earlier: dict[str, Any], later: dict[str, Any]
) -> dict[str, Any]:
    """Of the test's own regency: others have decrees too."""
    asked = {"from": earlier["id"], "region_code": regency.village.code[:4]}
    response = await caller.gets(f"/v1/decrees/{later['id']}/differences", params=asked)
    assert response.status_code == 200, response.text
    return response.json()


class TestADecreeIsApplied:
    async def test_to_everything_that_waits_and_each_person_has_a_line(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        couple = await regency.proposal("awaiting_determination")
        single = await regency.proposal("awaiting_determination")
        early = await regency.proposal("awaiting_ministry")
        decree = await drafted(regency, analyst)

        after_checks = await checked(analyst, decree)
        await steps(determiner, decree, "apply")
        in_force = await done(determiner, decree)

        assert (after_checks["state"], after_checks["would_take"]) == ("checked", 2)
        assert (in_force["state"], in_force["determined"], in_force["lines"]) == ("in_force", 2, 2)
        operator = await regency.caller(R.VILLAGE_OPERATOR)
        assert [(await operator.reads(each))["state"] for each in (couple, single, early)] == [
            "determined",
            "determined",
            "awaiting_ministry",
        ]
        lines = await items(operator, decree, "lines")
        assert [(line["number"], line["effect"], line["name"]) for line in lines] == [
            (1, "added", "Budi Santoso"),
            (2, "added", "Budi Santoso"),
        ]
        assert all(line["dtks_id"] and line["member_id"] for line in lines)

    async def test_in_the_name_of_whoever_applied_it(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        proposal = await regency.proposal("awaiting_determination")
        decree = await drafted(regency, analyst)

        await checked(analyst, decree)
        step = await steps(determiner, decree, "apply")
        await done(determiner, decree)

        last = (await regency.audit_of(proposal["id"]))[-1]
        assert (last["actor_id"], last["target"]) == (str(determiner.actor.id), "determined")
        assert last["request_id"] == step.headers["x-request-id"]
        assert last["grounds"]["decree_number"] == decree["number"]
        chain = [entry["action"] for entry in await regency.audit_of(decree["id"])]
        assert chain == ["draft", "check", "report", "apply", "enter_into_force"]

    async def test_but_not_by_whoever_had_it_checked(self, regency: Registry, analyst: Caller):
        decree = await drafted(regency, analyst)
        await checked(analyst, decree)
        same = await regency.also(analyst, R.MINISTRY_DETERMINER)

        assert refused(await steps(same, decree, "apply")) == (403, "own-work")

    async def test_nor_by_whoever_drafted_what_another_checked(
        self, regency: Registry, analyst: Caller
    ):
        author = await regency.newcomer(R.MINISTRY_ANALYST, over=INDONESIA)
        decree = await drafted(regency, author)
        await checked(analyst, decree)

        for one in (author, analyst):
            same = await regency.also(one, R.MINISTRY_DETERMINER)
            assert refused(await steps(same, decree, "apply")) == (403, "own-work")

    async def test_and_not_before_it_was_checked(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        decree = await drafted(regency, analyst)

        assert refused(await steps(determiner, decree, "apply")) == (409, "action-not-open")
        assert refused(await steps(determiner, decree, "check")) == (403, "role-may-not")

    async def test_only_in_a_region_that_there_is(self, analyst: Caller):
        decree = {"number": "0/9999/2026", "dated": "2026-11-20", "period": "2099-01-01"}

        response = await analyst.posts("/v1/decrees", {**decree, "region_code": "9999"})

        assert refused(response) == (404, "region-not-found")


class TestWhatCannotBeDetermined:
    async def test_falls_out_in_the_checks_with_the_reason(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        good = await regency.proposal("awaiting_determination")
        late = await regency.proposal("awaiting_determination")
        await regency.runs("UPDATE proposal SET period = '2099-02-01' WHERE id = $1", late["id"])
        decree = await drafted(regency, analyst)

        in_force = await applied(analyst, determiner, decree)

        assert in_force["left_for"] == {"period-later": 1}
        [left] = await items(analyst, decree, "checks", found="check")
        assert (left["proposal_id"], left["problem"]["code"]) == (late["id"], "period-later")
        taken = [each["proposal_id"] for each in await items(determiner, decree, "lines")]
        assert taken == [good["id"]]

    async def test_falls_out_where_something_has_become_of_whom_it_is_about(
        self, regency: Registry, analyst: Caller
    ):
        household = await regency.registered()
        [member] = household["members"]
        about = {"member_id": member["id"]}
        inactive = await regency.asks("removal", household, DIED, WAITING, **about)
        invalid, of_another = [await regency.proposal(WAITING) for _ in range(2)]
        await regency.runs("UPDATE member SET state = 'inactive' WHERE id = $1", member["id"])
        changed = "UPDATE member SET {} WHERE household_id = $1"
        await regency.runs(changed.format("nik_verdict = 'invalid'"), invalid["household_id"])
        held = f"nik = '{member['nik']}'"
        await regency.runs(changed.format(held), of_another["household_id"])
        decree = await drafted(regency, analyst)

        after = await checked(analyst, decree)

        assert (after["would_take"], after["falls_out"]) == (0, 3)
        left = await items(analyst, decree, "checks", found="check")
        assert {each["proposal_id"]: each["problem"]["code"] for each in left} == {
            inactive["id"]: "subject-inactive",
            invalid["id"]: "nik-not-valid",
            of_another["id"]: "nik-of-another",
        }

    async def test_is_left_where_it_has_moved_since_the_checks(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        await regency.proposal("awaiting_determination")
        moved = await regency.proposal("awaiting_determination")
        decree = await drafted(regency, analyst)
        await checked(analyst, decree)
        await determiner.takes("return", moved, target="awaiting_regency", **REASON)

        await steps(determiner, decree, "apply")
        in_force = await done(determiner, decree)

        assert (in_force["determined"], in_force["left_out"]) == (1, 1)
        [left] = await items(analyst, decree, "checks", found="determination")
        assert (left["proposal_id"], left["problem"]["code"]) == (moved["id"], "outdated")


class TestAServiceThatIsKilled:
    async def test_leaves_whole_steps_behind_and_the_next_one_goes_on(
        self, regency: Registry, analyst: Caller, determiner: Caller, app_url: str
    ):
        proposals = [await regency.proposal("awaiting_determination") for _ in range(3)]
        decree = await drafted(regency, analyst)
        second = sorted(proposals, key=lambda each: each["id"])[1]
        await applying(regency, determiner, await checked(analyst, decree))

        async with held(regency, second), working_alone(app_url):
            await until_determined(determiner, decree, 1)
        assert len(await items(determiner, decree, "lines")) == 1
        while await work_on(regency.database):
            pass

        in_force = await done(determiner, decree)
        assert (in_force["state"], in_force["determined"]) == ("in_force", 3)
        lines = await items(determiner, decree, "lines")
        assert [line["number"] for line in lines] == [1, 2, 3]
        assert {line["proposal_id"] for line in lines} == {each["id"] for each in proposals}
        for proposal in proposals:
            targets = [entry["target"] for entry in await regency.audit_of(proposal["id"])]
            assert targets.count("determined") == 1


class TestTheVillagesOfADecree:
    async def test_do_not_wait_for_one_another_and_share_the_numbers(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        neighbour = await regency.caller(R.VILLAGE_OPERATOR, over=regency.neighbour)
        here = [await regency.proposal("awaiting_determination") for _ in range(2)]
        there = await regency.proposal("awaiting_determination", by=neighbour)
        decree = await drafted(regency, analyst)
        await applying(regency, determiner, await checked(analyst, decree))

        async with held(regency, here[0]), held(regency, here[1]):
            work = asyncio.gather(*(work_on(regency.database, at_once=1) for _ in range(3)))
            await until_determined(determiner, decree, 1)
            first = await items(determiner, decree, "lines")
        await work
        while await work_on(regency.database):
            pass

        assert [line["proposal_id"] for line in first] == [there["id"]]
        lines = await items(determiner, decree, "lines")
        assert {line["proposal_id"] for line in lines} == {each["id"] for each in (*here, there)}
        assert sorted(line["number"] for line in lines) == [1, 2, 3]
        assert (await done(determiner, decree))["state"] == "in_force"


async def applying(regency: Registry, determiner: Caller, decree: dict[str, Any]) -> None:
    """It is to be applied, and nobody is woken for that."""
    asked = Asked(UUID(decree["id"]), decree["version"], DecreeAction.APPLY, {})
    async with regency.database.transaction(INDONESIA) as session:
        await take(session, asked, by=determiner.actor)


@asynccontextmanager
async def held(regency: Registry, proposal: dict[str, Any]) -> AsyncIterator[None]:
    """Whoever comes to this proposal waits."""
    async with regency.database.connection(INDONESIA, begin="BEGIN") as connection:
        await connection.execute("SELECT FROM proposal WHERE id = $1 FOR UPDATE", proposal["id"])
        yield


@asynccontextmanager
async def working_alone(app_url: str) -> AsyncIterator[None]:
    """A process that is at work, and is killed where it stands."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ALONE, app_url, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def until_determined(caller: Caller, decree: dict[str, Any], number: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            read = (await caller.gets(f"/v1/decrees/{decree['id']}")).json()
            if read["determined"] >= number:
                return
            await asyncio.sleep(0.02)


class TestTheNumberedList:
    async def test_is_told_to_each_as_far_as_his_region_goes(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        neighbour = await regency.caller(R.VILLAGE_OPERATOR, over=regency.neighbour)
        here = await regency.proposal("awaiting_determination")
        there = await regency.proposal("awaiting_determination", by=neighbour)
        decree = await drafted(regency, analyst)
        await applied(analyst, determiner, decree)

        operator = await regency.caller(R.VILLAGE_OPERATOR)
        verifier = await regency.caller(R.REGENCY_VERIFIER)
        admin = await regency.caller(R.REGENCY_ADMIN)
        auditor = await regency.newcomer(R.AUDITOR, over=regency.village.at(Tier.REGENCY))

        def whose(lines: list[Any]) -> set[str]:
            return {line["proposal_id"] for line in lines}

        assert whose(await items(operator, decree, "lines")) == {here["id"]}
        assert whose(await items(neighbour, decree, "lines")) == {there["id"]}
        assert whose(await items(verifier, decree, "lines")) == {here["id"], there["id"]}
        assert (await items(auditor, decree, "lines"))[0]["name"] == "B*** S***"
        path = f"/v1/decrees/{decree['id']}/lines"
        assert refused(await admin.gets(path)) == (403, "reads-nobody")

    async def test_comes_in_pages(self, regency: Registry, analyst: Caller, determiner: Caller):
        for _ in range(3):
            await regency.proposal("awaiting_determination")
        decree = await drafted(regency, analyst)
        await applied(analyst, determiner, decree)
        path = f"/v1/decrees/{decree['id']}/lines"

        first = (await analyst.gets(path, params={"limit": 2})).json()
        rest = (await analyst.gets(path, params={"limit": 2, "after": first["next"]})).json()

        assert [line["number"] for line in first["items"] + rest["items"]] == [1, 2, 3]
        assert rest["next"] is None

    async def test_takes_a_single_one_while_it_is_open_and_none_afterwards(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        one, other = [await regency.proposal("awaiting_determination") for _ in range(2)]
        decree = await drafted(regency, analyst, kinds=["removal"])
        grounds = {"decree_number": decree["number"], "decree_date": decree["dated"]}

        taken = await determiner.takes("approve", one, **grounds)
        in_force = await applied(analyst, determiner, decree)
        late = await determiner.takes("approve", other, **grounds)

        assert taken.status_code == 201, taken.text
        assert (in_force["state"], in_force["lines"]) == ("in_force", 1)
        assert refused(late) == (409, "decree-not-open")

    async def test_once_it_names_somebody_the_decree_cannot_be_cancelled(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        proposal = await regency.proposal("awaiting_determination")
        decree = await drafted(regency, analyst)
        empty = await drafted(regency, analyst)
        grounds = {"decree_number": decree["number"], "decree_date": decree["dated"]}
        await determiner.takes("approve", proposal, **grounds)

        listed = await steps(analyst, decree, "cancel", note="Keliru.")
        cancelled = await steps(analyst, empty, "cancel", note="Keliru.")

        assert refused(listed) == (409, "already-listed")
        assert cancelled.status_code == 202
        assert (await done(analyst, empty))["state"] == "cancelled"

    async def test_tells_of_a_person_in_which_decrees_he_stands(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        await regency.proposal("awaiting_determination")
        decree = await drafted(regency, analyst)
        await applied(analyst, determiner, decree)
        operator = await regency.caller(R.VILLAGE_OPERATOR)
        [line] = await items(operator, decree, "lines")
        path = f"/v1/members/{line['member_id']}/decrees"
        stranger = await regency.caller(R.VILLAGE_OPERATOR, over=regency.neighbour)

        [told] = (await operator.gets(path)).json()["items"]

        assert (told["decree"]["number"], told["line"]) == (decree["number"], line)
        assert refused(await stranger.gets(path)) == (404, "member-not-found")

    async def test_tells_of_a_person_what_was_decreed_of_the_whole_household(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        household = await regency.registered()
        asks = {"changes": {"address": "Jl. Baru No. 9"}, "note": "Pindah rumah.", **PROVEN}
        await regency.asks("correction", household, asks, WAITING)
        decree = await drafted(regency, analyst)
        await applied(analyst, determiner, decree)
        path = f"/v1/members/{household['members'][0]['id']}/decrees"

        told = (await determiner.gets(path)).json()["items"]

        of_this = [each["line"] for each in told if each["decree"]["id"] == decree["id"]]
        assert [(line["effect"], line["member_id"]) for line in of_this] == [("changed", None)]

    async def test_tells_of_a_move_in_both_villages(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        move = await between(regency, regency.village, regency.neighbour)
        arrival, _ = await move.both_agreed()
        await move.until(arrival, WAITING)
        decree = await drafted(regency, analyst)
        await applied(analyst, determiner, decree)

        told = [await items(by, decree, "lines") for by in (move.origin, move.arrival)]

        places = (regency.village.code, regency.neighbour.code)
        assert [[line["effect"] for line in lines] for lines in told] == [
            ["moved_out"],
            ["moved_in"],
        ]
        for [line] in told:
            assert (line["from_village_code"], line["to_village_code"]) == places

    @pytest.mark.parametrize("role", [R.AUDITOR, R.CIVIL_REGISTRY_OFFICER])
    async def test_tells_no_programme_to_who_reads_of_none(
        self, regency: Registry, analyst: Caller, determiner: Caller, role: Role
    ):
        household = await regency.registered()
        [member] = household["members"]
        asks, about = {"programme": "PBI_JK"}, {"member_id": member["id"]}
        await regency.asks("programme", household, asks, "awaiting_determination", **about)
        decree = await drafted(regency, analyst)
        await applied(analyst, determiner, decree)
        reader = await regency.caller(role, over=regency.home(role))

        [own] = await items(determiner, decree, "lines", region_code=regency.village.code)
        told = (await reader.gets(f"/v1/members/{member['id']}/decrees")).json()["items"]

        assert own["programme"] == "PBI_JK"
        assert {each["line"]["programme"] for each in told} == {None}


class TestTwoDecreesCompared:
    async def test_tell_who_was_added_and_who_came_and_went(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        first = await drafted(regency, analyst, period="2098-01-01")
        await regency.proposal("awaiting_determination")
        await applied(analyst, determiner, first)
        second = await drafted(regency, analyst, period="2098-02-01")
        await regency.proposal("awaiting_determination")
        await applied(analyst, determiner, second)

        told = await differences(regency, analyst, first, second)

        assert told["counts"] == {"added": 1, "removed": 0, "moved": 0, "changed": 0}
        [line] = await items(analyst, second, "lines")
        assert [each["member_id"] for each in told["items"]] == [line["member_id"]]

    async def test_tell_who_was_removed_who_moved_and_nothing_of_who_came_and_went(
        self, regency: Registry, analyst: Caller, determiner: Caller
    ):
        move = await between(regency, regency.village, regency.neighbour)
        removed = await regency.registered()
        await regency.asks("removal", removed, {**DIED, "reason": "moved"}, WAITING)
        arrival, _ = await move.both_agreed()
        await move.until(arrival, WAITING)
        came = await regency.proposal(WAITING)
        first = await drafted(regency, analyst, period="2098-01-01", kinds=["pbi_reactivation"])
        await applied(analyst, determiner, first)
        second = await drafted(regency, analyst, period="2098-02-01")
        await applied(analyst, determiner, second)
        household = await regency.home_of(came["household_id"])
        await regency.asks("removal", household, {**DIED, "reason": "moved"}, WAITING)
        third = await drafted(regency, analyst, period="2098-03-01")
        await applied(analyst, determiner, third)

        told = await differences(regency, analyst, first, third)

        assert told["counts"] == {"added": 0, "removed": 1, "moved": 1, "changed": 0}
        by_difference = {each["difference"]: each for each in told["items"]}
        assert by_difference["removed"]["member_id"] == removed["members"][0]["id"]
        assert by_difference["removed"]["reasons"] == ["moved"]
        moved = by_difference["moved"]
        places = (regency.village.code, regency.neighbour.code)
        assert (moved["from_village_code"], moved["to_village_code"]) == places

    async def test_only_from_the_earlier_one_on(self, regency: Registry, analyst: Caller):
        one = await drafted(regency, analyst, period="2098-01-01")
        path = f"/v1/decrees/{one['id']}/differences"

        assert refused(await analyst.gets(path, params={"from": one["id"]})) == (422, "not-earlier")


class TestADraft:
    async def test_is_the_ministrys_own(self, regency: Registry, analyst: Caller):
        decree = await drafted(regency, analyst)
        operator = await regency.caller(R.VILLAGE_OPERATOR)

        assert refused(await operator.gets(f"/v1/decrees/{decree['id']}")) == (
            404,
            "decree-not-found",
        )
        seen = (await operator.gets("/v1/decrees", params={"limit": 200})).json()["items"]
        assert decree["id"] not in {each["id"] for each in seen}

    async def test_has_a_number_of_its_own(self, regency: Registry, analyst: Caller):
        decree = await drafted(regency, analyst)
        again = {"number": decree["number"], "dated": "2026-11-20", "period": "2026-12-01"}

        assert refused(await analyst.posts("/v1/decrees", again)) == (409, "decree-number-taken")

    async def test_is_for_a_month(self, analyst: Caller):
        sent = {"number": "1/HUK/2026", "dated": DECREE["decree_date"], "period": "2026-12-02"}

        assert refused(await analyst.posts("/v1/decrees", sent)) == (422, "malformed")
