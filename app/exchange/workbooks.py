"""Workbooks that people fill in: the template of a layout, and the one of invalid NIK.

Every cell is text, so that sixteen digits stay sixteen. What a template says is read back.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from io import StringIO
from itertools import islice
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from app.domain.errors import Language, Said
from app.domain.imports.columns import Column, Layout
from app.domain.imports.nik_corrections import LAYOUT as NIK_CORRECTIONS
from app.domain.imports.nik_corrections import SUGGESTED
from app.exchange.sheet_names import DATA, INSTRUCTIONS
from app.exchange.sheets import (
    CSV_ENCODING,
    DELIMITER,
    LAST_ROW,
    WIDTHS,
    Book,
    Lines,
    comment,
    neutral,
    width_of,
    workbook,
    wrap,
    write,
)

BESIDE = 5  # columns of NIK corrections that stay in sight: up to the name
ID = "case_id"  # longer than its column: wrapped, it stays within
TOLD = ("explanation", *(f"reason_{n}" for n in range(1, SUGGESTED + 1)))
IN_MEMORY = 500  # rows: a village's, of which a regency has hundreds, and files are slow
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


NikRow = Mapping[str, str | date | None]  # what is printed, by the keys of its columns
COMPARE = Said(
    id="Pilih dari SARAN NIK hanya bila sama dengan KTP atau KK; selain itu tulislah sendiri.",
    en="Choose a suggested NIK only where the KTP or KK has the same; else write another.",
)


def template(layout: Layout, path: Path, *, language: Language) -> None:
    _fillable(layout, path, (), language)


def template_csv(layout: Layout, path: Path, *, language: Language) -> None:
    """Its header. CSV can hold no more of a template."""
    line = StringIO()
    header = [neutral(each.header.told(language)) for each in layout.columns]
    csv.writer(line, delimiter=DELIMITER).writerow(header)
    path.write_text(line.getvalue(), encoding=CSV_ENCODING, newline="")


def nik_repair(rows: Sequence[NikRow], path: Path, *, language: Language) -> None:
    """A to N as on record, O to T to be filled in, U to Z what is likely."""
    _fillable(NIK_CORRECTIONS, path, rows, language)


def file_name(code: str, name: str) -> str:
    """The code, and as much of the name as every file system takes."""
    kept = (c if c.isprintable() and c not in NOT_IN_NAMES else " " for c in name)
    return f"{code} {' '.join(''.join(kept).split())[:LONGEST_NAME]}".strip(" .") + ".xlsx"


def _fillable(layout: Layout, path: Path, rows: Sequence[NikRow], language: Language) -> None:
    parts = path.parent if len(rows) > IN_MEMORY else None
    with workbook(path, layout, language, parts) as book:
        sheet = book.sheet(DATA)
        _columns(sheet, layout, book)
        for number, row in enumerate(rows, 1):
            _row(sheet, number, row, layout, book)
        sheet.autofilter(0, 0, max(len(rows), 1), len(layout.columns) - 1)
        book.choices(sheet, list(enumerate(layout.columns)), first=1)
        if rows:
            _offer_suggestions(sheet, layout, language)
        _instructions(book, layout)


def _columns(sheet: Worksheet, layout: Layout, book: Book) -> None:
    """The header; below it, whatever is typed is text."""
    sheet.freeze_panes(1, BESIDE if layout is NIK_CORRECTIONS else 0)
    names = [each.header.told(book.language) for each in layout.columns]
    wrap(sheet, 0, zip(names, map(width_of, layout.columns), strict=True))
    for place, column in enumerate(layout.columns):
        style = book.styles["printed" if column.protected else "text"]
        sheet.set_column(place, place, width_of(column), style)
        write(sheet, 0, place, names[place], book.styles[_header_style(column)])
        comment(sheet, 0, place, _hint(column, book.language))


def _offer_suggestions(sheet: Worksheet, layout: Layout, language: Language) -> None:
    """In the cell of the right NIK, those that stand in the same row; any other may be typed."""
    place = next(n for n, each in enumerate(layout.columns) if each.key == "nik")
    first, last = (layout.by_key[f"suggestion_{n}"].letter for n in (1, SUGGESTED))
    rule = {
        "validate": "list",
        "source": f"=${first}2:${last}2",
        "show_error": False,
        "input_message": COMPARE.told(language),
    }
    sheet.data_validation(1, place, LAST_ROW, place, rule)


def _header_style(column: Column) -> str:
    if column.protected:
        return "printed_header"
    return "required" if column.required else "header"


def _hint(column: Column, language: Language) -> str:
    told = [column.hint.told(language)]
    if column.protected:
        told = [each.told(language) for each in (column.says, AS_PRINTED) if each]
    elif column.required:
        told.append(REQUIRED.told(language))
    return "\n".join(told)


def _row(sheet: Worksheet, number: int, row: NikRow, layout: Layout, book: Book) -> None:
    """As high as its explanations are: beside them are cells that have to stay empty."""
    wrap(sheet, number, ((str(row.get(key) or ""), WIDTHS[key]) for key in TOLD))
    for place, column in enumerate(layout.columns):
        value = row.get(column.key)
        if value is not None:
            text = f"{value:%d/%m/%Y}" if isinstance(value, date) else value
            write(sheet, number, place, text, book.styles[_row_style(column)])


def _row_style(column: Column) -> str:
    if column.key in {ID, *TOLD}:
        return "printed_text"
    return "printed" if column.protected else "text"


def _instructions(book: Book, layout: Layout) -> None:
    lines = book.lines(INSTRUCTIONS, widths=(10, 34, 10, 60, 60))
    lines.add(layout.title, style="title")
    lines.add(f"{layout.kind} / {layout.version}", style="text")
    for number, said in enumerate(HOW_TO, 1):
        lines.add(f"{number}. {said.told(book.language)}", style="text")
    lines.add("", style="text")
    lines.add(*TITLES, style="header")
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
