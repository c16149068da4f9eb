"""The determination of an arrival: people live elsewhere from now on.

The people stay who they are, with their DTKS ids. Sheets stay with the household that was left,
whose answers they are. Any number of arrivals take the same few statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.arrivals import Home, homes
from app.commands.kinds.base import Follows
from app.commands.kinds.followings import follow
from app.commands.kinds.new_families import NUMBERS
from app.commands.nik_settling import settle
from app.db import claims, niks
from app.db.audit import Move, record_all
from app.db.held import hold
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Family, Household, Member
from app.domain import moves as rules
from app.domain.actors import Actor
from app.domain.dtks_ids import DtksKind, dtks_id
from app.domain.errors import Fault, Refusal
from app.domain.households import FAMILIES, HOUSEHOLDS, MEMBERS, RecordAction, RecordState
from app.domain.moves import (
    FamilyKey,
    NoLongerAsAgreed,
    Resident,
    family_key,
    people_of,
    placed,
)
from app.domain.proposals import PROPOSALS, ProposalAction, ProposalState
from app.domain.workflow import Ground

A, S = RecordAction, RecordState
DETERMINED_TOGETHER = "Ditetapkan bersama kedatangannya di desa/kelurahan tujuan."
MOVED = "moved"  # of the closed list of reasons
SETTLED = (
    "number",
    "family_id",
    "relation_to_household_head",
    "relation_to_family_head",
    "marital_status",
)


@dataclass(frozen=True)
class Settled:
    """Somebody as he will be, in the household that he comes into."""

    id: UUID
    number: int
    family_id: UUID
    relation_to_household_head: int
    relation_to_family_head: int
    marital_status: int | None
    state: RecordState = S.REGISTERED


class Moving:
    """What one decree changes, so far: later arrivals find what earlier ones have left."""

    def __init__(self, at: Mapping[UUID, Home]) -> None:
        self.households = {each: home.household for each, home in at.items()}
        self.families = {each: list(home.families) for each, home in at.items()}
        self.residents: dict[UUID, dict[UUID, Resident]] = {
            each: {member.id: member for member in home.members} for each, home in at.items()
        }
        self.cards = {f.id: f.card_number for home in at.values() for f in home.families}
        self.founded: list[Family] = []
        self.keys: dict[UUID, FamilyKey] = {}  # what each of them was founded for
        self.joined: dict[UUID, Family] = {}
        self.arrived: dict[UUID, Household] = {}
        self.moved: list[Move] = []
        self.departures: list[Proposal] = []

    def home(self, household_id: UUID) -> Home:
        return Home(
            self.households[household_id],
            self.families[household_id],
            list(self.residents[household_id].values()),
        )

    def take(self, arrival: Proposal, departure: Proposal, by: Actor) -> None:
        """All of it, or a refusal before anything is changed."""
        home = self.home(arrival.household_id)
        movers = self._movers(departure)
        kept = [each.family_id or each.id for each in movers]
        faults = list(placed(arrival.asks, home.place, kept))
        if faults or home.household.state is S.INACTIVE:
            raise NoLongerAsAgreed(faults)
        for person, member in zip(people_of(arrival.asks), movers, strict=True):
            self._settle(home.household, person, member, by)
            del self.residents[departure.household_id][member.id]
        self.arrived[home.household.id] = home.household
        self.departures.append(departure)

    def _movers(self, departure: Proposal) -> list[Member]:
        if departure.state is not ProposalState.AWAITING_OTHER_VILLAGE:
            raise NoLongerAsAgreed
        there = self.residents[departure.household_id]
        left = {
            str(each.id): each
            for each in there.values()
            if isinstance(each, Member) and each.state is S.REGISTERED
        }
        named: list[str] = departure.asks["member_ids"]
        gone = [
            Fault(f"/asks/people/{number}", "gone", rules.GONE)
            for number, each in enumerate(named)
            if each not in left
        ]
        if gone:
            raise NoLongerAsAgreed(gone)
        return [left[each] for each in named]

    def _settle(
        self, household: Household, person: Mapping[str, Any], member: Member, by: Actor
    ) -> None:
        family = self._family(household, person, member)
        there = self.residents[household.id]
        settled = Settled(
            id=member.id,
            number=min(1 + max((each.number or 0 for each in there.values()), default=0), 99),
            family_id=family.id,
            relation_to_household_head=person["relation_to_household_head"],
            relation_to_family_head=person["relation_to_family_head"],
            marital_status=person.get("marital_status") or member.marital_status,
        )
        there[member.id] = settled
        place = {"household_id": household.id, "scope_code": household.scope_code}
        step = MEMBERS.step(member.state, A.RELOCATE, by=by)
        changes = {name: getattr(settled, name) for name in SETTLED}
        self.moved.append(Move(member, step, {**place, **changes}))

    def _family(self, household: Household, person: Mapping[str, Any], member: Member) -> Family:
        """One that is there, or one of its own: with a new card, or with the one they have."""
        key = family_key(person, kept=member.family_id or member.id)
        there = self.families[household.id]
        found = next((each for each in there if key in {each.id, self.keys.get(each.id)}), None)
        if found is None:
            found = self._found(household, key, self.cards.get(member.family_id or member.id))
        self.joined[found.id] = found
        return found

    def _found(self, household: Household, key: FamilyKey, kept: str | None) -> Family:
        taken = {each.number for each in self.families[household.id]}
        family = Family(
            household_id=household.id,
            scope_code=household.scope_code,
            number=next(n for n in range(1, rules.MOST_FAMILIES + 1) if n not in taken),
            card_number=kept if str(key).startswith(rules.KEPT) else str(key),
        )
        self.keys[family.id] = key
        self.founded.append(family)
        self.families[household.id].append(family)
        return family


async def determined(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Those who arrive are moved, and their departures determined with them."""
    linked = [each.linked_id for each in about if each.linked_id]
    departures = await hold(session, linked, within=by.region)
    ids = {each.household_id for each in [*about, *departures.values()]}
    at = await homes(session, ids, within=by.region)
    moving = Moving(at)
    follows: Follows = {}
    for each in about:
        try:
            moving.take(each, departures[each.linked_id or each.id], by)
            follows[each.id] = {}
        except Refusal as refusal:
            follows[each.id] = refusal
    await _carry_out(session, moving, by)
    await _conclude(session, about, follows, moving, by)
    return follows


async def _carry_out(session: AsyncSession, moving: Moving, by: Actor) -> None:
    begun = FAMILIES.begin(by=by)
    await record_all(session, Family, [Move(each, begun) for each in moving.founded])
    await _register(session, moving, by)
    homes_left = [moving.home(each.household_id) for each in moving.departures]
    staying = {member.family_id for home in homes_left for member in home.members}
    await follow(session, moving.moved, staying=staying, by=by)
    await record_all(session, Member, moving.moved)
    ids = [each.subject.id for each in moving.moved]
    await niks.release(session, ids)  # a holder is kept with his village
    await niks.claim(session, ids)
    await _vacate(session, moving, by)
    await settle(session, [each.household_id for each in moving.departures], by=by)


async def _register(session: AsyncSession, moving: Moving, by: Actor) -> None:
    """New households with a DTKS id of their own, new families, and those that had no one yet."""
    new = [each for each in moving.arrived.values() if each.state is S.PROPOSED]
    numbers = await session.scalar(NUMBERS, {"count": len(new)})
    given = [{"dtks_id": dtks_id(DtksKind.HOUSEHOLD, number)} for number in numbers]
    households = [
        Move(each, HOUSEHOLDS.step(each.state, A.REGISTER, by=by), changes)
        for each, changes in zip(new, given, strict=True)
    ]
    families = [
        Move(each, FAMILIES.step(each.state, A.REGISTER, by=by))
        for each in moving.joined.values()
        if each.state is S.PROPOSED
    ]
    await record_all(session, Household, households)
    await record_all(session, Family, families)


async def _vacate(session: AsyncSession, moving: Moving, by: Actor) -> None:
    """What is left by all: the household, and its families of which nobody stays."""
    empty: dict[type, list[Move]] = {Family: [], Household: []}
    for departure in {each.household_id: each for each in moving.departures}.values():
        out = {
            "inactive_reason": MOVED,
            "inactive_on": departure.asks["moved_on"],
            "inactive_by": departure.id,
        }
        for each in _left_by_all(moving.home(departure.household_id)):
            flow = HOUSEHOLDS if isinstance(each, Household) else FAMILIES
            step = flow.step(each.state, A.TAKE_OUT, by=by)
            empty[type(each)].append(Move(each, step, out))
    for table, moves in empty.items():
        await record_all(session, table, moves)


def _left_by_all(home: Home) -> list[Household | Family]:
    peopled = {each.family_id for each in home.members}
    families = [f for f in home.families if f.id not in peopled and f.state is S.REGISTERED]
    return [*families, *([] if home.members else [home.household])]


async def _conclude(
    session: AsyncSession,
    arrivals: Sequence[Proposal],
    follows: Follows,
    moving: Moving,
    by: Actor,
) -> None:
    departures = moving.departures
    told = {Ground.NOTE: DETERMINED_TOGETHER}
    steps = [
        PROPOSALS.step(
            each.state,
            ProposalAction.CONCLUDE,
            by=by,
            grounds=told,
            to=ProposalState.DETERMINED,
        )
        for each in departures
    ]
    await record_all(
        session, Proposal, [Move(*each) for each in zip(departures, steps, strict=True)]
    )
    through = [each for each in arrivals if not isinstance(follows[each.id], Refusal)]
    await claims.release(session, [*through, *departures])
