"""Households of the demo as a client sends them: what is entered, and what was answered."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter
from secrets import randbelow, randbits
from typing import Any
from uuid import uuid4

from app.demo import visits
from app.demo.draws import Draw
from app.demo.people import SPOTLESS, FamilySketch, HouseholdSketch, MemberSketch, households
from app.demo.regencies import regency_of

SEX_CODES = {"male": 1, "female": 2}
VISITED_ON = date(2026, 1, 12)


def families(village_code: str) -> Iterator[HouseholdSketch]:
    """Households of one family whose every paper is in order, other ones on every call."""
    fresh = households(randbits(32), village_code, 100, flaws=SPOTLESS)
    return (each for each in fresh if len(each.families) == 1)


def a_family(village_code: str) -> HouseholdSketch:
    """Parents with children."""
    return next(each for each in families(village_code) if len(each.members) > 3)  # noqa: PLR2004


def draft_of(household: HouseholdSketch) -> dict[str, Any]:
    """As it is sent. The client chooses the ids, so that it could have worked offline."""
    return {
        "id": str(uuid4()),
        "village_code": household.village_code,
        "address": household.address,
        "rt": household.rt,
        "rw": household.rw,
        "location": {"latitude": household.latitude, "longitude": household.longitude},
        "families": [_family(family, household.members) for family in household.families],
    }


def sheet_of(household: HouseholdSketch, draft: Mapping[str, Any]) -> dict[str, Any]:
    """What was answered on the visit, by the members as they were sent."""
    sent = [member for family in draft["families"] for member in family["members"]]
    ids = [member["id"] for member in sorted(sent, key=itemgetter("number"))]
    return {
        "id": str(uuid4()),
        "surveyed_on": VISITED_ON.isoformat(),
        "enumerator_name": "Dewi Lestari",
        "respondent_name": household.members[0].name,
        "outcome": 1,
        "answers": visits.answers(
            Draw(str(draft["id"])), regency_of(household.village_code), household, ids, VISITED_ON
        ),
    }


def _family(family: FamilySketch, members: Sequence[MemberSketch]) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "number": family.number,
        "card_number": family.card_number,
        "members": [_member(each) for each in members if each.family_number == family.number],
    }


def _member(member: MemberSketch) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "number": member.number,
        "name": member.name,
        "nik": f"{(member.nik or '')[:12]}{1 + randbelow(9999):04}",
        "sex": SEX_CODES[member.sex],
        "birth_place": member.birth_place,
        "birth_date": member.birth_date.isoformat(),
        "mother_name": member.mother_name,
        "relation_to_household_head": member.relation_to_household_head,
        "relation_to_family_head": member.relation_to_family_head,
        "marital_status": member.marital_status,
    }
