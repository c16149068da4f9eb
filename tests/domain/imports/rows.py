"""Rows of files, as a village or a regency would send them: a test says only what matters to it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.domain.imports.cells import Cell
from app.domain.imports.checks import GROUPINGS, Row, problems_in
from app.domain.imports.columns import ImportKind, Layout
from app.domain.imports.headers import find_header
from app.domain.imports.layouts import LAYOUTS, Read, read_row

TODAY = date(2026, 11, 22)
PROPOSALS, BDT2015, CORRECTIONS, RESULTS, OPERATORS = (LAYOUTS[kind] for kind in ImportKind)

# What is right in a row of each kind; the rest of its columns is empty.
RIGHT: Mapping[ImportKind, Mapping[str, Cell]] = {
    ImportKind.PROPOSALS: {
        "nik": "3672015905840001",
        "programme": "BPNT",
        "card_number": "3672010101200007",
        "name": "SITI AMINAH",
        "birth_place": "CILEGON",
        "birth_date": "19/05/1984",
        "mother_name": "ROHMAH",
        "sex": "Perempuan",
        "occupation": "PETANI",
        "marital_status": "Cerai mati",
        "address": "JL SUNAN DEMAK 12",
        "rt": "4",
        "rw": "02",
        "province": "BANTEN",
        "regency": "KOTA CILEGON",
        "district": "CILEGON",
        "village": "CIWADUK",
        "has_disability": "TIDAK",
    },
    ImportKind.BDT2015: {
        "bdt_household_id": "520602000709810001",
        "village": "Ciwaduk",
        "member_count": "1",
        "family_count": "1",
        "floor_material": "09",
        "owns_gas_cylinder": "2",
        "owns_refrigerator": "3",
        "member_number": "1",
        "name": "SITI AMINAH",
        "nik": "3672015905840001",
        "relation_to_household_head": "1",
        "family_number": "1",
        "relation_to_family_head": "1",
        "sex": "2",
        "age": "31",
        "identity_documents": "5",
        "disability": "00",
    },
    ImportKind.NIK_CORRECTIONS: {
        "case_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
        "old_nik": "3672015905840000",
        "old_name": "SITI AMINAH",
        "old_birth_date": "19/05/1984",
        "old_sex": "Perempuan",
    },
    ImportKind.VERIFICATION_RESULTS: {
        "proposal_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
        "verdict": "SETUJU",
    },
    ImportKind.OPERATORS: {"display_name": "Siti Aminah", "village": "36.72.01.1001"},
}


def read(layout: Layout, /, **cells: Cell) -> Read:
    """A row that is right but for these cells, as it is read."""
    given = {**RIGHT[layout.kind], **cells}
    header = find_header(layout, [[each.header.id for each in layout.columns]])
    row = [given.get(each.key) for each in layout.columns]
    return read_row(layout, header, row, today=TODAY)


def codes(found: Read) -> list[tuple[str | None, str, str]]:
    return [(each.column, each.code, each.severity) for each in found.problems]


def between(layout: Layout, *rows: Mapping[str, Any]) -> list[tuple[int, str | None, str]]:
    """What is wrong between rows that are right by themselves; they are numbered from 2."""
    made = [Row(n, read(layout, **row).values) for n, row in enumerate(rows, start=2)]
    found = problems_in(layout.kind, made)
    assert found == problems_in(layout.kind, [_needed(layout, row) for row in made])
    return [(number, each.column, each.code) for number, each in found]


def _needed(layout: Layout, row: Row) -> Row:
    """With no more than what the groupings say that they look at."""
    needs = {key for grouping in GROUPINGS[layout.kind] for key in grouping.needs}
    return Row(row.number, {key: each for key, each in row.values.items() if key in needs})
