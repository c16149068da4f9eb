"""A worker is killed in the middle of an extract: another goes on, and the files are the same.

Each time it is held by a trigger that waits, while rows are kept aside and while files are written.
"""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.db import roles
from app.domain.actors import Role
from app.domain.regions import Tier
from tests.api.services import an_app
from tests.api.test_extracts import ended, manifest_of, surveyed
from tests.api.test_import_moments import GONE, HELD_UP, WAITING, Shop, nursery, seen
from tests.conftest import Run, registry_of
from tests.contract import Promise
from tests.db.copies import a_copy
from tests.registry import Caller, Places, Registry

ASKED = {"resource": "members", "filters": {"state": "proposed"}, "rows_per_file": 2}
# Where it is held, how that statement begins, and what is there once it is dead.
MOMENTS = (
    ("INSERT ON extract_chunk", "NEW.scope_code = {}", "INSERT INTO extract_chunk", 0),
    ("UPDATE ON extract_file", "NEW.number = 2", "UPDATE extract_file", 1),
    ("UPDATE ON job", "NEW.state = 'done'", "UPDATE job", 3),
)
DONE = "SELECT FROM job WHERE subject_id = $1 AND state = 'done'"
MADE = "SELECT count(*) AS made FROM extract_file WHERE extract_id = $1 AND sha256 IS NOT NULL"


@pytest.fixture
async def shop(run: Run, places: Places, worker_id: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with a_copy(run, f"{run.name}_{worker_id}_extracts") as copy:
        app = an_app(run.url(copy.name, roles.APP), worker=False)
        async with (
            app.router.lifespan_context(app),
            registry_of(app, Promise(app), *next(places.districts)) as registry,
        ):
            with nursery(copy, tmp_path) as process:
                yield Shop(copy, registry, process)


async def sums(by: Caller, path: str) -> list[tuple[int, str]]:
    manifest = await manifest_of(by, await ended(by, path))
    return [(each["rows"], each["sha256"]) for each in manifest["files"]]


async def asked(by: Caller) -> str:
    response = await by.posts("/v1/extracts", ASKED)
    assert response.status_code == 202, response.text
    path: str = response.headers["Location"]
    return path


async def dies(shop: Shop, number: int, extract_id: str) -> None:
    """A worker, held in the middle of that."""
    before, row, statement, made = MOMENTS[number]
    row = row.format(shop.registry.neighbour.first)
    async with shop.copy.run.superuser(shop.copy.name) as connection:
        await connection.execute(
            f"CREATE TRIGGER held BEFORE {before} FOR EACH ROW WHEN ({row}) "
            f"EXECUTE FUNCTION held_up({number})"
        )
        await connection.execute("SELECT pg_advisory_lock(1, $1)", number)
        with shop.worker():
            [(backend, query)] = await seen(partial(connection.fetch, WAITING, number))
            assert query.startswith(statement), query
        await connection.execute("SELECT pg_advisory_unlock(1, $1)", number)
        await seen(partial(connection.fetchval, GONE, backend))
        await connection.execute(f"DROP TRIGGER held ON {before.rpartition(' ')[2]}")
        assert await connection.fetchval(MADE, extract_id) == made
    await shop.is_missed()


async def two_villages(registry: Registry) -> Caller:
    """Two people in each, and a machine of their district."""
    for village in (registry.village, registry.neighbour):
        by = await registry.caller(Role.VILLAGE_OPERATOR, over=village)
        for _ in range(2):
            await registry.household(by=by)
    await surveyed(registry)
    return await registry.machine(registry.village.at(Tier.DISTRICT))


async def test_the_files_are_those_of_an_undisturbed_run(shop: Shop):
    by = await two_villages(shop.registry)
    with shop.worker():
        undisturbed = await sums(by, await asked(by))
    assert [rows for rows, _ in undisturbed] == [2, 1, 2]
    await shop.copy.does(HELD_UP)

    path = await asked(by)
    for number in range(len(MOMENTS)):
        await dies(shop, number, path.rpartition("/")[2])

    with shop.worker():
        assert await sums(by, path) == undisturbed
        await seen(partial(shop.copy.does, DONE, UUID(path.rpartition("/")[2])))
    (left,) = await shop.copy.does("SELECT count(*) AS chunks FROM extract_chunk")
    assert left["chunks"] == 0


async def test_rows_that_a_crash_has_taken_are_those_of_another_moment(shop: Shop):
    """What is kept aside is not logged: should PostgreSQL itself die, it is empty afterwards."""
    by = await two_villages(shop.registry)
    await shop.copy.does(HELD_UP)
    path = await asked(by)
    extract_id = path.rpartition("/")[2]
    await dies(shop, 1, extract_id)
    before: dict[str, Any] = (await by.gets(path)).json()
    await shop.copy.does("DELETE FROM extract_chunk")

    with shop.worker():
        after = await ended(by, path)
        again = await sums(by, path)

    assert after["transaction_time"] > before["transaction_time"]
    assert sum(rows for rows, _ in again) == after["rows"] == before["rows"]
