"""Accounts and the assignments they hold."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.audit import record
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.accounts import Account, Assignment, SignIn
from app.db.tables.audit import AuditEntry
from app.db.tables.regions import RegionRow
from app.domain.accounts import AccountAction, AccountState, Held
from app.domain.actors import Actor, Role
from app.domain.errors import NotFound, Said
from app.domain.regions import Region
from app.domain.workflow import Step

NATION_NAME = "Indonesia"


class AccountNotFound(NotFound):
    """No such account lies within your region."""

    title = Said(id="Akun tidak ditemukan di wilayah Anda", en="No such account in your region")
    detail = Said(
        id="Periksa kembali account_id, atau mintalah admin wilayah akun itu.",
        en="Check the account_id, or ask the administrator of that account's region.",
    )


async def find(session: AsyncSession, account_id: UUID, *, within: Region) -> Account:
    statement = select(Account).where(
        Account.id == account_id, lies_within(Account.scope_code, within)
    )
    account = (await session.exec(statement)).one_or_none()
    if account is None:
        raise AccountNotFound
    return account


async def named(session: AsyncSession, username: str, *, within: Region) -> Account | None:
    """Whoever signs in by that name. Its absence is nobody's business but the door's."""
    statement = select(Account).where(
        Account.username == username, lies_within(Account.scope_code, within)
    )
    return (await session.exec(statement)).one_or_none()


def is_current() -> ColumnElement[bool]:
    return and_(
        col(Assignment.begins_at) <= func.now(),
        or_(col(Assignment.ends_at).is_(None), col(Assignment.ends_at) > func.now()),
    )


async def held_by(session: AsyncSession, account_id: UUID, *, within: Region) -> list[Held]:
    """The assignments an account holds now, oldest first."""
    statement = (
        select(Assignment, col(RegionRow.name))
        .join(RegionRow, col(RegionRow.code) == col(Assignment.region_code), isouter=True)
        .where(
            Assignment.account_id == account_id,
            lies_within(Assignment.scope_code, within),
            is_current(),
        )
        .order_by(col(Assignment.id))
    )
    return [
        Held(assignment.id, assignment.role, assignment.region, name or NATION_NAME)
        for assignment, name in await session.exec(statement)
    ]


async def move(
    session: AsyncSession, account: Account, step: Step[AccountState, AccountAction]
) -> AuditEntry:
    """Out or in, every token issued until now is void and every sign-in has ended."""
    changes = {"session_version": account.session_version + 1}
    entry = await record(session, account, step, changes=changes)
    await session.exec(
        update(SignIn)
        .where(col(SignIn.account_id) == account.id, col(SignIn.revoked_at).is_(None))
        .values(revoked_at=func.now())
    )
    return entry


async def rehash(session: AsyncSession, account: Account, password_hash: str) -> None:
    """Unless the password was changed meanwhile."""
    await session.exec(
        update(Account)
        .where(col(Account.id) == account.id, col(Account.password_hash) == account.password_hash)
        .values(password_hash=password_hash)
    )


# --- opening


async def open_account(  # noqa: PLR0913 - an account and its first assignment, in columns
    session: AsyncSession,
    *,
    username: str,
    display_name: str,
    password_hash: str,
    role: Role,
    region: Region,
    from_: datetime,
    until: datetime | None = None,
    home: Region | None = None,
) -> Account:
    """An account with its first assignment; at home where that is, or in a `home` around it."""
    home = region if home is None else home
    account = Account(
        username=username.casefold(),
        display_name=display_name,
        password_hash=password_hash,
        region_code=home.code,
        scope_code=home.first,
    )
    session.add(account)
    await session.flush()
    await assign(session, account, role=role, region=region, from_=from_, until=until)
    return account


async def assign(  # noqa: PLR0913 - an assignment, in columns
    session: AsyncSession,
    account: Account,
    *,
    role: Role,
    region: Region,
    from_: datetime,
    until: datetime | None = None,
) -> Assignment:
    """Only within the account's home: whoever answers for it there can end all it may do."""
    if not Region(account.region_code).covers(region):
        raise ValueError(f"{region.code!r} lies outside the account's home")
    Actor(account.id, role, region)  # a role over a region of the wrong tier is no actor
    assignment = Assignment(
        account_id=account.id,
        role=role,
        region_code=region.code,
        scope_code=region.first,
        begins_at=from_,
        ends_at=until,
    )
    session.add(assignment)
    await session.flush()
    return assignment


# --- reading

_STANDING = """
SELECT account.session_version
FROM account
WHERE account.id = $1 AND account.state = 'active' AND account.scope_code BETWEEN $4 AND $5
  AND EXISTS (
    SELECT FROM assignment
    WHERE assignment.account_id = account.id AND role = $2 AND region_code = $3
      AND assignment.scope_code BETWEEN $4 AND $5
      AND begins_at <= now() AND (ends_at IS NULL OR ends_at > now()))
"""


async def standing(reading: Reading, actor: Actor, *, within: Region) -> int | None:
    """The session version of somebody who holds this very assignment now; None if nobody does."""
    version: int | None = await reading.value(
        _STANDING, actor.id, actor.role.value, actor.region.code, within.first, within.last
    )
    return version


_READ = """
SELECT json_build_object(
  'version', account.version,
  'id', account.id,
  'username', account.username,
  'display_name', account.display_name,
  'state', account.state,
  'region', json_build_object('code', account.region_code, 'name', coalesce(home.name, $5)),
  'assignments', (
    SELECT coalesce(json_agg(json_build_object(
      'id', assignment.id,
      'role', role,
      'region', json_build_object('code', region_code, 'name', coalesce(region.name, $5)),
      'begins_at', begins_at,
      'ends_at', ends_at
    ) ORDER BY assignment.id), '[]'::json)
    FROM assignment LEFT JOIN region ON region.code = assignment.region_code
    WHERE assignment.account_id = account.id AND assignment.scope_code BETWEEN $2 AND $3),
  'open_actions', $4::json -> account.state,
  'created_at', account.created_at,
  'updated_at', account.updated_at
)::text
FROM account LEFT JOIN region AS home ON home.code = account.region_code
WHERE account.id = $1 AND account.scope_code BETWEEN $2 AND $3
"""


async def read(
    reading: Reading,
    account_id: UUID,
    *,
    within: Region,
    open_actions: Mapping[AccountState, Collection[object]],
) -> str:
    """The account as JSON, without its password."""
    found: str | None = await reading.value(
        _READ, account_id, within.first, within.last, json.dumps(open_actions), NATION_NAME
    )
    if found is None:
        raise AccountNotFound
    return found


_WHO = """
SELECT json_build_object(
  'account_id', account.id,
  'username', account.username,
  'display_name', account.display_name,
  'role', $2::text,
  'region', json_build_object('code', $3::text, 'name', coalesce(region.name, $7)),
  'reads', $4::json,
  'usual_purpose', $5::text,
  'token_expires_at', $6::timestamptz
)::text
FROM account LEFT JOIN region ON region.code = $3
WHERE account.id = $1 AND account.scope_code BETWEEN $8 AND $9
"""


async def who(  # noqa: PLR0913 - what the database does not know comes along
    reading: Reading,
    actor: Actor,
    *,
    within: Region,
    reads: Mapping[str, object],
    purpose: str,
    token_expires_at: datetime,
) -> str:
    """Who is asking, as JSON."""
    found: str = await reading.value(
        _WHO,
        actor.id,
        actor.role.value,
        actor.region.code,
        json.dumps(reads),
        purpose,
        token_expires_at,
        NATION_NAME,
        within.first,
        within.last,
    )
    return found
