"""How a cell is read: the forms that a column may have.

Whatever a cell holds, a form answers with a value that JSON can carry, with nothing, or with what
is wrong with it. It raises nothing. What a template of ours prints is read back as what it was.
"""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.domain.appointments import USERNAME
from app.domain.errors import Language, Said
from app.domain.imports.problems import Flawed
from app.domain.niks import without_white_space


@dataclass(frozen=True)
class CellError:
    """What a spreadsheet shows where a formula failed: `#REF!`."""

    text: str


Cell = str | float | int | bool | date | datetime | CellError | None
LARGEST = 10**15  # beyond it a spreadsheet has lost digits
SHOWN = 30  # characters of what cannot be read
LINE, SHORT_LINE, NOTE, NUMBER = 250, 60, 2_000, 40
NOTHING = frozenset("-\N{EN DASH}\N{EM DASH}")  # what people write where there is nothing

FORMULA_SIGNS = frozenset("=+-@")  # before them, a CSV file of ours puts an apostrophe
# As Excel writes them into CSV, which has no other form for them.
ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)

SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")
DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
WHOLE = re.compile(r"[0-9]{1,18}")
NEIGHBOURHOOD = re.compile(r"(?:R[TW])?[ .:]*([0-9]{1,3})", re.IGNORECASE)
REGION_CODE = re.compile(r"[0-9]{2}(?:\.?[0-9]{2}){0,2}|[0-9]{2}\.?[0-9]{2}\.?[0-9]{2}\.?[0-9]{4}")

Text = str | Flawed | None


def line(text: str) -> Text:
    """One line, with single blanks, in NFC; nothing that nobody typed, or can see."""
    text = " ".join(text.split())
    if text in ERRORS:
        return Flawed("cell_error", {"given": text})
    if text[:1] == "'" and text[1:2] in FORMULA_SIGNS:
        text = text[1:]
    if not text.isprintable():
        return Flawed("characters")
    return (text if text.isascii() else unicodedata.normalize("NFC", text)) or None


def written(cell: Cell) -> Text:
    """What a cell says, as text: a spreadsheet makes numbers of house numbers."""
    said = _SAYS.get(type(cell))
    return Flawed("unreadable") if said is None else said(cell)


def _number(number: float) -> Text:
    if not -LARGEST < number < LARGEST:  # nor what is not a number at all
        return Flawed("unreadable")
    return str(int(number) if number == int(number) else number)


def _failed(cell: CellError) -> Text:
    return Flawed("cell_error", {"given": cell.text[:SHOWN]})


def _turned(_: date) -> Text:
    return Flawed("date_instead_of_text")


_SAYS: Mapping[type, Callable[[Any], Text]] = {
    type(None): lambda _: None,
    str: line,
    bool: lambda truth: "TRUE" if truth else "FALSE",
    int: _number,
    float: _number,
    date: _turned,
    datetime: _turned,
    CellError: _failed,
}


# What each form takes, by its name.
TAKES: Mapping[str, Said] = {
    "text": Said(id="teks", en="text"),
    "note": Said(id="teks, boleh beberapa baris", en="text, of several lines if need be"),
    "kept": Said(id="jangan diubah", en="leave as it is"),
    "digits": Said(id="16 angka, sel berformat teks", en="16 digits, in a text cell"),
    "area_code": Said(id="kode BPS", en="BPS code"),
    "date": Said(
        id="hari/bulan/tahun, misalnya 19/05/1984", en="day/month/year, such as 19/05/1984"
    ),
    "integer": Said(id="bilangan bulat", en="a whole number"),
    "rt_rw": Said(id="sampai tiga angka, misalnya 004", en="up to three digits, such as 004"),
    "region": Said(id="nama, atau kode Kemendagri", en="its name, or its Kemendagri code"),
    "id": Said(id="id dari daftar kami", en="an id of our lists"),
    "username": Said(
        id="huruf kecil dan angka; kosong: dibuatkan",
        en="small letters and digits; empty: one is made",
    ),
    "choice": Said(id="pilih dari daftar", en="choose from the list"),
    "yes_no": Said(id="YA atau TIDAK", en="YA (yes) or TIDAK (no)"),
}


@dataclass(frozen=True, kw_only=True)
class Form(ABC):
    """What a column takes. `name` stands in the documents, `told` where it is not as usual."""

    name: str
    told: Said | None = None
    repeats: bool = True  # the same texts come again and again, so they are read only once
    is_text: bool = True  # a template formats the cell as text

    @property
    def said(self) -> Said:
        """What to write, in a few words."""
        return self.told or TAKES[self.name]

    @property
    def choices(self) -> tuple[Said, ...]:
        """What a template offers to choose from; nothing: anything may be written."""
        return ()

    @abstractmethod
    def read(self, cell: Cell) -> object:
        """Its value, None, or what is wrong with it."""

    def shown(self, value: object, language: Language) -> str:  # noqa: ARG002 - of choices
        """What a template prints for a value."""
        return str(value)


@dataclass(frozen=True, kw_only=True)
class WrittenForm(Form):
    """What a cell says, whatever a spreadsheet has made of it."""

    def read(self, cell: Cell) -> object:
        text = written(cell)
        if isinstance(text, str):
            return None if text in NOTHING else self.of_text(text)
        return text

    @abstractmethod
    def of_text(self, text: str) -> object:
        """The value of a text that is not empty, or what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class TextForm(WrittenForm):
    name: str = "text"
    longest: int = LINE

    def of_text(self, text: str) -> object:
        return text if len(text) <= self.longest else Flawed("too_long", {"longest": self.longest})


@dataclass(frozen=True, kw_only=True)
class NoteForm(TextForm):
    """Several lines, with their breaks."""

    name: str = "note"
    repeats: bool = False
    longest: int = NOTE

    def read(self, cell: Cell) -> object:
        if not isinstance(cell, str):
            return super().read(cell)
        rows = [line(row) for row in cell.strip().splitlines()]
        wrong = next((row for row in rows if isinstance(row, Flawed)), None)
        return wrong or (self.of_text("\n".join(str(row or "") for row in rows)) or None)


@dataclass(frozen=True, kw_only=True)
class Kept(Form):
    """What stood there, as our own workbook prints it: compared, and never refused."""

    name: str = "kept"
    repeats: bool = False

    def read(self, cell: Cell) -> object:
        if isinstance(cell, date):
            return cell.strftime("%d/%m/%Y")
        text = written(cell)
        return text[:NOTE] if isinstance(text, str) else None


@dataclass(frozen=True, kw_only=True)
class Unread(Kept):
    """What our own workbook tells its reader: nobody decides by it, so it is not kept either."""

    def read(self, cell: Cell) -> object:  # noqa: ARG002 - whatever stands there
        return None


@dataclass(frozen=True, kw_only=True)
class NumberText(WrittenForm):
    """A number that is text: NIK, KK, household id. `length` none: its own rules tell later."""

    name: str = "digits"
    repeats: bool = False
    length: int | None = None

    def read(self, cell: Cell) -> object:
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return Flawed("number_instead_of_text")
        return super().read(cell)

    def of_text(self, text: str) -> object:
        digits = without_white_space(text)
        if SCIENTIFIC.fullmatch(digits):
            return Flawed("scientific_number")
        if len(digits) > NUMBER:
            return Flawed("too_long", {"longest": NUMBER})
        if self.length and not (len(digits) == self.length and _all_digits(digits)):
            return Flawed("not_digits", {"length": self.length})
        return digits


@dataclass(frozen=True, kw_only=True)
class AreaCode(WrittenForm):
    """Part of a BPS code: a spreadsheet drops its leading zeros."""

    name: str = "area_code"
    length: int = 2

    def of_text(self, text: str) -> object:
        if not _all_digits(text) or len(text) > self.length:
            return Flawed("not_digits", {"length": self.length})
        return text.zfill(self.length)


@dataclass(frozen=True, kw_only=True)
class DateForm(WrittenForm):
    name: str = "date"

    def read(self, cell: Cell) -> object:
        if isinstance(cell, date):
            return _kept_day(cell.date() if isinstance(cell, datetime) else cell)
        return super().read(cell)

    def of_text(self, text: str) -> object:
        if found := DAY.fullmatch(text):
            return _day(*map(int, reversed(found.groups())))
        if found := ISO_DAY.fullmatch(text):
            return _day(*map(int, found.groups()))
        return Flawed("not_a_date")

    def shown(self, value: object, language: Language) -> str:  # noqa: ARG002
        year, month, day = str(value).split("-")
        return f"{day}/{month}/{year}"


@dataclass(frozen=True, kw_only=True)
class WholeNumber(WrittenForm):
    name: str = "integer"
    is_text: bool = False
    min: int = 0
    max: int = 99

    def of_text(self, text: str) -> object:
        if not WHOLE.fullmatch(text):
            return Flawed("not_a_number")
        number = int(text)
        if not self.min <= number <= self.max:
            return Flawed("out_of_range", {"min": self.min, "max": self.max})
        return number


@dataclass(frozen=True, kw_only=True)
class Neighbourhood(WrittenForm):
    name: str = "rt_rw"

    def of_text(self, text: str) -> object:
        found = NEIGHBOURHOOD.fullmatch(text)
        return found[1].zfill(3) if found else Flawed("not_a_neighbourhood")


@dataclass(frozen=True, kw_only=True)
class RegionForm(TextForm):
    """A region by its name, or by its Kemendagri code with dots or without."""

    name: str = "region"

    def of_text(self, text: str) -> object:
        if REGION_CODE.fullmatch(text):
            return text.replace(".", "")
        return super().of_text(text)


@dataclass(frozen=True, kw_only=True)
class IdForm(WrittenForm):
    name: str = "id"
    repeats: bool = False

    def of_text(self, text: str) -> object:
        try:
            return str(UUID(text)) if len(text) <= NUMBER else Flawed("not_an_id")
        except ValueError:
            return Flawed("not_an_id")


@dataclass(frozen=True, kw_only=True)
class UsernameForm(WrittenForm):
    name: str = "username"
    repeats: bool = False

    def of_text(self, text: str) -> object:
        name = text.lower()
        return name if USERNAME.fullmatch(name) else Flawed("not_a_username")


def _all_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _day(year: int, month: int, day: int) -> object:
    try:
        return _kept_day(date(year, month, day))
    except ValueError:
        return Flawed("not_a_date")


def _kept_day(day: date) -> object:
    """The first and the last day there are would be kept as infinities."""
    return day.isoformat() if date.min < day < date.max else Flawed("not_a_date")
