"""Programmes as data, and what is asked of a payee, of a month and of a family's components."""

from datetime import date, timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.errors import Refusal
from app.domain.households import RecordState
from app.domain.niks import NikVerdict, completed_years
from app.domain.programmes import (
    Circumstances,
    Unit,
    components,
    doubts,
    is_urgent,
    programmes,
    reactivation_of_pbi,
    warnings,
)
from app.domain.recipients import (
    RECIPIENTS,
    EndedTooLongAgo,
    RecipientAction,
    RecipientState,
    end_of,
    month_of,
    months_later,
    payee_faults,
    period_faults,
    person_faults,
    reactivated_in_time,
)
from app.domain.regions import Region
from tests.domain.test_proposal_workflow import A_REGION

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
TODAY = date(2026, 11, 22)
CARD = uuid4()
PKH = programmes()["PKH"]


def somebody(born: date | None = date(1984, 5, 19), **changes: Any) -> Any:  # noqa: ANN401
    person = {
        "id": uuid4(),
        "family_id": CARD,
        "nik_verdict": NikVerdict.VALID,
        "birth_date": born,
        "state": RecordState.REGISTERED,
    }
    return SimpleNamespace(**{**person, **changes})


def answered(**answers: Any) -> Any:  # noqa: ANN401
    """One person of 40 on a card, and the survey that found this of her."""
    person = somebody(date(1986, 1, 1))
    sheet = {"members": {str(person.id): answers}}
    survey = SimpleNamespace(
        outcome=1, surveyed_on=TODAY, codebook="dtks-2020", answers=sheet if answers else {}
    )
    return person, Circumstances.of([person], survey)


class TestTheData:
    def test_says_of_each_who_holds_a_grant_by_the_handbook(self):
        by_hand = {
            Unit.FAMILY: "PKH SEMBAKO BST BLT BLT_BBM BPNT_PPKM SEMBAKO_ADAPTIF PENA RUTILAHU",
            Unit.PERSON: "NONBANSOS PBI_JK ATENSI PERMAKANAN YAPI",
        }
        for unit, codes in by_hand.items():
            assert {c for c, each in programmes().items() if each.unit is unit} == set(
                codes.split()
            )

    def test_has_words_for_whatever_it_warns_of(self):
        named = {rule for each in programmes().values() for rule in each.warnings}
        assert named <= warnings().keys()
        for said in warnings().values():
            assert said.id != said.en

    def test_gives_a_family_one_place_and_a_person_one_in_each_programme(self):
        claims = {code: each.claim("2026-12-01") for code, each in programmes().items()}

        assert claims["PKH"] == claims["SEMBAKO"] == "programme:family:2026-12-01"
        assert claims["PBI_JK"] == "programme:PBI_JK:2026-12-01"

    def test_lets_an_emergency_go_first_and_nothing_else(self):
        urgent = {
            each.code
            for each in reactivation_of_pbi().grounds
            if is_urgent({"health": {"ground": each.code}})
        }
        assert urgent == {"medical_emergency"}
        assert not is_urgent({})


class TestAComponent:
    BY_THE_BOOK = (
        ({"pregnant": True}, {"pregnant"}),
        ({"pregnant": False}, set()),
        ({"disability": 0}, set()),
        ({"disability": 3}, {"disability"}),
        ({"school_participation": 1, "education_level": 2}, {"primary_school"}),
        ({"school_participation": 1, "education_level": 6}, {"lower_secondary_school"}),
        ({"school_participation": 1, "education_level": 7}, {"upper_secondary_school"}),
        ({"school_participation": 1, "education_level": 10}, set()),
        ({"school_participation": 2, "education_level": 2}, set()),
        ({"pregnant": True, "presence": 3}, set()),  # moved away
    )

    @pytest.mark.parametrize(("answers", "expected"), BY_THE_BOOK)
    def test_is_what_the_survey_says(self, answers: dict[str, Any], expected: set[str]):
        _, around = answered(**answers)
        assert {each["component"] for each in components(PKH, around, on=TODAY)} == expected

    @given(DAYS, st.booleans())
    def test_is_a_child_below_7_out_of_school_or_somebody_of_60(self, born: date, at_school: bool):  # noqa: FBT001
        on = date(2091, 1, 1)
        child = somebody(born)
        sheet = {"members": {str(child.id): {"school_participation": 1 if at_school else 0}}}
        survey = SimpleNamespace(outcome=1, surveyed_on=on, codebook="dtks-2020", answers=sheet)

        found = {e["component"] for e in components(PKH, Circumstances.of([child], survey), on=on)}

        age = completed_years(born, on)
        young = {"young_child"} if age < 7 and not at_school else set()
        assert found == (young | ({"elderly"} if age >= 60 else set()))


class TestAWarning:
    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ({"work_status": 4}, {"component_missing"}),
            ({"work_status": 5}, {"component_missing", "public_employee"}),
            ({"pregnant": True}, set()),
        ],
    )
    def test_stands_beside_the_proposal(self, answers: dict[str, Any], expected: set[str]):
        person, around = answered(**answers)
        told = {str(each["rule"]) for each in doubts(PKH, around, person, on=TODAY)}
        assert told == expected | {"decile_unknown"}

    def test_says_that_nobody_knows_where_nobody_was_asked(self):
        person = somebody(nik_verdict=NikVerdict.VALID_WITH_WARNING)
        told = {e["rule"] for e in doubts(PKH, Circumstances.of([person], None), person, on=TODAY)}
        assert told == {"decile_unknown", "component_unknown", "nik_in_doubt"}


class TestAPayee:
    @given(DAYS)
    def test_is_older_than_17(self, born: date):
        on = date(2091, 1, 1)
        payee = somebody(born)
        found = {f.code for f in person_faults(payee, payee.id, CARD, pointer="/x", on=on)}
        assert found == (set() if completed_years(born, on) > 17 else {"too_young"})

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"family_id": uuid4()}, "not_in_family"),
            ({"state": RecordState.PROPOSED}, "not_registered"),
            ({"state": RecordState.INACTIVE}, "not_registered"),
            ({"nik_verdict": NikVerdict.MISSING}, "nik_not_valid"),
            ({"nik_verdict": NikVerdict.INVALID}, "nik_not_valid"),
            ({"birth_date": None}, "too_young"),
        ],
    )
    def test_is_of_the_card_registered_and_has_a_nik(self, changes: dict[str, Any], code: str):
        payee = somebody(**changes)
        [fault] = payee_faults(PKH, payee, payee.id, CARD, on=TODAY)
        assert (fault.pointer, fault.code) == ("/asks/payee_id", code)

    def test_is_asked_for_where_there_is_one_and_nowhere_else(self):
        pbi = programmes()["PBI_JK"]
        assert [f.code for f in payee_faults(PKH, None, None, CARD, on=TODAY)] == ["missing"]
        assert [f.code for f in payee_faults(pbi, None, uuid4(), None, on=TODAY)] == ["not_asked"]
        assert list(payee_faults(pbi, None, None, None, on=TODAY)) == []


class TestAMonth:
    @given(DAYS, st.integers(-24, 24))
    def test_so_many_later_is_in_the_month_so_many_later(self, day: date, months: int):
        later = months_later(day, months)
        assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
        assert later.day <= day.day
        assert later.day == day.day or month_of(later + timedelta(days=1)) > month_of(later)

    @given(DAYS)
    def test_may_be_proposed_for_from_this_one_to_the_twelfth(self, day: date):
        open_ = [
            months
            for months in range(-3, 16)
            if not list(period_faults(months_later(month_of(day), months), on=day))
        ]
        assert open_ == list(range(13))

    @given(DAYS, DAYS)
    def test_ends_an_aid_never_before_it_began(self, began: date, wanted: date):
        assert end_of(month_of(began), month_of(wanted)) >= month_of(began)

    @given(DAYS, st.integers(0, 400))
    @example(date(2026, 5, 1), 184)  # the first of November: too late
    @example(date(2026, 5, 1), 183)
    def test_counts_six_to_the_day_for_a_reactivation(self, ended_on: date, days: int):
        reported_on = ended_on + timedelta(days=days)
        in_time = reported_on < months_later(ended_on, 6)
        if in_time:
            reactivated_in_time(ended_on, reported_on=reported_on, within_months=6)
        else:
            with pytest.raises(EndedTooLongAgo):
                reactivated_in_time(ended_on, reported_on=reported_on, within_months=6)


# By hand: (state, action) -> the state it leads to, by whoever determines.
MOVED = {
    ("candidate", "change_payee"): "candidate",
    ("candidate", "end"): "ended",
    ("reactivated", "change_payee"): "reactivated",
    ("reactivated", "end"): "ended",
    ("ended", "reactivate"): "reactivated",
    **{(state, "relocate"): state for state in ("candidate", "reactivated", "ended")},
}


@pytest.mark.parametrize("role", sorted(Role))
def test_a_recipient_is_moved_by_what_is_determined_and_by_nobody_by_hand(role: Role):
    region = Region(A_REGION[next(tier for tier in TIERS_OF[role])])
    actor = Actor(UUID(int=1), role, region)
    for state, action in product(RecipientState, RecipientAction):
        expected = MOVED.get((state, action)) if role is Role.MINISTRY_DETERMINER else None
        try:
            step = RECIPIENTS.step(state, action, by=actor)
        except Refusal:
            step = None
        assert (step and str(step.target)) == expected
        assert RECIPIENTS.open_to(role, state) == []
