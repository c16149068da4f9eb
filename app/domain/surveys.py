"""Surveys (verifikasi dan validasi): dated answer sheets of one household.

A sheet is drafted until it is finished, or discarded. What is finished stays as it was answered: a
new visit is a new sheet, and the newest finished one is current.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from enum import IntEnum, StrEnum
from typing import Any, Protocol
from uuid import UUID

from app.domain.actors import Actor
from app.domain.errors import Conflict, Fault, Incomplete, Said
from app.domain.facts import Fact, OnItsWay
from app.domain.households import EDITORS, NOTE, RecordState
from app.domain.questionnaire.questions import Severity
from app.domain.questionnaire.sheets import Finding
from app.domain.workflow import Ground, Step, Transition, Workflow


class SurveyState(StrEnum):
    DRAFTED = "drafted"
    FINISHED = "finished"
    DISCARDED = "discarded"


class SurveyAction(StrEnum):
    BEGIN = "begin"
    AMEND = "amend"
    FINISH = "finish"
    DISCARD = "discard"


class VisitOutcome(IntEnum):
    """What became of the visit, by its code on the form (hasil verivali)."""

    COMPLETED = 1
    NOT_FOUND = 2
    MOVED = 3
    PART_OF_ANOTHER = 4
    REFUSED = 5
    DUPLICATE = 6


# Files of BDT2015 tell no day. BPS visited their households from 16 June to 15 July 2015.
BDT2015_ON = date(2015, 7, 15)
NAMES_ANOTHER = frozenset({VisitOutcome.PART_OF_ANOTHER, VisitOutcome.DUPLICATE})

S, A, LOCKED = SurveyState, SurveyAction, Fact.ON_ITS_WAY

# fmt: off
SURVEYS = Workflow("survey", initial=S.DRAFTED, begun=(A.BEGIN, EDITORS), transitions=[
    Transition(A.AMEND,   S.DRAFTED, S.DRAFTED,   EDITORS, unless=LOCKED),
    Transition(A.FINISH,  S.DRAFTED, S.FINISHED,  EDITORS, unless=LOCKED),
    Transition(A.DISCARD, S.DRAFTED, S.DISCARDED, EDITORS, NOTE, unless=LOCKED),
])
# fmt: on


class HouseholdInactive(Conflict):
    """Nobody is visited in a household that is inactive."""

    title = Said(id="Rumah tangga ini tidak aktif", en="This household is inactive")
    detail = Said(
        id="Pulihkan dahulu rumah tangganya, lalu catat kunjungannya.",
        en="Restore the household first, then record the visit.",
    )


class AnswersNotAccepted(Incomplete):
    """An answer is not of the kind its question asks for."""

    title = Said(id="Ada jawaban yang tidak sesuai isian", en="An answer does not fit its question")
    detail = Said(
        id="Perbaiki jawaban yang disebut dalam errors, lalu simpan lagi. Jawaban yang tersimpan "
        "sebelumnya tidak berubah.",
        en="Correct the answers named in errors, then save again. What was saved before is as it "
        "was.",
    )


class SurveyNotComplete(Incomplete):
    """The sheet cannot be finished yet."""

    title = Said(id="Lembar survei belum lengkap", en="The survey is not yet complete")
    detail = Said(
        id="Lengkapi semua bagian yang disebut dalam errors, lalu selesaikan. Draf tersimpan.",
        en="Complete every part named in errors, then finish it. The draft is kept.",
    )


class DoubtsNotExplained(Incomplete):
    """What is unusual in the sheet has to be confirmed in words."""

    title = Said(
        id="Ada isian yang tidak lazim dan belum dijelaskan",
        en="Something unusual has not been explained",
    )
    detail = Said(
        id="Periksa isian yang disebut dalam errors. Bila memang benar, jelaskan dalam "
        "grounds.note, lalu selesaikan lagi.",
        en="Look at the answers named in errors again. If they are right, say why in "
        "grounds.note and finish once more.",
    )


NOT_A_MEMBER = Said(
    id="Tidak ada anggota rumah tangga ini dengan id tersebut.",
    en="This household has no member by this id.",
)
NEEDED = Said(
    id="Wajib diisi sebelum survei diselesaikan.", en="This is required before it is finished."
)
ANOTHER_NEEDED = Said(
    id="Sebutkan rumah tangga yang dimaksud: ini ganda dengan atau bagian dari yang mana.",
    en="Name the other household: the one it doubles or belongs to.",
)
NO_OTHER_MEANT = Said(
    id="Hanya diisi bila hasil kunjungan 4 atau 6; kosongkan.",
    en="Given only with the outcomes 4 and 6; leave it empty.",
)


DAY_NEEDED = Said(
    id="Isi tanggal kunjungan Anda (surveyed_on). Jawaban lembar ini berasal dari pendataan 2015; "
    "tanyakan lagi semuanya.",
    en="Give the day of your visit (surveyed_on). The answers of this sheet are those of 2015; ask "
    "everything anew.",
)
OF_ANOTHER = Said(
    id="Survei itu milik rumah tangga lain.", en="That survey is another household's."
)
OTHER_CODEBOOK = Said(
    id="Survei itu memakai kuesioner lain; mulai tanpa copy_of.",
    en="That survey answers another questionnaire; begin without copy_of.",
)


class Visit(Protocol):
    surveyed_on: date
    enumerator_name: str | None
    outcome: int | None
    duplicate_of: str | None


def visitable(household: RecordState) -> None:
    """Whoever is registered is visited again; whoever is out is not."""
    if household is RecordState.INACTIVE:
        raise HouseholdInactive


def begun(
    household: RecordState, *, by: Actor, facts: Collection[Fact]
) -> Step[SurveyState, SurveyAction]:
    """The step that begins a sheet: what bars the others bars it."""
    step = SURVEYS.begin(by=by)
    visitable(household)
    if LOCKED in facts:
        raise OnItsWay
    return step


def finished(visit: Visit, found: Iterable[Finding], *, grounds: Mapping[Ground, object]) -> None:
    """Refuse with everything that is wanting, or say nothing. Who met nobody answers nothing.

    What is wrong in the records of the people is in the way of a proposal, not of a visit: a NIK
    may take the civil registry weeks.
    """
    found = list(found) if visit.outcome == VisitOutcome.COMPLETED else []
    wrong = [f.fault for f in found if f.severity is Severity.ERROR and f.in_answers]
    wanting = [*_wanting(visit), *wrong]
    if wanting:
        raise SurveyNotComplete(wanting)
    doubts = [f.fault for f in found if f.severity is Severity.WARNING]
    if doubts and not grounds.get(Ground.NOTE):
        raise DoubtsNotExplained(doubts)


def _wanting(visit: Visit) -> Iterator[Fault]:
    if visit.surveyed_on == BDT2015_ON:
        yield Fault("/surveyed_on", "missing", DAY_NEEDED)
    if visit.outcome is None:
        yield Fault("/outcome", "missing", NEEDED)
    if not visit.enumerator_name:
        yield Fault("/enumerator_name", "missing", NEEDED)
    if visit.outcome in NAMES_ANOTHER and not visit.duplicate_of:
        yield Fault("/duplicate_of", "missing", ANOTHER_NEEDED)
    if visit.duplicate_of and visit.outcome is not None and visit.outcome not in NAMES_ANOTHER:
        yield Fault("/duplicate_of", "not_asked", NO_OTHER_MEANT)


class Copied(Protocol):
    household_id: UUID
    codebook: str


def copied(survey: Copied, household_id: UUID, *, codebook: str) -> None:
    """A sheet begins with the answers of this household, to the same questions."""
    if survey.household_id != household_id:
        raise AnswersNotAccepted([Fault("/copy_of", "of_another", OF_ANOTHER)])
    if survey.codebook != codebook:
        raise AnswersNotAccepted([Fault("/copy_of", "other_codebook", OTHER_CODEBOOK)])


def still_there(answers: Mapping[str, Any], members: Collection[str]) -> dict[str, Any]:
    """The answers without those for people who have left since."""
    kept = dict(answers)
    if "members" in kept:
        kept["members"] = {each: said for each, said in kept["members"].items() if each in members}
    return kept


def strangers(spoken_of: Iterable[str], members: Collection[str]) -> list[Fault]:
    """Answers for nobody in the household."""
    return [
        Fault(f"/answers/members/{each}", "not_a_member", NOT_A_MEMBER)
        for each in spoken_of
        if each not in members
    ]
