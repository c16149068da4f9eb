"""What the NIKs of cases were probably meant to be, by what is on record of each of them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.db import niks, regions
from app.db.sessions import Reading
from app.domain.calendar import today
from app.domain.nik_suggestions import (
    MOST,
    Person,
    Relative,
    Suggestion,
    former_districts,
    held_told_last,
    suggestions,
)
from app.domain.niks import KnownRegions
from app.domain.people import Sex, sex_of

LOOKED_AT = 20  # of which those that somebody holds are told last
Case = Mapping[str, Any]


async def suggested(
    cases: Sequence[Case], reading: Reading, known: KnownRegions
) -> list[list[Suggestion]]:
    """Of each case, the likeliest first: a millisecond or two each, in a thread."""
    replaced = await regions.replaced(reading)
    found = await asyncio.to_thread(_all_likely, cases, known, replaced)
    asked = [
        (each.nik, case["member_id"])
        for case, likely in zip(cases, found, strict=True)
        for each in likely
    ]
    held = await niks.held_of(reading, asked)
    return [
        held_told_last(likely, held.get(case["member_id"], ()))[:MOST]
        for case, likely in zip(cases, found, strict=True)
    ]


def _all_likely(
    cases: Sequence[Case], known: KnownRegions, replaced: Mapping[str, str]
) -> list[list[Suggestion]]:
    return [_likely(case, known, replaced) for case in cases]


def _likely(case: Case, known: KnownRegions, replaced: Mapping[str, str]) -> list[Suggestion]:
    district = case["village_code"][:6]
    about = Person(
        sex=sex_said(case),
        birth_date=birth_date_said(case),
        district=district,
        former_districts=former_districts(district, replaced),
        card_number=case["card_number"],
        answered=(case["answer"] or {}).get("nik"),
    )
    family = [
        Relative(each["nik"], sex_said(each), birth_date_said(each)) for each in case["others"]
    ]
    return suggestions(
        case["nik"], about=about, regions=known, family=family, today=today(), most=LOOKED_AT
    )


def sex_said(person: Case) -> Sex | None:
    return sex_of(person["sex"])


def birth_date_said(person: Case) -> date | None:
    return date.fromisoformat(person["birth_date"]) if person["birth_date"] else None
