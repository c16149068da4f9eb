"""Taking back what came of a unit: drafts are withdrawn and removed, the last of them first.

Whatever somebody has gone on with since says no by itself, and stays with that refusal.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import proposals
from app.commands.households import move_record
from app.commands.import_kinds.base import Undo
from app.commands.proposals import Deed, Meant
from app.db import households, members
from app.db.import_rows import Effect
from app.db.proposals import find
from app.db.refusals import told
from app.domain.actors import Actor
from app.domain.errors import Refusal
from app.domain.households import HOUSEHOLDS, MEMBERS, RecordAction
from app.domain.imports.workflow import Outcome
from app.domain.proposals import PROPOSALS, ProposalAction
from app.domain.workflow import Ground

NOTE: Mapping[Ground, object] = {Ground.NOTE: "Impor dibatalkan."}


TakeBack = Callable[[AsyncSession, UUID, Actor], Awaitable[None]]


def undo_by(taken_back: Mapping[str, TakeBack]) -> Undo:
    """By workflow, how what came of a unit is taken back."""

    async def undo(session: AsyncSession, effects: Sequence[Effect], by: Actor) -> Sequence[Effect]:
        return [await _undone(session, effect, by, taken_back) for effect in effects]

    return undo


async def _undone(
    session: AsyncSession, effect: Effect, by: Actor, taken_back: Mapping[str, TakeBack]
) -> Effect:
    try:
        async with session.begin_nested():
            for each in reversed(effect.subjects):
                await taken_back[each["workflow"]](session, UUID(each["id"]), by)
    except Refusal as why:
        return replace(effect, outcome=Outcome.KEPT, refusal=told(why))
    return replace(effect, outcome=Outcome.UNDONE)


async def withdraw(session: AsyncSession, proposal_id: UUID, by: Actor) -> None:
    proposal = await find(session, proposal_id, within=by.region)
    meant = Meant(proposal.id, proposal.version)
    await proposals.take(session, meant, Deed(ProposalAction.WITHDRAW, NOTE), by=by)


async def _remove_household(session: AsyncSession, household_id: UUID, by: Actor) -> None:
    household = await households.find(session, household_id, within=by.region, hold=True)
    action, version = RecordAction.REMOVE, household.version
    await move_record(session, HOUSEHOLDS, household, action, by=by, version=version, grounds=NOTE)


async def _remove_member(session: AsyncSession, member_id: UUID, by: Actor) -> None:
    member = await members.find(session, member_id, within=by.region)
    action, version = RecordAction.REMOVE, member.version
    await move_record(session, MEMBERS, member, action, by=by, version=version, grounds=NOTE)


undo = undo_by(
    {
        PROPOSALS.name: withdraw,
        HOUSEHOLDS.name: _remove_household,
        MEMBERS.name: _remove_member,
    }
)
