"""Proposals that wait for their determination, many of them, for the benchmarks of deciding.

Households come by the demo's own road (COPY, then large statements): of every five one is a new
family that waits, four are registered. Of those a month's wishes are made: a programme of each, a
correction of most, and of some that an aid ends, or that somebody is taken out. They are drafted by
large statements, submitted by the service's own command, and put where they wait. What lies between
is left out of the audit.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from multiprocessing import get_context
from uuid import UUID, uuid4

import asyncpg

from app.commands.proposals import Deed, Meant, take_each
from app.db import regions
from app.db.scope import scope_statement
from app.db.sessions import Database, Reading
from app.db.urls import for_asyncpg
from app.demo import staging
from app.demo.hands import _numbers
from app.demo.plans import Village, plans
from app.demo.regencies import REGENCIES
from app.demo.roads import Road, Roads
from app.demo.rows import Rows
from app.domain.actors import Actor, Role
from app.domain.errors import Refusal
from app.domain.proposals import ProposalAction, ProposalState
from app.domain.regions import INDONESIA, Region

NEW, REGISTERED = 1, 4  # of every five households
TO_A_HOUSEHOLD = 1.36  # so many proposals: of some of the demo's households nothing can be asked
TO_A_VILLAGE = 140
AT_ONCE = 1_000
HANDS = 2
Choice = Callable[[Roads], list[Road]]
# What is asked, of the registered households `h` it is asked of.
ASKED = {
    "programme": """f.id, NULL::uuid, f.version, jsonb_build_object('programme', 'SEMBAKO',
    'payee_id', (SELECT id FROM member WHERE family_id = f.id AND relation_to_family_head = 1))
FROM household h JOIN family f ON f.household_id = h.id AND f.number = 1
WHERE""",
    "correction": """NULL::uuid, m.id, m.version, jsonb_build_object('note', 'Salah ketik.',
    'changes', CASE abs(hashtext(m.id::text)) % 3
        WHEN 0 THEN jsonb_build_object('name', m.name || ' Rahayu')
        WHEN 1 THEN jsonb_build_object('birth_place', 'Kota ' || m.birth_place)
        ELSE jsonb_build_object('mother_name', 'Siti ' || m.mother_name) END,
    'evidence', jsonb_build_array(
        jsonb_build_object('type', 'family_card_copy', 'note', 'KK')))
FROM household h JOIN member m ON m.household_id = h.id AND m.number = 1
WHERE abs(hashtext(h.id::text)) % 100 < 80 AND""",
    "ineligibility": """r.family_id, NULL::uuid, r.version, jsonb_build_object('reason',
    'civil_servant', 'effective_on', '2026-11-02', 'evidence', jsonb_build_array(
        jsonb_build_object('type', 'employment_proof', 'note', 'SK 2026/11')))
FROM household h JOIN recipient r ON r.household_id = h.id
WHERE""",
    "removal": """NULL::uuid, m.id, m.version, jsonb_build_object('reason', 'deceased',
    'effective_on', '2026-11-02', 'evidence', jsonb_build_array(jsonb_build_object(
        'type', 'death_certificate', 'note', '3672-KM-02112026-0003')))
FROM household h JOIN member m ON m.household_id = h.id AND m.number = 3
    AND m.relation_to_family_head > 2
WHERE abs(hashtext(h.id::text)) % 100 < 8 AND""",
}
RECEIVE = """
INSERT INTO recipient (id, household_id, scope_code, family_id, programme, period_from, state,
    version, created_at, updated_at)
SELECT gen_random_uuid(), h.id, h.scope_code, f.id, 'PKH', '2026-01-01', 'candidate', 1, now(),
    now()
FROM household h JOIN family f ON f.household_id = h.id AND f.number = 1
WHERE abs(hashtext(h.id::text)) % 100 >= 88 AND h.state = 'registered'
"""
DRAFTS = """
INSERT INTO proposal (id, kind, state, version, created_by, created_at, updated_at, household_id,
    scope_code, family_id, member_id, base_version, asks)
SELECT gen_random_uuid(), '{kind}', 'drafted', 1, $1, now(), now(), h.id, h.scope_code, {asked}
    h.state = 'registered'
"""
BEGUN = """
INSERT INTO audit_entry (workflow, subject_id, scope_code, action, target, version, actor_id,
    actor_role, actor_region_code, channel, request_id, grounds, changes)
SELECT 'proposal', id, scope_code, 'draft', 'drafted', 1, $1, 'regency_operator',
    left(scope_code::text, 4), 'console', 'bench', '{}', '{}'
FROM proposal WHERE created_by = $1
"""
DRAFTED = """
SELECT id, version, scope_code FROM proposal WHERE state = 'drafted' AND created_by = $1
ORDER BY scope_code LIMIT $2
"""
WAIT = "UPDATE proposal SET state = $1 WHERE created_by = $2 AND state = 'awaiting_deliberation'"
SPARE = """
UPDATE proposal SET state = 'rejected' WHERE id IN (SELECT id FROM proposal
    WHERE state = $1 ORDER BY md5(id::text) OFFSET $2)
"""


async def fill(
    owner_url: str, app_url: str, proposals: int, *, told: Callable[[str], None] = print
) -> dict[str, int]:
    """About so many that wait, never more: how many of each kind."""
    waiting = ProposalState.AWAITING_DETERMINATION
    await settle(owner_url, int(proposals / TO_A_HOUSEHOLD), waiting, told=told)
    author = uuid4()
    await _vacuum(owner_url)  # or the drafts would be looked for row by row
    await _as_owner(owner_url, RECEIVE)
    for kind, asked in ASKED.items():
        await _as_owner(owner_url, DRAFTS.format(kind=kind, asked=asked), author)
    await _as_owner(owner_url, BEGUN, author)
    told("other kinds are drafted")
    await _vacuum(owner_url)
    await _submit(app_url, author)
    await _as_owner(owner_url, WAIT, waiting, author)
    await _as_owner(owner_url, SPARE, waiting, proposals)
    await _vacuum(owner_url)
    return await _counts(owner_url, waiting)


async def settle(
    owner_url: str,
    households: int,
    state: ProposalState,
    *,
    registered: int = REGISTERED,
    told: Callable[[str], None] = print,
) -> None:
    """New families that wait in that state, and to each so many registered households; in villages
    of the demo."""
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    codes = await connection.fetch(
        "SELECT code FROM region WHERE tier = 'village' AND valid_to IS NULL "
        "AND left(code, 4) = ANY ($1::text[]) ORDER BY code",
        list(REGENCIES),
    )
    await connection.close()
    each = max(TO_A_VILLAGE, -(-households // len(codes)))
    villages = [
        Village(row["code"], each, place)
        for place, row in enumerate(codes[: -(-households // each)])
    ]
    await settle_villages(owner_url, villages, partial(new_and_registered, state, registered))
    told(f"{each * len(villages):,} households are settled")


def new_and_registered(state: ProposalState, registered: int, roads: Roads) -> list[Road]:
    """Roads taken in turn: new families that wait in that state, and registered ones."""
    by_end = {road.leads_to: road for road in roads.proposals}
    return [by_end[state]] * NEW + [by_end["determined"]] * registered


async def settle_villages(owner_url: str, villages: Sequence[Village], chosen: Choice) -> None:
    """`chosen` is asked by other processes: a function of a module, or a `partial` of one."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(HANDS, mp_context=get_context("spawn")) as hands:
        work = partial(_settle_in, owner_url, chosen)
        shares = [villages[hand::HANDS] for hand in range(HANDS)]
        await asyncio.gather(*(loop.run_in_executor(hands, work, share) for share in shares))


def _settle_in(owner_url: str, chosen: Choice, villages: Sequence[Village]) -> None:
    asyncio.run(_settle(owner_url, chosen, villages))


async def _settle(owner_url: str, chosen: Choice, villages: Sequence[Village]) -> None:
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    known = await regions.known_regions(Reading(connection))
    for village in villages:
        async with connection.transaction():
            await connection.execute(scope_statement(Region(village.code)))
            now, roads = datetime.now(UTC), Roads(village.regency)
            roads.proposals = chosen(roads)
            rows = Rows(village, roads, now)
            planned = list(plans(village, roads, known, now.date()))
            for plan, numbers in zip(planned, await _numbers(connection, planned), strict=True):
                rows.add(plan, numbers)
            await staging.store(connection, [rows], roads, now=now, request_id="bench")
    await connection.close()


async def _submit(app_url: str, author: UUID) -> None:
    database = Database(app_url, connections=2)
    await database.open()
    while await _submit_some(database, author):
        pass
    await database.close()


async def _submit_some(database: Database, author: UUID) -> int:
    """Regency by regency, as whoever types in for one submits them."""
    async with database.reading(INDONESIA) as reading:
        found = await reading.rows(DRAFTED, author, AT_ONCE)
    for regency, rows in groupby(found, key=lambda row: str(row["scope_code"])[:4]):
        by = Actor(author, Role.REGENCY_OPERATOR, Region(regency))
        async with database.transaction(by.region) as session:
            meant = [Meant(row["id"], row["version"]) for row in rows]
            taken = await take_each(session, meant, Deed(ProposalAction.SUBMIT, {}), by=by)
        for refused in (one for one in taken.values() if isinstance(one, Refusal)):
            raise RuntimeError(f"{refused}: {refused.faults}")
    return len(found)


async def _as_owner(owner_url: str, statement: str, *arguments: object) -> None:
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    async with connection.transaction():
        await connection.execute(scope_statement(INDONESIA))
        await connection.execute(statement, *arguments)
    await connection.close()


async def _vacuum(owner_url: str) -> None:
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def _counts(owner_url: str, state: ProposalState) -> dict[str, int]:
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    async with connection.transaction():
        await connection.execute(scope_statement(INDONESIA))
        rows = await connection.fetch(
            "SELECT kind, count(*) FROM proposal WHERE state = $1 GROUP BY 1 ORDER BY 1", state
        )
    await connection.close()
    return {row["kind"]: row["count"] for row in rows}
