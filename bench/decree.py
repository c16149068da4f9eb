"""A decree over many proposals: how long, in how much memory, and whether the service answers.

    python -m bench.decree [PROPOSALS]

A PostgreSQL of its own is started and filled with proposals that wait. One process of the service
applies the decree and is asked for a page of work meanwhile; half way it is killed, and another one
goes on. The time of the pause is told apart.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4

from httpx2 import AsyncClient
from rich.console import Console
from rich.table import Table

from app import embedded
from app.db import migrations, regions_file
from app.domain.actors import Role
from bench.services import Service, a_service, headers_of
from bench.waiting import fill

PROPOSALS = 100_000
READS_APART = 0.05
LOOKS_APART = 0.25
WORKED_AT = {"checking", "applying"}
DECREE = {"dated": "2026-11-20", "period": "2099-01-01"}


@dataclass
class Seen:
    """Who asks, and what was seen while the service was at work."""

    analyst: dict[str, str]
    determiner: dict[str, str]
    reader: dict[str, str]
    reads: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    decree: dict[str, Any] = field(default_factory=dict)


async def measured(app_url: str) -> Seen:
    seen = Seen(
        analyst=await headers_of(app_url, Role.MINISTRY_ANALYST),
        determiner=await headers_of(app_url, Role.MINISTRY_DETERMINER),
        reader=await headers_of(app_url, Role.REGENCY_VERIFIER, "3672"),
    )
    async with a_service(app_url) as service:
        path = await _drafted(service, seen.analyst)
        await _step(service, path, "check", seen.analyst)
        seen.seconds["checks"] = await _watched(service, path, seen)
        await _step(service, path, "apply", seen.determiner)
        seen.seconds["first half"] = await _watched(service, path, seen, half=True)
        service.process.kill()  # -9
        await service.process.wait()
    async with a_service(app_url) as service:
        seen.seconds["second half"] = await _watched(service, path, seen)
    return seen


async def _drafted(service: Service, headers: dict[str, str]) -> str:
    async with AsyncClient(base_url=service.url, timeout=60) as http:
        response = await http.post(
            "/v1/decrees",
            json={"number": uuid4().hex, **DECREE},
            headers=headers,
        )
        response.raise_for_status()
        return response.headers["location"]


async def _step(service: Service, path: str, action: str, headers: dict[str, str]) -> None:
    async with AsyncClient(base_url=service.url, timeout=60) as http:
        version = (await http.get(path, headers=headers)).headers["etag"]
        sent = {"action": action}
        answer = await http.post(
            f"{path}/steps", json=sent, headers={**headers, "If-Match": version}
        )
        answer.raise_for_status()


async def _watched(service: Service, path: str, seen: Seen, *, half: bool = False) -> float:
    """Seconds until it is done, or half done; somebody reads all the while."""
    began = time.perf_counter()
    async with AsyncClient(base_url=service.url, timeout=60) as http:
        reading = asyncio.create_task(_read(http, seen))
        try:
            await _until(http, service, path, seen, half=half)
        finally:
            reading.cancel()
    return time.perf_counter() - began


async def _until(http: AsyncClient, service: Service, path: str, seen: Seen, *, half: bool) -> None:
    while True:
        seen.rss.append(service.rss)
        seen.decree = (await http.get(path, headers=seen.analyst)).json()
        enough = seen.decree["would_take"] / 2 if half else float("inf")
        if seen.decree["state"] not in WORKED_AT or seen.decree["determined"] >= enough:
            return
        await asyncio.sleep(LOOKS_APART)


async def _read(http: AsyncClient, seen: Seen) -> None:
    while True:
        began = time.perf_counter()
        answer = await http.get("/v1/proposals", params={"limit": 20}, headers=seen.reader)
        answer.raise_for_status()
        seen.reads.append(time.perf_counter() - began)
        await asyncio.sleep(READS_APART)


def told(waiting: dict[str, int], seen: Seen) -> Table:
    table = Table("decree", "")
    table.add_row("waiting", ", ".join(f"{kind} {count:,}" for kind, count in waiting.items()))
    for name, seconds in seen.seconds.items():
        table.add_row(name, f"{seconds:.1f} s")
    whole = seen.seconds["first half"] + seen.seconds["second half"]
    table.add_row("applied", f"{whole:.1f} s, {seen.decree['determined'] / whole:,.0f} a second")
    table.add_row("lines", f"{seen.decree['lines']:,} (left: {seen.decree['left_for']})")
    table.add_row("memory", f"{seen.rss[0]:.0f} MB before, {max(seen.rss):.0f} MB at most")
    table.add_row(
        "reads", f"{len(seen.reads):,}; p50 {_at(seen.reads, 50)}, p99 {_at(seen.reads, 99)}"
    )
    return table


def _at(seconds: Sequence[float], percent: int) -> str:
    return f"{quantiles(seconds, n=100)[percent - 1] * 1000:.0f} ms"


async def whole(owner_url: str, app_url: str, proposals: int) -> Table:
    waiting = await fill(owner_url, app_url, proposals)
    return told(waiting, await measured(app_url))


def main() -> None:
    proposals = int(sys.argv[1]) if len(sys.argv) > 1 else PROPOSALS
    with (
        tempfile.TemporaryDirectory(prefix="siks-bench-") as directory,
        embedded.running(Path(directory)) as server,
    ):
        migrations.upgrade(server.owner_url)
        asyncio.run(regions_file.load(server.owner_url))
        Console().print(asyncio.run(whole(server.owner_url, server.app_url, proposals)))


if __name__ == "__main__":
    main()
