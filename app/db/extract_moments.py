"""The rows of one moment, kept aside: filled by several connections that share its snapshot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db import extract_rows as selected
from app.db.extract_filters import conditions_of, gone_since
from app.db.sessions import Connection, Database, Reading
from app.domain.extracts.formats import CHUNK_ROWS, Format
from app.domain.extracts.wanted import Wanted
from app.domain.regions import Region, Tier
from app.domain.sight import Sight

# Whoever keeps the moment does nothing meanwhile, for as long as it takes.
KEEP = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
    "SET LOCAL idle_in_transaction_session_timeout TO 0"
)
SLICE_SECONDS = 600
# A slice is planned for what it is, not for any; its rows are read in the order of the index.
SHARE = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '{snapshot}'; "
    "SET LOCAL synchronous_commit TO off; SET LOCAL plan_cache_mode TO force_custom_plan; "
    f"SET LOCAL statement_timeout TO '{SLICE_SECONDS}s'; SET LOCAL work_mem TO '32MB'"
)
_MOMENT = """SELECT pg_export_snapshot() AS snapshot, now() AS at,
    pg_snapshot_xmin(pg_current_snapshot())::text || '.0' AS changes_after"""
# District by district, where there is anything; of a village, that village.
_SLICES = """SELECT first, last FROM (
    SELECT scope_code AS first, CASE tier WHEN 'district' THEN scope_code + 9999
        ELSE scope_code END AS last
    FROM region WHERE scope_code BETWEEN $1 AND $2 AND tier = $3) AS part
WHERE EXISTS (SELECT FROM {table} s WHERE s.scope_code BETWEEN first AND last) ORDER BY 1"""
# No more than so many rows of one village at once, in an order that is always the same.
_FILL = """INSERT INTO extract_chunk (extract_id, start, scope_code, part, rows, subjects, body)
SELECT $3, $4, scope_code, part, count(*), array_agg(whom ORDER BY id),
    convert_to(string_agg(line, '' ORDER BY id), 'UTF8')
FROM ({lines}) AS line GROUP BY scope_code, part"""


@dataclass(frozen=True)
class Moment:
    snapshot: str
    at: datetime
    changes_after: str


@dataclass(frozen=True)
class Slice:
    first: int
    last: int


@asynccontextmanager
async def kept(database: Database, *, within: Region) -> AsyncIterator[Moment]:
    """The moment, until the block ends: what others do meanwhile is not seen in it."""
    async with database.connection(within, begin=KEEP) as keeper:
        (row,) = await keeper.fetch(_MOMENT)
        yield Moment(row["snapshot"], row["at"], row["changes_after"])


async def slices(reading: Reading, wanted: Wanted, *, within: Region) -> list[Slice]:
    """The parts of a region that are filled one by one; what changed is looked up once."""
    if wanted.changed_after is not None:
        return [Slice(within.first, within.last)]
    tier = Tier.VILLAGE if within.tier is Tier.VILLAGE else Tier.DISTRICT
    statement = _SLICES.format(table=selected.SOURCES[wanted.resource].table)
    rows = await reading.rows(statement, within.first, within.last, tier.value)
    return [Slice(row["first"], row["last"]) for row in rows]


@dataclass(frozen=True)
class Filling:
    """Which extract is filled, in which start of its job, and what with."""

    extract_id: UUID
    start: int
    wanted: Wanted
    region: Region
    sight: Sight
    scope: Region  # from within which it is read: the asker's, of which `region` is a part

    @property
    def chunk_rows(self) -> int:
        return min(CHUNK_ROWS, self.wanted.rows_per_file)


async def fill(database: Database, filling: Filling, part: Slice, moment: Moment) -> None:
    """The rows of one slice, as lines; committed by itself."""
    begin = SHARE.format(snapshot=moment.snapshot)
    async with database.connection(filling.scope, begin=begin) as connection:
        await _fill(connection, filling, part)


async def _fill(connection: Connection, filling: Filling, part: Slice) -> None:
    conditions, arguments = conditions_of(filling.wanted, filling.region, filling.sight, first=6)
    where = " AND ".join(["s.scope_code BETWEEN $1 AND $2", *conditions])
    resource = filling.wanted.resource
    source = selected.numbered(resource, where=where, most="$5::int")
    lines = selected.separated if filling.wanted.form.format is Format.CSV else selected.lines
    statement = _FILL.format(lines=lines(resource, filling.sight, where="true", source=source))
    reach = (part.first, part.last, filling.extract_id, filling.start, filling.chunk_rows)
    await connection.execute(statement, *reach, *arguments, timeout=SLICE_SECONDS + 1)


# Apart from the rows, under a start that no job has: what is there no more.
_FILL_DELETIONS = """INSERT INTO extract_chunk (extract_id, start, scope_code, part, rows, subjects,
    body)
SELECT $1, -$2::int, $3, 0, count(*), '{{}}',
    convert_to(string_agg(row_to_json(gone)::text, E'\n' ORDER BY id) || E'\n', 'UTF8')
FROM ({gone}) AS gone HAVING count(*) > 0"""


async def fill_deletions(database: Database, filling: Filling, moment: Moment) -> None:
    """What was given, or would have been, and is gone from the region or the register since."""
    statement = _FILL_DELETIONS.format(
        gone=gone_since(filling.wanted, filling.region, filling.sight)
    )
    begin = SHARE.format(snapshot=moment.snapshot)
    async with database.connection(filling.scope, begin=begin) as connection:
        told = (filling.extract_id, filling.start, filling.region.first)
        await connection.execute(statement, *told, timeout=SLICE_SECONDS + 1)
