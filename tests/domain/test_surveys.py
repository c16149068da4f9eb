"""Surveys: who may do what with a sheet, what finishing asks, how answers are laid over others."""

from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.answer_trees import NOT_ASKED, differences, flat, merged
from app.domain.errors import Fault, Refusal, Said
from app.domain.households import SITUATIONS, RecordState
from app.domain.questionnaire.questions import Severity
from app.domain.questionnaire.sheets import Finding
from app.domain.regions import Region, Tier
from app.domain.surveys import (
    BDT2015_ON,
    SURVEYS,
    DoubtsNotExplained,
    SurveyAction,
    SurveyNotComplete,
    SurveyState,
    begun,
    finished,
)
from app.domain.workflow import Ground
from tests.domain.test_proposal_workflow import A_REGION

EDITORS = {"village_operator", "regency_operator", "enumerator"}
NOTE = {Ground.NOTE: "sesuai keadaan"}
# By hand: (state, action) -> the state it leads to, for those who edit, while nothing is locked.
LEADS_TO = {
    ("drafted", "amend"): "drafted",
    ("drafted", "finish"): "finished",
    ("drafted", "discard"): "discarded",
}


def a(role: Role) -> Actor:
    tier = next(tier for tier in Tier if tier in TIERS_OF[role])
    return Actor(uuid4(), role, Region(A_REGION[tier]))


@pytest.mark.parametrize(
    ("role", "situation", "state", "action"),
    list(product(Role, SITUATIONS, SurveyState, SurveyAction)),
)
def test_a_draft_is_filled_in_by_those_who_visit_unless_its_proposal_is_on_its_way(
    role: Role, situation: str, state: SurveyState, action: SurveyAction
):
    free = situation != "on_its_way" and role in EDITORS
    expected = LEADS_TO.get((state, action)) if free else None

    try:
        facts = SITUATIONS[situation]
        target = SURVEYS.step(state, action, by=a(role), grounds=NOTE, facts=facts).target
    except Refusal:
        target = None

    assert target == expected


@pytest.mark.parametrize(
    ("role", "situation", "household"), list(product(Role, SITUATIONS, RecordState))
)
def test_a_sheet_is_begun_where_somebody_lives(role: Role, situation: str, household: RecordState):
    expected = role in EDITORS and situation != "on_its_way" and household != "inactive"

    try:
        begun(household, by=a(role), facts=SITUATIONS[situation])
    except Refusal:
        assert not expected
    else:
        assert expected


@dataclass
class Visit:
    surveyed_on: date = date(2026, 11, 16)
    enumerator_name: str | None = "Dewi"
    outcome: int | None = 1
    duplicate_of: str | None = None


def found(severity: Severity, *, in_answers: bool = True) -> Finding:
    return Finding(severity, Fault("/answers/x", "H02", Said(id="a", en="b")), in_answers)


ERROR, DOUBT = found(Severity.ERROR), found(Severity.WARNING)
IN_RECORDS = found(Severity.ERROR, in_answers=False)


class TestFinishing:
    @pytest.mark.parametrize(
        ("visit", "findings", "pointers"),
        [
            (Visit(), [ERROR, DOUBT], {"/answers/x"}),
            (Visit(outcome=None), [ERROR], {"/outcome"}),
            (Visit(enumerator_name=None), [ERROR], {"/enumerator_name", "/answers/x"}),
            (Visit(outcome=4), [ERROR], {"/duplicate_of"}),
            (Visit(outcome=6), [], {"/duplicate_of"}),
            (Visit(outcome=1, duplicate_of="X"), [], {"/duplicate_of"}),
            (Visit(surveyed_on=BDT2015_ON), [], {"/surveyed_on"}),
        ],
    )
    def test_is_refused_with_everything_that_is_wanting(
        self, visit: Visit, findings: list[Finding], pointers: set[str]
    ):
        with pytest.raises(SurveyNotComplete) as refusal:
            finished(visit, findings, grounds=NOTE)

        assert {fault.pointer for fault in refusal.value.faults} == pointers

    def test_asks_for_words_about_what_is_unusual(self):
        with pytest.raises(DoubtsNotExplained):
            finished(Visit(), [DOUBT], grounds={})

        finished(Visit(), [DOUBT], grounds=NOTE)

    @pytest.mark.parametrize("outcome", [2, 3, 5])
    def test_asks_nothing_where_nobody_was_met(self, outcome: int):
        finished(Visit(outcome=outcome), [ERROR, DOUBT], grounds={})

    def test_leaves_the_records_to_the_proposal(self):
        finished(Visit(), [IN_RECORDS], grounds={})


LEAF = st.none() | st.booleans() | st.integers() | st.text()
KEYS = st.sampled_from(["a", "b", "c", "~/"])
SECTION = st.dictionaries(KEYS, LEAF, min_size=1)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "household": SECTION,
        "members": st.dictionaries(KEYS, SECTION, min_size=1),
        "rosters": st.dictionaries(KEYS, st.lists(SECTION), min_size=1),
    },
)


def escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


class TestAnswersLaidOverOthers:
    @given(ANSWERS, ANSWERS)
    def test_say_what_was_sent_and_keep_what_was_not(self, below: Any, above: Any):  # noqa: ANN401
        after = flat(merged(below, above))

        replaced = tuple(f"/rosters/{escaped(key)}/" for key in above.get("rosters", {}))
        whole = {p.removesuffix("/") for p in replaced}
        assert flat(above).items() <= after.items()
        for pointer, answer in flat(below).items():
            if pointer not in whole and not pointer.startswith(replaced):
                assert after[pointer] == flat(above).get(pointer, answer)

    @given(ANSWERS)
    def test_twice_are_as_once(self, answers: Any):  # noqa: ANN401
        assert merged(answers, answers) == answers
        assert differences(answers, answers) == {}

    @given(ANSWERS, ANSWERS)
    def test_differ_where_one_of_them_says_something_else(self, before: Any, after: Any):  # noqa: ANN401
        told = differences(before, after)

        for pointer in flat(before).keys() | flat(after).keys():
            old, new = (flat(each).get(pointer, NOT_ASKED) for each in (before, after))
            if old == new:
                assert pointer not in told
            else:
                assert told[pointer] == [old, new]

    @given(ANSWERS)
    def test_are_taken_out_one_by_one_until_nothing_is_left(self, answers: Any):  # noqa: ANN401
        pointers = [pointer for pointer in flat(answers) if not pointer.startswith("/rosters")]
        pointers += [f"/rosters/{escaped(key)}" for key in answers.get("rosters", {})]

        assert merged(answers, {}, [f"/answers{pointer}" for pointer in pointers]) == {}

    def test_a_null_is_an_answer(self):
        assert merged({"household": {"a": 1}}, {"household": {"a": None}}) == {
            "household": {"a": None}
        }

    def test_a_roster_without_rows_is_one_too(self):
        assert merged({}, {"rosters": {"business": []}}) == {"rosters": {"business": []}}

    def test_where_nothing_is_said_nothing_is_kept(self):
        assert merged({}, {"household": {}, "members": {"x": {}}}) == {}
