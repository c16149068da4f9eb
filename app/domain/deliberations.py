"""Deliberations (musyawarah desa/kelurahan): one meeting, its agenda, an outcome for every name.

While one is open, names come onto its agenda and go off it, and outcomes are noted. Closing leads
every proposal where its outcome says, once nothing is wanting; what is closed stays as it was.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import chain, islice
from typing import Any, Protocol
from uuid import UUID

from app.domain.deliberation_answers import Answers, faults_in
from app.domain.errors import Conflict, Fault, Incomplete, Said
from app.domain.proposals import PROPOSERS, Outcome, ProposalState
from app.domain.reasons import ReasonNotAccepted, accept
from app.domain.workflow import Ground, Transition, Workflow


class DeliberationKind(StrEnum):
    MUSDES = "musdes"  # musyawarah desa
    MUSKEL = "muskel"  # musyawarah kelurahan
    MUSDESUS = "musdesus"  # musyawarah desa khusus


class DeliberationState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class DeliberationAction(StrEnum):
    CONVENE = "convene"
    AMEND = "amend"
    ENLIST = "enlist"  # names come onto the agenda
    STRIKE = "strike"  # a name goes off it
    JUDGE = "judge"  # what the meeting says of names
    CLOSE = "close"
    CANCEL = "cancel"
    ATTACH_SCAN = "attach_scan"  # of the signed minutes


S, A = DeliberationState, DeliberationAction
WHILE_OPEN = (A.AMEND, A.ENLIST, A.STRIKE, A.JUDGE)
NOTE = frozenset({Ground.NOTE})

# fmt: off
DELIBERATIONS = Workflow(
    "deliberation",
    initial=S.OPEN,
    begun=(A.CONVENE, PROPOSERS),
    beside={*WHILE_OPEN, A.ATTACH_SCAN},
    transitions=[
        *(Transition(action, S.OPEN, S.OPEN, PROPOSERS) for action in WHILE_OPEN),
        Transition(A.CLOSE,       S.OPEN,   S.CLOSED,    PROPOSERS),
        Transition(A.CANCEL,      S.OPEN,   S.CANCELLED, PROPOSERS, NOTE),
        Transition(A.ATTACH_SCAN, S.CLOSED, S.CLOSED,    PROPOSERS),
    ],
)
# fmt: on

MOST_NAMES = 1_000
TOLD = 100  # faults


class DeliberationNotComplete(Incomplete):
    """The deliberation cannot be closed yet."""

    title = Said(id="Musyawarah belum dapat ditutup", en="The deliberation cannot be closed yet")
    detail = Said(
        id="Lengkapi semua bagian yang disebut dalam errors, lalu tutup lagi. Semua isian "
        "tersimpan.",
        en="Complete every part named in errors, then close it again. Everything is kept.",
    )


class OutcomeNotAccepted(Incomplete):
    """What is said of a name does not fit together."""

    title = Said(id="Hasil musyawarah tidak sesuai", en="An outcome does not fit together")
    detail = Said(
        id="Perbaiki hasil yang disebut dalam errors, lalu simpan lagi. Tidak ada yang tersimpan "
        "dari kiriman ini.",
        en="Correct the outcomes named in errors, then save again. Nothing of this was saved.",
    )


class NotOnTheAgenda(Incomplete):
    """A name stands on no agenda of this deliberation."""

    title = Said(id="Nama tidak ada dalam agenda", en="A name is not on the agenda")
    detail = Said(
        id="Masukkan dahulu usulan yang disebut dalam errors ke agenda musyawarah ini.",
        en="Put the proposals named in errors on the agenda of this deliberation first.",
    )


class AgendaFull(Conflict):
    """A deliberation carries a thousand names at most."""

    title = Said(id="Agenda sudah penuh", en="The agenda is full")
    detail = Said(
        id="Satu musyawarah memuat paling banyak {most} nama; sekarang {there}. Buka musyawarah "
        "kedua untuk selebihnya.",
        en="A deliberation carries {most} names at most; there are {there}. Open a second one for "
        "the others.",
    )


NEEDED = Said(
    id="Wajib diisi sebelum musyawarah ditutup.", en="This is required before it is closed."
)
NOT_YET_HELD = Said(
    id="Musyawarah baru dapat ditutup setelah hari pelaksanaannya ({held_on}).",
    en="It can be closed once its day ({held_on}) has come.",
)
TOO_FEW = Said(
    id="Kuorum belum tercapai: hadir {present} orang, kurang {missing} dari {quorum}.",
    en="There is no quorum: {present} present, {missing} missing of {quorum}.",
)
NO_NAMES = Said(
    id="Agenda kosong. Masukkan usulan, atau batalkan musyawarah ini.",
    en="The agenda is empty. Put proposals on it, or cancel this deliberation.",
)
NO_OUTCOME = Said(id="Nomor {number} belum ada hasilnya.", en="Number {number} has no outcome.")
WAITS_NO_LONGER = Said(
    id="Usulan nomor {number} tidak lagi menunggu musyawarah ({state}); keluarkan dari agenda.",
    en="Proposal {number} no longer waits for a deliberation ({state}); take it off the agenda.",
)
REASON_NEEDED = Said(
    id="Sebutkan alasan tidak layak, dari daftar /v1/reasons.",
    en="Say why it is not eligible, by a reason of the list at /v1/reasons.",
)
REASON_NOT_ASKED = Said(
    id="Alasan hanya untuk hasil tidak layak; hapus.",
    en="A reason is only for what is not eligible; leave it out.",
)
NOT_LISTED = Said(id="Usulan ini tidak ada dalam agenda.", en="Not on this agenda.")


@dataclass(frozen=True)
class Judgement:
    """What the deliberation says of one name; without an outcome it takes back what was said."""

    outcome: Outcome | None
    reason: str | None = None
    note: str | None = None
    answers: Answers | None = None

    @property
    def grounds(self) -> dict[Ground, object]:
        said = {Ground.REASON: self.reason, Ground.NOTE: self.note}
        return {ground: given for ground, given in said.items() if given}

    def faults(self) -> Iterator[Fault]:
        if self.outcome is Outcome.NOT_ELIGIBLE and not self.reason:
            yield Fault("/reason", "missing", REASON_NEEDED)
        elif self.outcome is not Outcome.NOT_ELIGIBLE and self.reason:
            yield Fault("/reason", "not_asked", REASON_NOT_ASKED)
        try:
            accept(self.grounds)
        except ReasonNotAccepted as refused:
            for fault in refused.faults:
                yield replace(fault, pointer=fault.pointer.removeprefix("/grounds"))
        yield from faults_in(self.answers or {})


def accept_judgements(given: Sequence[Judgement]) -> None:
    """Refuse them all where one does not fit together."""
    faults = [
        replace(fault, pointer=f"/items/{place}{fault.pointer}")
        for place, each in enumerate(given)
        for fault in each.faults()
    ]
    if faults:
        raise OutcomeNotAccepted(faults[:TOLD])


def listed(asked: Sequence[UUID], on_agenda: Collection[UUID]) -> None:
    faults = [
        Fault(f"/items/{place}/proposal_id", "not_on_the_agenda", NOT_LISTED)
        for place, each in enumerate(asked)
        if each not in on_agenda
    ]
    if faults:
        raise NotOnTheAgenda(faults[:TOLD])


def room_for(more: int, *, there: int) -> None:
    if there + more > MOST_NAMES:
        raise AgendaFull(most=MOST_NAMES, there=there)


class Meeting(Protocol):
    held_on: date
    place: str | None
    chair: str | None
    minutes_number: str | None
    attendance: list[dict[str, Any]]


@dataclass(frozen=True)
class Name:
    """One line of an agenda, and what its proposal waits for now."""

    number: int
    outcome: Outcome | None
    state: ProposalState


def closed(meeting: Meeting, agenda: Iterable[Name], *, quorum: int, on: date) -> None:
    """Refuse with everything that is wanting, or say nothing."""
    wanting = chain(_of_meeting(meeting, on), _of_quorum(meeting, quorum), _of_agenda(agenda))
    faults = list(islice(wanting, TOLD))
    if faults:
        raise DeliberationNotComplete(faults)


def _of_meeting(meeting: Meeting, on: date) -> Iterator[Fault]:
    for name in ("place", "chair", "minutes_number"):
        if not getattr(meeting, name):
            yield Fault(f"/{name}", "missing", NEEDED)
    if meeting.held_on > on:
        yield Fault("/held_on", "day_to_come", NOT_YET_HELD, {"held_on": meeting.held_on})


def _of_quorum(meeting: Meeting, quorum: int) -> Iterator[Fault]:
    present = present_at(meeting)
    if present < quorum:
        words: dict[str, object] = {"present": present, "quorum": quorum}
        words["missing"] = quorum - present
        yield Fault("/attendance", "no_quorum", TOO_FEW, words)


def present_at(meeting: Meeting) -> int:
    return sum(bool(each["present"]) for each in meeting.attendance)


def _of_agenda(agenda: Iterable[Name]) -> Iterator[Fault]:
    names = list(agenda)
    if not names:
        yield Fault("/agenda", "empty", NO_NAMES)
    for place, name in enumerate(names):
        at, words = f"/agenda/{place}", {"number": name.number, "state": name.state}
        if name.state is not ProposalState.AWAITING_DELIBERATION:
            yield Fault(at, "waits_no_longer", WAITS_NO_LONGER, words)
        elif name.outcome is None:
            yield Fault(f"{at}/outcome", "missing", NO_OUTCOME, words)
