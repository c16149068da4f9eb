"""XLSX: what the archive says of itself, a look at its XML, and only then its rows.

calamine holds a sheet in memory, as wide as its widest row and as long as its last. It gives
cached values for formulas and nothing for errors; these are seen in the XML.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from python_calamine import CalamineSheet, load_workbook

from app.exchange.sheet_names import BESIDES
from app.exchange.table_reader.cells import (
    LONGEST_CELL,
    MOST_COLUMNS,
    CellError,
    Refused,
    Rows,
    of_values,
)

MOST_ROWS = 300_000
MOST_CELLS = 16_000_000  # 100,000 rows of 101 are ten
MOST_PARTS = 1_000
MOST_UNPACKED = 1 << 30
MOST_RATIO, SMALL = 100, 10 << 20
PIECE, STEP, TAIL = 1 << 20, 1 << 16, 64
BOOK, RELATIONS, SHEETS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/"

TOO_FAR = re.compile(
    rb"<(?:c|row) r=[\"'](?:([A-Z]{3}|[J-Z][A-Z]|I[W-Z])|[A-Z]*(?:[3-9][0-9]{5}|[0-9]{7}))"
)  # beyond column IV or row 299,999
DIMENSION = re.compile(rb"<dimension ref=[\"'][A-Z]+[0-9]+:([A-Z]+[0-9]+)[\"']")
IN_ERROR = re.compile(rb"<c\b([^<>]*\bt=\"e\"[^<>]*)>(.*?)</c>", re.DOTALL)
PLACE = re.compile(rb"\b([A-Z]+)([0-9]+)\b")
VALUE = re.compile(rb"<v>([^<]*)</v>")
NO_RESULT = re.compile(rb"<(?:f\b[^<>]*/|/f)>(?:<v></v>|<v/>)?</c>")


@dataclass
class Seen:
    """What the XML of the sheet tells."""

    errors: dict[int, list[tuple[int, str]]] = field(default_factory=dict)  # by row: column, which
    notes: set[str] = field(default_factory=set)


def rows_of_workbook(path: Path) -> tuple[str, set[str], Rows]:
    with zipfile.ZipFile(path) as parts:
        check_directory(parts.infolist(), path.stat().st_size)
        for part in parts.infolist():
            if part.filename.endswith((".xml", ".rels")) and not part.filename.startswith(SHEETS):
                look_through(parts, part)
        name, place, notes = chosen(parts)
        seen = look_through(parts, parts.getinfo(place), is_sheet=True)
    with path.open("rb", buffering=PIECE) as file:  # of a path, calamine believes the ending
        sheet = load_workbook(file).get_sheet_by_name(name)
    if sheet.total_width > MOST_COLUMNS:
        raise Refused("too-many-columns", limit=MOST_COLUMNS)
    return name, seen.notes | notes, rows_of_sheet(sheet, seen.errors)


def check_directory(parts: list[zipfile.ZipInfo], size: int) -> None:
    """Before anything is unpacked."""
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("encrypted")
    if BOOK not in names or RELATIONS not in names:
        raise Refused("file-not-a-table")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Refused("too-big")
    is_bomb = any(part.file_size > max(SMALL, part.compress_size * MOST_RATIO) for part in parts)
    is_overlapping = sum(part.compress_size for part in parts) > size
    if is_bomb or is_overlapping or len(names) < len(parts) or len(parts) > MOST_PARTS:
        raise Refused("suspicious-file")


def chosen(parts: zipfile.ZipFile) -> tuple[str, str, set[str]]:
    """The first sheet that people see and is their own: its name, its part, what else there is."""
    book, relations = (ET.fromstring(parts.read(each)) for each in (BOOK, RELATIONS))  # noqa: S314
    places = {
        each.get("Id"): each.get("Target", "")
        for each in relations
        if each.get("Type", "").endswith("/worksheet")
    }
    sheets = [
        (each.get("name", ""), place, each.get("state", "visible") == "visible")
        for each in book.iter()
        if each.tag.endswith("}sheet") and (place := places.get(relation_of(each)))
    ]
    visible = [(name, place) for name, place, is_visible in sheets if is_visible]
    if not visible:
        raise Refused("broken")
    name, place = next((each for each in visible if each[0] not in BESIDES), visible[0])
    notes = {
        "other_sheets" if is_visible else "hidden_sheets"
        for other, _, is_visible in sheets
        if other not in {name, *BESIDES}
    }
    place = place.lstrip("/") if place.startswith("/") else f"xl/{place}"
    if place not in parts.namelist():
        raise Refused("broken")
    return name, place, notes


def relation_of(sheet: ET.Element) -> str | None:
    return next((said for name, said in sheet.items() if name.endswith("}id")), None)


# The look at the XML


def look_through(parts: zipfile.ZipFile, part: zipfile.ZipInfo, *, is_sheet: bool = False) -> Seen:
    """All of the part, piece by piece; the sheet so that no cell is cut in two."""
    seen, rest = Seen(), b""
    for piece in pieces_of(parts, part):
        look_at_xml(rest[-TAIL:] + piece)
        if part.filename.startswith("xl/"):
            look_for_long_text(piece)
        rest += piece
        cut = rest.rfind(b"<c ") if is_sheet else -1
        if cut < len(rest) - 2 * STEP:  # no cell is as long as that: there are none here
            cut = max(len(rest) - TAIL, 0)
        if is_sheet:
            look_at_cells(rest[:cut], seen)
        rest = rest[cut:]
    if is_sheet:
        look_at_cells(rest, seen)
    return seen


def pieces_of(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part as it really unpacks, whatever size the archive gives for it."""
    said = left = part.file_size
    part.file_size = MOST_UNPACKED
    with parts.open(part) as file:
        while piece := file.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise Refused("suspicious-file")
            yield piece
    part.file_size = said


def look_at_xml(xml: bytes) -> None:
    """A workbook needs no DTD, and so no entities; and is in UTF-8, in which no byte is 0."""
    if b"<!D" in xml or b"<!E" in xml or b"\0" in xml:
        raise Refused("suspicious-file")


def look_for_long_text(xml: bytes) -> None:
    for start in range(0, len(xml) - STEP + 1, STEP):
        if xml.find(b"<", start, start + STEP) < 0:
            raise Refused("cell-too-long", limit=LONGEST_CELL)


def look_at_cells(xml: bytes, seen: Seen) -> None:
    look_at_size(xml)
    if b't="e"' in xml:
        for attributes, content in IN_ERROR.findall(xml):
            note_error(attributes, content, seen)
    if b"<f>" in xml or b"<f " in xml:
        seen.notes.add("formulas")
        if NO_RESULT.search(xml):
            seen.notes.add("formulas_without_results")
    if b"<mergeCell " in xml:
        seen.notes.add("merged_cells")


def look_at_size(xml: bytes) -> None:
    if far := TOO_FAR.search(xml):
        if far[1]:
            raise Refused("too-many-columns", limit=MOST_COLUMNS)
        raise Refused("sheet-too-long", limit=MOST_ROWS)
    if (said := DIMENSION.search(xml)) and (place := place_of(said[1])):
        column, row = place
        if column * row > MOST_CELLS:
            raise Refused("too-big")


def note_error(attributes: bytes, content: bytes, seen: Seen) -> None:
    value = VALUE.search(content)
    if place := place_of(attributes):
        column, row = place
        said = value[1].decode("ascii", "replace") if value else "#N/A"
        seen.errors.setdefault(row, []).append((column, said))


def place_of(text: bytes) -> tuple[int, int] | None:
    """`AB12` is (28, 12)."""
    if not (place := PLACE.search(text)):
        return None
    column = 0
    for letter in place[1]:
        column = column * 26 + letter - 64
    return column, int(place[2])


# The rows


def rows_of_sheet(sheet: CalamineSheet, errors: Mapping[int, list[tuple[int, str]]]) -> Rows:
    """calamine gives the rows above the first with anything, but not the columns before it."""
    before = [""] * (sheet.start or (0, 0))[1]
    for number, row in enumerate(sheet.iter_rows(), 1):
        values = [*before, *row]
        for column, said in errors.get(number, ()):
            if column <= len(values):
                values[column - 1] = CellError(said)
        cells = of_values(values)
        if cells and (len(cells) > LONGEST_CELL or "\\u0000" in cells):
            look_at_texts(values, number)
        yield cells


def look_at_texts(values: Iterable[object], number: int) -> None:
    for value in values:
        if isinstance(value, str) and "\0" in value:
            raise Refused("nul-character", line=number)
        if isinstance(value, str) and len(value) > LONGEST_CELL:
            raise Refused("cell-too-long", limit=LONGEST_CELL)
