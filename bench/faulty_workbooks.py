"""Workbooks with faults in one row of ten: which cells they are is drawn from a seed, and told."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

import xlsxwriter

from app.domain.imports.columns import ImportKind
from app.domain.imports.layouts import LAYOUTS

ONE_IN = 10  # rows
TWICE = "as in the row before"
ANOTHER = "not as in any row beside it"
NUMBER = 3672015905840001.0
Fault = tuple[str, str | float]  # what stands in which column
FAULTS: Mapping[ImportKind, Sequence[Fault]] = {
    ImportKind.PROPOSALS: (
        ("nik", "36720159058400"),
        ("nik", NUMBER),
        ("nik", "0000000000000000"),
        ("nik", "3672019905840001"),
        ("nik", "3672015905840000"),
        ("nik", "9972015905840001"),
        ("nik", TWICE),
        ("card_number", "367201"),
        ("programme", "BANTUAN LAIN"),
        ("name", "S1TI AMINAH"),
        ("name", ""),
        ("birth_date", "31/02/1980"),
        ("birth_date", "1980"),
        ("mother_name", "-"),
        ("sex", "X"),
        ("occupation", "PNS"),
        ("marital_status", "LAJANG SEKALI"),
        ("address", "JL. " + "PANJANG " * 40),
        ("rt", "RT empat"),
        ("village", "DESA TIDAK ADA"),
        ("disability_code", "PDFSK"),
        ("pregnancy_began_on", "01/02/2020"),
    ),
    ImportKind.BDT2015: (
        ("nik", "36720159"),
        ("nik", NUMBER),
        ("nik", "0000000000000000"),
        ("nik", TWICE),
        ("bdt_household_id", "1234"),
        ("village", "DESA TIDAK ADA"),
        ("member_count", ANOTHER),
        ("floor_material", "77"),
        ("owns_refrigerator", "5"),
        ("cattle_count", "-3"),
        ("member_number", "satu"),
        ("name", "S1TI"),
        ("name", ""),
        ("sex", "9"),
        ("marital_status", "8"),
        ("education_level", "99"),
    ),
}
Cell = tuple[int, str]  # its row and its column's key


def write(path: Path, kind: ImportKind, rows: Iterable[list[str]]) -> set[Cell]:
    """The header stands in row 1. What was spoiled."""
    columns = LAYOUTS[kind].columns
    keys = [column.key for column in columns]
    spoiled: set[Cell] = set()
    before: str | float = ""
    draw = Random("faults")  # noqa: S311 - invented faults, always the same
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Usulan")
        sheet.write_row(0, 0, [column.header.id for column in columns])
        for number, right in enumerate(rows, 2):
            row: list[str | float] = [*right]
            if draw.random() < 1 / ONE_IN:
                key, wrong = draw.choice(FAULTS[kind])
                row[keys.index(key)] = {TWICE: before, ANOTHER: str(10 + number % 10)}.get(
                    wrong, wrong
                )
                spoiled.add((number, key))
            sheet.write_row(number - 1, 0, row)
            before = row[keys.index("nik")] or before
    return spoiled
