"""Workbooks of ours, looked at as a spreadsheet program would: their XML."""

import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree as ET

MAIN = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
SHOWN_AS_TEXT = "49"  # the number format @


def parsed(xml: str) -> ET.Element:
    return ET.fromstring(xml)  # noqa: S314 - our own


@dataclass(frozen=True)
class Opened:
    path: Path

    def part(self, name: str) -> str:
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(name).decode() if name in archive.namelist() else ""

    def has_formulas(self) -> bool:
        with zipfile.ZipFile(self.path) as archive:
            sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any("<f>" in self.part(name) or "<f " in self.part(name) for name in sheets)

    @cached_property
    def data(self) -> ET.Element:
        return parsed(self.part("xl/worksheets/sheet1.xml"))

    @cached_property
    def sheets(self) -> dict[str, str]:
        """By what they are called, whether they are seen."""
        found = parsed(self.part("xl/workbook.xml")).iterfind(".//m:sheet", MAIN)
        return {each.get("name", ""): each.get("state", "visible") for each in found}

    @cached_property
    def cells(self) -> dict[str, ET.Element]:
        return {each.get("r", ""): each for each in self.data.iterfind(".//m:c", MAIN)}

    def kind(self, cell: str) -> str:
        """`inlineStr` for text, `n` for a number."""
        return self.cells[cell].get("t", "n")

    @cached_property
    def comments(self) -> dict[str, str]:
        part = self.part("xl/comments1.xml")
        found = parsed(part).iterfind(".//m:comment", MAIN) if part else []
        return {each.get("ref", ""): "".join(each.itertext()) for each in found}

    @cached_property
    def drop_downs(self) -> dict[str, str]:
        found = self.data.iterfind(".//m:dataValidation", MAIN)
        return {each.get("sqref", ""): "".join(each.itertext()) for each in found}

    @cached_property
    def _styles(self) -> ET.Element:
        return parsed(self.part("xl/styles.xml"))

    def style(self, number: str | None) -> tuple[str, str | None]:
        """Its number format, and its colour."""
        style = self._styles.findall("m:cellXfs/m:xf", MAIN)[int(number or 0)]
        fill = self._styles.findall("m:fills/m:fill", MAIN)[int(style.get("fillId", 0))]
        colour = fill.find(".//m:fgColor", MAIN)
        return style.get("numFmtId", ""), None if colour is None else colour.get("rgb", "")[2:]

    def colour(self, cell: str) -> str | None:
        return self.style(self.cells[cell].get("s"))[1]

    def column_formats(self) -> list[str]:
        found = []
        for each in self.data.iterfind("m:cols/m:col", MAIN):
            many = int(each.get("max", 0)) - int(each.get("min", 0)) + 1
            found += [self.style(each.get("style"))[0]] * many
        return found
