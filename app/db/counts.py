"""How many proposals stand where: exact up to `MOST`, beyond that from a dated roll-up.

What is counted at once is read from an index alone, and never further than `MOST`; the roll-up has
a row for each regency and state. So a count costs the same however large the country is.
"""

from app.db.regions import COUNTS_NOW, RegionNotFound
from app.db.sessions import Reading
from app.db.tables.proposals import LIVE
from app.domain.actors import Actor
from app.domain.proposals import PROPOSALS, ProposalState
from app.domain.regions import Region, Tier

MOST = 10_000
COUNTED_AT_ONCE = {Tier.REGENCY, Tier.DISTRICT, Tier.VILLAGE}  # part by part; a nation never is

_WHOLE = """
    SELECT code, name, $2::bigint, $3::bigint, true, true, true
    FROM (SELECT code, name FROM region UNION ALL SELECT '', 'Indonesia') AS known
    WHERE code = $1"""
_PARTS = f"""
    UNION ALL
    SELECT code, name, scope_code, rpad(code, 10, '9')::bigint, false, {{at_once}}, {COUNTS_NOW}
    FROM region WHERE {{below}}"""

_COUNTS = f"""
WITH place (code, name, first, last, whole, at_once, used) AS MATERIALIZED ({{places}}),
stage AS (SELECT * FROM unnest($4::text[]) WITH ORDINALITY AS s (state, number)),
counted AS (
    SELECT place.code, stage.state, few.*
    FROM place CROSS JOIN stage CROSS JOIN LATERAL (
        SELECT count(*) AS count, min(state_since) AS oldest FROM (
            SELECT p.state_since FROM proposal p
            WHERE p.state = stage.state AND p.scope_code BETWEEN place.first AND place.last
            ORDER BY p.scope_code, p.id LIMIT {MOST + 1}
        ) AS first_few
    ) AS few
    WHERE place.at_once
),
rolled AS (
    SELECT place.code, many.*
    FROM place CROSS JOIN LATERAL (
        SELECT state, sum(count)::bigint AS count, min(oldest_since) AS oldest,
            min(counted_at) AS as_of
        FROM proposal_count WHERE scope_code BETWEEN place.first AND place.last
        GROUP BY state
    ) AS many
),
judged AS (
    SELECT code, state, number, exact, told,
        CASE WHEN exact THEN counted.count WHEN told THEN rolled.count
            ELSE coalesce(counted.count, 1) - 1 END AS count,
        CASE WHEN exact THEN counted.oldest WHEN told THEN rolled.oldest END AS oldest,
        CASE WHEN told AND NOT exact THEN as_of END AS as_of
    FROM place CROSS JOIN stage
    LEFT JOIN counted USING (code, state) LEFT JOIN rolled USING (code, state)
    CROSS JOIN LATERAL (SELECT
        coalesce(counted.count <= {MOST}, false) AS exact,
        coalesce(rolled.count >= coalesce(counted.count, 0), false) AS told
    ) AS known
),
line AS (
    SELECT code, number, count > 0 OR NOT (exact OR told) AS tells, json_build_object(
        'state', state, 'count', count, 'exact', exact, 'at_least', NOT (exact OR told),
        'as_of', as_of, 'oldest_waiting_since', CASE WHEN {LIVE} THEN oldest END,
        'open_to_me', state = ANY ($5::text[])) AS said
    FROM judged
),
part AS (
    SELECT code, used, json_build_object('region_code', code, 'region_name', name, 'states',
        coalesce(json_agg(said ORDER BY number) FILTER (WHERE tells), '[]')) AS said
    FROM place JOIN line USING (code) WHERE NOT whole
    GROUP BY code, name, used HAVING used OR bool_or(tells)
)
SELECT json_build_object(
    'region_code', code, 'region_name', name,
    'states', (SELECT json_agg(said ORDER BY number) FROM line WHERE line.code = place.code),
    'children', {{children}})::text
FROM place WHERE whole
"""
_CHILDREN = "(SELECT coalesce(json_agg(said ORDER BY code), '[]') FROM part)"


def statement_of_whole() -> str:
    """Of a region without its parts: for a statement that asks for more besides. Its arguments
    are the region's code, its first and its last, all states, and those that wait for a role."""
    return _COUNTS.format(places=_WHOLE, children="NULL")


async def document(
    reading: Reading, *, within: Region, seen_by: Actor, part_by_part: bool = False
) -> str:
    """The counts as `ProposalCounts`, in JSON."""
    parts = _PARTS.format(
        at_once=str(within.tier in COUNTED_AT_ONCE).lower(),
        below="parent_code = $1" if within.code else "parent_code IS NULL",
    )
    found = await reading.document(
        _COUNTS.format(
            places=_WHOLE + (parts if part_by_part else ""),
            children=_CHILDREN if part_by_part else "NULL",
        ),
        within.code,
        within.first,
        within.last,
        list(ProposalState),
        PROPOSALS.waits_for(seen_by.role),
    )
    if found is None:
        raise RegionNotFound
    return found
