"""Accounts, for the administrators of their regions: `/v1/accounts`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.commands.accounts import identify, move_account, rename
from app.db import accounts
from app.db.accounts import AccountNotFound
from app.db.audit import MovedMeanwhile
from app.db.pages import Asked
from app.db.sessions import reading_in
from app.domain.accounts import (
    ACCOUNTS,
    AccountAction,
    AccountsAreForAdmins,
    AccountState,
    NikNotReadable,
    administers,
)
from app.domain.actors import Role
from app.domain.appointments import HoldsOtherRole, PersonOrMachine
from app.domain.diagrams import as_markdown
from app.domain.errors import Outdated
from app.domain.facts import OwnAccount
from app.domain.regions import OutsideYourRegion
from app.domain.workflow import ActionNotOpen, Ground, GroundsMissing, GroundsNotAsked, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    Known,
    Limit,
    ReadingNow,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.auth import RegionNamed
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Line, NikText, Note, Shape

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], route_class=WritingRoute)

BY_ID = "/{account_id:uuid}"  # other words there are addresses of their own
CHANGED = (MovedMeanwhile, Outdated, VersionNotNamed)


class AssignmentView(BaseModel):
    id: UUID
    role: Role
    region: RegionNamed
    begins_at: datetime
    ends_at: datetime | None = Field(description="none: until it is ended")


class IdentityView(BaseModel):
    issuer: str
    subject: str


class OpenAccountAction(BaseModel):
    action: AccountAction
    needs: list[Ground] = Field(description="The grounds it has to rest on.")
    targets: list[AccountState] = Field(description="None: the action knows where it leads.")


class AccountView(BaseModel):
    version: int
    id: UUID
    username: str
    display_name: str
    state: AccountState
    person_nik: str | None = Field(
        description="which person of the registry he is, masked; none: not said"
    )
    region: RegionNamed = Field(description="home: whose administrator answers for the account")
    assignments: list[AssignmentView]
    identities: list[IdentityView] = Field(description="who he is to other issuers")
    password_chosen: bool = Field(description="no: he has yet to choose one")
    one_time_expires_at: datetime | None = Field(
        description="until when a one-time password lets him choose one; none: none waits"
    )
    last_sign_in_at: datetime | None
    open_actions: list[OpenAccountAction] = Field(description="What you may do with it now.")
    created_at: datetime
    updated_at: datetime


class Holds(BaseModel):
    role: Role
    region_code: str


class AccountLine(BaseModel):
    version: int
    id: UUID
    username: str
    display_name: str
    state: AccountState
    region: RegionNamed
    holds: list[Holds] = Field(description="its assignments of today")
    password_chosen: bool
    one_time_expires_at: datetime | None
    updated_at: datetime


class AccountPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[AccountLine]


async def answer_account(session: Transaction, actor: CurrentActor, account_id: UUID) -> Response:
    """The account as it is after the change."""
    reading = await reading_in(session)
    body = await accounts.read(reading, account_id, within=actor.region, seen_by=actor)
    return answer_versioned(body)


@router.get(
    "", response_model=AccountPage, responses=refuses(OutsideYourRegion, AccountsAreForAdmins)
)
async def list_accounts(
    request: Request,
    actor: CurrentActor,
    reading: ReadingNow,
    region: RegionAsked,
    after: After,
    role: Annotated[Role | None, Query(description="Who holds it, or ever held it.")] = None,
    state: Annotated[AccountState | None, Query()] = None,
    current: Annotated[
        bool | None, Query(description="Whether he may act today (in that `role`, with one).")
    ] = None,
    limit: Limit = 50,
) -> Response:
    """The accounts at home in your region, in pages."""
    administers(actor)
    where = accounts.conditions(role=role, region=region, state=state, current=current)
    body = await accounts.list_page(reading, Asked(after, limit, where), within=actor.region)
    return answer_page(request, body)


@router.get(
    BY_ID,
    response_model=AccountView,
    responses=refuses(AccountNotFound, AccountsAreForAdmins),
)
async def read_account(account_id: UUID, actor: CurrentActor, reading: ReadingNow) -> Response:
    """An account at home in your region, the assignments it ever held, and what you may do."""
    account = await accounts.read(reading, account_id, within=actor.region, seen_by=actor)
    administers(actor)
    return answer_versioned(account)


class AccountChange(Shape):
    display_name: Line = Field(examples=["Siti Aminah"])


@router.patch(
    BY_ID,
    response_model=AccountView,
    responses=refuses(
        AccountNotFound, RoleMayNot, OwnAccount, HoldsOtherRole, ActionNotOpen, *CHANGED
    ),
)
async def change_account(
    account_id: UUID,
    change: AccountChange,
    actor: CurrentActor,
    session: Transaction,
    version: IfMatch,
) -> Response:
    """Correct the name. A username stays: it is what the audit's readers know."""
    await rename(session, account_id, change.display_name, by=actor, version=version)
    return await answer_account(session, actor, account_id)


class Person(Shape):
    nik: NikText | None = Field(description="null: nobody of whom we know.")


@router.put(
    "/{account_id}/person",
    response_model=AccountView,
    responses=refuses(
        AccountNotFound,
        RoleMayNot,
        OwnAccount,
        HoldsOtherRole,
        ActionNotOpen,
        PersonOrMachine,
        NikNotReadable,
        *CHANGED,
    ),
)
async def identify_account(
    account_id: UUID,
    person: Person,
    actor: CurrentActor,
    session: Transaction,
    version: IfMatch,
    known: Known,
) -> Response:
    """Say whose account it is, by the NIK: nobody decides on a household he is a member of."""
    await identify(session, account_id, person.nik, by=actor, version=version, known=known)
    return await answer_account(session, actor, account_id)


class NoteGrounds(Shape):
    note: Note | None = Field(default=None, examples=["Pindah tugas per 1 Desember 2026."])


class AccountStepRequest(Shape):
    action: Literal["dismiss", "reinstate"]
    grounds: NoteGrounds = NoteGrounds()


@router.post(
    "/{account_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Send an officer out, or let him in again. Every token he holds is void within "
    "30 seconds. The other actions of the table have addresses of their own."
    f"\n\n{as_markdown(ACCOUNTS)}",
    responses=refuses(
        AccountNotFound,
        RoleMayNot,
        OwnAccount,
        HoldsOtherRole,
        ActionNotOpen,
        GroundsMissing,
        GroundsNotAsked,
        *CHANGED,
    ),
)
async def take_account_step(
    account_id: UUID,
    request: AccountStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    entry = await move_account(
        session,
        account_id,
        AccountAction(request.action),
        by=actor,
        version=version,
        grounds={Ground.NOTE: request.grounds.note},
    )
    return await answer_step(session, access, entry)
