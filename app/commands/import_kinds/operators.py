"""Accounts of village operators, a row each, opened as one by one over HTTP.

No password comes of a file: it would have to lie somewhere until its sender came for it. The
accounts are opened without one; the admin gives the list of them to `POST /v1/accounts/resets`,
whose answer tells their one-time passwords, once, to him.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.accounts import Opening, identify, in_body, move_account, open_accounts
from app.commands.import_kinds.base import Found, Importer, alone, subject
from app.commands.import_kinds.undoing import NOTE, undo_by
from app.db import accounts, appointments, regions, sign_ins
from app.db.appointments import Holder
from app.db.import_rows import Effect, Row, Unit
from app.db.tables.accounts import Account
from app.db.tables.imports import Import
from app.domain.accounts import ACCOUNTS, AccountAction, AccountInUse
from app.domain.actors import Actor, Role
from app.domain.appointments import Appointment, UsernameTaken
from app.domain.errors import Said
from app.domain.imports.choices import folded
from app.domain.imports.problems import Problem
from app.domain.regions import Region

ROLE = Role.VILLAGE_OPERATOR
THERE = Said(
    id="Operator ini sudah punya akun di desa/kelurahan itu. Baris ini tidak mengubah apa-apa.",
    en="This operator has an account in that village already. The row changes nothing.",
)
STAFFED = Said(
    id="Desa/kelurahan ini sudah punya {count} operator. Akun ini dibuka di sampingnya; bila ia "
    "menggantikan, akhiri penugasan yang lama.",
    en="This village has {count} operators already. This account is opened beside; if it is in "
    "somebody's place, end the assignment there was.",
)


async def judge(session: AsyncSession, units: Sequence[Unit], by: Actor) -> Found:
    rows = [row for unit in units for row in unit.rows if not row.bad]
    wanted = {row.said["username"] for row in rows if "username" in row.said}
    taken = await appointments.usernames(session, wanted, within=by.region)
    there = await _holders(session, rows, by)
    found = {row.n: _problem(row, there.get(str(row.village), []), taken) for row in rows}
    return {n: [problem] for n, problem in found.items() if problem}


async def _holders(
    session: AsyncSession, rows: Sequence[Row], by: Actor
) -> dict[str, list[Holder]]:
    """Who is there already, by village."""
    codes = {str(row.village) for row in rows}
    found: dict[str, list[Holder]] = {}
    for each in await appointments.holders(session, ROLE, codes, within=by.region):
        found.setdefault(each.region_code, []).append(each)
    return found


def _problem(row: Row, there: Sequence[Holder], taken: set[str]) -> Problem | None:
    if _is_there(row, there):
        return Problem("display_name", "on_record", THERE, severity="warning")
    if row.said.get("username") in taken:
        return Problem("username", "username_taken", UsernameTaken.detail)
    if there:
        return Problem("village", "village_staffed", STAFFED, {"count": len(there)}, "warning")
    return None


def _is_there(row: Row, there: Sequence[Holder]) -> bool:
    name, username = folded(row.said["display_name"]), row.said.get("username")
    return any(
        folded(each.display_name) == name and username in {None, each.username} for each in there
    )


# --- carrying it out


async def take(
    session: AsyncSession, _: Import, units: Sequence[Unit], by: Actor
) -> Sequence[Effect]:
    there = await _holders(session, [unit.rows[0] for unit in units], by)
    return [await alone(session, _operator(session, unit.rows[0], there, by)) for unit in units]


async def _operator(
    session: AsyncSession, row: Row, there: dict[str, list[Holder]], by: Actor
) -> list[dict[str, str]]:
    village, said = str(row.village), row.said
    if _is_there(row, there.get(village, [])):
        return []
    appointment = Appointment(ROLE, Region(village), await sign_ins.clock(session))
    name, username = said["display_name"], said.get("username")
    opening = Opening(name, appointment, username, told=False)
    [opened] = await open_accounts(session, [opening], by=by, place=in_body)
    account = opened.account
    if "nik" in said:
        await _identify(session, account, said["nik"], by)
    there.setdefault(village, []).append(Holder(village, account.username, name))
    return [subject(ACCOUNTS, account.id)]


async def _identify(session: AsyncSession, account: Account, nik: str, by: Actor) -> None:
    """So that he decides nothing on his own family."""
    known = await regions.known_in(session, {nik[:2]})
    await identify(session, account.id, nik, by=by, version=account.version, known=known)


# --- taking it back


async def _dismiss(session: AsyncSession, account_id: UUID, by: Actor) -> None:
    account = await accounts.find(session, account_id, within=by.region, hold=True)
    if await accounts.was_used(session, account):
        raise AccountInUse
    await move_account(session, account_id, AccountAction.DISMISS, by=by, grounds=NOTE)


OPERATORS_FILE = Importer(
    judge=judge,
    take=take,
    undo=undo_by({ACCOUNTS.name: _dismiss}),
    # A list that is sent again with its rows mended names again who is there: that is no mistake.
    doubles=frozenset({"nik_repeated", "row_repeated"}),
)
