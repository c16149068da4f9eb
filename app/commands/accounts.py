"""Running accounts: over HTTP for the administrators, on the console for the server's."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import accounts, appointments, credentials, sign_ins
from app.db.accounts import AccountNotFound
from app.db.appointments import Names
from app.db.audit import expect, record
from app.db.credentials import Reset
from app.db.faults import IdTaken
from app.db.tables.accounts import NO_PASSWORD, Account, Assignment
from app.db.tables.audit import AuditEntry
from app.db.tables.base import new_id
from app.domain.accounts import ACCOUNTS, AccountAction, AccountState, facts_about
from app.domain.actors import Actor, Role
from app.domain.appointments import (
    CONSOLE,
    MOST_AT_ONCE,
    Appointment,
    PersonOrMachine,
    Posts,
    RegionNotYours,
    TooManyAtOnce,
    UsernameTaken,
    check_appointment,
    check_holder,
    check_role,
    display_name,
    is_machine,
    pointing,
    proposed_username,
    refuse_rows,
)
from app.domain.credentials import ONE_TIME_LIFE, new_one_time_password, one_time_hash
from app.domain.errors import Refusal
from app.domain.niks import KnownRegions
from app.domain.persons import masked, readable
from app.domain.regions import Region
from app.domain.workflow import Ground, Step

AccountStep = Step[AccountState, AccountAction]
A = AccountAction
Place = Callable[[int], str]  # where the row of that number stands in what was sent


def in_list(row: int) -> str:
    return f"/accounts/{row}"


def in_body(_: int) -> str:
    return ""


@dataclass(frozen=True)
class Opening:
    """An account that is to be, and what it is to hold first."""

    display_name: str
    appointment: Appointment
    username: str | None = None
    id: UUID = field(default_factory=new_id)
    told: bool = True  # a password; where nobody would hear it, a reset tells one later


@dataclass(frozen=True)
class Admitted:
    """An account, and the password that leads in once. Nobody is told it again."""

    account: Account
    password: str | None  # a machine has none, nor has who is told none


@dataclass(frozen=True)
class Opened(Admitted):
    assignment: Assignment
    region_name: str


async def open_accounts(
    session: AsyncSession, openings: Sequence[Opening], *, by: Actor, place: Place
) -> list[Opened]:
    """All of them or none."""
    codes = [opening.appointment.region.code for opening in openings]
    names = await appointments.region_names(session, codes, within=by.region)
    refuse_rows(_refused(openings, names, by, place))
    step = ACCOUNTS.begin(by=by)

    admitted = await _enter(session, openings, place)
    wanted = [opening.appointment for opening in openings]
    given = await appointments.appoint(
        session, [(one.account, what) for one, what in zip(admitted, wanted, strict=True)], step
    )
    return [
        Opened(one.account, one.password, assignment, names[assignment.region_code])
        for one, assignment in zip(admitted, given, strict=True)
    ]


def _refused(
    openings: Sequence[Opening], names: Names, by: Actor, place: Place
) -> list[tuple[str, Refusal]]:
    refused: list[tuple[str, Refusal]] = []
    for row, opening in enumerate(openings):
        try:
            check_appointment(opening.appointment, by=by, known=names)
        except Refusal as refusal:
            refused.append((place(row), refusal))
    return refused


async def _enter(
    session: AsyncSession, openings: Sequence[Opening], place: Place
) -> list[Admitted]:
    """Each by the username it was given, or by the first proposed one that nobody has."""
    if any(opening.id == CONSOLE.id for opening in openings):
        raise IdTaken
    tries: Counter[tuple[Role, str]] = Counter()
    expires_at = await sign_ins.clock(session) + ONE_TIME_LIFE
    admitted: dict[UUID, Admitted] = {}
    waiting = list(enumerate(openings))
    while waiting:
        made = []
        for _, opening in waiting:
            password = _password_for(opening)
            account = _account_of(opening, tries)
            if password:
                account.one_time_hash = one_time_hash(password)
                account.one_time_expires_at = expires_at
            made.append(Admitted(account, password))
        free = await appointments.enter(session, [one.account for one in made])
        admitted |= {one.account.id: one for one in made if one.account.id in free}
        waiting = [(row, opening) for row, opening in waiting if opening.id not in free]
        taken = [row for row, opening in waiting if opening.username]
        refuse_rows([(place(row), pointing("/username", UsernameTaken)) for row in taken])
    return [admitted[opening.id] for opening in openings]


def _password_for(opening: Opening) -> str | None:
    silent = not opening.told or is_machine([opening.appointment.role])
    return None if silent else new_one_time_password()


def _account_of(opening: Opening, tries: Counter[tuple[Role, str]]) -> Account:
    role, home = opening.appointment.role, opening.appointment.region
    tries[role, home.code] += 1
    attempt = tries[role, home.code]
    return Account(
        id=opening.id,
        username=opening.username or proposed_username(role, home, attempt=attempt),
        display_name=opening.display_name,
        password_hash=NO_PASSWORD,
        region_code=home.code,
        scope_code=home.first,
    )


async def fill_posts(
    session: AsyncSession, posts: Posts, *, only_vacant: bool, pattern: str | None, by: Actor
) -> list[Opened]:
    """An account for each region of the role's tier; or for those where nobody holds it now."""
    known = await appointments.region_names(session, [posts.region.code], within=by.region)
    if posts.region.code not in known:
        raise pointing("/region_code", RegionNotYours)
    check_role(posts.role, by=by)
    found = await appointments.posts(session, posts, only_vacant=only_vacant, within=by.region)
    if len(found) > MOST_AT_ONCE:
        raise pointing("/region_code", TooManyAtOnce, number=len(found), most=MOST_AT_ONCE)
    begins_at = await sign_ins.clock(session)
    openings = [
        Opening(
            display_name(pattern, posts.role, name),
            Appointment(posts.role, Region(code), begins_at),
        )
        for code, name in found.items()
    ]
    return await open_accounts(session, openings, by=by, place=in_list)


# --- acting on an account there is


async def hold(
    session: AsyncSession,
    account_id: UUID,
    action: AccountAction,
    *,
    by: Actor,
    version: int | None = None,
) -> Account:
    """The account, kept from others, if its roles are `by`'s to act on."""
    account = await accounts.find(session, account_id, within=by.region, hold=True)
    ACCOUNTS.permit(action, by=by)
    held = await appointments.roles_of(session, [account_id], within=by.region)
    if account_id != by.id:  # which the table refuses, and says so
        check_holder(held[account_id], by=by)
    if version is not None:
        await expect(session, account, version)
    return account


def step_of(
    account: Account,
    action: AccountAction,
    *,
    by: Actor,
    grounds: Mapping[Ground, object] | None = None,
) -> AccountStep:
    facts = facts_about(account.id, seen_by=by)
    return ACCOUNTS.step(account.state, action, by=by, grounds=grounds, facts=facts)


async def move_account(  # noqa: PLR0913 - a step: which, of what, by whom, why
    session: AsyncSession,
    account_id: UUID,
    action: AccountAction,
    *,
    by: Actor,
    version: int | None = None,
    grounds: Mapping[Ground, object],
) -> AuditEntry:
    account = await hold(session, account_id, action, by=by, version=version)
    return await accounts.move(session, account, step_of(account, action, by=by, grounds=grounds))


async def rename(
    session: AsyncSession, account_id: UUID, name: str, *, by: Actor, version: int
) -> None:
    account = await hold(session, account_id, A.RENAME, by=by, version=version)
    step = step_of(account, A.RENAME, by=by)
    if account.display_name != name:
        await record(session, account, step, changes={"display_name": name})


async def identify(  # noqa: PLR0913 - whose, which person, by whom
    session: AsyncSession,
    account_id: UUID,
    nik: str | None,
    *,
    by: Actor,
    version: int,
    known: KnownRegions,
) -> None:
    """Say which person of the registry he is. The audit tells that it was said, and not his NIK."""
    account = await hold(session, account_id, A.IDENTIFY, by=by, version=version)
    held = await appointments.roles_of(session, [account_id], within=by.region)
    if is_machine(held[account_id]):
        raise PersonOrMachine
    step = step_of(account, A.IDENTIFY, by=by)
    digits = nik if nik is None else readable(nik, known)
    if account.person_nik != digits:
        told: list[object] = [masked(account.person_nik), masked(digits)]
        changes = {"person_nik": digits}
        await record(session, account, step, changes=changes, told={"/person_nik": told})


async def reset_accounts(
    session: AsyncSession, account_ids: Sequence[UUID], *, by: Actor
) -> list[Admitted]:
    """A new one-time password each, for all of them or none; whoever was in is out."""
    found = await accounts.held(session, account_ids, within=by.region)
    refuse_rows(
        [(_row(row), AccountNotFound()) for row, one in enumerate(account_ids) if one not in found]
    )
    ACCOUNTS.permit(A.RESET, by=by)
    held = await appointments.roles_of(session, account_ids, within=by.region)

    resets: list[Reset] = []
    refused: list[tuple[str, Refusal]] = []
    for row, account_id in enumerate(account_ids):
        try:
            step = _reset_of(found[account_id], held[account_id], by=by)
        except Refusal as refusal:
            refused.append((_row(row), refusal))
        else:
            resets.append(Reset(found[account_id], new_one_time_password(), step))
    refuse_rows(refused)

    expires_at = await sign_ins.clock(session) + ONE_TIME_LIFE
    await credentials.reset(session, resets, expires_at=expires_at)
    return [Admitted(one.account, one.password) for one in resets]


def _row(number: int) -> str:
    return f"/account_ids/{number}"


def _reset_of(account: Account, held: frozenset[Role], *, by: Actor) -> AccountStep:
    if account.id != by.id:
        check_holder(held, by=by)
    if is_machine(held):
        raise PersonOrMachine
    return step_of(account, A.RESET, by=by)
