"""What stands in a list: people by name and address, or counts of a region's parts.

Each is one statement: it sees one moment, and what is read of people is noted by it.
"""

from datetime import date

from app.db import sight as shown
from app.db.recipients import HEAD_OF_FAMILY
from app.db.sessions import Reading
from app.domain.lists import AGE_GROUPS, SURVEY_MONTHS
from app.domain.proposals import ENDED
from app.domain.regions import Region, Tier
from app.domain.sight import Sight

# --- by name, by address

# Each with the village, the household and the family it stands for; `whom` may be nobody.
_REGISTERED = """
    SELECT m.id AS whom, m.household_id, m.family_id, m.scope_code FROM member m
    WHERE m.state = 'registered' AND m.scope_code BETWEEN $1 AND $2 LIMIT $4"""
# A family is named by who is paid, else by its head.
_RECEIVING = f"""
    SELECT coalesce(r.member_id, r.payee_id, (SELECT m.id FROM member m WHERE {HEAD_OF_FAMILY}))
        AS whom, r.household_id, r.family_id, r.scope_code
    FROM recipient r
    WHERE r.programme = $6 AND r.state <> 'ended' AND r.scope_code BETWEEN $1 AND $2 LIMIT $4"""
_PROGRAMMES = """ARRAY(
        SELECT r.programme FROM recipient r
        WHERE r.family_id = coalesce(p.family_id, m.family_id) AND r.state <> 'ended'
        UNION SELECT r.programme FROM recipient r WHERE r.member_id = m.id AND r.state <> 'ended'
        ORDER BY 1)"""
# Registered, and nobody of it is: it stands in no list of people.
_EMPTY = """(SELECT count(*) FROM household h
    WHERE h.state = 'registered' AND h.scope_code BETWEEN $1 AND $2 AND NOT EXISTS (
        SELECT FROM member m WHERE m.household_id = h.id AND m.state = 'registered'))"""
_PARTS = """(SELECT json_object_agg(a.code, a.name) FROM region a
    WHERE a.parent_code IS NOT DISTINCT FROM ($3::text[])[cardinality($3::text[])])"""
_AROUND = """(SELECT json_object_agg(a.tier, json_build_object('code', a.code, 'name', a.name))
    FROM region a WHERE a.code = ANY ($3))"""


def _named(sight: Sight, people: str) -> str:
    programmes = _PROGRAMMES if sight.programmes else "'{}'::text[]"
    birth = shown.detail("m.birth_date", sight)
    return f"""
    WITH people AS MATERIALIZED ({people}),
    told AS (
        SELECT p.scope_code, h.rw, h.rt, h.address, p.household_id, f.number AS family,
            m.relation_to_family_head AS relation, m.number, p.whom, json_build_object(
            'village_code', p.scope_code::text, 'village', v.name, 'dtks_id', m.dtks_id,
            'nik', {shown.number("m.nik", sight.nik)},
            'card_number', {shown.number("f.card_number", sight.nik)},
            'name', {shown.name("m.name", sight.identity)},
            'sex', m.sex, 'birth_date', {birth},
            'age', date_part('year', age($5::date, {birth}))::int,
            'relation', m.relation_to_family_head,
            'address', {shown.detail("h.address", sight)}, 'rt', h.rt, 'rw', h.rw,
            'programmes', {programmes}) AS line
        FROM people p
        JOIN household h ON h.id = p.household_id
        JOIN region v ON v.scope_code = p.scope_code
        LEFT JOIN member m ON m.id = p.whom
        LEFT JOIN family f ON f.id = coalesce(p.family_id, m.family_id)
    )
    SELECT json_build_object('around', {_AROUND}, 'parts', {_PARTS}, 'without_members', {_EMPTY},
        'names', coalesce((SELECT json_agg(line ORDER BY scope_code, rw NULLS LAST,
            rt NULLS LAST, address, household_id, family, relation, number, whom) FROM told), '[]')
    )::text AS body,
    (SELECT array_remove(array_agg(DISTINCT whom) || array_agg(DISTINCT household_id), NULL)
        FROM people) AS subjects"""


async def named(  # noqa: PLR0913 - whose names, in which reach, for whom
    reading: Reading, most: int, *, within: Region, sight: Sight, programme: str | None, on: date
) -> str:
    """Everybody registered, or in the programme, in the order of the addresses; in JSON.

    One more than `most` where there are more.
    """
    told = (within.first, within.last, _around(within), most + 1, on)
    if programme is None:
        return str(await reading.document(_named(sight, _REGISTERED), *told))
    return str(await reading.document(_named(sight, _RECEIVING), *told, programme))


def _around(region: Region) -> list[str]:
    """Its own code, and those of all around it."""
    return [region.code[:length] for length in CODE_LENGTHS if length <= len(region.code)]


CODE_LENGTHS = (2, 4, 6, 10)


_MANY = """
SELECT count(*) FROM (
    SELECT FROM member
    WHERE state = 'registered' AND scope_code BETWEEN $1 AND $2 LIMIT $3) AS found
"""
_MANY_RECEIVING = """
SELECT count(*) FROM (SELECT FROM recipient
    WHERE programme = $4 AND state <> 'ended' AND scope_code BETWEEN $1 AND $2 LIMIT $3) AS found
"""


async def many(reading: Reading, most: int, *, within: Region, programme: str | None) -> int:
    """How many names; counted as far as one more than `most`."""
    reach = (within.first, within.last, most + 1)
    if programme is None:
        return int(await reading.value(_MANY, *reach))
    return int(await reading.value(_MANY_RECEIVING, *reach, programme))


# --- how many

_AGE = "date_part('year', age($4::date, birth_date))"
# What is counted of members, each by its condition.
_OF_MEMBERS = {
    "people": "true",
    "men": "sex = 1",
    "women": "sex = 2",
    "sex_unknown": "sex IS NULL",
    **{
        f"age:{name}": f"{_AGE} BETWEEN {low} AND {high}"
        for name, (low, high) in AGE_GROUPS.items()
    },
    "age:unknown": "birth_date IS NULL",
}
_PART = "left({}::text, $5)"  # the region of the row that it counts for
_HERE = "scope_code BETWEEN $1 AND $2"


def _count(table: str, what: str, where: str, by: str = "") -> str:
    return f"""SELECT {_PART.format("scope_code")}, {what}, count(*) FROM {table}
        WHERE {where} AND {_HERE} GROUP BY 1{by}"""


_MEMBERS = f"""SELECT told.code, each.what, each.n FROM (
        SELECT {_PART.format("scope_code")} AS code, {
    ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in _OF_MEMBERS.values())
} FROM member WHERE state = 'registered' AND {_HERE} GROUP BY 1
    ) AS told (code, {", ".join(f"n{place}" for place in range(len(_OF_MEMBERS)))}),
    LATERAL (VALUES {
    ", ".join(f"('{what}', n{place})" for place, what in enumerate(_OF_MEMBERS))
}) AS each (what, n)"""
_SURVEYS = f"""SELECT told.code, each.what, each.n FROM (
        SELECT {_PART.format("h.scope_code")}, count(s.last), count(*) FILTER (
            WHERE s.last > $4::date - interval '{SURVEY_MONTHS} months')
        FROM household h CROSS JOIN LATERAL (
            SELECT max(y.surveyed_on) FROM survey y
            WHERE y.household_id = h.id AND y.state = 'finished') AS s (last)
        WHERE h.state = 'registered' AND h.{_HERE} GROUP BY 1
    ) AS told (code, surveyed, recent),
    LATERAL (VALUES ('surveyed', surveyed), ('surveyed_recently', recent)) AS each (what, n)"""
_ENDED = ", ".join(f"'{state}'" for state in sorted(ENDED))
_COUNTED = f"""
WITH counted (code, what, n) AS MATERIALIZED (
    {_count("household", "'households'", "state = 'registered'")}
    UNION ALL {_count("family", "'families'", "state = 'registered'")}
    UNION ALL {_MEMBERS}
    UNION ALL {_count("recipient", "'programme:' || programme", "state <> 'ended'", ", programme")}
    UNION ALL {_count("proposal", "'proposals'", f"state NOT IN ({_ENDED})")}
    UNION ALL {_SURVEYS}
)
SELECT json_build_object('around', {_AROUND}, 'rows', coalesce((
    SELECT json_agg(json_build_object('code', a.code, 'name', a.name, 'within', b.name,
        'counts', coalesce((SELECT json_object_agg(c.what, c.n) FROM counted c
            WHERE c.code = a.code), '{{}}')) ORDER BY a.code)
    FROM region a LEFT JOIN region b ON b.code = a.parent_code
    WHERE a.tier = $6 AND a.{_HERE}
        AND (a.valid_to IS NULL OR a.code IN (SELECT c.code FROM counted c))
), '[]'))::text AS body, NULL::uuid[] AS subjects
"""
TIERS = (Tier.PROVINCE, Tier.REGENCY, Tier.DISTRICT, Tier.VILLAGE)
LENGTHS = dict(zip(TIERS, CODE_LENGTHS, strict=True))


async def counted(reading: Reading, *, within: Region, rows: Tier, on: date) -> str:
    """Counts of every region of that tier, in JSON. They name nobody."""
    told = (within.first, within.last, _around(within), on, LENGTHS[rows], rows.value)
    return str(await reading.document(_COUNTED, *told))
