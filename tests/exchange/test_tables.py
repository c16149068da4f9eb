"""Tables as they come: read as they were meant, or refused in one sentence that helps."""

import codecs
import json
import random
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path
from string import ascii_letters

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from app.domain.imports.cells import CellError
from app.exchange.table_reader.texts import row_of
from app.exchange.table_refusals import REFUSALS, FileRefused
from app.exchange.table_rows import FORMS, Row, rows_in
from app.exchange.tables import NOTES, opened
from tests.files import a_pdf, a_photo
from tests.tables import (
    BOOK,
    CELL,
    a_raw_workbook,
    a_sheet,
    a_workbook,
    columns,
    rows_without_cells,
    spaces,
    that_lies,
)

NIK = "3522012001900001"
LAUGHS = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
ENTITY = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
NAMED = f"nik,nama\n{NIK},Siti\n"

PLAIN = st.sampled_from(["", " ", " x", "x ", "1", "Siti, Aminah", '"', "\\", "[]", "\x1f", "\n"])
ANY = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


async def read(path: Path) -> tuple[list[Row], tuple[str, ...]]:
    async with opened(path) as sheet:
        rows = [row async for some in sheet.rows for row in some]
        assert sheet.head == rows[:10]
        return rows, sheet.notes


async def refused(path: Path) -> FileRefused:
    with pytest.raises(FileRefused) as refusal:
        await read(path)
    return refusal.value


def a_file(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


class TestText:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    async def test_is_read_whatever_its_delimiter_and_encoding(
        self, tmp_path: Path, delimiter: str, encoding: str
    ):
        text = f'NIK{delimiter}Nama\n{NIK}{delimiter}"Andr\xe9{delimiter} S.Pd"\n'

        rows, notes = await read(a_file(tmp_path / "a.xlsx", text.encode(encoding)))

        assert [cells[0] for _, cells in rows] == ["NIK", NIK]
        assert rows[1] == (2, [NIK, f"Andr\xe9{delimiter} S.Pd"])
        assert notes == (("windows_1252",) if encoding == "cp1252" else ())

    async def test_finds_its_header_below_a_title(self, tmp_path: Path):
        text = (
            "Usulan DTKS, Desa Luwihaji\n\nNIK;Nama;Alamat\n1;Siti;Jl. Mawar, RT 1, RW 2, No. 3\n"
        )

        rows, _ = await read(a_file(tmp_path / "a.csv", text))

        assert [(number, len(cells)) for number, cells in rows] == [(1, 1), (3, 3), (4, 3)]

    async def test_numbers_its_rows_as_a_spreadsheet_does(self, tmp_path: Path):
        text = 'sep=;\r\nnik;alamat\r\n1;"Dusun\r\nKrajan"\r\n\r\n ;\r\n2;\r\n'

        rows, _ = await read(a_file(tmp_path / "a.csv", text))

        assert rows == [(1, ["nik", "alamat"]), (2, ["1", "Dusun\r\nKrajan"]), (5, ["2", None])]

    async def test_keeps_ragged_rows_as_they_are(self, tmp_path: Path):
        rows, _ = await read(a_file(tmp_path / "a.csv", 'a,b\n1\n1,2,3\n"",2\n'))

        assert [cells for _, cells in rows] == [["a", "b"], ["1"], ["1", "2", "3"], [None, "2"]]

    @given(st.lists(PLAIN) | st.lists(PLAIN | ANY, min_size=1))
    def test_says_in_json_what_stood_in_its_cells(self, cells: list[str]):
        said = [None if c.isspace() else unicodedata.normalize("NFC", c) or None for c in cells]

        line = row_of(cells)

        assert (json.loads(line) if line else None) == (said if any(said) else None)
        assert not line or not {"\x01", "\x02", "\n", "\r"} & set(line)  # COPY's, and ours

    @pytest.mark.parametrize(
        ("content", "code", "line"),
        [
            (b"nik,nama\n1,Siti\n2,Andr\x81\n", "unknown-encoding", 3),
            (b"nik,nama\n1,Andr\xe9\n2,Andr\xc3\xa9\n", "unknown-encoding", 2),
            (codecs.BOM_UTF16_LE + "a,b\n1,Siti".encode("utf-16-le")[:-1], "unknown-encoding", 2),
            (NAMED.encode() * 200 + b"2,Si\0ti\n", "nul-character", 401),
            (NAMED.encode() + b'2,"Siti\n3,Budi\n', "broken-quotes", 3),
            (NAMED.encode() + b'2,"Siti\nAminah"\n3,"Budi" S\n', "broken-quotes", 5),
            (NAMED.encode() + b'2,"Siti\n' + b"3,Budi\n" * 9_000, "line-too-long", 3),
            (NAMED.encode() + b"2," + b"x" * 5_000_000, "line-too-long", 3),
        ],
    )  # fmt: skip
    async def test_is_refused_by_the_line(
        self, tmp_path: Path, content: bytes, code: str, line: int
    ):
        refusal = await refused(a_file(tmp_path / "a.csv", content))

        assert (refusal.code(), refusal.words["line"]) == (code, line)


class TestAWorkbook:
    async def test_keeps_what_its_cells_are(self, tmp_path: Path):
        number = int(NIK)
        path = a_workbook(
            tmp_path / "a.xlsx", [NIK, number, 3.5, True, date(2026, 1, 5), " ", "e\u0301"]
        )

        assert await read(path) == (
            [(1, [NIK, number, 3.5, True, date(2026, 1, 5), None, "\xe9"])],
            (),
        )

    async def test_keeps_where_its_cells_are(self, tmp_path: Path):
        path = a_workbook(tmp_path / "a.xls", ["nik"], [], [None, "1"], at=(2, 3))

        rows, _ = await read(path)

        assert rows == [(3, [None, None, None, "nik", None]), (5, [*[None] * 4, "1"])]

    async def test_gives_what_formulas_came_to_and_says_so(self, tmp_path: Path):
        with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
            sheet = book.add_worksheet()
            sheet.write_formula("A1", "=1+1", None, 2)
            sheet.write_formula("C3", '=HYPERLINK("x")', None, "Siti")
            sheet.write_formula("D3", "=1/0", None, "#DIV/0!")
            sheet.merge_range("A5:B6", "gabung")

        rows, notes = await read(tmp_path / "a.xlsx")

        assert rows[1] == (3, [None, None, "Siti", CellError("#DIV/0!")])
        assert [number for number, _ in rows] == [1, 3, 5]
        assert notes == ("formulas", "merged_cells")

    async def test_says_where_a_formula_has_come_to_nothing(self, tmp_path: Path):
        cells = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1+1</f></c></row>'

        rows, notes = await read(a_raw_workbook(tmp_path / "a.xlsx", a_sheet(cells)))

        assert rows[0][1][0] == 1
        assert notes == ("formulas", "formulas_without_results")

    async def test_is_read_from_its_first_visible_sheet(self, tmp_path: Path):
        with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
            hidden, shown, other = (book.add_worksheet(name) for name in ("Lama", "Isi", "Lain"))
            shown.activate()
            shown.set_first_sheet()
            hidden.hide()
            for sheet in (hidden, shown, other):
                sheet.write("A1", sheet.name)

        async with opened(tmp_path / "a.xlsx") as sheet:
            assert (sheet.name, sheet.head) == ("Isi", [(1, ["Isi"])])
            assert sheet.notes == ("hidden_sheets", "other_sheets")

    async def test_finds_errors_wherever_its_xml_is_cut(self, tmp_path: Path):
        error = '<row r="{0}"><c r="A{0}" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        cells = "".join(error.format(number) for number in range(1, 40_001))

        rows, _ = await read(a_raw_workbook(tmp_path / "a.xlsx", a_sheet(cells)))

        assert rows == [(number, [CellError("#DIV/0!")]) for number in range(1, 40_001)]


def inline(text: str) -> str:
    return f'<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>'


def noise(size: int) -> str:
    return "".join(random.Random(5).choices(ascii_letters, k=size))  # noqa: S311 - not packed away


def without_book(path: Path) -> Path:
    a_raw_workbook(path, a_sheet(CELL))
    return a_file(path, path.read_bytes().replace(b"xl/workbook.xml", b"content.xml...."))


Maker = Callable[[Path], Path]
HOSTILE: dict[str, tuple[str, Maker]] = {
    "a zip bomb": ("suspicious-file", lambda p: a_raw_workbook(p, spaces(32 << 20))),
    "an archive that lies": (
        "suspicious-file",
        lambda p: that_lies(a_raw_workbook(p, spaces(32 << 20))),
    ),
    "a thousand parts": (
        "suspicious-file",
        lambda p: a_raw_workbook(p, a_sheet(CELL), **dict.fromkeys(columns(1_000), "<a/>")),
    ),
    "billion laughs": (
        "suspicious-file",
        lambda p: a_raw_workbook(p, a_sheet(CELL, before=LAUGHS)),
    ),
    "laughs in the strings": (
        "suspicious-file",
        lambda p: a_raw_workbook(p, a_sheet(CELL), sharedStrings=f"{LAUGHS}<sst>&b;</sst>"),
    ),
    "an external entity": (
        "suspicious-file",
        lambda p: a_raw_workbook(p, a_sheet(CELL), workbook=ENTITY + BOOK.partition("?>")[2]),
    ),
    "laughs in UTF-16": (
        "suspicious-file",
        lambda p: a_raw_workbook(p, [a_sheet(CELL, before=LAUGHS).encode("utf-16")]),
    ),
    "one huge text": (
        "cell-too-long",
        lambda p: a_raw_workbook(p, a_sheet(inline(noise(300_000)))),
    ),
    "one long text": ("cell-too-long", lambda p: a_raw_workbook(p, a_sheet(inline(noise(40_000))))),
    "a NUL": ("nul-character", lambda p: a_raw_workbook(p, a_sheet(inline("a_x0000_b")))),
    "a last column": (
        "too-many-columns",
        lambda p: a_raw_workbook(p, a_sheet(CELL + '<row r="9"><c r="XFD9"><v>1</v></c></row>')),
    ),
    "a last row": (
        "sheet-too-long",
        lambda p: a_raw_workbook(p, a_sheet(CELL + '<row><c r="A1048576"><v>1</v></c></row>')),
    ),
    "columns without names": (
        "too-many-columns",
        lambda p: a_raw_workbook(p, a_sheet(f"<row>{'<c><v>1</v></c>' * 300}</row>")),
    ),
    "two cells far apart": (
        "reading-failed",
        lambda p: a_raw_workbook(p, a_sheet(CELL + '<row><c r="IV299999"><v>1</v></c></row>')),
    ),
    "a last cell, hidden from the look": (
        "reading-failed",
        lambda p: a_raw_workbook(p, a_sheet(CELL + '<row><c  r="XFD1048576"><v>1</v></c></row>')),
    ),
    "three thousand columns": ("too-many-columns", lambda p: a_workbook(p, columns(3_000))),
    "as many in CSV": ("too-many-columns", lambda p: a_file(p, ",".join(columns(3_000)))),
    "a million rows without cells": (
        "sheet-too-long",
        lambda p: a_raw_workbook(p, rows_without_cells(1_000_000)),
    ),
    "a million empty lines": ("too-many-empty-rows", lambda p: a_file(p, NAMED + "\n" * 1_000_000)),
    "a million commas": ("too-many-empty-rows", lambda p: a_file(p, NAMED + ",\n" * 1_000_000)),
    "an empty sheet": ("empty-file", a_workbook),
    "nothing": ("empty-file", lambda p: a_file(p, b"")),
    "blanks": ("empty-file", lambda p: a_file(p, b"\r\n \r\n")),
    "empty cells": ("empty-file", lambda p: a_file(p, b",,\n,,\n")),
    "half a workbook": (
        "broken",
        lambda p: a_file(p, a_workbook(p, [NIK] * 9).read_bytes()[:3_000]),
    ),
    "half a sheet": ("broken", lambda p: a_raw_workbook(p, a_sheet(CELL)[:-40])),
    "a password": (
        "encrypted",
        lambda p: a_file(
            p,
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + bytes(500)
            + "EncryptedPackage".encode("utf-16-le"),
        ),
    ),
    "an old workbook": (
        "file-not-a-table",
        lambda p: a_file(p, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)),
    ),
    "another archive": ("file-not-a-table", without_book),
    "a PDF": ("file-not-a-table", lambda p: a_file(p, a_pdf())),
    "a picture": ("file-not-a-table", lambda p: a_file(p, a_photo("PNG"))),
    "a program": ("file-not-a-table", lambda p: a_file(p, b"MZ\x90\x00\x03" + bytes(60))),
    "a web page": (
        "file-not-a-table",
        lambda p: a_file(p, "<html><table><tr><td>a,b</td></table>"),
    ),
    "a letter": ("file-not-a-table", lambda p: a_file(p, "Kepada Yth. Bupati")),
}


class TestAHostileFile:
    @pytest.mark.parametrize(("code", "made"), HOSTILE.values(), ids=HOSTILE)
    async def test_is_refused_in_one_sentence(self, tmp_path: Path, code: str, made: Maker):
        refusal = await refused(made(tmp_path / "usulan.xlsx"))

        assert refusal.code() == code
        refusal.detail.id.format(**refusal.words)

    async def test_meets_no_refusal_that_nobody_raises(self):
        tried = {code for code, _ in HOSTILE.values()}

        assert set(REFUSALS) - tried == {
            "broken-quotes", "line-too-long", "unknown-encoding",  # of text, above
            "too-big",  # a gigabyte
        }  # fmt: skip


class TestTheLines:
    async def test_are_whole_rows_ready_to_be_copied(self, tmp_path: Path):
        many = "".join(f"{number},Dusun {number}\n" for number in range(50_000))
        path = a_file(tmp_path / "a.csv", "nik,alamat\n" + many)

        async with opened(path, before="7\x023522\x02") as sheet:
            blocks = [block async for block in sheet.lines]

        assert len(blocks) > 2
        assert b"".join(blocks).startswith(
            b'7\x023522\x021\x02["nik","alamat"]\n7\x023522\x022\x02["0",'
        )
        rows = [row for block in blocks for row in rows_in(block, "7\x023522\x02")]
        assert [number for number, _ in rows] == list(range(1, 50_002))

    async def test_end_with_whoever_reads_them(self, tmp_path: Path):
        path = a_file(tmp_path / "a.csv", NAMED * 200_000)

        async with opened(path) as sheet:
            first = await anext(sheet.lines)

        assert first.startswith(b'1\x02["nik"')


def test_every_note_is_told_in_both_languages():
    assert all(said.id != said.en for said in NOTES.values())
    assert set(FORMS) == {"date", "datetime", "error"}
