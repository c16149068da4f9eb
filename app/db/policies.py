"""What regencies decide about the road of their proposals. Public rules; RLS has no part in it."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.pages import Position
from app.db.regions import COUNTS_NOW
from app.db.sessions import Reading
from app.db.tables.policies import PolicyVersion
from app.db.tables.proposals import Policy
from app.db.tables.regions import RegionRow
from app.domain.errors import NotFound, Said
from app.domain.policies import POLICIES
from app.domain.regions import Region, Tier

DECIDED = ("district_checks", "quorum", "statement_kinds", "windows")


class RegencyNotFound(NotFound):
    """No such regency."""

    title = Said(id="Kabupaten atau kota tidak ditemukan", en="No such regency")


class PolicyVersionNotFound(NotFound):
    """The regency has not decided so often."""

    title = Said(
        id="Versi kebijakan tidak ditemukan", en="No such version of this regency's policy"
    )
    detail = Said(
        id="Lihat versi yang ada di /v1/policies/{regency_code}/versions.",
        en="See which versions there are at /v1/policies/{regency_code}/versions.",
    )


_DECIDED_AS_JSON = """
    'district_checks', coalesce({p}.district_checks, false),
    'quorum', coalesce({p}.quorum, 0),
    'statement_kinds', coalesce({p}.statement_kinds, '{{}}'),
    'windows', coalesce({p}.windows, '[]')"""

DOCUMENT = f"""
SELECT json_build_object(
    'version', coalesce(p.version, 0),
    'regency_code', r.code,
    {_DECIDED_AS_JSON.format(p="p")},
    'updated_at', p.updated_at
)::text
FROM region r LEFT JOIN policy p ON p.regency_code = r.code
WHERE r.code = $1 AND r.tier = 'regency' AND {COUNTS_NOW}
"""
_VERSION = f"""json_build_object(
    'version', v.version, 'regency_code', v.regency_code, {_DECIDED_AS_JSON.format(p="v")},
    'decided_by', v.decided_by, 'decided_at', v.decided_at)"""
VERSION = f"SELECT {_VERSION}::text FROM policy_version v WHERE regency_code = $1 AND version = $2"
VERSIONS = f"""
WITH page AS (
    SELECT * FROM policy_version WHERE regency_code = $1 AND version > $2
    ORDER BY version LIMIT $3::int + 1
),
shown AS (SELECT * FROM page ORDER BY version LIMIT $3::int)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > $3::int THEN
        (SELECT '0.' || max(version) FROM shown) END,
    'items', coalesce((SELECT json_agg({_VERSION} ORDER BY version) FROM shown v), '[]'))::text
FROM region r WHERE r.code = $1 AND r.tier = 'regency' AND {COUNTS_NOW}
"""


# By its name, for before the first decision there is no row: whoever comes second finds one.
HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended('policy ' || :regency_code, 0))")


async def document(reading: Reading, regency_code: str) -> str:
    """The policy as `PolicyView`, in JSON; version 0 where the regency has decided nothing."""
    body = await reading.document(DOCUMENT, regency_code)
    if body is None:
        raise RegencyNotFound
    return body


async def version_document(reading: Reading, regency_code: str, version: int) -> str:
    """What the regency had decided then, as `PolicyVersionView`."""
    body = await reading.document(VERSION, regency_code, version)
    if body is None:
        raise PolicyVersionNotFound(regency_code=regency_code)
    return body


async def list_versions(reading: Reading, regency_code: str, after: Position, limit: int) -> str:
    """A page of `PolicyVersionView`s, the first decision first."""
    body = await reading.document(VERSIONS, regency_code, after.id, limit)
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
    connection = await session.connection()
    await connection.execute(HOLD, {"regency_code": regency_code})
    policies = await session.exec(select(Policy).where(Policy.regency_code == regency_code))
    return policies.one_or_none() or undecided(regency_code)


async def in_force(session: AsyncSession, village: Region) -> Policy:
    """What the village's regency has decided by now; everybody may know it."""
    regency_code = village.at(Tier.REGENCY).code
    policies = await session.exec(select(Policy).where(Policy.regency_code == regency_code))
    return policies.one_or_none() or undecided(regency_code)


async def statement_kinds(session: AsyncSession, village: Region) -> dict[int | None, list[str]]:
    """Which kinds go by statement, by the version of its regency's policy a proposal began with.

    None: it began before versions were kept, and goes by the newest.
    """
    found = await session.exec(
        select(PolicyVersion.version, PolicyVersion.statement_kinds)
        .where(PolicyVersion.regency_code == village.at(Tier.REGENCY).code)
        .order_by(col(PolicyVersion.version))
    )
    decided: dict[int | None, list[str]] = {version: list(said) for version, said in found}
    kinds = {0: [], **decided}
    return {**kinds, None: [*kinds.values()][-1]}


async def quorum_at(session: AsyncSession, village: Region, moment: datetime) -> int:
    """How many have to attend a deliberation of the village that was convened then."""
    found = await session.exec(
        select(PolicyVersion.quorum)
        .where(
            PolicyVersion.regency_code == village.at(Tier.REGENCY).code,
            col(PolicyVersion.decided_at) <= moment,
        )
        .order_by(col(PolicyVersion.version).desc())
        .limit(1)
    )
    return found.first() or 0


def undecided(regency_code: str) -> Policy:
    return Policy(
        regency_code=regency_code,
        district_checks=False,
        quorum=0,
        statement_kinds=[],
        windows=[],
        version=0,
        state=POLICIES.initial,
    )
