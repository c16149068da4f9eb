"""Signing in, staying in and signing out.

Nobody is known yet at the door, so it looks from within all of Indonesia, and says so. Each part
is a transaction of its own: what a wrong try leaves behind is kept although the answer is a no,
and no connection is held while a password is compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import accounts, sign_ins
from app.db.sessions import Database
from app.db.sign_ins import Found
from app.db.tables.accounts import NO_PASSWORD, Account
from app.domain.accounts import (
    AccountState,
    Held,
    RefreshTerms,
    RefreshTokenNotValid,
    RefreshVerdict,
    SignInFailed,
    choose,
    judge,
)
from app.domain.credentials import one_time_hash
from app.domain.regions import INDONESIA
from app.domain.sign_ins import PasswordMustBeChosen
from app.issuers import Issuer
from app.passwords import Passwords
from app.tokens import Tokens


@dataclass(frozen=True)
class Door:
    """What it takes to let somebody in."""

    database: Database
    tokens: Tokens
    passwords: Passwords = field(default_factory=Passwords)
    terms: RefreshTerms = field(default_factory=RefreshTerms)
    issuer: Issuer | None = None  # another one, whose word is taken for who somebody is


@dataclass(frozen=True)
class SignedIn:
    access_token: str
    refresh_token: str
    held: Held


async def sign_in(
    door: Door, *, username: str, password: str, address: str, assignment_id: UUID | None = None
) -> SignedIn:
    known = await recognise(door, username=username, password=password, address=address)
    if known.once:
        raise PasswordMustBeChosen
    return await enter(door, known.account, known.held, assignment_id=assignment_id)


@dataclass(frozen=True)
class Recognised:
    """Somebody who gave a password of his, the one-time one perhaps, and what he holds now."""

    account: Account
    held: Sequence[Held]
    once: bool


async def recognise(door: Door, *, username: str, password: str, address: str) -> Recognised:
    """Whoever it is, or `SignInFailed`: after the same work, whatever was wrong."""
    username = username.casefold()
    async with door.database.transaction(INDONESIA) as session:
        await sign_ins.count_try(session, username=username, address=address)
        account = await accounts.named(session, username, within=INDONESIA)
        at = await sign_ins.clock(session)

    once = account is not None and _opens_once(account, password, at=at)
    fits = await door.passwords.fits(password, _chosen_hash(account))
    if account is None or account.state is not AccountState.ACTIVE or not (once or fits):
        raise SignInFailed
    renewed_hash = None if once else await door.passwords.renewed(password, account.password_hash)

    async with door.database.transaction(INDONESIA) as session:
        await sign_ins.forgive(session, username=username, address=address)
        if renewed_hash:
            await accounts.rehash(session, account, renewed_hash)
        held = await accounts.held_by(session, account.id, within=INDONESIA)
    return Recognised(account, held, once)


def _chosen_hash(account: Account | None) -> str | None:
    """While a one-time password waits, be it expired, the one that was chosen before is void."""
    if account is None or account.one_time_hash is not None:
        return None
    return None if account.password_hash == NO_PASSWORD else account.password_hash


def _opens_once(account: Account, password: str, *, at: datetime) -> bool:
    if account.one_time_hash is None or account.one_time_expires_at is None:
        return False
    fits = compare_digest(one_time_hash(password), account.one_time_hash)
    return fits and at < account.one_time_expires_at


async def enter(
    door: Door, account: Account, held: Sequence[Held], *, assignment_id: UUID | None
) -> SignedIn:
    """In, with one of the assignments he holds."""
    chosen = choose(held, named=assignment_id)
    async with door.database.transaction(INDONESIA) as session:
        refresh_token = await sign_ins.begin(session, account, chosen, terms=door.terms)
    return let_in(door, account, chosen, refresh_token)


def let_in(door: Door, account: Account, held: Held, refresh_token: str) -> SignedIn:
    access_token = door.tokens.issue(
        held.as_actor(account.id), session_version=account.session_version
    )
    return SignedIn(access_token, refresh_token, held)


async def renew(door: Door, refresh_token: str) -> SignedIn:
    """New tokens for a refresh token; one that is used a second time ends the sign-in for all."""
    async with door.database.transaction(INDONESIA) as session:
        found = await sign_ins.find(session, refresh_token, within=INDONESIA)
        next_token = await _next(door, session, found)
    if found is None or found.held is None or next_token is None:
        raise RefreshTokenNotValid
    return let_in(door, found.account, found.held, next_token)


async def _next(door: Door, session: AsyncSession, found: Found | None) -> str | None:
    verdict = judge(found.presented, grace=door.terms.grace) if found else RefreshVerdict.END
    if found is None or verdict is RefreshVerdict.END:
        return None
    if verdict is RefreshVerdict.REUSE:
        await sign_ins.revoke(session, found.sign_in)
        return None
    return await sign_ins.rotate(session, found, terms=door.terms)


async def sign_out(door: Door, refresh_token: str) -> None:
    """Whatever was presented, there is no answer that tells whether it was a token of ours."""
    async with door.database.transaction(INDONESIA) as session:
        sign_in = await sign_ins.family_of(session, refresh_token)
        if sign_in is not None:
            await sign_ins.revoke(session, sign_in)
