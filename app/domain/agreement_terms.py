"""Making an agreement for a machine, and ending it: who may, and which terms it can have."""

from collections.abc import Collection, Iterable
from datetime import date
from enum import StrEnum
from typing import Protocol

from app.domain.accounts import ADMINS
from app.domain.agreements import FieldGroup
from app.domain.errors import Conflict, Fault, Incomplete, Said
from app.domain.workflow import Ground, Transition, Workflow

MOST_YEARS = 5


class AgreementState(StrEnum):
    OPEN = "open"
    ENDED = "ended"


class AgreementAction(StrEnum):
    ENTER = "enter"
    END = "end"


AGREEMENTS = Workflow(
    "agreement",
    initial=AgreementState.OPEN,
    begun=(AgreementAction.ENTER, ADMINS),
    transitions=[
        Transition(
            AgreementAction.END,
            AgreementState.OPEN,
            AgreementState.ENDED,
            ADMINS,
            frozenset({Ground.NOTE}),
        ),
    ],
)


class Terms(Protocol):
    """What is agreed, and for which days: the first and the last are wholly inside."""

    @property
    def number(self) -> str: ...
    @property
    def fields(self) -> Collection[str]: ...
    @property
    def begins_on(self) -> date: ...
    @property
    def expires_on(self) -> date: ...


class TermsNotFit(Incomplete):
    """No agreement can have these terms."""

    title = Said(id="Isi perjanjian belum sesuai", en="These terms do not fit")
    detail = Said(
        id="Perbaiki bagian yang disebut dalam errors, lalu kirim lagi.",
        en="Correct the parts named in errors, then send it again.",
    )


class NotAMachine(Incomplete):
    """Agreements are for machines: people read by their role."""

    title = Said(id="Akun ini bukan akun sistem", en="This account is not a machine's")
    detail = Said(
        id="Perjanjian hanya untuk akun yang memegang peran integration. Petugas membaca menurut "
        "perannya.",
        en="An agreement is for an account that holds the role integration. People read by their "
        "role.",
    )


class AgreementsOverlap(Conflict):
    """On any day a machine reads under one agreement."""

    title = Said(id="Masih ada perjanjian pada hari itu", en="There is an agreement for those days")
    detail = Said(
        id="Perjanjian {number} berlaku dari {begins_on} sampai {expires_on}. Isi begins_on "
        "sesudahnya, atau akhiri perjanjian itu lebih dahulu.",
        en="Agreement {number} is in force from {begins_on} to {expires_on}. Give a begins_on "
        "after it, or end that agreement first.",
    )


OVER = Said(id="Hari ini sudah lewat.", en="This day has passed.")
BACKWARDS = Said(
    id="Isi hari sesudah begins_on atau hari yang sama.", en="Give begins_on or a day after it."
)
TOO_LONG = Said(
    id="Perjanjian berlaku paling lama {years} tahun: sampai {latest}.",
    en="An agreement is for {years} years at most: until {latest}.",
)
NO_ANSWERS = Said(
    id="Kelompok health adalah bagian dari survey; tambahkan survey.",
    en="The group health is a part of survey; add survey.",
)


def check_terms(terms: Terms, *, today: date) -> None:
    faults = [*_faults(terms, today)]
    if faults:
        raise TermsNotFit(faults)


def _faults(terms: Terms, today: date) -> Iterable[Fault]:
    latest = _years_after(terms.begins_on, MOST_YEARS)
    if terms.expires_on < terms.begins_on:
        yield Fault("/expires_on", "backwards", BACKWARDS)
    elif terms.expires_on < today:
        yield Fault("/expires_on", "over", OVER)
    elif terms.expires_on > latest:
        yield Fault("/expires_on", "too_long", TOO_LONG, {"years": MOST_YEARS, "latest": latest})
    if FieldGroup.HEALTH in terms.fields and FieldGroup.SURVEY not in terms.fields:
        yield Fault("/fields", "no_answers", NO_ANSWERS)


def _years_after(day: date, years: int) -> date:
    """That day of a later year; of the 29th of February, the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def check_free(wanted: Terms, others: Iterable[Terms]) -> None:
    """Refuse a day that another open agreement of the account has already."""
    for other in others:
        if wanted.begins_on <= other.expires_on and other.begins_on <= wanted.expires_on:
            raise AgreementsOverlap(
                number=other.number, begins_on=other.begins_on, expires_on=other.expires_on
            )
