"""What lets an account in besides a password: `/v1/accounts/{id}/identities`, `.../secrets`."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from app.commands.credentials import issue_secret, link, revoke_secret, unlink
from app.db import credentials
from app.db.accounts import AccountNotFound
from app.db.audit import MovedMeanwhile
from app.db.credentials import IdentityNotFound, SecretNotFound
from app.db.faults import IdentityTaken
from app.domain.accounts import AccountsAreForAdmins, administers
from app.domain.appointments import HoldsOtherRole, PersonOrMachine
from app.domain.credentials import SECRET_LIFE, TooManySecrets
from app.domain.errors import Outdated
from app.domain.facts import OwnAccount
from app.domain.workflow import ActionNotOpen, RoleMayNot
from app.routers.access import (
    AccessNow,
    CurrentActor,
    IfMatch,
    ReadingNow,
    ToldOnce,
    Transaction,
    WritingRoute,
    answer_json,
    created,
)
from app.routers.accounts import AccountView, NoteGrounds, answer_account
from app.routers.audit import AuditEntryView, answer_step
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Shape, clean

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], route_class=WritingRoute)

REFUSED = (AccountNotFound, RoleMayNot, OwnAccount, HoldsOtherRole, ActionNotOpen)
CHANGED = (MovedMeanwhile, Outdated, VersionNotNamed)
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=250, strict=True, strip_whitespace=False),
    AfterValidator(clean),
]


class IdentityDraft(Shape):
    """Who he is by the word of another issuer: `iss` and `sub` of its tokens, to the letter."""

    issuer: Name = Field(examples=["https://sso.kemensos.example"])
    subject: Name = Field(examples=["199003172015042001"])


class IdentityStepRequest(IdentityDraft):
    action: Literal["unlink"]
    grounds: NoteGrounds = NoteGrounds()


@router.post(
    "/{account_id}/identities",
    status_code=201,
    response_model=AccountView,
    responses=refuses(*REFUSED, IdentityTaken),
)
async def link_identity(
    account_id: UUID, draft: IdentityDraft, actor: CurrentActor, session: Transaction
) -> Response:
    """Let somebody in by another issuer's word. What he may do is said by his assignments."""
    await link(session, account_id, issuer=draft.issuer, subject=draft.subject, by=actor)
    response = await answer_account(session, actor, account_id)
    return created(response, f"/v1/accounts/{account_id}")


@router.post(
    "/{account_id}/identities/steps",
    status_code=201,
    response_model=AuditEntryView,
    responses=refuses(*REFUSED, IdentityNotFound, *CHANGED),
)
async def take_identity_step(
    account_id: UUID,
    request: IdentityStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    """Take an identity from the account; every session ends. `If-Match` is the account's."""
    entry = await unlink(
        session,
        account_id,
        issuer=request.issuer,
        subject=request.subject,
        by=actor,
        version=version,
        note=request.grounds.note,
    )
    return await answer_step(session, access, entry)


class SecretRequest(Shape):
    expires_in_days: Annotated[int, Field(strict=True, ge=1, le=SECRET_LIFE.days)] = (
        SECRET_LIFE.days
    )


class IssuedSecret(BaseModel):
    id: UUID
    client_id: str = Field(description="the account's username; its id serves as well")
    client_secret: str | None = Field(description="shown once; none: in a repeat")
    created_at: datetime
    expires_at: datetime


class SecretView(BaseModel):
    id: UUID
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    serves: bool = Field(description="Whether the machine gets in with it now.")


class SecretPage(BaseModel):
    next: None = Field(description="There is one page only.")
    items: list[SecretView]


@router.post(
    "/{account_id}/secrets",
    status_code=201,
    response_model=IssuedSecret,
    responses=refuses(*REFUSED, PersonOrMachine, TooManySecrets),
)
async def give_secret(
    account_id: UUID, request: SecretRequest, actor: CurrentActor, session: Transaction
) -> Response:
    """A secret for a machine's account, beside the one it has; two serve at most.

    It stands in this answer and nowhere else; a repeat with the same `Idempotency-Key` is answered
    without it. Revoke what was lost, and ask for another.
    """
    life = timedelta(days=request.expires_in_days)
    issued = await issue_secret(session, account_id, life=life, by=actor)
    view = IssuedSecret(
        id=issued.row.id,
        client_id=issued.account.username,
        client_secret=issued.secret,
        created_at=issued.row.created_at,
        expires_at=issued.row.expires_at,
    )
    without = view.model_copy(update={"client_secret": None})
    return ToldOnce(view.model_dump_json(), kept=without.model_dump_json())


@router.get(
    "/{account_id}/secrets",
    response_model=SecretPage,
    responses=refuses(AccountNotFound, AccountsAreForAdmins),
)
async def list_secrets(account_id: UUID, actor: CurrentActor, reading: ReadingNow) -> Response:
    """The secrets a machine ever had, by their ids: what they say nobody knows."""
    body = await credentials.list_secrets(reading, account_id, within=actor.region)
    administers(actor)
    return answer_json(body)


class SecretStepRequest(Shape):
    action: Literal["revoke"]
    grounds: NoteGrounds = NoteGrounds()


@router.post(
    "/{account_id}/secrets/{secret_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    responses=refuses(*REFUSED, SecretNotFound, *CHANGED),
)
async def take_secret_step(
    account_id: UUID,
    secret_id: UUID,
    request: SecretStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    """Revoke a secret; every token it got ends within 30 seconds. `If-Match` is the account's."""
    entry = await revoke_secret(
        session, account_id, secret_id, by=actor, version=version, note=request.grounds.note
    )
    return await answer_step(session, access, entry)
