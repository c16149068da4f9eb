"""Files of rows as people send them, and as nobody should. The large ones are written in pieces."""

import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEADER = '<?xml version="1.0" encoding="UTF-8"?>'
BOOK = (
    f'{HEADER}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
    '<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
BOOK_RELATIONS = (
    f'{HEADER}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>"
)
RELATED = (
    f'{HEADER}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>"
)
SHEET = "xl/worksheets/sheet1.xml"
PIECE = 1 << 20
CELL = '<row r="1"><c r="A1"><v>1</v></c></row>'


def a_sheet(cells: str, *, before: str = "", after: str = "") -> str:
    return (
        f'{HEADER}{before}<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData>'
        f"{after}</worksheet>"
    )


def a_raw_workbook(path: Path, sheet: str | Iterable[bytes], **parts: str) -> Path:
    """A workbook of hand-made XML; `parts` by the name of the file, `workbook="<..."`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", RELATED)
        archive.writestr("xl/workbook.xml", parts.pop("workbook", BOOK))
        archive.writestr("xl/_rels/workbook.xml.rels", BOOK_RELATIONS)
        for name, content in parts.items():
            archive.writestr(f"xl/{name}.xml", content)
        with archive.open(SHEET, "w", force_zip64=True) as part:
            for piece in [sheet.encode()] if isinstance(sheet, str) else sheet:
                part.write(piece)
    return path


def that_lies(path: Path) -> Path:
    """An archive that says of its sheet that it is small."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.getinfo(SHEET).file_size = 1_000
        archive.writestr("later.txt", "")  # so that the directory is written anew
    return path


def a_workbook(path: Path, *rows: Iterable[object], at: tuple[int, int] = (0, 0)) -> Path:
    """As a spreadsheet program writes it; `=1+1` is a formula, dates are formatted as dates."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet = book.add_worksheet("Data")
        for number, row in enumerate(rows, at[0]):
            for column, value in enumerate(row, at[1]):
                if isinstance(value, date | datetime):
                    sheet.write_datetime(number, column, value, day)
                elif value is not None:
                    sheet.write(number, column, value)
    return path


def spaces(size: int) -> Iterable[bytes]:
    """The XML of a sheet with nothing but space in it."""
    start, end = a_sheet(CELL).split("</sheetData>")
    yield start.encode()
    for _ in range(size // PIECE):
        yield b" " * (PIECE // 2) + b"\n<!-- -->\n" + b" " * (PIECE // 2)
    yield f"</sheetData>{end}".encode()


def rows_without_cells(count: int) -> Iterable[bytes]:
    start, end = a_sheet(CELL).split("</sheetData>")
    yield start.encode()
    for number in range(2, count + 2):
        yield b'<row r="%d" spans="1:3"/>' % number
    yield f"</sheetData>{end}".encode()


def columns(count: int) -> list[str]:
    return [f"kolom{number}" for number in range(count)]
