"""The arrival of a move: people are taken in by the village they come to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.base import Follows
from app.commands.kinds.departures import as_asked, content, evident, linked, unchanged
from app.commands.kinds.records import documents_of
from app.db import claims, households, moves, proposals
from app.db.audit import MovedMeanwhile
from app.db.claims import Claim
from app.db.elsewhere import elsewhere
from app.db.moves import Origin
from app.db.tables.base import now
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Family, Household, Member
from app.domain import moves as rules
from app.domain.actors import Actor
from app.domain.asks import AskedAlready
from app.domain.errors import Fault, Refusal
from app.domain.households import RecordState
from app.domain.moves import (
    BusyElsewhere,
    Direction,
    HouseholdDoesNotFit,
    MoveNotComplete,
    NobodyOnRecord,
    NotOneHousehold,
    Place,
    Resident,
)
from app.domain.proposals import PROPOSALS
from app.domain.regions import Region

HEAD = rules.HEAD
Asked = list[tuple[Proposal, list[UUID]]]


@dataclass(frozen=True)
class Home:
    """The household that people come into, with its families and members."""

    household: Household
    families: Sequence[Family]
    members: Sequence[Resident]

    @property
    def place(self) -> Place:
        return Place(
            any(each.relation_to_household_head == HEAD for each in self.members),
            {
                family.id: any(
                    each.family_id == family.id and each.relation_to_family_head == HEAD
                    for each in self.members
                )
                for family in self.families
            },
        )

    def fits(self) -> None:
        """Into a household that is registered, or a draft of nobody's."""
        state = self.household.state
        if state is RecordState.INACTIVE or (state is RecordState.PROPOSED and self.members):
            raise HouseholdDoesNotFit


def chosen(proposal: Proposal) -> UUID:
    """The household of arrival: the one it was drafted for, or another that was named since."""
    named = proposal.asks.get("household_id")
    return UUID(named) if named else proposal.household_id


async def homes(session: AsyncSession, ids: Iterable[UUID], *, within: Region) -> dict[UUID, Home]:
    ids = list(ids)
    found = await households.hold(session, ids, within=within)
    families, members = await proposals.people_of_each(session, ids, within=within)
    families_of: dict[UUID, list[Family]] = defaultdict(list)
    members_of: dict[UUID, list[Resident]] = defaultdict(list)
    for family in families:
        families_of[family.household_id].append(family)
    for member in members:
        members_of[member.household_id].append(member)
    return {
        each: Home(household, families_of[each], members_of[each])
        for each, household in found.items()
    }


async def submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Freeze who comes and how they will live; where nobody asked before, ask their village."""
    found = await homes(session, map(chosen, about), within=by.region)
    papers = await documents_of(session, about, by)
    follows: Follows = {}
    for each in about:
        try:
            evident(each, papers[each.id])
            follows[each.id] = _frozen(each, found.get(chosen(each)), by)
        except Refusal as refusal:
            follows[each.id] = refusal
    follows |= await _claim(session, [p for p in about if isinstance(follows[p.id], dict)], found)
    fresh = [p for p in about if isinstance(follows[p.id], dict) and p.linked_id is None]
    refused = await _ask_for(session, fresh, by)
    await claims.release(session, [p for p in fresh if p.id in refused])
    return follows | refused


def _frozen(proposal: Proposal, home: Home | None, by: Actor) -> dict[str, object]:
    if home is None or home.household.scope_code != proposal.scope_code:
        raise HouseholdDoesNotFit
    home.fits()
    faults = list(rules.placed(proposal.asks, home.place))
    if home.household.state is RecordState.PROPOSED and not home.household.address:
        faults.append(Fault("/household/address", "missing", rules.NO_ADDRESS))
    if faults:
        raise MoveNotComplete(faults)
    unchanged(proposal, proposal.asks)
    household = home.household
    return {
        "household_id": household.id,
        "content": {
            "subject": {"household_id": str(household.id), "dtks_id": household.dtks_id},
            "now": (proposal.content or {}).get("now"),
            **as_asked(proposal.asks),
        },
        "submitted_by": by.id,
        "submitted_at": now(),
    }


async def _claim(
    session: AsyncSession, about: Sequence[Proposal], found: Mapping[UUID, Home]
) -> Follows:
    """A draft household is taken into by one arrival."""
    wanted = [
        Claim(chosen(each), "state", each)
        for each in about
        if found[chosen(each)].household.state is RecordState.PROPOSED
    ]
    return {each.claim.proposal.id: AskedAlready() for each in await claims.lay(session, wanted)}


async def _ask_for(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Find by NIK whom it asks for, and draft the departure where they are on record."""
    refused: Follows = {}
    by_village: dict[int, Asked] = defaultdict(list)
    found = await moves.origins(session, about) if about else {}
    for each in about:
        try:
            scope_code, people = _one_origin(each, found[each.id])
            by_village[scope_code].append((each, people))
        except Refusal as refusal:
            refused[each.id] = refusal
    for scope_code, asked in by_village.items():
        village = Region(str(scope_code))
        async with elsewhere(session, village):
            answers = await _ask_village(session, asked, village, by)
        refused |= {each: a for each, a in answers.items() if isinstance(a, Refusal)}
        asking = [arrival for arrival, _ in asked if arrival.id not in refused]
        await moves.link(session, asking, [a for a in answers.values() if isinstance(a, Proposal)])
    return refused


def _one_origin(proposal: Proposal, found: Mapping[int, Origin]) -> tuple[int, list[UUID]]:
    people = rules.people_of(proposal.asks)
    unknown = [number for number in range(len(people)) if number not in found]
    if unknown:
        raise NobodyOnRecord(
            Fault(f"/asks/people/{n}/nik", "nik_not_on_record", rules.NOT_ON_RECORD)
            for n in unknown
        )
    if len({each.scope_code for each in found.values()}) > 1:
        raise NotOneHousehold
    return found[0].scope_code, [found[number].member_id for number in range(len(people))]


async def _ask_village(
    session: AsyncSession, asked: Asked, village: Region, by: Actor
) -> dict[UUID, Proposal | Refusal]:
    """In the village of origin: a departure for each, or why there is none. Nothing of what is
    found here is told where it was asked. Whoever is asked for is spoken for from now on: the next
    village to ask hears of it at once."""
    ids = [each for _, people in asked for each in people]
    there = await moves.people(session, ids, within=village)
    left = {each.household_id for each in there.values()}
    found = await households.hold(session, left, within=village)
    busy = await moves.claimed(session, ids)
    wanted: list[Claim] = []
    answers: dict[UUID, Proposal | Refusal] = {}
    for arrival, people in asked:
        try:
            members = _free(people, there, busy)
            household = found[_left(members, arrival)]
            departure = await _depart(session, arrival, household, members, by)
            answers[arrival.id] = departure
            busy |= set(people)
            wanted += [Claim(each.id, "state", departure) for each in members]
        except Refusal as refusal:
            answers[arrival.id] = refusal
    if await claims.lay(session, wanted):
        raise MovedMeanwhile(name=PROPOSALS.name)
    return answers


def _free(people: Sequence[UUID], there: Mapping[UUID, Member], busy: set[UUID]) -> list[Member]:
    faults = [
        Fault(f"/asks/people/{number}/nik", "in_another_proposal", rules.IN_ANOTHER)
        for number, each in enumerate(people)
        if each in busy or each not in there or there[each].state is not RecordState.REGISTERED
    ]
    if faults:
        raise BusyElsewhere(faults)
    return [there[each] for each in people]


def _left(members: Sequence[Member], arrival: Proposal) -> UUID:
    ids = {each.household_id for each in members}
    if len(ids) > 1:
        raise NotOneHousehold
    (left,) = ids
    if left == chosen(arrival):
        raise MoveNotComplete([Fault("/asks/household_id", "same", rules.OWN_HOUSEHOLD)])
    return left


async def _depart(
    session: AsyncSession,
    arrival: Proposal,
    household: Household,
    members: Sequence[Member],
    by: Actor,
) -> Proposal:
    asks: dict[str, Any] = {
        "direction": Direction.DEPARTURE,
        "member_ids": [str(each.id) for each in members],
        "to_village_code": str(arrival.scope_code),
        "moved_on": arrival.asks["moved_on"],
    }
    frozen = content(arrival, household, members, asks)
    frozen["now"]["village_code"] = str(household.scope_code)
    return await linked(session, arrival, household, asks=asks, frozen=frozen, by=by)
