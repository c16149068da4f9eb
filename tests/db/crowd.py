"""A crowd of people, for plans: made inside the database, and named as unevenly as people are."""
# ruff: noqa: S608 - statements are made of names in this file; values are parameters

import asyncpg

from app.db.scope import scope_statement
from app.domain.regions import Region

GIVEN = (
    "SITI", "MUHAMAD", "SRI", "AHMAD", "NUR", "DEWI", "ABDUL", "AGUS", "M.", "EKO", "SUPRIYATI",
    "NURHAYATI", "SUGENG", "BUDI", "YULI", "MOCHAMMAD", "RINI", "JOKO", "ENDANG", "WAHYU", "KASMI",
)  # fmt: skip
SECOND = (
    "AMINAH", "HIDAYAT", "LESTARI", "SANTOSO", "WATI", "RAHAYU", "SETIAWAN", "FATIMAH", "KHOLIFAH",
    "PRASETYO", "UTAMI", "ROHMAN", "YATI", "WIBOWO", "MUTMAINAH", "SAPUTRA", "ZULAIKHA", "HARTONO",
    "ASTUTIK", "FAUZI", "MARYAM", "SOLIKIN", "ISTIQOMAH", "KURNIAWAN", "MUNAWAROH", "JAELANI",
)  # fmt: skip
# The first of a list is borne by very many, the last by few.
PICK = "({names})[1 + floor(power(random(), 2) * {many})::int]"

HOUSEHOLDS = """
INSERT INTO household (id, scope_code, address, rt, rw, state, version, created_by, created_at,
                       updated_at)
SELECT gen_random_uuid(), village.scope_code, 'Jl. Desa No. ' || n, '001', '002', 'proposed', 1,
       gen_random_uuid(), now(), now()
FROM (SELECT scope_code, row_number() OVER () - 1 AS place, count(*) OVER () AS villages
      FROM region WHERE tier = 'village' AND scope_code BETWEEN $2 AND $3) AS village
JOIN generate_series(1, $1::int) AS n ON n % village.villages = village.place
"""
FAMILIES = """
INSERT INTO family (id, household_id, scope_code, number, card_number, state, version, created_at,
                    updated_at)
SELECT gen_random_uuid(), id, scope_code, 1,
       left(scope_code::text, 6) || lpad((random() * 1e10)::bigint::text, 10, '0'), 'proposed', 1,
       now(), now()
FROM household
"""
MEMBERS = f"""
INSERT INTO member (id, household_id, family_id, scope_code, number, name, nik, nik_verdict,
    nik_codes, sex, birth_date, relation_to_household_head, relation_to_family_head, state,
    version, created_at, updated_at)
SELECT gen_random_uuid(), household_id, id, scope_code, n,
    CASE
        WHEN random() < 0.2 THEN given
        WHEN random() < 0.8 THEN given || ' ' || second
        ELSE given || ' ' || second || ' ' || third
    END,
    left(scope_code::text, 6) || lpad(place::text, 10, '0'), 'valid', '{{}}', 1 + n % 2, born,
    CASE n WHEN 1 THEN 1 ELSE 3 END, CASE n WHEN 1 THEN 1 ELSE 3 END, 'proposed', 1, now(), now()
FROM (
    SELECT f.*, n, row_number() OVER () AS place,
        {PICK.format(names="$1::text[]", many=len(GIVEN))} AS given,
        {PICK.format(names="$2::text[]", many=len(SECOND))} AS second,
        {PICK.format(names="$2::text[]", many=len(SECOND))} AS third,
        date '1945-01-01' + floor(random() * 27000)::int AS born
    FROM family AS f CROSS JOIN generate_series(1, 3) AS n
) AS people
"""
# Two visits that are finished, and a third that has begun.
SURVEYS = """
INSERT INTO survey (id, household_id, scope_code, codebook, surveyed_on, outcome, answers, state,
                    finished_at, created_by, version, created_at, updated_at)
SELECT gen_random_uuid(), id, scope_code, 'dtks-2020', date '2024-01-01' + n * 300, 1,
       '{"household": {"floor_area": 36}}', CASE n WHEN 3 THEN 'drafted' ELSE 'finished' END,
       CASE WHEN n < 3 THEN now() END, gen_random_uuid(), 1, now(), now()
FROM household CROSS JOIN generate_series(1, 3) AS n
"""
PER_HOUSEHOLD = 3


async def gather(connection: asyncpg.Connection, regency: Region, *, people: int) -> None:
    """As the service itself would write them, and in all villages of the regency alike."""
    async with connection.transaction():
        await connection.execute(scope_statement(regency))
        await connection.execute("SELECT setseed(0.2026)")  # the same people in every run
        await connection.execute(HOUSEHOLDS, people // PER_HOUSEHOLD, regency.first, regency.last)
        await connection.execute(FAMILIES)
        await connection.execute(MEMBERS, list(GIVEN), list(SECOND))
        await connection.execute(SURVEYS)
