"""Databases of 30,000, 300,000 and 3,000,000 households for the benchmarks.

    python -m bench.filling HOUSEHOLDS

30,000 households of the demo are a tile: sixty in each of the 430 villages of Bojonegoro and of 70
others, with everything that the demo knows of them. Larger databases are the tile and copies of it
(`bench.tiles`): two more in Bojonegoro, which then has about 300,000 people, and the others evenly
over the villages of the whole country. What a copy lacks is the audit of its records; its
proposals have theirs (`bench.copying`).

A database stays where it was filled, in `.bench` of the clone, or in the folder that
SIKS_BENCH_HOME names, and is used again; where migrations have gone on since, it follows. It is
filled without regard to power cuts; what is measured is the embedded server as everybody has it,
but for `shared_buffers`, which is the same for every size.
"""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import asyncpg

from app import embedded
from app.commands import counts
from app.db import migrations, regions_file
from app.db.sessions import Database
from app.db.urls import for_asyncpg
from app.demo import seed
from app.demo.plans import Village
from app.demo.regencies import REGENCIES
from app.demo.roads import Road, Roads
from app.embedded import SUPERUSER, Server
from app.homes import CLONE, Home
from bench import copying, waiting
from bench.bare_tables import bare
from bench.drawing import Drawing
from bench.tiles import TURNS, Copies

REGENCY = "3522"  # Bojonegoro
TILE, EACH = 30_000, 60
SHARE = 0.86  # of the villages of a tile: all 430 of Bojonegoro
MORE_TILES = 2  # in Bojonegoro
SPARE = 4  # more roads to a draft that can be submitted, and to the desk of the regency
MARK = "filled.json"
SHARED_BUFFERS = 4 << 30
PATIENCE = 600
TOLD = partial(print, flush=True)
WHILE_FILLED = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "shared_buffers": "1GB",
    "max_parallel_workers_per_gather": "2",
}
VILLAGES = """
SELECT code FROM region WHERE tier = 'village' AND valid_to IS NULL ORDER BY code
"""
DISTRICTS = """
SELECT code FROM region WHERE tier = 'district' AND valid_to IS NULL ORDER BY code
"""
OWN_DISTRICTS = """
SELECT left(nik, 6) AS code FROM member WHERE nik IS NOT NULL
UNION SELECT left(card_number, 6) FROM family WHERE card_number IS NOT NULL ORDER BY 1
"""
LIVELY = """
SELECT scope_code::text AS code FROM household GROUP BY 1 HAVING count(*) >= $1 ORDER BY 1
"""
NUMBERED = """
SELECT setval(pg_get_serial_sequence('audit_entry', 'id'), (SELECT max(id) FROM audit_entry))
"""


@dataclass(frozen=True)
class Filled(Drawing):
    """A running server with so many households."""

    people: int
    regency: str = REGENCY


@contextmanager
def filled(households: int) -> Iterator[Filled]:
    """Filled now, or long ago; at the newest migration."""
    home = place_of(households)
    if not (home / MARK).exists():
        fill(households)
    with embedded.running(home) as server:
        migrations.upgrade(server.owner_url)
        yield Filled(server=server, **json.loads((home / MARK).read_text()))


def place_of(households: int) -> Path:
    chosen = os.environ.get("SIKS_BENCH_HOME")
    ours = CLONE / ".bench" if Home.chosen().user is None else Home.chosen().directory / "bench"
    return (Path(chosen) if chosen else ours) / str(households)


# --- filling


def fill(households: int, *, told: Callable[[str], None] = TOLD) -> None:
    if households % (EACH if households < TILE else TILE):
        raise SystemExit(f"a database has whole villages of {EACH}, or whole tiles of {TILE:,}")
    began = time.monotonic()

    def tell(what: str) -> None:
        told(f"{time.monotonic() - began:6.0f} s  {what}")

    home = place_of(households)
    shutil.rmtree(home, ignore_errors=True)  # one that was not finished
    home.mkdir(parents=True)
    with embedded.running(home, durable=False) as server:
        _make_tile(server.owner_url, min(households, TILE))
        asyncio.run(_set(server, WHILE_FILLED))
    tell("the tile is there")
    with embedded.running(home, durable=False) as server:
        asyncio.run(_copy(server, max(1, households // TILE), tell))
        asyncio.run(_set(server, {"shared_buffers": f"{_shared_buffers()}MB"}))
    os.sync()
    with embedded.running(home) as server:
        mark = asyncio.run(_finish(server))
    (home / MARK).write_text(json.dumps(mark))
    tell("filled")


def _shared_buffers() -> int:
    """Megabytes: on a small machine a quarter of its memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(SHARED_BUFFERS, memory // 4) >> 20


async def _set(server: Server, settings: dict[str, str]) -> None:
    """From the next start on; nothing else is set."""
    connection = await asyncpg.connect(_superuser(server))
    await connection.execute("ALTER SYSTEM RESET ALL")
    for name, value in settings.items():
        await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    await connection.close()


def _superuser(server: Server) -> str:
    return for_asyncpg(server.url(SUPERUSER))


# --- the tile


def _make_tile(owner_url: str, households: int) -> None:
    migrations.upgrade(owner_url)
    asyncio.run(regions_file.load(owner_url))
    asyncio.run(seed.load(owner_url, households=0))  # the accounts
    asyncio.run(_settle(owner_url, households))


async def _settle(owner_url: str, households: int) -> None:
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    codes = [row["code"] for row in await connection.fetch(VILLAGES)]
    await connection.close()
    many = households // EACH
    ours = [code for code in codes if code.startswith(REGENCY)][: round(many * SHARE)]
    others = [code for code in codes if code[:4] in REGENCIES.keys() - {REGENCY}]
    chosen = [*ours, *_spread(others, many - len(ours))]
    villages = [Village(code, EACH, place) for place, code in enumerate(chosen)]
    await waiting.settle_villages(owner_url, villages, with_spare)


def with_spare(roads: Roads) -> list[Road]:
    """The demo's, and more that can be submitted or decided at once."""
    at_the_desk = next(road for road in roads.proposals if road.leads_to == "awaiting_regency")
    return [*roads.proposals, *[roads.drafted, at_the_desk] * SPARE]


def _spread(codes: list[str], many: int) -> list[str]:
    return [codes[place * len(codes) // many] for place in range(many)]


# --- the copies


async def _copy(server: Server, tiles: int, tell: Callable[[str], None]) -> None:
    url = _superuser(server)
    connection = await asyncpg.connect(url)
    copies = await _copies(connection, tiles)
    async with bare(url, copying.TABLES, told=tell):
        loop = asyncio.get_running_loop()
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as hands:
            work = [
                loop.run_in_executor(hands, partial(copying.work, url, share, copies))
                for share in copying.SHARES
            ]
            await asyncio.gather(*work)
        tell("all rows are there")
    await connection.execute(f"SELECT setval('dtks_id', {copies.dtks_ids * tiles})")
    await connection.execute(NUMBERED)
    await connection.close()
    tell("all keys are there")


async def _copies(connection: asyncpg.Connection, tiles: int) -> Copies:
    async def codes(statement: str) -> list[str]:
        return [row["code"] for row in await connection.fetch(statement)]

    own = await codes(OWN_DISTRICTS)
    districts = [*own, *(code for code in await codes(DISTRICTS) if code not in set(own))]
    settled = await connection.fetch("SELECT DISTINCT scope_code::text AS code FROM household")
    villages = sorted(row["code"] for row in settled)
    everywhere = await codes(VILLAGES)
    if tiles * len(own) > TURNS * len(districts):
        raise SystemExit("there are not enough districts for so many NIKs")
    last = await connection.fetchval("SELECT last_value FROM dtks_id")
    return Copies(
        villages, _targets(villages, everywhere, tiles - 1), districts, len(own), int(last)
    )


def _targets(villages: list[str], everywhere: list[str], copies: int) -> list[list[str]]:
    ours = [code for code in villages if code.startswith(REGENCY)]
    many = len(villages)
    near = [
        [ours[(place + copy * many) % len(ours)] for place in range(many)]
        for copy in range(min(copies, MORE_TILES))
    ]
    free = sorted(set(everywhere) - set(villages))
    far = _spread(free, many * (copies - len(near)))
    return [*near, *(far[at : at + many] for at in range(0, len(far), many))]


async def _finish(server: Server) -> dict[str, object]:
    connection = await asyncpg.connect(_superuser(server))
    await connection.execute("VACUUM (FREEZE, ANALYZE)")
    await _count(server.app_url)
    await connection.execute("VACUUM (ANALYZE) proposal_count")
    await connection.execute("CHECKPOINT")
    people = await connection.fetchval("SELECT count(*) FROM member")
    rows = await connection.fetch(LIVELY, EACH)
    last = await connection.fetchval("SELECT max(id) FROM audit_entry")
    await connection.close()
    return {"people": people, "villages": [row["code"] for row in rows], "last_entry": last}


async def _count(app_url: str) -> None:
    """What the service counts in the background, so that it has nothing to make up for."""
    database = Database(app_url, connections=1, statement_seconds=PATIENCE)
    await database.open()
    await counts.refresh(database)
    await database.close()


def main() -> None:
    households = int(sys.argv[1]) if len(sys.argv) > 1 else TILE
    with filled(households) as there:
        TOLD(f"{households:,} households, {there.people:,} people: {place_of(households)}")


if __name__ == "__main__":
    main()
