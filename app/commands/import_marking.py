"""The job that sends a file back: what was sent, read once more, with all that is said of it."""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from app.commands.import_checks import fetch
from app.commands.jobs import JobRun, handles
from app.db import import_results, imports
from app.db.sessions import Database
from app.db.tables.imports import Import, ImportResult
from app.domain.errors import Refusal, Said
from app.domain.imports.layouts import LAYOUTS
from app.domain.imports.workflow import Format
from app.domain.jobs import JobKind
from app.exchange.marker.rows import Remark
from app.exchange.marking import Sending, marked
from app.exchange.storage import Storage
from app.exchange.tables import opened

IMPORT = Said(id="Impor", en="Import")
FILE = Said(id="Berkas", en="File")
SENT = Said(id="Dikirim", en="Sent")
WIB = ZoneInfo("Asia/Jakarta")
ROOM = "results"


def place_of(storage: Storage, import_id: UUID) -> Storage:
    """Where its results lie: sent again, the same bytes are a file that is kept for good."""
    return storage.beside(f"{ROOM}/{import_id}")


@handles(JobKind.MARK_IMPORT)
async def mark(database: Database, run: JobRun) -> None:
    """Whatever is wanted of this import. Begun again, it begins with what is not there yet.

    What cannot be made is wanted no more; the job tells why.
    """
    async with run.transaction() as session:
        import_ = await imports.find(session, run.subject_id, within=run.by.region)
        wanted = await import_results.wanted(session, import_)
    with tempfile.TemporaryDirectory(prefix="siks-marked-") as folder:
        path = Path(folder) / "file"
        await fetch(run.storage, import_, path)
        refused = None
        for done, result in enumerate(wanted):
            if await run.cancelled():
                return
            await run.progress(done, len(wanted), phase="marking")
            try:
                await _make(database, run, import_, result, path)
            except Refusal as why:  # a workbook that is too long keeps no CSV from being made
                refused = why
                async with run.transaction() as session:
                    await import_results.give_up(session, result)
    if refused is not None:
        raise refused


async def _make(
    database: Database, run: JobRun, import_: Import, result: ImportResult, path: Path
) -> None:
    made = path.with_name(f"marked.{result.format}")
    async with opened(path) as sheet:
        await marked(sheet, _remarks(database, run, result), made, _sending(import_, result))
    with made.open("rb") as file:
        sha256, size = hashlib.file_digest(file, "sha256").digest(), made.stat().st_size
        await place_of(run.storage, import_.id).put(sha256, file, size)
    async with run.transaction() as session:
        await import_results.keep(session, result, sha256, size)


def _sending(import_: Import, result: ImportResult) -> Sending:
    facts = [
        (IMPORT, str(import_.id)),
        (FILE, import_.file_name or ""),
        (SENT, f"{import_.created_at.astimezone(WIB):%d/%m/%Y %H:%M} WIB"),
    ]
    return Sending(
        LAYOUTS[import_.kind], result.language, facts, as_csv=result.format is Format.CSV
    )


async def _remarks(
    database: Database, run: JobRun, result: ImportResult
) -> AsyncIterator[tuple[int, Sequence[Remark]]]:
    """Page by page, each a look of its own: between two of them the writing may take its time."""
    after = 0
    while True:
        async with database.reading(run.by.region) as reading:
            told = await import_results.remarks(
                reading, result.import_id, after, within=run.by.region, language=result.language
            )
        for n, remarks in told:
            yield n, [Remark(*each) for each in remarks]
        if not told:
            return
        after = told[-1][0]
