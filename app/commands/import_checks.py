"""The job that looks at a file: every cell, every row, rows beside each other and the registry.

The file is read in a process with limits, staged row by row, and looked at once more as a whole.
Begun again, it begins anew: until it is through, nothing depends on it.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.import_kinds import IMPORTERS
from app.commands.import_units import Ahead
from app.commands.jobs import JobRun, handles
from app.db import import_rows, imports, regions
from app.db.audit import record
from app.db.import_rows import Row, Unit
from app.db.refusals import told
from app.db.sessions import Database, reading_in
from app.db.tables.imports import Import
from app.db.tables.jobs import Job
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.errors import Language, Refusal
from app.domain.imports import checks
from app.domain.imports.columns import Layout
from app.domain.imports.headers import Header, accept, find_header, holds_nothing
from app.domain.imports.layouts import LAYOUTS, Read, read_row
from app.domain.imports.places import Places
from app.domain.imports.problems import SAID, Problem
from app.domain.imports.workflow import (
    IMPORTS,
    CheckEnded,
    ImportAction,
    ImportState,
    Limits,
    NoRows,
    TooManyDuplicates,
    TooManyRows,
)
from app.domain.jobs import JobKind
from app.domain.niks import KnownRegions
from app.domain.regions import Region
from app.exchange.storage import Storage
from app.exchange.tables import Sheet, opened

A, S = ImportAction, ImportState
STAGED_AT_ONCE = 5_000  # rows of one transaction
READ_AT_ONCE = 100
FileRow = tuple[int, Sequence[Any]]  # by its number
ReadRow = tuple[str, Row, list[Problem]]  # with its unit, and what is wrong with it
LOOKED_AT_ONCE = 2_000  # rows, more or less
PLENTY = 20  # rows; of fewer, any part may be doubled


@dataclass
class Look:
    """One file, as it is looked at."""

    run: JobRun
    import_: Import
    layout: Layout
    places: Places
    known: KnownRegions
    rows: int = 0
    before: tuple[str, Mapping[str, Any]] = ("", {})  # unit of the last row, and what it shares

    def said(self, unit: str, read: Read) -> Mapping[str, Any]:
        """What a row says that the one before, of the same unit, did not say for it."""
        repeats = unit == self.before[0] and read.of_unit is self.before[1]
        self.before = unit, read.of_unit
        return read.own if repeats else read.values

    @property
    def by(self) -> Actor:
        return self.run.by


async def ended(session: AsyncSession, job: Job) -> None:
    """Its job was cancelled, failed or was parked: nothing came of the file."""
    import_ = await imports.find(session, job.subject_id, within=Region(job.region_code))
    if import_.state in {S.RECEIVED, S.CHECKING}:
        await _refused(session, import_, CheckEnded(), job.asker)


@handles(JobKind.CHECK_IMPORT, ending=ended)
async def check(_: Database, run: JobRun) -> None:
    look = await _begun(run)
    if look is None:
        return
    try:
        found = await _read(look)
        if await _between_rows(look) and await _beside_the_registry(look):
            await _report(look, found)
    except Refusal as why:
        await _refuse(run, why)


async def _begun(run: JobRun) -> Look | None:
    async with run.transaction() as session:
        import_ = await imports.find(session, run.subject_id, within=run.by.region)
        if import_.state is S.RECEIVED:
            await record(session, import_, IMPORTS.step(import_.state, A.CHECK, by=run.by))
        if import_.state is not S.CHECKING:
            return None
        return await _anew(session, run, import_)


async def _anew(session: AsyncSession, run: JobRun, import_: Import) -> Look:
    await import_rows.clear(session, import_, problems=True)
    places = await import_rows.places(session, run.by.region)
    known = await regions.known_regions(await reading_in(session))
    return Look(run, import_, LAYOUTS[import_.kind], Places(places, run.by.region), known)


async def stage_again(run: JobRun, import_: Import) -> None:
    """Rows that are gone: a crash of PostgreSQL empties the table that they lie in."""
    async with run.transaction() as session:
        look = await _anew(session, run, import_)
    await _read(look)
    if await _between_rows(look) and await _beside_the_registry(look):
        async with run.transaction() as session:
            await import_rows.seal(session, import_)


# --- cell by cell


async def _read(look: Look) -> dict[str, Any]:
    """Every row is staged, with what is wrong with its cells; what the file is like."""
    with tempfile.TemporaryDirectory(prefix="siks-import-") as folder:
        path = Path(folder) / "file"
        await fetch(look.run.storage, look.import_, path)
        async with opened(path) as sheet:
            header = find_header(look.layout, [cells for _, cells in sheet.head])
            accept(look.layout, header)
            at = sheet.head[header.row - 1][0]
            await _stage(look, sheet, header, after=at)
            return _found(sheet, header, at)


def _found(sheet: Sheet, header: Header, at: int) -> dict[str, Any]:
    return {
        "sheet": sheet.name,
        "header_row": at,
        "unknown_columns": list(header.unknown),
        "notes": list(sheet.notes),
    }


async def fetch(storage: Storage, import_: Import, path: Path) -> None:
    pieces = await storage.get(import_.sha256, import_.bytes)
    with path.open("wb") as file:
        async for piece in pieces:
            file.write(piece)


async def _stage(look: Look, sheet: Sheet, header: Header, *, after: int) -> None:
    """Rows are read while PostgreSQL stores those before."""
    storing: asyncio.Task[None] | None = None
    try:
        async for rows in _chunks(sheet, header, after=after):
            chunk = await _chunk(look, header, rows)
            if storing is not None:
                await storing
            storing = asyncio.create_task(_store(look, chunk))
        if storing is not None:
            await storing
    finally:
        if storing is not None:
            storing.cancel()
            await asyncio.wait({storing})
    if not look.rows:
        raise NoRows


async def _chunks(sheet: Sheet, header: Header, *, after: int) -> AsyncIterator[list[FileRow]]:
    waiting: list[FileRow] = []
    async for rows in sheet.rows:
        below = [row for row in rows if row[0] > after]
        waiting += [row for row in below if not holds_nothing(header, row[1])]
        if len(waiting) >= STAGED_AT_ONCE:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


async def _chunk(look: Look, header: Header, rows: list[FileRow]) -> list[ReadRow]:
    look.rows += len(rows)
    if look.rows > look.layout.max_rows:
        raise TooManyRows(most=look.layout.max_rows)
    read = []
    for place, (n, cells) in enumerate(rows):
        if place % READ_AT_ONCE == 0:
            await asyncio.sleep(0)  # what is being stored goes on meanwhile
        read.append(_row(look, header, n, cells))
    return read


async def _store(look: Look, rows: list[ReadRow]) -> None:
    problems = {row.n: found for _, row, found in rows if found}
    async with look.run.transaction() as session:
        await import_rows.put(session, look.import_, ((unit, row) for unit, row, _ in rows))
        await _tell(session, look, problems)
    await look.run.progress(look.rows, phase="reading")


def _row(look: Look, header: Header, n: int, cells: Sequence[Any]) -> ReadRow:
    read = read_row(look.layout, header, cells, today=today(), known=look.known)
    problems, village = [*read.problems], None
    if IMPORTERS[look.import_.kind].located:
        place = look.places.find(read.values)
        if isinstance(place, Problem):
            problems.append(place)
        else:
            village = place
    bad = any(each.severity == "error" for each in problems)
    unit = str(read.values.get(look.layout.unit or "") or f"#{n:08}")
    return unit, Row(n, look.said(unit, read), village, bad), problems


async def _tell(
    session: AsyncSession, look: Look, problems: Mapping[int, Sequence[Problem]]
) -> None:
    told_ = {n: [_told(each) for each in found] for n, found in problems.items()}
    await import_rows.tell(session, look.import_, told_)


def _told(problem: Problem) -> dict[str, Any]:
    """As it is kept. What its code says anyway is not written a million times."""
    told_: dict[str, Any] = {
        "column": problem.column,
        "code": problem.code,
        "severity": problem.severity,
    }
    if problem.words or SAID.get(problem.code) is not problem.said:
        words = dict(problem.words)
        told_["detail"] = {each: problem.said.told(each, words) for each in Language}
    return told_


# --- rows beside each other, and beside the registry


async def _between_rows(look: Look) -> bool:
    """Units are looked at by `_within`; here, what rows of several units have in common."""
    for grouping in checks.GROUPINGS[look.import_.kind]:
        if await look.run.cancelled():
            return False
        if grouping.by != (look.layout.unit,):
            async with look.run.transaction() as session:
                async for rows in import_rows.shared(session, look.import_, grouping):
                    await _tell_more(session, look, grouping.in_order(rows))
    return True


def _within(look: Look, units: Sequence[Unit]) -> Iterable[tuple[int, Problem]]:
    """What is wrong between the rows of each of these units."""
    for grouping in checks.GROUPINGS[look.import_.kind]:
        if grouping.by == (look.layout.unit,):
            groups = ([checks.Row(row.n, row.said) for row in unit.rows] for unit in units)
            yield from grouping.in_groups(groups)


async def _tell_more(
    session: AsyncSession, look: Look, found: Iterable[tuple[int, Problem]]
) -> None:
    """Of rows that were staged already."""
    problems: dict[int, list[Problem]] = {}
    for n, each in found:
        problems.setdefault(n, []).append(each)
    await _tell(session, look, problems)
    bad = [n for n, some in problems.items() if any(e.severity == "error" for e in some)]
    if bad:
        await import_rows.spoil(session, look.import_, bad)


async def _beside_the_registry(look: Look) -> bool:
    """False where somebody wants the job to end."""
    judge, after, done = IMPORTERS[look.import_.kind].judge, "", 0
    async with Ahead(look.run, most=LOOKED_AT_ONCE) as ahead:
        while units := await ahead.units(look.import_, after=after):
            async with look.run.transaction() as session:
                found = await judge(session, units, look.by)
                await _tell_more(session, look, [*_within(look, units), *_flat(found)])
            after, done = units[-1].key, done + _rows(units)
            await look.run.progress(done, look.rows, phase="comparing")
            if await look.run.cancelled():
                return False
    return True


def _rows(units: Sequence[Unit]) -> int:
    return sum(len(unit.rows) for unit in units)


def _flat(found: Mapping[int, Sequence[Problem]]) -> Iterable[tuple[int, Problem]]:
    return ((n, each) for n, some in found.items() for each in some)


def _sane(rows: int, doubled: int, limits: Limits) -> None:
    most = int(rows * limits.most_doubled)
    if rows > PLENTY and doubled > most:
        raise TooManyDuplicates(doubled=doubled, rows=rows, most=most)


# --- what comes of it


async def _report(look: Look, found: Mapping[str, Any]) -> None:
    async with look.run.transaction() as session:
        import_ = await imports.find(session, look.import_.id, within=look.by.region)
        step = IMPORTS.step(import_.state, A.REPORT, by=look.by)
        counts = await import_rows.count(session, import_, IMPORTERS[import_.kind].doubles)
        codes = counts.pop("codes")
        _sane(counts["rows"], counts["doubled"], look.run.limits)
        await import_rows.seal(session, import_)
        changes = {**counts, "found": {**found, "problems": codes}}
        await record(session, import_, step, changes=changes)


async def _refuse(run: JobRun, why: Refusal) -> None:
    async with run.transaction() as session:
        import_ = await imports.find(session, run.subject_id, within=run.by.region)
        await _refused(session, import_, why, run.by)


async def _refused(session: AsyncSession, import_: Import, why: Refusal, by: Actor) -> None:
    step = IMPORTS.step(import_.state, A.REFUSE, by=by)
    await import_rows.clear(session, import_)
    await record(session, import_, step, changes={"refusal": told(why)})
