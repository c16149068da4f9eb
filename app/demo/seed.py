"""Load the demo into a registry that has no account yet.

The villages come in batches, each a transaction of its own; the accounts come last, in one. So
nobody can sign in to half a demo, and whoever loads it again goes on with what is missing.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import groupby

import asyncpg

from app.commands.policies import put
from app.db.policies import undecided
from app.db.scope import scope_statement
from app.db.sessions import Database
from app.db.tables.accounts import Account, Assignment
from app.db.urls import for_asyncpg
from app.demo import accounts as offices
from app.demo import hands
from app.demo.accounts import DISTRICT, PASSWORD, REGENCY_ADMIN, VILLAGE, Office
from app.demo.plans import Village
from app.demo.regencies import REGENCIES
from app.demo.scans import SCAN, SHA256
from app.domain.actors import Actor, Role
from app.domain.regions import INDONESIA, Region
from app.exchange.storage import Storage
from app.passwords import hash_password
from app.settings import CannotRun

HOUSEHOLDS = 19_160  # twenty to a village
MOST_TO_A_BATCH = 2_000
IN_OFFICE_SINCE = datetime(2025, 12, 31, 17, tzinfo=UTC)  # midnight in Jakarta

_NAMES = """
SELECT '' AS code, 'Indonesia' AS name
UNION ALL
SELECT code, name FROM region WHERE valid_to IS NULL
    AND (left(code, 4) = ANY ($1::text[]) OR code IN (SELECT left(unnest($1::text[]), 2)))
ORDER BY code
"""
_IS_THERE = "SELECT EXISTS (SELECT FROM account WHERE id = $1)"
_LOADED_BY = "SELECT request_id FROM audit_entry ORDER BY id LIMIT 1"
Names = dict[str, str]


async def load(
    owner_url: str,
    *,
    households: int = HOUSEHOLDS,
    regencies: Collection[str] = frozenset(REGENCIES),
    told: Callable[[int], None] = lambda _: None,
) -> bool:
    """As the owner, within all of Indonesia. Where there is an account, it does nothing.

    Whether the demo's people are there now, loaded by this call or by an earlier one.
    """
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtext('siks demo'))")
        if not await _value(connection, "SELECT EXISTS (SELECT FROM account)"):
            await _refuse_other(connection, _request_id(households))
            names = await _names(connection)
            villages = _villages(names, households)
            batches = list(_batches(v for v in villages if v.regency.code in regencies))
            request_id = _request_id(households)
            await hands.settle(owner_url, batches, request_id=request_id, told=told)
            await _open_accounts(owner_url, _of(names, regencies), request_id)
            await connection.execute("VACUUM ANALYZE")
        return bool(await _value(connection, _IS_THERE, offices.MINISTRY_ADMIN.account_id("")))
    finally:
        await connection.close()


async def keep_scan(storage: Storage) -> None:
    """The paper that the demo's deliberations name as their signed minutes."""
    await storage.put(SHA256, BytesIO(SCAN), len(SCAN))


async def _value(connection: asyncpg.Connection, statement: str, *arguments: object) -> object:
    async with connection.transaction():
        await connection.execute(scope_statement(INDONESIA))
        return await connection.fetchval(statement, *arguments)


async def _names(connection: asyncpg.Connection) -> Names:
    rows = await connection.fetch(_NAMES, list(REGENCIES))
    return {row["code"]: row["name"] for row in rows}


def _request_id(households: int) -> str:
    return "demo" if households == HOUSEHOLDS else f"demo-{households}"


async def _refuse_other(connection: asyncpg.Connection, request_id: str) -> None:
    """People without accounts are of a load that was cut short; only the same one can go on."""
    earlier = await _value(connection, _LOADED_BY)
    if earlier not in {None, request_id}:
        raise CannotRun(
            f"another load ({earlier}) was cut short here: repeat that one, or empty the database"
        )


# --- the villages


def _villages(names: Names, households: int) -> list[Village]:
    """The households spread evenly; each village deals numbers of its own."""
    codes = sorted(code for code in names if len(code) == VILLAGE)
    each, more = divmod(households, len(codes))
    return [Village(code, each + (place < more), place) for place, code in enumerate(codes)]


def _batches(villages: Iterable[Village]) -> Iterator[list[Village]]:
    """Neighbours together, as many as fit."""
    for _, district in groupby(villages, key=lambda village: village.code[:DISTRICT]):
        batch: list[Village] = []
        for village in district:
            if sum(each.households for each in batch) + village.households > MOST_TO_A_BATCH:
                yield batch
                batch = []
            batch.append(village)
        yield batch


# --- the offices


def _of(names: Names, regencies: Collection[str]) -> Names:
    """Those in the regencies, and those around them."""
    return {
        code: name
        for code, name in names.items()
        if any(code.startswith(own) or own.startswith(code) for own in regencies)
    }


async def _open_accounts(owner_url: str, names: Names, request_id: str) -> None:
    """All who hold an office, and what their regencies have decided: then the demo is whole."""
    password_hash = hash_password(PASSWORD)
    database = Database(owner_url, connections=1)
    async with database.transaction(INDONESIA, request_id=request_id) as session:
        for code, name in names.items():
            for office in offices.offices_of(code):
                session.add(_account(office, Region(code), name, password_hash))
        await session.flush()
        for code in names:
            session.add_all(_assignment(each, Region(code)) for each in offices.offices_of(code))
        for code in REGENCIES.keys() & names.keys():
            decided = {"district_checks": REGENCIES[code].district_checks}
            await put(session, undecided(code), decided, by=_admin_of(Region(code)))
    await database.close()


def _account(office: Office, region: Region, name: str, password_hash: str) -> Account:
    return Account(
        id=office.account_id(region.code),
        username=office.username(region.code),
        display_name=office.displayed(region.code, name),
        password_hash=password_hash,
        region_code=region.code,
        scope_code=region.first,
    )


def _assignment(office: Office, region: Region) -> Assignment:
    return Assignment(
        account_id=office.account_id(region.code),
        role=Role(office.role),
        region_code=region.code,
        scope_code=region.first,
        begins_at=IN_OFFICE_SINCE,
    )


def _admin_of(regency: Region) -> Actor:
    return Actor(REGENCY_ADMIN.account_id(regency.code), Role(REGENCY_ADMIN.role), regency)
