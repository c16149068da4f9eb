"""Answer sheets: begun and filled in by two together, checked at every saving, finished whole."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from app.domain.actors import Role
from app.domain.calendar import today
from tests.api.services import posts_bytes
from tests.registry import Caller, Registry, a_member, an_answer_sheet, pointers, refused

R = Role
EDITORS = (R.ENUMERATOR, R.VILLAGE_OPERATOR, R.REGENCY_OPERATOR)
NOTE = {"note": "Sudah ditanyakan ulang."}


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
async def draft(registry: Registry, household: dict[str, Any]) -> dict[str, Any]:
    """A sheet with nothing wanting, still open."""
    return await registry.survey(household, "drafted")


def nested(depth: int) -> dict[str, Any]:
    return {"a": nested(depth - 1)} if depth else {}


def at(survey: dict[str, Any]) -> str:
    return f"/v1/surveys/{survey['id']}"


async def saved(by: Caller, survey: dict[str, Any], **answers: Any) -> dict[str, Any]:  # noqa: ANN401
    response = await by.patches(at(survey), {"answers": answers}, version=survey["version"])
    assert response.status_code == 200, response.text
    return response.json()


async def finished(by: Caller, survey: dict[str, Any], **grounds: str) -> Any:  # noqa: ANN401
    body = {"action": "finish", "grounds": grounds}
    return await by.posts(f"{at(survey)}/steps", body, version=survey["version"])


def rules(survey: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["rule"], each["pointer"]) for each in survey["findings"]}


class TestASurveyIsBegun:
    @pytest.mark.parametrize("role", EDITORS)
    async def test_by_whoever_visits(
        self, registry: Registry, household: dict[str, Any], role: Role
    ):
        visitor = await registry.caller(role)
        sheet = an_answer_sheet(household)

        response = await visitor.posts(f"/v1/households/{household['id']}/surveys", sheet)

        survey = response.json()
        assert response.status_code == 201
        assert response.headers["location"] == f"/v1/surveys/{sheet['id']}"
        assert response.headers["etag"] == '"1"'
        assert (survey["state"], survey["codebook"]) == ("drafted", "dtks-2020")
        assert survey["answers"] == {k: v for k, v in sheet["answers"].items() if v}
        assert survey["findings"] == []
        assert [each["action"] for each in survey["open_actions"]] == ["amend", "finish", "discard"]
        read = (await visitor.gets(f"/v1/households/{household['id']}")).json()
        assert (read["survey_draft_id"], read["survey"]) == (sheet["id"], None)

    @pytest.mark.parametrize("role", [R.VILLAGE_HEAD, R.REGENCY_VERIFIER, R.REGENCY_ADMIN])
    async def test_by_nobody_else(self, registry: Registry, household: dict[str, Any], role: Role):
        caller = await registry.caller(role)

        response = await caller.posts(f"/v1/households/{household['id']}/surveys", {})

        assert refused(response) == (403, "role-may-not")

    async def test_with_hardly_anything_answered(
        self, household: dict[str, Any], enumerator: Caller
    ):
        response = await enumerator.posts(f"/v1/households/{household['id']}/surveys", {})

        survey = response.json()
        assert response.status_code == 201
        assert (survey["surveyed_on"], survey["answers"]) == (str(today()), {})
        asked = {pointer for _, pointer in rules(survey)}
        assert {"/answers/household/building_tenure", "/answers/counts/member_count"} <= asked

    async def test_once_at_a_time(
        self, registry: Registry, household: dict[str, Any], operator: Caller
    ):
        path = f"/v1/households/{household['id']}/surveys"

        answers = await asyncio.gather(*(operator.posts(path, {}) for _ in range(3)))

        [begun] = [answer.json() for answer in answers if answer.is_success]
        others = {refused(answer) for answer in answers if not answer.is_success}
        assert others == {(409, "survey-draft-there")}
        discard = {"action": "discard", "grounds": {"note": "Salah rumah."}}
        await operator.posts(f"{at(begun)}/steps", discard, version=1)
        assert (await registry.survey(household))["state"] == "finished"

    async def test_on_a_day_that_has_come_of_a_form_there_is(
        self, household: dict[str, Any], operator: Caller
    ):
        path = f"/v1/households/{household['id']}/surveys"

        late = await operator.posts(path, {"surveyed_on": "2099-01-01"})
        other = await operator.posts(path, {"codebook": "dtks-1066"})

        assert (refused(late), pointers(late)) == ((422, "malformed"), {"/surveyed_on"})
        assert (refused(other), pointers(other)) == ((422, "malformed"), {"/codebook"})

    async def test_of_no_household_that_is_out(
        self, household: dict[str, Any], operator: Caller, draft: dict[str, Any]
    ):
        remove = {"action": "remove", "grounds": {"note": "Ganda."}}
        await operator.posts(f"/v1/households/{household['id']}/steps", remove, version=1)

        begun = await operator.posts(f"/v1/households/{household['id']}/surveys", {})
        amended = await operator.patches(at(draft), {"outcome": 2})

        assert refused(begun) == refused(amended) == (409, "household-inactive")
        assert (await operator.gets(at(draft))).json()["open_actions"] == []

    async def test_not_while_the_proposal_is_on_its_way_but_again_once_it_is_registered(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal("awaiting_regency")
        path = f"/v1/households/{proposal['household_id']}/surveys"

        frozen = await operator.posts(path, {})
        while proposal["state"] != "determined":
            proposal = await registry.moved_on(proposal)
        again = await operator.posts(path, {})

        assert refused(frozen) == (409, "on-its-way")
        assert again.status_code == 201


class TestAnAnswer:
    MALFORMED = (
        ("household", "floor_area", 0),
        ("household", "floor_area", "36"),
        ("household", "floor_area", 10**900),
        ("household", "building_tenure", 6),
        ("household", "building_tenure", True),
        ("household", "owns_bicycle", 1),
        ("household", "cattle_count", -1),
        ("household", "cattle_count", 1.5),
        ("household", "water_provider_other", "\u202egnirts"),
        ("household", "roof", 1),
        ("participation", "has_kks", "ya"),
        ("counts", "member_count", [1]),
        ("rosters", "business", {"member_number": 1}),
    )

    @pytest.mark.parametrize(("section", "key", "answer"), MALFORMED)
    async def test_that_is_none_is_refused_at_once_with_its_place(
        self,
        operator: Caller,
        draft: dict[str, Any],
        section: str,
        key: str,
        answer: object,
    ):
        sent = {section: {key: answer}, "counts": {"family_count": "dua"}}
        if section == "counts":
            sent["counts"] = {"family_count": "dua", key: answer}

        response = await operator.patches(at(draft), {"answers": sent})

        assert refused(response) == (422, "answers-not-accepted")
        assert pointers(response) == {f"/answers/{section}/{key}", "/answers/counts/family_count"}
        assert (await operator.gets(at(draft))).json()["answers"] == draft["answers"]

    @pytest.mark.parametrize(
        "answers",
        [
            [],
            None,
            {"household": None},
            {"members": [1]},
            {"members": {"nobody": {}, "somebody": {"presence": 1}}},
            {"rosters": {"business": [[]]}},
            {"household": {"floor_area": {"a": {"b": {"c": {"d": {}}}}}}},
            {"household": nested(700)},
            {"a/b~c": 1},
            {"\ud800": 1},
            {"household": {"\u0000": 1}},
            {"household": {"\ud800": 1}},
            {"members": {"\ud800": {"presence": 1}}},
            {"rosters": {"business": [{"\ud800": 1}]}},
            {"household": {"water_customer_number": "\ud800"}},
            {"household": {"water_customer_number": "\u0000"}},
        ],
    )
    async def test_of_a_hostile_shape_is_refused_too(
        self, operator: Caller, household: dict[str, Any], answers: object
    ):
        body = json.dumps({"answers": answers}).encode()

        response = await posts_bytes(operator, f"/v1/households/{household['id']}/surveys", body)

        assert refused(response)[0] == 422, response.text
        assert all(pointer.startswith("/answers") for pointer in pointers(response))

    @pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999", b"9" * 900])
    async def test_that_is_no_number_is_refused_too(
        self, household: dict[str, Any], operator: Caller, number: bytes
    ):
        body = b'{"answers": {"household": {"floor_area": ' + number + b"}}}"

        response = await posts_bytes(operator, f"/v1/households/{household['id']}/surveys", body)

        assert refused(response) == (422, "answers-not-accepted")

    async def test_of_somebody_outside_the_household_is_refused(
        self, registry: Registry, operator: Caller, draft: dict[str, Any]
    ):
        neighbours = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        foreign = (await registry.household(by=neighbours))["members"][0]["id"]
        for stranger in (foreign, str(uuid4())):
            answers = {"members": {stranger: {"presence": 1}}}

            response = await operator.patches(at(draft), {"answers": answers})

            assert refused(response) == (422, "answers-not-accepted")
            assert pointers(response) == {f"/answers/members/{stranger}"}

    async def test_that_is_not_sent_stays_as_it_was(self, operator: Caller, draft: dict[str, Any]):
        after = await saved(operator, draft, household={"floor_area": 21.5, "lighting_source": 3})

        expected = draft["answers"]["household"] | {"floor_area": 21.5, "lighting_source": 3}
        assert after["answers"] == draft["answers"] | {"household": expected}
        assert after["version"] == 2

    async def test_of_null_was_asked_in_vain_and_is_not_an_answer_taken_out(
        self, operator: Caller, draft: dict[str, Any]
    ):
        """A household without PLN electricity is not asked for the capacity: null says it was."""
        answers = {"household": {"lighting_source": 3, "power_capacity": None}}
        gone = ["power_capacity", "electricity_customer_number"]

        asked = await operator.patches(at(draft), {"answers": answers})
        taken_out = await operator.patches(
            at(draft), {"not_asked": [f"/answers/household/{key}" for key in gone]}, version=2
        )

        assert asked.json()["answers"]["household"]["power_capacity"] is None
        assert taken_out.json()["answers"]["household"].keys() == (
            draft["answers"]["household"].keys() - {"power_capacity", "electricity_customer_number"}
        )
        assert taken_out.json()["findings"] == []

    async def test_is_taken_out_before_others_are_laid_over(
        self, operator: Caller, draft: dict[str, Any], household: dict[str, Any]
    ):
        [member] = household["members"]
        place = f"/answers/members/{member['id']}"
        body = {"not_asked": [place], "answers": {"members": {member["id"]: {"presence": 2}}}}

        response = await operator.patches(at(draft), body)

        assert response.json()["answers"]["members"] == {member["id"]: {"presence": 2}}

    async def test_of_a_roster_is_the_whole_roster(self, operator: Caller, draft: dict[str, Any]):
        business = {"member_number": 1, "business_sector": 12, "worker_count": 0}
        household = {"has_member_business": True}

        two = await saved(
            operator, draft, household=household, rosters={"business": [business] * 2}
        )
        one = await saved(operator, two, rosters={"business": [business]})

        assert one["answers"]["rosters"] == {"business": [business]}

    async def test_of_a_row_that_says_nothing_is_none(
        self, registry: Registry, operator: Caller, draft: dict[str, Any]
    ):
        """Nor does it leave a trace that could be taken for the fingerprint of a finished sheet."""
        after = await saved(operator, draft, rosters={"business": [{}, {}]})

        assert after["answers"]["rosters"] == {"business": []}
        *_, entry = await registry.audit_of(draft["id"])
        assert entry["changes"].keys() == {"/answers/rosters/business"}

    async def test_sent_as_it_is_changes_nothing(
        self, registry: Registry, operator: Caller, draft: dict[str, Any]
    ):
        after = await saved(operator, draft, **draft["answers"])

        assert after["version"] == 1
        assert len(await registry.audit_of(draft["id"])) == 1


class TestTwoWorkOnOneSheet:
    async def test_and_the_later_one_hears_which_answers_differ(
        self, operator: Caller, enumerator: Caller, draft: dict[str, Any]
    ):
        await saved(enumerator, draft, household={"floor_area": 21, "pig_count": 2})

        response = await operator.patches(at(draft), {"answers": {"household": {"floor_area": 30}}})

        assert refused(response) == (412, "outdated")
        assert pointers(response) == {
            "/answers/household/floor_area",
            "/answers/household/pig_count",
        }

    async def test_at_once_and_no_edit_is_lost(
        self, operator: Caller, enumerator: Caller, draft: dict[str, Any]
    ):
        edits = {operator: {"floor_area": 21}, enumerator: {"pig_count": 2}}

        async def save(by: Caller, answers: dict[str, Any]) -> None:
            version, status = 1, 0
            while status != 200:
                body = {"answers": {"household": answers}}
                response = await by.patches(at(draft), body, version=version)
                status = response.status_code
                assert status in {200, 412, 409}
                version = (await by.gets(at(draft))).json()["version"]

        await asyncio.gather(*(save(by, answers) for by, answers in edits.items()))

        after = (await operator.gets(at(draft))).json()
        told = after["answers"]["household"]
        assert (told["floor_area"], told["pig_count"], after["version"]) == (21, 2, 3)

    async def test_never_without_the_version_that_is_meant(
        self, operator: Caller, draft: dict[str, Any]
    ):
        response = await operator.patches(at(draft), {"outcome": 1}, version=None)

        assert refused(response) == (428, "version-not-named")


class TestWhatIsStillWrong:
    async def test_is_told_after_every_saving_with_the_forms_number(
        self, operator: Caller, draft: dict[str, Any]
    ):
        after = await saved(operator, draft, household={"wall_material": 7, "latrine_access": 4})

        assert rules(after) == {
            ("H02", "/answers/household/wall_condition"),
            ("H09", "/answers/household/latrine_type"),
        }
        [wall] = [each for each in after["findings"] if each["rule"] == "H02"]
        assert (wall["severity"], wall["form_ref"]) == ("error", "R.4b")
        assert wall["message"].startswith("R.4b")

    async def test_is_told_in_the_readers_language(self, operator: Caller, draft: dict[str, Any]):
        await saved(operator, draft, household={"wall_material": 7})
        path = f"{at(draft)}/checks"

        said = {
            (await operator.posts(path, None, accept_language=language)).json()["findings"][0][
                "message"
            ]
            for language in ("id", "en")
        }

        assert len(said) == 2

    async def test_is_told_of_the_people_as_they_are_now(
        self, operator: Caller, household: dict[str, Any], draft: dict[str, Any]
    ):
        """Who is never married has no marriage certificate to be asked for."""
        [member] = household["members"]
        await operator.patches(f"/v1/members/{member['id']}", {"marital_status": 1})

        response = await operator.posts(f"{at(draft)}/checks", None)

        assert ("M09", f"/answers/members/{member['id']}/marriage_document") in rules(
            response.json()
        )
        assert response.headers["etag"] == '"1"'

    async def test_and_of_a_nik_that_somebody_else_holds(self, registry: Registry):
        held = a_member(registry.village)
        elsewhere = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        families = [{"number": 1, "card_number": "3672010101200077", "members": [held]}]
        await registry.proposal("awaiting_deliberation", by=elsewhere, families=families)
        mine = {**held, "id": str(uuid4())}
        household = await registry.household(families=[{"number": 1, "members": [mine]}])
        draft = await registry.survey(household, "drafted")
        operator = await registry.caller(R.VILLAGE_OPERATOR)

        response = await operator.posts(f"{at(draft)}/checks", None)

        assert ("M21", f"/members/{mine['id']}/nik") in rules(response.json())

    async def test_is_not_told_by_a_reading_and_only_to_those_who_fill_it_in(
        self, registry: Registry, operator: Caller, draft: dict[str, Any]
    ):
        head = await registry.caller(R.VILLAGE_HEAD)

        assert (await operator.gets(at(draft))).json()["findings"] is None
        assert refused(await head.posts(f"{at(draft)}/checks", None)) == (403, "role-may-not")


class TestFinishing:
    async def test_of_a_complete_sheet_makes_it_current(
        self, household: dict[str, Any], operator: Caller, draft: dict[str, Any]
    ):
        response = await finished(operator, draft)

        assert (response.status_code, response.json()["target"]) == (201, "finished")
        read = (await operator.gets(f"/v1/households/{household['id']}")).json()
        assert (read["survey"]["id"], read["survey_draft_id"]) == (draft["id"], None)
        late = await operator.patches(at(draft), {"outcome": 2}, version=2)
        assert refused(late) == (409, "action-not-open")

    async def test_names_everything_that_is_wanting_at_once(
        self, household: dict[str, Any], operator: Caller
    ):
        path = f"/v1/households/{household['id']}/surveys"
        answers = {"household": {"wall_material": 7, "wall_condition": 1}}
        bare = (await operator.posts(path, {"answers": answers})).json()

        without_outcome = await finished(operator, bare)
        some = (await operator.patches(at(bare), {"outcome": 1})).json()
        response = await finished(operator, some, **NOTE)

        assert refused(without_outcome) == refused(response) == (422, "survey-not-complete")
        assert pointers(without_outcome) == {"/enumerator_name", "/outcome"}
        assert pointers(response) >= {
            "/enumerator_name",
            "/answers/counts/member_count",
            "/answers/household/wall_condition",
            "/answers/household/building_tenure",
        }

    async def test_counts_null_as_answered(self, operator: Caller, draft: dict[str, Any]):
        survey = await saved(operator, draft, household={"floor_area": None})

        assert (await finished(operator, survey)).status_code == 201

    async def test_asks_for_words_where_something_is_unusual(
        self, operator: Caller, household: dict[str, Any], draft: dict[str, Any]
    ):
        [member] = household["members"]
        work = {"weekly_work_hours": 40, "work_sector": 19, "work_status": 5}
        answers = {member["id"]: {"worked_last_week": True, **work}}
        survey = await saved(operator, draft, members=answers)

        without = await finished(operator, survey)
        explained = await finished(operator, survey, note="Ayahnya pensiun bulan depan.")

        assert refused(without) == (422, "doubts-not-explained")
        assert {(e["code"], e["pointer"]) for e in without.json()["errors"]} == {
            ("M15", f"/answers/members/{member['id']}/work_status")
        }
        assert explained.status_code == 201

    async def test_is_not_held_up_by_what_is_wrong_in_the_records(
        self, registry: Registry, operator: Caller
    ):
        """A NIK that has to go to the civil registry takes weeks; the visit is over."""
        wrong = a_member(registry.village, nik="1111111111111111")
        household = await registry.household(families=[{"number": 1, "members": [wrong]}])
        draft = await registry.survey(household, "drafted")

        assert (await finished(operator, draft, **NOTE)).status_code == 201

    @pytest.mark.parametrize("outcome", [2, 3, 5])
    async def test_of_a_visit_without_answers_needs_none(
        self, household: dict[str, Any], operator: Caller, outcome: int
    ):
        path = f"/v1/households/{household['id']}/surveys"
        visit = {"outcome": outcome, "enumerator_name": "Dewi Lestari"}
        survey = (await operator.posts(path, visit)).json()

        assert (await finished(operator, survey)).status_code == 201

    @pytest.mark.parametrize("outcome", [4, 6])
    async def test_of_a_double_names_the_other_household(
        self, household: dict[str, Any], operator: Caller, outcome: int
    ):
        path = f"/v1/households/{household['id']}/surveys"
        visit = {"outcome": outcome, "enumerator_name": "Dewi Lestari"}
        survey = (await operator.posts(path, visit)).json()

        unnamed = await finished(operator, survey)
        named = await operator.patches(at(survey), {"duplicate_of": "3GDKWU"})
        meant_otherwise = await operator.patches(at(survey), {"outcome": 2}, version=2)
        contradictory = await finished(operator, meant_otherwise.json())
        await operator.patches(at(survey), {"outcome": outcome}, version=3)

        assert (refused(unnamed), pointers(unnamed)) == (
            (422, "survey-not-complete"),
            {"/duplicate_of"},
        )
        assert named.status_code == 200
        assert pointers(contradictory) == {"/duplicate_of"}
        assert (await finished(operator, {**survey, "version": 4})).status_code == 201

    async def test_is_something_else_than_discarding_which_says_why(
        self, household: dict[str, Any], operator: Caller, draft: dict[str, Any]
    ):
        path = f"{at(draft)}/steps"

        without = await operator.posts(path, {"action": "discard"}, version=1)
        discarded = await operator.posts(path, {"action": "discard", "grounds": NOTE}, version=1)

        assert refused(without) == (422, "grounds-missing")
        assert discarded.json()["target"] == "discarded"
        read = (await operator.gets(f"/v1/households/{household['id']}")).json()
        assert (read["survey"], read["survey_draft_id"]) == (None, None)


class TestSubmittingAProposal:
    async def test_names_everything_that_is_wanting_in_the_survey_and_the_records_at_once(
        self, registry: Registry, operator: Caller
    ):
        head = a_member(registry.village, mother_name=...)
        household = await registry.household(
            families=[{"number": 1, "card_number": "3672010101200077", "members": [head]}]
        )
        sheet = an_answer_sheet(household)
        sheet["answers"]["household"] |= {"floor_area": None, "cooking_fuel": None}
        await registry.survey(household, **sheet)
        proposal = await operator.posts(
            "/v1/proposals", {"kind": "new_family", "household_id": household["id"]}
        )

        response = await operator.takes("submit", proposal.json())

        assert refused(response) == (422, "not-yet-complete")
        assert pointers(response) == {
            f"/members/{head['id']}/mother_name",
            "/survey/answers/household/floor_area",
            "/survey/answers/household/cooking_fuel",
        }

    async def test_needs_a_visit_that_met_somebody(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        await registry.survey(household, outcome=2, answers={})
        proposal = await operator.posts(
            "/v1/proposals", {"kind": "new_family", "household_id": household["id"]}
        )

        response = await operator.takes("submit", proposal.json())

        assert pointers(response) == {"/survey"}

    async def test_freezes_the_survey_and_what_is_unusual(
        self, registry: Registry, operator: Caller
    ):
        head = a_member(registry.village)
        family = {"number": 1, "card_number": "3672010101200077", "members": [head]}
        household = await registry.household(families=[family])
        sheet = an_answer_sheet(household)
        work = {"weekly_work_hours": 40, "work_sector": 19, "work_status": 5}
        sheet["answers"]["members"][head["id"]] |= {"worked_last_week": True, **work}
        survey = await registry.survey(household, **sheet)
        made = await operator.posts(
            "/v1/proposals", {"kind": "new_family", "household_id": household["id"]}
        )

        assert (await operator.takes("submit", made.json())).status_code == 201

        content = (await operator.reads(made.json()))["content"]
        assert content["survey"]["id"] == survey["id"]
        assert content["survey"]["answers"] == survey["answers"]
        assert content["survey"]["surveyed_on"] == "2026-11-10"
        assert [(doubt["rule"], doubt["pointer"]) for doubt in content["doubts"]] == [
            ("M15", f"/survey/answers/members/{head['id']}/work_status")
        ]
