"""How long a bulk decision of 1,000 proposals takes, beside 1,000 decisions one by one.

    python -m bench.deciding

A PostgreSQL of its own is started and filled with new families that wait for their regency.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

import asyncpg
from httpx2 import AsyncClient
from rich.console import Console
from rich.table import Table

from app import embedded
from app.db import migrations, regions_file
from app.db.scope import scope_statement
from app.db.urls import for_asyncpg
from app.domain.actors import Role
from app.domain.proposals import ProposalState
from app.domain.regions import INDONESIA
from bench.services import a_service, headers_of
from bench.waiting import settle

AT_ONCE, ROUNDS, ALONE = 1_000, 3, 50
STATE = ProposalState.AWAITING_REGENCY
WAITING = """
SELECT id, version, scope_code FROM proposal WHERE state = $1 ORDER BY scope_code, id LIMIT $2
"""


async def measured(owner_url: str, app_url: str) -> Table:
    needed = AT_ONCE * ROUNDS + ALONE
    await settle(owner_url, int(needed * 1.3), STATE, registered=0)
    rows = await _waiting(owner_url, needed)
    many, alone = [], []
    async with a_service(app_url) as service, AsyncClient(base_url=service.url, timeout=60) as http:
        regency = str(rows[0]["scope_code"])[:4]
        headers = await headers_of(app_url, Role.REGENCY_VERIFIER, regency)
        rows = [row for row in rows if str(row["scope_code"]).startswith(regency)]
        for number in range(min(ROUNDS, (len(rows) - ALONE) // AT_ONCE)):
            some = rows[number * AT_ONCE : (number + 1) * AT_ONCE]
            many.append(await _bulk(http, some, headers))
        alone = [await _one(http, row, headers) for row in rows[-ALONE:]]
    table = Table("decisions", "seconds", "each")
    bulk = median(many)
    table.add_row(f"bulk of {AT_ONCE:,}", f"{bulk:.2f}", f"{bulk / AT_ONCE * 1000:.2f} ms")
    one = sum(alone) / len(alone)
    table.add_row(f"{AT_ONCE:,} one by one", f"{one * AT_ONCE:.1f}", f"{one * 1000:.2f} ms")
    return table


async def _waiting(owner_url: str, most: int) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    await connection.execute("VACUUM ANALYZE")
    async with connection.transaction():
        await connection.execute(scope_statement(INDONESIA))
        found = await connection.fetch(WAITING, STATE, most)
    await connection.close()
    return list(found)


async def _bulk(http: AsyncClient, rows: list[asyncpg.Record], headers: dict[str, str]) -> float:
    sent = [{"id": str(row["id"]), "version": row["version"]} for row in rows]
    began = time.perf_counter()
    answer = await http.post(
        "/v1/decisions/bulk", json={"verdict": "approve", "proposals": sent}, headers=headers
    )
    seconds = time.perf_counter() - began
    if answer.json()["decided"] != len(rows):
        raise RuntimeError(answer.text[:500])
    return seconds


async def _one(http: AsyncClient, row: asyncpg.Record, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    answer = await http.post(
        f"/v1/proposals/{row['id']}/decisions",
        json={"verdict": "approve"},
        headers={**headers, "If-Match": f'"{row["version"]}"'},
    )
    answer.raise_for_status()
    return time.perf_counter() - began


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="siks-bench-") as directory,
        embedded.running(Path(directory)) as server,
    ):
        migrations.upgrade(server.owner_url)
        asyncio.run(regions_file.load(server.owner_url))
        Console().print(asyncio.run(measured(server.owner_url, server.app_url)))


if __name__ == "__main__":
    main()
