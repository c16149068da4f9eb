"""The audit, and the decisions in it: `/v1/audit`, `/v1/decisions`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.db import audit_entries
from app.db.access import people_in
from app.db.audit import Recorded
from app.db.pages import Asked
from app.db.tables.audit import AuditEntry
from app.domain.actors import Role
from app.domain.channels import Channel
from app.domain.proposals import Verdict
from app.routers.access import (
    AccessNow,
    AfterNumber,
    AuditReading,
    CurrentActor,
    Limit,
    Transaction,
    answer_json,
    answer_page,
    etag,
)
from app.routers.shapes import Moment

router = APIRouter(tags=["audit"])


class AuditEntryView(BaseModel):
    """One step somebody took: written once, chained to the one before, never changed."""

    id: int
    workflow: str = Field(
        description="proposal, household, member, survey, deliberation, account, policy, ..."
    )
    subject_id: UUID
    seq: int = Field(description="Its place in the chain of its subject.")
    region_code: str = Field(description="Where the subject lies.")
    action: str
    source: str | None = Field(description="The state before; null where it came into being.")
    target: str
    version: int = Field(description="The version of the subject from then on.")
    actor_id: UUID
    actor_role: Role
    actor_region_code: str | None = Field(
        description="As it was held; null for whoever acted on the other end of a move."
    )
    channel: Channel
    request_id: str
    grounds: dict[str, Any]
    changed: list[str] = Field(description="Pointers to what changed.")
    changes: dict[str, Any] | None = Field(
        description="Before and after, for roles that read identity; numbers are masked. Of a "
        "survey, as far as the role reads its answers: `{}` where there was none, `***` where the "
        "audit does not repeat what was said (health, school)."
    )
    at: datetime
    prev_hash: str
    hash: str


class AuditPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[AuditEntryView]


Workflow = Annotated[
    str | None,
    Query(pattern="^[a-z_]{1,40}$", description="proposal, household, family, member, ..."),
]


@router.get("/v1/audit", response_model=AuditPage)
async def list_audit_entries(
    request: Request,
    actor: CurrentActor,
    reading: AuditReading,
    after: AfterNumber,
    workflow: Workflow = None,
    subject_id: Annotated[UUID | None, Query()] = None,
    actor_id: Annotated[UUID | None, Query(description="Who did it.")] = None,
    action: Annotated[str | None, Query(pattern="^[a-z_]{1,40}$")] = None,
    since: Annotated[Moment | None, Query(description="From then on.")] = None,
    until: Annotated[Moment | None, Query(description="Before then.")] = None,
    limit: Limit = 50,
) -> Response:
    """What was done in your region: who, what, when, on what grounds, from which state to which."""
    where = {
        "workflow = {}": workflow,
        "subject_id = {}": subject_id,
        "actor_id = {}": actor_id,
        "action = {}": action,
        "at >= {}": since,
        "at < {}": until,
    }
    body = await audit_entries.list_page(
        reading, Asked(after, limit, where), within=actor.region, seen_by=actor
    )
    return answer_page(request, body)


@router.get("/v1/decisions", response_model=AuditPage, tags=["decisions"])
async def list_decisions(
    request: Request,
    actor: CurrentActor,
    reading: AuditReading,
    after: AfterNumber,
    proposal_id: Annotated[UUID | None, Query()] = None,
    actor_id: Annotated[UUID | None, Query(description="Who decided.")] = None,
    verdict: Annotated[Verdict | None, Query()] = None,
    since: Annotated[Moment | None, Query(description="From then on.")] = None,
    until: Annotated[Moment | None, Query(description="Before then.")] = None,
    limit: Limit = 50,
) -> Response:
    """The decisions on proposals of your region: the steps that are verdicts of a tier."""
    where = {
        "subject_id = {}": proposal_id,
        "actor_id = {}": actor_id,
        "action = {}": verdict,
        "at >= {}": since,
        "at < {}": until,
    }
    body = await audit_entries.list_page(
        reading,
        Asked(after, limit, where),
        within=actor.region,
        seen_by=actor,
        decisions=True,
    )
    return answer_page(request, body)


async def answer_step(
    session: Transaction, access: AccessNow, entry: AuditEntry | Recorded
) -> Response:
    """A step as the audit keeps it; its version is the subject's next ETag."""
    actor = access.actor
    body = await audit_entries.document(
        await people_in(session, access),
        entry.id or 0,
        within=actor.region,
        seen_by=actor,
    )
    return answer_json(body, status=201, headers={"ETag": etag(entry.version)})
