"""Who holds a NIK: asked, claimed and released by the owner's functions, which name nobody."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

CLAIM = text("SELECT nik_claim(:members)")
RELEASE = text("SELECT nik_release(:members)")


async def claim(session: AsyncSession, members: Sequence[UUID]) -> set[UUID]:
    """Claim the NIKs of these members; those whose NIK somebody else holds come back."""
    return set(await session.scalar(CLAIM, {"members": list(members)}) or ())


async def release(session: AsyncSession, members: Sequence[UUID]) -> None:
    await session.scalar(RELEASE, {"members": list(members)})
