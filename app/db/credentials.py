"""What lets an account in: one-time passwords, who it is to other issuers, secrets of machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.accounts import AccountNotFound, end_sign_ins
from app.db.audit_rows import entry_of
from app.db.scope import lies_within
from app.db.sessions import Reading, connection_in
from app.db.tables.accounts import NO_PASSWORD, Account, ClientSecret, ExternalIdentity
from app.domain.accounts import AccountAction, AccountState
from app.domain.credentials import one_time_hash
from app.domain.errors import NotFound, Said
from app.domain.regions import Region
from app.domain.workflow import Step


class IdentityNotFound(NotFound):
    """The account is linked with no such identity."""

    title = Said(id="Identitas ini tidak terhubung", en="No such identity is linked")
    detail = Said(
        id="Baca akunnya, lalu pakai issuer dan subject dari daftar identities.",
        en="Read the account, and use an issuer and subject of its list identities.",
    )


class SecretNotFound(NotFound):
    """The account has no such secret."""

    title = Said(id="Rahasia klien tidak ditemukan", en="No such client secret")
    detail = Said(
        id="Baca daftar secrets akun itu, lalu pakai id dari sana.",
        en="Read the account's list of secrets, and use an id of it.",
    )


# --- one-time passwords

_RESET = f"""
UPDATE account SET password_hash = '{NO_PASSWORD}', one_time_hash = fresh.hash,
    one_time_expires_at = $3, session_version = session_version + 1, version = version + 1,
    updated_at = now()
FROM unnest($1::uuid[], $2::bytea[]) AS fresh (id, hash)
WHERE account.id = fresh.id
"""


@dataclass(frozen=True)
class Reset:
    account: Account
    password: str
    step: Step[AccountState, AccountAction]


async def reset(session: AsyncSession, resets: Sequence[Reset], *, expires_at: datetime) -> None:
    """From now on their one-time passwords, and nothing else, lead to a password of their own.

    The accounts are held, so that none has changed since its step was decided on.
    """
    ids = [one.account.id for one in resets]
    hashes = [one_time_hash(one.password) for one in resets]
    connection = await connection_in(session)
    await connection.execute(_RESET, ids, hashes, expires_at)
    await end_sign_ins(session, ids)
    before = [_told_of(one.account) for one in resets]
    again = select(Account).where(col(Account.id).in_(ids))
    (await session.exec(again, execution_options={"populate_existing": True})).all()
    for one, was in zip(resets, before, strict=True):
        now = _told_of(one.account)
        told = {pointer: [was[pointer], now[pointer]] for pointer in now}
        session.add(entry_of(one.account, one.step, told, **session.info))
    await session.flush()


def _told_of(account: Account) -> dict[str, object]:
    return {
        "/session_version": account.session_version,
        "/one_time_expires_at": account.one_time_expires_at,
    }


# --- who somebody is to another issuer


async def link(session: AsyncSession, identity: ExternalIdentity) -> None:
    """One identity is one account's; which one has it already is not told."""
    session.add(identity)
    await session.flush()


async def find_identity(
    session: AsyncSession, account: Account, *, issuer: str, subject: str, within: Region
) -> ExternalIdentity:
    statement = select(ExternalIdentity).where(
        ExternalIdentity.issuer == issuer,
        ExternalIdentity.subject == subject,
        ExternalIdentity.account_id == account.id,
        lies_within(ExternalIdentity.scope_code, within),
    )
    identity = (await session.exec(statement)).one_or_none()
    if identity is None:
        raise IdentityNotFound
    return identity


async def unlink(session: AsyncSession, identity: ExternalIdentity) -> None:
    """The audit keeps that it was linked; here it makes room for the next account."""
    await session.delete(identity)
    await session.flush()


# --- secrets of machines


async def live_secrets(session: AsyncSession, account: Account, *, within: Region) -> int:
    """How many it could sign in with now."""
    statement = select(func.count()).where(
        ClientSecret.account_id == account.id,
        lies_within(ClientSecret.scope_code, within),
        col(ClientSecret.revoked_at).is_(None),
        col(ClientSecret.expires_at) > func.now(),
    )
    return (await session.exec(statement)).one()


async def find_secret(
    session: AsyncSession, account: Account, secret_id: UUID, *, within: Region
) -> ClientSecret:
    statement = select(ClientSecret).where(
        ClientSecret.id == secret_id,
        ClientSecret.account_id == account.id,
        lies_within(ClientSecret.scope_code, within),
    )
    secret = (await session.exec(statement)).one_or_none()
    if secret is None:
        raise SecretNotFound
    return secret


_SECRETS = """
SELECT json_build_object('next', NULL, 'items', coalesce((
    SELECT json_agg(json_build_object('id', c.id, 'created_at', c.created_at,
        'expires_at', c.expires_at, 'revoked_at', c.revoked_at,
        'serves', account.state = 'active' AND c.revoked_at IS NULL AND c.expires_at > now())
        ORDER BY c.id)
    FROM client_secret c WHERE c.account_id = account.id AND c.scope_code BETWEEN $2 AND $3
), '[]'))::text
FROM account WHERE account.id = $1 AND account.scope_code BETWEEN $2 AND $3
"""


async def list_secrets(reading: Reading, account_id: UUID, *, within: Region) -> str:
    """All an account ever had, without what nobody knows any more."""
    found: str | None = await reading.value(_SECRETS, account_id, within.first, within.last)
    if found is None:
        raise AccountNotFound
    return found
