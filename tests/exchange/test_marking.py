"""What was sent goes back with what is wrong in it, and can be corrected and sent again."""

import asyncio
import csv
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from python_calamine import load_workbook

from app.domain.errors import Language, Said
from app.domain.imports.cells import written
from app.domain.imports.columns import ImportKind
from app.domain.imports.headers import find_header
from app.domain.imports.layouts import LAYOUTS, read_row
from app.exchange.marking import (
    MarkingFailed,
    Marks,
    Remark,
    Sending,
    TooLongForAWorkbook,
    marked,
    remark,
)
from app.exchange.table_rows import BETWEEN, Row
from app.exchange.tables import Sheet, opened
from tests.tables import a_workbook
from tests.workbooks import Opened

TODAY = date(2026, 11, 22)
PROPOSALS, OPERATORS = LAYOUTS[ImportKind.PROPOSALS], LAYOUTS[ImportKind.OPERATORS]
CORRECTIONS = LAYOUTS[ImportKind.NIK_CORRECTIONS]
RED, YELLOW, GREY = "FFC7CE", "FFEB9C", "E7E6E6"
INDONESIAN = Sending(OPERATORS, Language.INDONESIAN)
AS_CSV = Sending(OPERATORS, Language.ENGLISH, as_csv=True)
NIK = "3672015905840001"
# Whatever a cell may begin with, or hold, and come back as it was; a CSV file holds no control.
ODD = (
    *("=1+1", "+62 81", "-1+1", "-", "--", "@A1", "=cmd|' /C calc'!A0", "'=1", "'Siti", "#N/A"),
    *("<r><t>x</t></r>", "<r><", "<b>&amp;</b>", "_x0041_", "\U0001f600", "a;b,c", 'a "b"'),
    *("dua\nbaris", "\t=1", " tepi ", "{x}"),
)
CONTROLS = ("a\x01b", "a\x0bb", "\uffff", "_x0041_")

Told = Mapping[int, Sequence[Remark]]


async def read(path: Path) -> tuple[list[Row], tuple[str, ...]]:
    async with opened(path) as sheet:
        return [row async for some in sheet.rows for row in some], sheet.notes


async def in_order(told: Told) -> AsyncIterator[tuple[int, Sequence[Remark]]]:
    for each in sorted(told.items()):
        yield each


async def sent_back(path: Path, told: Told, sending: Sending = INDONESIAN) -> tuple[Path, Marks]:
    made = path.with_name("kembali.csv" if sending.as_csv else "kembali.xlsx")
    async with opened(path) as sheet:
        marks = await marked(sheet, in_order(told), made, sending)
    return made, marks


async def checked(path: Path, sending: Sending) -> dict[int, list[Remark]]:
    """What the cells of a file are found to be, by the rows."""
    rows, _ = await read(path)
    header = find_header(sending.layout, [cells for _, cells in rows])
    found = {
        number: read_row(sending.layout, header, cells, today=TODAY).problems
        for number, cells in rows[header.row :]
    }
    return {n: [remark(each, sending.language) for each in some] for n, some in found.items()}


def error(column: str | None, text: str = "Salah.") -> Remark:
    return Remark(column, "a_code", "error", text)


def texts(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


class TestTheWorkbook:
    """Two lines of title, the header in line 4, a column of the sender's own."""

    @pytest.fixture
    async def back(self, tmp_path: Path) -> Opened:
        path = a_workbook(
            tmp_path / "a.xlsx",
            ["Operator desa 2026"],
            [],
            [],
            ["Nama\noperator", "Ukuran sepatu", "NIK", "Desa/Kelurahan"],
            ["Siti", 38.0, int(NIK), "Ciwaduk"],
            [date(2026, 1, 5), date(2026, 1, 5), None, None, None, "di luar"],
            [],
            ["Budi", True, NIK, "=1+1"],
        )
        told = {
            5: [error("nik", "Angka."), Remark("village", "b_code", "warning", "Lihat.")],
            6: [error("village", "Kosong."), error("nik", "Satu."), error("nik", "Dua."),
                error(None, "Baris.")],
        }  # fmt: skip
        facts = [(Said(id="Impor", en="Import"), "0199a1de")]
        made, marks = await sent_back(path, told, Sending(OPERATORS, Language.INDONESIAN, facts))
        assert marks == Marks(rows=3, bad=2, doubtful=0, commented=4, uncommented=0)
        return Opened(made)

    async def test_has_what_was_sent_where_it_stood_as_text(self, back: Opened):
        rows, notes = await read(back.path)

        assert notes == ()
        assert [(number, cells[:4]) for number, cells in rows] == [
            (1, ["Operator desa 2026", None, None, None]),
            (4, ["Nama\noperator", "Ukuran sepatu", "NIK", "Desa/Kelurahan"]),
            (5, ["Siti", "38", NIK, "Ciwaduk"]),
            (6, ["05/01/2026", "05/01/2026", None, None]),
            (8, ["Budi", "TRUE", NIK, "0"]),
        ]
        assert rows[3][1][5] == "di luar"
        assert not back.has_formulas()

    async def test_colours_cells_and_says_why(self, back: Opened):
        rows, _ = await read(back.path)

        assert [back.colour(f"{column}5") for column in "ABCDG"] == [None, None, RED, YELLOW, RED]
        assert [back.colour(f"{column}6") for column in "CD"] == [RED, RED]
        assert back.comments == {
            "C5": "Angka.",
            "D5": "Lihat.",
            "C6": "Satu.\nDua.",
            "D6": "Kosong.",
        }
        assert [cells[6:] for _, cells in rows[1:]] == [
            ["STATUS PEMERIKSAAN", "PESAN PEMERIKSAAN"],
            ["SALAH", "NIK: Angka. Desa/Kelurahan: Lihat."],
            ["SALAH", "Desa/Kelurahan: Kosong. NIK: Satu. NIK: Dua. Baris."],
            [None, None],
        ]  # fmt: skip

    def test_sums_up(self, back: Opened):
        rows = load_workbook(back.path).get_sheet_by_name("Ringkasan").to_python()
        said = [[cell for cell in row if cell != ""] for row in rows]

        assert back.sheets == {"Data": "visible", "Ringkasan": "visible"}
        assert ["Impor", "0199a1de"] in said
        assert ["Baris data", 3.0] in said
        assert ["Baris yang salah (merah)", 2.0] in said
        assert ["NIK, Desa/Kelurahan", "SALAH", 5.0, 5.0, "Angka.", "a_code"] in said
        assert ["Desa/Kelurahan", "PERIKSA", 1.0, 5.0, "Lihat.", "b_code"] in said
        assert ["Ukuran sepatu"] in said
        assert any("rumus" in row[0] for row in said if row and isinstance(row[0], str))


class TestSentAgain:
    RIGHT = ("Siti", NIK, "Ciwaduk")

    @pytest.mark.parametrize("sending", [INDONESIAN, AS_CSV], ids=["xlsx", "csv"])
    async def test_uncorrected_it_is_refused_for_the_same(self, tmp_path: Path, sending: Sending):
        day = date(2026, 1, 5)
        rows = [
            ["Siti", int(NIK), "Ciwaduk"],
            [day, NIK, "Ciwaduk"],
            ["Siti", "3,67202E+15", 10.0**17],
            ["S1ti", None, None],
            self.RIGHT,
        ]  # fmt: skip
        path = a_workbook(tmp_path / "a.xlsx", ["Nama", "NIK", "Desa"], *rows)
        found = await checked(path, sending)
        assert sum(map(len, found.values())) >= 5

        made, _ = await sent_back(path, found, sending)
        again = await checked(made, sending)

        if sending.as_csv:  # which tells what a number was, and of other cells that they were none
            codes = {"number_instead_of_text": "scientific_number"}
            codes |= dict.fromkeys(("date_instead_of_text", "unreadable"), "cell_error")
            plain = {n: [codes.get(each.code, each.code) for each in found[n]] for n in found}
            assert plain == {n: [each.code for each in again[n]] for n in again}
        else:
            assert again == found

    @pytest.mark.parametrize("sending", [INDONESIAN, AS_CSV], ids=["xlsx", "csv"])
    async def test_marked_again_it_has_no_more_columns(self, tmp_path: Path, sending: Sending):
        rows = [*[self.RIGHT] * 10, (*self.RIGHT, None, "di luar")]
        path = a_workbook(tmp_path / "a.xlsx", ("Nama", "NIK", "Desa"), *rows)

        first, _ = await sent_back(path, {2: [error("nik")]}, sending)
        again = first.rename(tmp_path / f"lagi{first.suffix}")
        second, _ = await sent_back(again, {2: [error("nik")]}, sending)

        rows_back, _ = await read(second)
        assert rows_back == (await read(again))[0]
        assert rows_back[-1][1][-1] == "di luar"
        assert find_header(OPERATORS, [rows_back[0][1]]).unknown == ()

    @pytest.mark.parametrize("sending", [INDONESIAN, AS_CSV], ids=["xlsx", "csv"])
    async def test_odd_texts_say_what_they_said(self, tmp_path: Path, sending: Sending):
        odd = texts(tmp_path / "a.csv", [("Desa", "Nama", "=1+1"), *(("x", e, e) for e in ODD)])
        controls = a_workbook(tmp_path / "a.xlsx", ("Desa", "Nama"), *(("x", e) for e in CONTROLS))

        for path in (odd, controls):
            made, _ = await sent_back(path, {3: [error("display_name", "\x01 <&{")]}, sending)

            assert said(await read(made)) == said(await read(path))
            if sending.as_csv:
                assert not first_signs(made) & set("=@\t\r")
            else:
                assert Opened(made).comments == {"B3": "  <&{"}
                assert not Opened(made).has_formulas()

    async def test_our_columns_may_have_been_moved(self, tmp_path: Path):
        header = ("Pesan pemeriksaan", "Nama", "CHECK STATUS", "NIK", "Desa")
        path = a_workbook(tmp_path / "a.xlsx", header, ("lama", "Siti", "ERROR", NIK, "Ciwaduk"))

        made, _ = await sent_back(path, {2: [error("nik", "Baru.")]})

        assert Opened(made).comments == {"B2": "Baru."}
        assert [cells for _, cells in (await read(made))[0]] == [
            ["Nama", "NIK", "Desa", "STATUS PEMERIKSAAN", "PESAN PEMERIKSAAN"],
            [*self.RIGHT, "SALAH", "NIK: Baru."],
        ]


def said(found: tuple[list[Row], tuple[str, ...]]) -> list[list[object]]:
    return [[written(cell) for cell in cells[:2]] for _, cells in found[0][1:]]


def first_signs(path: Path) -> set[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {cell[0] for row in csv.reader(file, delimiter=";") for cell in row if cell}


class TestCsv:
    async def test_has_the_remarks_beside_the_rows_and_rows_where_they_were(self, tmp_path: Path):
        path = tmp_path / "a.csv"
        path.write_text("Nama,NIK,Desa\nSiti,1,Ciwaduk\n\n=1,2,Ciwaduk\n")

        made, marks = await sent_back(path, {2: [Remark("nik", "x", "warning", "Look.")]}, AS_CSV)

        assert marks == Marks(rows=2, bad=0, doubtful=1, commented=0, uncommented=0)
        assert made.read_bytes().decode("utf-8") == (
            "\ufeffNama;NIK;Desa;CHECK STATUS;CHECK MESSAGES\r\n"
            "Siti;1;Ciwaduk;LOOK;NIK: Look.\r\n"
            "\r\n"
            "'=1;2;Ciwaduk;;\r\n"
        )


async def test_what_is_printed_is_grey_unless_it_is_wrong(tmp_path: Path):
    path = a_workbook(tmp_path / "a.xlsx", ["ID BARIS", "NIK LAMA", "NIK BENAR"], ["a", "b", "c"])

    sending = Sending(CORRECTIONS, Language.ENGLISH)
    made, _ = await sent_back(path, {2: [error("case_id")]}, sending)

    assert [Opened(made).colour(cell) for cell in ("A2", "B2", "C2", "D2")] == [
        RED,
        GREY,
        None,
        RED,
    ]
    assert set(Opened(made).sheets) == {"Data", "Summary"}


async def test_above_ten_thousand_comments_colour_and_message_remain(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("Nama,Desa\n" + "Siti,Ciwaduk\n" * 10_003)
    told = {n: [Remark("village", "x", "warning", "Lihat.")] for n in range(2, 5_004)}
    told |= {n: [error("display_name")] for n in range(5_004, 10_005)}

    made, marks = await sent_back(path, told)

    assert (marks.commented, marks.uncommented) == (10_000, 3)
    book = Opened(made)
    assert {"B5001", "A10001"} <= set(book.comments)
    assert not {"B5002", "A10004"} & set(book.comments)
    assert (book.colour("B5003"), book.colour("A10004")) == (YELLOW, RED)
    summary = load_workbook(made).get_sheet_by_name("Ringkasan").to_python()
    assert ["Sel tanpa komentar", 3.0] in [row[:2] for row in summary]


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def a_sheet(*rows: tuple[int, str]) -> Sheet:
    async def lines() -> AsyncIterator[bytes]:
        yield "".join(f"{number}{BETWEEN}{cells}\n" for number, cells in rows).encode()

    return Sheet("Data", (), [], lines())


@pytest.mark.parametrize(
    ("rows", "refusal"),
    [
        ([(1, '["Nama","Desa"]'), (300_001, '["Siti"]')], TooLongForAWorkbook),
        ([(1, '["apa","pun"]')], MarkingFailed),
    ],
)
async def test_what_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path,
    rows: list[tuple[int, str]],
    refusal: type[Exception],
    capfd: pytest.CaptureFixture[str],
):
    with pytest.raises(refusal):
        await marked(a_sheet(*rows), in_order({}), tmp_path / "a.xlsx", INDONESIAN)

    assert left_in(tmp_path) == []
    assert "Siti" not in capfd.readouterr().err


async def test_whoever_goes_away_takes_the_work_along(tmp_path: Path):
    async def never() -> AsyncIterator[tuple[int, Sequence[Remark]]]:
        await asyncio.Event().wait()
        yield 1, ()

    sheet = a_sheet((1, '["Nama","Desa"]'))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(marked(sheet, never(), tmp_path / "a.xlsx", INDONESIAN), 1)

    assert left_in(tmp_path) == []
    assert not [each for each in children() if b"app.exchange.marker" in each]


def children() -> list[bytes]:
    """How the processes that this one has started were called."""
    own = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in own]
