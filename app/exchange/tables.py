r"""Reading tables: bytes on disk in, rows out, whatever the bytes are. `table_reader` reads them,
in a process with little memory and little time; how it ends concerns nobody but the sender.

A cell is text, a number, a boolean, a date, an error or None; in a CSV file it is text or None. On
their way, and where PostgreSQL copies them, the cells of a row are JSON: text, numbers, booleans
and null as they are, the rest as {"date": ...}, {"datetime": ...}, {"error": ...}.
"""

import asyncio
import json
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from app.domain.errors import Said
from app.exchange.children import child
from app.exchange.table_refusals import REFUSALS, FileRefused, ReadingFailed
from app.exchange.table_rows import Row, rows_in

log = structlog.get_logger()

AT_ONCE = asyncio.Semaphore(2)
FIRST_ROWS = 10
BLOCK = 1 << 18

# What the sender may not expect, though nothing is wrong with it.
NOTES: Mapping[str, Said] = {
    "hidden_sheets": Said(
        id="Lembar kerja yang tersembunyi tidak dibaca.", en="Hidden sheets are not read."
    ),
    "other_sheets": Said(
        id="Hanya lembar kerja pertama yang terlihat yang dibaca.",
        en="Only the first visible sheet is read.",
    ),
    "merged_cells": Said(
        id="Ada sel yang digabung: isinya dihitung pada sel kiri atas, sel lainnya kosong.",
        en="Some cells are merged: what they say stands in the top left one, the others are empty.",
    ),
    "formulas": Said(
        id="Ada rumus: yang dibaca adalah hasilnya saat berkas terakhir disimpan.",
        en="There are formulas: read is what they came to when the file was last saved.",
    ),
    "formulas_without_results": Said(
        id="Ada rumus tanpa hasil, dibaca sebagai sel kosong. Buka berkas di Excel, simpan, lalu "
        "kirim lagi.",
        en="Some formulas have no result and are read as empty cells. Open the file in Excel, save "
        "it and send it again.",
    ),
    "windows_1252": Said(
        id="Berkas dibaca sebagai Windows-1252, bukan UTF-8. Periksa huruf beraksen.",
        en="The file is read as Windows-1252, not UTF-8. Check the letters with accents.",
    ),
}


@dataclass(frozen=True)
class Sheet:
    """A table that is being read. What has come of it counts for nothing until the last row has
    come: a file may be refused for what stands at its end."""

    name: str  # a CSV file has none
    notes: tuple[str, ...]
    head: list[Row]  # its first rows, which `lines` and `rows` begin with too
    lines: AsyncIterator[bytes]  # whole ones, many at a time: `before`, the number, \x02, cells
    before: str = ""

    @property
    async def rows(self) -> AsyncIterator[list[Row]]:
        """The same, read. Blank rows are left out; rows are as long as the sender made them."""
        async for block in self.lines:
            yield rows_in(block, self.before)


@asynccontextmanager
async def opened(path: Path, *, before: str = "") -> AsyncIterator[Sheet]:
    """The first visible sheet of a workbook, or a CSV file, told apart by what they are.

    `before` stands at the beginning of every line of `lines`: other columns of where they go.
    """
    words = (str(path), before)
    work = child("app.exchange.table_reader", *words, stdin=DEVNULL, stderr=PIPE, block=BLOCK)
    async with AT_ONCE, work as reader:
        yield await _sheet(reader, before)


async def _sheet(reader: Process, before: str) -> Sheet:
    assert reader.stdout and reader.stderr  # noqa: S101, PT018 - both are pipes
    told = _told(await reader.stderr.readline())
    if "name" not in told:
        raise await _refusal(reader, told)
    blocks, first = _blocks(reader), b""
    async for block in blocks:
        first += block
        if first.count(b"\n") >= FIRST_ROWS:
            break
    head = rows_in(first, before)[:FIRST_ROWS]
    return Sheet(told["name"], tuple(told["notes"]), head, _all(first, blocks), before)


async def _all(first: bytes, more: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for block in more:
        yield block


async def _blocks(reader: Process) -> AsyncIterator[bytes]:
    """What it writes, in whole lines. It raises what was refused, at the end."""
    assert reader.stdout and reader.stderr  # noqa: S101, PT018 - both are pipes
    rest = b""
    while block := await reader.stdout.read(BLOCK):
        whole, end, rest_of_it = block.rpartition(b"\n")
        if end:
            yield rest + whole + end
        rest = rest_of_it if end else rest + block
    told = _told(await reader.stderr.read())
    if "rows" not in told or await reader.wait():
        raise await _refusal(reader, told)


async def _refusal(reader: Process, told: Mapping[str, Any]) -> FileRefused:
    """What it said; of one that could say nothing, what that means for the sender."""
    status = await reader.wait()
    if kind := REFUSALS.get(told.get("refused", "")):
        return kind(**told["words"])
    log.warning("table_reader_died", status=status)
    return ReadingFailed()


def _told(message: bytes) -> dict[str, Any]:
    """Its own words; of what others say on its error output nothing is repeated, for it may quote
    the file."""
    try:
        told = json.loads(message)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
