"""The workbooks in which NIKs are repaired: of a region in one, or one for each village.

They are printed while they are sent, page by page, so that a regency with tens of thousands of
cases neither waits for its first byte nor holds a connection of the database meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from app.commands.nik_suggesting import suggested
from app.db import nik_workbooks
from app.db.access import BEGIN, Access, PeopleReading
from app.db.pages import Position
from app.db.sessions import Database, Reading
from app.domain.errors import Incomplete, Language, NotPermitted, Said
from app.domain.nik_rows import likely, row_of
from app.domain.niks import KnownRegions
from app.domain.regions import Region
from app.domain.sight import SIGHT_OF, Shown
from app.exchange.archives import Archive
from app.exchange.workbooks import NikRow, file_name, nik_repair

ROWS_AT_ONCE = 200
MOST_IN_ONE = 5_000  # workbook; a larger region takes one for each of its villages
MOST_OF_ALL = 50_000  # of a regency; it takes some minutes
FIRST = Position(-1, UUID(int=0))
PRINTING = asyncio.Semaphore(1)  # or printing would keep everybody else waiting


class NumbersMasked(NotPermitted):
    """The workbook holds NIKs in clear, which this role does not read."""

    title = Said(id="Nomor disamarkan bagi peran Anda", en="Numbers are masked for your role")
    detail = Said(
        id="Buku kerja memuat NIK dan nomor KK lengkap. Mintalah petugas yang berhak membacanya.",
        en="The workbook has NIKs and card numbers in full. Ask an officer who may read them.",
    )


class TooManyCases(Incomplete):
    """There are more cases than one workbook is made of."""

    title = Said(id="Kasus terlalu banyak untuk satu buku kerja", en="Too many for one workbook")
    detail = Said(
        id="Lebih dari {most} kasus. Unduh satu buku kerja per desa (/v1/nik-cases/workbooks), "
        "atau sebutkan wilayah yang lebih kecil (region_code).",
        en="There are more than {most} cases. Take one workbook for each village "
        "(/v1/nik-cases/workbooks), or name a smaller region (region_code).",
    )


@dataclass(frozen=True)
class Wanted:
    """Of which region, for whom, and what it takes to judge a NIK."""

    region: Region
    access: Access
    known: KnownRegions
    language: Language


@dataclass(frozen=True)
class Village:
    code: str
    name: str
    rows: list[NikRow]


def permit(wanted: Wanted) -> None:
    if SIGHT_OF[wanted.access.actor.role].nik is not Shown.CLEAR:
        raise NumbersMasked


async def fits(reading: Reading, wanted: Wanted, most: int) -> None:
    """Whether it is not too much, before anything of it is sent."""
    by = wanted.access.actor
    if await nik_workbooks.count(reading, most + 1, within=wanted.region, seen_by=by) > most:
        raise TooManyCases(most=most)


async def workbook(database: Database, wanted: Wanted) -> AsyncIterator[bytes]:
    """All open cases of the region in one workbook: in one piece."""
    rows = [row async for page in _pages(database, wanted) for _, row in page]
    yield await _printed(rows, wanted.language)


async def archive(database: Database, wanted: Wanted) -> AsyncIterator[bytes]:
    """A ZIP file with a workbook for each village that has open cases: village by village."""
    made = Archive()
    async for village in _villages(database, wanted):
        content = await _printed(village.rows, wanted.language)
        yield made.add(file_name(village.code, village.name), content)
    yield made.end()


async def _printed(rows: list[NikRow], language: Language) -> bytes:
    async with PRINTING:
        return await asyncio.to_thread(_content, rows, language)


def _content(rows: list[NikRow], language: Language) -> bytes:
    with TemporaryDirectory(prefix="siks-nik-") as folder:
        path = Path(folder) / "workbook.xlsx"
        nik_repair(rows, path, language=language)
        return path.read_bytes()


async def _villages(database: Database, wanted: Wanted) -> AsyncIterator[Village]:
    """A village is whole when the next one begins."""
    village: Village | None = None
    async for page in _pages(database, wanted):
        for (code, name), row in page:
            if village is None or village.code != code:
                if village is not None:
                    yield village
                village = Village(code, name, [])
            village.rows.append(row)
    if village is not None:
        yield village


Page = list[tuple[tuple[str, str], NikRow]]  # each with the code and the name of its village


async def _pages(database: Database, wanted: Wanted) -> AsyncIterator[Page]:
    """Each in a transaction of its own: between two of them the sending may take its time."""
    after: Position | None = FIRST
    while after is not None:
        async with database.connection(wanted.access.actor.region, begin=BEGIN) as connection:
            page, after = await _page(PeopleReading(connection, wanted.access), after, wanted)
        yield page


async def _page(
    reading: PeopleReading, after: Position, wanted: Wanted
) -> tuple[Page, Position | None]:
    by = wanted.access.actor
    cases = await nik_workbooks.open_cases(
        reading, after, ROWS_AT_ONCE, within=wanted.region, seen_by=by
    )
    found = await suggested(cases, reading, wanted.known)
    page: Page = [
        (
            (case["village_code"], case["village_name"]),
            row_of(case, wanted.language) | likely(of_case, wanted.language),
        )
        for case, of_case in zip(cases, found, strict=True)
    ]
    if len(cases) < ROWS_AT_ONCE:
        return page, None
    return page, Position(cases[-1]["scope_code"], UUID(cases[-1]["id"]))
