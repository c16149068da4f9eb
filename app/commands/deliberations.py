"""Holding deliberations: convened, filled with names, judged, closed for all of them at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import scans
from app.commands.proposals import Deed, Meant, go, take_each
from app.db import agendas, policies
from app.db.agendas import OnAnotherAgenda
from app.db.audit import expect, record
from app.db.held import hold
from app.db.proposals import ProposalNotFound
from app.db.tables.audit import AuditEntry
from app.db.tables.base import now
from app.db.tables.deliberations import AgendaItem, Deliberation
from app.db.tables.proposals import Proposal
from app.domain import deliberations as rules
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.deliberations import (
    DELIBERATIONS,
    MOST_NAMES,
    DeliberationAction,
    Judgement,
    Name,
)
from app.domain.documents import DocumentPurpose
from app.domain.errors import Refusal
from app.domain.proposals import OUTCOME_LEADS_TO, PROPOSALS, Outcome, ProposalAction, ProposalState
from app.domain.regions import Region
from app.domain.workflow import ActionNotOpen, Ground, Step

A = DeliberationAction
Values = Mapping[str, Any]


async def convene(
    session: AsyncSession, village: Region, values: Values, *, by: Actor
) -> Deliberation:
    step = DELIBERATIONS.begin(by=by)
    deliberation = Deliberation(**values, scope_code=village.first, created_by=by.id)
    await record(session, deliberation, step)
    return deliberation


async def amend(
    session: AsyncSession, deliberation: Deliberation, values: Values, *, by: Actor, version: int
) -> None:
    """What is sent as it is already is no step."""
    step = await _step(session, deliberation, A.AMEND, by=by, version=version)
    changes = {name: new for name, new in values.items() if getattr(deliberation, name) != new}
    if changes:
        await record(session, deliberation, step, changes=changes)


async def enlist(
    session: AsyncSession,
    deliberation: Deliberation,
    asked: Sequence[UUID] | None,
    *,
    by: Actor,
    version: int,
) -> dict[UUID, Refusal | None]:
    """Put proposals on the agenda, all that could be where none are named; drafts are submitted.

    An answer for each: nothing, or why it is not on the agenda.
    """
    step = await _step(session, deliberation, A.ENLIST, by=by, version=version)
    there = await agendas.count(session, deliberation)
    within = _village_of(deliberation)
    ids = await _named(session, asked, room=MOST_NAMES - there, within=within)
    held = await hold(session, ids, within=within)
    drafts = [Meant(e.id, e.version) for e in held.values() if e.state is ProposalState.DRAFTED]
    submitted = await take_each(session, drafts, Deed(ProposalAction.SUBMIT, {}), by=by)
    refused = {each: why for each, why in submitted.items() if isinstance(why, Refusal)}
    held |= await hold(session, list(submitted), within=within)

    ready = [e for e in ids if e in held and held[e].state is ProposalState.AWAITING_DELIBERATION]
    rules.room_for(len(ready), there=there)
    put = await agendas.enlist(session, deliberation, ready, there=there)
    if put:
        told: dict[str, list[object]] = {"/agenda": [there, there + len(put)]}
        await record(session, deliberation, step, told=told)
    return {each: _why_not(each, held.get(each), put, refused) for each in ids}


async def _named(
    session: AsyncSession, asked: Sequence[UUID] | None, *, room: int, within: Region
) -> list[UUID]:
    if asked is None:
        return await agendas.awaited(session, most=room, within=within)
    return list(dict.fromkeys(asked))


def _why_not(
    each: UUID, proposal: Proposal | None, put: set[UUID], refused: Mapping[UUID, Refusal]
) -> Refusal | None:
    if each in put or proposal is None:
        return None if proposal else ProposalNotFound()
    if each in refused:
        return refused[each]
    if proposal.state is ProposalState.AWAITING_DELIBERATION:
        return OnAnotherAgenda()
    return ActionNotOpen(action=A.ENLIST, name=PROPOSALS.name, state=proposal.state)


async def strike(
    session: AsyncSession,
    deliberation: Deliberation,
    proposal_id: UUID,
    *,
    by: Actor,
    version: int,
) -> None:
    step = await _step(session, deliberation, A.STRIKE, by=by, version=version)
    if not await agendas.strike(session, deliberation, proposal_id):
        raise ProposalNotFound
    await record(session, deliberation, step, told={"/agenda": [proposal_id, None]})


async def judge(
    session: AsyncSession,
    deliberation: Deliberation,
    given: Sequence[tuple[UUID, Judgement]],
    *,
    by: Actor,
    version: int,
) -> None:
    """Note what the meeting says of names: of all of them, or of none where one does not fit."""
    step = await _step(session, deliberation, A.JUDGE, by=by, version=version)
    items = await agendas.items(session, deliberation, within=by.region)
    rules.listed([each for each, _ in given], {item.proposal_id for item in items})
    rules.accept_judgements([judgement for _, judgement in given])
    await agendas.judge(session, deliberation, dict(given))
    before = {item.proposal_id: item.outcome for item in items}
    told: dict[str, list[object]] = {
        f"/agenda/{each}": [before[each], said.outcome] for each, said in given
    }
    await record(session, deliberation, step, told=told)


async def close(
    session: AsyncSession, deliberation: Deliberation, *, by: Actor, version: int
) -> AuditEntry:
    """Lead every name where its outcome says, and freeze what was said of it."""
    step = await _step(session, deliberation, A.CLOSE, by=by, version=version)
    agenda = await agendas.items(session, deliberation, within=by.region)
    ids = [item.proposal_id for item in agenda]
    held = await hold(session, ids, within=by.region)
    village, convened_at = _village_of(deliberation), deliberation.created_at
    quorum = await policies.quorum_at(session, village, convened_at)
    names = [Name(i.number, i.outcome, held[i.proposal_id].state) for i in agenda]
    rules.closed(deliberation, names, quorum=quorum, on=today())

    await agendas.freeze(session, deliberation)
    changes = {"closed_at": now(), "quorum": quorum}
    entry = await record(session, deliberation, step, changes=changes)
    await _lead(session, deliberation, [(held[i.proposal_id], i) for i in agenda], by=by)
    return entry


async def _lead(
    session: AsyncSession,
    deliberation: Deliberation,
    agenda: Sequence[tuple[Proposal, AgendaItem]],
    *,
    by: Actor,
) -> None:
    going = [(proposal, _led(deliberation, proposal, item, by)) for proposal, item in agenda]
    also = {"deliberation_id": deliberation.id, "statement_id": None}
    for answer in (await go(session, going, by=by, also=also)).values():
        if isinstance(answer, Refusal):
            raise answer


def _led(
    deliberation: Deliberation, proposal: Proposal, item: AgendaItem, by: Actor
) -> Step[ProposalState, ProposalAction]:
    said = Judgement(item.outcome, item.reason, item.note)
    outcome = Outcome(item.outcome or "")
    meeting = {
        "deliberation_id": deliberation.id,
        "held_on": deliberation.held_on,
        "chair": deliberation.chair,
        "minutes_number": deliberation.minutes_number,
        "outcome": outcome,
    }
    return PROPOSALS.step(
        proposal.state,
        ProposalAction.DELIBERATE,
        by=by,
        grounds={Ground.DELIBERATION: meeting, **said.grounds},
        to=OUTCOME_LEADS_TO[outcome],
    )


async def cancel(
    session: AsyncSession,
    deliberation: Deliberation,
    *,
    by: Actor,
    version: int,
    grounds: Mapping[Ground, object],
) -> AuditEntry:
    """Nothing was decided: the names wait for another deliberation."""
    step = await _step(session, deliberation, A.CANCEL, by=by, version=version, grounds=grounds)
    await agendas.release(session, deliberation)
    return await record(session, deliberation, step)


async def attach_scan(
    session: AsyncSession, deliberation: Deliberation, document_id: UUID, *, by: Actor, version: int
) -> AuditEntry:
    step = await _step(session, deliberation, A.ATTACH_SCAN, by=by, version=version)
    purpose = DocumentPurpose.MINUTES_SCAN
    return await scans.attach(session, deliberation, step, document_id, purpose=purpose)


async def _step(  # noqa: PLR0913 - a step: which, of what, by whom, on what grounds
    session: AsyncSession,
    deliberation: Deliberation,
    action: DeliberationAction,
    *,
    by: Actor,
    version: int,
    grounds: Mapping[Ground, object] | None = None,
) -> Step[Any, Any]:
    DELIBERATIONS.permit(action, by=by)
    await expect(session, deliberation, version)
    return DELIBERATIONS.step(deliberation.state, action, by=by, grounds=grounds)


def _village_of(deliberation: Deliberation) -> Region:
    return Region(str(deliberation.scope_code))
