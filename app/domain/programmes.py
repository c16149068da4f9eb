"""Programmes (program bansos) as data: who holds a grant, who may be proposed, and what to warn of.

A family takes one family programme in a period; what is given per person takes no family's place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.domain.errors import NotFound, Said
from app.domain.niks import NikVerdict, completed_years
from app.domain.questionnaire.codebooks import CODEBOOKS
from app.domain.questionnaire.sheets import Member, Sheet, is_gone
from app.domain.surveys import VisitOutcome

FILE = Path(__file__).parent / "data" / "programmes.yaml"
LASTING = "programme:"  # how the claims begin that last when the proposal is determined
PUBLIC_EMPLOYEE = 5  # of the question about work
WORK = "work_status"


class ProgrammeNotFound(NotFound):
    """There is no programme by this code."""

    title = Said(id="Tidak ada program dengan kode ini", en="There is no programme by this code")
    detail = Said(id="Lihat daftarnya di /v1/programmes.", en="See the list at /v1/programmes.")


class Unit(StrEnum):
    """Who holds one grant."""

    PERSON = "person"
    FAMILY = "family"


@dataclass(frozen=True)
class Component:
    """Something of a person that PKH pays for. Answers are those of the current survey."""

    code: str
    group: str
    label_id: str
    label_en: str
    when: Mapping[str, Sequence[object]] = field(default_factory=dict)
    unless: Mapping[str, Sequence[object]] = field(default_factory=dict)
    age: Mapping[str, int] = field(default_factory=dict)

    def met(self, answers: Mapping[str, object], age: int | None) -> bool:
        return (
            (not self.age or (age is not None and self._fits(age)))
            and all(answers.get(key) in values for key, values in self.when.items())
            and not any(answers.get(key) in values for key, values in self.unless.items())
        )

    def _fits(self, age: int) -> bool:
        return self.age.get("min", age) <= age <= self.age.get("max", age)


@dataclass(frozen=True)
class ReactivationGround:
    """Why somebody asks to be switched on again. What is urgent goes first."""

    code: str
    label_id: str
    label_en: str
    urgent: bool = False
    needs_note: bool = False
    needs_letter: bool = True


@dataclass(frozen=True)
class Reactivation:
    within_months: int
    grounds: tuple[ReactivationGround, ...]

    def ground(self, code: str | None) -> ReactivationGround | None:
        return next((each for each in self.grounds if each.code == code), None)


@dataclass(frozen=True)
class Programme:
    code: str
    legacy_names: tuple[str, ...]
    name_id: str
    name_en: str
    unit: Unit
    proposable: bool
    source: str
    unit_sure: bool = False
    paid_to: str | None = None
    decile_max: int | None = None
    components: tuple[Component, ...] = ()
    reactivation: Reactivation | None = None
    warnings: tuple[str, ...] = ()

    @property
    def has_payee(self) -> bool:
        return self.paid_to == "payee"

    def claim(self, period: str) -> str:
        """What a proposal for that period claims of its subject, for good once determined."""
        return f"{LASTING}{'family' if self.unit is Unit.FAMILY else self.code}:{period}"


@cache
def _read() -> Mapping[str, Any]:
    read: Mapping[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return read


@cache
def programmes() -> Mapping[str, Programme]:
    return {row["code"]: _programme(row) for row in _read()["programmes"]}


def _programme(row: Mapping[str, Any]) -> Programme:
    again = row.get("reactivation")
    return Programme(
        **{
            **row,
            "legacy_names": tuple(row["legacy_names"]),
            "unit": Unit(row["unit"]),
            "components": tuple(Component(**each) for each in row.get("components", ())),
            "warnings": tuple(row.get("warnings", ())),
            "reactivation": again and _reactivation(again),
        }
    )


def _reactivation(row: Mapping[str, Any]) -> Reactivation:
    grounds = tuple(ReactivationGround(**each) for each in row["grounds"])
    return Reactivation(row["within_months"], grounds)


def known(code: str) -> Programme:
    if code not in programmes():
        raise ProgrammeNotFound
    return programmes()[code]


@cache
def warnings() -> Mapping[str, Said]:
    """What may be told beside a proposal, in words."""
    return {
        rule: Said(id=said["said_id"], en=said["said_en"])
        for rule, said in _read()["warnings"].items()
    }


PBI = "PBI_JK"  # the one that is reactivated


def reactivation_of_pbi() -> Reactivation:
    found = known(PBI).reactivation
    if found is None:
        raise LookupError("nothing is said of reactivating PBI")
    return found


def is_urgent(asks: Mapping[str, Any]) -> bool:
    """Whether the ground that is given, if one is, goes before the others."""
    ground = reactivation_of_pbi().ground(asks.get("health", {}).get("ground"))
    return ground is not None and ground.urgent


# --- what is told of a family beside its proposal


@dataclass(frozen=True)
class Circumstances:
    """The people of one family card, and the current survey of their household, if there is one."""

    members: Sequence[Member]
    sheet: Sheet | None
    codebook: str | None = None

    @classmethod
    def of(cls, members: Sequence[Member], survey: Any | None) -> "Circumstances":  # noqa: ANN401
        """Of a visit on which nobody answered, nothing is known."""
        if survey is None or survey.outcome != VisitOutcome.COMPLETED:
            return cls(members, None)
        sheet = Sheet(survey.answers, survey.surveyed_on, None, (), members)  # type: ignore[arg-type]
        return cls(members, sheet, survey.codebook)

    def present(self) -> Iterator[tuple[Member, Mapping[str, object]]]:
        """Whoever is there, with what was answered for them."""
        for member in self.members:
            if self.sheet is None or self.codebook is None:
                yield member, {}
            elif not is_gone(CODEBOOKS[self.codebook], self.sheet, member):
                yield member, self.sheet.of_member(member)


Doubt = dict[str, object]
Place = tuple[str, Mapping[str, object]]  # a pointer, and the words of the warning


def doubts(programme: Programme, around: Circumstances, whose: Member, *, on: date) -> list[Doubt]:
    """What speaks against it and stands in nobody's way. `whose` NIK it will be paid by."""
    without = not components(programme, around, on=on)
    found: dict[str, list[Place]] = {
        "decile_unknown": [("/proposed/programme", {"decile_max": programme.decile_max})],
        "component_unknown": _when(without and around.sheet is None),
        "component_missing": _when(without and around.sheet is not None),
        "public_employee": [
            (f"/survey/answers/members/{member.id}/{WORK}", {})
            for member, answers in around.present()
            if answers.get(WORK) == PUBLIC_EMPLOYEE
        ],
        "nik_in_doubt": _nik_in_doubt(whose),
    }
    return [
        doubt(rule, pointer, words) for rule in programme.warnings for pointer, words in found[rule]
    ]


def nik_doubts(whose: Member) -> list[Doubt]:
    return [doubt("nik_in_doubt", pointer, words) for pointer, words in _nik_in_doubt(whose)]


def _nik_in_doubt(whose: Member) -> list[Place]:
    return [] if whose.nik_verdict is NikVerdict.VALID else [(f"/members/{whose.id}/nik", {})]


def _when(holds: bool) -> list[Place]:  # noqa: FBT001
    return [("/proposed/programme", {})] if holds else []


def doubt(rule: str, pointer: str, words: Mapping[str, object] | None = None) -> Doubt:
    return {"rule": rule, "pointer": pointer, "words": dict(words or {})}


def components(programme: Programme, around: Circumstances, *, on: date) -> list[dict[str, str]]:
    """Which components were found, and of whom: health and school, not for everybody."""
    return [
        {"component": component.code, "member_id": str(member.id)}
        for member, answers in around.present()
        for component in programme.components
        if component.met(answers, _age(member, on))
    ]


def _age(member: Member, on: date) -> int | None:
    return None if member.birth_date is None else completed_years(member.birth_date, on)
