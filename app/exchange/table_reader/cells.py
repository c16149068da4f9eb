"""What becomes of a row, and the one way in which a file is refused."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any

MOST_COLUMNS = 256
LONGEST_CELL = 32_767  # as in Excel
EXACT = 1 << 53

# The cells of a row as JSON, or None for a row in which nothing stands.
Rows = Iterator[str | None]
encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class Refused(Exception):
    def __init__(self, code: str, **words: int) -> None:
        super().__init__(code)
        self.code, self.words = code, words


def of_values(values: Iterable[object]) -> str | None:
    """What JSON has no form for is an object with one name: `date`, `datetime`, `error`."""
    cells = [FORMS[type(value)](value) for value in values]
    return None if cells.count(None) == len(cells) else encoded(cells)


def of_string(value: str) -> str | None:
    if not value or value.isspace():
        return None
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def of_number(value: float) -> object:
    """A workbook knows no whole numbers; beyond 2^53 it does not have them to the last digit."""
    if not isfinite(value):
        return of_error("#NUM!")
    return int(value) if value.is_integer() and abs(value) < EXACT else value


def of_error(value: str) -> object:
    return {"error": value}


class CellError(str):
    """What stands in a cell instead of a value, such as #N/A."""

    __slots__ = ()


FORMS: dict[type, Callable[[Any], object]] = {
    str: of_string,
    float: of_number,
    int: int,
    bool: bool,
    date: lambda value: {"date": value.isoformat()},
    datetime: lambda value: {"datetime": value.isoformat()},
    time: str,
    timedelta: str,
    CellError: of_error,
}
