"""Cases end with what they were about: by whatever road a number became good, or somebody left."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import nik_cases
from app.db.audit import Move, record_all
from app.db.tables.nik_cases import NikCase
from app.domain.actors import Actor
from app.domain.nik_cases import NIK_CASES, NikCaseAction
from app.domain.regions import Region

A = NikCaseAction


async def settle(session: AsyncSession, households: Collection[UUID], *, by: Actor) -> None:
    """After records of these households were changed, in the same transaction."""
    found = await nik_cases.ended(session, within=by.region, households=households)
    await _end(session, found, by)


async def settle_all(session: AsyncSession, region: Region, *, by: Actor, most: int) -> int:
    """Whatever has ended without a word. How many."""
    found = await nik_cases.ended(session, within=region, most=most)
    await _end(session, found, by)
    return len(found)


async def _end(session: AsyncSession, found: Collection[nik_cases.Ended], by: Actor) -> None:
    moves = [
        Move(case, NIK_CASES.step(case.state, A.DROP if gone else A.SETTLE, by=by))
        for case, gone in found
    ]
    await record_all(session, NikCase, moves)
