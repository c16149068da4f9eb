"""Whatever stands in a cell is read, or told; what our own template prints is read as it was."""

import json
import math
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.errors import Language
from app.domain.imports.cells import (
    AreaCode,
    CellError,
    DateForm,
    Neighbourhood,
    NoteForm,
    NumberText,
    RegionForm,
    TextForm,
    UsernameForm,
    WholeNumber,
)
from app.domain.imports.choices import SEX, YesNo
from app.domain.imports.columns import Layout
from app.domain.imports.headers import find_header
from app.domain.imports.layouts import LAYOUTS, read_row
from app.domain.imports.problems import Flawed, catalogue
from app.domain.questionnaire.questions import Type, Variable
from tests.domain.imports.rows import BDT2015, PROPOSALS, TODAY, codes, read

COLUMNS = {
    f"{layout.kind}.{each.key}": each for layout in LAYOUTS.values() for each in layout.columns
}
MORNING = datetime(1984, 5, 19, 7, 30)  # noqa: DTZ001 - a spreadsheet knows no zones
LIKELY = [
    "1",
    "01",
    "3",
    "4.0",
    "1,5",
    "YA",
    "-",
    "0",
    "3,67201E+15",
    "31/02/2000",
    "2000-02-30",
    "0000-00-00",
    "99/99/9999",
    "01/01/0001",
    "\x00",
    "\u200b",
    "\ud800",
    "\u0661\u0662",
    "\u00b2",
    "=1+1",
    "a" * 5_000,
    "9" * 400,
]
CELLS = st.one_of(
    st.none(),
    st.text(),
    st.text(alphabet="0123456789 -/.,EeRTW", max_size=20),
    st.sampled_from(LIKELY),
    st.floats(),
    st.integers(),
    st.just(10**500),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.builds(CellError, st.text(max_size=40)),
    st.builds(timedelta, st.integers(0, 99)),
    st.just(time(1, 2)),
)


@settings(derandomize=True, max_examples=150)
@given(st.sampled_from(list(LAYOUTS.values())), st.data())
def test_no_row_of_whatever_cells_raises_anything(layout: Layout, data: st.DataObject):
    some = data.draw(st.dictionaries(st.sampled_from(layout.columns), CELLS, max_size=12))
    header = find_header(layout, [[each.header.id for each in layout.columns]])
    row = [some.get(each) for each in layout.columns]

    for _ in range(2):  # as it is read at first, and as it is remembered
        found = read_row(layout, header, row, today=TODAY)

        json.dumps(found.values, allow_nan=False)
        assert {each.code for each in found.problems} <= catalogue().keys()
        for each in found.problems:
            for language in Language:
                assert each.said.told(language, dict(each.words))


@settings(derandomize=True, max_examples=400)
@given(st.sampled_from(sorted(COLUMNS)), CELLS)
@example("bdt2015.floor_area", math.inf)
@example("bdt2015.floor_area", 2e-135)
@example("bdt2015.ruta6", 10.0**300)
def test_what_is_read_is_printed_and_read_again_as_it_was(name: str, cell: object):
    form = COLUMNS[name].form
    value = form.read(cell)
    if value is None or isinstance(value, Flawed):
        return
    for language in Language:
        assert form.read(form.shown(value, language)) == value


@pytest.mark.parametrize("name", [name for name, each in COLUMNS.items() if each.choices])
def test_every_choice_that_a_template_offers_is_taken(name: str):
    form = COLUMNS[name].form
    for option in getattr(form, "options", ()):
        assert option.label in form.choices
        for text in option.spellings():
            assert form.read(f" {text.swapcase()} ") == form.read(text) == option.value


def code_of(found: object) -> str | None:
    return found.code if isinstance(found, Flawed) else None


class TestANumberThatIsText:
    NIK = NumberText(length=16)

    def test_is_refused_as_a_number_because_digits_are_lost(self):
        for cell in (3672015905840000.0, 3672015905840001, 0.0, math.nan):
            assert code_of(self.NIK.read(cell)) == "number_instead_of_text"
        for text in ("3,67E+15", "3.67202E+15", "3e15"):
            assert code_of(self.NIK.read(text)) == "scientific_number"

    def test_may_have_blanks_and_nothing_else(self):
        assert self.NIK.read(" 3672 0159\N{NO-BREAK SPACE}0584 0001\n") == "3672015905840001"
        for text in ("367201590584000", "3672.0159.0584.0001", "'3672015905840001", "٣" * 16):
            assert code_of(self.NIK.read(text)) == "not_digits", text


class TestADate:
    @pytest.mark.parametrize(
        "cell",
        ["19/05/1984", "19/5/1984", "19-05-1984", "19.05.1984", " 1984-05-19 ", "1984-05-19 00:00",
         date(1984, 5, 19), MORNING],
    )  # fmt: skip
    def test_is_written_day_first_or_year_first_or_is_a_date(self, cell: object):
        assert DateForm().read(cell) == "1984-05-19"

    @pytest.mark.parametrize(
        "cell",
        ["05/19/1984", "31/04/2000", "19/05/84", "19 Mei 1984", 30821, 30821.0, "30821", True,
         date.min, date.max, "01/01/0001"],
    )  # fmt: skip
    def test_is_in_the_calendar_and_has_four_digits_for_its_year(self, cell: object):
        assert code_of(DateForm().read(cell)) == "not_a_date"


def test_a_choice_is_made_by_code_label_or_another_name():
    for cell in ("Perempuan", "PEREMPUAN", " perempuan.", "p", 2, 2.0, "02", "wanita", "Female"):
        assert SEX.read(cell) == 2, cell
    assert code_of(SEX.read("waria?")) == "not_a_choice"
    assert code_of(SEX.read(3.0)) == "not_a_choice"


def test_yes_and_no_are_the_codes_of_either_pair_and_the_words():
    for cell in ("1", 3.0, "YA", "ya", "Y", True, "TRUE"):
        assert YesNo().read(cell) is True
    for cell in ("2", "04", "TIDAK", "t", False):
        assert YesNo().read(cell) is False
    assert code_of(YesNo().read("mungkin")) == "not_a_choice"


def test_a_neighbourhood_has_three_digits_at_most():
    for cell in ("4", "004", 4.0, "RT 04", "rt.4", "RW 4"):
        assert Neighbourhood().read(cell) == "004"
    for cell in ("0004", "4/2", "IV", "\u0664"):
        assert code_of(Neighbourhood().read(cell)) == "not_a_neighbourhood"
    assert code_of(Neighbourhood().read(date(2026, 2, 4))) == "date_instead_of_text"  # 4/2


def test_a_region_is_a_name_or_a_code_with_dots_or_without():
    for cell in ("36.72.01.1001", "3672011001", 3672011001.0):
        assert RegionForm().read(cell) == "3672011001"
    assert RegionForm().read("  Kota   Cilegon ") == "Kota Cilegon"


def test_text_is_one_line_that_people_can_see():
    assert TextForm().read(" JL  SUNAN\nDEMAK ") == "JL SUNAN DEMAK"
    assert TextForm().read("Cafe\u0301") == "Caf\u00e9"
    assert TextForm().read(12.0) == "12"
    assert TextForm().read("'=SUM(A1)") == "=SUM(A1)"  # as a CSV file of ours has it
    for nothing in ("-", " \N{EN DASH} ", "", " \t"):
        assert TextForm().read(nothing) is None
    assert TextForm().read("a" * 250) == "a" * 250
    assert code_of(TextForm().read("a" * 251)) == "too_long"
    assert code_of(TextForm().read("A\u200bA")) == "characters"
    for error in (CellError("#REF!"), "#REF!", " #N/A "):
        assert code_of(TextForm().read(error)) == "cell_error"
    assert code_of(TextForm().read(1e15)) == "unreadable"  # its last digits are lost
    assert NoteForm().read(" satu\n\ndua ") == "satu\n\ndua"


def test_numbers_that_are_kept_as_text_keep_their_zeros_and_have_an_end():
    assert [AreaCode(length=3).read(cell) for cell in ("7", 7.0, "007")] == ["007"] * 3
    assert code_of(AreaCode(length=3).read("0007")) == "not_digits"
    assert NumberText().read("1" * 40) == "1" * 40
    assert code_of(NumberText().read("1" * 41)) == "too_long"


def test_a_number_is_whole_and_within_its_bounds():
    form = WholeNumber(min=1, max=9)
    assert [form.read(cell) for cell in ("7", "07", 7.0, 7)] == [7] * 4
    assert code_of(form.read("0")) == code_of(form.read("10")) == "out_of_range"
    assert code_of(form.read("7,5")) == code_of(form.read(7.5)) == "not_a_number"


def test_a_username_is_written_small():
    assert UsernameForm().read("Operator.3672011001") == "operator.3672011001"
    assert code_of(UsernameForm().read("op")) == "not_a_username"


class TestAnAnswer:
    """By the codes of the form of 2015."""

    def answer(self, key: str, cell: object) -> object:
        return BDT2015.by_key[key].form.read(cell)

    def test_is_a_code_with_a_leading_zero_or_without_or_its_words(self):
        for cell in ("9", "09", 9.0, 9, "Tanah", "tanah"):
            assert self.answer("floor_material", cell) == 9
        assert self.answer("identity_documents", "13") == 13
        assert self.answer("floor_area", "36,125") == self.answer("floor_area", 36.125) == 36.125
        assert code_of(self.answer("floor_area", "1.300")) == "H01"  # which of two numbers?

    def test_is_one_or_two_here_and_three_or_four_in_the_next_row(self):
        assert self.answer("owns_gas_cylinder", "1") is True
        assert self.answer("owns_refrigerator", "03") is True
        assert self.answer("owns_refrigerator", "TIDAK") is False
        assert code_of(self.answer("owns_refrigerator", "1")) == "H17"
        assert code_of(self.answer("owns_refrigerator", "5")) == "not_a_choice"

    def test_of_what_is_only_kept_hinders_nothing(self):
        found = read(BDT2015, active_mobile_numbers="081234567890", bdt2015_column_49="3 (?)")

        assert codes(found) == [("active_mobile_numbers", "out_of_range", "warning")]
        assert "active_mobile_numbers" not in found.values
        assert found.values["bdt2015_column_49"] == "3 (?)"

    def test_every_code_that_the_form_prints_is_taken(self):
        for column in BDT2015.columns:
            asked: Variable | None = getattr(column.form, "variable", None)
            if asked is not None and asked.type is Type.CHOICE:
                for code, label in asked.choices.items():
                    assert column.form.read(str(code).zfill(2)) == code
                    assert column.form.read(label.id) == code or label.id[:1].isdigit()


def test_animals_that_are_not_named_are_none():
    assert read(BDT2015).values["pig_count"] == 0
    assert "bedroom_count" not in read(BDT2015).values
    assert "rt" in read(PROPOSALS).values
