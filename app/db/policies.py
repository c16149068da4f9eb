"""What regencies decide about the road of their proposals. Public rules; RLS has no part in it."""

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.regions import COUNTS_NOW
from app.db.sessions import Reading
from app.db.tables.proposals import Policy
from app.db.tables.regions import RegionRow
from app.domain.errors import NotFound, Said
from app.domain.policies import POLICIES
from app.domain.regions import Region, Tier


class RegencyNotFound(NotFound):
    """No such regency."""

    title = Said(id="Kabupaten atau kota tidak ditemukan", en="No such regency")


DOCUMENT = f"""
SELECT json_build_object(
    'version', coalesce(p.version, 0),
    'regency_code', r.code,
    'district_checks', coalesce(p.district_checks, false),
    'updated_at', p.updated_at
)::text
FROM region r LEFT JOIN policy p ON p.regency_code = r.code
WHERE r.code = $1 AND r.tier = 'regency' AND {COUNTS_NOW}
"""


async def document(reading: Reading, regency_code: str) -> str:
    """The policy as `PolicyView`, in JSON; version 0 where the regency has decided nothing."""
    body = await reading.document(DOCUMENT, regency_code)
    if body is None:
        raise RegencyNotFound
    return body


async def find(session: AsyncSession, regency_code: str, *, within: Region) -> Policy:
    """The policy of a regency that lies within; one with version 0 where it has none yet."""
    regency = await session.exec(
        select(RegionRow).where(
            RegionRow.code == regency_code, RegionRow.tier == Tier.REGENCY, text(COUNTS_NOW)
        )
    )
    found = regency.one_or_none()
    if found is None or not within.covers(Region(found.code)):
        raise RegencyNotFound
    policies = await session.exec(
        select(Policy).where(Policy.regency_code == regency_code).with_for_update()
    )
    return policies.one_or_none() or Policy(
        regency_code=regency_code, district_checks=False, version=0, state=POLICIES.initial
    )
