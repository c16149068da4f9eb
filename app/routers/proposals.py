"""Proposals (usulan), the steps they take and the decisions on them: `/v1/proposals`."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.commands.kinds.new_families import NikHeldElsewhere
from app.commands.proposals import Deed, Meant, draft, take
from app.db import audit_entries, households, proposals
from app.db.access import people_in
from app.db.audit import MovedMeanwhile
from app.db.faults import AlreadyProposed, IdTaken
from app.db.households import HouseholdNotFound
from app.db.pages import Asked
from app.db.proposals import ProposalNotFound
from app.db.tables.base import new_id
from app.domain.diagrams import as_markdown
from app.domain.errors import Outdated
from app.domain.new_families import NotYetComplete
from app.domain.proposals import (
    OUTCOME_LEADS_TO,
    PROPOSALS,
    ProposalAction,
    ProposalKind,
    ProposalState,
    Verdict,
)
from app.domain.reasons import ReasonNotAccepted
from app.domain.regions import OutsideYourRegion
from app.domain.workflow import (
    ActionNotOpen,
    Ground,
    GroundsMissing,
    GroundsNotAsked,
    OnItsWay,
    OwnWork,
    RoleMayNot,
    TargetNotOpen,
)
from app.routers.access import (
    AccessNow,
    After,
    AfterNumber,
    AuditReading,
    CurrentActor,
    IfMatch,
    Limit,
    People,
    ReadsNobody,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
)
from app.routers.audit import AuditEntryView, AuditPage, answer_step
from app.routers.grounds import Grounds
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Shape
from app.routers.work_lists import PeopleInOrder, WantedNow

router = APIRouter(prefix="/v1/proposals", tags=["proposals"], route_class=WritingRoute)

MOVES = (
    ProposalNotFound,
    RoleMayNot,
    ActionNotOpen,
    MovedMeanwhile,
    Outdated,
    GroundsMissing,
    GroundsNotAsked,
    VersionNotNamed,
)


class ProposalDraft(Shape):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"household_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10"}]}
    )

    id: UUID = Field(default_factory=new_id, description="Chosen by you if you like (offline).")
    kind: Literal[ProposalKind.NEW_FAMILY] = ProposalKind.NEW_FAMILY
    household_id: UUID


class StepRequest(Shape):
    """What the village does with its own proposal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "submit"},
                {
                    "action": "deliberate",
                    "grounds": {
                        "deliberation": {
                            "held_on": "2026-11-18",
                            "chair": "Suparman",
                            "attendance": {"village_head": 1, "rt_rw": 9, "village_council": 3},
                            "outcome": "eligible",
                            "minutes_reference": "470/12/MUSKEL/2026",
                        }
                    },
                },
                {"action": "withdraw", "grounds": {"note": "Keluarga pindah sebelum diputus."}},
            ]
        }
    )

    action: Literal[ProposalAction.SUBMIT, ProposalAction.DELIBERATE, ProposalAction.WITHDRAW]
    grounds: Grounds = Grounds()

    @property
    def target(self) -> ProposalState | None:
        """A deliberation leads where its outcome says."""
        found = self.grounds.deliberation
        return OUTCOME_LEADS_TO[found.outcome] if found else None


class DecisionRequest(Shape):
    """What a tier says of a proposal that waits for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"verdict": "approve"},
                {
                    "verdict": "return",
                    "target": "drafted",
                    "grounds": {"reason": "data_incomplete", "note": "Lengkapi RT dan RW."},
                },
                {"verdict": "reject", "grounds": {"reason": "no_longer_poor"}},
                {
                    "verdict": "approve",
                    "grounds": {"decree_number": "186/HUK/2026", "decree_date": "2026-11-20"},
                },
            ]
        }
    )

    verdict: Verdict
    grounds: Grounds = Grounds()
    target: ProposalState | None = Field(
        default=None, description="For a return: the earlier state it goes to."
    )


class OpenProposalAction(BaseModel):
    action: ProposalAction
    needs: list[Ground] = Field(description="The grounds it has to rest on.")
    targets: list[ProposalState] = Field(description="Where it may lead, if that is to be named.")


class Waiting(BaseModel):
    """Whose desk it lies on, and for how long somebody has been waited for."""

    responsible_id: UUID = Field(description="Whoever took it over, else whoever drafted it.")
    waiting_since: datetime | None = Field(
        description="When it came to its state; null once it has ended."
    )
    waiting_days: int | None = Field(
        description="Full days of 24 hours since then: the same in every time zone."
    )


class ProposalView(Waiting):
    version: int
    id: UUID
    kind: ProposalKind
    household_id: UUID
    village_code: str
    state: ProposalState
    content: dict[str, Any] | None = Field(description="What was proposed, frozen at submission.")
    created_by: UUID
    submitted_by: UUID | None
    submitted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenProposalAction] = Field(description="What you may do with it now.")


class ProposalLine(Waiting):
    version: int
    id: UUID
    kind: ProposalKind
    household_id: UUID
    village_code: str
    state: ProposalState
    head_name: str | None
    submitted_at: datetime | None
    updated_at: datetime
    open_actions: list[OpenProposalAction]


class ProposalPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[ProposalLine]


@router.post(
    "",
    status_code=201,
    response_model=ProposalView,
    responses=refuses(
        HouseholdNotFound, RoleMayNot, ActionNotOpen, OnItsWay, AlreadyProposed, IdTaken
    ),
)
async def draft_proposal(
    request: ProposalDraft, actor: CurrentActor, session: Transaction, access: AccessNow
) -> Response:
    """Propose a household of your drafts. Nothing is frozen until you submit it."""
    household = await households.find(session, request.household_id, within=actor.region, hold=True)
    values = {"id": request.id, "kind": request.kind}
    proposal = await draft(session, household, values, by=actor)
    body = await proposals.document(
        await people_in(session, access), proposal.id, within=actor.region, seen_by=actor
    )
    return created(answer_versioned(body), f"/v1/proposals/{proposal.id}")


@router.get("", response_model=ProposalPage, responses=refuses(OutsideYourRegion, ReadsNobody))
async def list_proposals(
    request: Request,
    actor: CurrentActor,
    reading: PeopleInOrder,
    after: After,
    region: RegionAsked,
    wanted: WantedNow,
    limit: Limit = 50,
) -> Response:
    """The proposals of your region, in pages: since when each waits, and what you may do now."""
    body = await proposals.list_page(
        reading, wanted, after=after, limit=limit, within=region, seen_by=actor
    )
    return answer_page(request, body)


@router.get(
    "/{proposal_id}",
    response_model=ProposalView,
    responses=refuses(ProposalNotFound, ReadsNobody),
)
async def read_proposal(proposal_id: UUID, actor: CurrentActor, reading: People) -> Response:
    """A proposal, what it says, and what you may do with it now."""
    body = await proposals.document(
        reading,
        proposal_id,
        within=actor.region,
        seen_by=actor,
    )
    return answer_versioned(body)


@router.get("/{proposal_id}/steps", response_model=AuditPage, responses=refuses(ProposalNotFound))
async def list_steps(
    request: Request,
    proposal_id: UUID,
    actor: CurrentActor,
    reading: AuditReading,
    after: AfterNumber,
    limit: Limit = 50,
) -> Response:
    """Everything that happened to a proposal, in order: who, what, when, on what grounds."""
    await proposals.known(reading, proposal_id, within=actor.region)
    asked = Asked(after, limit, {"workflow = {}": PROPOSALS.name, "subject_id = {}": proposal_id})
    body = await audit_entries.list_page(reading, asked, within=actor.region, seen_by=actor.role)
    return answer_page(request, body)


@router.post(
    "/{proposal_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Take a step with your village's proposal. The whole table:\n\n"
    + as_markdown(PROPOSALS),
    responses=refuses(*MOVES, NotYetComplete, NikHeldElsewhere, TargetNotOpen, ReasonNotAccepted),
)
async def take_step(
    proposal_id: UUID,
    request: StepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    deed = Deed(request.action, request.grounds.given(), request.target)
    entry = await take(session, Meant(proposal_id, version), deed, by=actor)
    return await answer_step(session, access, entry)


@router.post(
    "/{proposal_id}/decisions",
    status_code=201,
    tags=["decisions"],
    response_model=AuditEntryView,
    description="Decide on a proposal that waits for your tier: approve it, return it to an "
    "earlier state, or reject it. The whole table:\n\n" + as_markdown(PROPOSALS),
    responses=refuses(*MOVES, OwnWork, TargetNotOpen, ReasonNotAccepted),
)
async def decide(
    proposal_id: UUID,
    request: DecisionRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    deed = Deed(ProposalAction(request.verdict), request.grounds.given(), request.target)
    entry = await take(session, Meant(proposal_id, version), deed, by=actor)
    return await answer_step(session, access, entry)
