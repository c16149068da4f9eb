"""What a NIK case means, worked out from its record: explained, read aloud, and what it may be."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.db import niks, regions
from app.db.sessions import Reading
from app.domain import nik_reading
from app.domain.calendar import today
from app.domain.errors import Language
from app.domain.nik_cases import explained
from app.domain.nik_suggestions import (
    SAID,
    Person,
    Relative,
    Suggestion,
    former_districts,
    suggestions,
)
from app.domain.niks import KnownRegions, NikCheck, NikVerdict, check
from app.domain.people import Sex, sex_of
from app.routers.niks import reading_view

LOOKED_AT = 20  # of which those that somebody holds are told last
Case = Mapping[str, Any]


async def diagnosed(
    case: Case, reading: Reading, known: KnownRegions, language: Language
) -> dict[str, Any]:
    """Fields of `NikCaseView`. A masked number is no number: nothing is told of it."""
    found = check(case["nik"], regions=known, sex=_sex(case), birth_date=_born(case), today=today())
    told = _can_be_read(case)
    return {
        "explanations": [
            {"code": code, "detail": explained(code).told(language)} for code in case["problems"]
        ],
        "reading": await _read(found, reading, language) if told else None,
        "suggestions": [
            {**vars(each), "place": each.place and vars(each.place), "detail": _why(each, language)}
            for each in (await _suggested(case, found, reading, known) if told else [])
        ],
    }


def _can_be_read(case: Case) -> bool:
    return bool(case["nik"]) and "*" not in case["nik"]


async def _read(found: NikCheck, reading: Reading, language: Language) -> dict[str, Any]:
    """Whether it is held says nothing here: it is his."""
    names = await regions.names_of(reading, nik_reading.region_codes(found.digits))
    return reading_view(found, names, language, held=None, fits_region=True).model_dump()


async def _suggested(
    case: Case, found: NikCheck, reading: Reading, known: KnownRegions
) -> list[Suggestion]:
    """Of a NIK in which nothing is wrong, nothing is suggested."""
    if found.verdict is NikVerdict.VALID:
        return []
    district = case["village_code"][:6]
    about = Person(
        sex=_sex(case),
        birth_date=_born(case),
        district=district,
        former_districts=former_districts(district, await regions.replaced(reading)),
        card_number=case["card_number"],
    )
    asked: dict[str, Any] = {
        "about": about,
        "regions": known,
        "family": [Relative(each["nik"], _sex(each), _born(each)) for each in case["others"]],
        "today": today(),
    }
    likely = suggestions(case["nik"], **asked, most=LOOKED_AT)
    held = await niks.held_of(reading, [each.nik for each in likely], besides=case["member_id"])
    return suggestions(case["nik"], **asked, held=held)


def _why(suggestion: Suggestion, language: Language) -> str:
    return SAID[suggestion.why].told(language)


def _sex(person: Case) -> Sex | None:
    return sex_of(person["sex"])


def _born(person: Case) -> date | None:
    return date.fromisoformat(person["birth_date"]) if person["birth_date"] else None
