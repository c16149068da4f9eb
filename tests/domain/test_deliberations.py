"""Deliberations: who may do what while one is open, what closing asks, what an outcome may say."""

from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Any

import pytest

from app.domain.actors import Role
from app.domain.deliberation_answers import QUESTIONS, faults_in
from app.domain.deliberations import (
    DELIBERATIONS,
    MOST_NAMES,
    AgendaFull,
    DeliberationAction,
    DeliberationNotComplete,
    DeliberationState,
    Judgement,
    Name,
    closed,
    room_for,
)
from app.domain.errors import Refusal
from app.domain.proposals import Outcome, ProposalState
from app.domain.workflow import Ground
from tests.domain.test_proposal_workflow import a

OPERATORS = {"village_operator", "regency_operator"}
# By hand: (state, action) -> where it leads, for those who hold deliberations.
LEADS_TO = {
    **{("open", action): "open" for action in ("amend", "enlist", "strike", "judge")},
    ("open", "close"): "closed",
    ("open", "cancel"): "cancelled",
    ("closed", "attach_scan"): "closed",
}
TODAY = date(2026, 11, 18)
WAITING = ProposalState.AWAITING_DELIBERATION


@pytest.mark.parametrize(
    ("role", "state", "action"), list(product(Role, DeliberationState, DeliberationAction))
)
def test_an_open_one_is_worked_on_by_the_operators_and_a_closed_one_only_scanned(
    role: Role, state: DeliberationState, action: DeliberationAction
):
    expected = LEADS_TO.get((state, action)) if role in OPERATORS else None
    grounds = {Ground.NOTE: "Banjir."} if action == "cancel" else {}

    try:
        target = DELIBERATIONS.step(state, action, by=a(role), grounds=grounds).target
    except Refusal:
        target = None

    assert target == expected


def people(present: int, absent: int = 0) -> list[dict[str, Any]]:
    return [{"name": "A", "present": True}] * present + [{"name": "B", "present": False}] * absent


@dataclass
class Meeting:
    held_on: date = TODAY
    place: str | None = "Balai Desa"
    chair: str | None = "Suparman"
    minutes_number: str | None = "1"
    attendance: list[dict[str, Any]] = field(default_factory=lambda: people(9, 4))


UNSAID = {"/place", "/chair", "/minutes_number"}
ELIGIBLE = Name(1, Outcome.ELIGIBLE, WAITING)


def wanting(meeting: Meeting, agenda: list[Name]) -> set[str]:
    try:
        closed(meeting, agenda, quorum=9, on=TODAY)
    except DeliberationNotComplete as refusal:
        return {fault.pointer for fault in refusal.faults}
    return set()


@pytest.mark.parametrize(
    ("meeting", "agenda", "pointers"),
    [
        (Meeting(), [ELIGIBLE], set()),
        (Meeting(place=None, chair="", minutes_number=None), [ELIGIBLE], UNSAID),
        (Meeting(held_on=date(2026, 11, 19)), [ELIGIBLE], {"/held_on"}),
        (Meeting(attendance=people(8, 9)), [ELIGIBLE], {"/attendance"}),
        (Meeting(), [], {"/agenda"}),
        (Meeting(), [ELIGIBLE, Name(2, None, WAITING)], {"/agenda/1/outcome"}),
        (Meeting(), [Name(1, Outcome.ELIGIBLE, ProposalState.WITHDRAWN)], {"/agenda/0"}),
    ],
)  # fmt: skip
def test_closing_names_everything_that_is_wanting(
    meeting: Meeting, agenda: list[Name], pointers: set[str]
):
    assert wanting(meeting, agenda) == pointers


def test_an_agenda_has_a_thousand_names_at_most():
    room_for(1, there=MOST_NAMES - 1)
    with pytest.raises(AgendaFull):
        room_for(2, there=MOST_NAMES - 1)


@pytest.mark.parametrize(
    ("judgement", "pointers"),
    [
        (Judgement(Outcome.NOT_ELIGIBLE, "no_longer_poor"), []),
        (Judgement(Outcome.NOT_ELIGIBLE, "other"), ["/note"]),
        (Judgement(Outcome.NOT_ELIGIBLE, "other", "Sudah pindah."), []),
        (Judgement(Outcome.NOT_ELIGIBLE), ["/reason"]),
        (Judgement(Outcome.POSTPONED, "no_longer_poor"), ["/reason"]),
        (Judgement(None), []),
    ],
)
def test_only_what_is_not_eligible_has_a_reason_and_always(
    judgement: Judgement, pointers: list[str]
):
    assert [fault.pointer for fault in judgement.faults()] == pointers


@pytest.mark.parametrize(
    ("answers", "pointers"),
    [
        ({"household_status": 2, "not_found_reason": 4}, []),
        ({"household_status": 1, "not_found_reason": 4}, ["/answers/not_found_reason"]),
        ({"household_status": 4, "well_off": False}, []),
        ({"household_status": 3, "well_off": False}, ["/answers/well_off"]),
        ({"has_working_member": True, "working_member_status": 8}, []),
        ({"working_member_status": 8}, ["/answers/working_member_status"]),
        ({"household_status": [1]}, ["/answers/household_status"]),
        ({"household_status": None, "has_disabled_member": None}, []),
        ({"warna": 1}, ["/answers"]),
    ],
)  # fmt: skip
def test_the_form_asks_only_what_follows_from_the_answers_before(
    answers: dict[str, object], pointers: list[str]
):
    assert [fault.pointer for fault in faults_in(answers)] == pointers


def test_the_form_has_the_six_questions_of_the_deliberation():
    assert list(QUESTIONS) == [
        *("household_status", "not_found_reason", "well_off"),
        *("has_working_member", "working_member_status", "has_disabled_member"),
    ]
