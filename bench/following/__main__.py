"""An hour's model in a minute: writers change 10,000 things while clients follow the changes.

    python -m bench.following [THINGS]

A PostgreSQL of its own is started and filled. Two provinces and a regency take a first extract
over HTTP and follow by long-poll; several hands correct, remove, restore, move, grant and visit
meanwhile, a decree registers new families, and two transactions at a time stay open for seconds
with something written. In the end each copy is compared with a new extract, row by row.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from statistics import quantiles
from uuid import UUID, uuid4

import asyncpg
from httpx2 import AsyncClient
from rich.console import Console
from rich.table import Table

from app import embedded
from app.db import migrations, regions_file
from app.db.scope import scope_statement
from app.db.sessions import Database
from app.db.urls import for_asyncpg
from app.demo.plans import Village
from app.domain.actors import Role
from app.domain.proposals import ProposalState
from app.domain.regions import INDONESIA
from bench.following.copies import Client, Copy, differing
from bench.following.writers import Hand
from bench.services import a_service, headers_of, somebody
from bench.waiting import new_and_registered, settle_villages

THINGS = 10_000
HANDS, LATE = 4, 2
VILLAGES, HOUSEHOLDS = 8, 60  # of each of three regencies, and in each
REGISTERED = 4  # for one that waits for the decree
REGENCIES = ("1702", "3522", "3672")
FOLLOWED = {"Bengkulu": "17", "Jawa Timur": "35", "Cilegon": "3672"}
DECREE = {"dated": "2026-11-20", "period": "2099-01-01"}
SEED = 2026
FREE = """
SELECT h.id FROM household h WHERE h.state = 'registered' AND NOT EXISTS (
    SELECT FROM proposal p WHERE p.household_id = h.id AND p.state = 'awaiting_determination')
ORDER BY h.id
"""


async def fill(owner_url: str) -> list[UUID]:
    """Villages of three regencies; the households that are registered."""
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    codes = await connection.fetch(
        """SELECT code FROM (SELECT code, row_number() OVER (PARTITION BY left(code, 4)
            ORDER BY code) AS n FROM region WHERE tier = 'village' AND valid_to IS NULL
            AND left(code, 4) = ANY ($1::text[])) AS of_each WHERE n <= $2 ORDER BY code""",
        list(REGENCIES),
        VILLAGES,
    )
    villages = [Village(row["code"], HOUSEHOLDS, place) for place, row in enumerate(codes)]
    chosen = partial(new_and_registered, ProposalState.AWAITING_DETERMINATION, REGISTERED)
    await settle_villages(owner_url, villages, chosen)
    await connection.execute("VACUUM ANALYZE")
    async with connection.transaction():
        await connection.execute(scope_statement(INDONESIA))
        free = [row["id"] for row in await connection.fetch(FREE)]
    await connection.close()
    return free


async def hands_of(database: Database, app_url: str, homes: Sequence[UUID]) -> list[Hand]:
    """Each with households of all three regencies."""
    determiner = await somebody(app_url, Role.MINISTRY_DETERMINER)
    drawn = Random(SEED)  # noqa: S311 - to be repeated
    shuffled = drawn.sample(homes, len(homes))
    many = HANDS + LATE
    return [Hand(database, determiner, shuffled[n::many], Random(n)) for n in range(many)]  # noqa: S311


async def decree(http: AsyncClient, app_url: str) -> int:
    """How many people and households it brings in."""
    analyst = await headers_of(app_url, Role.MINISTRY_ANALYST)
    determiner = await headers_of(app_url, Role.MINISTRY_DETERMINER)
    drafted = await http.post(
        "/v1/decrees", json={"number": uuid4().hex, **DECREE}, headers=analyst
    )
    path = drafted.raise_for_status().headers["location"]
    for action, who, state in (("check", analyst, "checked"), ("apply", determiner, "in_force")):
        version = (await http.get(path, headers=who)).headers["etag"]
        taken = await http.post(
            f"{path}/steps", json={"action": action}, headers={**who, "If-Match": version}
        )
        taken.raise_for_status()
        while (told := (await http.get(path, headers=who)).json())["state"] != state:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    return int(told["lines"])


async def written(
    hands: Sequence[Hand], http: AsyncClient, app_url: str, things: int
) -> Counter[str]:
    """All that was changed, of each kind."""
    over = asyncio.Event()
    late = [asyncio.create_task(hand.work_late(over)) for hand in hands[HANDS:]]
    by_decree = asyncio.create_task(decree(http, app_url))
    await asyncio.gather(*(hand.work(things // HANDS) for hand in hands[:HANDS]))
    done = Counter({"registered by decree": await by_decree})
    over.set()
    await asyncio.gather(*late)
    return sum((hand.done for hand in hands), done)


async def measured(
    owner_url: str, app_url: str, storage: Path, things: int
) -> tuple[list[Table], bool]:
    """What is to be told, and whether every copy is as it should be."""
    homes = await fill(owner_url)
    settings = {"SIKS_STORAGE_URL": storage.as_uri(), "SIKS_WORKER": "true"}
    async with (
        a_service(app_url, **settings) as service,
        AsyncClient(base_url=service.url, timeout=60) as http,
    ):
        clients = [
            Client(http, name, await headers_of(app_url, _role_over(code), code))
            for name, code in FOLLOWED.items()
        ]
        copies = await asyncio.gather(*(Copy.begun(client) for client in clients))
        begun_with = [len(copy.rows) for copy in copies]
        database = Database(app_url, connections=HANDS + LATE)
        hands = await hands_of(database, app_url, homes)
        over = asyncio.Event()
        following = [asyncio.create_task(copy.follow(over)) for copy in copies]
        began = time.perf_counter()
        done = await written(hands, http, app_url, things)
        seconds = time.perf_counter() - began
        over.set()
        await asyncio.gather(*following)
        caught_up = time.perf_counter() - began - seconds
        fresh = [(await client.extracts())[0] for client in clients]
        await database.close()
    wrong = [differing(copy.rows, rows) for copy, rows in zip(copies, fresh, strict=True)]
    of_copies = _told(copies, begun_with, [len(rows) for rows in fresh], wrong)
    is_whole = not any(wrong) and not any(copy.again for copy in copies)
    return [_done(done, hands, seconds, caught_up), of_copies], is_whole


def _role_over(code: str) -> Role:
    return Role.PROVINCE_OFFICER if len(code) == 2 else Role.REGENCY_VERIFIER  # noqa: PLR2004


def _done(done: Counter[str], hands: Sequence[Hand], seconds: float, caught_up: float) -> Table:
    table = Table("changed", "", title=f"{done.total():,} things in {seconds:.0f} s")
    for name, many in done.most_common():
        table.add_row(name, f"{many:,}")
    refused = sum((hand.refused for hand in hands), Counter())
    table.add_row("refused, and taken back", f"{refused.total():,}")
    table.add_row("the last copy was complete after", f"{caught_up:.1f} s")
    return table


def _told(
    copies: Sequence[Copy],
    before: Sequence[int],
    after: Sequence[int],
    wrong: Sequence[Sequence[tuple[str, str]]],
) -> Table:
    table = Table("copy", *(copy.client.name for copy in copies))
    table.add_row("rows before", *(f"{rows:,}" for rows in before))
    table.add_row("rows of a new extract", *(f"{rows:,}" for rows in after))
    table.add_row("pages", *(f"{copy.pages:,}" for copy in copies))
    for change in ("created", "changed", "arrived", "left", "removed"):
        table.add_row(change, *(f"{copy.items[change]:,}" for copy in copies))
    table.add_row("told twice of one entry", *(f"{copy.again:,}" for copy in copies))
    table.add_row("a full page", *(f"{_at(copy.page_seconds, 50) * 1e3:.0f} ms" for copy in copies))
    table.add_row("lag, median", *(f"{_at(copy.lags, 50):.1f} s" for copy in copies))
    table.add_row("lag, 99 of 100", *(f"{_at(copy.lags, 99):.1f} s" for copy in copies))
    table.add_row("differing rows", *(f"{len(each):,}" for each in wrong))
    return table


def _at(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1] if len(values) > 1 else 0.0


def main() -> None:
    things = int(sys.argv[1]) if len(sys.argv) > 1 else THINGS
    with (
        tempfile.TemporaryDirectory(prefix="siks-bench-") as directory,
        tempfile.TemporaryDirectory(prefix="siks-files-") as files,
        embedded.running(Path(directory)) as server,
    ):
        migrations.upgrade(server.owner_url)
        asyncio.run(regions_file.load(server.owner_url))
        work = measured(server.owner_url, server.app_url, Path(files), things)
        found, is_whole = asyncio.run(work)
        for table in found:
            Console().print(table)
    sys.exit(0 if is_whole else "a copy is not what a new extract gives")


if __name__ == "__main__":
    main()
