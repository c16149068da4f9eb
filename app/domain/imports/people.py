"""What is asked of a row about a person, whatever kind of file it stands in."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from app.domain.imports.columns import Around, RowRule, Values
from app.domain.imports.problems import Problem, Severity, problem
from app.domain.niks import (
    NikCheck,
    NikCode,
    NikVerdict,
    check,
    check_family_card,
)
from app.domain.people import Sex, sex_of
from app.domain.questionnaire.codebooks import NEWEST

SIGNS = re.compile(f"[{re.escape(NEWEST.rules['M25'].parameters['signs'])}]")
DIGITS = re.compile(r"\d")
TITLES = frozenset(NEWEST.rules["M25"].parameters["titles"])
FEMALE = 2  # column 6 of the form


def nik_rule(*, invalid: Severity) -> RowRule:
    """The NIK beside the sex and the birth date; `nik_verdict` and `nik_codes` are added."""

    def rule(values: Values, around: Around) -> Iterator[Problem]:
        nik, born = values.get("nik"), day_of(values.get("birth_date"))
        found = nik_check(nik, around, sex=sex_of(values.get("sex")), born=born)
        values["nik_verdict"], values["nik_codes"] = str(found.verdict), list(map(str, found.codes))
        if nik is None and "nik" not in around.flawed:
            yield problem("nik_missing", "nik")
        yield from nik_problems(found, invalid=invalid, born=born)

    return rule


def nik_check(nik: str | None, around: Around, *, sex: Sex | None, born: date | None) -> NikCheck:
    """A day that has not come is told of the birth date, so it says nothing of the NIK."""
    believed = None if born is None or born > around.today else born
    return check(nik, regions=around.known, sex=sex, birth_date=believed, today=around.today)


def nik_problems(found: NikCheck, *, invalid: Severity, born: date | None) -> Iterator[Problem]:
    severity = invalid if found.verdict is NikVerdict.INVALID else None
    for code in found.codes:
        if code is NikCode.MISMATCH_BIRTH_DATE and swapped(born) == found.birth_date:
            yield problem("day_month_swapped", "birth_date")
        else:
            yield problem(f"nik_{code}", "nik", severity=severity)


def card_rule(values: Values, _: Around) -> Iterator[Problem]:
    for code in check_family_card(values.get("card_number")).codes:
        yield problem(f"card_{code}", "card_number")


def name_rule(*, digits: Severity) -> RowRule:
    def rule(values: Values, _: Around) -> Iterator[Problem]:
        name: str = values.get("name", "")
        if DIGITS.search(name):
            yield problem("name_with_digits", "name", severity=digits)
        first, _blank, others = name.partition(" ")
        if SIGNS.search(name) or (others and first.casefold() in TITLES):
            yield problem("name_with_signs", "name")

    return rule


def birth_rule(values: Values, around: Around) -> Iterator[Problem]:
    yield from to_come(values, "birth_date", around)


def to_come(values: Values, key: str, around: Around) -> Iterator[Problem]:
    """Days are written so that the later one is the greater text."""
    if values.get(key, "") > around.today.isoformat():
        yield problem("date_future", key)


def pregnancy_rule(*, of_a_man: Severity) -> RowRule:
    def rule(values: Values, _: Around) -> Iterator[Problem]:
        if values.get("pregnant") is True and values.get("sex", FEMALE) != FEMALE:
            yield problem("pregnant_man", "pregnant", severity=of_a_man)

    return rule


def day_of(text: Any) -> date | None:  # noqa: ANN401 - of a row's values
    return date.fromisoformat(text) if text else None


def swapped(day: date | None) -> date | None:
    try:
        return None if day is None else day.replace(day=day.month, month=day.day)
    except ValueError:
        return None
