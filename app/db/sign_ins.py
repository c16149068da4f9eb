"""What lives at the door: tries that are counted, sign-ins, and their refresh tokens.

The clock is the database's throughout, so that several processes agree on it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import accounts
from app.db.tables.accounts import Account, RefreshToken, SignIn, SignInFailure, TallyOf
from app.domain.accounts import (
    ACCOUNT_BRAKE,
    ADDRESS_BRAKE,
    CHECK_BRAKE,
    AccountState,
    Brake,
    Held,
    Presented,
    RefreshTerms,
    Tally,
)
from app.domain.regions import Region

BRAKES: dict[TallyOf, Brake] = {
    TallyOf.ADDRESS: ADDRESS_BRAKE,
    TallyOf.ACCOUNT: ACCOUNT_BRAKE,
    TallyOf.LETTER_CHECK: CHECK_BRAKE,
}

# --- tries


async def count_try(session: AsyncSession, *, username: str | None = None, address: str) -> None:
    """Count a try before its password is looked at, so that tries at once are all counted.

    The address first, always: two who try at once then wait for each other in one order.
    Another issuer's token names nobody before it is believed: it counts for the address alone.
    """
    await _forget(session)
    await _count(session, TallyOf.ADDRESS, address)
    if username is not None:
        await _count(session, TallyOf.ACCOUNT, username)


async def count_check(session: AsyncSession, *, address: str) -> None:
    """Somebody looks whether a letter is valid. Apart from tries to sign in, which it costs not."""
    await _forget(session)
    await _count(session, TallyOf.LETTER_CHECK, address)


async def forgive(session: AsyncSession, *, username: str | None = None, address: str) -> None:
    """The password was right: nothing counts against the name, nor this try against the address.

    What others tried from the address stays, or one good account would pay for many guesses.
    """
    await session.exec(
        update(SignInFailure)
        .where(col(SignInFailure.key_hash) == _key(TallyOf.ADDRESS, address))
        .values(tries=func.greatest(col(SignInFailure.tries) - 1, 0))
    )
    if username is None:
        return
    await session.exec(
        delete(SignInFailure).where(col(SignInFailure.key_hash) == _key(TallyOf.ACCOUNT, username))
    )


async def _count(session: AsyncSession, tally_of: TallyOf, whose: str) -> None:
    row = await _hold(session, tally_of, _key(tally_of, whose))
    tally = BRAKES[tally_of].count(
        Tally(row.tries, row.since, row.blocked_until), at=await clock(session)
    )
    row.tries, row.since, row.blocked_until = tally.tries, tally.since, tally.blocked_until
    session.add(row)
    await session.flush()


async def _hold(session: AsyncSession, tally_of: TallyOf, key_hash: bytes) -> SignInFailure:
    """The row, held until the transaction ends, made where there is none."""
    blank = {"tries": 0, "since": func.now(), "blocked_until": func.now()}
    await session.exec(
        insert(SignInFailure)
        .values(key_hash=key_hash, tally_of=tally_of, **blank)
        .on_conflict_do_nothing()
    )
    statement = select(SignInFailure).where(SignInFailure.key_hash == key_hash).with_for_update()
    return (await session.exec(statement)).one()


def _key(tally_of: TallyOf, whose: str) -> bytes:
    return sha256(f"{tally_of}:{whose}".encode()).digest()


async def clock(session: AsyncSession) -> datetime:
    """Now, and not when the transaction began: it may have waited for a row since."""
    at: datetime = (await session.exec(select(func.clock_timestamp()))).one()
    return at


async def _forget(session: AsyncSession) -> None:
    """A few at a time, whenever somebody tries: what nobody added to for a day is dropped."""
    old = (
        select(SignInFailure.key_hash)
        .where(col(SignInFailure.since) < func.now() - timedelta(days=1))
        .limit(10)
        .with_for_update(skip_locked=True)
    )
    await session.exec(
        delete(SignInFailure)
        .where(col(SignInFailure.key_hash).in_(old))
        .execution_options(synchronize_session=False)
    )


# --- sign-ins


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


async def begin(session: AsyncSession, account: Account, held: Held, *, terms: RefreshTerms) -> str:
    """A new sign-in for that assignment, and its first refresh token. Those past are removed."""
    at = await clock(session)
    await session.exec(
        delete(SignIn).where(col(SignIn.account_id) == account.id, col(SignIn.ends_at) < at)
    )
    sign_in = SignIn(
        account_id=account.id,
        assignment_id=held.id,
        session_version=account.session_version,
        started_at=at,
        ends_at=at + terms.overall,
    )
    session.add(sign_in)
    await session.flush()
    return await _issue(session, sign_in, at=at, terms=terms)


async def _issue(
    session: AsyncSession, sign_in: SignIn, *, at: datetime, terms: RefreshTerms
) -> str:
    token = token_urlsafe(32)
    session.add(
        RefreshToken(
            token_hash=_hash(token),
            sign_in_id=sign_in.id,
            issued_at=at,
            expires_at=at + terms.idle,  # or with its sign-in, if that ends before
        )
    )
    await session.flush()
    return token


async def family_of(session: AsyncSession, refresh_token: str) -> SignIn | None:
    """The sign-in it belongs to, held until the transaction ends."""
    statement = (
        select(SignIn)
        .join(RefreshToken, col(RefreshToken.sign_in_id) == col(SignIn.id))
        .where(RefreshToken.token_hash == _hash(refresh_token))
        .with_for_update(of=SignIn)
    )
    return (await session.exec(statement)).one_or_none()


@dataclass(frozen=True)
class Found:
    """A refresh token that is ours, and what it would renew."""

    sign_in: SignIn
    token: RefreshToken
    account: Account
    held: Held | None
    presented: Presented


async def find(session: AsyncSession, refresh_token: str, *, within: Region) -> Found | None:
    """Two who present tokens of one family at once come one after the other.

    Hence two statements: the second one sees what the other transaction did meanwhile.
    """
    sign_in = await family_of(session, refresh_token)
    if sign_in is None:
        return None
    token = await session.get_one(RefreshToken, _hash(refresh_token))
    account = await accounts.find(session, sign_in.account_id, within=within)
    held = await accounts.held_by(session, sign_in.account_id, within=within)
    held_still = next((one for one in held if one.id == sign_in.assignment_id), None)
    at = await clock(session)
    presented = Presented(
        at=at,
        expires_at=token.expires_at,
        used_at=token.used_at,
        replaced=token.replaced_at is not None,
        is_last_used=await _is_last_used(session, token),
        family_stands=held_still is not None and _stands(sign_in, account, at),
    )
    return Found(sign_in, token, account, held_still, presented)


def _stands(sign_in: SignIn, account: Account, at: datetime) -> bool:
    return (
        sign_in.revoked_at is None
        and at < sign_in.ends_at
        and account.state is AccountState.ACTIVE
        and account.session_version == sign_in.session_version
    )


async def _is_last_used(session: AsyncSession, token: RefreshToken) -> bool:
    if token.used_at is None:
        return True
    later = aliased(RefreshToken)
    statement = select(later.token_hash).where(
        later.sign_in_id == token.sign_in_id, col(later.used_at) > token.used_at
    )
    return (await session.exec(statement.limit(1))).first() is None


async def rotate(session: AsyncSession, found: Found, *, terms: RefreshTerms) -> str:
    """The next refresh token. One that was issued already and never used gives way to it."""
    at = found.presented.at
    of_family = col(RefreshToken.sign_in_id) == found.sign_in.id
    found.token.used_at = found.token.used_at or at
    await session.flush()
    await session.exec(
        update(RefreshToken)
        .where(of_family, col(RefreshToken.used_at).is_(None))
        .values(replaced_at=func.coalesce(col(RefreshToken.replaced_at), at))
        .execution_options(synchronize_session=False)
    )
    await session.exec(
        delete(RefreshToken)
        .where(of_family, col(RefreshToken.expires_at) < at)
        .execution_options(synchronize_session=False)
    )
    return await _issue(session, found.sign_in, at=at, terms=terms)


async def revoke(session: AsyncSession, sign_in: SignIn) -> None:
    sign_in.revoked_at = sign_in.revoked_at or await clock(session)
    await session.flush()
