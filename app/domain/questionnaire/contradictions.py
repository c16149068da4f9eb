"""What a codebook may not say: each contradiction in a sentence, for whoever writes the file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter

from app.domain.questionnaire.questions import Condition, Roster, Rule, Span, Type, Variable

Section = Mapping[str, Variable]
FORM_CODES = ({1, 2}, {3, 4})
CITED = frozenset({"form_ref"})


@dataclass(frozen=True)
class Needs:
    """Of a rule that code checks: its questions, its parameters, the words of its sentence."""

    questions: tuple[str, ...] = ()
    parameters: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


def _about(*questions: str, told: str = "", given: str = "") -> Needs:
    return Needs(questions, frozenset(given.split()), frozenset(told.split()))


RELATIONS = ("members.relation_to_household_head", "members.relation_to_family_head")

# Every rule that relates answers or people to each other, and so needs code. A generation of the
# form that does not list a rule does not have it; one that lists it has to ask these questions.
BY_CODE: Mapping[str, Needs] = {
    "H13": _about("counts.member_count", told="count"),
    "H14": _about("counts.family_count", told="count"),
    "H15": _about("rosters.family_cards"),
    "H16": _about("rosters.family_cards", told="count"),
    "H17": _about(told="given true false"),
    "M01": _about(RELATIONS[0], told="count"),
    "M02": _about(RELATIONS[1], told="count"),
    "M03": _about(*RELATIONS),
    "M04": _about(*RELATIONS, "members.sex", "members.marital_status"),
    "M05": _about(*RELATIONS, "members.birth_date"),
    "M12": _about(
        "members.education_level", "members.highest_certificate", given="highest_by_level"
    ),
    "M13": _about(
        "members.education_level",
        "members.highest_certificate",
        "members.highest_grade",
        given="highest_by_level completed",
    ),
    "M15": _about("members.work_status", given="status"),
    "M17": _about("members.identity_documents", "members.age", given="age bit"),
    "M18": _about("members.nik"),
    "M19": _about("members.nik"),
    "M20": _about("members.nik"),
    "M21": _about("members.nik"),
    "M22": _about("members.birth_date"),
    "M23": _about("members.birth_date"),
    "M24": _about("members.name"),
    "M25": _about("members.name", given="signs titles"),
    "M26": _about("members.in_family_card"),
    "M27": _about("rosters.family_cards"),
    "M29": _about(),
    "M30": _about("rosters.family_cards", "members.family_number"),
    "M31": _about("members.member_number", RELATIONS[0], "members.marital_status"),
    "B01": _about("rosters.business.member_number"),
    "K01": _about("rosters.women_kb_2015.woman_member_number"),
}


def of(
    sections: Mapping[str, Section], rosters: Mapping[str, Roster], rules: Mapping[str, Rule]
) -> Iterator[str]:
    """All of them, as far as each can be told without the others."""
    household = sections["household"]
    for name, section in sections.items():
        around = {} if name in {"household", "members"} else household
        yield from _of_section(section, name, around, rules)
    for key, roster in rosters.items():
        yield from _of_conditions(roster.applies_if, f"rosters: {key}", household, rules)
        yield from _of_citation(roster.needed, f"rosters: {key}", rules)
        yield from _of_section(roster.fields, f"rosters: {key}", {}, rules)
    yield from _of_rules(rules, _asked(sections, rosters), _cited(sections, rosters))


def _of_section(
    section: Section, name: str, around: Section, rules: Mapping[str, Rule]
) -> Iterator[str]:
    before = dict(around)
    for key, variable in section.items():
        place = f"{name}: {key}"
        yield from (f"{place}: {wrong}" for wrong in _of_variable(variable))
        yield from _of_conditions(variable.applies_if, place, before, rules)
        yield from _of_citation(variable.rule, place, rules)
        yield from _of_citation(variable.needed, place, rules)
        before[key] = variable


def _of_variable(variable: Variable) -> Iterator[str]:
    yield from _OF_TYPE.get(variable.type, _nothing)(variable)
    if not variable.accepted_unasked <= set(variable.choices):
        yield "accepts a code that is none of its choices"
    if not variable.counts_as_member <= set(variable.choices):
        yield "counts a code that is none of its choices"


def _nothing(_variable: Variable) -> Iterator[str]:
    return iter(())


def _of_choice(variable: Variable) -> Iterator[str]:
    if not variable.choices or not all(type(code) is int for code in variable.choices):
        yield "a choice needs codes that are numbers"


def _of_boolean(variable: Variable) -> Iterator[str]:
    if {variable.form_true, variable.form_false} not in FORM_CODES:
        yield "a boolean has the file codes 1 and 2, or 3 and 4"


def _of_number(variable: Variable) -> Iterator[str]:
    low = variable.min if variable.min_exclusive is None else variable.min_exclusive
    if low is None or variable.max is None or low > variable.max:
        yield "a number needs a lower and an upper bound"


def _of_flags(variable: Variable) -> Iterator[str]:
    if (variable.min, variable.max) != (0, sum(variable.bits)):
        yield "flags go from 0 to the sum of their bits"


def _of_text(variable: Variable) -> Iterator[str]:
    if variable.max_length is None and variable.pattern is None:
        yield "text needs max_length or a pattern"
    try:
        re.compile(variable.pattern or "")
    except re.error as wrong:
        yield f"the pattern cannot be read: {wrong}"


_OF_TYPE = {
    Type.CHOICE: _of_choice,
    Type.BOOLEAN: _of_boolean,
    Type.INTEGER: _of_number,
    Type.DECIMAL: _of_number,
    Type.FLAGS: _of_flags,
    Type.TEXT: _of_text,
}


def _of_conditions(
    conditions: tuple[Condition, ...], place: str, before: Section, rules: Mapping[str, Rule]
) -> Iterator[str]:
    for condition in conditions:
        if condition.rule is None:
            yield f"{place}: a condition cites no rule"
        yield from _of_citation(condition.rule, place, rules)
        for key, wanted in condition.tests.items():
            if key not in before:
                yield f"{place}: depends on {key}, which is not asked before it"
            elif not isinstance(wanted, Span) and not wanted <= _answers(before[key]):
                yield f"{place}: expects of {key} what it cannot be"


def _answers(variable: Variable) -> set[bool | int]:
    return {True, False} if variable.type is Type.BOOLEAN else set(variable.choices)


def _of_citation(rule: str | None, place: str, rules: Mapping[str, Rule]) -> Iterator[str]:
    if rule is not None and rule not in rules:
        yield f"{place}: cites {rule}, which is no rule of this codebook"


def _asked(sections: Mapping[str, Section], rosters: Mapping[str, Roster]) -> set[str]:
    lists = {f"rosters.{key}": roster.fields for key, roster in rosters.items()}
    return {f"{name}.{key}" for name, part in {**sections, **lists}.items() for key in part} | set(
        lists
    )


def _cited(sections: Mapping[str, Section], rosters: Mapping[str, Roster]) -> set[str | None]:
    """The rules that questions obey by themselves, or in being asked."""
    lists = {key: roster.fields for key, roster in rosters.items()}
    every = [each for part in {**sections, **lists}.values() for each in part.values()]
    asked_if = [*(each.applies_if for each in every), *(r.applies_if for r in rosters.values())]
    own = {each.rule for each in every}
    return own | {condition.rule for conditions in asked_if for condition in conditions}


def _of_rules(rules: Mapping[str, Rule], asked: set[str], cited: set[str | None]) -> Iterator[str]:
    for rule in rules.values():
        needs = BY_CODE.get(rule.id)
        if needs is None and rule.id not in cited:
            yield f"rule {rule.id}: nothing checks it"
        needs = needs or Needs()
        for question in needs.questions:
            if question not in asked:
                yield f"rule {rule.id}: there is no question {question}"
        if needs.parameters != set(rule.parameters):
            yield f"rule {rule.id}: takes {sorted(needs.parameters)} as parameters"
        yield from _of_words(rule, CITED if rule.id in cited else CITED | needs.words)


def _of_words(rule: Rule, words: frozenset[str]) -> Iterator[str]:
    for sentence in (rule.said.id, rule.said.en):
        named = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
        if not named <= words:
            yield f"rule {rule.id}: its sentence names {sorted(named - words)}"
