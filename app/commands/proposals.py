"""Moving proposals, and what follows from where they go.

Steps and decisions, of one proposal or of a thousand, take the same road: load, decide, record,
and then the consequence that the target has for the registry. The table in `app.domain.proposals`
decides who may; the kind of the proposal (`app.commands.kinds`) says what follows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds import KINDS
from app.commands.kinds.base import Follow, Follows, Kind
from app.db import proposals
from app.db.audit import Move, Recorded, expect, record, record_all
from app.db.proposals import ProposalNotFound
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Household
from app.domain import reasons
from app.domain.actors import Actor
from app.domain.errors import Refusal
from app.domain.proposals import PROPOSALS, ProposalAction, ProposalState
from app.domain.workflow import Fact, Ground, Step

A, S = ProposalAction, ProposalState
ProposalStep = Step[ProposalState, ProposalAction]


@dataclass(frozen=True)
class Meant:
    """A proposal, in the version in which somebody read it."""

    id: UUID
    version: int


@dataclass(frozen=True)
class Deed:
    """What is to be done with each of them, and what it rests on."""

    action: ProposalAction
    grounds: Mapping[Ground, object]
    to: ProposalState | None = None


async def draft(
    session: AsyncSession, household: Household, values: Mapping[str, Any], *, by: Actor
) -> Proposal:
    """A proposal about a household; nothing is frozen yet."""
    step = PROPOSALS.begin(by=by)
    proposal = Proposal(
        **values,
        household_id=household.id,
        scope_code=household.scope_code,
        created_by=by.id,
    )
    await KINDS[proposal.kind].drafted(session, household, proposal, by)
    await record(session, proposal, step)
    return proposal


async def take(session: AsyncSession, meant: Meant, deed: Deed, *, by: Actor) -> Recorded:
    """One proposal's step, or the refusal why there is none."""
    taken = (await take_each(session, [meant], deed, by=by))[meant.id]
    if isinstance(taken, Refusal):
        raise taken
    return taken


async def take_each(
    session: AsyncSession, meant: Sequence[Meant], deed: Deed, *, by: Actor
) -> dict[UUID, Recorded | Refusal]:
    """The same step of any number of proposals, each with its entry or the refusal that it meets.

    What one of them lacks keeps no other from going on. Nobody else moves them meanwhile: they are
    held in the order of their ids until the transaction ends.
    """
    PROPOSALS.permit(deed.action, by=by)
    found = await proposals.hold(session, [one.id for one in meant], within=by.region)
    facts = await proposals.facts_of(session, list(found), for_=by)
    steps: dict[UUID, ProposalStep] = {}
    taken: dict[UUID, Recorded | Refusal] = {}
    for one in meant:
        try:
            proposal = _known(found, one.id)
            await expect(session, proposal, one.version)
            steps[one.id] = _step(proposal, deed, by, facts[one.id])
        except Refusal as refusal:
            taken[one.id] = refusal
    going = [(found[each], step) for each, step in steps.items()]
    return taken | await go(session, going, by=by)


def _known(found: Mapping[UUID, Proposal], proposal_id: UUID) -> Proposal:
    if proposal_id not in found:
        raise ProposalNotFound
    return found[proposal_id]


def _step(proposal: Proposal, deed: Deed, by: Actor, facts: Iterable[Fact]) -> ProposalStep:
    step = PROPOSALS.step(
        proposal.state,
        deed.action,
        by=by,
        grounds=deed.grounds,
        facts=frozenset(facts),
        to=deed.to,
    )
    reasons.accept(deed.grounds)
    return step


async def go(
    session: AsyncSession, going: Sequence[tuple[Proposal, ProposalStep]], *, by: Actor
) -> dict[UUID, Recorded | Refusal]:
    """Record steps that were found to stand, with what follows from each."""
    follows: Follows = {}
    for follow, about in _alike(going):
        follows |= await follow(session, about, by)
    refused = {each: f for each, f in follows.items() if isinstance(f, Refusal)}
    moves = [
        Move(proposal, step, _changes(follows.get(proposal.id)))
        for proposal, step in going
        if proposal.id not in refused
    ]
    return refused | await record_all(session, Proposal, moves)


def _changes(follow: Mapping[str, object] | Refusal | None) -> Mapping[str, object]:
    return follow if isinstance(follow, Mapping) else {}


def _alike(
    going: Iterable[tuple[Proposal, ProposalStep]],
) -> list[tuple[Follow, list[Proposal]]]:
    """Those of one kind that go the same way, with what follows for them."""
    groups: dict[Follow, list[Proposal]] = {}
    for proposal, step in going:
        follow = _follow(KINDS[proposal.kind], step)
        if follow is not None:
            groups.setdefault(follow, []).append(proposal)
    return list(groups.items())


def _follow(kind: Kind, step: ProposalStep) -> Follow | None:
    if step.action is A.SUBMIT:
        return kind.submitted
    return {S.DETERMINED: kind.determined, S.REJECTED: kind.ended, S.WITHDRAWN: kind.ended}.get(
        step.target
    )
