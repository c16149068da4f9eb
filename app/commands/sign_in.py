"""Signing in, staying in and signing out.

Nobody is known yet at the door, so it looks from within all of Indonesia, and says so. Each part
is a transaction of its own: what a wrong try leaves behind is kept although the answer is a no,
and no connection is held while a password is compared.
"""

from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import accounts, sign_ins
from app.db.sessions import Database
from app.db.sign_ins import Found
from app.db.tables.accounts import Account
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
from app.domain.regions import INDONESIA
from app.passwords import Passwords
from app.tokens import Tokens


@dataclass(frozen=True)
class Door:
    """What it takes to let somebody in."""

    database: Database
    tokens: Tokens
    passwords: Passwords = field(default_factory=Passwords)
    terms: RefreshTerms = field(default_factory=RefreshTerms)


@dataclass(frozen=True)
class SignedIn:
    access_token: str
    refresh_token: str
    held: Held


async def sign_in(
    door: Door, *, username: str, password: str, address: str, assignment_id: UUID | None = None
) -> SignedIn:
    username = username.casefold()
    async with door.database.transaction(INDONESIA) as session:
        await sign_ins.count_try(session, username=username, address=address)
        account = await accounts.named(session, username, within=INDONESIA)

    known = await _recognise(door, account, password)
    renewed_hash = await door.passwords.renewed(password, known.password_hash)

    async with door.database.transaction(INDONESIA) as session:
        await sign_ins.forgive(session, username=username, address=address)
        if renewed_hash:
            await accounts.rehash(session, known, renewed_hash)
        held = await accounts.held_by(session, known.id, within=INDONESIA)

    chosen = choose(held, named=assignment_id)
    async with door.database.transaction(INDONESIA) as session:
        refresh_token = await sign_ins.begin(session, known, chosen, terms=door.terms)
    return _let_in(door, known, chosen, refresh_token)


async def _recognise(door: Door, account: Account | None, password: str) -> Account:
    fits = await door.passwords.fits(password, account.password_hash if account else None)
    if account is None or not fits or account.state is not AccountState.ACTIVE:
        raise SignInFailed
    return account


def _let_in(door: Door, account: Account, held: Held, refresh_token: str) -> SignedIn:
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
    return _let_in(door, found.account, found.held, next_token)


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
