"""What lies on somebody's desk: the live proposals he is responsible for."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, func, literal_column, or_
from sqlalchemy.orm import defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.scope import lies_within
from app.db.tables.proposals import LIVE, RESPONSIBLE, Proposal
from app.domain.regions import Region

MOST = 10_000  # that are counted


def _on_desk(account_id: UUID, within: Region) -> list[ColumnElement[bool]]:
    return [
        literal_column(RESPONSIBLE, Uuid) == account_id,
        literal_column(LIVE),
        lies_within(Proposal.scope_code, within),
    ]


def _in_reach(reach: Sequence[Region]) -> ColumnElement[bool]:
    return or_(*(lies_within(Proposal.scope_code, region) for region in reach))


async def take(
    session: AsyncSession, account_id: UUID, *, reach: Sequence[Region], most: int, within: Region
) -> list[Proposal]:
    """The first of them that lie in reach, kept from others until the transaction ends.

    Without what they froze: a thousand questionnaires would be read and not looked at.
    """
    statement = (
        select(Proposal)
        .options(defer(Proposal.content))  # type: ignore[arg-type]  # SQLModel says the value
        .where(*_on_desk(account_id, within), _in_reach(reach))
        .order_by(col(Proposal.scope_code), col(Proposal.id))
        .limit(most)
        .with_for_update(key_share=True)
    )
    return list(await session.exec(statement))


async def left(
    session: AsyncSession, account_id: UUID, *, reach: Sequence[Region], within: Region
) -> tuple[int, int]:
    """How many are left in reach, and out of it; no more than `MOST` are counted."""
    desk = (
        select(_in_reach(reach).label("in_reach"))
        .where(*_on_desk(account_id, within))
        .limit(MOST)
        .subquery()
    )
    statement = select(func.count().filter(desk.c.in_reach), func.count().filter(~desk.c.in_reach))
    in_reach, outside = (await session.exec(statement)).one()
    return in_reach, outside
