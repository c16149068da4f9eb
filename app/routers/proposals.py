"""Proposals (usulan), the steps they take and the decisions on them: `/v1/proposals`."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field

from app.commands.kinds.new_families import NikHeldElsewhere
from app.commands.proposals import Deed, Meant, amend, draft, take
from app.db import audit_entries, households, proposals
from app.db.access import people_in
from app.db.audit import MovedMeanwhile
from app.db.faults import AlreadyProposed, IdTaken
from app.db.households import HouseholdNotFound
from app.db.pages import Asked
from app.db.proposals import ProposalNotFound
from app.domain.asks import AnotherDirection, AnotherKind
from app.domain.diagrams import as_markdown
from app.domain.errors import Outdated
from app.domain.facts import NotYourLastWord, OnItsWay, OwnFamily, OwnWork, VerifiedByYou
from app.domain.marks import MarksNotAccepted, NothingMended, NotMarked
from app.domain.new_families import NotYetComplete
from app.domain.periods import WindowClosed, WindowOver
from app.domain.proposals import (
    PROPOSALS,
    ProposalAction,
    ProposalState,
    Verdict,
)
from app.domain.reasons import ReasonNotAccepted
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody
from app.domain.workflow import (
    ActionNotOpen,
    GroundsMissing,
    GroundsNotAsked,
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
    PeopleInOrder,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
)
from app.routers.asks import ProposalChanges, ProposalDraft, grants, moves
from app.routers.audit import AuditEntryView, AuditPage, answer_step
from app.routers.grounds import Grounds
from app.routers.problems import VersionNotNamed, refuses
from app.routers.proposal_views import ProposalPage, ProposalView
from app.routers.shapes import Shape
from app.routers.work_lists import WantedNow

router = APIRouter(prefix="/v1/proposals", tags=["proposals"], route_class=WritingRoute)
BY_ID = "/{proposal_id:uuid}"  # counts is an address of its own

MOVES = (
    WindowClosed,
    WindowOver,
    ProposalNotFound,
    RoleMayNot,
    ActionNotOpen,
    MovedMeanwhile,
    Outdated,
    GroundsMissing,
    GroundsNotAsked,
    VersionNotNamed,
)


class StepRequest(Shape):
    """What the village does with its own proposal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "submit"},
                {"action": "withdraw", "grounds": {"note": "Keluarga pindah sebelum diputus."}},
            ]
        }
    )

    action: Literal[ProposalAction.SUBMIT, ProposalAction.WITHDRAW]
    grounds: Grounds = Grounds()


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
                {
                    "verdict": "return",
                    "target": "drafted",
                    "grounds": {
                        "reason": "data_incomplete",
                        "marks": [
                            {"pointer": "/household/address", "reason": "address_not_found"},
                            {
                                "pointer": "/survey/answers/household/floor_area",
                                "reason": "data_incomplete",
                                "note": "Luas lantai tidak sesuai foto.",
                            },
                        ],
                    },
                },
                {"verdict": "undo"},
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


@router.post(
    "",
    status_code=201,
    response_model=ProposalView,
    responses=refuses(
        HouseholdNotFound,
        RoleMayNot,
        ActionNotOpen,
        OnItsWay,
        AlreadyProposed,
        IdTaken,
        *grants.DRAFTING,
        *moves.DRAFTING,
    ),
)
async def draft_proposal(
    request: ProposalDraft, actor: CurrentActor, session: Transaction, access: AccessNow
) -> Response:
    """Propose something for a household: what, is its kind. Nothing is frozen until you submit."""
    household = await households.find(session, request.household_id, within=actor.region, hold=True)
    proposal = await draft(session, household, request.columns(), by=actor)
    response = await answer_proposal(session, access, proposal.id)
    return created(response, f"/v1/proposals/{proposal.id}")


async def answer_proposal(session: Transaction, access: AccessNow, proposal_id: UUID) -> Response:
    """The proposal as it is after the change, as its reader would get it."""
    actor = access.actor
    body = await proposals.document(
        await people_in(session, access), proposal_id, within=actor.region, seen_by=actor
    )
    return answer_versioned(body)


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
    BY_ID,
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


@router.patch(
    BY_ID,
    response_model=ProposalView,
    responses=refuses(
        ProposalNotFound,
        RoleMayNot,
        ActionNotOpen,
        MovedMeanwhile,
        Outdated,
        VersionNotNamed,
        NotMarked,
        AnotherKind,
        AnotherDirection,
    ),
)
async def change_proposal(
    proposal_id: UUID,
    changes: ProposalChanges,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    """Ask for something else, while it is drafted: `asks` takes the place of what was asked."""
    await amend(session, Meant(proposal_id, version), changes.columns(), by=actor)
    return await answer_proposal(session, access, proposal_id)


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
    body = await audit_entries.list_page(reading, asked, within=actor.region, seen_by=actor)
    return answer_page(request, body)


@router.post(
    "/{proposal_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Take a step with your village's proposal. The whole table:\n\n"
    + as_markdown(PROPOSALS),
    responses=refuses(
        *MOVES,
        NotYetComplete,
        NikHeldElsewhere,
        TargetNotOpen,
        ReasonNotAccepted,
        NothingMended,
        *grants.STEPPING,
        *moves.STEPPING,
    ),
)
async def take_step(
    proposal_id: UUID,
    request: StepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    deed = Deed(request.action, request.grounds.given())
    entry = await take(session, Meant(proposal_id, version), deed, by=actor)
    return await answer_step(session, access, entry)


@router.post(
    "/{proposal_id}/decisions",
    status_code=201,
    tags=["decisions"],
    response_model=AuditEntryView,
    description="Decide on a proposal that waits for your tier: approve it, return it to an "
    "earlier state, or reject it; `undo` takes your last decision back, until somebody has gone on "
    "from there. A return may point at what is wrong (`grounds.marks`): then only that is open to "
    "the village. The whole table:\n\n" + as_markdown(PROPOSALS),
    responses=refuses(
        *MOVES,
        OwnWork,
        OwnFamily,
        VerifiedByYou,
        NotYourLastWord,
        TargetNotOpen,
        ReasonNotAccepted,
        MarksNotAccepted,
        NikHeldElsewhere,
        AlreadyProposed,
        *grants.DECIDING,
        *moves.DECIDING,
    ),
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
