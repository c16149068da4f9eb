"""Marking: what somebody sent goes back to him, with what is wrong where it is wrong.

It is written by `marker`, in a process of its own. The rows pass through here as the table reader
has told them, unread.
"""

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.domain.errors import Conflict, Language, Said
from app.domain.imports.columns import Layout
from app.domain.imports.problems import Problem
from app.exchange.children import child
from app.exchange.marker.rows import REMARKED, Remark
from app.exchange.table_rows import BETWEEN
from app.exchange.tables import NOTES, Sheet

AT_ONCE = asyncio.Semaphore(1)
Remarks = AsyncIterator[tuple[int, Sequence[Remark]]]


class TooLongForAWorkbook(Conflict):
    """A spreadsheet program would hardly open it, and our reader would not."""

    title = Said(id="Terlalu panjang untuk buku kerja", en="Too long for a workbook")
    detail = Said(
        id="Berkas sebesar ini hanya dikembalikan sebagai CSV. Mintalah CSV-nya.",
        en="A file of this size goes back as CSV only. Ask for the CSV.",
    )


class MarkingFailed(Conflict):
    """The file could not be written."""

    title = Said(id="Berkas bertanda gagal dibuat", en="The marked file could not be made")
    detail = Said(
        id="Datanya tersimpan. Coba lagi; bila tetap gagal, laporkan nomor permintaan ini "
        "(X-Request-Id) kepada pengelola.",
        en="What was sent is kept. Try again; if it fails once more, tell the administrators the "
        "number of this request.",
    )


@dataclass(frozen=True)
class Marks:
    """What was written. Rows are those with data; `uncommented` cells are in colour only."""

    rows: int
    bad: int
    doubtful: int
    commented: int
    uncommented: int


@dataclass(frozen=True)
class Sending:
    """What goes back, and to whom. `facts` stand in the summary: which import, when, whose."""

    layout: Layout
    language: Language
    facts: Sequence[tuple[Said, str]] = ()
    as_csv: bool = False


def remark(problem: Problem, language: Language) -> Remark:
    text = problem.said.told(language, dict(problem.words))
    return Remark(problem.column, problem.code, problem.severity, text)


async def marked(sheet: Sheet, remarks: Remarks, path: Path, sending: Sending) -> Marks:
    """The rows of the sheet and what is said of them, which comes in the order of the rows."""
    async with AT_ONCE:
        with TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            counted = await _written(sheet, remarks, _order(sheet, made, sending))
            made.replace(path)
    return counted


def _order(sheet: Sheet, path: Path, sending: Sending) -> bytes:
    language = sending.language
    order = {
        "kind": sending.layout.kind,
        "path": str(path.absolute()),
        "language": language,
        "as_csv": sending.as_csv,
        "facts": [(name.told(language), value) for name, value in sending.facts],
        "notes": [NOTES[note].told(language) for note in sheet.notes],
    }
    return json.dumps(order).encode() + b"\n"


async def _written(sheet: Sheet, remarks: Remarks, order: bytes) -> Marks:
    async with child("app.exchange.marker") as marker:
        assert marker.stdin and marker.stdout  # noqa: S101, PT018 - both are pipes
        with suppress(ConnectionError):  # it has ended before, and says why
            marker.stdin.write(order)
            await _feed(marker, sheet, remarks)
        marker.stdin.close()
        told = await marker.stdout.read()
        return _counted(told, await marker.wait())


async def _feed(marker: Process, sheet: Sheet, remarks: Remarks) -> None:
    """Blocks of rows as they come, each after what is said of its rows."""
    assert marker.stdin  # noqa: S101 - a pipe
    next_one = await anext(remarks, None)
    async for block in sheet.lines:
        last = _number_of_the_last(block)
        while next_one and next_one[0] <= last:
            marker.stdin.write(f"{next_one[0]}{REMARKED}{json.dumps(next_one[1])}\n".encode())
            next_one = await anext(remarks, None)
        marker.stdin.write(block)
        await marker.stdin.drain()


def _number_of_the_last(block: bytes) -> int:
    line = block[block.rfind(b"\n", 0, -1) + 1 :]
    return int(line.partition(BETWEEN.encode())[0])


def _counted(told: bytes, status: int) -> Marks:
    if status:
        raise MarkingFailed
    said = json.loads(told)
    if "refused" in said:
        raise TooLongForAWorkbook
    return Marks(**said)
