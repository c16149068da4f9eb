"""What a workbook that came back says, read from its XML: openpyxl would take minutes."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from python_calamine import load_workbook
from xlsxwriter.utility import xl_cell_to_rowcol

from app.domain.errors import Language
from app.exchange.marker import words
from app.exchange.sheet_names import SUMMARY
from app.exchange.sheets import RED, YELLOW

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
COLOURS = {f"FF{colour[1:]}" for colour in (RED, YELLOW)}
COUNTED = {"rows": words.ROWS, "bad": words.BAD, "doubtful": words.DOUBTFUL}
Cell = tuple[int, str]  # its row, and its column's key


def coloured(path: Path) -> Iterator[tuple[int, int]]:
    """The cells that are red or yellow: the row from 1, the column from 0."""
    with zipfile.ZipFile(path) as parts:
        marking = _styles(parts)
        with parts.open("xl/worksheets/sheet1.xml") as sheet:
            for _, element in ET.iterparse(sheet):  # noqa: S314 - our own
                if element.tag == f"{MAIN}row":
                    for cell in element.iterfind(f"{MAIN}c"):
                        if cell.get("s") in marking:
                            row, column = xl_cell_to_rowcol(cell.get("r", ""))
                            yield row + 1, column
                    element.clear()


def _styles(parts: zipfile.ZipFile) -> set[str]:
    """The numbers of the styles that colour a cell."""
    styles = ET.fromstring(parts.read("xl/styles.xml"))  # noqa: S314 - our own
    fills = [fill.find(f".//{MAIN}fgColor") for fill in styles.iterfind(f"{MAIN}fills/{MAIN}fill")]
    marking = {
        str(n) for n, fill in enumerate(fills) if fill is not None and fill.get("rgb") in COLOURS
    }
    formats = styles.findall(f"{MAIN}cellXfs/{MAIN}xf")
    return {str(n) for n, each in enumerate(formats) if each.get("fillId") in marking}


def summed_up(path: Path) -> dict[str, int]:
    """The counts of the summary, by what the import calls them."""
    sheet = load_workbook(path).get_sheet_by_name(SUMMARY[Language.INDONESIAN])
    said = {row[0]: row[1] for row in sheet.to_python() if len(row) > 1}
    return {name: int(str(said[word.id]).partition(".")[0]) for name, word in COUNTED.items()}
