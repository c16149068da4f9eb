"""What becomes of a row that goes back: its cells as text, and what is said of each of them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from app.domain.imports.cells import ERRORS, Cell, CellError
from app.domain.imports.columns import Column, Layout
from app.domain.imports.headers import (
    LOOKED_AT,
    Header,
    find_header,
    holds_nothing,
    is_ours,
)
from app.exchange.table_rows import BETWEEN, DECODED, Row

REMARKED = "\x03"  # stands where BETWEEN does in the lines of rows
LONGEST_MESSAGE = 30_000
ERROR = "error"
LOST = "#VALUE!"  # an error is not to come again as a text
# As text they would pass when they come again, though nobody has looked at them.
REFUSED_FOR_THEIR_TYPE = {"number_instead_of_text", "date_instead_of_text", "unreadable"}


class Remark(NamedTuple):
    """What is wrong with a cell, or of none with the row, in the words of its reader."""

    column: str | None
    code: str
    severity: str
    text: str


Remarks = Sequence[Remark]
Told = tuple[int, list[Cell], Remarks]


@dataclass(frozen=True)
class Frame:
    """Where things stand in the file: in what was sent, and in what goes back.

    Two columns of ours follow the last one of the header. Whatever the sender has beyond it comes
    after them; those of a file that was marked before are left out.
    """

    layout: Layout
    header: Header
    row: int  # of the header, as the file counts
    names: list[str]
    dropped: frozenset[int]
    width: int
    columns: Mapping[int, Column]  # by their place in what goes back

    @property
    def places(self) -> dict[str, int]:
        return {each.key: place for place, each in self.columns.items()}


@dataclass(slots=True)
class Marked:
    """A row as it goes back. `cells` are text, but for those that are refused for being none."""

    number: int
    cells: list[Cell]
    beyond: list[Cell]  # what stands after the last column
    flaws: Mapping[int, list[Remark]] = field(default_factory=dict)
    severity: str = ""
    message: str = ""


def rows_in(lines: Iterable[bytes]) -> Iterator[Told]:
    """The rows, each with what is said of it, which comes before it."""
    waiting: dict[int, Remarks] = {}
    for line in lines:
        text = line.decode()
        number, between, cells = text.partition(BETWEEN)
        if between:
            yield int(number), DECODED(cells), waiting.pop(int(number), ())
        else:
            number, _, remarks = text.partition(REMARKED)
            waiting[int(number)] = [Remark(*each) for each in json.loads(remarks)]


def framed(layout: Layout, head: Sequence[Row]) -> Frame:
    cells = [row for _, row in head[:LOOKED_AT]]
    header = find_header(layout, cells)
    names = cells[header.row - 1]
    dropped = frozenset(place for place, name in enumerate(names) if is_ours(name))
    widths = [len(_without(trimmed(row), dropped)) for row in cells]
    positions = header.positions.items()
    columns = {
        place - sum(each < place for each in dropped): layout.by_key[key]
        for key, place in positions
    }
    kept = [as_text(name) for name in _without(names, dropped)]
    number = head[header.row - 1][0]
    return Frame(layout, header, number, kept, dropped, max(widths), columns)


def marked(frame: Frame, told: Told) -> Marked:
    number, cells, remarks = told
    cells = _without(trimmed(cells), frame.dropped)
    row = Marked(number, cells[: frame.width], cells[frame.width :])
    if remarks:
        _remark(row, frame, remarks)
    for place, cell in enumerate(row.cells):
        if cell is not None and type(cell) is not str and not _stays(row, place):
            row.cells[place] = as_text(cell, frame.columns.get(place))
    row.beyond = [as_text(cell) for cell in row.beyond]
    return row


def holds_data(frame: Frame, told: Told) -> bool:
    number, cells, _ = told
    return number > frame.row and not holds_nothing(frame.header, cells)


def as_text(cell: Cell, column: Column | None = None) -> str:
    """Days as people write them. The hour is of no use to a column that we read."""
    if isinstance(cell, datetime) and (column is None and cell.time() != datetime.min.time()):
        return f"{cell:%d/%m/%Y %H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, CellError):
        return cell.text if cell.text in ERRORS else LOST
    return "" if cell is None else str(cell)


def trimmed(cells: Sequence[Cell]) -> list[Cell]:
    last = next((n for n in range(len(cells), 0, -1) if cells[n - 1] is not None), 0)
    return list(cells[:last])


def _without(cells: Sequence[Any], dropped: frozenset[int]) -> list[Any]:
    return [each for place, each in enumerate(cells) if place not in dropped]


def _remark(row: Marked, frame: Frame, remarks: Remarks) -> None:
    places, flaws, said = frame.places, dict[int, list[Remark]](), []
    for each in remarks:
        place = places.get(each.column or "")
        if place is not None:
            flaws.setdefault(place, []).append(each)
            said.append(f"{' '.join(frame.names[place].split())}: {each.text}")
        else:
            said.append(each.text)
    row.flaws, row.message = flaws, " ".join(said)[:LONGEST_MESSAGE]
    row.severity = worst(remarks)


def worst(remarks: Iterable[Remark]) -> str:
    return max((each.severity for each in remarks), key=lambda severity: severity == ERROR)


def _stays(row: Marked, place: int) -> bool:
    codes = {each.code for each in row.flaws.get(place, ())}
    return not codes.isdisjoint(REFUSED_FOR_THEIR_TYPE)
