"""BNBA as a workbook: who is registered, by name and address, on sheets that can be printed.

A village is one sheet; a larger region has one for each of its parts.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from app.domain.errors import Said
from app.domain.questionnaire.codebooks import CODEBOOKS
from app.domain.regions import Tier
from app.exchange.list_words import AS_OF, PAGE, WITHOUT_MEMBERS, About
from app.exchange.sheets import AUTHOR, Book, clean, wrap, write

Line = Mapping[str, Any]
HEADER_ROW = 4  # counted from 0; above it stands what the list is
NAME_LENGTH = 31  # of a sheet
NAME_COLUMN = 4  # stays in sight
PRINTED_LINES = 0  # as XlsxWriter says that the grid is printed too
ABOVE = ("title", "bold", "bold", "text")  # the lines above the header
NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")
# How long the codes are of the parts that have a sheet each.
PART_LENGTH = {
    Tier.NATION: 2,
    Tier.PROVINCE: 4,
    Tier.REGENCY: 6,
    Tier.DISTRICT: 10,
    Tier.VILLAGE: 10,
}
SEXES = {1: Said(id="L", en="M"), 2: Said(id="P", en="F")}
RELATIONS = CODEBOOKS["dtks-2020"].of_member("relation_to_family_head").choices


@dataclass(frozen=True)
class Column:
    head: Said
    width: int
    of: Callable[[Line, About], str | int | None]


def _text(key: str) -> Callable[[Line, About], str | None]:
    return lambda line, _: line[key]


def _sex(line: Line, about: About) -> str:
    said = SEXES.get(line["sex"])
    return about.told(said) if said else ""


def _relation(line: Line, about: About) -> str:
    said = RELATIONS.get(line["relation"])
    return about.told(said) if said else ""


def day_of(line: Line) -> str:
    born: str | None = line["birth_date"]
    return "/".join(reversed(born.split("-"))) if born else ""


def place_of(line: Line) -> str:
    return f"{line['rt'] or '-'}/{line['rw'] or '-'}"


COLUMNS = (
    Column(Said(id="ID DTKS", en="DTKS id"), 14, _text("dtks_id")),
    Column(Said(id="NIK", en="NIK"), 18, _text("nik")),
    Column(Said(id="No KK", en="Family card"), 18, _text("card_number")),
    Column(Said(id="Nama", en="Name"), 26, _text("name")),
    Column(Said(id="L/P", en="Sex"), 5, _sex),
    Column(Said(id="Tanggal lahir", en="Birth date"), 12, lambda line, _: day_of(line)),
    Column(Said(id="Umur", en="Age"), 6, lambda line, _: line["age"]),
    Column(Said(id="Hubungan keluarga", en="Relation"), 16, _relation),
    Column(Said(id="Alamat", en="Address"), 32, _text("address")),
    Column(Said(id="RT/RW", en="RT/RW"), 9, lambda line, _: place_of(line)),
    Column(Said(id="Desa/Kelurahan", en="Village"), 16, _text("village")),
    Column(Said(id="Program", en="Programmes"), 14, lambda line, _: ", ".join(line["programmes"])),
    Column(Said(id="Keterangan", en="Note"), 16, lambda _, __: None),
)


def named_list(rows: Mapping[str, Any], about: About, path: Path) -> None:
    """A sheet is printed on A4, its header on every page, every column on the page."""
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(path, options) as workbook:
        workbook.set_properties({"author": AUTHOR, "title": about.title})
        book = Book(workbook, about.language)
        above = [about.title, about.whose, about.place(rows["around"]), _day(rows, about)]
        for name, lines in _sheets(rows, about):
            sheet = book.sheet({about.language.value: name})
            _set_up(sheet, book, about, len(lines))
            _head(sheet, book, above, about)
            for number, line in enumerate(lines, 1):
                _row(sheet, book, number, line, about)


def _day(rows: Mapping[str, Any], about: About) -> str:
    told = [about.told(AS_OF, day=about.day)]
    if rows["without_members"] and about.wish.programme is None:
        told.append(about.told(WITHOUT_MEMBERS, count=rows["without_members"]))
    return ". ".join(told)


def _sheets(rows: Mapping[str, Any], about: About) -> Iterator[tuple[str, list[Line]]]:
    """By the parts of the region, which come in the order of their codes."""
    region = about.wish.region
    own = (rows["around"] or {}).get(region.tier.value, {"name": ""})
    names = {region.code: own["name"], **(rows["parts"] or {})}
    if not rows["names"]:
        yield sheet_name(names[region.code], region.code), []
    length = PART_LENGTH[region.tier]
    for code, lines in groupby(rows["names"], key=lambda line: str(line["village_code"])[:length]):
        yield sheet_name(names.get(code, ""), code), list(lines)


def sheet_name(name: str, code: str) -> str:
    """The name as far as it goes, and the code, which no two share."""
    short = NOT_IN_SHEET_NAMES.sub(" ", clean(name))[: NAME_LENGTH - len(code) - 1]
    return " ".join([*short.split(), code or "Indonesia"])


def _set_up(sheet: Worksheet, book: Book, about: About, rows: int) -> None:
    sheet.freeze_panes(HEADER_ROW + 1, NAME_COLUMN + 1)
    sheet.repeat_rows(HEADER_ROW)
    sheet.hide_gridlines(PRINTED_LINES)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
    page = about.told(PAGE, page="&P", pages="&N")
    sheet.set_footer(f"&L&8{about.foot}&R&8{page}")
    last = HEADER_ROW + max(rows, 1)
    sheet.autofilter(HEADER_ROW, 0, last, len(COLUMNS))
    sheet.print_area(0, 0, last, len(COLUMNS))
    sheet.set_column(0, 0, 6)
    for place, column in enumerate(COLUMNS, 1):
        sheet.set_column(place, place, column.width, book.styles["text"])


def _head(sheet: Worksheet, book: Book, above: list[str], about: About) -> None:
    for row, text in enumerate(above):
        write(sheet, row, 0, text, book.styles[ABOVE[row]])
    names = ["No", *(about.told(column.head) for column in COLUMNS)]
    for place, name in enumerate(names):
        write(sheet, HEADER_ROW, place, name, book.styles["printed_header"])


def _row(sheet: Worksheet, book: Book, number: int, line: Line, about: About) -> None:
    at, style = HEADER_ROW + number, book.styles["wrapped"]
    told = [column.of(line, about) for column in COLUMNS]
    wrap(sheet, at, zip(map(str, told), (column.width for column in COLUMNS), strict=True))
    sheet.write_number(at, 0, number, book.styles["number"])
    for place, cell in enumerate(told, 1):
        if isinstance(cell, int):
            sheet.write_number(at, place, cell, book.styles["number"])
        elif cell:
            write(sheet, at, place, cell, style)
