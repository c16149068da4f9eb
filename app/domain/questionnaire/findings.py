"""Which rules of its questionnaire an answer sheet breaks.

A question is asked, not asked, or nobody can tell yet because what decides it is unanswered; only
the first two can be broken. An error stands in the way of a proposal, a warning in nobody's.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.errors import Fault, Said
from app.domain.questionnaire import household_rules, kin_rules, person_rules
from app.domain.questionnaire.codebooks import Codebook
from app.domain.questionnaire.questions import (
    Condition,
    Kept,
    Roster,
    Rule,
    Severity,
    Variable,
    Wanted,
)
from app.domain.questionnaire.sheets import Broken, Check, Finding, Look, Member, Sheet, is_gone

ALL = frozenset(Severity)
SUBMISSION = "submission"
UNANSWERED = "unanswered"
CHECKS: Mapping[str, Check] = {
    **household_rules.CHECKS,
    **kin_rules.CHECKS,
    **person_rules.CHECKS,
}

NOT_ASKED = Said(
    id="{form_ref} tidak ditanyakan di sini; hapus jawabannya.",
    en="{form_ref} is not asked here; leave it out.",
)
NEEDED = Said(
    id="{form_ref} belum dijawab. Jawablah, atau tulis null bila ditanyakan tetapi tidak terjawab.",
    en="{form_ref} is not answered. Answer it, or write null if it was asked in vain.",
)
NEEDED_NOW = Said(
    id="{form_ref} belum dijawab; wajib dijawab sebelum diusulkan.",
    en="{form_ref} is not answered; it has to be before anything is proposed.",
)
PLAIN = Said(id="{form_ref}:", en="{form_ref}:")


def findings(
    codebook: Codebook,
    sheet: Sheet,
    *,
    answers_at: str = "/answers",
    proposed: bool = False,
    held_elsewhere: Collection[UUID] = (),
) -> list[Finding]:
    """All that is wrong or unusual in a sheet that is not malformed.

    Pointers into the answers begin with `answers_at`, those into records (`/members/{id}/nik`,
    `/families/{id}/card_number`) with nothing. Before a proposal null no longer counts as an
    answer, and the rules about who may be proposed hold as well.
    """
    reading = _Reading(codebook, sheet, answers_at, proposed)
    return [*reading.of_questions(), *reading.of_rules(held_elsewhere)]


def of_records(
    codebook: Codebook, sheet: Sheet, *, held_elsewhere: Collection[UUID] = ()
) -> list[Finding]:
    """The same of people and families alone, while there are no answers."""
    found = _Reading(codebook, sheet, "", proposed=False).of_rules(held_elsewhere)
    return [finding for finding in found if not finding.in_answers]


def errors_of_records(codebook: Codebook, sheet: Sheet) -> list[Fault]:
    """Of these, what stands in the way of a proposal; nothing else is looked for."""
    found = _Reading(codebook, sheet, "", proposed=False).of_rules((), {Severity.ERROR})
    return [finding.fault for finding in found if not finding.in_answers]


@dataclass(frozen=True)
class _Place:
    """Questions that are asked together; `known` holds the answers and what is on record."""

    at: str
    variables: Mapping[str, Variable]
    known: Mapping[str, Any]
    given: Mapping[str, Any]
    around: "_Place | None" = None

    def asked(self, it: Variable | Roster) -> bool | None:
        return _all(self.holds(condition) for condition in it.applies_if)

    def holds(self, condition: Condition) -> bool | None:
        return _all(self.is_so(key, wanted) for key, wanted in condition.tests.items())

    def is_so(self, key: str, wanted: Wanted) -> bool | None:
        if key not in self.variables and self.around is not None:
            return self.around.is_so(key, wanted)
        answer = self.known.get(key)
        if answer is not None:
            return answer in wanted
        return False if self.asked(self.variables[key]) is False else None

    def is_answered(self, variable: Variable) -> bool:
        """Null answers too: it says that the question was asked."""
        if variable.kept_in is None and variable.key not in self.given:
            return False
        answer = self.known.get(variable.key)
        is_empty_column = variable.kept_in is not None and answer is None
        return not is_empty_column and answer not in variable.accepted_unasked


def _all(truths: Iterator[bool | None]) -> bool | None:
    """True if all are, false if one is not, and else unknown."""
    found = set(truths)
    if False in found:
        return False
    return None if None in found else True


@dataclass(frozen=True)
class _Reading:
    codebook: Codebook
    sheet: Sheet
    answers_at: str
    proposed: bool

    def of_rules(
        self, held_elsewhere: Collection[UUID], severities: Collection[Severity] = ALL
    ) -> Iterator[Finding]:
        for rule in self.codebook.rules.values():
            check = CHECKS.get(rule.id) if rule.severity in severities else None
            if check is not None and (self.proposed or rule.at != SUBMISSION):
                look = Look(self.codebook, self.sheet, rule, held_elsewhere)
                yield from (self._finding(rule, broken) for broken in check(look))

    def of_questions(self) -> Iterator[Finding]:
        household = self._place("household")
        for name in ("counts", "household", "participation"):
            yield from self._of_place(self._place(name, household), self.codebook.unanswered[name])
        for member in self.sheet.members:
            yield from self._of_member(member)
        for roster in self.codebook.answered_rosters:
            yield from self._of_roster(roster, household)

    def _place(self, section: str, around: _Place | None = None) -> _Place:
        answers = self.sheet.of(section)
        return _Place(f"/{section}", self.codebook.sections[section], answers, answers, around)

    def _of_member(self, member: Member) -> Iterator[Finding]:
        variables = self.codebook.sections["members"]
        given = self.sheet.of_member(member)
        on_record = {
            key: self.sheet.age(member) if each.computed else getattr(member, each.kept_as)
            for key, each in variables.items()
            if each.kept_in is Kept.MEMBER
        }
        place = _Place(f"/members/{member.id}", variables, {**on_record, **given}, given)
        gone = is_gone(self.codebook, self.sheet, member)
        yield from self._of_place(place, self.codebook.unanswered["members"], answering=not gone)

    def _of_roster(self, roster: Roster, household: _Place) -> Iterator[Finding]:
        at = f"/rosters/{roster.key}"
        rows = self.sheet.rows(roster.key)
        if rows:
            yield from self._unasked(
                roster, household, Broken(at, roster.form_ref, in_answers=True)
            )
        elif roster.needed and household.asked(roster):
            rule = self.codebook.rules[roster.needed]
            yield self._finding(rule, Broken(at, roster.form_ref, in_answers=True))
        for number, row in enumerate(rows):
            yield from self._of_place(_Place(f"{at}/{number}", roster.fields, row, row), None)

    def _of_place(
        self, place: _Place, unanswered: Severity | None, *, answering: bool = True
    ) -> Iterator[Finding]:
        for variable in place.variables.values():
            kept = variable.kept_in is not None
            at = f"{place.at}/{variable.kept_as}"
            broken = Broken(at, variable.form_ref, in_answers=not kept)
            if place.is_answered(variable):
                yield from self._unasked(variable, place, broken)
            if answering and not kept and place.asked(variable):
                yield from self._unanswered(variable, place, broken, unanswered)

    def _unasked(self, it: Variable | Roster, place: _Place, broken: Broken) -> Iterator[Finding]:
        """The first reason not to ask is told, like an interviewer who skips."""
        frame = NOT_ASKED if broken.in_answers else PLAIN  # from a record nothing is taken out
        for condition in it.applies_if:
            if condition.rule and place.holds(condition) is False:
                yield self._finding(self.codebook.rules[condition.rule], broken, frame)
                return

    def _unanswered(
        self, variable: Variable, place: _Place, broken: Broken, severity: Severity | None
    ) -> Iterator[Finding]:
        left_out = variable.key not in place.given
        in_vain = self.proposed and place.given.get(variable.key) is None
        said = NEEDED_NOW if self.proposed else NEEDED
        if variable.needed and (left_out or in_vain):
            rule = self.codebook.rules[variable.needed]
            yield self._told(rule.severity, rule.id, said, broken)
        in_vain = in_vain and severity is Severity.ERROR
        if severity and not (variable.needed or variable.optional) and (left_out or in_vain):
            yield self._told(severity, UNANSWERED, said, broken)

    def _finding(self, rule: Rule, broken: Broken, frame: Said = PLAIN) -> Finding:
        said = Said(id=f"{frame.id} {rule.said.id}", en=f"{frame.en} {rule.said.en}")
        return self._told(rule.severity, rule.id, broken.said or said, broken)

    def _told(self, severity: Severity, code: str, said: Said, broken: Broken) -> Finding:
        at = f"{self.answers_at}{broken.pointer}" if broken.in_answers else broken.pointer
        words = {"form_ref": broken.cites, **broken.words}
        return Finding(severity, Fault(at, code, said, words), broken.in_answers)
