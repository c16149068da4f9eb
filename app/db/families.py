"""Finding families (the people of one KK in a household), and telling of them."""

from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.registry import Family
from app.domain.errors import NotFound, Said
from app.domain.regions import Region
from app.domain.sight import Sight


class FamilyNotFound(NotFound):
    """No such family lies within your region."""

    title = Said(
        id="Keluarga tidak ditemukan di wilayah Anda", en="No such family lies within your region"
    )


async def find(session: AsyncSession, family_id: UUID, *, within: Region) -> Family:
    statement = select(Family).where(Family.id == family_id, lies_within(Family.scope_code, within))
    family = (await session.exec(statement)).one_or_none()
    if family is None:
        raise FamilyNotFound
    return family


def document(sight: Sight) -> str:
    """The JSON of a row `f` of the table, as `FamilyView`."""
    return f"""json_build_object(
        'version', f.version, 'id', f.id, 'household_id', f.household_id, 'number', f.number,
        'card_number', {shown.number("f.card_number", sight.nik)}, 'state', f.state,
        'updated_at', f.updated_at)"""


async def document_of(reading: Reading, family_id: UUID, *, within: Region, sight: Sight) -> str:
    """The family as `FamilyView`, in JSON."""
    statement = f"""
        SELECT {document(sight)}::text AS body, array[f.household_id, f.id] AS subjects
        FROM family f WHERE f.id = $1 AND f.scope_code BETWEEN $2 AND $3"""
    body = await reading.document(statement, family_id, within.first, within.last)
    if body is None:
        raise FamilyNotFound
    return body
