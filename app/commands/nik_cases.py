"""Opening NIK cases, leading them on, and repairing what they are about.

A repair goes the road of the record: a draft is edited, a registered one gets a proposal to correct
it, which climbs like any other. The file of a village and a click take the same road, `repair`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.households import amend_family, amend_member
from app.commands.kinds.new_families import HELD, NikHeldElsewhere
from app.commands.nik_settling import settle_all
from app.commands.proposals import Meant, amend, draft
from app.db import families, households, members, nik_cases, niks, proposals, regions
from app.db.audit import Move, expect, record, record_all
from app.db.tables.audit import AuditEntry
from app.db.tables.nik_cases import NikCase
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Family, Household, Member
from app.domain import nik_cases as rules
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.errors import Fault
from app.domain.households import RecordState
from app.domain.nik_cases import NIK_CASES, Corrections, Differing, NikCaseAction, NothingCorrected
from app.domain.niks import without_white_space
from app.domain.proposals import ProposalKind, ProposalState
from app.domain.regions import Region
from app.domain.workflow import Ground, Step

A = NikCaseAction
AT_ONCE = 1000  # cases that one request opens
Grounds = Mapping[Ground, object]


@dataclass(frozen=True)
class Campaign:
    """Where, until when, whether doubts count too; and the letter that it rests on."""

    region: Region
    due_on: date | None = None
    doubtful: bool = True
    grounds: Grounds = field(default_factory=dict)


@dataclass(frozen=True)
class Opened:
    opened: int
    settled: int
    more: bool  # there are others: the same once more opens them


async def open_all(session: AsyncSession, campaign: Campaign, *, by: Actor) -> Opened:
    """A case for everybody there who has none and should; as many as one request may take."""
    begun = NIK_CASES.begin(by=by)
    step = Step(begun.workflow, begun.action, None, begun.target, by, campaign.grounds)
    await nik_cases.take_turn(session, campaign.region)
    settled = await settle_all(session, campaign.region, by=by, most=AT_ONCE)
    found = await nik_cases.wanting(
        session, within=campaign.region, doubtful=campaign.doubtful, most=AT_ONCE + 1
    )
    moves = [_opened(each, step, campaign.due_on) for each in found[:AT_ONCE]]
    await record_all(session, NikCase, moves)
    return Opened(len(moves), settled, len(found) > AT_ONCE or settled == AT_ONCE)


def _opened(found: Mapping[str, Any], step: Step[Any, Any], due_on: date | None) -> Move:
    case = NikCase(
        member_id=found["id"],
        household_id=found["household_id"],
        scope_code=found["scope_code"],
        problems=list(found["problems"]),
        due_on=due_on,
        created_by=step.actor.id,
    )
    told: dict[str, list[object]] = {
        "/member_id": [None, str(case.member_id)],
        "/problems": [None, case.problems],
    }
    if due_on is not None:
        told["/due_on"] = [None, due_on.isoformat()]
    return Move(case, step, told=told)


# --- steps


@dataclass(frozen=True)
class Wanted:
    """A step somebody wants to take, and what goes with it."""

    action: NikCaseAction
    grounds: Grounds
    said: Corrections = field(default_factory=Corrections)


async def move(
    session: AsyncSession, case: NikCase, wanted: Wanted, *, by: Actor, version: int
) -> AuditEntry:
    NIK_CASES.permit(wanted.action, by=by)
    await expect(session, case, version)
    facts = await nik_cases.facts_of(session, case, by=by)
    step = NIK_CASES.step(case.state, wanted.action, by=by, facts=facts, grounds=wanted.grounds)
    if wanted.action is A.REPAIR:
        return await _repaired_by_hand(session, case, step, wanted.said)
    changes, told = _changes(wanted, by)
    return await record(session, case, step, changes=changes, told=told)


Changed = tuple[dict[str, Any], dict[str, list[object]]]


def _changes(wanted: Wanted, by: Actor) -> Changed:
    """The grounds stand in the audit as they are; of an answer only what it is about."""
    changes: dict[str, Any] = {"note": wanted.grounds.get(Ground.NOTE)}
    if wanted.action is A.ASK:
        return {**changes, "asked_by": by.id, "answer": None}, {}
    if wanted.action is A.ANSWER:
        said = {**wanted.said.of_person, **wanted.said.of_family}
        told: dict[str, list[object]] = {"/answer": [None, sorted(said)]}
        return {**changes, "answer": _json(said)}, told
    return changes, {}


async def _repaired_by_hand(
    session: AsyncSession, case: NikCase, step: Step[Any, Any], said: Corrections
) -> AuditEntry:
    repaired = await repair(session, case.member_id, said, by=step.actor)
    if repaired.entry is None:
        raise NothingCorrected
    return repaired.entry


# --- repairing


@dataclass(frozen=True)
class Repaired:
    """What became of it: nothing, where all of it was on record, or proposed, already."""

    changed: bool
    proposal_ids: tuple[UUID, ...] = ()
    entry: AuditEntry | None = None  # of the case, if there is one


@dataclass(frozen=True)
class _Place:
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
    place = await _place(session, member_id, by)
    said = _cleaned(said)
    found = rules.differing(place.member, place.family, said)
    if not (found.of_person or found.of_family):
        return Repaired(changed=False)
    provinces = {(found.of_person.get("nik") or place.member.nik or "")[:2]}
    known = await regions.known_in(session, provinces)
    rules.accept(place.member, found, known, today=today())
    await _free(session, place.member, found)
    return await ROADS.get(place.member.state, _proposed)(session, place, found, said)


async def _place(session: AsyncSession, member_id: UUID, by: Actor) -> _Place:
    member = await members.find(session, member_id, within=by.region)
    household = await households.hold_around(session, member, within=by.region)
    family = None
    if member.family_id is not None:
        family = await families.find(session, member.family_id, within=by.region)
    case = await nik_cases.of_member(session, member_id, within=by.region)
    return _Place(household, member, family, case, by)


def _cleaned(said: Corrections) -> Corrections:
    numbers = (said.nik, said.card_number)
    nik, card = (None if each is None else without_white_space(each) for each in numbers)
    return Corrections(nik, card, said.name, said.birth_date, said.note, said.evidence)


async def _free(session: AsyncSession, member: Member, found: Differing) -> None:
    """Who holds a NIK is told to nobody; that somebody does, before it is proposed."""
    nik = found.of_person.get("nik")
    if nik and await niks.held_if(session, {member.id: nik}):
        raise NikHeldElsewhere([Fault("/nik", "nik_held", HELD)])


async def _edited(
    session: AsyncSession, place: _Place, found: Differing, _: Corrections
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
    session: AsyncSession, place: _Place, found: Differing, said: Corrections
) -> Repaired:
    """A proposal about the person, and another about his family's card."""
    asked = [
        (column, about, _json(changes))
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
    place: _Place,
    about: Mapping[str, Any],
    changes: Mapping[str, Any],
    said: Corrections,
) -> UUID | None:
    """Drafted, or the draft there is amended; None where just that is asked already."""
    asks: dict[str, Any] = {"changes": changes}
    asks |= {"note": said.note} if said.note else {}
    asks |= {"evidence": list(said.evidence)} if said.evidence else {}
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


def _asks_that(proposal: Proposal, changes: Mapping[str, Any]) -> bool:
    asked = proposal.asks.get("changes") or {}
    return all(asked.get(name) == value for name, value in changes.items())


async def _noted(
    session: AsyncSession, place: _Place, changes: Mapping[str, Any]
) -> AuditEntry | None:
    """That it was done stands with the case. Where it is refused, or there is none, it does not."""
    case = place.case
    if case is None or case.state not in NIK_CASES.sources_of(A.REPAIR, place.by.role):
        return None
    step = NIK_CASES.step(case.state, A.REPAIR, by=place.by)
    return await record(session, case, step, changes=changes)


Road = Callable[[AsyncSession, _Place, Differing, Corrections], Awaitable[Repaired]]
ROADS: dict[RecordState, Road] = {RecordState.PROPOSED: _edited}


def _json(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON: a date in its usual form."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }
