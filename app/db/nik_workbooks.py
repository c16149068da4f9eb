"""The rows of the workbook in which a village repairs its NIKs (layout nik-repair-1, A to N)."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.nik_cases import PROBLEMS
from app.db.pages import Position
from app.db.sessions import Reading
from app.db.tables.nik_cases import IS_OPEN
from app.domain.regions import Region

_PRINTED = f"""
    SELECT s.id, s.scope_code, s.state, s.household_id, s.member_id, m.dtks_id, m.nik,
        f.card_number, m.name, m.birth_place, m.birth_date, m.sex, m.mother_name,
        h.address, h.rt, h.rw, {PROBLEMS} AS problems
    FROM nik_case s
    JOIN household h ON h.id = s.household_id
    JOIN member m ON m.id = s.member_id AND m.household_id = s.household_id
    LEFT JOIN family f ON f.id = m.family_id
"""
_ROWS = f"""
WITH page AS (
    {_PRINTED}
    WHERE s.scope_code BETWEEN $1 AND $2 AND (s.scope_code, s.id) > ($3::bigint, $4::uuid)
        AND s.{IS_OPEN}
    ORDER BY s.scope_code, s.id LIMIT $5
)
SELECT coalesce(json_agg(page ORDER BY scope_code, id), '[]')::text AS body,
    (SELECT coalesce(array_agg(DISTINCT each), '{{}}')
        FROM page, unnest(array[household_id, member_id]) AS each) AS subjects
FROM page
"""


_NAMED = text(f"""
SELECT printed.id, to_jsonb(printed) FROM ({_PRINTED}
    WHERE s.id = ANY (:ids) AND s.scope_code BETWEEN :first AND :last) AS printed
""")


async def named(
    session: AsyncSession, ids: Collection[UUID], *, within: Region
) -> dict[UUID, dict[str, Any]]:
    """These cases, open or settled, with what is on record of each person now."""
    asked = {"ids": list(ids), "first": within.first, "last": within.last}
    connection = await session.connection()
    return dict(map(tuple, await connection.execute(_NAMED, asked)))


async def open_cases(
    reading: Reading, after: Position, limit: int, *, within: Region
) -> list[dict[str, Any]]:
    """A page of the open cases, village by village, with what is on record of each person."""
    reach = (within.first, within.last, after.scope_code, after.id)
    body = await reading.document(_ROWS, *reach, limit)
    found: list[dict[str, Any]] = json.loads(body or "[]")
    return found
