"""How far the repair of NIKs has come, in numbers: they name nobody."""

from datetime import date

from app.db.regions import COUNTS_NOW, RegionNotFound
from app.db.sessions import Reading
from app.db.tables.nik_cases import IS_OPEN
from app.db.tables.proposals import LIVE
from app.domain.nik_cases import NikCaseState
from app.domain.regions import Region

S = NikCaseState
# Of one household are all its cases, and its village is the end of every code.
_COUNTED = f"""
SELECT c.scope_code, c.state, c.due_on IS NOT NULL AND c.{IS_OPEN} AND c.due_on < $4::date AS late,
    c.{IS_OPEN} AND p.id IS NOT NULL AS proposed, count(*) AS count
FROM nik_case c LEFT JOIN proposal p ON p.id = c.proposal_id AND p.{LIVE}
WHERE c.scope_code BETWEEN $2 AND $3 AND c.state <> '{S.DROPPED}'
GROUP BY 1, 2, 3, 4"""
_STATES = ", ".join(
    f"'{s}', coalesce(sum(count) FILTER (WHERE state = '{s}'), 0)" for s in S if s is not S.DROPPED
)
_NUMBERS = f"""
'total', coalesce(sum(count), 0),
{_STATES},
'proposed', coalesce(sum(count) FILTER (WHERE proposed), 0),
'overdue', coalesce(sum(count) FILTER (WHERE late), 0),
'repaired_percent', round(100.0 * sum(count) FILTER (WHERE state = '{S.REPAIRED}') / sum(count), 1)
"""
_PROGRESS = f"""
WITH counted AS ({_COUNTED}),
place AS (
    SELECT code, name, scope_code AS first, rpad(code, 10, '9')::bigint AS last, code = $1 AS whole,
        {COUNTS_NOW} AS used
    FROM region WHERE code = $1 OR parent_code = $1 OR ($1 = '' AND parent_code IS NULL)
    UNION ALL
    SELECT '', 'Indonesia', $2, $3, true, true WHERE $1 = ''
),
line AS (
    SELECT code, whole, used OR count(counted.count) > 0 AS tells, json_build_object(
        'region_code', code, 'region_name', name, {_NUMBERS}) AS said
    FROM place LEFT JOIN counted ON counted.scope_code BETWEEN first AND last
    GROUP BY code, name, whole, used
)
SELECT jsonb_build_object('children', coalesce(
        (SELECT json_agg(said ORDER BY code) FROM line WHERE tells AND NOT whole), '[]'))
    || said::jsonb
FROM line WHERE whole
"""


async def document(reading: Reading, *, within: Region, today: date) -> str:
    """The numbers of a region and of each part one tier below, as `NikProgress`, in JSON."""
    found = await reading.value(_PROGRESS, within.code, within.first, within.last, today)
    if found is None:
        raise RegionNotFound
    return str(found)
