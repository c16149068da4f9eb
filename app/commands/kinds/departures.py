"""The departure of a move: people are let go by the village of origin."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.base import Follows
from app.commands.kinds.records import documents_of
from app.db import claims, households, moves, policies, proposals
from app.db.audit import record
from app.db.audit_rows import kept
from app.db.claims import Claim
from app.db.elsewhere import elsewhere
from app.db.tables.base import now
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Household, Member
from app.domain import asks, evidence
from app.domain import moves as rules
from app.domain.actors import Actor
from app.domain.errors import Fault, Refusal
from app.domain.households import HOUSEHOLDS, RecordState
from app.domain.moves import Direction, HouseholdDoesNotFit, MoveNotComplete, OtherVillageKnows
from app.domain.proposals import PROPOSALS, ProposalKind
from app.domain.regions import Region

# Where somebody is on record, that he is, and how he stands to the others there.
CLAIMED = (
    "household",
    "state",
    "family_id",
    "relation_to_household_head",
    "relation_to_family_head",
)
OF_A_PERSON = (
    "id",
    "dtks_id",
    "name",
    "nik",
    "sex",
    "birth_date",
    "family_id",
    "relation_to_household_head",
    "relation_to_family_head",
)


@dataclass(frozen=True)
class Home:
    """The household that is left, and who is registered in it."""

    household: Household
    members: Sequence[Member]


def movers(proposal: Proposal, members: Iterable[Member]) -> list[Member]:
    """Those it names, in that order; all of the household where it names nobody."""
    by_id = {str(each.id): each for each in members}
    return [by_id[each] for each in proposal.asks.get("member_ids") or by_id if each in by_id]


def content(
    proposal: Proposal, household: Household, people: Iterable[Member], asks: Mapping[str, Any]
) -> dict[str, Any]:
    """What is frozen: who is on record where, and what is asked."""
    said = [each.model_dump(mode="json", include=set(OF_A_PERSON)) for each in people]
    return {
        "subject": {"household_id": str(household.id), "dtks_id": household.dtks_id},
        "now": {"village_code": str(proposal.scope_code), "members": said},
        **as_asked(asks),
    }


def as_asked(asks: Mapping[str, Any]) -> dict[str, Any]:
    beside = {"note", "evidence", "moved_on"}
    return {
        "proposed": {name: value for name, value in asks.items() if name not in beside},
        "reason": asks.get("note"),
        "effective_on": asks.get("moved_on"),
        "evidence": asks.get("evidence") or [],
    }


async def submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Freeze who leaves, lay claim to them, and tell the village of arrival."""
    homes = await _homes(session, about, by)
    codes = {each.asks.get("to_village_code") or "" for each in about}
    known = await moves.villages(session, codes)
    papers = await documents_of(session, about, by)
    follows: Follows = {}
    for each in about:
        try:
            evident(each, papers[each.id])
            follows[each.id] = _frozen(each, homes[each.id], known, by)
        except Refusal as refusal:
            follows[each.id] = refusal
    follows |= await _claim(session, [p for p in about if isinstance(follows[p.id], dict)], homes)
    await _announce(session, [p for p in about if isinstance(follows[p.id], dict)], follows, by)
    return follows


async def _homes(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> dict[UUID, Home]:
    ids = [each.household_id for each in about]
    found = await households.hold(session, ids, within=by.region)
    _, members = await proposals.people_of_each(session, ids, within=by.region)
    there: dict[UUID, list[Member]] = defaultdict(list)
    for member in members:
        if member.state is RecordState.REGISTERED:
            there[member.household_id].append(member)
    return {each.id: Home(found[each.household_id], there[each.household_id]) for each in about}


def _frozen(proposal: Proposal, home: Home, villages: set[str], by: Actor) -> dict[str, object]:
    if home.household.state is not RecordState.REGISTERED:
        raise HouseholdDoesNotFit
    faults = list(rules.leaving(proposal.asks, [each.id for each in home.members], villages))
    if faults:
        raise MoveNotComplete(faults)
    people = movers(proposal, home.members)
    said = {**proposal.asks, "member_ids": [str(each.id) for each in people]}
    unchanged(proposal, said)
    return {
        "asks": said,
        "content": content(proposal, home.household, people, said),
        "submitted_by": by.id,
        "submitted_at": now(),
    }


def evident(proposal: Proposal, documents: Collection[str]) -> None:
    """Nothing has to be shown for a move; what is shown, is there."""
    asked = proposal.asks
    faults = [*evidence.wanting(asked, ()), *evidence.unknown(asked, documents)]
    if faults:
        raise MoveNotComplete(faults)


def unchanged(proposal: Proposal, asks: Mapping[str, Any]) -> None:
    """What the other village has been told stays."""
    if proposal.linked_id and rules.who(asks) != rules.who((proposal.content or {})["proposed"]):
        raise OtherVillageKnows


async def _claim(
    session: AsyncSession, about: Sequence[Proposal], homes: Mapping[UUID, Home]
) -> Follows:
    wanted = [
        Claim(member.id, field, each)
        for each in about
        for member in movers(each, homes[each.id].members)
        for field in CLAIMED
    ]
    faults: dict[UUID, list[Fault]] = defaultdict(list)
    for taken in await claims.lay(session, wanted):
        other = (taken.other_id, taken.other_kind, taken.other_state)
        faults[taken.claim.proposal.id].append(asks.taken(taken.claim.field, *other))
    return {each: asks.AskedAlready(found) for each, found in faults.items()}


async def _announce(
    session: AsyncSession, about: Sequence[Proposal], follows: Mapping[UUID, Any], by: Actor
) -> None:
    """The arrival is drafted where they go, for that village to complete."""
    by_village: dict[str, list[Proposal]] = defaultdict(list)
    for each in about:
        if each.linked_id is None:
            by_village[each.asks["to_village_code"]].append(each)
    for code, departures in by_village.items():
        village = Region(code)
        async with elsewhere(session, village):
            arrivals = [await _expect(session, p, follows[p.id]["content"], by) for p in departures]
        await moves.link(session, departures, arrivals)


async def _expect(
    session: AsyncSession, departure: Proposal, frozen: Mapping[str, Any], by: Actor
) -> Proposal:
    """A draft household stands ready for whoever arrives; another may be chosen."""
    village = Region(frozen["proposed"]["to_village_code"])
    household = Household(scope_code=village.first, created_by=by.id)
    await record(session, household, HOUSEHOLDS.begin(by=by))
    asks = {
        "direction": Direction.ARRIVAL,
        "people": [{"member_id": each} for each in frozen["proposed"]["member_ids"]],
        "moved_on": departure.asks["moved_on"],
    }
    told = {
        "subject": {"household_id": str(household.id), "dtks_id": None},
        "now": frozen["now"],
        **as_asked(asks),
    }
    return await linked(session, departure, household, asks=asks, frozen=told, by=by)


async def linked(  # noqa: PLR0913 - one end of a move, made from the other
    session: AsyncSession,
    other: Proposal,
    household: Household,
    *,
    asks: dict[str, Any],
    frozen: dict[str, Any],
    by: Actor,
) -> Proposal:
    """The other end, drafted for its village, which is where this transaction is just now."""
    village = Region(str(household.scope_code))
    proposal = Proposal(
        kind=ProposalKind.MOVE,
        household_id=household.id,
        scope_code=household.scope_code,
        created_by=by.id,
        policy_version=(await policies.in_force(session, village)).version,
        asks=asks,
        content=frozen,
        linked_id=other.id,
        linked_scope_code=other.scope_code,
    )
    told = {"/content": [None, kept(frozen)]}
    await record(session, proposal, PROPOSALS.begin(by=by), told=told)
    return proposal
