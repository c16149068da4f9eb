"""Signing in."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.concurrency import run_in_threadpool
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.actors import Actor, Role
from app.domain.regions import Region as Reach
from bench.rivals import rules
from bench.rivals.sqlmodel_way.access import Session
from bench.rivals.sqlmodel_way.tables import Account, Assignment, RefreshToken, Region, SignIn
from bench.rivals.sqlmodel_way.views import PasswordGrant, TokensView

router = APIRouter()


@router.post("/token", response_model=TokensView)
async def sign_in(grant: PasswordGrant, session: Session) -> Any:  # noqa: ANN401
    found = await session.exec(select(Account).where(Account.username == grant.username.casefold()))
    account = found.one_or_none()
    if account is None or account.state != "active":
        raise HTTPException(401, "not recognised")
    if not await run_in_threadpool(rules.fits, grant.password, account.password_hash):
        raise HTTPException(401, "not recognised")
    assignment, region = await _held_by(session, account)
    refresh_token = await _begin(session, account, assignment)
    actor = Actor(account.id, Role(assignment.role), Reach(assignment.region_code))
    return TokensView(
        access_token=rules.token_for(actor, account.session_version),
        expires_in=rules.LIVES_FOR,
        refresh_token=refresh_token,
        role=actor.role,
        region={"code": assignment.region_code, "name": region.name if region else "Indonesia"},
        assignment_id=assignment.id,
    )


async def _held_by(session: AsyncSession, account: Account) -> tuple[Assignment, Region | None]:
    now = datetime.now(UTC)
    found = await session.exec(
        select(Assignment, Region)
        .join(Region, col(Region.code) == col(Assignment.region_code), isouter=True)
        .where(
            Assignment.account_id == account.id,
            Assignment.begins_at <= now,
            or_(col(Assignment.ends_at).is_(None), col(Assignment.ends_at) > now),
        )
    )
    held = found.all()
    if len(held) != 1:
        raise HTTPException(409, "none or several assignments")
    return held[0]


async def _begin(session: AsyncSession, account: Account, assignment: Assignment) -> str:
    now, token = datetime.now(UTC), rules.refresh_token()
    begun = SignIn(
        account_id=account.id,
        assignment_id=assignment.id,
        session_version=account.session_version,
        started_at=now,
        ends_at=now + timedelta(hours=rules.SIGN_IN_LIVES_FOR),
    )
    session.add(begun)
    await session.flush()
    issued = RefreshToken(
        token_hash=sha256(token.encode()).digest(),
        sign_in_id=begun.id,
        issued_at=now,
        expires_at=now + timedelta(hours=rules.REFRESH_LIVES_FOR),
    )
    session.add(issued)
    await session.commit()
    return token
