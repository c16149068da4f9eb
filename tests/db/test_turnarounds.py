"""How long things took, of steps whose moments are known; and that the roll-up counts them once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.commands.turnarounds import look, refresh
from app.domain.regions import Region, Tier
from tests.conftest import Run
from tests.db.copies import BULAKAN, CIKERAI, Copy, a_copy
from tests.registry import Registry

REGENCY, PROVINCE = BULAKAN.at(Tier.REGENCY), BULAKAN.at(Tier.PROVINCE)
NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)  # in Jakarta
STEPS = [None, "drafted", "awaiting_deliberation", "awaiting_village_head", "awaiting_regency"]
WRITTEN = """
INSERT INTO audit_entry (workflow, subject_id, scope_code, action, source, target, version,
    actor_id, actor_role, actor_region_code, channel, request_id, grounds, changes, seq, salt, at,
    xid, prev_hash, hash, hash_version)
SELECT 'proposal', $1, $2, CASE WHEN source = target THEN 'hand_over' ELSE 'approve' END, source,
    target, n, $1, 'village_operator', '', 'http', '', '{}', '{}', n, $1, at,
    pg_current_xact_id()::text::bigint, '', '', 1
FROM unnest($3::text[], $4::text[], $5::timestamptz[]) WITH ORDINALITY
    AS s (source, target, at, n)
"""

# A step counts once nothing runs that is older than it, in whatever database of the server.
SETTLED = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > coalesce(max(xid), 0)
FROM audit_entry
"""
PATIENCE_SECONDS = 60  # for the longest transaction of another worker's tests


@pytest.fixture
async def copy(run: Run, database_name: str) -> AsyncIterator[Copy]:
    async with a_copy(run, f"{database_name}_turnarounds") as copy:
        yield copy


@pytest.fixture
async def registry(copy: Copy) -> AsyncIterator[Registry]:
    async with copy.registry() as registry:
        yield registry


async def went(copy: Copy, village: Region, *days: float) -> None:
    """A proposal that waited so many days in each state; it was handed over on its way."""
    at, steps = NOON, [(None, "drafted", NOON)]
    for number, waited in enumerate(days, 1):
        steps.append((STEPS[number], STEPS[number], at + timedelta(days=waited / 2)))
        at += timedelta(days=waited)
        steps.append((STEPS[number], STEPS[number + 1], at))
    await copy.does(WRITTEN, uuid4(), village.first, *map(list, zip(*steps, strict=True)))


async def seen(
    registry: Registry, region: Region, first: date = date(2026, 3, 1)
) -> dict[str, Any]:
    async with registry.database.reading(region) as reading:
        return await look(reading, first, date(2026, 4, 1), within=region, part_by_part=True)


def of(region: dict[str, Any], state: str) -> tuple[Any, ...]:
    [line] = [each for each in region["states"] if each["state"] == state]
    return line["count"], line["median_days"], line["p90_days"], line["mean_days"]


async def test_of_a_regency_are_exact(copy: Copy, registry: Registry):
    for days in (1, 2, 6):
        await went(copy, BULAKAN, days, 0.5)
    await went(copy, CIKERAI, 3)

    found = await seen(registry, REGENCY)
    [district] = [each for each in found["children"] if each["region_code"] == BULAKAN.code[:6]]
    village = await seen(registry, CIKERAI)

    assert of(found, "drafted") == of(district, "drafted") == (4, 2.5, 5.1, 3.0)
    assert of(found, "awaiting_deliberation") == (3, 0.5, 0.5, 0.5)
    assert of(village, "drafted") == (1, 3.0, 3.0, 3.0)
    assert of(found, "awaiting_village_head") == (0, None, None, None)


async def test_begin_where_the_state_began_even_before_the_span(copy: Copy, registry: Registry):
    await went(copy, BULAKAN, 1, 6)

    found = await seen(registry, REGENCY, date(2026, 3, 5))

    assert of(found, "drafted") == (0, None, None, None)
    assert of(found, "awaiting_deliberation") == (1, 6.0, 6.0, 6.0)


async def taken_in(copy: Copy, registry: Registry) -> None:
    """As if nothing had been counted since before these steps: only transactions tell."""
    await copy.does("UPDATE turnaround_pass SET at = '2026-01-01'")
    async with asyncio.timeout(PATIENCE_SECONDS):
        [[settled]] = await copy.does(SETTLED)
        while not settled:
            await asyncio.sleep(0.1)
            [[settled]] = await copy.does(SETTLED)
    await refresh(registry.database)


async def test_of_a_province_count_every_step_once(copy: Copy, registry: Registry):
    await taken_in(copy, registry)
    await went(copy, BULAKAN, 1.5)
    await taken_in(copy, registry)
    await went(copy, CIKERAI, 1.9)
    await taken_in(copy, registry)
    await taken_in(copy, registry)

    found = await seen(registry, PROVINCE, date(2026, 3, 20))
    [regency] = [each for each in found["children"] if each["region_code"] == REGENCY.code]

    assert of(found, "drafted") == of(regency, "drafted") == (2, 1.5, 1.9, 1.7)
    assert (found["from_day"], found["exact"]) == (date(2026, 3, 1), False)
