"""A BDT2015 file of a regency: how fast it is checked and applied, beside plain COPY.

    python -m bench.importing [ROWS]

A PostgreSQL of its own is started, a service and a worker beside it. The file is checked and
applied; somebody reads his work list meanwhile. What has come of it is then put by COPY into the
same tables of another database, with their indexes, triggers and foreign keys.
"""

import asyncio
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import asyncpg
from httpx2 import AsyncClient
from rich.console import Console
from rich.table import Table

from app import embedded
from app.commands import imports
from app.commands.imports import SentFile
from app.db import audit_chain, migrations, regions_file, roles
from app.db.sessions import Database
from app.db.urls import for_asyncpg
from app.domain.actors import Actor, Role
from app.domain.imports.columns import ImportKind
from app.embedded import Server
from app.exchange.storage import Storage
from bench.bdt_files import Village, write
from bench.services import ROOT, Service, a_service, headers_for, headers_of, somebody

ROWS = 20_000
REGENCY = "3672"
READS_APART = 0.2
LOOKS_APART = 0.25
AT_WORK = {"received", "checking", "applying"}
SUBJECTS = ("household", "family", "member", "survey", "proposal")
FILLED = {
    **dict.fromkeys(SUBJECTS, "true"),
    "audit_entry": f"workflow IN ({', '.join(map(repr, SUBJECTS))})",
}
BARE = "bare"
VILLAGES = """
SELECT v.code, v.name, d.name AS district, r.name AS regency, p.name AS province
FROM region v JOIN region d ON d.code = left(v.code, 6)
    JOIN region r ON r.code = left(v.code, 4) JOIN region p ON p.code = left(v.code, 2)
WHERE v.tier = 'village' AND v.valid_to IS NULL AND left(v.code, 4) = $1 ORDER BY v.code
"""
NAMED = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
"""


@dataclass
class Seen:
    sender: Actor
    reader: dict[str, str]
    reads: list[float] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    peak: float = 0
    counts: dict[str, int] = field(default_factory=dict)


@asynccontextmanager
async def a_worker(app_url: str, storage: Path) -> AsyncIterator[Service]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "worker"),
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "SIKS_DATABASE_URL": app_url,
            "SIKS_STORAGE_URL": storage.as_uri(),
            "SIKS_LOG_LEVEL": "warning",
        },
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Service(process, "")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def peak_of(worker: Service) -> float:
    """Megabytes that it has held at most."""
    status = Path(f"/proc/{worker.process.pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e3


async def measured(server: Server, folder: Path, rows: int) -> Seen:
    url = server.app_url
    sender = await somebody(url, Role.REGENCY_OPERATOR, REGENCY)
    seen = Seen(sender, await headers_of(url, Role.REGENCY_VERIFIER, REGENCY))
    file = folder / "bdt2015.csv"
    write(file, await _villages(server), rows)
    async with (
        a_service(url) as service,
        a_worker(url, folder / "documents") as worker,
        AsyncClient(base_url=service.url, timeout=60) as http,
    ):
        path = await _received(url, folder, file, sender)
        reading = asyncio.create_task(_read(http, seen))
        try:
            await _watched(http, path, "check", seen)
            await _step(http, path, sender)
            await _watched(http, path, "apply", seen)
        finally:
            reading.cancel()
        seen.peak = peak_of(worker)
    return seen


async def _villages(server: Server) -> list[Village]:
    connection = await asyncpg.connect(for_asyncpg(server.owner_url))
    try:
        return [Village(*row) for row in await connection.fetch(VILLAGES, REGENCY)]
    finally:
        await connection.close()


async def _received(url: str, folder: Path, file: Path, by: Actor) -> str:
    """As a service does that has got all parts of the file."""
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").digest()
        size = content.seek(0, 2)
        content.seek(0)
        await Storage.on_disk(folder / "documents").put(sha256, content, size)
    sent = SentFile(ImportKind.BDT2015, sha256, size, file.name)
    database = Database(url, connections=1)
    async with database.transaction(by.region) as session:
        import_ = await imports.receive(session, sent, by=by)
    await database.close()
    return f"/v1/imports/{import_.id}"


async def _step(http: AsyncClient, path: str, by: Actor) -> None:
    headers = headers_for(by)
    version = (await http.get(path, headers=headers)).headers["etag"]
    answer = await http.post(
        f"{path}/steps", json={"action": "apply"}, headers={**headers, "If-Match": version}
    )
    answer.raise_for_status()


async def _watched(http: AsyncClient, path: str, name: str, seen: Seen) -> None:
    began = time.perf_counter()
    while (import_ := await _looked_at(http, path, seen))["state"] in AT_WORK:  # noqa: ASYNC110
        await asyncio.sleep(LOOKS_APART)
    seen.seconds[name] = time.perf_counter() - began
    seen.counts = import_["counts"]
    if import_["problem"]:
        raise RuntimeError(import_["problem"])


async def _looked_at(http: AsyncClient, path: str, seen: Seen) -> dict[str, Any]:
    answer = await http.get(path, headers=headers_for(seen.sender))
    answer.raise_for_status()
    import_: dict[str, Any] = answer.json()
    return import_


async def _read(http: AsyncClient, seen: Seen) -> None:
    while True:
        began = time.perf_counter()
        answer = await http.get("/v1/proposals", params={"limit": 20}, headers=seen.reader)
        answer.raise_for_status()
        seen.reads.append(time.perf_counter() - began)
        await asyncio.sleep(READS_APART)


# --- the same rows by COPY


async def copied(server: Server, folder: Path) -> float:
    """Seconds, of the statements alone."""
    superuser = for_asyncpg(server.superuser_url)
    connection = await asyncpg.connect(superuser)
    await roles.ensure_database(connection, BARE)
    await connection.close()
    inside = await asyncpg.connect(for_asyncpg(server.url(embedded.SUPERUSER, BARE)))
    await roles.ensure_privileges(inside, BARE)
    owner_url = server.url(roles.OWNER, BARE)
    await asyncio.to_thread(migrations.upgrade, owner_url)
    await regions_file.load(owner_url)
    full = await asyncpg.connect(for_asyncpg(server.url(embedded.SUPERUSER)))
    try:
        columns = {table: await full.fetchval(NAMED, table) for table in FILLED}
        for table, named in columns.items():
            chosen = f"SELECT {named} FROM {table} WHERE {FILLED[table]}"  # noqa: S608 - our own
            await full.execute(f"COPY ({chosen}) TO '{folder}/{table}.copy'")
        return await _copied_in(inside, folder, columns)
    finally:
        await full.close()
        await inside.close()


async def _copied_in(inside: asyncpg.Connection, folder: Path, columns: dict[str, str]) -> float:
    began = time.perf_counter()
    for table, named in columns.items():
        await inside.execute(f"COPY {table} ({named}) FROM '{folder}/{table}.copy'")
    return time.perf_counter() - began


def told(rows: int, seen: Seen, bare: float) -> Table:
    table = Table("BDT2015", f"{rows:,} rows")
    for name, seconds in seen.seconds.items():
        table.add_row(name, f"{seconds:.1f} s, {rows / seconds:,.0f} rows a second")
    whole = sum(seen.seconds.values())
    table.add_row("both", f"{whole:.1f} s, {rows / whole:,.0f} rows a second")
    table.add_row("COPY of what came of it", f"{bare:.1f} s, {rows / bare:,.0f} rows a second")
    table.add_row(
        "share of it", f"{bare / whole:.2f} (apply alone {bare / seen.seconds['apply']:.2f})"
    )
    table.add_row("counts", ", ".join(f"{name} {n:,}" for name, n in seen.counts.items() if n))
    table.add_row("memory of the worker", f"{seen.peak:.0f} MB at most")
    table.add_row(
        "reads", f"{len(seen.reads):,}; p50 {_at(seen.reads, 50)}, p99 {_at(seen.reads, 99)}"
    )
    return table


def _at(seconds: Sequence[float], percent: int) -> str:
    return f"{quantiles(seconds, n=100)[percent - 1] * 1000:.0f} ms"


async def whole(server: Server, folder: Path, rows: int) -> None:
    seen = await measured(server, folder, rows)
    report = await audit_chain.verify(server.owner_url)
    bare = await copied(server, folder)
    Console().print(told(rows, seen, bare))
    Console().print(str(report))


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory(prefix="siks-bench-") as directory:
        folder = Path(directory)
        folder.chmod(0o777)  # PostgreSQL, which may be somebody else, writes its copies there
        with embedded.running(folder / "home") as server:
            migrations.upgrade(server.owner_url)
            asyncio.run(regions_file.load(server.owner_url))
            asyncio.run(whole(server, folder, rows))


if __name__ == "__main__":
    main()
