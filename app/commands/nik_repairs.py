"""Repairing what a NIK case is about.

A repair goes the road of the record: a draft is edited, a registered one gets a proposal to correct
it, which climbs like any other. The file of a village and a click take the same road, `repair`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.households import amend_family, amend_member
from app.commands.kinds.new_families import HELD, NikHeldElsewhere
from app.commands.proposals import Meant, amend, draft
from app.db import families, households, members, nik_cases, niks, policies, proposals, regions
from app.db.audit import Move, record, record_all
from app.db.tables.audit import AuditEntry
from app.db.tables.nik_cases import NikCase
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Family, Household, Member
from app.domain import nik_cases as rules
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.errors import Fault
from app.domain.households import RecordState
from app.domain.nik_cases import NIK_CASES, Corrections, Differing, NikCaseAction
from app.domain.niks import KnownRegions, without_white_space
from app.domain.proposals import PROPOSALS, ProposalKind, ProposalState

A = NikCaseAction


@dataclass(frozen=True)
class Repaired:
    """What became of it: nothing, where all of it was on record, or proposed, already."""

    changed: bool
    proposal_ids: tuple[UUID, ...] = ()
    entry: AuditEntry | None = None  # of the case, if there is one


@dataclass(frozen=True)
class Place:
    """Whose number it is, and everything around."""

    household: Household
    member: Member
    family: Family | None
    case: NikCase | None
    by: Actor


async def repair_case(
    session: AsyncSession, case_id: UUID, said: Corrections, *, by: Actor
) -> Repaired:
    """The same, by the row id of a workbook."""
    case = await nik_cases.find(session, case_id, within=by.region, by=by)
    return await repair(session, case.member_id, said, by=by)


async def repair(
    session: AsyncSession, member_id: UUID, said: Corrections, *, by: Actor
) -> Repaired:
    """Put right what is wrong of a member: at once in a draft, else by proposing it."""
    NIK_CASES.permit(A.REPAIR, by=by)
    place = await place_of(session, member_id, by)
    said = cleaned(said)
    found = await differing(session, place, said)
    if found is None:
        return Repaired(changed=False)
    await _free(session, place.member, found)
    return await ROADS.get(place.member.state, _proposed)(session, place, found, said)


async def place_of(session: AsyncSession, member_id: UUID, by: Actor) -> Place:
    member = await members.find(session, member_id, within=by.region)
    household = await households.hold_around(session, member, within=by.region)
    family = None
    if member.family_id is not None:
        family = await families.find(session, member.family_id, within=by.region)
    case = await nik_cases.of_member(session, member_id, within=by.region)
    return Place(household, member, family, case, by)


async def differing(session: AsyncSession, place: Place, said: Corrections) -> Differing | None:
    """What would become another, and may; None where all of it is on record already."""
    found = rules.differing(place.member, place.family, said)
    if not (found.of_person or found.of_family):
        return None
    provinces = {(found.of_person.get("nik") or place.member.nik or "")[:2]}
    known = await regions.known_in(session, provinces)
    rules.accept(place.member, found, known, today=today())
    return found


def cleaned(said: Corrections) -> Corrections:
    numbers = (said.nik, said.card_number)
    nik, card = (None if each is None else without_white_space(each) for each in numbers)
    return Corrections(nik, card, said.name, said.birth_date, said.note, said.evidence)


async def _free(session: AsyncSession, member: Member, found: Differing) -> None:
    """Who holds a NIK is told to nobody; that somebody does, before it is proposed."""
    nik = found.of_person.get("nik")
    if nik and await niks.held_if(session, {member.id: nik}):
        raise NikHeldElsewhere([Fault("/nik", "nik_held", HELD)])


async def _edited(
    session: AsyncSession, place: Place, found: Differing, _: Corrections
) -> Repaired:
    """The case first: with the number it may be settled."""
    entry = await _noted(session, place, {})
    if found.of_family and place.family is not None:
        version = place.family.version
        await amend_family(session, place.family, found.of_family, by=place.by, version=version)
    if found.of_person:
        person = place.member
        provinces = {(found.of_person.get("nik") or person.nik or "")[:2]}
        known = await regions.known_in(session, provinces)
        version = person.version
        await amend_member(
            session, person, found.of_person, by=place.by, version=version, known=known
        )
    return Repaired(changed=True, entry=entry)


async def _proposed(
    session: AsyncSession, place: Place, found: Differing, said: Corrections
) -> Repaired:
    """A proposal about the person, and another about his family's card."""
    asked = [
        (column, about, as_json(changes))
        for column, about, changes in (
            ("member_id", place.member.id, found.of_person),
            ("family_id", place.family and place.family.id, found.of_family),
        )
        if changes
    ]
    made = [await _propose(session, place, {c: about}, ch, said) for c, about, ch in asked]
    ids = tuple(each for each in made if each is not None)
    if not ids:
        return Repaired(changed=False)
    entry = await _noted(session, place, {"proposal_id": ids[0]})
    return Repaired(changed=True, proposal_ids=ids, entry=entry)


async def _propose(
    session: AsyncSession,
    place: Place,
    about: Mapping[str, Any],
    changes: Mapping[str, Any],
    said: Corrections,
) -> UUID | None:
    """Drafted, or the draft there is amended; None where just that is asked already."""
    asks = _asks(changes, said)
    before = await proposals.correction_of(
        session, place.household.id, about, within=place.by.region
    )
    if before is not None and _asks_that(before, changes):
        return None
    if before is not None and before.state is ProposalState.DRAFTED:
        asks = {**before.asks, **asks, "changes": {**before.asks.get("changes", {}), **changes}}
        values = {"kind": ProposalKind.CORRECTION, "asks": asks}
        await amend(session, Meant(before.id, before.version), values, by=place.by)
        return before.id
    values = {"kind": ProposalKind.CORRECTION, "asks": asks, **about}
    return (await draft(session, place.household, values, by=place.by)).id


def _asks(changes: Mapping[str, Any], said: Corrections) -> dict[str, Any]:
    asks: dict[str, Any] = {"changes": changes}
    asks |= {"note": said.note} if said.note else {}
    return asks | ({"evidence": list(said.evidence)} if said.evidence else {})


def _asks_that(proposal: Proposal, changes: Mapping[str, Any]) -> bool:
    asked = proposal.asks.get("changes") or {}
    return all(asked.get(name) == value for name, value in changes.items())


async def _noted(
    session: AsyncSession, place: Place, changes: Mapping[str, Any]
) -> AuditEntry | None:
    """That it was done stands with the case. Where it is refused, or there is none, it does not."""
    case = place.case
    if case is None or case.state not in NIK_CASES.sources_of(A.REPAIR, place.by.role):
        return None
    step = NIK_CASES.step(case.state, A.REPAIR, by=place.by)
    return await record(session, case, step, changes=changes)


Road = Callable[[AsyncSession, Place, Differing, Corrections], Awaitable[Repaired]]
ROADS: dict[RecordState, Road] = {RecordState.PROPOSED: _edited}


# --- many at once


@dataclass(frozen=True)
class _Repair:
    """A correction of somebody who is registered."""

    case: Any
    member: Member
    said: Corrections
    found: Differing


async def propose_all(
    session: AsyncSession, wanted: Mapping[UUID, Corrections], *, by: Actor
) -> dict[UUID, UUID]:
    """What most of a workbook is, in a few statements: new corrections of people, by case.

    Whoever is not among them is `repair`'s: a draft, a family card, somebody in whose household
    something is being corrected already, and whatever has to be refused.
    """
    NIK_CASES.permit(A.REPAIR, by=by)
    repairs = await _acceptable(session, await _simple(session, wanted, by))
    policy = (await policies.in_force(session, by.region)).version
    drafts = [_draft_of(each, policy, by) for each in repairs]
    begun = PROPOSALS.begin(by=by)
    await record_all(session, Proposal, [Move(each, begun) for each in drafts])
    moves = [
        Move(
            each.case,
            NIK_CASES.step(each.case.state, A.REPAIR, by=by),
            {"proposal_id": proposal.id},
        )
        for each, proposal in zip(repairs, drafts, strict=True)
    ]
    await record_all(session, NikCase, moves)
    return {e.case.id: proposal.id for e, proposal in zip(repairs, drafts, strict=True)}


async def _simple(
    session: AsyncSession, wanted: Mapping[UUID, Corrections], by: Actor
) -> list[_Repair]:
    cases = await nik_cases.found(session, wanted, within=by.region)
    sources = NIK_CASES.sources_of(A.REPAIR, by.role)
    case_of = {each.member_id: each for each in cases.values() if each.state in sources}
    ids = {each.household_id for each in case_of.values()}
    homes = await households.hold(session, ids, within=by.region)
    free = homes.keys() - await proposals.being_corrected(session, homes, within=by.region)
    there, people = await proposals.people_of_each(session, free, within=by.region)
    family_of: dict[UUID | None, Family] = {each.id: each for each in there}
    registered = [each for each in people if each.state is RecordState.REGISTERED]
    repairs = [
        _Repair(case, member, said, rules.differing(member, family_of.get(member.family_id), said))
        for member in registered
        if (case := case_of.get(member.id)) and (said := cleaned(wanted[case.id]))
    ]
    return [each for each in repairs if each.found.of_person and not each.found.of_family]


async def _acceptable(session: AsyncSession, repairs: Sequence[_Repair]) -> list[_Repair]:
    niks_seen = {r.found.of_person.get("nik") or r.member.nik or "" for r in repairs}
    known = await regions.known_in(session, {nik[:2] for nik in niks_seen})
    true = [each for each in repairs if _is_accepted(each, known)]
    wanted = {r.member.id: r.found.of_person["nik"] for r in true if "nik" in r.found.of_person}
    held = await niks.held_if(session, wanted)
    return [each for each in true if each.member.id not in held]


def _is_accepted(repair: _Repair, known: KnownRegions) -> bool:
    try:
        rules.accept(repair.member, repair.found, known, today=today())
    except rules.CorrectionsNotAccepted:
        return False
    return True


def _draft_of(repair: _Repair, policy: int, by: Actor) -> Proposal:
    member = repair.member
    return Proposal(
        kind=ProposalKind.CORRECTION,
        household_id=member.household_id,
        member_id=member.id,
        scope_code=member.scope_code,
        asks=_asks(as_json(repair.found.of_person), repair.said),
        base_version=member.version,
        created_by=by.id,
        policy_version=policy,
    )


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON: a date in its usual form."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }
