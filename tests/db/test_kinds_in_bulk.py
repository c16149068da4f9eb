"""A decree determines proposals by the thousand: their number does not count in statements."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from asyncpg.connection import LoggedQuery
from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds import KINDS
from app.db.held import hold
from app.db.sessions import connection_in
from app.domain.actors import Role
from app.domain.channels import Channel
from app.domain.proposals import ProposalKind
from app.domain.regions import INDONESIA
from tests.registry import Registry

K = ProposalKind
LETTERS = "ABCDEFGHIJKL"
SEEN = {"type": "identity_card_copy", "note": "KTP asli diperlihatkan."}
ASKED: dict[ProposalKind, dict[str, Any]] = {
    K.CORRECTION: {"note": "Mengikuti KTP.", "evidence": [SEEN]},
    K.REMOVAL: {"reason": "moved", "effective_on": "2026-11-05"},
    K.RESTORATION: {"note": "Keliru.", "evidence": [{"type": "other", "note": "Ditemui."}]},
}
COPIED = """
WITH home AS (
    INSERT INTO household (id, scope_code, address, state, dtks_id, version, created_by,
        created_at, updated_at)
    SELECT gen_random_uuid(), scope_code, address, 'registered', gen_random_uuid()::text, 1,
        created_by, now(), now()
    FROM household, generate_series(1, $2) WHERE id = $1 RETURNING id, scope_code
), kin AS (
    INSERT INTO family (id, household_id, scope_code, number, card_number, state, version,
        created_at, updated_at)
    SELECT gen_random_uuid(), home.id, home.scope_code, 1, f.card_number, 'registered', 1,
        now(), now()
    FROM home, family f WHERE f.household_id = $1 RETURNING id, household_id
)
INSERT INTO member (id, household_id, family_id, scope_code, number, name, nik, nik_verdict,
    nik_codes, sex, birth_place, birth_date, mother_name, relation_to_household_head,
    relation_to_family_head, marital_status, state, dtks_id, version, created_at, updated_at)
SELECT gen_random_uuid(), home.id, kin.id, home.scope_code, 1, m.name,
    left(m.nik, 12) || lpad((9000 + row_number() OVER ())::text, 4, '0'), 'valid', '{}', m.sex,
    m.birth_place, m.birth_date, m.mother_name, 1, 1, 2, 'registered', gen_random_uuid()::text, 1,
    now(), now()
FROM home JOIN kin ON kin.household_id = home.id, member m WHERE m.household_id = $1
RETURNING id, household_id
"""
OF_ITS_OWN = ("pg_type", "'jit'")  # when asyncpg meets a type, once
TAKEN_OUT = (
    "UPDATE household SET state = 'inactive' WHERE id = ANY ($1::uuid[])",
    "UPDATE family SET state = 'inactive' WHERE household_id = ANY ($1::uuid[])",
    "UPDATE member SET state = 'inactive' WHERE household_id = ANY ($1::uuid[])",
)


@asynccontextmanager
async def counted(registry: Registry) -> AsyncIterator[tuple[AsyncSession, list[str]]]:
    """A transaction of the ministry's, and the statements that run in it."""
    told: list[str] = []

    def tell(_: object, __: object, statement: str, *_rest: object) -> None:
        told.append(statement)

    def tell_below(said: LoggedQuery) -> None:
        if not any(each in said.query for each in OF_ITS_OWN):
            told.append(said.query)

    engine = registry.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", tell)
    try:
        async with registry.database.transaction(
            INDONESIA, channel=Channel.HTTP, request_id="bulk"
        ) as session:
            with (await connection_in(session)).query_logger(tell_below):
                yield session, told
    finally:
        event.remove(engine, "before_cursor_execute", tell)


async def drafts(registry: Registry, kind: ProposalKind, count: int) -> list[UUID]:
    """As many drafts of that kind, each about a household of its own."""
    home = await registry.household()
    copies = await registry.runs(COPIED, UUID(home["id"]), count)
    if kind is K.RESTORATION:
        for statement in TAKEN_OUT:
            await registry.runs(statement, [each["household_id"] for each in copies])
    made = []
    for number, copy in enumerate(copies):
        asks = ASKED[kind]
        if kind is K.CORRECTION:
            asks = {**asks, "changes": {"name": f"Budi {LETTERS[number]}"}}
        about = {} if kind is K.RESTORATION else {"member_id": str(copy["id"])}
        drafted = await registry.asks(kind, {"id": str(copy["household_id"])}, asks, **about)
        made.append(UUID(drafted["id"]))
    return made


async def statements(registry: Registry, kind: ProposalKind, count: int) -> list[int]:
    """How many it takes to submit that many, and to determine them."""
    ids = await drafts(registry, kind, count)
    operator = (await registry.caller(Role.REGENCY_OPERATOR)).actor
    determiner = (await registry.caller(Role.MINISTRY_DETERMINER)).actor
    async with counted(registry) as (session, told):
        found = list((await hold(session, ids, within=INDONESIA)).values())
        held = await how_many(told)
        follows = await KINDS[kind].submitted(session, found, operator)
        submitted = await how_many(told)
        for each in found:
            each.content = follows[each.id]["content"]
        done = await KINDS[kind].determined(session, found, determiner)
        assert list(done.values()) == [{}] * count
        determined = await how_many(told)
        return [there - before for before, there in pairwise([held, submitted, determined])]


async def how_many(told: list[str]) -> int:
    await asyncio.sleep(0)  # asyncpg tells of a statement a moment later
    return len(told)


@pytest.mark.parametrize("kind", ASKED)
async def test_three_take_as_many_statements_as_twelve(registry: Registry, kind: ProposalKind):
    assert await statements(registry, kind, 3) == await statements(registry, kind, 12)
