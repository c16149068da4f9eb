"""What must stand in a proposal of a new family before it leaves the village's desk."""

from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from app.domain.new_families import OF_A_PERSON, NotYetComplete, examined
from app.domain.niks import CARD_SAID, SAID, CardCode, NikCode, NikVerdict
from app.domain.questionnaire.codebooks import NEWEST
from tests.questionnaire import FAMILY, THE_DAY, Answers, Family, Household, Member, a_sheet


@dataclass(frozen=True)
class Survey:
    answers: Answers = field(default_factory=dict)
    codebook: str = NEWEST.version
    surveyed_on: date = THE_DAY
    outcome: int | None = 1


def survey_of(*members: Member, families: int = 1, **household: object) -> Survey:
    answers = a_sheet(map(asdict, members), families=families)
    answers["household"] |= household
    return Survey(answers)


HEAD = Member()


def child(**changes: object) -> Member:
    it = Member(
        nik="3672015905100002",
        number=2,
        birth_date=date(2010, 5, 19),
        marital_status=1,
        relation_to_household_head=3,
        relation_to_family_head=3,
    )
    return replace(it, **changes)  # type: ignore[arg-type]


def faults(
    *members: Member,
    household: Household = Household(),  # noqa: B008 - it is frozen
    families: Any = (Family(),),  # noqa: ANN401, B008
    survey: Survey | None = Survey(),
) -> set[tuple[str, str]]:
    """What stands in the way, beside a survey with nothing wanting unless said otherwise."""
    if survey is not None and not survey.answers:
        survey = survey_of(*members, families=len({m.family_id for m in members} - {None}))
    with pytest.raises(NotYetComplete) as refused:
        examined(household, families, members, survey).complete()
    return {(fault.pointer, fault.code) for fault in refused.value.faults}


def test_a_family_with_nothing_wanting_is_complete():
    members = [HEAD, child()]
    examined(Household(), [Family()], members, survey_of(*members)).complete()


@pytest.mark.parametrize("name", OF_A_PERSON)
def test_a_person_who_is_proposed_has_every_attribute_of_m30(name: str):
    wanting = child(**{name: "" if name == "name" else None})
    assert (f"/members/{wanting.id}/{name}", "M30") in faults(HEAD, wanting)


def test_the_address_the_card_number_and_the_family_itself_are_part_of_it():
    assert faults(HEAD, household=Household(None)) == {("/address", "M30")}
    bare = Family(card_number=None)
    assert faults(HEAD, families=[bare]) == {(f"/families/{FAMILY}/card_number", "M30")}
    assert ("/families", "M30") in faults(replace(HEAD, family_id=None), families=[])


def test_all_that_is_wanting_is_told_at_once():
    wanting = child(birth_place=None, mother_name=None)
    found = faults(HEAD, wanting, household=Household(None))

    assert found == {
        ("/address", "M30"),
        (f"/members/{wanting.id}/birth_place", "M30"),
        (f"/members/{wanting.id}/mother_name", "M30"),
    }


@pytest.mark.parametrize("second", [1, None])
def test_a_household_has_exactly_one_head(second: int | None):
    members = [child(), child(nik="3672015905110003")]
    if second:
        members = [HEAD, child(relation_to_household_head=1)]
    assert ("/members", "M01") in faults(*members)


def test_a_family_has_exactly_one_head_and_somebody_in_it():
    place = f"/families/{FAMILY}"
    assert (place, "M02") in faults(replace(HEAD, relation_to_family_head=2))
    assert (place, "M02") in faults(HEAD, child(relation_to_family_head=1))
    empty = Family(id=uuid4())
    assert faults(HEAD, families=[Family(), empty]) == {(f"/families/{empty.id}", "M30")}


def test_whose_family_has_left_the_household_needs_another():
    lost = child(family_id=uuid4())
    assert faults(HEAD, lost) == {(f"/members/{lost.id}/family_id", "M30")}


def test_a_nik_that_cannot_be_right_stands_in_the_way_and_a_doubtful_one_does_not():
    wrong = child(nik_verdict=NikVerdict.INVALID, nik_codes=["serial"])
    assert faults(HEAD, wrong) == {(f"/members/{wrong.id}/nik", "M18")}
    members = [HEAD, child(nik_verdict=NikVerdict.VALID_WITH_WARNING)]
    examined(Household(), [Family()], members, survey_of(*members)).complete()


def test_what_is_wrong_with_a_number_is_told_by_the_rule_it_breaks():
    wrong = child(nik_verdict=NikVerdict.INVALID, nik_codes=["date"])
    with pytest.raises(NotYetComplete) as refused:
        examined(
            Household(), [Family(card_number="12345")], [HEAD, wrong], survey_of(HEAD, wrong)
        ).complete()

    said = {fault.code: fault.said for fault in refused.value.faults}
    assert said == {"M18": SAID[NikCode.DATE], "M27": CARD_SAID[CardCode.FORMAT]}


def test_a_nik_occurs_once_in_a_household():
    twin = child(nik=HEAD.nik)
    assert faults(HEAD, twin) == {
        (f"/members/{HEAD.id}/nik", "M20"),
        (f"/members/{twin.id}/nik", "M20"),
    }


def test_a_name_has_no_digits_and_a_card_number_has_sixteen():
    named = child(name="Siti 2")
    assert faults(HEAD, named) == {(f"/members/{named.id}/name", "M24")}
    short = Family(card_number="367201010120007")
    assert faults(HEAD, families=[short]) == {(f"/families/{FAMILY}/card_number", "M27")}


class TestTheSurvey:
    def test_stands_in_the_way_while_nobody_was_asked_or_nobody_answered(self):
        refused = replace(survey_of(HEAD), outcome=5)
        assert faults(HEAD, survey=None) == {("/survey", "survey_missing")}
        assert faults(HEAD, survey=refused) == {("/survey", "survey_missing")}

    def test_and_everything_else_are_told_in_one_list(self):
        wanting = child(mother_name=None)
        assert faults(HEAD, wanting, survey=None) == {
            ("/survey", "survey_missing"),
            (f"/members/{wanting.id}/mother_name", "M30"),
        }

    def test_is_answered_in_all_its_44_variables(self):
        survey = survey_of(HEAD, floor_area=None, cattle_count=None, wall_condition=None)
        assert faults(HEAD, survey=survey) == {
            ("/survey/answers/household/floor_area", "unanswered"),
            ("/survey/answers/household/cattle_count", "unanswered"),
            ("/survey/answers/household/wall_condition", "H02"),
        }

    def test_may_do_without_customer_numbers(self):
        asked = {"drinking_water_source": 3, "cooking_fuel": 4, "lighting_source": 1}
        numbers = ("water_customer_number", "gas_customer_number", "electricity_customer_number")
        survey = survey_of(HEAD, **asked, **dict.fromkeys(numbers))
        examined(Household(), [Family()], [HEAD], survey).complete()

    def test_is_held_to_the_rules_of_the_form(self):
        survey = survey_of(HEAD, wall_material=7)
        assert faults(HEAD, survey=survey) == {("/survey/answers/household/wall_condition", "H02")}

    def test_leaves_out_nobody_who_is_proposed(self):
        newborn = child()
        survey = survey_of(HEAD)
        assert faults(HEAD, newborn, survey=survey) == {
            ("/survey/answers/counts/member_count", "H13"),
            (f"/survey/answers/members/{newborn.id}/presence", "H13"),
        }

    def test_keeps_those_who_are_gone_from_being_proposed(self):
        gone = child()
        survey = survey_of(HEAD, gone)
        survey.answers["counts"]["member_count"] = 1
        survey.answers["members"][str(gone.id)] = {"presence": 2}
        place = f"/survey/answers/members/{gone.id}/presence"
        assert faults(HEAD, gone, survey=survey) == {(place, "M29")}

    def test_raises_doubts_that_stand_in_nobodys_way(self):
        survey = survey_of(HEAD)
        survey.answers["members"][str(HEAD.id)] |= {
            "worked_last_week": True,
            "weekly_work_hours": 40,
            "work_sector": 19,
            "work_status": 5,
        }
        examined(Household(), [Family()], [HEAD], survey).complete()

        found = examined(Household(), [Family()], [HEAD], survey).doubts
        assert [(fault.pointer, fault.code) for fault in found] == [
            (f"/survey/answers/members/{HEAD.id}/work_status", "M15")
        ]
