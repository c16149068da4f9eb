"""Who holds a NIK: asked, claimed and released by the owner's functions, which name nobody."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.sessions import Reading, connection_in

CLAIM = text("SELECT nik_claim(:members)")
RELEASE = text("SELECT nik_release(:members)")
# One after the other, in one trip: whoever's NIK was corrected lets go of the old one.
CLAIM_ANEW = "SELECT nik_claim($1) FROM (SELECT nik_release($1) OFFSET 0) AS released"
HELD_BY_OTHERS = text(
    "SELECT ARRAY(SELECT id FROM member WHERE id = ANY (:members) AND nik_held(nik, id))"
)
HELD_IF = text("""SELECT ARRAY(SELECT member FROM unnest(
    CAST(:niks AS text[]), CAST(:members AS uuid[])) AS w (nik, member)
    WHERE nik_held(w.nik, w.member))""")


async def claim(session: AsyncSession, members: Sequence[UUID]) -> set[UUID]:
    """Claim the NIKs of these members; those whose NIK somebody else holds come back."""
    return set(await session.scalar(CLAIM, {"members": list(members)}) or ())


async def claim_anew(session: AsyncSession, members: Sequence[UUID]) -> set[UUID]:
    """The same for those who may hold others as yet."""
    connection = await connection_in(session)
    return set(await connection.fetchval(CLAIM_ANEW, list(members)) or ())


async def held(reading: Reading, nik: str) -> bool:
    """Whether anybody in the country holds it: not who, and not where."""
    return bool(await reading.value("SELECT nik_held($1, NULL)", nik))


async def held_of(reading: Reading, asked: Sequence[tuple[str, str]]) -> dict[str, set[str]]:
    """By member, those NIKs asked of for him that somebody else holds."""
    found = await reading.rows(
        "SELECT member, array_agg(nik) AS niks FROM unnest($1::text[], $2::text[]) "
        "AS w (nik, member) WHERE nik_held(nik, member::uuid) GROUP BY 1",
        [nik for nik, _ in asked],
        [member for _, member in asked],
    )
    return {row["member"]: set(row["niks"]) for row in found}


async def held_by_others(session: AsyncSession, members: Sequence[UUID]) -> set[UUID]:
    """Those of these members whose NIK somebody else holds."""
    return set(await session.scalar(HELD_BY_OTHERS, {"members": list(members)}) or ())


async def held_if(session: AsyncSession, wanted: Mapping[UUID, str]) -> set[UUID]:
    """Those members who could not have the NIK that is wanted for them: somebody else holds it."""
    asked = {"niks": list(wanted.values()), "members": list(wanted)}
    return set(await session.scalar(HELD_IF, asked) or ())


async def release(session: AsyncSession, members: Sequence[UUID]) -> None:
    await session.scalar(RELEASE, {"members": list(members)})
