"""The rows of the workbook in which a village repairs its NIKs (layout nik-repair-1)."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.nik_cases import PROBLEMS, asked_only
from app.db.pages import Position
from app.db.sessions import Reading
from app.db.tables.nik_cases import IS_OPEN
from app.db.tables.proposals import LIVE
from app.domain.actors import Actor
from app.domain.regions import Region

_PRINTED = f"""
    SELECT s.id, s.scope_code, s.state, s.household_id, s.member_id, m.state AS member_state,
        m.dtks_id, m.nik,
        f.card_number, m.name, m.birth_place, m.birth_date, m.sex, m.mother_name,
        h.address, h.rt, h.rw, {PROBLEMS} AS problems, s.answer,
        EXISTS (SELECT FROM proposal p WHERE p.id = s.proposal_id AND p.{LIVE}) AS proposed
    FROM nik_case s
    JOIN household h ON h.id = s.household_id
    JOIN member m ON m.id = s.member_id AND m.household_id = s.household_id
    LEFT JOIN family f ON f.id = m.family_id
"""
_OPEN = f"s.scope_code BETWEEN $1 AND $2 AND s.{IS_OPEN} AND "
# Besides what is printed, what suggestions are judged by: who else lives there is read of, too.
_PAGE = f"{_PRINTED} WHERE (s.scope_code, s.id) > ($3::bigint, $4::uuid) AND {_OPEN}"
_ROWS = """
line AS (
    SELECT page.*, region.code AS village_code, region.name AS village_name,
        (SELECT coalesce(json_agg(json_build_object('nik', o.nik, 'sex', o.sex,
                'birth_date', o.birth_date) ORDER BY o.number, o.id), '[]')
            FROM member o WHERE o.household_id = page.household_id AND o.id <> page.member_id
                AND o.state <> 'inactive') AS others
    FROM page JOIN region ON region.code = page.scope_code::text
)
SELECT coalesce(json_agg(line ORDER BY scope_code, id), '[]')::text AS body,
    ARRAY(SELECT household_id FROM page UNION SELECT member_id FROM page
        UNION SELECT o.id FROM member o JOIN page USING (household_id)
        WHERE o.state <> 'inactive') AS subjects
FROM line
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


async def count(reading: Reading, most: int, *, within: Region, seen_by: Actor) -> int:
    """How many open cases there are, as far as `most`."""
    counted = f"SELECT FROM nik_case s WHERE {_OPEN}{asked_only(seen_by.role)} LIMIT $3"
    statement = f"SELECT count(*) FROM ({counted}) AS counted"
    return int(await reading.value(statement, within.first, within.last, most))


async def open_cases(
    reading: Reading, after: Position, limit: int, *, within: Region, seen_by: Actor
) -> list[dict[str, Any]]:
    """A page of the open cases, village by village, with what is on record of each person."""
    page = f"{_PAGE}{asked_only(seen_by.role)} ORDER BY s.scope_code, s.id LIMIT $5"
    statement = f"WITH page AS ({page}), {_ROWS}"
    reach = (within.first, within.last, after.scope_code, after.id)
    body = await reading.document(statement, *reach, limit)
    found: list[dict[str, Any]] = json.loads(body or "[]")
    return found
