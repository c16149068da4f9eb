"""The workbooks in which NIKs are repaired: of a region in one, or one for each village."""

import asyncio
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from app.db import nik_workbooks, regions
from app.db.access import PeopleReading
from app.db.pages import Position
from app.domain.actors import Actor
from app.domain.errors import Incomplete, Language, NotPermitted, Said
from app.domain.nik_rows import row_of
from app.domain.regions import Region
from app.domain.sight import SIGHT_OF, Shown
from app.exchange.workbooks import NikRow, Village, nik_repair, nik_repairs

ROWS_AT_ONCE = 500
MOST_ROWS = 5_000  # about two seconds of printing; a larger region takes its districts in turn


class NumbersMasked(NotPermitted):
    """The workbook holds NIKs in clear, which this role does not read."""

    title = Said(id="Nomor disamarkan bagi peran Anda", en="Numbers are masked for your role")
    detail = Said(
        id="Buku kerja memuat NIK dan nomor KK lengkap. Mintalah petugas yang berhak membacanya.",
        en="The workbook has NIKs and card numbers in full. Ask an officer who may read them.",
    )


class TooManyCases(Incomplete):
    """There are more cases than one workbook is made of at once."""

    title = Said(id="Kasus terlalu banyak untuk sekali unduh", en="Too many cases at once")
    detail = Said(
        id="Lebih dari {most} kasus. Unduh per kecamatan atau per desa (region_code).",
        en="There are more than {most} cases. Ask by district or by village (region_code).",
    )


async def workbook(
    reading: PeopleReading, region: Region, *, by: Actor, language: Language
) -> bytes:
    """All open cases of the region in one workbook."""
    villages = await _villages(reading, region, by=by, language=language)
    rows = [row for village in villages for row in village.rows]
    return await asyncio.to_thread(_printed, rows, language)


async def archive(
    reading: PeopleReading, region: Region, *, by: Actor, language: Language
) -> bytes:
    """A ZIP file with a workbook for each village that has open cases."""
    villages = await _villages(reading, region, by=by, language=language)
    return await asyncio.to_thread(_archived, villages, language)


def _printed(rows: list[NikRow], language: Language) -> bytes:
    with TemporaryDirectory(prefix="siks-nik-") as folder:
        path = Path(folder) / "workbook.xlsx"
        nik_repair(rows, path, language=language)
        return path.read_bytes()


def _archived(villages: list[Village], language: Language) -> bytes:
    file = BytesIO()
    nik_repairs(villages, file, language=language)
    return file.getvalue()


async def _villages(
    reading: PeopleReading, region: Region, *, by: Actor, language: Language
) -> list[Village]:
    if SIGHT_OF[by.role].nik is not Shown.CLEAR:
        raise NumbersMasked
    rows: dict[str, list[NikRow]] = {}
    after, count = Position(-1, UUID(int=0)), 0
    while page := await nik_workbooks.open_cases(reading, after, ROWS_AT_ONCE, within=region):
        count += len(page)
        if count > MOST_ROWS:
            raise TooManyCases(most=MOST_ROWS)
        for case in page:
            row = NikRow(row_of(case, language))
            rows.setdefault(str(case["scope_code"]), []).append(row)
        after = Position(page[-1]["scope_code"], UUID(page[-1]["id"]))
    names = await regions.names_of(reading, list(rows))
    return [Village(code, names[code].name, of_village) for code, of_village in rows.items()]
