"""Accounts, for the administrators of their regions: `/v1/accounts`."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.db import accounts
from app.db.accounts import AccountNotFound
from app.db.audit import MovedMeanwhile, expect
from app.domain.accounts import (
    ACCOUNTS,
    AccountAction,
    AccountsAreForAdmins,
    AccountState,
    administers,
    facts_about,
)
from app.domain.actors import Role
from app.domain.errors import Outdated
from app.domain.workflow import (
    ActionNotOpen,
    Ground,
    GroundsMissing,
    GroundsNotAsked,
    OwnAccount,
    RoleMayNot,
)
from app.routers.access import (
    AccessNow,
    CurrentActor,
    IfMatch,
    ReadingNow,
    Transaction,
    WritingRoute,
    answer_versioned,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.auth import RegionNamed
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Note, Shape

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], route_class=WritingRoute)


class AssignmentView(BaseModel):
    id: UUID
    role: Role
    region: RegionNamed
    begins_at: datetime
    ends_at: datetime | None = Field(description="none: until it is ended")


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
    region: RegionNamed = Field(description="home: whose administrator answers for the account")
    assignments: list[AssignmentView]
    open_actions: list[OpenAccountAction] = Field(description="What you may do with it now.")
    created_at: datetime
    updated_at: datetime


@router.get(
    "/{account_id}",
    response_model=AccountView,
    responses=refuses(AccountNotFound, AccountsAreForAdmins),
)
async def read_account(account_id: UUID, actor: CurrentActor, reading: ReadingNow) -> Response:
    """An account at home in your region, the assignments it ever held, and what you may do."""
    facts = facts_about(account_id, seen_by=actor)
    account = await accounts.read(
        reading,
        account_id,
        within=actor.region,
        open_actions={
            state: [asdict(offer) for offer in ACCOUNTS.open_to(actor.role, state, facts=facts)]
            for state in AccountState
        },
    )
    administers(actor)
    return answer_versioned(account)


class AccountGrounds(Shape):
    note: Note | None = Field(default=None, examples=["Pindah tugas per 1 Desember 2026."])


class AccountStepRequest(Shape):
    action: AccountAction
    grounds: AccountGrounds = AccountGrounds()


@router.post(
    "/{account_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Send an officer out, or let him in again. Every token he holds is void within "
    f"30 seconds.\n\n{ACCOUNTS.as_markdown()}",
    responses=refuses(
        AccountNotFound,
        RoleMayNot,
        OwnAccount,
        ActionNotOpen,
        MovedMeanwhile,
        GroundsMissing,
        GroundsNotAsked,
        Outdated,
        VersionNotNamed,
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
    account = await accounts.find(session, account_id, within=actor.region)
    ACCOUNTS.permit(request.action, by=actor)
    await expect(session, account, version)
    step = ACCOUNTS.step(
        account.state,
        request.action,
        by=actor,
        grounds={Ground.NOTE: request.grounds.note},
        facts=facts_about(account_id, seen_by=actor),
    )
    return await answer_step(session, access, await accounts.move(session, account, step))
