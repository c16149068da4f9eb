"""How our workbooks are written: cells that are text, and nothing that could act as a formula.

Rows are streamed: a row that is left cannot be written again, and is not held in memory.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.domain.errors import Language, Said
from app.domain.imports.columns import Column, Layout, letter_of
from app.exchange.sheet_names import CODES

LAYOUT_PROPERTY = "siks-layout"
AUTHOR = "SIKS-NG"
TEXT = 49  # the number format @
LAST_ROW = 1_048_575
A4 = 9  # as Excel numbers papers
MOST_COMMENTS = 10_000  # of a sheet: each is a drawing, and held in memory until the end
NARROW, DIGITS, WIDE, WIDEST, ARROW = 16, 20, 28, 70, 4  # characters
TO_A_LINE, LINE, MARGIN = 40, 17, 12  # of a comment: characters, and its height in pixels
HEIGHT, MOST_LINES = 15, 8  # of a row: points of a line; what wraps is not seen otherwise
LONGEST = 32_000  # characters of a cell; Excel takes 32,767
NO_TEXT = re.compile("[\ud800-\udfff]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
PLAIN = re.compile("[A-Za-z0-9][A-Za-z0-9 .,:/()-]*[A-Za-z0-9.,:/()-]")
UNSEEN = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\n]")
GREY, BLUE, RED, YELLOW = "#E7E6E6", "#D9E1F2", "#FFC7CE", "#FFEB9C"

# Characters; the id of a row is there for us, and is not read by people.
WIDTHS: Mapping[str, int] = {
    **dict.fromkeys(("rt", "rw", "old_rt", "old_rw"), 8),
    **dict.fromkeys(("case_id", "proposal_id"), 10),
    **dict.fromkeys(("dtks_id", "old_birth_date", "old_sex"), 15),
    **dict.fromkeys(("old_nik", "old_card_number", "check"), 20),
    **dict.fromkeys(("reason_1", "reason_2", "reason_3"), 45),
    "occupation": 20,
    "address": WIDE,
    "explanation": 60,
}

# Of CSV: as Excel in Indonesian reads and writes it; the mark says that the text is UTF-8.
DELIMITER, CSV_ENCODING = ";", "utf-8-sig"

# A cell that a spreadsheet would take for a formula; a number or a lone dash is none.
FORMULA = re.compile(r"[=@]|[-+](?!$|[0-9]+(?:[.,][0-9]+)?$)")

PRINTED: dict[str, Any] = {"bg_color": GREY, "font_color": "#404040", "valign": "top"}
HEADER: dict[str, Any] = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}
STYLES: dict[str, dict[str, Any]] = {
    "text": {"valign": "top"},
    "printed": PRINTED,
    "printed_text": {**PRINTED, "text_wrap": True},
    "error": {"bg_color": RED, "font_color": "#9C0006"},
    "warning": {"bg_color": YELLOW, "font_color": "#7F6000"},
    "error_day": {"bg_color": RED, "font_color": "#9C0006", "num_format": "dd/mm/yyyy"},
    "warning_day": {"bg_color": YELLOW, "font_color": "#7F6000", "num_format": "dd/mm/yyyy"},
    "header": HEADER,
    "required": {**HEADER, "bg_color": BLUE},
    "printed_header": {**HEADER, "bg_color": GREY},
    "title": {"bold": True, "font_size": 14},
    "bold": {"bold": True},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "number": {"valign": "top", "num_format": "0"},
    "count": {"valign": "top", "num_format": "#,##0"},
    "total": {"bold": True, "num_format": "#,##0", "top": 1, "bg_color": GREY},
    "total_name": {"bold": True, "top": 1, "bg_color": GREY},
}


class QuickSheet(Worksheet):  # type: ignore[misc]
    """Most cells are short texts that need no care, of which a large sheet has ten million. For
    these XlsxWriter's own way, six searches for each, takes three times as long."""

    def _write_cell(self, row: int, col: int, cell: Any) -> None:  # noqa: ANN401
        text = getattr(cell, "string", "")  # its number, where the workbook lies in memory
        if cell.format and isinstance(text, str) and (text.isalnum() or PLAIN.fullmatch(text)):
            style = cell.format._get_xf_index()  # noqa: SLF001
            start = f'<c r="{letter_of(col)}{row + 1}" s="{style}" t="inlineStr">'
            self.fh.write(f"{start}<is><t>{text}</t></is></c>")
        else:
            super()._write_cell(row, col, cell)


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
        sheet = cast("Worksheet", self._written.add_worksheet(names[self.language], QuickSheet))
        sheet.set_comments_author(AUTHOR)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)  # whoever prints it has every column on the page
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
        self._language, self._widths = book.language, widths
        sheet.hide_gridlines(2)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width, book.styles["wrapped"])

    def add(self, *cells: Said | str | int, style: str = "wrapped") -> None:
        said = [self.told(cell) if isinstance(cell, Said) else cell for cell in cells]
        if style == "wrapped":
            wrap(self.sheet, self._row, zip(map(str, said), self._widths, strict=False))
        for place, cell in enumerate(said):
            at = (self._row, place)
            if isinstance(cell, int):
                self.sheet.write_number(*at, cell, self._styles[style])
            else:
                write(self.sheet, *at, cell, self._styles[style])
        self._row += 1

    def told(self, said: Said, **words: object) -> str:
        return said.told(self._language, words)


@contextmanager
def workbook(path: Path, layout: Layout, language: Language, folder: Path | None) -> Iterator[Book]:
    """`folder` holds its parts until it is closed; none: memory does, for some hundred rows."""
    apart = {"constant_memory": True, "tmpdir": str(folder)}
    written = xlsxwriter.Workbook(path, apart if folder else {"in_memory": True})
    written.set_properties({"author": AUTHOR, "title": layout.title.told(language)})
    written.set_custom_property(LAYOUT_PROPERTY, f"{layout.kind}/{layout.version}", "text")
    yield Book(written, language)
    written.close()


def write(sheet: Worksheet, row: int, column: int, text: str, style: Format) -> None:
    sheet.write_string(row, column, text if text.isalnum() else clean(text), style)


def wrap(sheet: Worksheet, row: int, cells: Iterable[tuple[str, int]]) -> None:
    """As high as its texts are, each in its width; not every program sees to that by itself."""
    lines = max((_lines(text, width) for text, width in cells), default=1)
    sheet.set_row(row, HEIGHT * min(lines, MOST_LINES))


def _lines(text: str, width: int) -> int:
    return sum(len(line) // width + 1 for line in text.split("\n"))


def clean(text: str) -> str:
    """As the file can hold it. `<r>...</r>` would be taken for XML of our own."""
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "
    return text if text.isascii() else NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def comment(sheet: Worksheet, row: int, column: int, text: str) -> None:
    size = {"width": 280, "height": _lines(text, TO_A_LINE) * LINE + MARGIN}
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
    if width := WIDTHS.get(column.key):
        return width
    if column.form.name == "digits":
        return DIGITS
    if column.choices:
        longest = max(len(text) for each in column.choices for text in (each.id, each.en))
        return min(max(NARROW, longest + ARROW), WIDE)
    return NARROW if column.form.repeats else WIDE


def _list(name: str, column: int, length: int) -> str:
    place = xlsxwriter.utility.xl_col_to_name(column)
    return f"='{name}'!${place}$1:${place}${length}"
