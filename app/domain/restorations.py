"""Restorations (pemulihan): what a removal took out comes back as it was, with its DTKS id."""

from typing import Any
from uuid import UUID

from app.domain import evidence
from app.domain.errors import Fault, Said
from app.domain.reasons import Scope
from app.domain.records import (
    INACTIVE,
    REGISTERED,
    About,
    NotTakenOut,
    Plan,
    Record,
    new_errors,
    relations,
)

BACK: dict[str, Any] = {
    "state": REGISTERED,
    "inactive_reason": None,
    "inactive_on": None,
    "inactive_by": None,
}
WHY = Said(id="Jelaskan mengapa data ini dipulihkan.", en="Say why this is to come back.")
NOT_YET = Said(
    id="{scope} orang ini dikeluarkan oleh usulan lain. Pulihkan itu lebih dahulu.",
    en="His {scope} was taken out by another proposal. Restore that first.",
)
NUMBER_TAKEN = Said(
    id="Nomor urut keluarga ini sudah dipakai keluarga lain. Koreksi nomor keluarga itu dahulu.",
    en="Another family has this family's number now. Correct the number of that one first.",
)


def opens(about: About) -> None:
    """Refuse what is not out, or never was more than a draft."""
    record = about.record
    was_in = getattr(record, "dtks_id", None) or record.inactive_by
    if record.state != INACTIVE or not was_in:
        raise NotTakenOut


def plan(about: About) -> tuple[Plan, list[Fault]]:
    """Whatever went out together with the subject comes back with it, as far as it lies in it."""
    home, by = about.home, about.record.inactive_by
    others, faults = relations(about)
    members = [each for each in home.members if _goes_along(about, each, by)]
    needed = {each.family_id for each in members}
    families = [each for each in home.families if _family_back(about, each, by, needed)]
    is_out = home.household.state == INACTIVE and home.household.inactive_by == by
    found = Plan(
        BACK if is_out else {},
        {each.id: BACK for each in families},
        {**others, **{each.id: BACK for each in members}},
    )
    faults += [*_grounds(about), *_around(about, found, members), *_numbers(about, found)]
    return found, [*faults, *new_errors(home, found)]


def _goes_along(about: About, member: Record, by: UUID | None) -> bool:
    is_out = member.state == INACTIVE and member.dtks_id is not None and member.inactive_by == by
    lies_in = {
        Scope.PERSON: member.id == about.record.id,
        Scope.FAMILY: member.family_id == about.record.id,
        Scope.HOUSEHOLD: True,
    }
    return is_out and lies_in[about.scope]


def _family_back(about: About, family: Record, by: UUID | None, needed: set[UUID | None]) -> bool:
    is_out = family.state == INACTIVE and family.inactive_by == by
    is_meant = family.id in needed or about.scope is Scope.HOUSEHOLD
    return is_out and (is_meant or family.id == about.record.id)


def _grounds(about: About) -> list[Fault]:
    faults = [] if about.asks.get("note") else [Fault("/asks/note", "missing", WHY)]
    given = about.asks.get("evidence")
    nothing = [Fault("/asks/evidence", "missing", evidence.WANTED, {"types": sorted(evidence.ANY)})]
    return [*faults, *(evidence.wanting(about.asks, ()) if given else nothing)]


def _around(about: About, found: Plan, members: list[Record]) -> list[Fault]:
    """Nobody comes back into what is out."""
    after = about.home.after(found)
    if not after.is_registered:
        return [Fault("/household_id", "out", NOT_YET, {"scope": "household"})]
    there = {each.id for each in after.families_now}
    lost = [each for each in members if each.family_id not in {None, *there}]
    return [Fault("/family_id", "out", NOT_YET, {"scope": "family"})] if lost else []


def _numbers(about: About, found: Plan) -> list[Fault]:
    numbers = [each.number for each in about.home.after(found).families_now]
    twice = len(numbers) > len(set(numbers))
    return [Fault("/family_id", "number_taken", NUMBER_TAKEN)] if twice else []
