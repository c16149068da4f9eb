"""How our workbooks are written: cells that are text, and nothing that could act as a formula.

Rows are streamed: a row that is left cannot be written again, and is not held in memory.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.domain.errors import Language, Said
from app.domain.imports.columns import Column, Layout
from app.exchange.sheet_names import CODES

LAYOUT_PROPERTY = "siks-layout"
AUTHOR = "SIKS-NG"
TEXT = 49  # the number format @
LAST_ROW = 1_048_575
MOST_COMMENTS = 10_000  # of a sheet: each is a drawing, and held in memory until the end
NARROW, WIDE, WIDEST = 14, 28, 70  # characters
TO_A_LINE, LINE, MARGIN = 40, 17, 12  # of a comment: characters, and its height in pixels
LONGEST = 32_000  # characters of a cell; Excel takes 32,767
NO_TEXT = re.compile("[\ud800-\udfff]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
UNSEEN = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\n]")
GREY, BLUE, RED, YELLOW = "#E7E6E6", "#D9E1F2", "#FFC7CE", "#FFEB9C"

# Of CSV: as Excel in Indonesian reads and writes it; the mark says that the text is UTF-8.
DELIMITER, CSV_ENCODING = ";", "utf-8-sig"

# A cell that a spreadsheet would take for a formula; a number or a lone dash is none.
FORMULA = re.compile(r"[=@]|[-+](?!$|[0-9]+(?:[.,][0-9]+)?$)")

STYLES: dict[str, dict[str, Any]] = {
    "text": {},
    "printed": {"bg_color": GREY, "font_color": "#404040"},
    "error": {"bg_color": RED, "font_color": "#9C0006"},
    "warning": {"bg_color": YELLOW, "font_color": "#7F6000"},
    "error_day": {"bg_color": RED, "font_color": "#9C0006", "num_format": "dd/mm/yyyy"},
    "warning_day": {"bg_color": YELLOW, "font_color": "#7F6000", "num_format": "dd/mm/yyyy"},
    "header": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1},
    "required": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": BLUE},
    "title": {"bold": True, "font_size": 14},
    "bold": {"bold": True},
    "wrapped": {"text_wrap": True, "valign": "top"},
}


class Book:
    """A workbook that is being written, with its styles and its lists of choices."""

    def __init__(self, written: xlsxwriter.Workbook, language: Language) -> None:
        self.language = language
        self.styles: dict[str, Format] = {
            name: written.add_format({"num_format": TEXT, **style})
            for name, style in STYLES.items()
        }
        self._written = written

    def sheet(self, names: dict[str, str]) -> Worksheet:
        sheet = cast("Worksheet", self._written.add_worksheet(names[self.language]))
        sheet.set_comments_author(AUTHOR)
        return sheet

    def choices(self, sheet: Worksheet, columns: Sequence[tuple[int, Column]], first: int) -> None:
        """Drop-downs below the header. What is not on the list may be typed all the same: we take
        codes and other names too."""
        offering = [(place, each) for place, each in columns if each.choices]
        if not offering:
            return
        codes = self.sheet(CODES)
        codes.hide()
        lists = [[choice.told(self.language) for choice in each.choices] for _, each in offering]
        for row in range(max(map(len, lists))):
            for column, labels in enumerate(lists):
                if row < len(labels):
                    write(codes, row, column, labels[row], self.styles["text"])
        for number, (place, _) in enumerate(offering):
            source = _list(codes.get_name(), number, len(lists[number]))
            rule = {"validate": "list", "source": source, "error_type": "warning"}
            sheet.data_validation(first, place, LAST_ROW, place, rule)

    def lines(self, names: dict[str, str], widths: Sequence[int]) -> "Lines":
        return Lines(self, self.sheet(names), widths)


class Lines:
    """A sheet that is read from its top to its end."""

    def __init__(self, book: Book, sheet: Worksheet, widths: Sequence[int]) -> None:
        self.sheet, self._styles, self._row = sheet, book.styles, 0
        self._language = book.language
        sheet.hide_gridlines(2)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width, book.styles["wrapped"])

    def add(self, *cells: Said | str | int, style: str = "wrapped") -> None:
        for place, cell in enumerate(cells):
            at = (self._row, place)
            if isinstance(cell, int):
                self.sheet.write_number(*at, cell, self._styles[style])
                continue
            text = self.told(cell) if isinstance(cell, Said) else cell
            write(self.sheet, *at, text, self._styles[style])
        self._row += 1

    def told(self, said: Said, **words: object) -> str:
        return said.told(self._language, words)


@contextmanager
def workbook(path: Path, layout: Layout, language: Language, folder: Path) -> Iterator[Book]:
    """`folder` holds its parts until it is closed."""
    written = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(folder)})
    written.set_properties({"author": AUTHOR, "title": layout.title.told(language)})
    written.set_custom_property(LAYOUT_PROPERTY, f"{layout.kind}/{layout.version}", "text")
    yield Book(written, language)
    written.close()


def write(sheet: Worksheet, row: int, column: int, text: str, style: Format) -> None:
    sheet.write_string(row, column, text if text.isalnum() else clean(text), style)


def clean(text: str) -> str:
    """As the file can hold it. `<r>...</r>` would be taken for XML of our own."""
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "
    return text if text.isascii() else NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def comment(sheet: Worksheet, row: int, column: int, text: str) -> None:
    lines = sum(len(line) // TO_A_LINE + 1 for line in text.splitlines())
    size = {"width": 280, "height": lines * LINE + MARGIN}
    sheet.write_comment(row, column, UNSEEN.sub(" ", text[:LONGEST]), size)


def neutral(text: str) -> str:
    """For CSV, where nothing says that a cell is text, and which has no form for signs that
    nobody can see: one of them stands for all, so that they are found again."""
    if not text.isprintable():
        text = CONTROL.sub(lambda found: " " if found[0].isspace() else "\x7f", text)
    if text[:1].isspace():
        text = text.lstrip()
    return f"'{text}" if FORMULA.match(text) else text


def width_of(column: Column) -> int:
    if column.form.name == "digits":
        return NARROW + 6
    return WIDE if column.form.repeats is False or column.choices else NARROW


def _list(name: str, column: int, length: int) -> str:
    place = xlsxwriter.utility.xl_col_to_name(column)
    return f"='{name}'!${place}$1:${place}${length}"
