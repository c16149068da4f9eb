"""Visits: enumerators are sent out, bring their surveys, and hear what was not done well."""

from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from app.domain.actors import Role
from app.domain.visits import VISITS, VisitAction, VisitState
from tests.files import a_photo
from tests.registry import Caller, Registry, a_member, pointers, refused

R = Role
WHY = {"note": "Foto depan buram."}
MARKS = [
    {"pointer": "/answers/household/floor_area", "note": "Ukur ulang."},
    {"pointer": f"/photos/{uuid4()}", "note": "Wajah kepala keluarga tidak terlihat."},
]


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


@pytest.fixture
async def enumerator(registry: Registry) -> Caller:
    return await registry.caller(R.ENUMERATOR)


@pytest.fixture
async def household(registry: Registry) -> dict[str, Any]:
    return await registry.household()


@pytest.fixture
async def visit(operator: Caller, enumerator: Caller, household: dict[str, Any]) -> dict[str, Any]:
    return await assigned(operator, enumerator, household)


async def errand(by: Caller, to: Caller, *households: dict[str, Any], **more: str) -> Response:
    body = {"enumerator_id": str(to.actor.id), "household_ids": [h["id"] for h in households]}
    return await by.posts("/v1/visits", {**body, **more})


async def assigned(by: Caller, to: Caller, household: dict[str, Any]) -> dict[str, Any]:
    response = await errand(by, to, household, due_on="2026-12-05")
    assert response.status_code == 201, response.text
    [line] = response.json()["items"]
    return (await by.gets(f"/v1/visits/{line['visit_id']}")).json()


async def takes(
    by: Caller,
    action: str,
    visit: dict[str, Any],
    **more: Any,  # noqa: ANN401
) -> Response:
    version = (await by.gets(f"/v1/visits/{visit['id']}")).json().get("version", 1)
    path = f"/v1/visits/{visit['id']}/steps"
    return await by.posts(path, {"action": action, **more}, version=version)


async def submitted(
    registry: Registry,
    visit: dict[str, Any],
    household: dict[str, Any],
    **sheet: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """The survey that the enumerator has brought."""
    enumerator = await registry.caller(R.ENUMERATOR)
    survey = await registry.survey(household, by=enumerator, **sheet)
    response = await takes(enumerator, "submit", visit, survey_id=survey["id"])
    assert response.status_code == 201, response.text
    return survey


class TestAnEnumeratorIsSent:
    @pytest.mark.parametrize("role", [R.VILLAGE_OPERATOR, R.REGENCY_OPERATOR])
    async def test_by_whoever_hands_out_the_work(
        self, registry: Registry, enumerator: Caller, household: dict[str, Any], role: Role
    ):
        visit = await assigned(await registry.caller(role), enumerator, household)

        assert (visit["state"], visit["version"], visit["due_on"]) == ("assigned", 1, "2026-12-05")
        assert visit["enumerator_id"] == str(enumerator.actor.id)
        assert visit["household"]["head_name"] == "Budi Santoso"
        assert visit["household"]["location"] == household["location"]
        [entry] = await registry.audit_of(visit["id"])
        assert entry["changes"]["/enumerator_id"] == [None, str(enumerator.actor.id)]

    @pytest.mark.parametrize("role", [R.ENUMERATOR, R.VILLAGE_HEAD, R.REGENCY_VERIFIER])
    async def test_by_nobody_else(
        self, registry: Registry, enumerator: Caller, household: dict[str, Any], role: Role
    ):
        caller = await registry.caller(role)

        assert refused(await errand(caller, enumerator, household)) == (403, "role-may-not")
        assert refused(await caller.gets("/v1/enumerators")) == (403, "role-may-not")

    async def test_to_many_each_answered_for_itself(
        self, registry: Registry, enumerator: Caller, household: dict[str, Any]
    ):
        regency = await registry.caller(R.REGENCY_OPERATOR)
        next_door = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        foreign = await registry.household(by=next_door)
        out = await registry.household()
        body = {"action": "remove", "grounds": {"note": "Ganda."}}
        await regency.posts(f"/v1/households/{out['id']}/steps", body, version=1)
        fresh, nobody = await registry.household(), {"id": str(uuid4())}
        await assigned(regency, enumerator, household)

        response = await errand(regency, enumerator, fresh, household, foreign, out, nobody)

        told = response.json()
        assert (response.status_code, told["assigned"]) == (201, 1)
        assert [line["household_id"] for line in told["items"]] == [
            each["id"] for each in (fresh, household, foreign, out, nobody)
        ]
        why = [(line["refused"] or "").removeprefix("urn:siks:problem:") for line in told["items"]]
        assert why == [
            "",
            "visit-open",
            "not-his-village",
            "household-inactive",
            "household-not-found",
        ]

    async def test_a_thousand_times_at_once(self, registry: Registry, enumerator: Caller):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        rows = await registry.runs(
            "INSERT INTO household (id, scope_code, state, version, created_by, created_at, "
            "updated_at) SELECT gen_random_uuid(), $1, 'proposed', 1, gen_random_uuid(), now(), "
            "now() FROM generate_series(1, 1000) RETURNING id",
            registry.village.first,
        )
        households = [{"id": str(row["id"])} for row in rows]

        response = await errand(operator, enumerator, *households)
        over = await errand(operator, enumerator, *households, {"id": str(uuid4())})

        assert response.json()["assigned"] == 1000
        assert refused(over) == (422, "malformed")

    async def test_who_is_one(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        head = await registry.caller(R.VILLAGE_HEAD)
        elsewhere = await registry.newcomer(R.ENUMERATOR, over=registry.neighbour)

        former, dismissed = await a_former_one(registry), await a_dismissed_one(registry)
        for nobody in (head, elsewhere, former, dismissed):
            response = await errand(operator, nobody, household)
            assert refused(response) == (404, "enumerator-not-found")

    async def test_from_a_list_of_those_there_are(
        self, registry: Registry, operator: Caller, enumerator: Caller, visit: dict[str, Any]
    ):
        idle = await registry.newcomer(R.ENUMERATOR)
        await a_dismissed_one(registry)
        await a_former_one(registry)
        ended = await assigned(operator, idle, await registry.household())
        await takes(operator, "revoke", ended, grounds=WHY)

        told = (await operator.gets("/v1/enumerators")).json()["items"]

        found = {line["account_id"]: line["open_visits"] for line in told}
        assert found == {str(enumerator.actor.id): 1, str(idle.actor.id): 0}
        assert {line["village_code"] for line in told} == {registry.village.code}
        assert visit["state"] == "assigned"


async def a_dismissed_one(registry: Registry) -> Caller:
    dismissed = await registry.newcomer(R.ENUMERATOR)
    admin = await registry.caller(R.REGENCY_ADMIN)
    step = {"action": "dismiss", "grounds": {"note": "Mutasi."}}
    path = f"/v1/accounts/{dismissed.actor.id}/steps"
    response = await admin.posts(path, step, version=1)
    assert response.status_code == 201, response.text
    return dismissed


async def a_former_one(registry: Registry) -> Caller:
    """Whose assignment has ended."""
    former = await registry.newcomer(R.ENUMERATOR)
    admin = await registry.caller(R.REGENCY_ADMIN)
    path = f"/v1/accounts/{former.actor.id}"
    [held] = (await admin.gets(path)).json()["assignments"]
    path = f"{path}/assignments/{held['id']}/steps"
    response = await admin.posts(path, {"action": "end"}, version=1)
    assert response.status_code == 201, response.text
    return former


class TestAVisitIsRead:
    async def test_as_far_as_the_role_reads_people(
        self, registry: Registry, operator: Caller, visit: dict[str, Any], household: dict[str, Any]
    ):
        await submitted(registry, visit, household)
        await takes(operator, "send_back", visit, grounds={**WHY, "marks": MARKS})
        endorser, auditor = [
            await registry.caller(role, over=registry.home(role))
            for role in (R.REGENCY_ENDORSER, R.AUDITOR)
        ]

        told, masked = [
            (await by.gets(f"/v1/visits/{visit['id']}")).json() for by in (endorser, auditor)
        ]

        assert told["household"]["location"] == household["location"]
        assert masked["household"]["location"] is None
        assert (masked["household"]["head_name"], masked["household"]["address"]) == (
            "B*** S***",
            None,
        )
        for read in (told, masked):
            assert (read["note"], read["marks"]) == (None, None)


class TestAnEnumeratorReads:
    async def test_of_his_own_visits_and_of_no_others(
        self, registry: Registry, operator: Caller, enumerator: Caller, visit: dict[str, Any]
    ):
        other = await registry.newcomer(R.ENUMERATOR)
        theirs = await assigned(operator, other, await registry.household())

        lists = [
            (await by.gets("/v1/visits", params=asked)).json()["items"]
            for by, asked in (
                (enumerator, {}),
                (other, {"mine": "true"}),
                (operator, {}),
                (operator, {"mine": "true"}),
                (operator, {"enumerator_id": str(other.actor.id)}),
                (operator, {"state": "accepted"}),
                (operator, {"due_before": "2026-12-06"}),
            )
        ]

        found = [[each["id"] for each in page] for page in lists]
        both = sorted([visit["id"], theirs["id"]])
        assert found == [[visit["id"]], [theirs["id"]], both, [], [theirs["id"]], [], both]
        foreign = await enumerator.gets(f"/v1/visits/{theirs['id']}")
        taken = await takes(enumerator, "submit", theirs, survey_id=str(uuid4()))
        assert refused(foreign) == refused(taken) == (404, "visit-not-found")


class TestASurveyIsBrought:
    async def test_when_it_is_finished(
        self,
        registry: Registry,
        enumerator: Caller,
        visit: dict[str, Any],
        household: dict[str, Any],
    ):
        draft = await registry.survey(household, "drafted", by=enumerator)
        early = await takes(enumerator, "submit", visit, survey_id=draft["id"])
        finish = {"action": "finish", "grounds": {"note": "Sesuai."}}
        await enumerator.posts(f"/v1/surveys/{draft['id']}/steps", finish, version=1)
        taken = await takes(enumerator, "submit", visit, survey_id=draft["id"])

        assert refused(early) == (422, "survey-not-fit")
        assert pointers(early) == {"/survey_id"}
        assert (taken.status_code, taken.json()["target"]) == (201, "submitted")
        read = (await enumerator.gets(f"/v1/visits/{visit['id']}")).json()
        assert (read["survey_id"], read["open_actions"]) == (draft["id"], [])

    async def test_of_that_household(
        self, registry: Registry, enumerator: Caller, visit: dict[str, Any]
    ):
        other = await registry.survey(await registry.household())

        response = await takes(enumerator, "submit", visit, survey_id=other["id"])

        assert refused(response) == (422, "survey-not-fit")
        assert [error["code"] for error in response.json()["errors"]] == ["of_another"]


class TestItIsLookedOver:
    @pytest.mark.parametrize(
        "role", [R.VILLAGE_OPERATOR, R.DISTRICT_OFFICER, R.REGENCY_OPERATOR, R.REGENCY_VERIFIER]
    )
    async def test_and_accepted_by_whoever_answers_for_the_work(
        self, registry: Registry, visit: dict[str, Any], household: dict[str, Any], role: Role
    ):
        survey = await submitted(registry, visit, household)
        reviewer = await registry.caller(role)

        taken = await takes(reviewer, "accept", visit)

        assert (taken.status_code, taken.json()["target"]) == (201, "accepted")
        assert (await reviewer.gets(f"/v1/visits/{visit['id']}")).json()["open_actions"] == []
        late = await (await registry.caller(R.ENUMERATOR)).sends_file(
            a_photo(), kind="image/jpeg", purpose="house_front", survey_id=survey["id"]
        )
        assert refused(late) == (409, "photos-closed")

    async def test_never_by_whoever_brought_it(
        self,
        registry: Registry,
        enumerator: Caller,
        visit: dict[str, Any],
        household: dict[str, Any],
    ):
        await submitted(registry, visit, household)
        same = await registry.also(enumerator, R.VILLAGE_OPERATOR, over=registry.village)

        read = (await same.gets(f"/v1/visits/{visit['id']}")).json()
        taken = await takes(same, "accept", visit)

        assert read["open_actions"] == []
        assert refused(taken) == (403, "own-work")

    async def test_and_sent_back_with_marks_to_be_done_again_on_a_copy(
        self,
        registry: Registry,
        operator: Caller,
        enumerator: Caller,
        visit: dict[str, Any],
        household: dict[str, Any],
    ):
        first = await submitted(registry, visit, household)
        bare = await takes(operator, "send_back", visit)
        back = await takes(operator, "send_back", visit, grounds={**WHY, "marks": MARKS})
        read = (await enumerator.gets(f"/v1/visits/{visit['id']}")).json()
        again = await takes(enumerator, "submit", visit, survey_id=first["id"])

        copy = {"copy_of": first["id"], "answers": {"household": {"floor_area": 44}}}
        second = await enumerator.posts(f"/v1/households/{household['id']}/surveys", copy)
        visited = {"outcome": 1, "enumerator_name": "Dewi Lestari"}
        path = f"/v1/surveys/{second.json()['id']}"
        assert (await enumerator.patches(path, visited)).status_code == 200
        finish = {"action": "finish", "grounds": {"note": "Sesuai."}}
        assert (await enumerator.posts(f"{path}/steps", finish, version=2)).status_code == 201
        brought = await takes(enumerator, "submit", visit, survey_id=second.json()["id"])

        assert refused(bare) == (422, "grounds-missing")
        assert back.status_code == 201
        assert (read["state"], read["note"], read["marks"]) == ("sent_back", WHY["note"], MARKS)
        assert [each["action"] for each in read["open_actions"]] == ["submit"]
        assert [error["code"] for error in again.json()["errors"]] == ["sent_back"]
        expected = first["answers"]["household"] | {"floor_area": 44}
        assert second.json()["answers"] == first["answers"] | {"household": expected}
        assert brought.json()["changes"]["/survey_id"] == [first["id"], second.json()["id"]]

    async def test_with_marks_that_point_into_the_survey(
        self, registry: Registry, operator: Caller, visit: dict[str, Any], household: dict[str, Any]
    ):
        await submitted(registry, visit, household)

        for wrong in ("answers", "/state", "/answers/roof", "/photos/1", "/answers/household/a b"):
            marks = [{"pointer": wrong, "note": "Periksa."}]
            response = await takes(operator, "send_back", visit, grounds={**WHY, "marks": marks})
            assert refused(response) == (422, "malformed")


class TestAVisitIsRevoked:
    async def test_with_a_note_until_it_is_brought(
        self, registry: Registry, operator: Caller, visit: dict[str, Any], household: dict[str, Any]
    ):
        bare = await takes(operator, "revoke", visit)
        await submitted(registry, visit, household)
        late = await takes(operator, "revoke", visit, grounds=WHY)
        await takes(operator, "send_back", visit, grounds=WHY)
        taken = await takes(operator, "revoke", visit, grounds=WHY)

        assert refused(bare) == (422, "grounds-missing")
        assert refused(late) == (409, "action-not-open")
        assert (taken.status_code, taken.json()["target"]) == (201, "revoked")

    async def test_and_somebody_else_is_sent(
        self, registry: Registry, operator: Caller, visit: dict[str, Any], household: dict[str, Any]
    ):
        await takes(operator, "revoke", visit, grounds=WHY)

        again = await assigned(operator, await registry.newcomer(R.ENUMERATOR), household)

        assert again["state"] == "assigned"


class TestACopy:
    async def test_leaves_out_who_has_left(self, registry: Registry, operator: Caller):
        wife = a_member(
            registry.village, sex=2, relation_to_household_head=2, relation_to_family_head=2
        )
        head = a_member(registry.village)
        family = {"id": str(uuid4()), "number": 1, "members": [head, wife]}
        household = await registry.household(families=[family])
        first = await registry.survey(household, "drafted")
        discard = {"action": "discard", "grounds": {"note": "Diulang."}}
        await operator.posts(f"/v1/surveys/{first['id']}/steps", discard, version=1)
        remove = {"action": "remove", "grounds": {"note": "Pindah."}}
        await operator.posts(f"/v1/members/{wife['id']}/steps", remove, version=1)

        path = f"/v1/households/{household['id']}/surveys"
        second = await operator.posts(path, {"copy_of": first["id"]})

        assert set(first["answers"]["members"]) == {head["id"], wife["id"]}
        assert set(second.json()["answers"]["members"]) == {head["id"]}
        [entry] = await registry.audit_of(second.json()["id"])
        assert entry["changes"]["/copy_of"] == [None, first["id"]]

    async def test_is_of_ones_own_answers(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        other = await registry.survey(await registry.household())
        path = f"/v1/households/{household['id']}/surveys"

        foreign = await operator.posts(path, {"copy_of": other["id"]})
        nobodys = await operator.posts(path, {"copy_of": str(uuid4())})

        assert refused(foreign) == (422, "answers-not-accepted")
        assert pointers(foreign) == {"/copy_of"}
        assert refused(nobodys) == (404, "survey-not-found")


# who | does what | in which state: by hand, from the handbook's table of roles
BY_THE_BOOK = """
enumerator        submit     assigned   submitted
enumerator        submit     sent_back  submitted
village_operator  accept     submitted  accepted
district_officer  accept     submitted  accepted
regency_operator  accept     submitted  accepted
regency_verifier  accept     submitted  accepted
village_operator  send_back  submitted  sent_back
district_officer  send_back  submitted  sent_back
regency_operator  send_back  submitted  sent_back
regency_verifier  send_back  submitted  sent_back
village_operator  revoke     assigned   revoked
regency_operator  revoke     assigned   revoked
village_operator  revoke     sent_back  revoked
regency_operator  revoke     sent_back  revoked
"""


def test_nobody_does_more_or_less_than_the_book_says():
    by_the_book = {tuple(line.split()) for line in BY_THE_BOOK.strip().splitlines()}
    open_now = {
        (role, offer.action, state, row.target)
        for role in Role
        for state in VisitState
        for offer in VISITS.open_to(role, state)
        for row in VISITS.transitions
        if (row.action, row.source) == (offer.action, state)
    }

    assert {tuple(map(str, each)) for each in open_now} == by_the_book
    assert VISITS.first_roles == {R.VILLAGE_OPERATOR, R.REGENCY_OPERATOR}
    assert set(VisitAction) == {"assign", "submit", "accept", "send_back", "revoke"}
