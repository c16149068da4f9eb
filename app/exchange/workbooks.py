"""Workbooks that people fill in: the template of a layout, and the one of invalid NIK.

Every cell is text, so that sixteen digits stay sixteen. What a template says is read back.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from io import StringIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from xlsxwriter.worksheet import Worksheet

from app.domain.errors import Language, Said
from app.domain.imports.columns import Column, Layout
from app.domain.imports.nik_corrections import LAYOUT as NIK_CORRECTIONS
from app.exchange.sheet_names import DATA, INSTRUCTIONS
from app.exchange.sheets import (
    CSV_ENCODING,
    DELIMITER,
    MOST_COMMENTS,
    Book,
    Lines,
    comment,
    neutral,
    width_of,
    workbook,
    write,
)

BESIDE = 5  # columns of NIK corrections that stay in sight: up to the name
SHOWN = 20  # choices that the instructions still list
NOT_IN_NAMES = '\\/:*?"<>|'
LONGEST_NAME = 80

REQUIRED = Said(id="Wajib diisi.", en="Has to be filled in.")
AS_PRINTED = Said(id="Jangan diubah; perubahan di sini diabaikan.", en="Changes here count not.")
YES = Said(id="ya", en="yes")
TITLES = (
    Said(id="Kolom", en="Column"),
    Said(id="Judul", en="Name"),
    Said(id="Wajib", en="Required"),
    Said(id="Isi", en="What to write"),
    Said(id="Pilihan", en="Choices"),
)
HOW_TO = (
    Said(
        id="Isi lembar Data mulai dari baris kedua. Biarkan judul kolomnya; urutannya boleh lain.",
        en="Fill in the sheet Data from its second row on. Leave the names of its columns as they "
        "are; their order does not matter.",
    ),
    Said(
        id="Kolom berjudul biru wajib diisi. Kolom abu-abu dicetak oleh sistem; perubahannya "
        "diabaikan.",
        en="Columns with a blue name are required. Grey ones are printed by the system; what is "
        "changed in them is ignored.",
    ),
    Said(
        id="Semua sel berformat teks, sehingga NIK dan nomor KK tetap 16 angka. Bila menyalin dari "
        "berkas lain, tempelkan nilainya saja.",
        en="All cells are text, so NIK and family cards keep their 16 digits. Whatever you copy "
        "from elsewhere, paste its values only.",
    ),
    Said(
        id="Tanggal ditulis hari/bulan/tahun, misalnya 19/05/1984.",
        en="Dates are day/month/year, such as 19/05/1984.",
    ),
    Said(
        id="Pada kolom dengan daftar, pilih salah satu; kode atau sebutan lain yang lazim juga "
        "dibaca.",
        en="Where there is a list, choose from it; codes and other usual names are read too.",
    ),
    Said(
        id="Simpan sebagai .xlsx lalu unggah. Tidak ada yang tersimpan sebelum Anda menerapkannya; "
        "yang salah kembali kepada Anda sel demi sel.",
        en="Save it as .xlsx and upload it. Nothing is kept before you apply it; what is wrong "
        "comes back to you cell by cell.",
    ),
)


@dataclass(frozen=True)
class NikRow:
    """A row of the workbook of invalid NIK: by column keys what is printed; dates as dates."""

    values: Mapping[str, str | date | None]
    likely: str = ""  # corrections, and why; it stands beside the cell of the right NIK


def template(layout: Layout, path: Path, *, language: Language) -> None:
    _fillable(layout, path, (), language)


def template_csv(layout: Layout, path: Path, *, language: Language) -> None:
    """Its header. CSV can hold no more of a template."""
    line = StringIO()
    header = [neutral(each.header.told(language)) for each in layout.columns]
    csv.writer(line, delimiter=DELIMITER).writerow(header)
    path.write_text(line.getvalue(), encoding=CSV_ENCODING, newline="")


def nik_repair(rows: Iterable[NikRow], path: Path, *, language: Language) -> int:
    """A to N as on record, O to T to be filled in. How many rows there were."""
    return _fillable(NIK_CORRECTIONS, path, rows, language)


@dataclass(frozen=True)
class Village:
    code: str
    name: str
    rows: Iterable[NikRow]


def nik_repairs(villages: Iterable[Village], file: BinaryIO, *, language: Language) -> int:
    """An archive with a workbook for every village; one at a time lies on the disk."""
    rows = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive, TemporaryDirectory() as folder:
        for village in villages:
            path = Path(folder) / "village.xlsx"
            rows += nik_repair(village.rows, path, language=language)
            archive.write(path, file_name(village.code, village.name))
    return rows


def file_name(code: str, name: str) -> str:
    """The code, and as much of the name as every file system takes."""
    kept = (c if c.isprintable() and c not in NOT_IN_NAMES else " " for c in name)
    return f"{code} {' '.join(''.join(kept).split())[:LONGEST_NAME]}".strip(" .") + ".xlsx"


def _fillable(layout: Layout, path: Path, rows: Iterable[NikRow], language: Language) -> int:
    with TemporaryDirectory() as folder, workbook(path, layout, language, Path(folder)) as book:
        sheet = book.sheet(DATA)
        _columns(sheet, layout, book)
        count = 0
        for count, row in enumerate(rows, 1):
            _row(sheet, count, row, layout, book)
        sheet.autofilter(0, 0, max(count, 1), len(layout.columns) - 1)
        book.choices(sheet, list(enumerate(layout.columns)), first=1)
        _instructions(book, layout)
    return count


def _columns(sheet: Worksheet, layout: Layout, book: Book) -> None:
    """The header; below it, whatever is typed is text."""
    sheet.freeze_panes(1, BESIDE if layout is NIK_CORRECTIONS else 0)
    for place, column in enumerate(layout.columns):
        style = book.styles["printed" if column.protected else "text"]
        sheet.set_column(place, place, width_of(column), style)
        name = column.header.told(book.language)
        write(sheet, 0, place, name, book.styles[_header_style(column)])
        comment(sheet, 0, place, _hint(column, book.language))


def _header_style(column: Column) -> str:
    if column.protected:
        return "printed"
    return "required" if column.required else "header"


def _hint(column: Column, language: Language) -> str:
    told = [column.hint.told(language)]
    if column.protected:
        told = [AS_PRINTED.told(language)]
    elif column.required:
        told.append(REQUIRED.told(language))
    return "\n".join(told)


def _row(sheet: Worksheet, number: int, row: NikRow, layout: Layout, book: Book) -> None:
    for place, column in enumerate(layout.columns):
        value = row.values.get(column.key)
        if value is not None:
            text = f"{value:%d/%m/%Y}" if isinstance(value, date) else value
            style = book.styles["printed" if column.protected else "text"]
            write(sheet, number, place, text, style)
        if column.key == "nik" and row.likely and number <= MOST_COMMENTS:
            comment(sheet, number, place, row.likely)


def _instructions(book: Book, layout: Layout) -> None:
    lines = book.lines(INSTRUCTIONS, widths=(10, 34, 10, 60, 60))
    lines.add(layout.title, style="title")
    lines.add(f"{layout.kind} / {layout.version}", style="text")
    for number, said in enumerate(HOW_TO, 1):
        lines.add(f"{number}. {said.told(book.language)}", style="text")
    lines.add(*TITLES, style="bold")
    for column in layout.columns:
        _described(lines, column, book.language)


def _described(lines: Lines, column: Column, language: Language) -> None:
    choices = list(islice(_labels(column, language), SHOWN + 1))
    if len(choices) > SHOWN:
        choices[SHOWN:] = ["…"]
    is_required = YES if column.required else ""
    lines.add(column.letter, column.header, is_required, column.hint, ", ".join(choices))


def _labels(column: Column, language: Language) -> Iterator[str]:
    return (each.told(language) for each in column.choices)
