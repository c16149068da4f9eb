"""Households of a BDT2015 file, by the thousand, in a few large statements.

Rows come as arrays: COPY into a table with row-level security is refused. State, version and entry
of the audit are read off the same step, so that they agree by construction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.audit_rows import POSTGRES, canonical
from app.db.plain import plain
from app.db.scope import lies_within, one_of
from app.db.sessions import connection_in
from app.db.tables.proposals import Proposal
from app.db.tables.registry import HAS_BDT_ID, Family, Household, Member
from app.db.tables.surveys import Survey
from app.domain.regions import Region
from app.domain.workflow import Action, State, Step

# What is said of each; the rest is as it begins.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "household": ("id", "scope_code", "created_by", "bdt_id", "address", "rt", "rw"),
    "family": ("id", "scope_code", "household_id", "number"),
    "member": (
        "id",
        "scope_code",
        "household_id",
        "family_id",
        "number",
        "name",
        "nik",
        "nik_verdict",
        "nik_codes",
        "sex",
        "relation_to_household_head",
        "relation_to_family_head",
        "marital_status",
    ),
    "survey": (
        "id",
        "scope_code",
        "created_by",
        "household_id",
        "codebook",
        "surveyed_on",
        "answers",
    ),
    "proposal": ("id", "scope_code", "created_by", "household_id", "kind", "policy_version"),
}
Record = tuple[Any, ...]
TABLES: Mapping[str, Any] = {
    "household": Household,
    "family": Family,
    "member": Member,
    "survey": Survey,
    "proposal": Proposal,
}
# What no array can hold comes as text.
OUT_OF_TEXT = {"nik_codes": "string_to_array(nik_codes, ',')", "answers": "answers::jsonb"}

# What comes in and what the audit says of it is one statement: while PostgreSQL is at it, the next
# one is made ready.
ENTER = """
WITH entered AS (
    INSERT INTO {table} ({columns}, state, version, created_at, updated_at)
    SELECT {values}, $1, 1, $2, $2 FROM unnest({arrays}) AS v ({columns})
    {unless} RETURNING id, scope_code
), told AS (
    INSERT INTO audit_entry (
        workflow, subject_id, scope_code, action, target, version, actor_id, actor_role,
        actor_region_code, channel, request_id, grounds, changes
    )
    SELECT $3, id, scope_code, $4, $1, 1, $5, $6, $7, $8, $9, $10, '{{}}' FROM entered
)
SELECT id FROM entered
"""
# Whoever comes second with a household, at the same moment even, finds that it is there.
UNLESS = {"household": f"ON CONFLICT (bdt_id, scope_code) WHERE {HAS_BDT_ID} DO NOTHING"}
FIRST_ARRAY = 11
ON_RECORD = text(f"""
SELECT bdt_id FROM household
WHERE bdt_id = ANY (:ids) AND scope_code BETWEEN :first AND :last AND {HAS_BDT_ID}
""")
# All that came in together bears one moment. What is of another, or has changed, is somebody's.
GONE_ON = text(
    """
SELECT h.id FROM household h
WHERE h.id = ANY (:households) AND h.scope_code BETWEEN :first AND :last
    AND (h.state <> 'proposed' OR h.version > 1
        OR EXISTS (SELECT FROM family c WHERE c.household_id = h.id AND {other})
        OR EXISTS (SELECT FROM member c WHERE c.household_id = h.id AND {other})
        OR EXISTS (SELECT FROM survey c WHERE c.household_id = h.id AND {other})
        OR EXISTS (SELECT FROM proposal c WHERE c.household_id = h.id AND {other})
        OR EXISTS (SELECT FROM visit c WHERE c.household_id = h.id))
""".replace("{other}", "(c.version > 1 OR c.created_at <> h.created_at)")
)


async def on_record(session: AsyncSession, bdt_ids: Collection[str], *, within: Region) -> set[str]:
    """Those of them that are drafted or registered, or were registered once."""
    connection = await session.connection()
    asked = {"ids": list(bdt_ids), "first": within.first, "last": within.last}
    return {bdt_id for (bdt_id,) in await connection.execute(ON_RECORD, asked)}


async def gone_on(
    session: AsyncSession, households: Collection[UUID], *, within: Region
) -> set[UUID]:
    """Those in which somebody has changed or added anything since they came in."""
    connection = await session.connection()
    asked = {"households": list(households), "first": within.first, "last": within.last}
    return {household for (household,) in await connection.execute(GONE_ON, asked)}


async def surveys(session: AsyncSession, ids: Collection[UUID], *, within: Region) -> list[Any]:
    wanted = select(Survey).where(one_of(Survey.id, ids), lies_within(Survey.scope_code, within))
    return await plain(session, Survey, wanted)


@dataclass(frozen=True)
class Entering:
    """How drafts come in: at which moment, in which transaction."""

    session: AsyncSession
    at: datetime

    async def rows(
        self, table: str, rows: Sequence[Record], step: Step[State, Action]
    ) -> Collection[UUID]:
        """The ids of those that came in: another may have entered a household meanwhile."""
        if not rows:
            return ()
        connection = await connection_in(self.session)
        actor, said = step.actor, self.session.info
        entered = await connection.fetch(
            STATEMENTS[table],
            *(step.target, self.at, step.workflow, step.action),
            *(actor.id, actor.role, actor.region.code),
            *(said["channel"], said["request_id"], canonical(dict(step.grounds))),
            *map(list, zip(*rows, strict=True)),
        )
        return {row["id"] for row in entered}


def _statement(table: str) -> str:
    columns = COLUMNS[table]
    kept_as = TABLES[table].__table__.c
    types = (
        "text" if name in OUT_OF_TEXT else kept_as[name].type.compile(POSTGRES) for name in columns
    )
    return ENTER.format(
        table=table,
        columns=", ".join(columns),
        values=", ".join(OUT_OF_TEXT.get(name, name) for name in columns),
        arrays=", ".join(f"${at}::{type_}[]" for at, type_ in enumerate(types, FIRST_ARRAY)),
        unless=UNLESS.get(table, ""),
    )


STATEMENTS = {table: _statement(table) for table in TABLES}
