"""Responsibility statements of villages (SPTJM): `/v1/responsibility-statements`."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.commands.statements import attach_scan, declare
from app.db import regions, statements
from app.db.access import people_in
from app.db.audit import MovedMeanwhile
from app.db.documents import DocumentNotFound
from app.db.faults import IdTaken
from app.db.pages import Asked
from app.db.proposals import ProposalNotFound
from app.db.regions import VillageNotFound
from app.db.statements import StatementNotFound
from app.db.tables.base import new_id
from app.domain.diagrams import as_markdown
from app.domain.documents import DocumentNotUsable
from app.domain.errors import Outdated
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody
from app.domain.statements import (
    STATEMENTS,
    StatementAction,
    StatementNotAllowed,
    StatementState,
)
from app.domain.workflow import ActionNotOpen, Ground, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    Limit,
    People,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.deliberations import Scan
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import DayPassed, Ids, Line, Shape, ShortLine, VillageCode

router = APIRouter(
    prefix="/v1/responsibility-statements", tags=["deliberations"], route_class=WritingRoute
)


class Signatory(Shape):
    name: Line = Field(examples=["Suparman"])
    position: ShortLine = Field(examples=["Kepala Desa"])


class StatementDraft(Shape):
    """A statement that is signed. All its proposals go on, or none of them does."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "village_code": "3522012001",
                    "number": "470/15/SPTJM/2026",
                    "dated": "2026-11-18",
                    "signed_by": {"name": "Suparman", "position": "Kepala Desa"},
                    "proposal_ids": ["0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10"],
                }
            ]
        }
    )

    id: UUID = Field(default_factory=new_id, description="Chosen by you if you like (offline).")
    village_code: VillageCode
    number: ShortLine
    dated: DayPassed
    signed_by: Signatory
    proposal_ids: Ids = Field(
        min_length=1, max_length=1000, description="Proposals that await a deliberation."
    )

    def columns(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "number": self.number,
            "dated": self.dated,
            "signatory_name": self.signed_by.name,
            "signatory_position": self.signed_by.position,
            "proposal_ids": self.proposal_ids,
        }


class StatementStepRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "attach_scan", "document_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10"}
            ]
        }
    )

    action: Literal[StatementAction.ATTACH_SCAN]
    document_id: UUID = Field(
        description="A document of this village for the purpose `statement_scan`."
    )


class OpenStatementAction(BaseModel):
    action: StatementAction
    needs: list[Ground]
    targets: list[StatementState]


class SignatoryView(BaseModel):
    name: str | None
    position: str


class StatementLine(BaseModel):
    version: int
    id: UUID
    village_code: str
    number: str
    dated: date
    signed_by: SignatoryView
    names: int
    scan: Scan | None
    state: StatementState
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenStatementAction] = Field(description="What you may do with it now.")


class StatementView(StatementLine):
    proposal_ids: list[UUID]


class StatementPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[StatementLine]


@router.post(
    "",
    status_code=201,
    response_model=StatementView,
    responses=refuses(
        VillageNotFound,
        RoleMayNot,
        ProposalNotFound,
        ActionNotOpen,
        MovedMeanwhile,
        StatementNotAllowed,
        IdTaken,
    ),
)
async def declare_statement(
    draft: StatementDraft, actor: CurrentActor, session: Transaction, access: AccessNow
) -> Response:
    """Answer for proposals by signature instead of deliberating, where the regency allows it."""
    village = await regions.find_village(session, draft.village_code, within=actor.region)
    statement = await declare(session, village, draft.columns(), by=actor)
    body = await statements.document(
        await people_in(session, access), statement.id, within=actor.region, seen_by=actor.role
    )
    return created(answer_versioned(body), f"/v1/responsibility-statements/{statement.id}")


@router.get("", response_model=StatementPage, responses=refuses(OutsideYourRegion, ReadsNobody))
async def list_statements(
    request: Request,
    actor: CurrentActor,
    reading: People,
    after: After,
    region: RegionAsked,
    limit: Limit = 50,
) -> Response:
    """The responsibility statements of your region, in pages, the oldest of a village first."""
    asked = Asked(after, limit, {})
    body = await statements.list_page(reading, asked, within=region, seen_by=actor.role)
    return answer_page(request, body)


@router.get(
    "/{statement_id}",
    response_model=StatementView,
    responses=refuses(StatementNotFound, ReadsNobody),
)
async def read_statement(statement_id: UUID, actor: CurrentActor, reading: People) -> Response:
    """A responsibility statement, and which proposals it speaks for."""
    body = await statements.document(reading, statement_id, within=actor.region, seen_by=actor.role)
    return answer_versioned(body)


@router.post(
    "/{statement_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Attach the scan of the signed statement; a later one takes the place of the one "
    "before.\n\n" + as_markdown(STATEMENTS),
    responses=refuses(
        StatementNotFound,
        RoleMayNot,
        ActionNotOpen,
        MovedMeanwhile,
        Outdated,
        VersionNotNamed,
        DocumentNotFound,
        DocumentNotUsable,
    ),
)
async def take_statement_step(
    statement_id: UUID,
    request: StatementStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    statement = await statements.find(session, statement_id, within=actor.region)
    entry = await attach_scan(session, statement, request.document_id, by=actor, version=version)
    return await answer_step(session, access, entry)
