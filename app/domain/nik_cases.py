"""NIK cases (perbaikan NIK): people whose NIK, or family card, cannot be true or is doubtful.

A regency, or a village, opens the cases of its people; the village repairs what the family's papers
show and asks the civil registry for the rest. Whoever makes the number good, by whatever road,
settles the case.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from app.domain.actors import Role
from app.domain.errors import Conflict, Fault, Incomplete, NotFound, Said
from app.domain.facts import Fact
from app.domain.households import DETERMINER, EDITORS
from app.domain.niks import (
    CARD_SAID,
    SAID,
    CardCode,
    KnownRegions,
    NikCode,
    NikVerdict,
    check,
    check_family_card,
)
from app.domain.people import sex_of
from app.domain.regions import Region, Tier
from app.domain.workflow import Ground, Transition, Workflow


class NikCaseState(StrEnum):
    INVALID = "invalid"
    AWAITING_CIVIL_REGISTRY = "awaiting_civil_registry"
    REPAIRED = "repaired"
    REFUSED = "refused"  # it stays as it is; what was left goes from door to door
    DROPPED = "dropped"  # he is no longer in this village's registry


class NikCaseAction(StrEnum):
    OPEN = "open"
    ASK = "ask"
    ANSWER = "answer"
    REFUSE = "refuse"
    REPAIR = "repair"  # a draft is edited, or a correction proposed
    SETTLE = "settle"  # the number is good now
    DROP = "drop"
    REOPEN = "reopen"


S, A, R, G = NikCaseState, NikCaseAction, Role, Ground
OPENERS = frozenset({R.VILLAGE_OPERATOR, R.REGENCY_OPERATOR})
REGENCY = frozenset({R.REGENCY_OPERATOR})
CIVIL_REGISTRY = frozenset({R.CIVIL_REGISTRY_OFFICER})
WHOEVER = OPENERS | EDITORS | DETERMINER  # who changes a record settles what was wrong with it
NOTHING: frozenset[Ground] = frozenset()
NOTE = frozenset({G.NOTE})
LETTER = frozenset({G.LETTER_NUMBER, G.LETTER_DATE})
OWN = frozenset({Fact.OWN_WORK, Fact.OWN_FAMILY})
FAMILY = Fact.OWN_FAMILY
ASKED = S.AWAITING_CIVIL_REGISTRY
OPEN = (S.INVALID, ASKED)
UNSETTLED = (*OPEN, S.REFUSED)

# fmt: off
NIK_CASES = Workflow("nik_case", initial=S.INVALID, begun=(A.OPEN, OPENERS),
    beside={A.REPAIR}, implied={A.SETTLE, A.DROP}, transitions=[
    Transition(A.ASK,    S.INVALID,  ASKED,      OPENERS,        NOTHING, LETTER),
    Transition(A.ANSWER, ASKED,      S.INVALID,  CIVIL_REGISTRY, NOTE, LETTER, unless=OWN),
    Transition(A.REFUSE, ASKED,      S.REFUSED,  CIVIL_REGISTRY, NOTE, LETTER, unless=OWN),
    Transition(A.REFUSE, S.INVALID,  S.REFUSED,  REGENCY,        NOTE, LETTER, unless=FAMILY),
    Transition(A.REOPEN, S.REFUSED,  S.INVALID,  OPENERS,        NOTE),
    Transition(A.REPAIR, S.INVALID,  S.INVALID,  OPENERS),
    Transition(A.REPAIR, ASKED,      ASKED,      OPENERS),
    *(Transition(A.SETTLE, source, S.REPAIRED, WHOEVER) for source in UNSETTLED),
    *(Transition(A.DROP,   source, S.DROPPED,  WHOEVER) for source in UNSETTLED),
])
# fmt: on

FAMILY_CARD = "family_card_"


class NikProblem(StrEnum):
    """What a case is about: the rule of the NIK, or of the family card, that is broken."""

    MISSING = "missing"
    FORMAT = NikCode.FORMAT
    PLACEHOLDER = NikCode.PLACEHOLDER
    DATE = NikCode.DATE
    SERIAL = NikCode.SERIAL
    UNKNOWN_PROVINCE = NikCode.UNKNOWN_PROVINCE
    UNKNOWN_REGENCY = NikCode.UNKNOWN_REGENCY
    UNKNOWN_DISTRICT = NikCode.UNKNOWN_DISTRICT
    MISMATCH_SEX = NikCode.MISMATCH_SEX
    MISMATCH_BIRTH_DATE = NikCode.MISMATCH_BIRTH_DATE
    BIRTH_DATE_FUTURE = NikCode.BIRTH_DATE_FUTURE
    AGE_OVER_120 = NikCode.AGE_OVER_120
    CARD_FORMAT = "family_card_format"
    CARD_PLACEHOLDER = "family_card_placeholder"


# A true NIK may have these: whether it has, only its paper can tell.
DOUBTS = frozenset(
    {
        NikProblem.UNKNOWN_REGENCY,
        NikProblem.UNKNOWN_DISTRICT,
        NikProblem.MISMATCH_SEX,
        NikProblem.MISMATCH_BIRTH_DATE,
        NikProblem.AGE_OVER_120,
    }
)
NO_NIK = Said(
    id="NIK belum ada. Salin dari KTP, KIA, atau KK; bila belum punya, mintalah ke Dinas Dukcapil.",
    en="There is no NIK. Copy it from the KTP, KIA or KK; if there is none yet, ask the civil "
    "registry for one.",
)


def explained(problem: str) -> Said:
    """What is wrong, and what to do about it."""
    if problem == NikProblem.MISSING:
        return NO_NIK
    if problem.startswith(FAMILY_CARD):
        return CARD_SAID[CardCode(problem.removeprefix(FAMILY_CARD))]
    return SAID[NikCode(problem)]


class NikCaseNotFound(NotFound):
    """No such NIK case lies within your region."""

    title = Said(
        id="Kasus NIK tidak ditemukan di wilayah Anda",
        en="No such NIK case lies within your region",
    )


class CorrectionsNotAccepted(Incomplete):
    """What is to be put in its place cannot be true either."""

    title = Said(id="Perbaikan ini belum benar", en="This correction cannot be right")
    detail = Said(
        id="Perbaiki bagian yang disebut dalam errors menurut KTP atau KK, lalu kirim lagi.",
        en="Correct the parts named in errors by the KTP or KK, then send it again.",
    )


class NothingCorrected(Incomplete):
    """What was sent stands in the registry already, or in the proposal that is on its way."""

    title = Said(id="Tidak ada yang berubah", en="Nothing would change")
    detail = Said(
        id="Nilai yang dikirim sudah tercatat, atau sudah diusulkan. Isi yang berbeda.",
        en="The values you sent are on record, or have been proposed, already. Send others.",
    )


class EditedInPlace(Conflict):
    """What was there before was edited, so there is nothing to be withdrawn."""

    title = Said(id="Draf lama sudah diubah", en="A draft that was there was edited")
    detail = Said(
        id="Isian lama tidak disimpan. Buka drafnya dan perbaiki di sana bila keliru.",
        en="What it said before is not kept. Open the draft and correct it there if it is wrong.",
    )


class TooWide(Incomplete):
    """So many regions are not counted at once."""

    title = Said(id="Wilayahnya terlalu luas", en="The region is too wide")
    detail = Said(
        id="Isi region_code dengan provinsi, atau wilayah di bawahnya.",
        en="Give as region_code a province, or a region within one.",
    )


def countable(region: Region) -> Region:
    """Cases are counted one by one: those of a province at most."""
    if region.tier is Tier.NATION:
        raise TooWide
    return region


@dataclass(frozen=True)
class Corrections:
    """What the papers say; None where they say nothing else than the record."""

    nik: str | None = None
    card_number: str | None = None
    name: str | None = None
    birth_date: date | None = None
    note: str | None = None
    evidence: tuple[Mapping[str, Any], ...] = ()

    @property
    def of_person(self) -> dict[str, Any]:
        said = {"nik": self.nik, "name": self.name, "birth_date": self.birth_date}
        return {name: value for name, value in said.items() if value is not None}

    @property
    def of_family(self) -> dict[str, Any]:
        return {} if self.card_number is None else {"card_number": self.card_number}


class Person(Protocol):
    nik: str | None
    sex: int | None
    birth_date: date | None


@dataclass(frozen=True)
class Differing:
    """What would become another: of the person, and of the family; as columns have it."""

    of_person: Mapping[str, Any] = field(default_factory=dict)
    of_family: Mapping[str, Any] = field(default_factory=dict)


def differing(person: Person, family: Any, said: Corrections) -> Differing:  # noqa: ANN401
    """Without what is on record already. A card cannot be that of a family which there is not."""
    return Differing(
        _others(person, said.of_person), _others(family, said.of_family) if family else {}
    )


def _others(record: Any, said: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    return {name: value for name, value in said.items() if getattr(record, name) != value}


def accept(person: Person, found: Differing, known: KnownRegions, *, today: date) -> None:
    """Refuse numbers that can be nobody's, each with the rule that it breaks."""
    faults = [*_nik_faults(person, found.of_person, known, today), *_card_faults(found.of_family)]
    if faults:
        raise CorrectionsNotAccepted(faults)


def _nik_faults(
    person: Person, said: Mapping[str, Any], known: KnownRegions, today: date
) -> Iterator[Fault]:
    if not {"nik", "birth_date"} & said.keys():
        return
    judged = check(
        said.get("nik", person.nik),
        regions=known,
        sex=sex_of(person.sex),
        birth_date=said.get("birth_date", person.birth_date),
        today=today,
    )
    if judged.verdict is NikVerdict.INVALID:
        yield from (Fault("/nik", code, SAID[code]) for code in judged.codes)


def _card_faults(said: Mapping[str, Any]) -> Iterator[Fault]:
    judged = check_family_card(said.get("card_number"))
    if judged.verdict is NikVerdict.INVALID:
        yield from (Fault("/card_number", code, CARD_SAID[code]) for code in judged.codes)
