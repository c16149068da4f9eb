"""Which proposals a decision for many would reach: how many, some of them, and their versions."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import proposals
from app.db.pages import IN_ORDER, Position
from app.db.scope import set_local
from app.db.sessions import Reading, connection_in
from app.domain.actors import Actor
from app.domain.decisions import AT_ONCE, COUNTED
from app.domain.regions import Region
from app.domain.work_lists import Wanted

SHOWN = 20
PREVIEW = f"""
WITH line (body, subjects) AS ({{lines}}), few AS ({{rows}}),
counted AS (SELECT count(*) AS found FROM few)
SELECT json_build_object('count', least(found, {COUNTED}), 'exact', found <= {COUNTED},
    'sample', line.body::json -> 'items')::text AS body, subjects
FROM line, counted
"""
CHOSEN = """
WITH few AS MATERIALIZED ({rows})
SELECT id, version, scope_code, (SELECT count(*) FROM few) AS found
FROM few ORDER BY scope_code, id LIMIT $5
"""


async def preview(
    reading: Reading, wanted: Wanted, *, after: Position, within: Region, seen_by: Actor
) -> str:
    """How many there are after that place, and the first of them, as `Preview` in JSON."""
    lines, arguments = proposals.lines(wanted, after, SHOWN, within=within, seen_by=seen_by)
    rows, _ = proposals.matching(wanted, after, SHOWN, within=within, seen_by=seen_by, most=COUNTED)
    return str(await reading.document(PREVIEW.format(lines=lines, rows=rows), *arguments))


@dataclass(frozen=True)
class Chosen:
    """The first of those that match, in the versions they have now; and how many match in all."""

    versions: dict[UUID, int]
    found: int = 0
    last: Position | None = None


async def chosen(
    session: AsyncSession, wanted: Wanted, *, after: Position, within: Region, by: Actor
) -> Chosen:
    rows, arguments = proposals.matching(
        wanted, after, AT_ONCE, within=within, seen_by=by, most=COUNTED
    )
    await session.flush()
    connection = await connection_in(session)
    await connection.execute(set_local(IN_ORDER))
    found = await connection.fetch(CHOSEN.format(rows=rows), *arguments)
    if not found:
        return Chosen({})
    last = found[-1]
    return Chosen(
        {row["id"]: row["version"] for row in found},
        last["found"],
        Position(last["scope_code"], last["id"]),
    )
