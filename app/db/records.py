"""Loading whole households, with everybody who is or was in them: for proposals about records."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.plain import plain
from app.db.scope import lies_within, one_of
from app.db.tables.documents import Document
from app.db.tables.registry import Family, Household, Member
from app.domain.documents import DocumentState
from app.domain.records import Home
from app.domain.regions import Region

Record = TypeVar("Record", Family, Member)


async def homes(
    session: AsyncSession, ids: Collection[UUID], *, within: Region
) -> dict[UUID, Home]:
    """By household; they are kept from others until the transaction ends."""
    held = (
        select(Household)
        .where(one_of(Household.id, ids), lies_within(Household.scope_code, within))
        .order_by(col(Household.id))
        .with_for_update(key_share=True)
    )
    found = await plain(session, Household, held)
    families = await _of(session, Family, ids, within)
    members = await _of(session, Member, ids, within)
    return {each.id: Home(each, families[each.id], members[each.id]) for each in found}


async def _of(
    session: AsyncSession, table: type[Record], ids: Collection[UUID], within: Region
) -> dict[UUID, list[Record]]:
    """As they are now: what this transaction has read before may have been changed meanwhile."""
    found: list[Record] = await plain(
        session,
        table,
        select(table)
        .where(one_of(table.household_id, ids), lies_within(table.scope_code, within))
        .order_by(col(table.number), col(table.id)),
    )
    return by_household(found)


def by_household(records: Iterable[Record]) -> dict[UUID, list[Record]]:
    found: dict[UUID, list[Record]] = defaultdict(list)
    for each in records:
        found[each.household_id].append(each)
    return found


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
