"""The kinds of files that are taken in, and how a row of one is read.

    header = find_header(layout, first_rows)
    read = read_row(layout, header, cells, today=today())

`read.values` speak the registry's own names and codes, `placed` says where each of them belongs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any

from app.domain.imports import (
    bdt2015,
    nik_corrections,
    operators,
    proposals,
    verification_results,
)
from app.domain.imports.cells import Cell
from app.domain.imports.columns import ANYWHERE, Around, Column, ImportKind, Layout
from app.domain.imports.headers import Header
from app.domain.imports.problems import SAID, Flawed, Problem, usual
from app.domain.niks import KnownRegions

LAYOUTS: Mapping[ImportKind, Layout] = {
    each.kind: each
    for each in (
        proposals.LAYOUT,
        bdt2015.LAYOUT,
        nik_corrections.LAYOUT,
        verification_results.LAYOUT,
        operators.LAYOUT,
    )
}
REMEMBERED = 4_096  # readings of one column
SHORT = 60  # characters; longer texts do not come again
MISSING = Flawed("missing")
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Read:
    """`values` by column key, as JSON carries them; what is empty is not there.

    `of_unit`: those that the row shares with its unit; the same object where the row read before
    says the same.
    """

    values: Mapping[str, Any]
    problems: tuple[Problem, ...]
    of_unit: Mapping[str, Any]

    @property
    def own(self) -> Mapping[str, Any]:
        """What it says beside them."""
        return {key: self.values[key] for key in self.values.keys() - self.of_unit.keys()}


def read_row(
    layout: Layout,
    header: Header,
    cells: Sequence[Cell],
    *,
    today: date,
    known: KnownRegions = ANYWHERE,
) -> Read:
    """What one row says, and all that is wrong with it."""
    plan = _plan(layout, header)
    if len(cells) < plan.width:
        cells = [*cells, *(None,) * (plan.width - len(cells))]
    of_unit, own = plan.of_unit.read(cells), plan.own.read(cells)
    values, flaws = of_unit.values | own.values, (*of_unit.flaws, *own.flaws)
    problems = [_told(layout.by_key[key], flaw) for key, flaw in flaws]
    around = Around(today, known, frozenset(key for key, _ in flaws) if flaws else NONE)
    for rule in layout.rules:
        problems += rule(values, around)
    return Read(values, tuple(problems), of_unit.values)


def placed(layout: Layout, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by where they belong: `{"household": {"address": ...}, "member": ...}`."""
    tree: dict[str, Any] = {}
    for key, value in values.items():
        column = layout.by_key.get(key)
        path = column.place if column else layout.derived.get(key, ())
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        if path:
            branch[path[-1]] = value
    return tree


class _Memo(dict[Any, object]):
    """What a column makes of a cell. Texts that come again are read only once."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self._read, self._repeats = column.form.read, column.form.repeats
        self._empty = MISSING if column.required else column.empty_is

    def __missing__(self, cell: Cell) -> object:
        found = self._read(cell)
        if found is None:
            found = self._empty
        if cell is None or (self._repeats and isinstance(cell, str) and len(cell) <= SHORT):
            if len(self) >= REMEMBERED:
                self.clear()
            self[cell] = found
        return found


@dataclass(frozen=True)
class _Said:
    """Cells of a row, read: what is not empty, and what is wrong with them."""

    values: dict[str, Any]
    flaws: Sequence[tuple[str, Flawed]] = ()


class _Part:
    """Some columns of a file. Where they say what they said in the row before, they mean it too."""

    def __init__(self, columns: Iterable[Column], header: Header) -> None:
        self._memos = [(each.key, header.positions[each.key], _Memo(each)) for each in columns]
        self._cells_of = _picked([place for _, place, _ in self._memos])
        self._cells: tuple[Cell, ...] | None = None
        self._said = _Said({})

    def read(self, cells: Sequence[Cell]) -> _Said:
        mine = self._cells_of(cells)
        if mine != self._cells:
            self._said = self._read(cells)
            is_text = {str, type(None)}.issuperset(map(type, mine))
            self._cells = mine if is_text else None  # 1 is True, and 1.0
        return self._said

    def _read(self, cells: Sequence[Cell]) -> _Said:
        found = ((key, memo[cells[place]]) for key, place, memo in self._memos)
        values = {key: each for key, each in found if each is not None}
        if Flawed not in set(map(type, values.values())):
            return _Said(values)
        flaws = [(key, each) for key, each in values.items() if type(each) is Flawed]
        for key, flaw in flaws:
            _keep(values, key, flaw)
        return _Said(values, flaws)


def _picked(places: Sequence[int]) -> Callable[[Sequence[Cell]], tuple[Cell, ...]]:
    """The cells at these places. Of a single one `itemgetter` makes no tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: tuple(cells[place] for place in places)


@dataclass(frozen=True)
class _Plan:
    width: int
    of_unit: _Part
    own: _Part


@lru_cache(maxsize=8)
def _plan(layout: Layout, header: Header) -> _Plan:
    present = [each for each in layout.columns if each.key in header.positions]
    return _Plan(
        width=max(header.positions.values(), default=-1) + 1,
        of_unit=_Part((each for each in present if each.key in layout.of_unit), header),
        own=_Part((each for each in present if each.key not in layout.of_unit), header),
    )


def _told(column: Column, flaw: Flawed) -> Problem:
    severity = "warning" if column.lenient else usual(flaw.code)
    return Problem(column.key, flaw.code, flaw.said or SAID[flaw.code], flaw.words, severity)


def _keep(values: dict[str, Any], key: str, flaw: Flawed) -> None:
    if flaw.value is None:
        del values[key]
    else:
        values[key] = flaw.value
