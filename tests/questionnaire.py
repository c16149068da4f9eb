"""A form filled in with nothing wanting, derived from the codebook: for tests that need one.

What is asked depends on the other answers and on the people, so a sheet is filled in from the top,
question by question, as an enumerator would.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from app.domain.niks import NikVerdict, completed_years
from app.domain.questionnaire.codebooks import NEWEST, Codebook
from app.domain.questionnaire.questions import Kept, Type, Variable

Answers = dict[str, Any]
THE_DAY = date(2026, 11, 10)
FAMILY = UUID("0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a11")
DIGITS = re.compile(r"{([0-9]+)}")  # of a pattern, how many


@dataclass(frozen=True)
class Household:
    address: str | None = "Jl. Sunan Demak 12"


@dataclass(frozen=True)
class Family:
    id: UUID = FAMILY
    card_number: str | None = "3672010101200007"


@dataclass(frozen=True)
class Member:
    """A widow who heads her household, with nothing wanting."""

    id: UUID = field(default_factory=uuid4)
    family_id: UUID | None = FAMILY
    number: int | None = 1
    name: str = "Siti Aminah"
    nik: str | None = "3672015905840001"
    nik_verdict: NikVerdict = NikVerdict.VALID
    nik_codes: list[str] = field(default_factory=list)
    sex: int | None = 2
    birth_place: str | None = "Cilegon"
    birth_date: date | None = date(1984, 5, 19)
    mother_name: str | None = "Rohmah"
    relation_to_household_head: int | None = 1
    relation_to_family_head: int | None = 1
    marital_status: int | None = 4


# Where the first choice would open more questions, or contradict another answer.
PREFERRED: Answers = {
    "has_member_business": False,
    "highest_certificate": 1,
    "highest_grade": 8,
    "identity_documents": 1,
    "chronic_illness": 0,
    "disability": 0,
    "work_status": 4,
    "in_family_card": True,
}


def a_sheet(
    members: Iterable[Mapping[str, Any]],
    *,
    on: date = THE_DAY,
    codebook: Codebook = NEWEST,
    families: int = 1,
    **so: object,
) -> Answers:
    """Answers about these people, who all live there: `id`, and the columns that are known.

    What is said with `so` is answered so wherever it is asked, and the rest follows from it.
    """
    people = list(members)
    return {
        "counts": {"member_count": len(people), "family_count": families},
        "household": filled(codebook.answered("household"), so=so),
        "participation": filled(codebook.answered("participation"), so=so),
        "members": {str(person["id"]): of_member(person, on, codebook, so) for person in people},
        "rosters": {},
    }


def of_member(
    person: Mapping[str, Any],
    on: date = THE_DAY,
    codebook: Codebook = NEWEST,
    so: Mapping[str, object] | None = None,
) -> Answers:
    on_record = {
        variable.key: _on_record(person, variable, on)
        for variable in codebook.sections["members"].values()
        if variable.kept_in is Kept.MEMBER
    }
    return filled(codebook.answered("members"), on_record, so)


def _on_record(person: Mapping[str, Any], variable: Variable, on: date) -> object:
    value = person.get(variable.kept_as)
    if not variable.computed or value is None:
        return value
    return completed_years(date.fromisoformat(str(value)), on)


def filled(
    variables: Iterable[Variable],
    known: Mapping[str, Any] | None = None,
    so: Mapping[str, object] | None = None,
) -> Answers:
    """An answer to each of them that is asked, in their order."""
    answers: Answers = {}
    preferred = {**PREFERRED, **(so or {})}
    for variable in variables:
        if is_asked(variable, {**(known or {}), **answers}):
            answers[variable.key] = preferred.get(variable.key, an_answer(variable))
    return answers


def is_asked(variable: Variable, known: Mapping[str, Any]) -> bool:
    tests = [test for condition in variable.applies_if for test in condition.tests.items()]
    return all(known.get(key) is not None and known[key] in wanted for key, wanted in tests)


def an_answer(variable: Variable) -> Any:  # noqa: ANN401
    if variable.type is Type.TEXT:
        return "1" * int(DIGITS.findall(variable.pattern)[0]) if variable.pattern else "isi"
    if variable.type is Type.BOOLEAN:
        return False
    if variable.choices:
        return min(variable.choices)
    return variable.min if variable.min is not None else 36
