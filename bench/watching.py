"""An import that is watched by whoever sent it, while somebody else reads his work list."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import asyncpg
from httpx2 import AsyncClient

from app import embedded
from app.db import migrations, regions_file
from app.db.urls import for_asyncpg
from app.domain.actors import Actor
from app.embedded import Server
from bench.bdt_files import Village
from bench.services import headers_for

READS_APART = 0.2
LOOKS_APART = 0.25
AT_WORK = {"received", "checking", "applying"}
VILLAGES = """
SELECT v.code, v.name, d.name AS district, r.name AS regency, p.name AS province
FROM region v JOIN region d ON d.code = left(v.code, 6)
    JOIN region r ON r.code = left(v.code, 4) JOIN region p ON p.code = left(v.code, 2)
WHERE v.tier = 'village' AND v.valid_to IS NULL AND left(v.code, 4) = $1 ORDER BY v.code
"""


@dataclass
class Seen:
    sender: Actor
    reader: dict[str, str]
    reads: list[float] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    peak: float = 0
    counts: dict[str, int] = field(default_factory=dict)


@contextmanager
def a_server() -> Iterator[tuple[Server, Path]]:
    """A PostgreSQL with all regions and nothing else, and a folder for what is made."""
    with tempfile.TemporaryDirectory(prefix="siks-bench-") as directory:
        folder = Path(directory)
        folder.chmod(0o777)  # PostgreSQL, which may be somebody else, writes its copies there
        with embedded.running(folder / "home") as server:
            migrations.upgrade(server.owner_url)
            asyncio.run(regions_file.load(server.owner_url))
            yield server, folder


async def villages_of(server: Server, regency: str) -> list[Village]:
    connection = await asyncpg.connect(for_asyncpg(server.owner_url))
    try:
        return [Village(*row) for row in await connection.fetch(VILLAGES, regency)]
    finally:
        await connection.close()


@asynccontextmanager
async def read_meanwhile(http: AsyncClient, seen: Seen) -> AsyncIterator[None]:
    reading = asyncio.create_task(_read(http, seen))
    try:
        yield
    finally:
        reading.cancel()


async def _read(http: AsyncClient, seen: Seen) -> None:
    while True:
        began = time.perf_counter()
        answer = await http.get("/v1/proposals", params={"limit": 20}, headers=seen.reader)
        answer.raise_for_status()
        seen.reads.append(time.perf_counter() - began)
        await asyncio.sleep(READS_APART)


async def take(http: AsyncClient, path: str, by: Actor, **step: str) -> None:
    headers = headers_for(by)
    version = (await http.get(path, headers=headers)).headers["etag"]
    answer = await http.post(f"{path}/steps", json=step, headers={**headers, "If-Match": version})
    answer.raise_for_status()


async def watched(
    http: AsyncClient, path: str, seen: Seen, *, until: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The import, as soon as it is as it should be."""
    while not until(import_ := await looked_at(http, path, seen.sender)):  # noqa: ASYNC110
        await asyncio.sleep(LOOKS_APART)
    seen.counts = import_["counts"]
    if import_["problem"]:
        raise RuntimeError(import_["problem"])
    return import_


def is_settled(import_: dict[str, Any]) -> bool:
    return import_["state"] not in AT_WORK


async def looked_at(http: AsyncClient, path: str, by: Actor) -> dict[str, Any]:
    answer = await http.get(path, headers=headers_for(by))
    answer.raise_for_status()
    import_: dict[str, Any] = answer.json()
    return import_


async def timed(seen: Seen, name: str, work: Awaitable[object]) -> None:
    began = time.perf_counter()
    await work
    seen.seconds[name] = time.perf_counter() - began


def reads_told(seen: Seen) -> str:
    return f"{len(seen.reads):,}; p50 {_at(seen.reads, 50)}, p99 {_at(seen.reads, 99)}"


def counts_told(seen: Seen) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in seen.counts.items() if n)


def _at(seconds: Sequence[float], percent: int) -> str:
    return f"{quantiles(seconds, n=100)[percent - 1] * 1000:.0f} ms"
