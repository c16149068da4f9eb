"""Templates and the workbooks of invalid NIK: what they say can be filled in and read back."""

import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import load_workbook

from app.domain.errors import Language
from app.domain.imports.choices import Choice
from app.domain.imports.columns import ImportKind, Layout
from app.domain.imports.headers import find_header
from app.domain.imports.layouts import LAYOUTS, read_row
from app.exchange.archives import Archive
from app.exchange.sheet_names import BESIDES, CODES
from app.exchange.sheets import neutral
from app.exchange.table_rows import Row
from app.exchange.tables import opened
from app.exchange.workbooks import (
    NikRow,
    file_name,
    nik_repair,
    template,
    template_csv,
)
from tests.workbooks import MAIN, SHOWN_AS_TEXT, Opened

TODAY = date(2026, 11, 22)
CORRECTIONS = LAYOUTS[ImportKind.NIK_CORRECTIONS]
CASE = "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10"
SITI: NikRow = {
    "case_id": CASE,
    "old_nik": "3672011905840001",
    "old_name": "=SITI",
    "old_birth_date": date(1984, 5, 19),
    "old_sex": "Perempuan",
    "check": "nik_mismatch_sex",
    "explanation": "Menurut NIK ini laki-laki.",
    "suggestion_1": "3672015905840001",
    "reason_1": "Tanggal lahir perempuan ditambah 40.",
}


async def read(path: Path) -> tuple[list[Row], tuple[str, ...]]:
    async with opened(path) as sheet:
        return [row async for some in sheet.rows for row in some], sheet.notes


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda each: each.kind)
class TestATemplate:
    async def test_is_read_as_what_it_is(self, tmp_path: Path, layout: Layout, language: Language):
        for write, path in ((template, tmp_path / "a.xlsx"), (template_csv, tmp_path / "a.csv")):
            write(layout, path, language=language)

            rows, notes = await read(path)
            header = find_header(layout, [cells for _, cells in rows])

            assert (len(rows), notes) == (1, ())
            assert list(header.positions.items()) == [
                (each.key, place) for place, each in enumerate(layout.columns)
            ]
            assert (header.unknown, header.missing, header.doubled) == ((), (), ())

    def test_takes_text_and_says_what_to_write(
        self, tmp_path: Path, layout: Layout, language: Language
    ):
        template(layout, tmp_path / "a.xlsx", language=language)

        made = Opened(tmp_path / "a.xlsx")
        assert made.column_formats() == [SHOWN_AS_TEXT] * len(layout.columns)
        assert [*made.comments] == [f"{each.letter}1" for each in layout.columns]
        assert f"<vt:lpwstr>{layout.kind}/{layout.version}<" in made.part("docProps/custom.xml")
        assert not made.has_formulas()
        assert set(made.sheets) - {"Data"} <= BESIDES

    def test_offers_choices_that_are_read_as_what_they_are(
        self, tmp_path: Path, layout: Layout, language: Language
    ):
        template(layout, tmp_path / "a.xlsx", language=language)

        choosing = [each for each in layout.columns if isinstance(each.form, Choice)]
        made = Opened(tmp_path / "a.xlsx")
        assert [*made.drop_downs] == [f"{each.letter}2:{each.letter}1048576" for each in choosing]
        for number, (column, source) in enumerate(
            zip(choosing, made.drop_downs.values(), strict=True)
        ):
            assert isinstance(column.form, Choice)
            lists = load_workbook(tmp_path / "a.xlsx").get_sheet_by_name(CODES[language])
            labels = [row[number] for row in lists.to_python() if row[number]]
            assert source.endswith(f"${'ABCDEF'[number]}${len(labels)}")
            read_back = [column.form.read(str(label)) for label in labels]
            assert read_back == [option.value for option in column.form.options]


class TestTheWorkbookOfInvalidNik:
    async def test_comes_back_untouched_without_a_problem(self, tmp_path: Path):
        nik_repair([SITI], tmp_path / "a.xlsx", language=Language.INDONESIAN)

        (_, header), (_, row) = (await read(tmp_path / "a.xlsx"))[0]
        found = read_row(CORRECTIONS, find_header(CORRECTIONS, [header]), row, today=TODAY)

        assert found.problems == ()
        assert found.values["case_id"] == CASE
        assert found.values["old_name"] == "=SITI"
        assert found.values["old_birth_date"] == "19/05/1984"
        assert not {"nik", "outcome", "note"} & set(found.values)
        assert not {"explanation", "suggestion_1", "reason_1"} & set(found.values)

    def test_shows_what_is_printed_and_what_is_likely(self, tmp_path: Path):
        nik_repair([SITI] * 2, tmp_path / "a.xlsx", language=Language.INDONESIAN)

        made = Opened(tmp_path / "a.xlsx")
        assert {made.colour(cell) for cell in ("A2", "C2", "E3", "N2")} == {"E7E6E6"}
        assert {made.kind(cell) for cell in ("C2", "U2", "U3", "X2")} == {"s"}
        assert "O2" not in made.cells  # to be filled in
        assert not made.has_formulas()

    def test_is_as_high_as_what_it_tells(self, tmp_path: Path):
        """Else it would spill into the cells beside it, which are to be filled in."""
        told = {**SITI, "explanation": "Periksa. " * 20}
        nik_repair([SITI, told], tmp_path / "a.xlsx", language=Language.INDONESIAN)

        rows = Opened(tmp_path / "a.xlsx").data.iterfind("m:sheetData/m:row", MAIN)
        assert [row.get("ht") for row in rows] == ["30", None, "60"]  # of one line each: 15

    def test_offers_what_is_likely_in_the_cell_of_the_right_nik(self, tmp_path: Path):
        nik_repair([SITI] * 2, tmp_path / "a.xlsx", language=Language.INDONESIAN)

        made = Opened(tmp_path / "a.xlsx")
        assert made.drop_downs == {"S2:S1048576": "'Kode'!$A$1:$A$6", "O2:O1048576": "$U2:$W2"}
        assert "KTP atau KK" in made.comments["U1"]
        [offered] = (each for each in made.data.iter() if each.get("sqref") == "O2:O1048576")
        assert "KTP atau KK" in offered.get("prompt", "")
        assert offered.get("showErrorMessage") is None  # any other may be typed


def test_an_archive_is_whole_though_it_is_sent_piece_by_piece():
    archive = Archive()
    files = {"3672011001 Ciwaduk.xlsx": b"a" * 70_000, "3672011002 Desa.xlsx": b"", "c": b"c"}

    pieces = [archive.add(name, content) for name, content in files.items()]

    made = zipfile.ZipFile(BytesIO(b"".join([*pieces, archive.end()])))
    assert made.testzip() is None
    assert {name: made.read(name) for name in made.namelist()} == files
    assert len(pieces[2]) < 100  # what was sent is not kept


def test_a_file_name_is_one_that_every_system_takes():
    assert file_name("1", "../Desa: Jombang/Wetan ") == "1 .. Desa Jombang Wetan.xlsx"
    assert file_name("1", "a" * 300) == f"1 {'a' * 80}.xlsx"
    assert file_name("1", "\x00\N{RIGHT-TO-LEFT OVERRIDE}") == "1.xlsx"


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@A1", "\t=1", "\r\n@A1", "--", "-(1)"])
def test_what_could_be_a_formula_is_none_in_csv(text: str):
    assert neutral(text) == f"'{text.strip()}"


@pytest.mark.parametrize("text", ["-", "-7,25", "+6281", "SITI", "a=b", "", "'=1"])
def test_what_could_not_stays_as_it_is(text: str):
    assert neutral(text) == text
