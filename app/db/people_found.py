"""People on record by their NIK, for files that name hundreds of them at once."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.regions import Region

FOUND = text("""
SELECT m.nik, m.id, m.household_id, m.family_id, m.state, m.name, m.birth_date
FROM member m JOIN household h ON h.id = m.household_id
WHERE m.nik = ANY (:niks) AND m.scope_code BETWEEN :first AND :last AND m.state <> 'inactive'
    AND h.state <> 'inactive'
ORDER BY m.state = 'registered', m.id
""")
ELSEWHERE = text("""
SELECT nik FROM unnest(CAST(:niks AS text[])) AS w (nik) WHERE nik_held(nik, NULL)
""")
NEXT_NUMBER = text(
    "SELECT coalesce(max(number), 0) + 1 FROM member WHERE household_id = :household"
)


@dataclass(frozen=True)
class OnRecord:
    """Somebody within the region; a registered one before a draft of the same NIK."""

    id: UUID
    household_id: UUID
    family_id: UUID | None
    state: str
    name: str
    birth_date: object


async def on_record(
    session: AsyncSession, niks: Collection[str], *, within: Region
) -> dict[str, OnRecord]:
    connection = await session.connection()
    asked = {"niks": list(niks), "first": within.first, "last": within.last}
    return {nik: OnRecord(*rest) for nik, *rest in await connection.execute(FOUND, asked)}


async def next_number(session: AsyncSession, household_id: UUID) -> int:
    """The number of the next member of a household that this transaction holds."""
    connection = await session.connection()
    return int(await connection.scalar(NEXT_NUMBER, {"household": household_id}) or 1)


async def held_elsewhere(session: AsyncSession, niks: Collection[str]) -> set[str]:
    """Those that somebody holds, wherever: not who, and not where."""
    connection = await session.connection()
    return {nik for (nik,) in await connection.execute(ELSEWHERE, {"niks": list(niks)})}
