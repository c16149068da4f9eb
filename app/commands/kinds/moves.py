"""A move (pindah): a departure and an arrival, each a proposal of its own village."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds import arrivals, departures
from app.commands.kinds.base import Follow, Follows, Kind
from app.commands.kinds.relocations import determined
from app.db import claims, proposals
from app.db.audit import Move, record_all
from app.db.elsewhere import elsewhere
from app.db.held import hold
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Household
from app.domain.actors import Actor
from app.domain.errors import Refusal
from app.domain.households import RecordState
from app.domain.moves import (
    Direction,
    HouseholdDoesNotFit,
    MoveHasEnded,
    OtherVillageGoesOn,
    direction_of,
)
from app.domain.proposals import ENDED, IN_THE_VILLAGE, PROPOSALS, ProposalAction, ProposalState
from app.domain.regions import Region
from app.domain.workflow import Ground

A, S = ProposalAction, ProposalState
OF_DIRECTION = {Direction.DEPARTURE: departures.submitted, Direction.ARRIVAL: arrivals.submitted}
TOLD = {
    S.REJECTED: "Usulan pasangannya di desa/kelurahan lain ditolak.",
    S.WITHDRAWN: "Usulan pasangannya di desa/kelurahan lain ditarik.",
}


async def _drafted(_: AsyncSession, household: Household, proposal: Proposal, __: Actor) -> None:
    """From a household that is registered, into one that is not inactive."""
    fits = {
        Direction.DEPARTURE: household.state is RecordState.REGISTERED,
        Direction.ARRIVAL: household.state is not RecordState.INACTIVE,
    }
    if not fits[direction_of(proposal.asks)]:
        raise HouseholdDoesNotFit


async def _submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    follows: Follows = {}
    for direction, submitted in OF_DIRECTION.items():
        going = [each for each in about if direction_of(each.asks) is direction]
        if going:
            follows |= await submitted(session, going, by)
    return follows


def _by_other_village(about: Iterable[Proposal]) -> list[tuple[Region, list[Proposal]]]:
    villages: dict[int, list[Proposal]] = defaultdict(list)
    for each in about:
        if each.linked_scope_code is not None:
            villages[each.linked_scope_code].append(each)
    return [(Region(str(code)), villages[code]) for code in sorted(villages)]


async def _others(
    session: AsyncSession, about: Sequence[Proposal], village: Region
) -> list[tuple[Proposal, Proposal]]:
    """Each with its other end, which is held: from within the village where that lies."""
    found = await hold(session, [p.linked_id for p in about if p.linked_id], within=village)
    return [(each, found[each.linked_id]) for each in about if each.linked_id in found]


async def _met(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> None:
    """Both villages are there: the arrival goes on up the tiers, the departure waits for it."""
    for village, here in _by_other_village(about):
        async with elsewhere(session, village):
            both = [
                (own, other)
                for own, other in await _others(session, here, village)
                if other.state is S.AWAITING_OTHER_VILLAGE
            ]
            await _go_on(session, [(other, own) for own, other in both], by)
        await _go_on(session, both, by)


async def _go_on(
    session: AsyncSession, pairs: Sequence[tuple[Proposal, Proposal]], by: Actor
) -> None:
    """The first of each pair. Where people come from is told where they come to from now on."""
    facts = await proposals.facts_of(session, [one.id for one, _ in pairs], for_=by)
    moves = []
    for one, other in pairs:
        if direction_of(one.asks) is Direction.DEPARTURE:
            moves.append(Move(one, PROPOSALS.step(one.state, A.RELEASE, by=by)))
        else:
            step = PROPOSALS.step(one.state, A.MEET, by=by, facts=facts[one.id])
            moves.append(Move(one, step, {"content": _told(one, other)}))
    await record_all(session, Proposal, moves)


def _told(arrival: Proposal, departure: Proposal) -> Mapping[str, object]:
    return {**(arrival.content or {}), "now": (departure.content or {})["now"]}


async def _ended(
    session: AsyncSession, about: Sequence[Proposal], by: Actor, *, target: ProposalState
) -> Follows:
    """What ends in one village ends in the other, unless the tiers above have it by now."""
    follows: Follows = {each.id: {} for each in about}
    for village, here in _by_other_village(about):
        async with elsewhere(session, village):
            both = await _others(session, here, village)
            live = [(own, other) for own, other in both if other.state not in ENDED]
            above = [own for own, other in live if other.state not in IN_THE_VILLAGE]
            follows |= {own.id: OtherVillageGoesOn() for own in above}
            ending = [other for _, other in live if other.state in IN_THE_VILLAGE]
            await _conclude(session, ending, by, target)
    ended = [each for each in about if not isinstance(follows[each.id], Refusal)]
    await claims.release(session, ended)
    return follows


async def _conclude(
    session: AsyncSession, others: Sequence[Proposal], by: Actor, target: ProposalState
) -> None:
    told = {Ground.NOTE: TOLD[target]}
    steps = [PROPOSALS.step(o.state, A.CONCLUDE, by=by, grounds=told, to=target) for o in others]
    await claims.release(session, others)
    await record_all(session, Proposal, [Move(*each) for each in zip(others, steps, strict=True)])


async def _reopened(_: AsyncSession, about: Sequence[Proposal], __: Actor) -> Follows:
    return {each.id: MoveHasEnded() for each in about}


REJECTED: Follow = partial(_ended, target=S.REJECTED)
WITHDRAWN: Follow = partial(_ended, target=S.WITHDRAWN)
MOVE = Kind(
    drafted=_drafted,
    submitted=_submitted,
    determined=determined,
    reopened=_reopened,
    ended=REJECTED,
    withdrawn=WITHDRAWN,
    met=_met,
)
