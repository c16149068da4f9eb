"""Rows as a workbook: text is text, also where it is all digits, and nothing is a formula."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, BinaryIO, Protocol, cast

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.domain.extracts.columns import Kind
from app.exchange.scribe.orders import Order
from app.exchange.sheet_names import DATA
from app.exchange.sheets import AUTHOR, HEADER, LAST_ROW, LONGEST, TEXT, QuickSheet, write

MADE_ON = datetime(2000, 1, 1)  # noqa: DTZ001 - the same rows make the same bytes: no clock
FIRST_DAY = date(1900, 3, 1)  # before it, programs do not agree on what day a number is
BETWEEN = "|"  # as in CSV
WIDTHS: Mapping[Kind, int] = {
    **dict.fromkeys((Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE), 12),
    **dict.fromkeys((Kind.TEXT, Kind.TEXTS), 20),
    Kind.TIMESTAMP: 32,
}


class Cell(Protocol):
    def __call__(self, row: int, column: int, value: Any) -> None: ...  # noqa: ANN401


class TooManyRows(Exception):
    """XlsxWriter would leave them out and say nothing."""


class OtherColumns(Exception):
    """A row is not of the columns that were promised."""


def written(order: Order, lines: BinaryIO) -> int:
    apart = {"constant_memory": True, "tmpdir": str(order.path.parent)}
    row = 0
    with xlsxwriter.Workbook(order.path, apart) as book:
        _describe(book, order)
        sheet = cast("Worksheet", book.add_worksheet(DATA["id"], QuickSheet))
        cells = _headed(book, sheet, order.columns)
        for row, line in enumerate(lines, 1):
            if row > LAST_ROW:
                raise TooManyRows
            _add(row, json.loads(line), cells)
        sheet.autofilter(0, 0, row, len(cells) - 1)
    return row


def _add(row: int, values: Mapping[str, Any], cells: Mapping[str, Cell]) -> None:
    if values.keys() != cells.keys():
        raise OtherColumns
    for column, (name, cell) in enumerate(cells.items()):
        value = values[name]
        if value is not None:
            cell(row, column, value)


def _describe(book: xlsxwriter.Workbook, order: Order) -> None:
    book.set_properties({"author": AUTHOR, "created": MADE_ON})
    for name, value in order.about.items():
        book.set_custom_property(f"siks-{name}", value, "text")


def _headed(
    book: xlsxwriter.Workbook, sheet: Worksheet, columns: Mapping[str, Kind]
) -> Mapping[str, Cell]:
    """The header; and how the cells below it are written."""
    text = book.add_format({"num_format": TEXT})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    header = book.add_format({"num_format": TEXT, **HEADER})
    sheet.freeze_panes(1, 0)
    for column, (name, kind) in enumerate(columns.items()):
        sheet.set_column(column, column, max(WIDTHS[kind], len(name) + 4))
        write(sheet, 0, column, name, header)
    return {name: _cell(kind, sheet, text, day) for name, kind in columns.items()}


def _cell(kind: Kind, sheet: Worksheet, text: Format, day: Format) -> Cell:
    """A time stays text, for a sheet has no time zones: what it says must not be read as local."""
    if kind is Kind.BOOLEAN:
        return cast("Cell", sheet.write_boolean)
    if kind in {Kind.INTEGER, Kind.NUMBER}:
        return cast("Cell", sheet.write_number)
    if kind is Kind.DATE:
        return partial(_day, sheet, text, day)
    return partial(_texts if kind is Kind.TEXTS else _text, sheet, text)


def _text(sheet: Worksheet, style: Format, row: int, column: int, value: str) -> None:
    shown = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"  # else it is cut in silence
    write(sheet, row, column, shown, style)


def _texts(sheet: Worksheet, style: Format, row: int, column: int, value: list[str]) -> None:
    _text(sheet, style, row, column, BETWEEN.join(value))


def _day(  # noqa: PLR0913, PLR0917 - a cell, and its two styles
    sheet: Worksheet, text: Format, day: Format, row: int, column: int, value: str
) -> None:
    on = date.fromisoformat(value)
    if on < FIRST_DAY:
        write(sheet, row, column, value, text)
    else:
        sheet.write_datetime(row, column, on, day)
