"""Whoever waits for a proposal decides on it as it is once it is his."""

import asyncio
from datetime import date
from uuid import UUID

from app.commands.proposals import Deed, Meant, take
from app.db.held import hold_for
from app.db.sessions import Database
from app.domain.actors import Actor, Role
from app.domain.facts import Fact
from app.domain.proposals import ProposalAction
from tests.registry import Registry

APPROVE = ProposalAction.APPROVE
WAITING = """
SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def facts_for(database: Database, proposal: UUID, by: Actor) -> frozenset[Fact]:
    async with database.transaction(by.region) as session:
        held = await hold_for(
            session,
            [proposal],
            APPROVE,
            within=by.region,
            by=by,
            on=date(2026, 11, 22),
            closed=True,
        )
        return held.facts[proposal]


async def until_somebody_waits(registry: Registry) -> None:
    async with asyncio.timeout(10):
        while not await registry.runs(WAITING):  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)


async def test_what_somebody_did_himself_while_he_waited_counts_against_him(registry: Registry):
    """He verifies, and would endorse at once, in the version that his first decision makes."""
    proposal = await registry.proposal("awaiting_regency")
    found = UUID(proposal["id"])
    verifier = (await registry.caller(Role.REGENCY_VERIFIER)).actor
    endorser = Actor(verifier.id, Role.REGENCY_ENDORSER, verifier.region)

    async with registry.database.transaction(verifier.region) as session:
        await take(session, Meant(found, proposal["version"]), Deed(APPROVE, {}), by=verifier)
        second = asyncio.create_task(facts_for(registry.database, found, endorser))
        await until_somebody_waits(registry)

    assert Fact.VERIFIED_IT in await second
