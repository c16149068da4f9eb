"""Accounts and the assignments they hold."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.agreements import as_agreed, told_as_json
from app.db.audit import record
from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.accounts import NO_PASSWORD, Account, Assignment, SignIn
from app.db.tables.audit import AuditEntry
from app.db.tables.regions import RegionRow
from app.domain.accounts import AccountAction, AccountState, Held
from app.domain.actors import Actor, Role
from app.domain.agreements import Agreement
from app.domain.appointments import appoints, offers_to
from app.domain.errors import NotFound, Said
from app.domain.regions import Region
from app.domain.sight import Shown
from app.domain.workflow import Step

NATION_NAME = "Indonesia"


class AccountNotFound(NotFound):
    """No such account lies within your region."""

    title = Said(id="Akun tidak ditemukan di wilayah Anda", en="No such account in your region")
    detail = Said(
        id="Periksa kembali account_id, atau mintalah admin wilayah akun itu.",
        en="Check the account_id, or ask the administrator of that account's region.",
    )


async def find(
    session: AsyncSession, account_id: UUID, *, within: Region, hold: bool = False
) -> Account:
    """`hold` keeps others from changing it until the transaction ends."""
    statement = select(Account).where(
        Account.id == account_id, lies_within(Account.scope_code, within)
    )
    if hold:
        statement = statement.with_for_update(key_share=True)
    account = (await session.exec(statement)).one_or_none()
    if account is None:
        raise AccountNotFound
    return account


async def held(
    session: AsyncSession, account_ids: Sequence[UUID], *, within: Region
) -> dict[UUID, Account]:
    """Those of them that lie within, kept from others until the transaction ends."""
    statement = (
        select(Account)
        .where(col(Account.id).in_(account_ids), lies_within(Account.scope_code, within))
        .order_by(col(Account.id))  # two who hold many wait for each other in one order
        .with_for_update(key_share=True)
    )
    return {account.id: account for account in await session.exec(statement)}


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
    session: AsyncSession,
    account: Account,
    step: Step[AccountState, AccountAction],
    *,
    told: Mapping[str, list[object]] | None = None,
) -> AuditEntry:
    """Out or in, every token issued until now is void and every sign-in has ended."""
    changes = {"session_version": account.session_version + 1}
    entry = await record(session, account, step, changes=changes, told=told)
    await end_sign_ins(session, [account.id])
    return entry


async def end_sign_ins(session: AsyncSession, account_ids: Sequence[UUID]) -> None:
    await session.exec(
        update(SignIn)
        .where(col(SignIn.account_id).in_(account_ids), col(SignIn.revoked_at).is_(None))
        .values(revoked_at=func.now())
    )


async def was_used(session: AsyncSession, account: Account) -> bool:
    """Whether anybody ever signed in with it, or chose its password."""
    of_account = select(SignIn.id).where(SignIn.account_id == account.id).limit(1)
    return (
        account.password_hash != NO_PASSWORD or (await session.exec(of_account)).first() is not None
    )


async def rehash(session: AsyncSession, account: Account, password_hash: str) -> None:
    """Unless the password was changed meanwhile."""
    await session.exec(
        update(Account)
        .where(col(Account.id) == account.id, col(Account.password_hash) == account.password_hash)
        .values(password_hash=password_hash)
    )


async def keep_password(session: AsyncSession, account: Account, password_hash: str) -> None:
    """The one he chose. What he signed in with once, to choose it, is used up."""
    await session.exec(
        update(Account)
        .where(col(Account.id) == account.id)
        .values(password_hash=password_hash, one_time_hash=None, one_time_expires_at=None)
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

# A machine's agreement: of several, the last that has begun, or else the first to come.
_STANDING = """
SELECT account.session_version, agreed.*
FROM account LEFT JOIN LATERAL (
    SELECT g.id, g.number, g.purpose, g.fields, g.begins_on, g.expires_on,
        today BETWEEN g.begins_on AND g.expires_on AS in_force
    FROM agreement g, (SELECT (now() AT TIME ZONE 'Asia/Jakarta')::date AS today) AS calendar
    WHERE $2 = 'integration' AND g.account_id = account.id AND g.state = 'open'
      AND g.scope_code BETWEEN $4 AND $5
    ORDER BY g.begins_on > today, abs(g.begins_on - today) LIMIT 1
) AS agreed ON true
WHERE account.id = $1 AND account.state = 'active' AND account.scope_code BETWEEN $4 AND $5
  AND EXISTS (
    SELECT FROM assignment
    WHERE assignment.account_id = account.id AND role = $2 AND region_code = $3
      AND assignment.scope_code BETWEEN $4 AND $5
      AND begins_at <= now() AND (ends_at IS NULL OR ends_at > now()))
"""


@dataclass(frozen=True)
class Standing:
    """Somebody who holds an assignment now, and the agreement under which a machine reads."""

    session_version: int
    agreement: Agreement | None


async def standing(reading: Reading, actor: Actor, *, within: Region) -> Standing | None:
    """How somebody stands who holds this very assignment now; None if nobody does."""
    found = await reading.rows(
        _STANDING, actor.id, actor.role.value, actor.region.code, within.first, within.last
    )
    for version, *agreed in found:
        return Standing(version, as_agreed(*agreed) if agreed[0] else None)
    return None


# What the account is to whoever looks at it: see `app.domain.appointments.SITUATIONS`.
_SITUATION = """CASE
    WHEN account.id = $6 THEN 'own'
    WHEN EXISTS (SELECT FROM holds WHERE role <> ALL ($7::text[])) THEN 'barred'
    WHEN EXISTS (SELECT FROM holds WHERE role = 'integration') THEN 'machine'
    ELSE 'person' END"""
_READ = f"""
WITH given AS (
    SELECT * FROM assignment WHERE account_id = $1 AND scope_code BETWEEN $2 AND $3
), holds AS (SELECT * FROM given WHERE ends_at IS NULL OR ends_at > now())
SELECT json_build_object(
  'version', account.version,
  'id', account.id,
  'username', account.username,
  'display_name', account.display_name,
  'state', account.state,
  'person_nik', {shown.number("account.person_nik", Shown.MASKED)},
  'region', json_build_object('code', account.region_code, 'name', coalesce(home.name, $5)),
  'assignments', (
    SELECT coalesce(json_agg(json_build_object(
      'id', given.id,
      'role', role,
      'region', json_build_object('code', region_code, 'name', coalesce(region.name, $5)),
      'begins_at', begins_at,
      'ends_at', ends_at
    ) ORDER BY given.id), '[]'::json)
    FROM given LEFT JOIN region ON region.code = given.region_code),
  'identities', (
    SELECT coalesce(json_agg(json_build_object('issuer', issuer, 'subject', subject)
      ORDER BY issuer, subject), '[]'::json)
    FROM external_identity i WHERE i.account_id = $1 AND i.scope_code BETWEEN $2 AND $3),
  'password_chosen', account.password_hash <> '{NO_PASSWORD}',
  'one_time_expires_at', account.one_time_expires_at,
  'last_sign_in_at', (SELECT max(started_at) FROM sign_in WHERE sign_in.account_id = $1),
  'open_actions', $4::json -> {_SITUATION} -> account.state,
  'created_at', account.created_at,
  'updated_at', account.updated_at
)::text
FROM account LEFT JOIN region AS home ON home.code = account.region_code
WHERE account.id = $1 AND account.scope_code BETWEEN $2 AND $3
"""


async def read(reading: Reading, account_id: UUID, *, within: Region, seen_by: Actor) -> str:
    """The account as JSON, without its password."""
    found: str | None = await reading.value(
        _READ,
        account_id,
        within.first,
        within.last,
        json.dumps(offers_to(seen_by)),
        NATION_NAME,
        seen_by.id,
        sorted(appoints(seen_by)),
    )
    if found is None:
        raise AccountNotFound
    return found


_CURRENT = "a.begins_at <= now() AND (a.ends_at IS NULL OR a.ends_at > now())"
_OF_ACCOUNT = "FROM assignment a WHERE a.account_id = {id} AND a.scope_code BETWEEN $1 AND $2"
_LINE = f"""json_build_object(
    'version', s.version, 'id', s.id, 'username', s.username, 'display_name', s.display_name,
    'state', s.state, 'region', json_build_object('code', s.region_code, 'name',
        coalesce((SELECT name FROM region WHERE code = s.region_code), '{NATION_NAME}')),
    'holds', (SELECT coalesce(json_agg(json_build_object('role', a.role,
        'region_code', a.region_code) ORDER BY a.id), '[]')
        {_OF_ACCOUNT.format(id="s.id")} AND {_CURRENT}),
    'password_chosen', s.password_hash <> '{NO_PASSWORD}',
    'one_time_expires_at', s.one_time_expires_at, 'updated_at', s.updated_at)"""


def conditions(
    *, role: Role | None, region: Region, state: AccountState | None, current: bool | None
) -> dict[str, object]:
    """Which accounts, for `list_page`: `current` ones may act today (in that role, if one is)."""
    of_account = _OF_ACCOUNT.format(id="account.id")
    in_role = f" AND a.role = '{role}'" if role else ""
    return {
        "scope_code >= {}": region.first,
        "scope_code <= {}": region.last,
        "state = {}": state,
        f"EXISTS (SELECT {of_account} AND a.role = {{}})": role,
        f"(state = 'active' AND EXISTS (SELECT {of_account}{in_role} AND {_CURRENT})) = {{}}": (
            current
        ),
    }


async def list_page(reading: Reading, asked: Asked, *, within: Region) -> str:
    """A page of `AccountLine`s, in JSON."""
    statement, arguments = page("account", asked, within=within, item=_LINE)
    return str(await reading.document(statement, *arguments))


_WHO = """
SELECT json_build_object(
  'account_id', account.id,
  'username', account.username,
  'display_name', account.display_name,
  'role', $2::text,
  'region', json_build_object('code', $3::text, 'name', coalesce(region.name, $7)),
  'reads', $4::json,
  'agreement', $10::json,
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
        told_as_json(actor.agreement),
    )
    return found
