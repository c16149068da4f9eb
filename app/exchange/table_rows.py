"""The lines in which the table reader tells its rows, read."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime

from app.domain.imports.cells import Cell, CellError

BETWEEN = "\x02"  # the number of a row and its cells; JSON has no such sign
Row = tuple[int, list[Cell]]


def rows_in(lines: bytes, before: str = "") -> list[Row]:
    rows = []
    for line in lines.decode().removesuffix("\n").split("\n"):
        number, _, cells = line[len(before) :].partition(BETWEEN)
        rows.append((int(number), DECODED(cells)))
    return rows


def _cell(told: dict[str, str]) -> Cell:
    [(name, value)] = told.items()
    return FORMS[name](value)


FORMS: Mapping[str, Callable[[str], Cell]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "error": CellError,
}
DECODED: Callable[[str], list[Cell]] = json.JSONDecoder(object_hook=_cell).decode
