"""What lets an account in besides a password: another issuer's word, a machine's secret."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.accounts import hold, step_of
from app.db import accounts, appointments, credentials, sign_ins
from app.db.audit import record
from app.db.tables.accounts import Account, ClientSecret, ExternalIdentity
from app.db.tables.audit import AuditEntry
from app.domain.accounts import AccountAction
from app.domain.actors import Actor
from app.domain.appointments import PersonOrMachine, is_machine
from app.domain.credentials import (
    SECRETS_AT_ONCE,
    TooManySecrets,
    client_secret_hash,
    new_client_secret,
)
from app.domain.workflow import Ground

A = AccountAction


async def link(
    session: AsyncSession, account_id: UUID, *, issuer: str, subject: str, by: Actor
) -> None:
    account = await hold(session, account_id, A.LINK, by=by)
    step = step_of(account, A.LINK, by=by)
    identity = ExternalIdentity(
        issuer=issuer, subject=subject, account_id=account.id, scope_code=account.scope_code
    )
    await credentials.link(session, identity)
    named = {"issuer": issuer, "subject": subject}
    await record(session, account, step, told={"/identities": [None, named]})


async def unlink(  # noqa: PLR0913 - which identity, of whom, by whom, why
    session: AsyncSession,
    account_id: UUID,
    *,
    issuer: str,
    subject: str,
    by: Actor,
    version: int,
    note: str | None,
) -> AuditEntry:
    """Whoever is in by it is out."""
    account = await hold(session, account_id, A.UNLINK, by=by, version=version)
    step = step_of(account, A.UNLINK, by=by, grounds={Ground.NOTE: note})
    identity = await credentials.find_identity(
        session, account, issuer=issuer, subject=subject, within=by.region
    )
    await credentials.unlink(session, identity)
    named = {"issuer": issuer, "subject": subject}
    return await accounts.move(session, account, step, told={"/identities": [named, None]})


@dataclass(frozen=True)
class Issued:
    """A secret, which nobody is told again."""

    account: Account
    row: ClientSecret
    secret: str


async def issue_secret(
    session: AsyncSession, account_id: UUID, *, life: timedelta, by: Actor
) -> Issued:
    """Beside the one there is, so that the machine can change over."""
    account = await hold(session, account_id, A.ISSUE, by=by)
    step = step_of(account, A.ISSUE, by=by)
    held = await appointments.roles_of(session, [account_id], within=by.region)
    if not is_machine(held[account_id]):
        raise PersonOrMachine
    if await credentials.live_secrets(session, account, within=by.region) >= SECRETS_AT_ONCE:
        raise TooManySecrets

    now = await sign_ins.clock(session)
    secret = new_client_secret()
    row = ClientSecret(
        account_id=account.id,
        scope_code=account.scope_code,
        secret_hash=client_secret_hash(secret),
        created_at=now,
        expires_at=now + life,
    )
    session.add(row)
    await session.flush()
    told: dict[str, list[object]] = {f"/secrets/{row.id}": [None, {"expires_at": row.expires_at}]}
    await record(session, account, step, told=told)
    return Issued(account, row, secret)


async def revoke_secret(  # noqa: PLR0913 - which, of whom, by whom, why
    session: AsyncSession,
    account_id: UUID,
    secret_id: UUID,
    *,
    by: Actor,
    version: int,
    note: str | None,
) -> AuditEntry:
    """Whoever is in by it is out; with another secret the machine comes back."""
    account = await hold(session, account_id, A.REVOKE, by=by, version=version)
    secret = await credentials.find_secret(session, account, secret_id, within=by.region)
    step = step_of(account, A.REVOKE, by=by, grounds={Ground.NOTE: note})
    before: list[datetime | None] = [secret.revoked_at]
    secret.revoked_at = secret.revoked_at or await sign_ins.clock(session)
    secret.version += 1
    await session.flush()
    told: dict[str, list[object]] = {
        f"/secrets/{secret.id}/revoked_at": [*before, secret.revoked_at]
    }
    return await accounts.move(session, account, step, told=told)
