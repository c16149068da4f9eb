"""The two ends of a move: where they lie, and holding them together."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.regions import COUNTS_NOW
from app.db.scope import lies_within, one_of
from app.db.sessions import connection_in
from app.db.tables.proposals import Proposal
from app.db.tables.regions import RegionRow
from app.db.tables.registry import Member
from app.domain.moves import takes_along
from app.domain.proposals import ENDED, ProposalKind
from app.domain.regions import Region, Tier

# Both ends are taken hold of by one name before either row is, so that the two villages wait for
# each other in one order, and whoever comes second sees what the first has done.
HOLD_ENDS = """
SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM (
    SELECT DISTINCT least(id, linked_id)::text AS name FROM proposal
    WHERE id = ANY ($1) AND linked_id IS NOT NULL ORDER BY 1
) AS ends
"""
ORIGINS = text("SELECT * FROM move_origins(:arrivals)")
LINK = """
UPDATE proposal p SET linked_id = end_of.other_id, linked_scope_code = end_of.other_place
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS end_of (id, other_id, other_place)
WHERE p.id = end_of.id
"""
CLAIMED = text(
    "SELECT subject_id FROM proposal_claim WHERE subject_id = ANY (:members) AND field = 'state'"
)


class Origin(NamedTuple):
    """Where the service finds one of the people of an arrival. It tells nobody."""

    member_id: UUID
    scope_code: int


async def hold_ends(session: AsyncSession, ids: Iterable[UUID]) -> None:
    """Keep others from moving either end until the transaction ends."""
    connection = await connection_in(session)
    await connection.execute(HOLD_ENDS, list(ids))


async def link(session: AsyncSession, own: Sequence[Proposal], others: Sequence[Proposal]) -> None:
    """Back in its own village, each learns where its other end lies."""
    connection = await connection_in(session)
    places = [each.scope_code for each in others]
    await connection.execute(LINK, [e.id for e in own], [e.id for e in others], places)
    for each, other in zip(own, others, strict=True):
        each.linked_id, each.linked_scope_code = other.id, other.scope_code


async def origins(
    session: AsyncSession, arrivals: Iterable[Proposal]
) -> dict[UUID, dict[int, Origin]]:
    """By arrival and number: those of its people whose NIK somebody in the country holds."""
    await session.flush()
    connection = await session.connection()
    asked = [each.id for each in arrivals]
    found: dict[UUID, dict[int, Origin]] = {each: {} for each in asked}
    for arrival_id, place, *origin in await connection.execute(ORIGINS, {"arrivals": asked}):
        found[arrival_id][place - 1] = Origin(*origin)
    return found


async def claimed(session: AsyncSession, members: Iterable[UUID]) -> set[UUID]:
    """Those of them whom an open proposal wants to move, or to take out."""
    connection = await session.connection()
    return set(await connection.scalars(CLAIMED, {"members": list(members)}))


async def departure_of(
    session: AsyncSession, household_id: UUID, member_id: UUID, *, within: Region
) -> Proposal | None:
    """One that has not ended, by which that member leaves."""
    found = await session.exec(
        select(Proposal)
        .where(
            Proposal.household_id == household_id,
            Proposal.kind == ProposalKind.MOVE,
            col(Proposal.state).not_in(ENDED),
            lies_within(Proposal.scope_code, within),
        )
        .order_by(col(Proposal.id))
    )
    return next((each for each in found if takes_along(each.asks, member_id)), None)


async def villages(session: AsyncSession, codes: Collection[str]) -> set[str]:
    """Those of these codes that are villages today. Regions are public: anywhere in the country."""
    found = await session.exec(
        select(RegionRow.code).where(
            col(RegionRow.code).in_(codes), RegionRow.tier == Tier.VILLAGE, text(COUNTS_NOW)
        )
    )
    return set(found)


async def people(
    session: AsyncSession, ids: Sequence[UUID], *, within: Region
) -> dict[UUID, Member]:
    """Those of them who are on record within, in whatever state."""
    found = await session.exec(
        select(Member).where(one_of(Member.id, ids), lies_within(Member.scope_code, within))
    )
    return {each.id: each for each in found}
