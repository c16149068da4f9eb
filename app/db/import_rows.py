"""Rows of an import while they are needed, what is wrong with them, and what became of them."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.audit_rows import canonical
from app.db.sessions import connection_in
from app.db.tables.imports import Import
from app.domain.imports import checks
from app.domain.imports.places import Place
from app.domain.imports.workflow import Outcome, UnitTooLong
from app.domain.regions import Region

COLUMNS = ["import_id", "unit", "n", "scope_code", "village", "bad", "said"]
MOST_OF_A_UNIT = 2_000  # rows: they are held in memory together
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NULL = "\\N"
PLACES = text("""
SELECT v.code, v.name, d.name, r.name, p.name
FROM region v
    JOIN region d ON d.code = left(v.code, 6)
    JOIN region r ON r.code = left(v.code, 4)
    JOIN region p ON p.code = left(v.code, 2)
WHERE v.tier = 'village' AND v.valid_to IS NULL AND v.scope_code BETWEEN :first AND :last
""")
CLEAR = text("DELETE FROM import_staged WHERE import_id = :import")
# What is no unit stands among them, and goes with them, whoever empties the table: all of them are
# there, and have been looked at.
SEAL = text("""
INSERT INTO import_row (import_id, unit, n, scope_code, bad, said)
VALUES (:import, '', 0, :scope, false, '{}')
""")
SEALED = text("SELECT true FROM import_staged WHERE import_id = :import AND unit = '' AND n = 0")
CLEAR_PROBLEMS = text("DELETE FROM import_problem WHERE import_id = :import")
PROBLEMS = text("""
INSERT INTO import_problem (import_id, scope_code, n, problems)
SELECT :import, :scope, v.n, v.problems FROM json_to_recordset(:rows) AS v (n int, problems jsonb)
ON CONFLICT (import_id, n) DO UPDATE SET problems = import_problem.problems || excluded.problems
""")
SPOIL = text("""
UPDATE import_staged SET bad = true
WHERE import_id = :import AND n = ANY (CAST(:rows AS int[])) AND NOT bad
""")
# Rows that share a key with others, in its order, and what the check looks at of them. There may
# be very many: in old files one number fills the field of thousands, and is told piece by piece.
# One pass and one sort: of a table that was filled a moment ago no plan of a join can be trusted.
SHARED = """
SELECT n, said, shared, (place - 1) * ceil(times / $2::float) / times AS piece
FROM (
    SELECT n, said ->> '{key}' AS shared,
        jsonb_strip_nulls(jsonb_build_object({needs}))::text AS said,
        row_number() OVER alike AS place,
        count(*) OVER (alike RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS times
    FROM import_staged WHERE import_id = $1 AND said ->> '{key}' IS NOT NULL
    WINDOW alike AS (PARTITION BY said ->> '{key}' ORDER BY n)
) AS keyed
WHERE times > 1 ORDER BY shared, n
"""
SHARED_AT_ONCE = 1_000
COUNT = text("""
WITH problem AS (
    SELECT n, each ->> 'code' AS code, each ->> 'severity' AS severity
    FROM import_problem, jsonb_array_elements(problems) each WHERE import_id = :import
),
judged AS (
    SELECT bool_or(severity = 'error') AS bad, bool_or(code = ANY (:doubles)) AS doubled
    FROM problem GROUP BY n
)
SELECT
    (SELECT count(*) FROM import_staged WHERE import_id = :import) AS rows,
    (SELECT count(DISTINCT unit) FROM import_staged WHERE import_id = :import) AS units,
    count(*) FILTER (WHERE bad) AS bad,
    count(*) FILTER (WHERE NOT bad) AS doubtful,
    count(*) FILTER (WHERE doubled) AS doubled,
    (SELECT coalesce(jsonb_object_agg(code, times), '{}')
        FROM (SELECT code, count(*) AS times FROM problem GROUP BY code) AS counted) AS codes
FROM judged
""")
# Rows in the order of their units, which is the index's. Of a table that was filled a moment ago
# the planner knows nothing, and would sort all that is left of it for every chunk.
IN_ORDER = "SET LOCAL enable_sort = off"
AS_BEFORE = "SET LOCAL enable_sort = on"
NEXT = """
SELECT unit, n, village, bad, said::text AS said FROM import_in_order
WHERE import_id = $1 AND unit > $2 LIMIT $3
"""
# Whoever enters people of a village waits until another file of it is through with its chunk.
PATIENT = text("SET LOCAL lock_timeout = '30s'")
TURNS = text("""
SELECT pg_advisory_xact_lock(hashtextextended('import ' || village, 0)) FROM (
    SELECT DISTINCT unnest(CAST(:villages AS bigint[])) AS village ORDER BY 1
) AS turns
""")
EFFECTS = text("""
INSERT INTO import_effect (import_id, scope_code, unit, rows, outcome, subjects, refusal)
SELECT :import, :scope, v.* FROM json_to_recordset(:effects) AS v (unit text, rows int[],
    outcome text, subjects jsonb, refusal jsonb)
""")
TAKEN_BACK = text("""
SELECT count(*) FROM import_effect WHERE import_id = :import AND outcome IN ('undone', 'kept')
""")
TAKEN = text("""
SELECT unit, subjects FROM import_effect
WHERE import_id = :import AND outcome = 'taken' AND unit > :after ORDER BY unit LIMIT :most
""")
SETTLE = text("""
UPDATE import_effect e SET outcome = v.outcome, refusal = v.refusal
FROM json_to_recordset(:effects) AS v (unit text, outcome text, refusal jsonb)
WHERE e.import_id = :import AND e.unit = v.unit
""")


@dataclass(frozen=True)
class Row:
    """`said` are the values that were read, by column key. What rows of a unit share is left out
    where the row before says the same."""

    n: int
    said: Mapping[str, Any]
    village: int | None = None
    bad: bool = False


@dataclass(frozen=True)
class Unit:
    """Rows that go in together or not at all."""

    key: str
    rows: Sequence[Row]

    @property
    def is_bad(self) -> bool:
        return any(row.bad for row in self.rows)


@dataclass(frozen=True)
class Effect:
    """What became of a unit: which subjects came of it, or why there are none."""

    outcome: Outcome
    subjects: Sequence[Mapping[str, Any]] = ()
    refusal: Mapping[str, Any] | None = None


async def places(session: AsyncSession, region: Region) -> list[Place]:
    connection = await session.connection()
    found = await connection.execute(PLACES, {"first": region.first, "last": region.last})
    return [Place(*row) for row in found]


async def clear(session: AsyncSession, import_: Import, *, problems: bool = False) -> None:
    """Forget its rows; and what was wrong with them, where all of it is looked at anew."""
    connection = await session.connection()
    await connection.execute(CLEAR, {"import": import_.id})
    if problems:
        await connection.execute(CLEAR_PROBLEMS, {"import": import_.id})


async def put(session: AsyncSession, import_: Import, rows: Iterable[tuple[str, Row]]) -> None:
    """Rows with the unit of each, by COPY."""
    before, scope = str(import_.id), str(import_.scope_code)
    lines = (_line(before, scope, unit, row) for unit, row in rows)
    connection = await connection_in(session)
    await connection.copy_to_table(
        "import_row", source=_bytes("".join(lines)), columns=COLUMNS, format="text"
    )


def _line(before: str, scope: str, unit: str, row: Row) -> str:
    village = NULL if row.village is None else str(row.village)
    said = to_json(row.said).decode().replace("\\", "\\\\")
    cells = (before, unit.translate(ESCAPES), str(row.n), scope, village, "ft"[row.bad], said)
    return "\t".join(cells) + "\n"


async def _bytes(text_: str) -> AsyncIterator[bytes]:
    yield text_.encode()


async def tell(
    session: AsyncSession, import_: Import, problems: Mapping[int, Sequence[Mapping[str, Any]]]
) -> None:
    """Problems of rows, beside those that were told of them before."""
    if problems:
        rows = [{"n": n, "problems": list(found)} for n, found in problems.items()]
        connection = await session.connection()
        await connection.execute(
            PROBLEMS,
            {"import": import_.id, "scope": import_.scope_code, "rows": canonical(rows)},
        )


async def spoil(session: AsyncSession, import_: Import, rows: Sequence[int]) -> None:
    connection = await session.connection()
    await connection.execute(SPOIL, {"import": import_.id, "rows": list(rows)})


async def shared(
    session: AsyncSession, import_: Import, grouping: checks.Grouping
) -> AsyncIterator[list[checks.Row]]:
    """Rows that say the same in its column, some groups at a time, or a piece of a long one."""
    await session.flush()
    connection = await connection_in(session)
    needs = ", ".join(f"'{key}', said -> '{key}'" for key in grouping.needs)
    asked = SHARED.replace("{key}", grouping.by[0]).replace("{needs}", needs)
    rows: list[checks.Row] = []
    last: tuple[str, int] | None = None
    async for row in connection.cursor(asked, import_.id, SHARED_AT_ONCE, prefetch=SHARED_AT_ONCE):
        piece = row["shared"], int(row["piece"])
        if len(rows) >= SHARED_AT_ONCE and piece != last:
            yield rows
            rows = []
        rows.append(checks.Row(row["n"], from_json(row["said"])))
        last = piece
    yield rows


async def seal(session: AsyncSession, import_: Import) -> None:
    """Say of its rows that they may be carried out."""
    connection = await session.connection()
    await connection.execute(SEAL, {"import": import_.id, "scope": import_.scope_code})


async def are_sealed(session: AsyncSession, import_: Import) -> bool:
    """Not where a crash of PostgreSQL has emptied their table, nor while they are read again."""
    connection = await session.connection()
    return bool(await connection.scalar(SEALED, {"import": import_.id}))


async def count(session: AsyncSession, import_: Import, doubles: Collection[str]) -> dict[str, Any]:
    """Of its rows, of what is wrong with them, and how many problems of each code."""
    connection = await session.connection()
    asked = {"import": import_.id, "doubles": sorted(doubles)}
    return dict((await connection.execute(COUNT, asked)).mappings().one())


async def next_units(
    session: AsyncSession, import_: Import, *, after: str, most: int
) -> list[Unit]:
    """The next ones, whole: of about so many rows. A unit is bad where one of its rows is."""
    await session.flush()
    connection = await connection_in(session)
    await connection.execute(IN_ORDER)
    rows = await connection.fetch(NEXT, import_.id, after, most)
    await connection.execute(AS_BEFORE)
    units = [
        Unit(key, [Row(n, from_json(said), village, bad) for _, n, village, bad, said in of_it])
        for key, of_it in groupby(rows, key=itemgetter(0))
    ]
    if len(rows) < most:
        return units
    if len(units) > 1:
        return units[:-1]  # there may be more of the last one
    if len(rows) >= MOST_OF_A_UNIT:
        raise UnitTooLong(most=MOST_OF_A_UNIT)
    return await next_units(session, import_, after=after, most=most * 2)


async def take_turns(session: AsyncSession, units: Sequence[Unit]) -> None:
    """In their villages, where nothing else tells that two are about to enter the same people."""
    connection = await session.connection()
    await connection.execute(PATIENT)
    villages = [row.village for unit in units for row in unit.rows]
    await connection.execute(TURNS, {"villages": villages})


async def settle(
    session: AsyncSession, import_: Import, became: Sequence[tuple[Unit, Effect]]
) -> None:
    """What has become of these units."""
    effects = [{"unit": u.key, "rows": [r.n for r in u.rows], **vars(e)} for u, e in became]
    connection = await session.connection()
    asked = {"import": import_.id, "scope": import_.scope_code, "effects": canonical(effects)}
    await connection.execute(EFFECTS, asked)


async def taken(session: AsyncSession, import_: Import, *, most: int) -> list[tuple[str, Effect]]:
    """The next units of which something came."""
    connection = await session.connection()
    asked = {"import": import_.id, "after": import_.after, "most": most}
    found = await connection.execute(TAKEN, asked)
    return [(unit, Effect(Outcome.TAKEN, subjects)) for unit, subjects in found]


async def taken_back(session: AsyncSession, import_: Import) -> int:
    """How many units were undone by now, or could not be."""
    connection = await session.connection()
    return int(await connection.scalar(TAKEN_BACK, {"import": import_.id}) or 0)


async def resettle(
    session: AsyncSession, import_: Import, became: Sequence[tuple[str, Effect]]
) -> None:
    """What has become of them since."""
    effects = [
        {"unit": unit, "outcome": each.outcome, "refusal": each.refusal} for unit, each in became
    ]
    connection = await session.connection()
    await connection.execute(SETTLE, {"import": import_.id, "effects": canonical(effects)})
