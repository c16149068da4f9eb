"""Agreements under which machines read of people: `/v1/agreements`."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.commands.agreements import end, enter
from app.db import agreements
from app.db.accounts import AccountNotFound
from app.db.agreements import AgreementNotFound
from app.db.audit import expect
from app.db.faults import AgreementNumberTaken, IdTaken
from app.db.pages import Asked
from app.db.sessions import reading_in
from app.db.tables.agreements import AgreementRow
from app.db.tables.base import new_id
from app.domain.accounts import AccountsAreForAdmins, administers
from app.domain.agreement_terms import (
    AGREEMENTS,
    AgreementAction,
    AgreementsOverlap,
    AgreementState,
    NotAMachine,
    TermsNotFit,
)
from app.domain.agreements import FieldGroup
from app.domain.diagrams import as_markdown
from app.domain.regions import OutsideYourRegion
from app.domain.workflow import Ground, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    Limit,
    ReadingNow,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.grounds import STEPS, Grounds
from app.routers.problems import refuses
from app.routers.shapes import Day, Line, Note, Shape, ShortLine

router = APIRouter(prefix="/v1/agreements", tags=["agreements"], route_class=WritingRoute)


def _each_once(fields: list[FieldGroup]) -> list[FieldGroup]:
    if len(set(fields)) < len(fields):
        raise PydanticCustomError("repeated", "a group occurs twice")
    return sorted(fields)


class AgreementDraft(Shape):
    """An agreement that is signed. A renewal is another one, for the days after."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "account_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
                    "number": "045/PKS/2026",
                    "purpose": "Penyaluran bantuan provinsi",
                    "fields": ["identity", "programmes"],
                    "begins_on": "2026-12-01",
                    "expires_on": "2027-11-30",
                }
            ]
        }
    )

    id: UUID = Field(default_factory=new_id)
    account_id: UUID = Field(description="A machine's account, at home in your region.")
    number: ShortLine
    purpose: Line = Field(description="What they are read for.")
    fields: Annotated[list[FieldGroup], AfterValidator(_each_once)] = Field(
        min_length=1, max_length=len(FieldGroup), description="The groups of fields it gives."
    )
    begins_on: Day
    expires_on: Day = Field(description="The last day; five years after the first at most.")
    note: Note | None = None

    def columns(self) -> dict[str, Any]:
        return {**self.model_dump(), "fields": [str(group) for group in self.fields]}


class AgreementStep(Shape):
    action: Literal[AgreementAction.END]
    grounds: Grounds = Grounds()


class OpenAgreementAction(BaseModel):
    action: AgreementAction
    needs: list[Ground] = Field(description="The grounds it has to rest on.")
    targets: list[AgreementState]


class AgreementView(BaseModel):
    version: int
    id: UUID
    account_id: UUID
    username: str
    region_code: str = Field(description="Where the account is at home; empty for the nation.")
    number: str
    purpose: str
    fields: list[FieldGroup]
    begins_on: date
    expires_on: date
    in_force: bool = Field(description="Whether the machine reads under it today.")
    note: str | None
    state: AgreementState
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenAgreementAction] = Field(description="What you may do with it now.")


class AgreementPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[AgreementView]


@router.get(
    "", response_model=AgreementPage, responses=refuses(OutsideYourRegion, AccountsAreForAdmins)
)
async def list_agreements(
    request: Request,
    actor: CurrentActor,
    reading: ReadingNow,
    region: RegionAsked,
    after: After,
    account_id: Annotated[UUID | None, Query()] = None,
    in_force: Annotated[bool | None, Query(description="Whether it is in force today.")] = None,
    limit: Limit = 50,
) -> Response:
    """The agreements of the machines at home in your region, in pages: ended ones, too."""
    administers(actor)
    where = agreements.conditions(account_id=account_id, in_force=in_force)
    asked = Asked(after, limit, where)
    body = await agreements.list_page(reading, asked, within=region, seen_by=actor.role)
    return answer_page(request, body)


@router.post(
    "",
    status_code=201,
    response_model=AgreementView,
    responses=refuses(
        AccountNotFound,
        RoleMayNot,
        NotAMachine,
        TermsNotFit,
        AgreementsOverlap,
        AgreementNumberTaken,
        IdTaken,
    ),
)
async def enter_agreement(
    draft: AgreementDraft, actor: CurrentActor, session: Transaction
) -> Response:
    """Enter what was agreed with whoever runs a machine. It reads what its agreement in force
    gives, within 30 seconds, and nothing else."""
    agreement = AgreementRow(**draft.columns(), scope_code=0, created_by=actor.id)
    await enter(session, agreement, by=actor)
    reading = await reading_in(session)
    body = await agreements.document(reading, agreement.id, within=actor.region, seen_by=actor.role)
    return created(answer_versioned(body), f"/v1/agreements/{agreement.id}")


@router.get(
    "/{agreement_id}",
    response_model=AgreementView,
    responses=refuses(AgreementNotFound, AccountsAreForAdmins),
)
async def read_agreement(agreement_id: UUID, actor: CurrentActor, reading: ReadingNow) -> Response:
    """An agreement of a machine that is at home in your region."""
    body = await agreements.document(reading, agreement_id, within=actor.region, seen_by=actor.role)
    administers(actor)
    return answer_versioned(body)


@router.post(
    "/{agreement_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="End an agreement before it expires: within 30 seconds the machine reads nothing "
    "under it any more.\n\n" + as_markdown(AGREEMENTS),
    responses=refuses(AgreementNotFound, *STEPS),
)
async def take_agreement_step(
    agreement_id: UUID,
    request: AgreementStep,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    agreement = await agreements.find(session, agreement_id, within=actor.region)
    await expect(session, agreement, version)
    grounds = request.grounds.given()
    entry = await end(session, agreement, request.action, by=actor, grounds=grounds)
    return await answer_step(session, access, entry)
