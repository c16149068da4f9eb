"""The roll-up of the counts: by whom it is made, when, and what is left alone."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.commands.counts import kept_up, refresh
from app.db import roles
from app.db.sessions import Database
from app.domain.actors import Role
from app.domain.regions import INDONESIA, Region, Tier
from tests.api.services import an_app, running
from tests.conftest import Run
from tests.db.copies import BULAKAN, Copy, a_copy
from tests.registry import Registry

REGENCY = BULAKAN.at(Tier.REGENCY)
HOUR = timedelta(hours=1)
REGENCIES = "SELECT count(*) FROM region WHERE tier = 'regency'"
COUNTED = "SELECT state, count, oldest_since, counted_at FROM proposal_count WHERE scope_code = $1"


@pytest.fixture
async def copy(run: Run, database_name: str) -> AsyncIterator[Copy]:
    async with a_copy(run, f"{database_name}_roll_up") as copy:
        yield copy


@pytest.fixture
async def registry(copy: Copy) -> AsyncIterator[Registry]:
    async with copy.registry() as registry:
        yield registry


async def counts_of(copy: Copy, regency: Region = REGENCY) -> dict[str, int]:
    rows = await copy.does(COUNTED, regency.first)
    return {row["state"]: row["count"] for row in rows if row["count"]}


async def counted_at(copy: Copy, regency: Region = REGENCY) -> datetime:
    [moment] = {row["counted_at"] for row in await copy.does(COUNTED, regency.first)}
    return moment


async def was_counted(copy: Copy, before: timedelta) -> None:
    """As if that much time had passed since."""
    await copy.does("UPDATE proposal_count SET counted_at = counted_at - $1::interval", before)


class TestARound:
    async def test_counts_every_regency_there_ever_was(self, copy: Copy, registry: Registry):
        await registry.proposal("awaiting_regency")
        await registry.proposal()

        done = await refresh(registry.database)

        [(regencies,)] = await copy.does(REGENCIES)
        assert done == regencies > 500
        assert await counts_of(copy) == {"awaiting_regency": 1, "drafted": 1}
        for row in await copy.does(COUNTED, REGENCY.first):
            assert (row["oldest_since"] is None) == (row["count"] == 0)
        [(rows, total)] = await copy.does("SELECT count(*), sum(count) FROM proposal_count")
        assert (rows, total) == (13 * regencies, 2)

    async def test_leaves_alone_what_is_young_enough(self, copy: Copy, registry: Registry):
        await refresh(registry.database)
        before = await counted_at(copy)

        assert await refresh(registry.database, older_than=HOUR) == 0

        assert await counted_at(copy) == before

    async def test_looks_again_only_where_something_has_moved(self, copy: Copy, registry: Registry):
        """Elsewhere it says that the old numbers still hold: a wrong one shows that."""
        await registry.proposal()
        await refresh(registry.database)
        await copy.does("UPDATE audit_entry SET at = at - interval '1 day'")
        await copy.does("UPDATE proposal_count SET count = 99 WHERE state = 'rejected'")
        await was_counted(copy, timedelta(minutes=20))

        began = datetime.now(UTC)
        await registry.proposal()
        await refresh(registry.database, older_than=timedelta(minutes=5))

        assert await counts_of(copy) == {"drafted": 2}
        assert await counts_of(copy, Region("1101")) == {"rejected": 99}
        assert await counted_at(copy, Region("1101")) >= began

    async def test_takes_nothing_for_granted_after_an_hour(self, copy: Copy, registry: Registry):
        await refresh(registry.database)
        await copy.does("UPDATE proposal_count SET count = 99 WHERE state = 'rejected'")
        await was_counted(copy, 2 * HOUR)

        await refresh(registry.database, older_than=timedelta(minutes=5))

        assert await counts_of(copy, Region("1101")) == {}

    async def test_of_two_at_once_is_one(self, copy: Copy, registry: Registry):
        """Whoever comes second to a regency finds it counted, or being counted."""
        second = Database(copy.run.url(copy.name, roles.APP))
        await second.open()
        await refresh(registry.database)
        await was_counted(copy, timedelta(minutes=20))

        both = (registry.database, second)
        done = await asyncio.gather(*(refresh(each, older_than=5 * HOUR / 60) for each in both))
        await second.close()

        [(regencies,)] = await copy.does(REGENCIES)
        assert sum(done) == regencies


class TestTheService:
    async def test_makes_it_while_it_runs_and_ends_at_once(self, copy: Copy, registry: Registry):
        await registry.proposal()
        others = asyncio.all_tasks()

        app = an_app(copy.run.url(copy.name, roles.APP), counts_every=1)
        async with running(app, registry):
            await until(copy, "SELECT count(*) > 6000 FROM proposal_count")
            await registry.proposal()
            await until(copy, "SELECT sum(count) = 2 FROM proposal_count")
            ends = asyncio.get_running_loop().time() + 3

        assert asyncio.get_running_loop().time() < ends
        assert not [task for task in asyncio.all_tasks() - others if "_rounds" in repr(task)]

    async def test_goes_on_when_it_cannot_be_made(
        self, copy: Copy, registry: Registry, capsys: pytest.CaptureFixture[str]
    ):
        await copy.does("REVOKE INSERT ON proposal_count FROM siks_app")

        app = an_app(copy.run.url(copy.name, roles.APP), counts_every=1, log_level="warning")
        async with running(app, registry) as served:
            operator = await served.caller(Role.VILLAGE_OPERATOR)
            await asyncio.sleep(1.5)
            response = await operator.gets("/v1/proposals/counts")

        assert response.status_code == 200
        logged = capsys.readouterr().out
        assert logged.count("counts_not_refreshed") >= 1
        assert "InsufficientPrivilege" in logged

    async def test_does_not_make_it_where_it_is_told_not_to(self, registry: Registry):
        before = asyncio.all_tasks()
        async with kept_up(registry.database, every=timedelta(0)):
            assert asyncio.all_tasks() == before


async def until(copy: Copy, question: str) -> None:
    for _ in range(200):
        [(answer,)] = await copy.does(question)
        if answer:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(question)


async def test_siks_counts_makes_it_by_hand(copy: Copy, registry: Registry):
    await registry.proposal()
    environment = {**os.environ, "SIKS_DATABASE_URL": copy.run.url(copy.name, roles.APP)}

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "counts"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()

    [(regencies,)] = await copy.does(REGENCIES)
    assert process.returncode == 0, told
    assert f"{regencies} regencies were counted." in told.decode()
    assert await counts_of(copy) == {"drafted": 1}


async def test_a_regency_sees_its_own_row_and_its_village_none(copy: Copy, registry: Registry):
    await refresh(registry.database)
    seen: dict[Any, int] = {}

    for region in (INDONESIA, REGENCY, BULAKAN):
        async with registry.database.reading(region) as reading:
            statement = "SELECT count(DISTINCT scope_code) FROM proposal_count"
            seen[region.tier] = await reading.value(statement)

    [(regencies,)] = await copy.does(REGENCIES)
    assert list(seen.values()) == [regencies, 1, 0]
