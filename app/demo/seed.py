"""Load the demo into a registry that has no account yet: all of it at once, or nothing."""

import json
from collections.abc import Sequence
from itertools import count
from typing import Any

import asyncpg
from sqlmodel import SQLModel

from app.db import regions
from app.db.scope import scope_statement
from app.db.sessions import Reading
from app.db.tables.accounts import Account, Assignment
from app.db.tables.audit import AuditEntry
from app.db.tables.proposals import Policy, Proposal
from app.db.tables.registry import Family, Household, Member
from app.db.urls import for_asyncpg
from app.demo import accounts as offices
from app.demo import history
from app.demo.accounts import CILEGON, PASSWORD
from app.demo.history import Ledger
from app.domain.proposals import HOLDS_NIK
from app.domain.regions import INDONESIA
from app.passwords import hash_password

IN_ORDER = (Account, Assignment, Policy, Household, Family, Member, Proposal, AuditEntry)
FILLED_BY_TRIGGER = {"id", "seq", "salt", "at", "xid", "prev_hash", "hash", "hash_version"}

_NAMES = """
SELECT '' AS code, 'Indonesia' AS name
UNION ALL
SELECT code, name FROM region
WHERE valid_to IS NULL AND (code = left($1, 2) OR code LIKE $1 || '%')
"""
_IS_THERE = "SELECT EXISTS (SELECT FROM account WHERE username = $1)"
_CLAIM = """
SELECT nik_claim(ARRAY(
    SELECT member.id FROM member JOIN proposal USING (household_id)
    WHERE proposal.state = ANY ($1::text[])
))
"""


async def load(owner_url: str) -> bool:
    """As the owner, within all of Indonesia. Where there is an account, it does nothing.

    Whether the demo's people are there now, loaded by this call or by an earlier one.
    """
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('siks demo'))")
            await connection.execute(scope_statement(INDONESIA))
            if not await connection.fetchval("SELECT EXISTS (SELECT FROM account)"):
                await _fill(connection)
            someone = offices.OPERATOR.username_around(f"{CILEGON}011001")
            return bool(await connection.fetchval(_IS_THERE, someone))
    finally:
        await connection.close()


async def _fill(connection: asyncpg.Connection) -> None:
    names = {row["code"]: row["name"] for row in await connection.fetch(_NAMES, CILEGON)}
    known = await regions.known_regions(Reading(connection))
    numbers = count(await connection.fetchval("SELECT nextval('dtks_id')"))
    ledger = history.of_cilegon(names, known, numbers, hash_password(PASSWORD))

    await connection.execute("SELECT setval('dtks_id', $1)", next(numbers))
    await _store(connection, ledger)
    held = await connection.fetchval(_CLAIM, [str(state) for state in HOLDS_NIK])
    if held:
        raise RuntimeError(f"{len(held)} of the demo's people have a NIK that is held already")


async def _store(connection: asyncpg.Connection, ledger: Ledger) -> None:
    """By way of temporary tables: COPY into a table with row-level security is refused."""
    for table in IN_ORDER:
        name, columns = str(table.__tablename__), _columns(table)
        listed = ", ".join(columns)
        await connection.execute(
            f"CREATE TEMPORARY TABLE staged_{name} ON COMMIT DROP AS "  # noqa: S608
            f"SELECT 0::bigint AS place, {listed} FROM {name} WITH NO DATA"
        )
        await connection.copy_records_to_table(
            f"staged_{name}",
            columns=["place", *columns],
            records=_records(ledger.rows[table], columns),
        )
        # In order, because the audit's trigger chains the entries as they come.
        await connection.execute(
            f"INSERT INTO {name} ({listed}) SELECT {listed} FROM staged_{name} ORDER BY place"  # noqa: S608
        )


def _columns(table: type[SQLModel]) -> list[str]:
    columns = SQLModel.metadata.tables[str(table.__tablename__)].columns.keys()
    filled = FILLED_BY_TRIGGER if table is AuditEntry else set()
    return [column for column in columns if column not in filled]


def _records(rows: Sequence[Any], columns: Sequence[str]) -> list[tuple[object, ...]]:
    return [
        (place, *(_plain(getattr(row, column)) for column in columns))
        for place, row in enumerate(rows)
    ]


def _plain(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict) else value
