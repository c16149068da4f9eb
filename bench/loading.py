"""How long the region tree and the demo take to load, beside the bare COPY of as many rows.

python -m bench.loading
"""

import asyncio
import gzip
import tempfile
import time
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

from app import embedded
from app.db import migrations, regions_file
from app.db.urls import for_asyncpg
from app.demo import seed


async def copied(owner_url: str) -> float:
    """Seconds to COPY the lines of the region file into a table without anything."""
    lines = gzip.decompress(regions_file.REGIONS.read_bytes()).decode().splitlines()
    rows = [(line,) for line in lines if not line.startswith("#")]
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        await connection.execute("CREATE TEMPORARY TABLE line (text text)")
        began = time.perf_counter()
        await connection.copy_records_to_table("line", records=rows)
        return time.perf_counter() - began
    finally:
        await connection.close()


async def measured(owner_url: str) -> Table:
    table = Table("load", "seconds", "times the bare COPY")
    bare = await copied(owner_url)
    table.add_row("bare COPY of the region file's lines", f"{bare:.2f}", "1.0")
    for name, load in (
        ("regions, first time", regions_file.load),
        ("regions, nothing new", regions_file.load),
        ("demo of five regencies", seed.load),
    ):
        began = time.perf_counter()
        await load(owner_url)
        seconds = time.perf_counter() - began
        table.add_row(name, f"{seconds:.2f}", f"{seconds / bare:.1f}")
    return table


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="siks-bench-") as directory,
        embedded.running(Path(directory)) as server,
    ):
        migrations.upgrade(server.owner_url)
        Console().print(asyncio.run(measured(server.owner_url)))


if __name__ == "__main__":
    main()
