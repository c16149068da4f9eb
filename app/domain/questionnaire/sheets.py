"""A filled-in form beside the people it speaks of: what the rules look at, and what they find."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

from app.domain.errors import Fault, Said
from app.domain.niks import NikVerdict, completed_years
from app.domain.questionnaire.codebooks import Codebook
from app.domain.questionnaire.questions import Rule, Severity


class Household(Protocol):
    address: str | None


class Family(Protocol):
    id: UUID
    card_number: str | None


class Member(Protocol):
    id: UUID
    family_id: UUID | None
    number: int | None
    name: str
    nik: str | None
    nik_verdict: NikVerdict
    nik_codes: list[str]
    sex: int | None
    birth_place: str | None
    birth_date: date | None
    mother_name: str | None
    relation_to_household_head: int | None
    relation_to_family_head: int | None
    marital_status: int | None


Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """`answers` have the shape that `questionnaires.malformed` holds them to."""

    answers: Answers
    surveyed_on: date
    household: Household
    families: Sequence[Family]
    members: Sequence[Member]

    def of(self, section: str) -> Answers:
        answers: Answers = self.answers.get(section) or {}
        return answers

    def of_member(self, member: Member) -> Answers:
        answers: Answers = self.of("members").get(str(member.id)) or {}
        return answers

    def rows(self, roster: str) -> Sequence[Answers]:
        rows: Sequence[Answers] = self.of("rosters").get(roster) or []
        return rows

    def age(self, member: Member) -> int | None:
        """In completed years on the day of the survey."""
        born = member.birth_date
        return None if born is None else completed_years(born, self.surveyed_on)


@dataclass(frozen=True)
class Finding:
    """A rule that a sheet breaks. `in_answers`: it can be mended in the sheet itself."""

    severity: Severity
    fault: Fault
    in_answers: bool


@dataclass(frozen=True)
class Broken:
    """Where a rule is broken, before it is put in words: `cites` is what the form prints there."""

    pointer: str
    cites: str
    words: Mapping[str, object] = field(default_factory=dict)
    in_answers: bool = False
    said: Said | None = None  # where somebody else says it better than the rule


@dataclass(frozen=True)
class Look:
    """All that one rule may look at."""

    codebook: Codebook
    sheet: Sheet
    rule: Rule
    held_elsewhere: Collection[UUID]

    @cached_property
    def present(self) -> Sequence[Member]:
        """Whoever is not known to be gone."""
        codebook, sheet = self.codebook, self.sheet
        return [member for member in sheet.members if not is_gone(codebook, sheet, member)]

    def answered(self, member: Member, key: str) -> Any:  # noqa: ANN401
        return self.sheet.of_member(member).get(key)

    def answer(self, member: Member, key: str) -> Broken:
        """Broken in what was answered for this member."""
        cites = self.codebook.of_member(key).form_ref
        return Broken(f"/members/{member.id}/{key}", cites, in_answers=True)

    def record(self, member: Member, key: str, said: Said | None = None, **words: object) -> Broken:
        """Broken in the member's own record."""
        column = self.codebook.of_member(key)
        return Broken(f"/members/{member.id}/{column.kept_as}", column.form_ref, words, said=said)


Check = Callable[[Look], Iterator[Broken]]


def is_gone(codebook: Codebook, sheet: Sheet, member: Member) -> bool:
    """Deceased, moved, listed by mistake or not found."""
    asked = codebook.presence
    found = None if asked is None else sheet.of_member(member).get(asked.key)
    return asked is not None and found is not None and found not in asked.counts_as_member
