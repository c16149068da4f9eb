"""Finding the columns of a file by their names, in any order and however they are spelled."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from app.domain.errors import Incomplete, Said
from app.domain.imports.cells import Cell
from app.domain.imports.choices import folded
from app.domain.imports.columns import Column, Layout

LOOKED_AT = 10  # rows; above a header there may be a title
ENOUGH = 2  # columns that are known: then it is a header, and tells what is missing
SHOWN = 60  # characters of a name that we do not know
LISTED = 50  # of such names
NUMBERED = re.compile(r"\([\s0-9./-]*\)")  # "Nama SLS (11)", "TANGGAL LAHIR (31/01/2000)"
NUMBERS = re.compile(r"kolom\d*")  # how the second line of the file of 2015 begins


# What we add to a file that goes back. It may come again with them; they say nothing then.
STATUS = Said(id="STATUS PEMERIKSAAN", en="CHECK STATUS")
MESSAGES = Said(id="PESAN PEMERIKSAAN", en="CHECK MESSAGES")
OURS = frozenset(folded(name) for said in (STATUS, MESSAGES) for name in (said.id, said.en))


class HeaderNotFound(Incomplete):
    """None of the first rows names the columns of this kind of file."""

    title = Said(id="Baris judul kolom tidak ditemukan", en="The row of column names was not found")
    detail = Said(
        id="Tidak satu pun dari {rows} baris pertama memuat judul kolom {columns}. Periksa jenis "
        "berkasnya, atau pakai templat kami.",
        en="None of the first {rows} rows names the columns {columns}. Check which kind of file "
        "this is, or use our template.",
    )


class ColumnsMissing(Incomplete):
    """A column that every file of this kind has is not there."""

    title = Said(id="Ada kolom wajib yang tidak ditemukan", en="Columns are missing")
    detail = Said(
        id="Tambahkan kolom {columns}, dengan judul seperti pada templat, lalu unggah lagi.",
        en="Add the columns {columns}, named as in the template, and upload the file again.",
    )


class ColumnsDoubled(Incomplete):
    """Two columns are called the same, so nobody can say which one counts."""

    title = Said(id="Ada kolom yang tertulis dua kali", en="Columns stand twice")
    detail = Said(
        id="Kolom {columns} ada lebih dari satu. Hapus yang tidak dipakai, lalu unggah lagi.",
        en="There is more than one column {columns}. Delete what is not used, and upload again.",
    )


@dataclass(frozen=True, eq=False)
class Header:
    """`row` counts from 1. Columns are named by their keys, those we do not know as they stand."""

    row: int
    positions: Mapping[str, int]
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)  # what stands there, to know it again


def find_header(layout: Layout, first_rows: Sequence[Sequence[Cell]]) -> Header:
    """The row, among the first ten, that names most of the columns."""
    looked_at = first_rows[:LOOKED_AT]
    counts = [len(set(_known(layout, row).values())) for row in looked_at]
    best = max(counts, default=0)
    if best < min(ENOUGH, len(layout.columns)):
        wanted = [each for each in layout.columns if each.required]
        raise HeaderNotFound(rows=LOOKED_AT, columns=_named(wanted))
    found = counts.index(best)
    return _header(layout, found + 1, looked_at[found])


def accept(layout: Layout, header: Header) -> None:
    """Refuse a file whose rows could not be read, or only by guessing."""
    if header.missing:
        raise ColumnsMissing(columns=_named(layout.by_key[key] for key in header.missing))
    if header.doubled:
        raise ColumnsDoubled(columns=_named(layout.by_key[key] for key in header.doubled))


def holds_nothing(header: Header, cells: Sequence[Cell]) -> bool:
    """Whether a row below the header is none: empty, or the header again, or column numbers."""
    first = next((cell for cell in cells if cell is not None and cell != ""), None)
    if not isinstance(first, str):
        return first is None
    return bool(NUMBERS.fullmatch(_name(first))) or _is_again(header, cells)


def is_ours(cell: Cell) -> bool:
    """Whether a column of this name is one that a marked file has besides the sender's."""
    return _name(cell) in OURS


def _is_again(header: Header, cells: Sequence[Cell]) -> bool:
    width = len(cells)
    if any(place < width and _name(cells[place]) != name for place, name in header.names.items()):
        return False
    return sum(place < width for place in header.names) >= ENOUGH


def _header(layout: Layout, number: int, row: Sequence[Cell]) -> Header:
    known = _known(layout, row)
    positions: dict[str, int] = {}
    for place, key in known.items():
        positions.setdefault(key, place)
    others = [cell for place, cell in enumerate(row) if place not in known]
    unknown = [_shown(cell) for cell in others if _name(cell) and not is_ours(cell)]
    keys = list(known.values())
    return Header(
        row=number,
        positions=positions,
        unknown=tuple(unknown[:LISTED]),
        missing=tuple(c.key for c in layout.columns if c.required and c.key not in positions),
        doubled=tuple(key for key in positions if keys.count(key) > 1),
        names={place: _name(row[place]) for place in positions.values()},
    )


def _known(layout: Layout, row: Sequence[Cell]) -> dict[int, str]:
    """Which column stands where."""
    names = names_of(layout)
    return {
        place: names[name]
        for place, cell in enumerate(row)
        if isinstance(cell, str) and (name := _name(cell)) in names
    }


def _name(cell: Cell) -> str:
    return folded(NUMBERED.sub("", cell[:500])) if isinstance(cell, str) else ""


def _shown(cell: Cell) -> str:
    return "".join(c for c in " ".join(str(cell).split()) if c.isprintable())[:SHOWN]


def _named(columns: Iterator[Column] | list[Column]) -> Said:
    found = list(columns)
    return Said(
        id=", ".join(each.header.id for each in found),
        en=", ".join(each.header.id for each in found),  # as it has to stand in the file
    )


@cache
def names_of(layout: Layout) -> Mapping[str, str]:
    """Keys by what a column may be called. What could mean two columns means neither."""
    first = {_name(name): each.key for each in layout.columns for name in _first_names(each)}
    more: dict[str, set[str]] = {}
    for each in layout.columns:
        for alias in each.aliases:
            more.setdefault(_name(alias), set()).add(each.key)
    clear = {name: keys.copy().pop() for name, keys in more.items() if len(keys) == 1}
    return {**clear, **first}


def _first_names(column: Column) -> tuple[str, ...]:
    return column.header.id, column.header.en, column.key
