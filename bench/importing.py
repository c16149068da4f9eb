"""A BDT2015 file of a regency: how fast it is checked and applied, beside plain COPY.

    python -m bench.importing [ROWS]

A PostgreSQL of its own is started, a service and a worker beside it. The file is checked and
applied; somebody reads his work list meanwhile. What has come of it is then put by COPY into the
same tables of another database, with their indexes, triggers and foreign keys.
"""

import asyncio
import hashlib
import sys
import time
from contextlib import nullcontext
from pathlib import Path

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
from bench.bdt_files import write
from bench.services import a_service, a_worker, headers_of, somebody
from bench.watching import (
    Seen,
    a_server,
    counts_told,
    is_settled,
    read_meanwhile,
    reads_told,
    take,
    timed,
    villages_of,
    watched,
)
from bench.weighing import held

ROWS = 20_000
REGENCY = "3672"
SUBJECTS = ("household", "family", "member", "survey", "proposal")
FILLED = {
    **dict.fromkeys(SUBJECTS, "true"),
    "audit_entry": f"workflow IN ({', '.join(map(repr, SUBJECTS))})",
}
BARE = "bare"
NAMED = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
"""


async def measured(server: Server, folder: Path, rows: int, *, alone: bool = False) -> Seen:
    """`alone` is without anybody who reads meanwhile."""
    url = server.app_url
    sender = await somebody(url, Role.REGENCY_OPERATOR, REGENCY)
    seen = Seen(sender, await headers_of(url, Role.REGENCY_VERIFIER, REGENCY))
    file = folder / "bdt2015.csv"
    write(file, await villages_of(server, REGENCY), rows)
    async with (
        a_service(url) as service,
        a_worker(url, folder / "documents") as worker,
        AsyncClient(base_url=service.url, timeout=60) as http,
    ):
        path = await _received(url, folder, file, sender)
        async with nullcontext() if alone else read_meanwhile(http, seen):
            await timed(seen, "check", watched(http, path, seen, until=is_settled))
            await take(http, path, sender, action="apply")
            await timed(seen, "apply", watched(http, path, seen, until=is_settled))
        seen.peak, _ = held(worker.process.pid)
    return seen


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
    table.add_row("counts", counts_told(seen))
    table.add_row("memory of the worker", f"{seen.peak:.0f} MB at most")
    table.add_row("reads", reads_told(seen))
    return table


async def whole(server: Server, folder: Path, rows: int) -> None:
    seen = await measured(server, folder, rows)
    report = await audit_chain.verify(server.owner_url)
    bare = await copied(server, folder)
    Console().print(told(rows, seen, bare))
    Console().print(str(report))


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with a_server() as (server, folder):
        asyncio.run(whole(server, folder, rows))


if __name__ == "__main__":
    main()
