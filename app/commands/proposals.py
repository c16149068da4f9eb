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

from app.commands import returns
from app.commands.kinds import KINDS
from app.commands.kinds.base import After, Follow, Follows, Kind
from app.commands.numbered_lists import NumberedList
from app.commands.periods import Around, periods_after
from app.db import policies, proposals
from app.db.audit import Move, Recorded, compared, expect, outdated, record, record_all
from app.db.audit_rows import Subject
from app.db.held import hold_for
from app.db.proposals import ProposalNotFound
from app.db.tables.base import now
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Household
from app.domain import marks, reasons
from app.domain.actors import Actor
from app.domain.answer_trees import differences
from app.domain.asks import same_direction, same_kind, told_of_asks
from app.domain.errors import Refusal
from app.domain.facts import Fact
from app.domain.proposals import PROPOSALS, ProposalAction, ProposalState
from app.domain.regions import Region
from app.domain.workflow import Ground, Step

A, S = ProposalAction, ProposalState
AMENDED = ("asks", "base_version")
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
    village = Region(str(household.scope_code))
    proposal = Proposal(
        **{**values, "household_id": household.id},
        scope_code=household.scope_code,
        created_by=by.id,
        policy_version=(await policies.in_force(session, village)).version,
    )
    await KINDS[proposal.kind].drafted(session, household, proposal, by)
    await record(session, proposal, step)
    return proposal


async def amend(
    session: AsyncSession, meant: Meant, values: Mapping[str, Any], *, by: Actor
) -> None:
    """Ask for something else, while nothing is frozen. What is asked already is no step."""
    PROPOSALS.permit(A.AMEND, by=by)
    proposal = await proposals.find(session, meant.id, within=by.region)
    await expect(session, proposal, meant.version)
    step = PROPOSALS.step(proposal.state, A.AMEND, by=by)
    same_kind(proposal.kind, values["kind"])
    same_direction(proposal.asks, values["asks"])
    new = {name: values[name] for name in AMENDED if name in values}
    changes = {name: value for name, value in new.items() if getattr(proposal, name) != value}
    if changes:
        _keep_to_marks(proposal, new["asks"])
        told = told_of_asks(compared(proposal, changes), proposal.asks, new["asks"])
        await record(session, proposal, step, changes=changes, told=told)


def _keep_to_marks(proposal: Proposal, asks: Mapping[str, Any]) -> None:
    """What came back with marks is opened where it was marked."""
    if proposal.marks is not None:
        places = differences({"asks": proposal.asks}, {"asks": asks})
        marks.keep_to(proposal.marks, places)


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
    decreed = await NumberedList.named_in(session, deed.grounds)
    held = await hold_for(
        session,
        [one.id for one in meant],
        deed.action,
        within=by.region,
        by=by,
        on=now().date(),
        closed=deed.action is not A.SUBMIT and Ground.MARKS not in deed.grounds,
    )
    found = held.rows
    read = [(found[one.id], one.version) for one in meant if one.id in found]
    taken: dict[UUID, Recorded | Refusal] = {**await outdated(session, Proposal, read)}
    steps: dict[UUID, ProposalStep] = {}
    for one in meant:
        if one.id in taken:
            continue
        try:
            proposal = _known(found, one.id)
            steps[one.id] = _step(proposal, deed, by, held.facts[one.id])
            decreed.accept(steps[one.id].target)
        except Refusal as refusal:
            taken[one.id] = refusal
    going = [(found[each], step) for each, step in steps.items() if each not in taken]
    taken |= await go(session, going, by=by, around=Around(held.calendars, now()))
    await decreed.add(session, taken)
    return taken


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
    if Ground.MARKS in deed.grounds:
        marks.accept(
            deed.grounds, marks.pointed_at(proposal.kind, proposal.content or {}, proposal.asks)
        )
    return step


async def go(
    session: AsyncSession,
    going: Sequence[tuple[Proposal, ProposalStep]],
    *,
    by: Actor,
    also: Mapping[str, object] | None = None,
    around: Around | None = None,
) -> dict[UUID, Recorded | Refusal]:
    """Record steps that were found to stand, with what follows from each. `also`: what changes in
    every one of them."""
    periods = await periods_after(session, going, around)
    undone = await returns.undone(session, going)
    refused: dict[UUID, Recorded | Refusal] = {**_refused(periods), **_refused(undone)}
    open_ = [(proposal, step) for proposal, step in going if proposal.id not in refused]
    follows: Follows = {}
    for follow, about in _alike(open_):
        follows |= await follow(session, about, by)
    marked = returns.marked(open_, follows)
    refused |= _refused(follows) | _refused(marked)
    moves = [
        Move(
            proposal,
            step,
            {
                **_new(also or {}, proposal),
                **_changes(follows, proposal),
                **_changes(undone, proposal),
                **_changes(marked, proposal),
                **_changes(periods, proposal),
            },
        )
        for proposal, step in open_
        if proposal.id not in refused
    ]
    recorded = await record_all(session, Proposal, moves)
    await _meet(session, moves, by)
    return refused | {each.subject.id: _by_now(recorded, each.subject) for each in moves}


async def _meet(session: AsyncSession, moves: Sequence[Move], by: Actor) -> None:
    """Those that wait for another village now: it may be waiting for them."""
    waiting: dict[After, list[Proposal]] = {}
    for each in moves:
        met = KINDS[each.subject.kind].met
        if met is not None and each.step.target is S.AWAITING_OTHER_VILLAGE:
            waiting.setdefault(met, []).append(each.subject)
    for met, about in waiting.items():
        await met(session, about, by)


def _by_now(recorded: Mapping[UUID, Recorded], proposal: Subject) -> Recorded:
    """Its entry, and what has become of it since: two ends that have met are a step further."""
    entry = recorded[proposal.id]
    return entry._replace(version=proposal.version, state=proposal.state)


def _refused(follows: Follows) -> dict[UUID, Refusal]:
    return {each: found for each, found in follows.items() if isinstance(found, Refusal)}


def _new(also: Mapping[str, object], proposal: Proposal) -> Mapping[str, object]:
    """What is so already does not change."""
    return {name: value for name, value in also.items() if getattr(proposal, name) != value}


def _changes(follows: Follows, proposal: Proposal) -> Mapping[str, object]:
    found = follows.get(proposal.id, {})
    return found if isinstance(found, Mapping) else {}


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
    if step.action is A.UNDO:
        return kind.reopened if step.source is S.REJECTED else None
    return {
        S.DETERMINED: kind.determined,
        S.REJECTED: kind.ended,
        S.WITHDRAWN: kind.withdrawn or kind.ended,
    }.get(step.target)
