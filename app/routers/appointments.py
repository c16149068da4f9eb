"""Who is appointed where: `/v1/accounts/{id}/assignments`, `/v1/accounts/vacancies`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.commands.appointments import assign, end_assignment
from app.db import appointments
from app.db.accounts import AccountNotFound
from app.db.appointments import AppointmentNotFound
from app.db.audit import MovedMeanwhile
from app.db.faults import AssignedAlready
from app.db.sign_ins import clock
from app.domain.accounts import AccountsAreForAdmins, administers
from app.domain.actors import Role
from app.domain.appointments import (
    AssignmentEnded,
    HoldsOtherRole,
    OutsideHome,
    PeriodBackwards,
    PersonOrMachine,
    Posts,
    RegionNotYours,
    RoleNotAppointed,
    SeveralTiers,
    TierDoesNotFit,
)
from app.domain.errors import Outdated
from app.domain.facts import OwnAccount
from app.domain.regions import OutsideYourRegion
from app.domain.workflow import ActionNotOpen, RoleMayNot
from app.routers.access import (
    A_CODE,
    AccessNow,
    CurrentActor,
    IfMatch,
    Limit,
    ReadingNow,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    created,
)
from app.routers.accounts import AccountView, NoteGrounds, answer_account
from app.routers.audit import AuditEntryView, answer_step
from app.routers.openings import AppointmentDraft
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Moment, Shape

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], route_class=WritingRoute)

REFUSED = (AccountNotFound, RoleMayNot, OwnAccount, HoldsOtherRole, ActionNotOpen)


class Vacancy(BaseModel):
    region_code: str
    name: str


class VacancyPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    posts: int = Field(description="The regions of that role's tier: villages, say.")
    staffed: int = Field(description="Those in which somebody may act in that role now.")
    vacant: int
    items: list[Vacancy]


@router.get(
    "/vacancies",
    response_model=VacancyPage,
    responses=refuses(OutsideYourRegion, AccountsAreForAdmins, SeveralTiers),
)
async def list_vacancies(
    request: Request,
    actor: CurrentActor,
    reading: ReadingNow,
    role: Role,
    region: RegionAsked,
    after: Annotated[str | None, Query(pattern=A_CODE, description="`next` of the page before")] = (
        None
    ),
    limit: Limit = 100,
) -> Response:
    """Where nobody holds a role now: villages without an operator, by code; and how many."""
    administers(actor)
    posts = Posts(role, region)
    body = await appointments.vacancies(
        reading, posts, after=after or "", limit=limit, within=actor.region
    )
    return answer_page(request, body)


@router.post(
    "/{account_id}/assignments",
    status_code=201,
    response_model=AccountView,
    responses=refuses(
        *REFUSED,
        RegionNotYours,
        RoleNotAppointed,
        TierDoesNotFit,
        OutsideHome,
        PeriodBackwards,
        PersonOrMachine,
        AssignedAlready,
    ),
)
async def give_assignment(
    account_id: UUID, draft: AppointmentDraft, actor: CurrentActor, session: Transaction
) -> Response:
    """Another role, or the same over another region, within the home of the account."""
    await assign(session, account_id, draft.appointment(await clock(session)), by=actor)
    response = await answer_account(session, actor, account_id)
    return created(response, f"/v1/accounts/{account_id}")


class AssignmentStepRequest(Shape):
    action: Literal["end"]
    at: Moment | None = Field(
        default=None, description="When it ends. None, or a moment that has passed: now."
    )
    grounds: NoteGrounds = NoteGrounds()


@router.post(
    "/{account_id}/assignments/{assignment_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    responses=refuses(
        *REFUSED, AppointmentNotFound, AssignmentEnded, MovedMeanwhile, Outdated, VersionNotNamed
    ),
)
async def take_assignment_step(
    account_id: UUID,
    assignment_id: UUID,
    request: AssignmentStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    """End an assignment; whoever acts by it is out within 30 seconds. `If-Match` is the account's.

    One that has not begun is void. What else the account holds it keeps.
    """
    entry = await end_assignment(
        session,
        account_id,
        assignment_id,
        at=request.at,
        by=actor,
        version=version,
        note=request.grounds.note,
    )
    return await answer_step(session, access, entry)
