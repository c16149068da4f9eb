"""Proposals that are about to be moved: held, with all that their next step depends on.

One statement for any number of them. What `app.commands.proposals` decides, it decides on this.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import compress
from typing import NamedTuple
from uuid import UUID

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.facts import facts_asked
from app.db.moves import HOLD_ENDS
from app.db.plain import Columns
from app.db.sessions import connection_in
from app.db.tables.proposals import Proposal
from app.db.windows import HOLDS, Calendars, calendars_of
from app.domain.actors import Actor, Role
from app.domain.facts import Fact
from app.domain.proposals import ProposalAction, ProposalKind
from app.domain.regions import Region

COLUMNS = Columns(Proposal, but=["content"])
HELD = """
WITH ends AS MATERIALIZED ({ends}),
held AS MATERIALIZED (
    SELECT * FROM proposal
    WHERE id = ANY ($1) AND scope_code BETWEEN $2 AND $3 AND (SELECT count(*) FROM ends) >= 0
    ORDER BY id FOR NO KEY UPDATE
)
SELECT {told} FROM held p JOIN proposal seen ON seen.id = p.id ORDER BY p.id
"""
TOLD = ("frozen", "seen", "around")  # then the columns, then the facts
# What new families froze is long, and mostly nobody looks into it.
UNLESS_LONG = f"CASE WHEN p.kind <> '{ProposalKind.NEW_FAMILY}' THEN p.content END"
_REGENCIES = "(SELECT array_agg(left(scope_code::text, 4)) FROM held)::text[]"
_PROVINCES = "(SELECT array_agg(left(scope_code::text, 2)) FROM held)::text[]"
_HOLDS = HOLDS.format(regencies=_REGENCIES, around=f"{_REGENCIES} || {_PROVINCES}", day="$4")
# The same for all of them: told with the first.
CALENDARS = f"CASE WHEN row_number() OVER (ORDER BY p.id) = 1 THEN ({_HOLDS}) END"


@dataclass(frozen=True)
class Held:
    """By proposal, in the order of their ids: the row, and which facts hold for whoever moves it.
    `calendars` are those of their regencies."""

    rows: dict[UUID, Proposal]
    facts: dict[UUID, frozenset[Fact]]
    calendars: Calendars


async def hold(
    session: AsyncSession, ids: Sequence[UUID], *, within: Region
) -> dict[UUID, Proposal]:
    """Those of them that lie within, kept from others until the transaction ends."""
    found = await _found(session, _EVERYTHING, ids, within)
    return {row["id"]: _opened(row) for row in found}


async def hold_for(  # noqa: PLR0913 - who does what to which, and when
    session: AsyncSession,
    ids: Sequence[UUID],
    action: ProposalAction,
    *,
    within: Region,
    by: Actor,
    on: date,
    closed: bool,
) -> Held:
    """The same, for whoever is to take this action on that day: what it depends on.

    `closed`: without a look into what new families froze.
    """
    asked, statement, who = for_action(action, by, closed=closed)
    found = await _found(session, statement, ids, within, on, *who)
    first = len(TOLD) + len(COLUMNS.names)
    return Held(
        {row["id"]: _half_open(row) if closed else _opened(row) for row in found},
        {row["id"]: frozenset(compress(asked, tuple(row)[first:])) for row in found},
        calendars_of(found[0]["around"]) if found else Calendars({}, ()),
    )


class Asked(NamedTuple):
    facts: tuple[Fact, ...]
    statement: str
    who: tuple[UUID, ...]  # where one of the facts is about him


def for_action(action: ProposalAction, by: Actor, *, closed: bool) -> Asked:
    facts, statement = _statement(action, by.role, closed=closed)
    return Asked(facts, statement, (by.id,) if ACTOR in statement else ())


async def _found(
    session: AsyncSession, statement: str, ids: Sequence[UUID], within: Region, *also: object
) -> list[asyncpg.Record]:
    """Facts are as they were when the statement began. Where somebody else moved one while it was
    waited for, they are asked once more: nobody can move it any longer."""
    connection = await connection_in(session)
    asked = (list(ids), within.first, within.last, *also)
    found = await connection.fetch(statement, *asked)
    if any(row["version"] != row["seen"] for row in found):
        found = await connection.fetch(statement, *asked)
    return found


@cache
def _statement(action: ProposalAction, role: Role, *, closed: bool) -> tuple[tuple[Fact, ...], str]:
    asked, facts = facts_asked(action, role, actor=ACTOR)
    content = UNLESS_LONG if closed else "p.content"
    return asked, _telling(content, CALENDARS, facts)


def _telling(content: str, calendars: str, facts: Iterable[str]) -> str:
    told = (content, "seen.version", calendars)
    named = (f"{what} AS {name}" for what, name in zip(told, TOLD, strict=True))
    return HELD.format(ends=HOLD_ENDS, told=", ".join([*named, COLUMNS.of("p"), *facts]))


ACTOR = "$5"
_EVERYTHING = _telling("p.content", "NULL", ())


def _opened(row: asyncpg.Record) -> Proposal:
    proposal = _closed(row)
    proposal.content = row["frozen"]
    return proposal


def _closed(row: asyncpg.Record) -> Proposal:
    proposal: Proposal = COLUMNS.row(tuple(row)[len(TOLD) :])
    return proposal


def _half_open(row: asyncpg.Record) -> Proposal:
    """Whoever looks into what a new family froze, all the same, finds that it is not there."""
    return _closed(row) if row["kind"] == ProposalKind.NEW_FAMILY else _opened(row)
