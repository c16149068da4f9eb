"""Accounts of village operators, a row each, opened as one by one over HTTP.

No password comes of a file: it would have to lie somewhere until its sender came for it. The
accounts are opened without one; the admin gives the list of them to `POST /v1/accounts/resets`,
whose answer tells their one-time passwords, once, to him.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.accounts import Opening, identify, in_body, move_account, open_accounts
from app.commands.import_kinds.base import Found, Importer, Subjects, alone, effect, subject
from app.commands.import_kinds.undoing import NOTE, undo_by
from app.db import accounts, appointments, import_rows, regions, sign_ins
from app.db.appointments import Holder
from app.db.import_rows import Effect, Row, Unit
from app.db.tables.accounts import Account
from app.db.tables.imports import Import
from app.domain.accounts import ACCOUNTS, AccountAction, AccountInUse
from app.domain.actors import Actor, Role
from app.domain.appointments import Appointment, UsernameTaken
from app.domain.errors import Refusal, Said
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
    """Who has chosen a username comes first, each for himself: it may be somebody's. The others
    take what is free together; one by one, each would try the names of all before him.
    """
    await import_rows.take_turns(session, units)
    chosen = {unit.key: unit for unit in units if "username" in unit.rows[0].said}
    others = {unit.key: unit for unit in units if unit.key not in chosen}
    became = {key: await alone(session, _one(session, unit, by)) for key, unit in chosen.items()}
    became |= await _together(session, others, by)
    return [became[unit.key] for unit in units]


async def _together(
    session: AsyncSession, units: Mapping[str, Unit], by: Actor
) -> dict[str, Effect]:
    """Where one of them is refused, each is looked at for itself."""
    try:
        async with session.begin_nested():
            opened = await _operators(session, [unit.rows[0] for unit in units.values()], by)
    except Refusal:
        return {key: await alone(session, _one(session, unit, by)) for key, unit in units.items()}
    return {key: effect(subjects) for key, subjects in zip(units, opened, strict=True)}


async def _one(session: AsyncSession, unit: Unit, by: Actor) -> Subjects:
    [subjects] = await _operators(session, [unit.rows[0]], by)
    return subjects


async def _operators(session: AsyncSession, rows: Sequence[Row], by: Actor) -> list[Subjects]:
    """Accounts of those who are not there yet, and nothing of those who are."""
    there = await _holders(session, rows, by)
    new = [row for row in rows if _comes(row, there)]
    begins_at = await sign_ins.clock(session)
    openings = [
        Opening(
            row.said["display_name"],
            Appointment(ROLE, Region(str(row.village)), begins_at),
            row.said.get("username"),
            told=False,
        )
        for row in new
    ]
    opened = await open_accounts(session, openings, by=by, place=in_body)
    accounts_of = {row.n: one.account for row, one in zip(new, opened, strict=True)}
    await _identify(session, [(accounts_of[row.n], row.said.get("nik")) for row in new], by)
    return [
        [subject(ACCOUNTS, accounts_of[row.n].id)] if row.n in accounts_of else [] for row in rows
    ]


def _comes(row: Row, there: dict[str, list[Holder]]) -> bool:
    """Unless he is there; after which he is."""
    village, said = str(row.village), row.said
    holders = there.setdefault(village, [])
    if _is_there(row, holders):
        return False
    holders.append(Holder(village, said.get("username", ""), said["display_name"]))
    return True


async def _identify(
    session: AsyncSession, people: Sequence[tuple[Account, str | None]], by: Actor
) -> None:
    """So that they decide nothing on their own families."""
    named = [(account, nik) for account, nik in people if nik]
    known = await regions.known_in(session, {nik[:2] for _, nik in named})
    for account, nik in named:
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
