"""Handing over open work: one desk's live proposals to another, an entry in the audit for each."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import accounts, desks
from app.db.audit import Move, record_all
from app.db.tables.proposals import Proposal
from app.domain.actors import Actor
from app.domain.handovers import check_parties, desks_of
from app.domain.proposals import PROPOSALS, ProposalAction
from app.domain.workflow import Ground

AT_ONCE = 1_000


@dataclass(frozen=True)
class HandedOver:
    """How many went over, and how many are left, up to `desks.MOST`."""

    moved: int
    remaining: int
    outside: int


async def hand_over(
    session: AsyncSession, giver_id: UUID, receiver_id: UUID, *, note: str, by: Actor
) -> HandedOver:
    """Up to `AT_ONCE` of them; whoever drafted or submitted one remains its author."""
    giver = await accounts.find(session, giver_id, within=by.region)
    receiver = await accounts.find(session, receiver_id, within=by.region, hold=True)
    PROPOSALS.permit(ProposalAction.HAND_OVER, by=by)
    check_parties(giver.id, receiver.id)
    held = await accounts.held_by(session, receiver.id, within=by.region)
    reach = desks_of(receiver.state, held)

    work = await desks.take(session, giver.id, reach=reach, most=AT_ONCE, within=by.region)
    action, grounds = ProposalAction.HAND_OVER, {Ground.NOTE: note}
    changes = {"responsible_id": receiver.id}
    told: dict[str, list[object]] = {"/responsible_id": [str(giver.id), str(receiver.id)]}
    moves = [
        Move(one, PROPOSALS.step(one.state, action, by=by, grounds=grounds), changes, told)
        for one in work
    ]
    await record_all(session, Proposal, moves)

    remaining, outside = await desks.left(session, giver.id, reach=reach, within=by.region)
    return HandedOver(len(work), remaining, outside)
