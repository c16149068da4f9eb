"""The marked workbook: bad cells in colour, with a comment on each."""

from collections.abc import Sequence
from datetime import date

from app.domain.imports.cells import Cell
from app.domain.imports.headers import MESSAGES, STATUS
from app.exchange.marker.rows import Frame, Marked, Remark, worst
from app.exchange.marker.tally import About, Tally, sum_up
from app.exchange.marker.words import SEVERITIES
from app.exchange.sheet_names import DATA
from app.exchange.sheets import WIDEST, Book, comment, width_of, wrap, write

# A workbook that our own reader takes again; it stops at 300,000 rows and at a gigabyte.
MOST_ROWS, MOST_CELLS = 300_000, 12_000_000
UNKNOWN_WIDTH, STATUS_WIDTH = 16, 16


class TooLong(Exception):
    """A workbook of so many cells would not be read again."""


class MarkedBook:
    def __init__(self, book: Book, frame: Frame, tally: Tally) -> None:
        self._book, self._frame, self._tally = book, frame, tally
        self._styles, self._sheet, self._last = book.styles, book.sheet(DATA), 0
        self._usual = [self._style(place) for place in range(frame.width)]
        self._widths = [*map(self._width, range(frame.width)), STATUS_WIDTH, WIDEST]
        self._columns()

    def _style(self, place: int) -> str:
        column = self._frame.columns.get(place)
        return "printed" if column and column.protected else "text"

    def _width(self, place: int) -> int:
        column = self._frame.columns.get(place)
        return width_of(column) if column else UNKNOWN_WIDTH

    def _columns(self) -> None:
        sheet = self._sheet
        for place, (style, width) in enumerate(
            zip([*self._usual, "text", "text"], self._widths, strict=True)
        ):
            sheet.set_column(place, place, width, self._styles[style])
        sheet.freeze_panes(self._frame.row, 0)

    def add(self, row: Marked) -> None:
        if row.number > MOST_ROWS or row.number * (self._frame.width + 2) > MOST_CELLS:
            raise TooLong
        self._last = row.number - 1
        if row.number == self._frame.row:
            self._header(row)
            return
        for place, cell in enumerate(row.cells):
            if type(cell) is str and place not in row.flaws:
                write(self._sheet, self._last, place, cell, self._styles[self._usual[place]])
        if row.severity:
            self._mark(row)
        self._texts(self._frame.width + 2, row.beyond, "text")

    def close(self, about: About) -> None:
        frame, last = self._frame, max(self._last, self._frame.row)
        self._sheet.autofilter(frame.row - 1, 0, last, frame.width + 1)
        self._book.choices(self._sheet, sorted(frame.columns.items()), first=frame.row)
        sum_up(self._book, frame, self._tally, about)

    def _header(self, row: Marked) -> None:
        language = self._book.language
        ours = [STATUS.told(language), MESSAGES.told(language)]
        names = [str(cell or "") for cell in row.cells]
        wrap(self._sheet, self._last, zip(names, self._widths, strict=False))
        self._texts(0, row.cells, "header")
        self._texts(self._frame.width, ours, "printed_header")
        self._texts(self._frame.width + 2, row.beyond, "header")

    def _texts(self, first: int, cells: Sequence[Cell], style: str) -> None:
        for place, cell in enumerate(cells, first):
            if isinstance(cell, str):
                write(self._sheet, self._last, place, cell, self._styles[style])

    def _mark(self, row: Marked) -> None:
        for place, remarks in row.flaws.items():
            cell = row.cells[place] if place < len(row.cells) else None
            self._flawed(place, cell, remarks)
        severity = SEVERITIES[row.severity].told(self._book.language)
        self._texts(self._frame.width, [severity], row.severity)
        self._texts(self._frame.width + 1, [row.message], "text")

    def _flawed(self, place: int, cell: Cell, remarks: Sequence[Remark]) -> None:
        severity = worst(remarks)
        at, style = (self._last, place), self._styles[severity]
        if isinstance(cell, str):
            write(self._sheet, *at, cell, style)
        elif isinstance(cell, date):
            self._sheet.write_datetime(*at, cell, self._styles[f"{severity}_day"])
        elif isinstance(cell, int | float):
            self._sheet.write_number(*at, cell, style)
        else:
            self._sheet.write_blank(*at, None, style)
        if self._tally.may_comment(severity):
            comment(self._sheet, *at, "\n".join(each.text for each in remarks))
