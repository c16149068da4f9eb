"""The job that makes an extract: the rows of one moment are kept aside, then written into files.

Begun again while the rows are being kept aside, it begins with another moment; while files are
written, with the first file that is not there. Whether the asker may still read it all is asked
before each. What he may not read is in none of the statements.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.agreements import as_of_now
from app.commands.extracts import end, place_of
from app.commands.jobs import JobRun, Released, handles
from app.db import extract_moments as moments
from app.db import extracts
from app.db.access import Access, note_extract
from app.db.audit import record
from app.db.extract_moments import Filling, Moment, Slice
from app.db.sessions import Database
from app.db.tables.base import now
from app.db.tables.extracts import Extract, ExtractFile
from app.domain.extracts.columns import columns_of, still_readable
from app.domain.extracts.formats import DELETIONS
from app.domain.extracts.plans import Place, cut
from app.domain.extracts.workflow import (
    AT_WORK,
    EXTRACTS,
    ExtractAction,
    ExtractState,
)
from app.domain.jobs import JobKind
from app.domain.sight import sight_of_people
from app.exchange import extract_files

HANDS = 2  # that fill: one more adds nothing on two cores
CHUNKS_AT_ONCE = 4  # of a file: that many lie in memory
OPERATION = "ask_extract"
A = ExtractAction


@handles(JobKind.WRITE_EXTRACT, ending=end)
async def write_extract(database: Database, run: JobRun) -> None:
    if not await run.cancelled():
        await _make(database, run)
    await _forget_chunks(run)


async def _make(database: Database, run: JobRun) -> None:
    async with run.transaction() as session:
        extract = await _found(session, run)
        if extract.state not in AT_WORK:  # a worker died between its last step and the job's
            return
        is_kept = await _is_kept(session, run, extract)
    if not is_kept:
        await _keep_aside(database, run)
    if not run.was_cancelled:
        await _write(database, run)


async def _forget_chunks(run: JobRun) -> None:
    """What is left where a worker dies here is swept up."""
    is_left = True
    while is_left:
        async with run.transaction() as session:
            is_left = await extracts.forget_chunks(session, run.subject_id) > 0


@asynccontextmanager
async def _held(run: JobRun) -> AsyncIterator[tuple[AsyncSession, Extract]]:
    """The extract, as long as it is at work: else the job is left, and finds that it has ended."""
    async with run.transaction() as session:
        extract = await _found(session, run)
        if extract.state not in AT_WORK:
            raise Released
        yield session, extract


async def _found(session: AsyncSession, run: JobRun) -> Extract:
    return await extracts.find(session, run.subject_id, within=run.by.region, by=run.by)


# --- the moment


async def _is_kept(session: AsyncSession, run: JobRun, extract: Extract) -> bool:
    """Whether all rows of its moment are there: a crash of PostgreSQL takes them."""
    if extract.state is not ExtractState.WRITING:
        return False
    chunks = await extracts.chunks(session, extract, within=run.by.region)
    gone = await extracts.deletions(session, extract, within=run.by.region)
    files = await extracts.files(session, extract, within=run.by.region)
    kept = sum(each.rows for each in chunks) + sum(each.rows for each in gone)
    return kept == sum(each.rows for each in files)


async def _keep_aside(database: Database, run: JobRun) -> None:
    by = await as_of_now(database, run.by)
    await _forget_chunks(run)
    async with _held(run) as (session, extract):
        sight = sight_of_people(by)
        named = [each.name for each in columns_of(extract.resource, sight)]
        await extracts.forget_files(session, extract)
        agreed = by.agreement.number if by.agreement else None
        changes = {"start": run.start, "columns": named, "agreement": agreed}
        step = EXTRACTS.step(extract.state, A.MATERIALISE, by=by)
        await record(session, extract, step, changes=changes)
    places = (extract.region, sight, run.by.region)
    filling = Filling(extract.id, run.start, extract.wanted, *places)
    async with moments.kept(database, within=run.by.region) as moment:
        await _fill(database, run, filling, moment, await _slices(database, run, extract))
        if extract.changed_after is not None:
            await moments.fill_deletions(database, filling, moment)
    if not run.was_cancelled:
        await _seal(run, moment)


async def _slices(database: Database, run: JobRun, extract: Extract) -> list[Slice]:
    async with database.reading(run.by.region) as reading:
        return await moments.slices(reading, extract.wanted, within=extract.region)


async def _fill(
    database: Database, run: JobRun, filling: Filling, moment: Moment, parts: list[Slice]
) -> None:
    numbered = iter(enumerate(parts, 1))
    async with asyncio.TaskGroup() as group:
        for _ in range(HANDS):
            group.create_task(_fill_some(database, run, filling, moment, numbered, len(parts)))


async def _fill_some(  # noqa: PLR0913, PLR0917 - what all hands share
    database: Database,
    run: JobRun,
    filling: Filling,
    moment: Moment,
    parts: Iterator[tuple[int, Slice]],
    total: int,
) -> None:
    for number, part in parts:
        if run.was_cancelled or await run.cancelled():
            return
        await moments.fill(database, filling, part, moment)
        await run.progress(number, total, "materialising")


async def _seal(run: JobRun, moment: Moment) -> None:
    """From here on it is these rows, and these files."""
    async with _held(run) as (session, extract):
        chunks = await extracts.chunks(session, extract, within=run.by.region)
        gone = await extracts.deletions(session, extract, within=run.by.region)
        files = cut(chunks, extract.rows_per_file)
        changes = {
            "moment": moment.at,
            "changes_after": moment.changes_after,
            "rows": sum(each.rows for each in files),
        }
        step = EXTRACTS.step(extract.state, A.WRITE, by=run.by)
        await record(session, extract, step, changes=changes)
        extracts.plan(session, extract, [*files, *gone])


# --- the files


async def _write(database: Database, run: JobRun) -> None:
    done = 0
    for file in await _planned(run):
        if file.sha256 is None:
            if await run.cancelled():
                return
            await _write_one(database, run, file)
        done += file.rows
        await run.progress(done, None, "writing")
    await _complete(database, run)


async def _planned(run: JobRun) -> list[ExtractFile]:
    async with _held(run) as (session, extract):
        return await extracts.files(session, extract, within=run.by.region)


async def _write_one(database: Database, run: JobRun, file: ExtractFile) -> None:
    by = await as_of_now(database, run.by)
    async with _held(run) as (_, extract):
        columns = still_readable(extract.resource, extract.columns, sight_of_people(by))
    with tempfile.TemporaryDirectory(prefix="siks-extract-") as folder:
        path = Path(folder) / "file"
        pieces = _pieces(database, run, extract, file)
        about = {"resource": extract.resource}
        form = DELETIONS if file.is_deletions else extract.form
        made = await extract_files.write(path, columns, form, pieces, about)
        with path.open("rb") as content:
            await place_of(run.storage, extract.id).put(made.sha256, content, made.size)
    async with _held(run) as (session, _):
        await extracts.keep(session, file, made.sha256, made.size)


async def _pieces(
    database: Database, run: JobRun, extract: Extract, file: ExtractFile
) -> AsyncIterator[bytes]:
    """Chunk by chunk, each few a look of their own: the writing may take its time."""
    start = extract.start or 0
    after, last = Place(file.first_village, file.first_part - 1), extracts.last_of(file)
    while after != last:
        async with database.reading(run.by.region) as reading:
            found = await extracts.bodies(
                reading, file, start, after, last, CHUNKS_AT_ONCE, within=run.by.region
            )
        if not found or run.leaving.is_set():
            raise Released
        for place, body in found:
            yield body
            after = place


async def _complete(database: Database, run: JobRun) -> None:
    by = await as_of_now(database, run.by)
    async with _held(run) as (session, extract):
        still_readable(extract.resource, extract.columns, sight_of_people(by))
        access = Access(by, extract.purpose, OPERATION, run.errand.request_id)
        people = await extracts.note_reach(session, extract)
        await note_extract(session, access, extract.id, people)
        step = EXTRACTS.step(extract.state, A.COMPLETE, by=by)
        until = now() + timedelta(days=extract.days_kept)
        await record(session, extract, step, changes={"expires_at": until})
