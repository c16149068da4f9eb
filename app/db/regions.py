"""Finders of regions. Reference data, the same for everybody: the only finders without `within`.

Each is one statement that returns finished JSON.
"""

import re
from collections.abc import Collection, Sequence

from sqlalchemy import or_, text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.regions import RegionRow
from app.domain.calendar import FIRST_TO_SEE_THE_DAY
from app.domain.errors import NotFound, Said
from app.domain.nik_reading import NamedRegion
from app.domain.niks import KnownRegions
from app.domain.region_names import RegionName
from app.domain.regions import Region, Tier

PROVINCE = re.compile("[0-9]{2}")


class RegionNotFound(NotFound):
    """No region has this code, nor had it before."""

    title = Said(id="Wilayah tidak ditemukan", en="No such region")
    detail = Said(
        id="Gunakan kode Kemendagri tanpa titik. Daftar provinsi ada di /v1/regions; turun dari "
        "sana.",
        en="Use the Kemendagri code without dots. The provinces are at /v1/regions; go down from "
        "there.",
    )


class VillageNotFound(NotFound):
    """No such village lies within your region."""

    title = Said(
        id="Desa atau kelurahan tidak ditemukan di wilayah Anda",
        en="No such village lies within your region",
    )


_REGION = """
json_build_object(
    'code', code, 'tier', tier, 'kind', kind, 'name', name, 'parent_code', parent_code,
    'postal_code', postal_code, 'time_zone', time_zone,
    'valid_from', valid_from, 'valid_to', valid_to, 'replaced_by', replaced_by
)
"""
_NATION = """
json_build_object(
    'code', '', 'tier', 'nation', 'kind', NULL, 'name', 'Indonesia', 'parent_code', NULL,
    'postal_code', NULL, 'time_zone', NULL,
    'valid_from', NULL, 'valid_to', NULL, 'replaced_by', NULL
)
"""
# By the day it is in the east of the country, where it begins first.
_TODAY = f"(now() AT TIME ZONE '{FIRST_TO_SEE_THE_DAY.key}')::date"
COUNTS_NOW = f"""
(valid_from IS NULL OR valid_from <= {_TODAY}) AND (valid_to IS NULL OR valid_to > {_TODAY})
"""

_FIND = f"SELECT {_REGION}::text FROM region WHERE code = $1"

_PROVINCES = f"""
SELECT json_build_object('own', own, 'items', provinces, 'next', NULL)::text
FROM
    (
        SELECT {_NATION} AS own WHERE $1 = ''
        UNION ALL
        SELECT {_REGION} FROM region WHERE code = $1
    ) AS asked,
    (
        SELECT json_agg({_REGION} ORDER BY code) AS provinces
        FROM region WHERE parent_code IS NULL AND {COUNTS_NOW}
    ) AS all_provinces
"""

_CHILDREN = f"""
WITH ahead AS (
    SELECT *, row_number() OVER (ORDER BY code) AS place
    FROM region
    WHERE parent_code = $1 AND code > $2 AND {COUNTS_NOW}
    ORDER BY code
    LIMIT $3 + 1
)
SELECT json_build_object(
    'items', coalesce(
        (SELECT json_agg({_REGION} ORDER BY code) FROM ahead WHERE place <= $3), '[]'
    ),
    'next', (
        SELECT code FROM ahead
        WHERE place = $3 AND EXISTS (SELECT FROM ahead AS beyond WHERE beyond.place > $3)
    )
)::text
FROM region
WHERE code = $1
"""

_ANCESTORS = f"""
SELECT json_build_object(
    'items', coalesce(
        (
            SELECT json_agg({_REGION} ORDER BY code)
            FROM region
            WHERE code IN (left($1, 2), left($1, 4), left($1, 6)) AND code <> $1
        ),
        '[]'
    ),
    'next', NULL
)::text
FROM region
WHERE code = $1
"""


# The trigram index finds, however it is spelt, and finds alone: beside other conditions PostgreSQL
# may prefer another index, which reads the whole country. What is exactly so comes first, then the
# wider regions.
_NAMED = f"""
WITH alike AS MATERIALIZED (
    SELECT *, word_similarity($1, name) AS likeness,
        regexp_replace(lower(name), '^((kabupaten|kota)( administrasi)?|desa adat) ', '') AS bare
    FROM region WHERE $1 <% name
),
ranked AS (
    SELECT *, row_number() OVER (
        ORDER BY $2 <> lower(name) AND $1 <> bare, tier IS DISTINCT FROM $3, length(code),
            likeness DESC, similarity($1, bare) DESC, code
    ) AS place
    FROM alike
    WHERE scope_code BETWEEN $5 AND $6 AND ($4::text IS NULL OR tier = $4) AND ($7 OR {COUNTS_NOW})
)
SELECT json_build_object(
    'more', (SELECT count(*) FROM ranked) > $8,
    'items', coalesce((SELECT json_agg(json_build_object(
        'code', code, 'tier', tier, 'kind', kind, 'name', name, 'full_name', (
            SELECT string_agg(
                CASE WHEN around.tier <> 'district' THEN ''
                WHEN around.code > '9' THEN 'Distrik ' ELSE 'Kec. ' END || around.name,
                ', ' ORDER BY around.code DESC
            )
            FROM region AS around
            WHERE around.code IN (left(r.code, 2), left(r.code, 4), left(r.code, 6), r.code)
        ),
        'postal_code', postal_code, 'valid_to', valid_to, 'replaced_by', replaced_by
    ) ORDER BY place) FROM ranked AS r WHERE place <= $8), '[]')
)::text
"""


async def find(reading: Reading, code: str) -> str:
    return _found(await reading.document(_FIND, code))


async def provinces(reading: Reading, *, own: Region) -> str:
    """The provinces there are today, and beside them the region of whoever asks."""
    return _found(await reading.document(_PROVINCES, own.code))


async def children(reading: Reading, code: str, *, limit: int, after: str | None) -> str:
    """A page of the regions one tier below that count today, by code."""
    return _found(await reading.document(_CHILDREN, code, after or "", limit))


async def ancestors(reading: Reading, code: str) -> str:
    """The regions around it, from its province inwards."""
    return _found(await reading.document(_ANCESTORS, code))


async def named(  # noqa: PLR0913 - a name, and where to look for it
    reading: Reading,
    name: RegionName,
    *,
    tier: Tier | None,
    around: Region,
    retired: bool,
    limit: int,
) -> str:
    """The regions whose name is that, or nearly: those around it, in use, or retired ones too."""
    reach = (around.first, around.last, retired, limit)
    return str(await reading.document(_NAMED, name.name, name.said, name.tier, tier, *reach))


async def names_of(reading: Reading, codes: Sequence[str]) -> dict[str, NamedRegion]:
    """Of codes in use and of retired ones; what there never was is not in it."""
    rows = await reading.rows(
        "SELECT code, name, replaced_by FROM region WHERE code = ANY ($1::text[])", codes
    )
    return {row["code"]: NamedRegion(row["name"], row["replaced_by"]) for row in rows}


def _found(text: str | None) -> str:
    if text is None:
        raise RegionNotFound
    return text


async def replaced(reading: Reading) -> dict[str, str]:
    """Regions that have another code since: by the old one."""
    rows = await reading.rows("SELECT code, replaced_by FROM region WHERE replaced_by IS NOT NULL")
    return {row["code"]: row["replaced_by"] for row in rows}


async def known_regions(reading: Reading) -> KnownRegions:
    """Every code above the village, retired ones too: under a megabyte, so keep it."""
    rows = await reading.rows(
        "SELECT array_agg(code) FILTER (WHERE tier = 'province') AS provinces, "
        "array_agg(code) FILTER (WHERE tier = 'regency') AS regencies, "
        "array_agg(code) FILTER (WHERE tier = 'district') AS districts "
        "FROM region WHERE tier <> 'village'"
    )
    return KnownRegions(**{tier: frozenset(codes or ()) for tier, codes in rows[0].items()})


async def known_in(session: AsyncSession, provinces: Collection[str]) -> KnownRegions:
    """The same of these provinces only: enough for NIKs that begin with them."""
    codes: dict[str, set[str]] = {"province": set(), "regency": set(), "district": set()}
    asked = [Region(each) for each in provinces if PROVINCE.fullmatch(each)]
    reach = [lies_within(RegionRow.scope_code, each) for each in asked]
    if reach:
        found = await session.exec(
            select(RegionRow.tier, RegionRow.code).where(
                RegionRow.tier != Tier.VILLAGE, or_(*reach)
            )
        )
        for tier, code in found:
            codes.setdefault(tier, set()).add(code)
    return KnownRegions(
        frozenset(codes["province"]), frozenset(codes["regency"]), frozenset(codes["district"])
    )


async def known(session: AsyncSession, code: str) -> None:
    """Refuse a code that no region has, or had. The nation, which has none, is known."""
    found = await session.exec(select(RegionRow.code).where(RegionRow.code == code))
    if code and found.one_or_none() is None:
        raise RegionNotFound


async def find_village(session: AsyncSession, code: str, *, within: Region) -> Region:
    """The village with this code, where people are entered: one that counts today."""
    found = await session.exec(
        select(RegionRow.code).where(
            RegionRow.code == code,
            RegionRow.tier == Tier.VILLAGE,
            text(COUNTS_NOW),
            lies_within(RegionRow.scope_code, within),
        )
    )
    if found.one_or_none() is None:
        raise VillageNotFound
    return Region(code)
