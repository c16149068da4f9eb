"""Columns are found by name, in any order and however somebody spells them."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.imports.cells import Cell
from app.domain.imports.columns import Column, Layout
from app.domain.imports.headers import (
    MESSAGES,
    STATUS,
    ColumnsDoubled,
    ColumnsMissing,
    HeaderNotFound,
    accept,
    find_header,
    holds_nothing,
    names_of,
)
from app.domain.imports.layouts import LAYOUTS, read_row
from tests.domain.imports.rows import BDT2015, OPERATORS, PROPOSALS, RESULTS

BLANKS = ["", " ", "  ", "\n", "\N{NO-BREAK SPACE}", "\ufeff", ".", "_", " - ", "*"]
AFTER = ["", "(11)", " (79)", "\n(31/01/2000)", " ( 3 )", "*", ":"]


def names(column: Column, layout: Layout) -> list[str]:
    """Whatever the column may be called, but what could mean another one too."""
    all_of_it = [column.header.id, column.header.en, column.key, *column.aliases]
    known = names_of(layout)
    return [n for n in all_of_it if known.get("".join(filter(str.isalnum, n)).casefold())]


@st.composite
def spelled(draw: st.DrawFn, name: str) -> str:
    """With other capitals, and with blanks and signs between its characters."""
    change = draw(st.sampled_from([str.upper, str.lower, str.title, str]))
    sign = draw(st.sampled_from(BLANKS))
    places = draw(st.sets(st.integers(0, len(name)), max_size=3))
    made = "".join((sign if n in places else "") + c for n, c in enumerate(change(name)))
    return made + draw(st.sampled_from(AFTER))


@st.composite
def headers(draw: st.DrawFn) -> tuple[Layout, list[str], list[str]]:
    layout = draw(st.sampled_from(list(LAYOUTS.values())))
    columns = draw(st.permutations(layout.columns))
    said = [draw(spelled(draw(st.sampled_from(names(each, layout))))) for each in columns]
    return layout, [each.key for each in columns], said


@settings(derandomize=True, max_examples=60)
@given(headers())
def test_any_order_and_any_spelling_is_found(made: tuple[Layout, list[str], list[str]]):
    layout, keys, said = made

    header = find_header(layout, [["Daftar usulan"], [], said])

    assert header.row == 3
    assert dict(header.positions) == {key: place for place, key in enumerate(keys)}
    assert (header.unknown, header.missing, header.doubled) == ((), (), ())


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda each: each.kind)
def test_no_name_of_a_column_means_another(layout: Layout):
    found = names_of(layout)
    for column in layout.columns:
        assert {found["".join(filter(str.isalnum, n)).casefold()] for n in names(column, layout)}
        assert len(names(column, layout)) >= 3
        for name in names(column, layout):
            assert found["".join(filter(str.isalnum, name)).casefold()] == column.key
    assert len({each.key for each in layout.columns}) == len(layout.columns)


def test_the_columns_of_the_template_stand_where_it_has_them():
    keys = "nik programme card_number name birth_place birth_date mother_name sex occupation"
    keys += " marital_status address rt rw province regency district village has_disability"
    keys += " disability_code pregnant pregnancy_began_on"
    assert [each.key for each in PROPOSALS.columns] == keys.split()
    assert "".join(each.letter for each in PROPOSALS.columns) == "ABCDEFGHIJKLMNOPQRSTU"


def test_the_columns_of_2015_stand_where_the_questionnaire_says():
    placed = {
        each.form.variable.bdt2015_column: number
        for number, each in enumerate(BDT2015.columns, start=1)
        if hasattr(each.form, "variable") and each.form.variable.bdt2015_column
    }
    assert len(placed) == 83
    assert all(said == number for said, number in placed.items())
    assert (len(BDT2015.columns), BDT2015.columns[-1].letter) == (101, "CW")


def test_what_we_do_not_know_is_named_and_what_is_missing_too():
    header = find_header(OPERATORS, [["Nama", "Shoe size", None, "  ", "NIK", "nomor nik"]])

    assert header.unknown == ("Shoe size",)
    assert header.missing == ("village",)
    assert header.doubled == ("nik",)
    assert dict(header.positions) == {"display_name": 0, "nik": 4}


def test_what_a_marked_file_has_besides_is_not_unknown_and_nobody_is_told_a_thousand_names():
    ours = [STATUS.id, MESSAGES.en]
    strange = [f"{number} " + "x" * 1_000 for number in range(1_000)]

    assert find_header(OPERATORS, [["Nama", "Desa", *ours]]).unknown == ()
    told = find_header(OPERATORS, [["Nama", "Desa", *strange]]).unknown
    assert (len(told), {len(each) for each in told}) == (50, {60})


def test_a_file_without_its_columns_is_refused_and_so_is_one_that_has_them_twice():
    with pytest.raises(ColumnsMissing) as missing:
        accept(OPERATORS, find_header(OPERATORS, [["Nama", "NIK"]]))
    with pytest.raises(ColumnsDoubled) as doubled:
        accept(OPERATORS, find_header(OPERATORS, [["Nama", "NIK", "Desa", "Kelurahan"]]))

    assert missing.value.words["columns"].id == "DESA/KELURAHAN"
    assert doubled.value.words["columns"].id == "DESA/KELURAHAN"


@pytest.mark.parametrize(
    "rows",
    [[], [[]], [[None, 3.0, date(2026, 1, 1)]], [["NIK"]], [["a", "b"]] * 12, [["x"]] * 10],
)
def test_without_a_header_there_is_nothing_to_read(rows: list[list[Cell]]):
    with pytest.raises(HeaderNotFound):
        find_header(PROPOSALS, rows)


def test_of_two_headers_the_first_is_meant():
    assert find_header(RESULTS, [["Hasil"], *[["ID USULAN", "KEPUTUSAN"]] * 2]).row == 2


def test_a_header_below_the_tenth_row_is_none():
    title = [["Usulan"]] * 9
    assert find_header(RESULTS, [*title, ["ID USULAN", "KEPUTUSAN"]]).row == 10
    with pytest.raises(HeaderNotFound):
        find_header(RESULTS, [*title, ["Juga"], ["ID USULAN", "KEPUTUSAN"]])


class TestBelowTheHeader:
    NAMES = ("Nama SLS (11)", "ID rumah tangga (2)", "Nama ART", "Nomor urut ART", "Desa/Kelurahan")

    def skips(self, *cells: Cell) -> bool:
        return holds_nothing(find_header(BDT2015, [self.NAMES]), cells)

    def test_column_numbers_empty_rows_and_the_header_again_are_no_data(self):
        assert self.skips("KOLOM 11", "KOLOM 2", "KOLOM 80", "79", "9")
        assert self.skips("KOLOM (11)", "(2)", "(80)")
        assert self.skips(None, "", None)
        assert (
            self.skips("NAMA SLS", "id rumah tangga", "NAMA ART", "NOMOR URUT ART", "Desa/Kel.")
            is False
        )  # another name for the last one: looked at like any row
        assert self.skips(
            "NAMA SLS", "id rumah tangga", "NAMA ART", "NOMOR URUT ART", "DESA / KELURAHAN"
        )

    def test_a_short_row_is_data_whatever_stands_in_it(self):
        assert not self.skips("NAMA SLS")

    def test_a_place_called_kolombo_is_data(self):
        assert not self.skips("KOLOMBO", "520602000709810001", "SITI", "1", "Ciwaduk")


def test_a_short_row_is_filled_up_and_a_long_one_cut():
    header = find_header(OPERATORS, [["Nama", "NIK", "Desa"]])

    short = read_row(OPERATORS, header, ["Siti"], today=date(2026, 11, 22))
    long = read_row(OPERATORS, header, ["Siti", None, "Ciwaduk", "?"], today=date(2026, 11, 22))

    assert [(p.column, p.code) for p in short.problems] == [("village", "missing")]
    assert (long.values, long.problems) == ({"display_name": "Siti", "village": "Ciwaduk"}, ())
