"""Who is appointed where, and where nobody is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.accounts import NATION_NAME
from app.db.audit_rows import entry_of
from app.db.regions import COUNTS_NOW
from app.db.scope import lies_within
from app.db.sessions import Reading, reading_in
from app.db.tables.accounts import Account, Assignment
from app.db.tables.regions import RegionRow
from app.domain.accounts import AccountAction, AccountState
from app.domain.actors import Role
from app.domain.appointments import Appointment, Posts
from app.domain.errors import NotFound, Said
from app.domain.regions import INDONESIA, Region
from app.domain.workflow import Step

Names = dict[str, str]  # of regions, by code
EVERY_ONE = 100_000  # more than there are villages
LOCKED_LENGTHS = (0, 2, 4)  # of codes: whoever fills posts in one regency takes turns


class AppointmentNotFound(NotFound):
    """This account holds no such assignment."""

    title = Said(
        id="Penugasan ini tidak ada pada akun itu", en="The account holds no such assignment"
    )
    detail = Said(
        id="Baca akunnya, lalu pakai id dari daftar assignments.",
        en="Read the account, and use an id of its list assignments.",
    )


async def find(
    session: AsyncSession, account: Account, assignment_id: UUID, *, within: Region
) -> Assignment:
    statement = select(Assignment).where(
        Assignment.id == assignment_id,
        Assignment.account_id == account.id,
        lies_within(Assignment.scope_code, within),
    )
    assignment = (await session.exec(statement)).one_or_none()
    if assignment is None:
        raise AppointmentNotFound
    return assignment


async def roles_of(
    session: AsyncSession, account_ids: Collection[UUID], *, within: Region
) -> dict[UUID, frozenset[Role]]:
    """What each of them holds, or is to hold."""
    statement = select(Assignment.account_id, func.array_agg(col(Assignment.role))).where(
        col(Assignment.account_id).in_(account_ids),
        or_(col(Assignment.ends_at).is_(None), col(Assignment.ends_at) > func.now()),
        lies_within(Assignment.scope_code, within),
    )
    held = dict((await session.exec(statement.group_by(col(Assignment.account_id)))).all())
    return {one: frozenset(map(Role, held.get(one, ()))) for one in account_ids}


@dataclass(frozen=True)
class Holder:
    """Who holds a role over a region now."""

    region_code: str
    username: str
    display_name: str


async def holders(
    session: AsyncSession, role: Role, codes: Collection[str], *, within: Region
) -> list[Holder]:
    """Of accounts that are not dismissed, those that hold it over one of these regions."""
    statement = (
        select(Assignment.region_code, Account.username, Account.display_name)
        .join(Account, col(Account.id) == Assignment.account_id)
        .where(
            Assignment.role == role,
            col(Assignment.region_code).in_(codes),
            lies_within(Assignment.scope_code, within),
            lies_within(Account.scope_code, within),
            or_(col(Assignment.ends_at).is_(None), col(Assignment.ends_at) > func.now()),
            Account.state != AccountState.DISMISSED,
        )
    )
    return [Holder(*row) for row in await session.exec(statement)]


async def usernames(session: AsyncSession, names: Collection[str], *, within: Region) -> set[str]:
    """Those of them that somebody has there. Who has the others elsewhere is told to nobody."""
    statement = select(Account.username).where(
        col(Account.username).in_(names), lies_within(Account.scope_code, within)
    )
    return set(await session.exec(statement))


async def region_names(session: AsyncSession, codes: Collection[str], *, within: Region) -> Names:
    """The names of those that are in use today and lie within; the others are left out."""
    statement = select(RegionRow.code, RegionRow.name).where(
        col(RegionRow.code).in_(set(codes)),
        text(COUNTS_NOW),
        lies_within(RegionRow.scope_code, within),
    )
    names = dict((await session.exec(statement)).all())
    return {**names, "": NATION_NAME} if within == INDONESIA else names


# --- vacancies

# The regions of a tier, each with whether somebody holds the role there. An account that lies
# outside of the reader's region counts as active: it is not his to know more. Now is when we ask:
# who was appointed while this transaction waited for its turn came after it had begun.
_POSTS = f"""
SELECT r.code, r.name, held.region_code IS NOT NULL AS staffed
FROM region r LEFT JOIN (
    SELECT DISTINCT a.region_code FROM assignment a
    WHERE a.role = $5 AND a.scope_code BETWEEN $1 AND $2 AND a.scope_code BETWEEN $3 AND $4
        AND a.begins_at <= statement_timestamp()
        AND (a.ends_at IS NULL OR a.ends_at > statement_timestamp())
        AND a.account_id NOT IN (SELECT id FROM account -- hashed, whatever statistics say
            WHERE scope_code BETWEEN $1 AND $2 AND state = '{AccountState.DISMISSED}')
) AS held ON held.region_code = r.code
WHERE r.tier = $6 AND r.scope_code BETWEEN $1 AND $2 AND r.scope_code BETWEEN $3 AND $4
    AND {COUNTS_NOW}
"""

_VACANCIES = f"""
WITH post AS MATERIALIZED ({_POSTS}),
ahead AS (
    SELECT code, name, row_number() OVER (ORDER BY code) AS place FROM (
        SELECT code, name FROM post WHERE NOT staffed AND code > $7 ORDER BY code LIMIT $8::int + 1
    ) AS first
), total AS (SELECT count(*) AS posts, count(*) FILTER (WHERE staffed) AS staffed FROM post)
SELECT json_build_object(
    'next', (SELECT code FROM ahead WHERE place = $8
        AND EXISTS (SELECT FROM ahead AS beyond WHERE beyond.place > $8)),
    'posts', total.posts,
    'staffed', total.staffed,
    'vacant', total.posts - total.staffed,
    'items', coalesce((SELECT json_agg(json_build_object('region_code', code, 'name', name)
        ORDER BY code) FROM ahead WHERE place <= $8), '[]')
)::text
FROM total
"""


def _reach(asked: Posts, within: Region) -> tuple[object, ...]:
    region, tier = asked.region, asked.tier
    return within.first, within.last, region.first, region.last, asked.role.value, tier.value


async def vacancies(
    reading: Reading, asked: Posts, *, after: str, limit: int, within: Region
) -> str:
    """A page of the regions where nobody holds that role now, and how many there are."""
    body: str = await reading.value(_VACANCIES, *_reach(asked, within), after, limit)
    return body


async def _take_turn(session: AsyncSession, asked: Posts) -> None:
    """Whoever fills the same posts at the same time comes afterwards, and sees what we did.

    The same are also those of a region around ours, or within it: hence from the nation down.
    """
    *around, own = sorted({asked.region.code[:length] for length in LOCKED_LENGTHS})
    locks = [(func.pg_advisory_xact_lock_shared, code) for code in around]
    for lock, code in [*locks, (func.pg_advisory_xact_lock, own)]:
        name = f"appoint {asked.role} {code}"
        await session.exec(select(lock(func.hashtextextended(name, 0))))


async def posts(session: AsyncSession, asked: Posts, *, only_vacant: bool, within: Region) -> Names:
    """Where that role is held; or, where `only_vacant`, is held by nobody now."""
    await _take_turn(session, asked)
    rows = await (await reading_in(session)).rows(_POSTS, *_reach(asked, within))
    wanted = [row for row in rows if not (only_vacant and row["staffed"])]
    return dict(sorted((row["code"], row["name"]) for row in wanted))


# --- appointing many at once


async def enter(session: AsyncSession, accounts: Sequence[Account]) -> set[UUID]:
    """Bring them in; the ids of those whose username nobody had."""
    statement = (
        insert(Account)
        .on_conflict_do_nothing(index_elements=["username"])
        .returning(col(Account.id))
    )
    entered = await session.exec(statement, params=[one.model_dump() for one in accounts])
    return {row[0] for row in entered}


async def appoint(
    session: AsyncSession,
    appointed: Sequence[tuple[Account, Appointment]],
    step: Step[AccountState, AccountAction],
) -> list[Assignment]:
    """The first assignment of each, and the entry in the audit that both are there by."""
    given = [
        Assignment(
            account_id=account.id,
            role=appointment.role,
            region_code=appointment.region.code,
            scope_code=appointment.region.first,
            begins_at=appointment.begins_at,
            ends_at=appointment.ends_at,
        )
        for account, appointment in appointed
    ]
    session.add_all(given)
    await session.flush()
    session.add_all(
        entry_of(account, step, told_of_opening(account, assignment), **session.info)
        for (account, _), assignment in zip(appointed, given, strict=True)
    )
    await session.flush()
    return given


def told_of_opening(account: Account, assignment: Assignment) -> dict[str, list[object]]:
    return {
        "/username": [None, account.username],
        "/display_name": [None, account.display_name],
        **told_of(assignment, before=None),
    }


def told_of(assignment: Assignment, *, before: dict[str, object] | None) -> dict[str, list[object]]:
    """What the audit of an account says of an assignment it holds."""
    return {f"/assignments/{assignment.id}": [before, terms_of(assignment)]}


def terms_of(assignment: Assignment) -> dict[str, object]:
    return assignment.model_dump(include={"role", "region_code", "begins_at", "ends_at"})
