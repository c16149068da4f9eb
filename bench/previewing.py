"""A large XLSX with faults: how long until its preview, and until the marked workbook.

    python -m bench.previewing [ROWS]

A PostgreSQL of its own is started, a service and a worker beside it. A workbook of the operators'
template V.4, and then one of BDT2015 with its 101 columns, is sent in parts as `siks import` does;
one row in ten has a bad cell. The preview counts from when the last part has come and the upload is
completed, the marked workbook from when it is asked for. Somebody reads his work list meanwhile.
What comes back is looked at: every cell that the preview names is in colour, and no other.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from httpx2 import AsyncClient
from rich.console import Console
from rich.table import Table

from app import sending
from app.domain.actors import Role
from app.domain.imports.columns import ImportKind
from app.domain.imports.layouts import LAYOUTS
from app.embedded import Server
from bench import bdt_files, faulty_workbooks, template_files
from bench.bdt_files import Village
from bench.marked_workbooks import Cell, coloured, summed_up
from bench.services import a_service, a_worker, headers_for, headers_of, somebody
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
from bench.weighing import Weight, weighed

ROWS = 2_000
REGENCY = "3672"
LONGEST = 900  # seconds
PEOPLE: dict[ImportKind, Callable[[Sequence[Village], int], Iterable[list[str]]]] = {
    ImportKind.PROPOSALS: template_files.people,
    ImportKind.BDT2015: bdt_files.people,
}


@dataclass
class Trip:
    """One workbook on its way in and back."""

    kind: ImportKind
    file: Path
    back: Path
    seen: Seen
    spoiled: set[Cell]
    weight: Weight = field(default_factory=Weight)
    marked: int = 0


async def measured(server: Server, folder: Path, kind: ImportKind, rows: int) -> Trip:
    trip = await _packed(server, folder, kind, rows)
    url, storage = server.app_url, folder / "documents"
    async with (
        asyncio.timeout(LONGEST),
        a_service(url, SIKS_STORAGE_URL=storage.as_uri()) as service,
        a_worker(url, storage) as worker,
        AsyncClient(base_url=service.url, timeout=60) as http,
    ):
        with sending.Service(service.url, lambda: _token(trip.seen)) as line:
            async with read_meanwhile(http, trip.seen), weighed(worker, trip.weight):
                import_ = await _previewed(http, line, trip)
                await _marked(http, f"/v1/imports/{import_['id']}", trip)
            problems = await asyncio.to_thread(lambda: [*sending.problems(line, import_)])
    _compare(trip, problems)
    return trip


async def _packed(server: Server, folder: Path, kind: ImportKind, rows: int) -> Trip:
    url, file = server.app_url, folder / f"{kind}.xlsx"
    sender = await somebody(url, Role.REGENCY_OPERATOR, REGENCY)
    seen = Seen(sender, await headers_of(url, Role.REGENCY_VERIFIER, REGENCY))
    people = PEOPLE[kind](await villages_of(server, REGENCY), rows)
    spoiled = faulty_workbooks.write(file, kind, people)
    return Trip(kind, file, folder / f"{kind} back.xlsx", seen, spoiled)


def _token(seen: Seen) -> str:
    return headers_for(seen.sender)["Authorization"].removeprefix("Bearer ")


async def _previewed(http: AsyncClient, line: sending.Service, trip: Trip) -> dict[str, Any]:
    began = last_part = time.perf_counter()

    def told(*_: object) -> None:
        nonlocal last_part
        last_part = time.perf_counter()

    sent = await asyncio.to_thread(sending.sent, line, trip.file, trip.kind, told)
    import_ = await watched(http, f"/v1/imports/{sent['id']}", trip.seen, until=is_settled)
    trip.seen.seconds["send"] = last_part - began
    trip.seen.seconds["preview"] = time.perf_counter() - last_part
    return import_


async def _marked(http: AsyncClient, path: str, trip: Trip) -> None:
    seen = trip.seen
    await take(http, path, seen.sender, action="mark", format="xlsx")
    await timed(seen, "mark", watched(http, path, seen, until=lambda each: bool(each["results"])))
    await timed(seen, "download", _downloaded(http, f"{path}/result", trip))


async def _downloaded(http: AsyncClient, path: str, trip: Trip) -> None:
    headers = headers_for(trip.seen.sender)
    async with http.stream("GET", path, params={"format": "xlsx"}, headers=headers) as answer:
        answer.raise_for_status()
        with trip.back.open("wb") as file:
            async for piece in answer.aiter_bytes():
                file.write(piece)


def _compare(trip: Trip, problems: Iterable[Sequence[Any]]) -> None:
    """Nothing is silent: what is wrong, what the preview names and what is in colour."""
    keys = [column.key for column in LAYOUTS[trip.kind].columns]
    named = {(row, column) for row, column, *_ in problems if column}
    marked = {(row, keys[place]) for row, place in coloured(trip.back) if place < len(keys)}
    if marked != named or not trip.spoiled <= marked:
        silent, loud = sorted(named - marked)[:5], sorted(marked - named)[:5]
        unseen = sorted(trip.spoiled - marked)[:5]
        raise RuntimeError(f"not in colour {silent}, not named {loud}, not seen {unseen}")
    counted = summed_up(trip.back)
    told = {name: trip.seen.counts[name] for name in counted}
    if counted != told:
        raise RuntimeError(f"the summary says {counted}, the import {told}")
    trip.marked = len(marked)


def told(rows: int, trip: Trip) -> Table:
    seen, columns = trip.seen, len(LAYOUTS[trip.kind].columns)
    table = Table(f"{trip.kind}, XLSX", f"{rows:,} rows of {columns} columns")
    table.add_row("sent in parts", f"{_megabytes(trip.file)}, {seen.seconds['send']:.1f} s")
    table.add_row("until the preview", f"{seen.seconds['preview']:.1f} s")
    table.add_row("until it was marked", f"{seen.seconds['mark']:.1f} s")
    table.add_row("downloaded", f"{_megabytes(trip.back)}, {seen.seconds['download']:.1f} s")
    table.add_row("cells spoiled, marked", f"{len(trip.spoiled):,}, {trip.marked:,}")
    table.add_row("counts", counts_told(seen))
    for name, megabytes in trip.weight.most.items():
        table.add_row(f"memory of {name}", f"{megabytes:.0f} MB at most")
    table.add_row("of all of them", f"{trip.weight.together:.0f} MB at most")
    table.add_row("reads", reads_told(seen))
    return table


def _megabytes(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB"


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with a_server() as (server, folder):
        for kind in PEOPLE:
            trip = asyncio.run(measured(server, folder, kind, rows))
            Console().print(told(rows, trip))


if __name__ == "__main__":
    main()
