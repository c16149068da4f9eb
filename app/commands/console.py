"""Running accounts from the server's console, where the first of them begins.

Whoever may type there may do everything; the audit keeps that it was done there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.accounts import (
    Admitted,
    Opening,
    fill_posts,
    move_account,
    open_accounts,
    reset_accounts,
)
from app.db import accounts, appointments
from app.db.pages import Asked, Position
from app.db.sessions import Database
from app.db.sign_ins import clock
from app.db.tables.accounts import Account
from app.domain.accounts import AccountAction
from app.domain.actors import Role
from app.domain.appointments import CONSOLE, Appointment, Posts, display_name
from app.domain.errors import NotFound, Said
from app.domain.regions import INDONESIA, Region
from app.domain.workflow import Ground

PAGE = 200


class NobodyCalledSo(NotFound):
    """No account has this username."""

    title = Said(id="Tidak ada akun dengan nama itu", en="No account has this username")
    detail = Said(
        id="Tidak ada akun {username}. Lihat daftar akun.",
        en="There is no account {username}. See the list of accounts.",
    )


@dataclass(frozen=True)
class Wanted:
    """A line of a list: `pattern` is a name, or how to make one of the region's."""

    role: Role
    region: Region
    pattern: str | None = None
    username: str | None = None


async def open_listed(database: Database, wanted: Sequence[Wanted]) -> Sequence[Admitted]:
    async with database.transaction(INDONESIA) as session:
        at = await clock(session)
        codes = [one.region.code for one in wanted]
        names = await appointments.region_names(session, codes, within=INDONESIA)
        openings = [
            Opening(
                display_name(one.pattern, one.role, names.get(one.region.code, "")),
                Appointment(one.role, one.region, at),
                one.username,
            )
            for one in wanted
        ]
        return await open_accounts(session, openings, by=CONSOLE, place=_line)


def _line(row: int) -> str:
    return f"row {row + 1}: "


async def fill(database: Database, posts: Posts, pattern: str | None) -> Sequence[Admitted]:
    async with database.transaction(INDONESIA) as session:
        return await fill_posts(session, posts, only_vacant=True, pattern=pattern, by=CONSOLE)


async def reset(database: Database, usernames: Sequence[str]) -> Sequence[Admitted]:
    async with database.transaction(INDONESIA) as session:
        found = [await _called(session, username) for username in dict.fromkeys(usernames)]
        return await reset_accounts(session, [one.id for one in found], by=CONSOLE)


async def dismiss(database: Database, username: str, note: str) -> None:
    async with database.transaction(INDONESIA) as session:
        account = await _called(session, username)
        grounds = {Ground.NOTE: note}
        await move_account(session, account.id, AccountAction.DISMISS, by=CONSOLE, grounds=grounds)


async def _called(session: AsyncSession, username: str) -> Account:
    account = await accounts.named(session, username.casefold(), within=INDONESIA)
    if account is None:
        raise NobodyCalledSo(username=username)
    return account


async def listed(database: Database, region: Region, role: Role | None) -> list[dict[str, Any]]:
    """The accounts at home there; with a role, those who may act in it now."""
    where = accounts.conditions(
        role=role, region=region, state=None, current=True if role else None
    )
    found: list[dict[str, Any]] = []
    after: Position | None = Position(-1, UUID(int=0))
    async with database.reading(INDONESIA) as reading:
        while after is not None:
            asked = Asked(after, PAGE, where)
            page = json.loads(await accounts.list_page(reading, asked, within=INDONESIA))
            found += page["items"]
            after = _position(page)
    return found


def _position(page: Mapping[str, Any]) -> Position | None:
    if page["next"] is None:
        return None
    scope_code, _, account_id = page["next"].partition(".")
    return Position(int(scope_code), UUID(account_id))


async def vacant(database: Database, posts: Posts) -> dict[str, Any]:
    """The counts, and every region where nobody holds that role now."""
    async with database.reading(INDONESIA) as reading:
        body = await appointments.vacancies(
            reading, posts, after="", limit=appointments.EVERY_ONE, within=INDONESIA
        )
    told: dict[str, Any] = json.loads(body)
    return told
