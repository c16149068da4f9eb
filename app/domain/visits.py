"""Visits (kunjungan pencacahan): who is to survey which household, and whether it was done well.

An enumerator is assigned, submits his finished survey, and whoever looks it over accepts it or
sends it back; a visit that is no longer wanted is revoked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from app.domain.actors import Actor, Role
from app.domain.errors import Conflict, Fault, Incomplete, NotFound, Refusal, Said
from app.domain.facts import Fact
from app.domain.households import RecordState
from app.domain.surveys import SurveyState
from app.domain.workflow import Ground, Transition, Workflow


class VisitState(StrEnum):
    ASSIGNED = "assigned"
    SUBMITTED = "submitted"
    SENT_BACK = "sent_back"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


class VisitAction(StrEnum):
    ASSIGN = "assign"
    SUBMIT = "submit"
    ACCEPT = "accept"
    SEND_BACK = "send_back"
    REVOKE = "revoke"


S, A, R = VisitState, VisitAction, Role
ASSIGNERS = frozenset({R.VILLAGE_OPERATOR, R.REGENCY_OPERATOR})
REVIEWERS = ASSIGNERS | {R.DISTRICT_OFFICER, R.REGENCY_VERIFIER}  # there is no field supervisor
ENUMERATORS = frozenset({R.ENUMERATOR})
NOTE, MARKS = frozenset({Ground.NOTE}), frozenset({Ground.MARKS})
OWN = Fact.OWN_WORK

# fmt: off
VISITS = Workflow("visit", initial=S.ASSIGNED, begun=(A.ASSIGN, ASSIGNERS), transitions=[
    Transition(A.SUBMIT,    S.ASSIGNED,  S.SUBMITTED, ENUMERATORS),
    Transition(A.SUBMIT,    S.SENT_BACK, S.SUBMITTED, ENUMERATORS),
    Transition(A.ACCEPT,    S.SUBMITTED, S.ACCEPTED,  REVIEWERS, unless=OWN),
    Transition(A.SEND_BACK, S.SUBMITTED, S.SENT_BACK, REVIEWERS, NOTE, MARKS, unless=OWN),
    Transition(A.REVOKE,    S.ASSIGNED,  S.REVOKED,   ASSIGNERS, NOTE),
    Transition(A.REVOKE,    S.SENT_BACK, S.REVOKED,   ASSIGNERS, NOTE),
])
# fmt: on
OPEN = frozenset({S.ASSIGNED, S.SUBMITTED, S.SENT_BACK})
# Whose visit it is, and what follows for whoever asks.
SITUATIONS: dict[str, frozenset[Fact]] = {
    "own": frozenset({OWN}),
    "others": frozenset(),
}


class EnumeratorNotFound(NotFound):
    """No enumerator by this id works in your region."""

    title = Said(
        id="Pencacah tidak ditemukan di wilayah Anda", en="No such enumerator in your region"
    )
    detail = Said(
        id="Akun itu tidak memegang tugas pencacah di wilayah Anda. Daftarnya ada di "
        "/v1/enumerators.",
        en="That account is no enumerator anywhere in your region. See /v1/enumerators.",
    )


class VisitNotFound(NotFound):
    """No such visit lies within your region."""

    title = Said(
        id="Kunjungan tidak ditemukan di wilayah Anda", en="No such visit lies within your region"
    )


class VisitOpen(Conflict):
    """Somebody is to visit this household already."""

    title = Said(
        id="Rumah tangga ini sudah dijadwalkan", en="This household is to be visited already"
    )
    detail = Said(
        id="Tunggu kunjungan yang ada selesai, atau cabut dahulu.",
        en="Wait until the visit there is has ended, or revoke it first.",
    )


class NotHisVillage(Conflict):
    """The enumerator has no assignment in the village of this household."""

    title = Said(id="Pencacah tidak bertugas di desa ini", en="Not the enumerator's village")
    detail = Said(
        id="Pilih pencacah yang bertugas di desa rumah tangga ini.",
        en="Choose an enumerator of the village of this household.",
    )


class SurveyNotFit(Incomplete):
    """This survey cannot be the fruit of the visit."""

    title = Said(id="Survei ini belum dapat diajukan", en="This survey cannot be submitted")
    detail = Said(
        id="Ajukan survei rumah tangga ini yang sudah selesai, dan bukan yang dikembalikan.",
        en="Submit a finished survey of this household, and not the one that was sent back.",
    )


OF_ANOTHER = Said(
    id="Survei ini milik rumah tangga lain.", en="This survey is another household's."
)
NOT_FINISHED = Said(
    id="Selesaikan dahulu surveinya, lalu ajukan.", en="Finish the survey first, then submit it."
)
SENT_BACK = Said(
    id="Survei ini dikembalikan. Mulai lembar baru dengan copy_of, perbaiki, lalu ajukan.",
    en="This one was sent back. Begin a new sheet with copy_of, correct it, then submit that.",
)


class Visit(Protocol):
    household_id: UUID
    enumerator_id: UUID
    survey_id: UUID | None


class Survey(Protocol):
    id: UUID
    household_id: UUID
    state: SurveyState


def facts(visit: Visit, *, by: Actor) -> frozenset[Fact]:
    return SITUATIONS["own" if visit.enumerator_id == by.id else "others"]


def whose(actor: Actor, *, mine: bool) -> UUID | None:
    """Whose visits somebody reads: an enumerator reads of his own and of no others."""
    return actor.id if mine or actor.role in ENUMERATORS else None


def submitted(visit: Visit, survey: Survey) -> None:
    """Refuse a survey that cannot be what came of the visit."""
    wrong = [*_misfit(visit, survey)]
    if wrong:
        raise SurveyNotFit(wrong)


def _misfit(visit: Visit, survey: Survey) -> Iterator[Fault]:
    if survey.household_id != visit.household_id:
        yield Fault("/survey_id", "of_another", OF_ANOTHER)
    elif survey.state is not SurveyState.FINISHED:
        yield Fault("/survey_id", "not_finished", NOT_FINISHED)
    elif survey.id == visit.survey_id:
        yield Fault("/survey_id", "sent_back", SENT_BACK)


@dataclass(frozen=True)
class Candidate:
    """A household that somebody wants visited."""

    id: UUID
    scope_code: int
    state: RecordState
    has_visit: bool


def assignable(
    household: Candidate | None, villages: frozenset[int], *, unless: Mapping[str, type[Refusal]]
) -> type[Refusal] | None:
    """Why nobody can be sent there, or None. `unless`: refusals that others know of."""
    if household is None:
        return unless["missing"]
    if household.state is RecordState.INACTIVE:
        return unless["inactive"]
    if household.has_visit:
        return VisitOpen
    return None if household.scope_code in villages else NotHisVillage
