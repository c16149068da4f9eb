"""Machines that sign in with a secret, as the door finds them."""

from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import accounts
from app.db.scope import lies_within
from app.db.tables.accounts import Account, ClientSecret
from app.domain.regions import Region

UUID_LENGTH = 36  # as we write them: other spellings are names


async def named(session: AsyncSession, client_id: str, *, within: Region) -> Account | None:
    """By its id, or else by its username: what looks like an id is never taken for a name."""
    account_id = _as_id(client_id)
    if account_id is None:
        return await accounts.named(session, client_id.casefold(), within=within)
    statement = select(Account).where(
        Account.id == account_id, lies_within(Account.scope_code, within)
    )
    return (await session.exec(statement)).one_or_none()


def _as_id(client_id: str) -> UUID | None:
    try:
        return UUID(client_id) if len(client_id) == UUID_LENGTH else None
    except ValueError:
        return None


async def secret_hashes(
    session: AsyncSession, account_id: UUID | None, *, within: Region
) -> list[bytes]:
    """The SHA-256 of each secret that serves now. Asked where nobody is known, too: it takes
    the same time to say no.
    """
    statement = select(ClientSecret.secret_hash).where(
        ClientSecret.account_id == (account_id or UUID(int=0)),
        lies_within(ClientSecret.scope_code, within),
        col(ClientSecret.revoked_at).is_(None),
        col(ClientSecret.expires_at) > func.now(),
    )
    return list(await session.exec(statement))
