"""Answer sheets read: by each role as much as it may, the newest first, and in the audit."""

from typing import Any
from uuid import UUID

import pytest

from app.domain.actors import Role
from tests.registry import Caller, Registry, a_member, an_answer_sheet, refused

R = Role
CHILD_OUTSIDE = {
    "name": "Dimas",
    "student_number": "0051234567",
    "nik": "3672010101050001",
    "school_name": "SMA 1 Cilegon",
}
# By hand, from the form: what tells of health, of school, and of programmes.
HEALTH = {"pregnant": True, "disability": 2, "chronic_illness": 5}
SCHOOL = {
    "school_participation": 2,
    "education_level": 4,
    "highest_grade": 8,
    "highest_certificate": 2,
}
PROGRAMMES = {"holds_kks": True, "in_pkh": True}
OF_SCHOOL_OUTSIDE = {"student_number", "school_name"}
KB = {"women_kb_2015": [{"woman_member_number": 1, "uses_contraception": False}]}
FULL = {
    R.ENUMERATOR,
    R.VILLAGE_OPERATOR,
    R.VILLAGE_HEAD,
    R.REGENCY_OPERATOR,
    R.REGENCY_VERIFIER,
    R.MINISTRY_ANALYST,
}
WITHOUT_HEALTH = {R.DISTRICT_OFFICER, R.PROVINCE_OFFICER}
SUMMARY = {R.REGENCY_ENDORSER, R.MINISTRY_DETERMINER}
NONE = {R.CIVIL_REGISTRY_OFFICER, R.AUDITOR}
NOBODY = {R.REGENCY_ADMIN, R.MINISTRY_ADMIN, R.INTEGRATION}
MASKED = "3672************"


def test_every_role_has_its_measure():
    measures = (FULL, WITHOUT_HEALTH, SUMMARY, NONE, NOBODY)
    assert sorted(role for measure in measures for role in measure) == sorted(Role)


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


@pytest.fixture
async def household(registry: Registry) -> dict[str, Any]:
    mother = a_member(registry.village, sex=2, birth_date="1970-03-12", nik=...)
    family = {"number": 1, "card_number": "3672010101200077", "members": [mother]}
    return await registry.household(families=[family])


@pytest.fixture
async def telling(registry: Registry, household: dict[str, Any]) -> dict[str, Any]:
    """A finished sheet with something to hide in every corner."""
    sheet = an_answer_sheet(household)
    [member] = household["members"]
    sheet["answers"]["members"][member["id"]] |= HEALTH | SCHOOL | PROGRAMMES
    sheet["answers"]["participation"]["has_kks"] = True
    sheet["answers"]["rosters"] = {"dependants_outside": [CHILD_OUTSIDE], **KB}
    return await registry.survey(household, **sheet)


def read_by(role: Role, whole: dict[str, Any]) -> dict[str, Any] | None:
    """What is left of the answers for that role."""
    if role in FULL:
        return whole
    if role not in WITHOUT_HEALTH:
        return None
    hidden = HEALTH.keys() | SCHOOL.keys()
    members = {
        each: {key: said for key, said in answers.items() if key not in hidden}
        for each, answers in whole["members"].items()
    }
    outside = {k: v for k, v in CHILD_OUTSIDE.items() if k not in OF_SCHOOL_OUTSIDE}
    rosters = {"dependants_outside": [outside | {"nik": MASKED}]}
    return whole | {"members": members, "rosters": rosters}


class TestARoleReads:
    @pytest.mark.parametrize("role", sorted(Role))
    async def test_of_a_survey_what_is_its(
        self, registry: Registry, telling: dict[str, Any], role: Role
    ):
        reader = await registry.caller(role)

        response = await reader.gets(f"/v1/surveys/{telling['id']}")

        if role in NOBODY:
            assert refused(response) == (403, "reads-nobody")
            return
        if role in NONE:
            assert refused(response) == (403, "reads-no-surveys")
            return
        assert response.json()["answers"] == read_by(role, telling["answers"])
        kept = {"surveyed_on", "enumerator_name", "outcome", "member_count", "family_count"}
        assert {k: response.json()[k] for k in kept} == {k: telling[k] for k in kept}

    @pytest.mark.parametrize("role", sorted(set(Role) - NOBODY))
    async def test_the_same_beside_the_household(
        self, registry: Registry, household: dict[str, Any], telling: dict[str, Any], role: Role
    ):
        reader = await registry.caller(role)

        read = (await reader.gets(f"/v1/households/{household['id']}")).json()

        if role in NONE:
            assert (read["survey"], read["survey_draft_id"]) == (None, None)
        else:
            assert read["survey"]["answers"] == read_by(role, telling["answers"])

    @pytest.mark.parametrize("role", sorted(set(Role) - NOBODY - {R.AUDITOR}))
    async def test_the_same_in_the_frozen_copy(
        self, registry: Registry, household: dict[str, Any], telling: dict[str, Any], role: Role
    ):
        """A doubt about an answer tells of it too: here, of a pregnancy at 56."""
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        [member] = household["members"]
        await operator.patches(f"/v1/members/{member['id']}", {"nik": nik_of(registry)})
        made = (
            await operator.posts(
                "/v1/proposals", {"kind": "new_family", "household_id": household["id"]}
            )
        ).json()
        submitted = await operator.takes("submit", made)
        assert submitted.status_code == 201, submitted.text
        whole = (await operator.reads(made))["content"]
        reader = await registry.caller(role)

        content = (await reader.gets(f"/v1/proposals/{made['id']}")).json()["content"]

        survey = content["survey"]
        if role in NONE:
            assert (survey, content["doubts"]) == (None, None)
            return
        assert survey["answers"] == read_by(role, telling["answers"])
        assert survey["enumerator_name"] == "Dewi Lestari"
        assert [doubt["rule"] for doubt in whole["doubts"]] == ["M07"]
        if role in FULL:
            assert content["doubts"] == whole["doubts"]
        elif role in SUMMARY:
            assert content["doubts"] is None
        else:
            assert content["doubts"] == []

    async def test_and_whom_it_has_read_of_is_noted(
        self, registry: Registry, household: dict[str, Any], telling: dict[str, Any]
    ):
        head = await registry.newcomer(R.VILLAGE_HEAD)
        await head.gets(f"/v1/surveys/{telling['id']}")
        await head.gets(f"/v1/households/{household['id']}/surveys")

        statement = "SELECT operation, subjects FROM access_entry WHERE actor_id = $1 ORDER BY id"
        noted = await registry.runs(statement, head.actor.id)

        people = {UUID(household["id"]), UUID(household["members"][0]["id"])}
        assert [row["operation"] for row in noted] == ["read_survey", "list_surveys"]
        assert all(set(row["subjects"]) == people for row in noted)

    @pytest.mark.usefixtures("telling")
    async def test_of_somebody_who_has_left_since_is_noted_too(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        [member] = household["members"]
        remove = {"action": "remove", "grounds": {"note": "Pindah."}}
        await operator.posts(f"/v1/members/{member['id']}/steps", remove, version=1)
        head = await registry.newcomer(R.VILLAGE_HEAD)

        read = (await head.gets(f"/v1/households/{household['id']}")).json()

        assert member["id"] in read["survey"]["answers"]["members"]
        [[subjects]] = await registry.runs(
            "SELECT subjects FROM access_entry WHERE actor_id = $1", head.actor.id
        )
        assert UUID(member["id"]) in subjects


def nik_of(registry: Registry) -> str:
    """Of a woman born on 12 March 1970."""
    return f"{registry.village.code[:6]}5203700{int(registry.village.code[-3:]) % 900 + 100}"


class TestAHousehold:
    async def test_is_visited_again_and_its_history_stays(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        days = ("2026-03-01", "2026-11-01", "2026-05-01")
        first, newest, late = [await registry.survey(household, surveyed_on=day) for day in days]
        discarded = await registry.survey(household, "discarded", surveyed_on="2026-11-20")
        open_ = await registry.survey(household, "drafted", surveyed_on="2026-11-21")

        path, seen = f"/v1/households/{household['id']}/surveys?limit=2", []
        while path:
            response = await operator.gets(path)
            seen += response.json()["items"]
            path = response.headers.get("link", "").removeprefix("<").partition(">")[0]

        order = [open_, discarded, newest, late, first]
        assert [line["id"] for line in seen] == [each["id"] for each in order]
        assert [line["state"] for line in seen][:3] == ["drafted", "discarded", "finished"]
        assert not any("answers" in line for line in seen)
        read = (await operator.gets(f"/v1/households/{household['id']}")).json()
        assert read["survey"]["id"] == newest["id"]  # by the day of the visit, not of the keying

    async def test_of_one_day_is_told_by_who_finished_last(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        await registry.survey(household)
        second = await registry.survey(household)

        read = (await operator.gets(f"/v1/households/{household['id']}")).json()

        assert read["survey"]["id"] == second["id"]

    @pytest.mark.parametrize("after", ["2026-11-01", "x.y", "2026-13-01.{id}", "36.{id}"])
    async def test_has_no_page_after_what_is_no_cursor(
        self, operator: Caller, household: dict[str, Any], after: str
    ):
        path = f"/v1/households/{household['id']}/surveys"

        response = await operator.gets(path, params={"after": after.format(id=household["id"])})

        assert refused(response) == (422, "malformed")

    @pytest.mark.parametrize("role", sorted(NONE | NOBODY))
    async def test_tells_of_no_visits_to_who_reads_no_surveys(
        self, registry: Registry, household: dict[str, Any], role: Role
    ):
        reader = await registry.caller(role)

        response = await reader.gets(f"/v1/households/{household['id']}/surveys")

        assert refused(response)[0] == 403


class TestTheAudit:
    @pytest.fixture
    async def amended(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ) -> dict[str, Any]:
        """Of the dwelling, of health, of a programme; one answer more and one less."""
        draft = await registry.survey(household, "drafted")
        [member] = household["members"]
        body = {
            "answers": {
                "household": {"floor_area": 21, "pig_count": None, "water_customer_number": "88"},
                "participation": {"has_kks": True},
                "members": {member["id"]: {"chronic_illness": 6}},
                "rosters": {"dependants_outside": [CHILD_OUTSIDE]},
            },
            "not_asked": ["/answers/household/horse_count"],
        }
        response = await operator.patches(f"/v1/surveys/{draft['id']}", body)
        assert response.status_code == 200, response.text
        return draft

    async def test_names_each_answer_with_before_and_after(
        self, registry: Registry, amended: dict[str, Any], household: dict[str, Any]
    ):
        [member] = household["members"]
        outside = "/answers/rosters/dependants_outside/0"

        changes = (await registry.audit_of(amended["id"]))[-1]["changes"]

        assert changes == {
            "/answers/household/floor_area": [36, 21],
            "/answers/household/pig_count": [0, None],
            "/answers/household/horse_count": [0, {}],
            "/answers/household/water_customer_number": [{}, "88"],
            "/answers/participation/has_kks": [False, True],
            f"/answers/members/{member['id']}/chronic_illness": ["***", "***"],
            f"{outside}/name": [{}, "Dimas"],
            f"{outside}/nik": [{}, MASKED],
            f"{outside}/school_name": ["***", "***"],
            f"{outside}/student_number": ["***", "***"],
        }

    async def test_keeps_no_illness_in_a_place_from_which_nothing_can_be_deleted(
        self, registry: Registry, amended: dict[str, Any]
    ):
        statement = "SELECT changes FROM audit_entry WHERE subject_id = $1 ORDER BY seq"
        kept = [row["changes"] for row in await registry.runs(statement, UUID(amended["id"]))]

        assert '"***","***"' in kept[-1]
        assert "SMA 1 Cilegon" not in "".join(kept)

    @pytest.mark.parametrize("role", sorted(set(Role) - {R.MINISTRY_ANALYST}))
    async def test_tells_which_answers_to_who_reads_them(
        self, registry: Registry, amended: dict[str, Any], household: dict[str, Any], role: Role
    ):
        reader = await registry.caller(role)
        [member] = household["members"]
        illness = f"/answers/members/{member['id']}/chronic_illness"

        response = await reader.gets("/v1/audit", params={"subject_id": amended["id"]})

        entry = response.json()["items"][-1]
        changed, told = set(entry["changed"]), set(entry["changes"] or {})
        if role in FULL:
            assert {illness, "/answers/household/floor_area"} <= changed == told
        elif role in WITHOUT_HEALTH:
            assert illness not in changed | told
            assert {"/answers", "/answers/participation/has_kks"} <= changed
        else:
            assert (changed, told) == ({"/answers"}, set())

    async def test_of_the_finish_holds_the_fingerprint_and_does_not_tell_it(
        self, registry: Registry, telling: dict[str, Any]
    ):
        last = (await registry.audit_of(telling["id"]))[-1]

        assert (last["action"], last["changed"]) == ("finish", ["/answers", "/finished_at"])
        assert last["changes"]["/answers"] == [None, "frozen"]
