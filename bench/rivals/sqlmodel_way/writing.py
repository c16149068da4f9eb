"""Submitting and deciding: load, check, change, and one entry of the audit."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, HTTPException
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.actors import Actor
from app.domain.errors import Conflict, Refusal
from app.domain.proposals import ProposalAction, ProposalState
from app.domain.workflow import Step
from bench.rivals import rules
from bench.rivals.sqlmodel_way.access import CurrentActor, Session
from bench.rivals.sqlmodel_way.reading import within
from bench.rivals.sqlmodel_way.tables import AuditEntry, Proposal
from bench.rivals.sqlmodel_way.views import AuditEntryView, DecisionRequest

router = APIRouter()
IfMatch = Annotated[str, Header(alias="If-Match", pattern='^"[0-9]+"$')]


@router.post("/proposals/{proposal_id}/submit", status_code=201, response_model=AuditEntryView)
async def submit(proposal_id: UUID, actor: CurrentActor, session: Session, meant: IfMatch) -> Any:  # noqa: ANN401
    proposal = await _held(session, proposal_id, actor, meant)
    step = _step(proposal, ProposalAction.SUBMIT, actor)
    now = datetime.now(UTC)
    changes = {
        "/submitted_by": [proposal.submitted_by and str(proposal.submitted_by), str(actor.id)],
        "/submitted_at": [
            proposal.submitted_at and proposal.submitted_at.isoformat(),
            now.isoformat(),
        ],
    }
    proposal.submitted_by, proposal.submitted_at = actor.id, now
    return await _take(session, proposal, step, changes, now)


@router.post("/proposals/{proposal_id}/decide", status_code=201, response_model=AuditEntryView)
async def decide(
    proposal_id: UUID,
    request: DecisionRequest,
    actor: CurrentActor,
    session: Session,
    meant: IfMatch,
) -> Any:  # noqa: ANN401
    proposal = await _held(session, proposal_id, actor, meant)
    step = _step(proposal, ProposalAction(request.verdict), actor)
    return await _take(session, proposal, step, {}, datetime.now(UTC))


async def _held(session: AsyncSession, proposal_id: UUID, actor: Actor, meant: str) -> Proposal:
    found = await session.exec(
        select(Proposal)
        .where(Proposal.id == proposal_id, within(Proposal, actor))
        .with_for_update()
    )
    proposal = found.one_or_none()
    if proposal is None:
        raise HTTPException(404, "no such proposal")
    if proposal.version != int(meant.strip('"')):
        raise HTTPException(412, "changed meanwhile")
    return proposal


def _step(proposal: Proposal, action: ProposalAction, actor: Actor) -> Step[Any, Any]:
    try:
        return rules.step(proposal.state, action, actor)
    except Refusal as refusal:
        raise HTTPException(409 if isinstance(refusal, Conflict) else 403, str(refusal)) from None


async def _take(
    session: AsyncSession,
    proposal: Proposal,
    step: Step[ProposalState, ProposalAction],
    changes: dict[str, Any],
    now: datetime,
) -> dict[str, Any]:
    proposal.state, proposal.state_since = step.target, now
    proposal.version, proposal.updated_at = proposal.version + 1, now
    entry = AuditEntry(
        workflow=step.workflow,
        subject_id=proposal.id,
        scope_code=proposal.scope_code,
        action=step.action,
        source=step.source,
        target=step.target,
        version=proposal.version,
        actor_id=step.actor.id,
        actor_role=step.actor.role,
        actor_region_code=step.actor.region.code,
        channel="http",
        request_id=str(uuid4()),
        grounds=rules.said({}),
        changes=rules.said(changes),
    )
    session.add(entry)
    await session.commit()
    return {
        **entry.model_dump(exclude={"scope_code"}),
        "region_code": proposal.village_code,
        "changed": sorted(changes),
    }
