"""A country of households, proposals and what was done with them, for plans: made in seconds.

A village has many proposals, its regency some, and every fourth village of the country one: whoever
reads a table from its beginning, or by a wrong index, reads far more than he gives.
"""
# ruff: noqa: S608 - statements are made of names in this file

from uuid import UUID

import asyncpg

from app.db.urls import for_asyncpg
from app.domain.regions import Region
from tests.db import crowd

VILLAGE, NEIGHBOUR = Region("3522012001"), Region("3522012002")
BOJONEGORO, REJANG_LEBONG = Region("3522"), Region("1702")  # full of people
PEOPLE = 15_000
OPERATOR = UUID("0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10")  # on whose desk one in twenty lies

HOUSEHOLDS = f"""
INSERT INTO household (id, scope_code, address, dtks_id, state, created_by, version, created_at,
    updated_at)
SELECT gen_random_uuid(), scope_code, 'Jl. Mawar', dtks_id,
    CASE WHEN dtks_id IS NULL THEN 'proposed' ELSE 'registered' END, gen_random_uuid(), 1, now(),
    now()
FROM (
    SELECT scope_code, code, row_number() OVER (ORDER BY code) AS n
    FROM region WHERE tier = 'village' AND valid_to IS NULL
) AS village, generate_series(1, CASE
    WHEN code = '{VILLAGE.code}' THEN 440 WHEN code LIKE '3522%' THEN 16 WHEN n % 4 = 0 THEN 1
    ELSE 0 END) AS k,
    LATERAL (SELECT CASE WHEN random() < 0.7 THEN 'R' || (10000 * n + k) END) AS known (dtks_id)
"""
# In no order: as over the years they come in from everywhere.
PROPOSALS = f"""
INSERT INTO proposal (id, kind, household_id, scope_code, state, created_by, version, created_at,
    updated_at, state_since, urgent)
SELECT gen_random_uuid(), 'new_family', id, scope_code,
    coalesce((ARRAY['drafted', 'awaiting_deliberation', 'awaiting_village_head',
        'awaiting_district', 'awaiting_regency', 'awaiting_endorsement', 'awaiting_province',
        'awaiting_ministry', 'awaiting_determination', 'rejected', 'withdrawn'
    ])[1 + floor(random() * 20)::int], 'determined'),
    CASE WHEN random() < 0.05 THEN '{OPERATOR}' ELSE created_by END, 1, now(), now(),
    now() - random() * interval '60 days', random() < 0.02
FROM (SELECT * FROM household WHERE rt IS NULL ORDER BY random()) AS household
"""
HEADS = """
INSERT INTO member (id, household_id, scope_code, number, name, nik_verdict, nik_codes, sex,
    relation_to_household_head, state, version, created_at, updated_at)
SELECT gen_random_uuid(), id, scope_code, 1, 'KASTINI', 'valid', '{}', 2, 1, 'proposed', 1, now(),
    now()
FROM household WHERE rt IS NULL
"""
# What was done in the regency, and with one in five elsewhere: a household and its proposal were
# drafted, that was submitted, and then somebody said something.
STEPS = """
INSERT INTO audit_entry (workflow, subject_id, scope_code, action, source, target, version,
    actor_id, actor_role, actor_region_code, channel, request_id, grounds, changes, seq, salt, at,
    xid, prev_hash, hash, hash_version)
SELECT CASE step WHEN 0 THEN 'household' ELSE 'proposal' END,
    CASE step WHEN 0 THEN household_id ELSE id END, scope_code,
    (ARRAY['draft', 'draft', 'submit', verdict])[step + 1],
    CASE WHEN step > 1 THEN 'drafted' END,
    CASE WHEN step = 3 AND verdict <> 'return' THEN state ELSE 'drafted' END, greatest(step, 1),
    CASE step WHEN 3 THEN gen_random_uuid() ELSE created_by END, 'village_operator',
    left(scope_code::text, 10), 'http', 'r', '{"reason": "other"}', '{}', greatest(step, 1),
    gen_random_uuid(), now() - (4 - step) * interval '1 day', 1000 + row_number() OVER () / 100,
    '', '', 1
FROM (
    SELECT p.*, step
    FROM (
        SELECT *, CASE WHEN random() < 0.8 THEN 'approve' WHEN random() < 0.9 THEN 'return'
            ELSE 'reject' END AS verdict
        FROM proposal WHERE scope_code / 1000000 = 3522 OR random() < 0.2
    ) AS p, generate_series(0, 3) AS step
    ORDER BY random()
) AS steps
"""
HOLDERS = """
INSERT INTO nik_holder (nik, member_id, scope_code)
SELECT nik, id, scope_code FROM member WHERE nik IS NOT NULL ON CONFLICT DO NOTHING
"""
LOOKS = """
INSERT INTO access_entry (scope_code, actor_id, actor_role, actor_region_code, purpose, operation,
    request_id, subjects)
SELECT 3522000000, gen_random_uuid(), 'regency_verifier', '3522', 'verification',
    'read_household', 'r', array_agg(id)
FROM (SELECT id, row_number() OVER () / 4 AS n FROM member) AS people
GROUP BY n
"""
ACCOUNTS = """
INSERT INTO account (id, username, display_name, password_hash, state, session_version,
    region_code, scope_code, version, created_at, updated_at)
SELECT gen_random_uuid(), 'desa.' || code, 'Petugas', '!', 'active', 1, code, scope_code, 1, now(),
    now()
FROM region WHERE tier = 'village' AND (code LIKE '3522%' OR random() < 0.1)
"""
ASSIGNMENTS = """
INSERT INTO assignment (id, account_id, role, region_code, scope_code, begins_at, version,
    created_at, updated_at)
SELECT gen_random_uuid(), id, role, region_code, scope_code, now(), 1, now(), now()
FROM account, unnest(ARRAY['village_operator', 'enumerator']) AS role
"""
WHAT_ELSE = (HOUSEHOLDS, PROPOSALS, HEADS, HOLDERS, STEPS, LOOKS, ACCOUNTS, ASSIGNMENTS)
FILLED = (
    "household, family, member, name_key, nik_holder, survey, proposal, audit_entry, "
    "access_entry, account, assignment"
)


# Whoever connects is told of the plan of all that he runs.
EXPLAINING = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_format": "json",
    "auto_explain.log_level": "notice",
}


async def fill(app_url: str, superuser_url: str) -> None:
    app = await asyncpg.connect(for_asyncpg(app_url))
    await crowd.gather(app, BOJONEGORO, people=PEOPLE)
    await crowd.gather(app, REJANG_LEBONG, people=PEOPLE // 3)
    await app.close()
    owner = await asyncpg.connect(for_asyncpg(superuser_url))
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("SELECT setseed(0.2026)")  # the same in every run
    for statement in WHAT_ELSE:
        await owner.execute(statement)
    await owner.execute(f"VACUUM ANALYZE {FILLED}")
    name = await owner.fetchval("SELECT current_database()")
    for setting, value in EXPLAINING.items():
        await owner.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'")
    await owner.close()
