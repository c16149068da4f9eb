"""Finding members (anggota rumah tangga), and telling of them."""

from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.registry import Member
from app.domain.errors import NotFound, Said
from app.domain.niks import NikCode
from app.domain.regions import Region
from app.domain.sight import Shown, Sight


class MemberNotFound(NotFound):
    """No such member lies within your region."""

    title = Said(
        id="Anggota tidak ditemukan di wilayah Anda", en="No such member lies within your region"
    )


async def find(session: AsyncSession, member_id: UUID, *, within: Region) -> Member:
    statement = select(Member).where(Member.id == member_id, lies_within(Member.scope_code, within))
    member = (await session.exec(statement)).one_or_none()
    if member is None:
        raise MemberNotFound
    return member


# Whether somebody else holds the NIK is asked when it is told: it may change at any time.
HELD = f"""CASE WHEN nik_held(m.nik, m.id)
    THEN '{{{NikCode.DUPLICATE}}}'::text[] ELSE '{{}}' END"""
NIK_CHECK = f"json_build_object('verdict', m.nik_verdict, 'codes', m.nik_codes || {HELD})"


def document(sight: Sight) -> str:
    """The JSON of a row `m` of the table, as `MemberView`."""
    told = ", ".join(
        f"'{column}', {shown.detail(f'm.{column}', sight)}"
        for column in (
            "sex",
            "birth_place",
            "birth_date",
            "relation_to_household_head",
            "relation_to_family_head",
            "marital_status",
        )
    )
    return f"""json_build_object(
        'version', m.version, 'id', m.id, 'household_id', m.household_id,
        'family_id', m.family_id, 'number', m.number,
        'name', {shown.name("m.name", sight.identity)},
        'nik', {shown.number("m.nik", sight.nik)},
        'nik_check', {NIK_CHECK if sight.nik is not Shown.HIDDEN else "NULL::json"},
        'mother_name', {shown.name("m.mother_name", sight.identity)},
        {told},
        'state', m.state, 'inactive_reason', m.inactive_reason, 'inactive_on', m.inactive_on,
        'dtks_id', m.dtks_id, 'updated_at', m.updated_at)"""


async def document_of(reading: Reading, member_id: UUID, *, within: Region, sight: Sight) -> str:
    """The member as `MemberView`, in JSON."""
    statement = f"""
        SELECT {document(sight)}::text AS body, array[m.household_id, m.id] AS subjects
        FROM member m WHERE m.id = $1 AND m.scope_code BETWEEN $2 AND $3"""
    body = await reading.document(statement, member_id, within.first, within.last)
    if body is None:
        raise MemberNotFound
    return body
