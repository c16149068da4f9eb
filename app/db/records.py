"""Loading whole households, with everybody who is or was in them: for proposals about records."""

from collections.abc import Collection
from uuid import UUID

import asyncpg
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.plain import Columns
from app.db.scope import lies_within, one_of
from app.db.sessions import connection_in
from app.db.tables.documents import Document
from app.db.tables.registry import Family, Household, Member
from app.db.tables.surveys import Survey
from app.domain.documents import DocumentState
from app.domain.records import Home
from app.domain.regions import Region
from app.domain.surveys import SurveyState

HOUSEHOLD, FAMILY, MEMBER, SHEET = map(Columns, (Household, Family, Member, Survey))
HOLD = f"""
SELECT {HOUSEHOLD.of("h")} FROM household h
WHERE h.id = ANY ($1) AND h.scope_code BETWEEN $2 AND $3 ORDER BY h.id FOR NO KEY UPDATE
"""
# As they are once the household is held: what was read before may have been changed meanwhile.
PEOPLE = f"""
SELECT h.id,
    ARRAY(SELECT ROW({FAMILY.of("f")}) FROM family f
        WHERE f.household_id = h.id AND f.scope_code BETWEEN $2 AND $3
        ORDER BY f.number, f.id) AS families,
    ARRAY(SELECT ROW({MEMBER.of("m")}) FROM member m
        WHERE m.household_id = h.id AND m.scope_code BETWEEN $2 AND $3
        ORDER BY m.number, m.id) AS members,
    {{sheet}} AS sheet
FROM unnest($1::uuid[]) AS h (id)
"""
NEWEST = f"""(SELECT ROW({SHEET.of("s")}) FROM survey s
        WHERE s.household_id = h.id AND s.scope_code BETWEEN $2 AND $3
            AND s.state = '{SurveyState.FINISHED}'
        ORDER BY s.surveyed_on DESC, s.finished_at DESC LIMIT 1)"""
ALONE, SURVEYED = (PEOPLE.format(sheet=sheet) for sheet in ("NULL", NEWEST))


async def homes(
    session: AsyncSession, ids: Collection[UUID], *, within: Region, surveyed: bool = False
) -> dict[UUID, Home]:
    """By household; they are kept from others until the transaction ends. `surveyed`: with the
    newest sheet that is finished."""
    connection = await connection_in(session)
    asked = (list(ids), within.first, within.last)
    held = {row["id"]: row for row in await connection.fetch(HOLD, *asked)}
    people = await connection.fetch(SURVEYED if surveyed else ALONE, *asked)
    return {row["id"]: _home(held[row["id"]], row) for row in people if row["id"] in held}


def _home(household: asyncpg.Record, around: asyncpg.Record) -> Home:
    sheet = around["sheet"]
    return Home(
        HOUSEHOLD.row(household),
        [*map(FAMILY.row, around["families"])],
        [*map(MEMBER.row, around["members"])],
        None if sheet is None else SHEET.row(sheet),
    )


async def documents(
    session: AsyncSession, ids: Collection[UUID], *, within: Region
) -> set[tuple[UUID, int]]:
    """Those of them that are kept, each with the village it is of."""
    found = await session.exec(
        select(Document.id, Document.scope_code).where(
            one_of(Document.id, ids),
            Document.state == DocumentState.STORED,
            lies_within(Document.scope_code, within),
        )
    )
    return set(found)
