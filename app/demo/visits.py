"""The survey of an invented household: what somebody was told who visited it, on which day."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from app.demo.draws import Draw
from app.demo.dwellings import TURNOVERS, dwelling
from app.demo.lives import OWN_BUSINESS, life, participation
from app.demo.people import HouseholdSketch
from app.demo.regencies import Regency
from app.domain.niks import completed_years

Answers = dict[str, Any]
FIRST_DAY = date(2026, 1, 5)
DAYS = 10
LEFT_OPEN = ("floor_area", "cooking_fuel", "owns_motorcycle")  # by a visitor who was called away


def day_of_visit(number: int) -> date:
    return FIRST_DAY + timedelta(days=number % DAYS)


def answers(
    draw: Draw, regency: Regency, household: HouseholdSketch, ids: Sequence[str], day: date
) -> Answers:
    """`ids` are those of the members, in their order."""
    carded = {family.number: family.card_number is not None for family in household.families}
    lives = [
        life(
            draw,
            regency,
            member,
            completed_years(member.birth_date, day),
            carded=carded[member.family_number],
        )
        for member in household.members
    ]
    businesses = [
        _business(draw, number, told["work_sector"])
        for number, told in enumerate(lives, 1)
        if told.get("work_status") in OWN_BUSINESS and draw.chance(0.3)
    ]
    return {
        "counts": {"member_count": len(lives), "family_count": len(carded)},
        "household": dwelling(draw, regency, len(lives), business=bool(businesses)),
        "participation": participation(draw, lives),
        "members": dict(zip(ids, lives, strict=True)),
        "rosters": {"business": businesses} if businesses else {},
    }


def _business(draw: Draw, number: int, sector: int) -> Answers:
    return {
        "member_number": number,
        "business_sector": sector,
        "worker_count": draw.whole(0, 2),
        "business_place": draw.whole(1, 2),
        "monthly_turnover": draw.among(TURNOVERS),
    }


def broken_off(whole: Answers) -> Answers:
    """Not all was asked, and one answer stands where nothing was to be asked."""
    household = {key: told for key, told in whole["household"].items() if key not in LEFT_OPEN}
    household["gas_customer_number"] = "0000000000"
    return {**whole, "household": household}
