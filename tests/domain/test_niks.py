"""What a NIK says, and which ones cannot be."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.niks import (
    CARD_SAID,
    SAID,
    CardCode,
    KnownRegions,
    NikCheck,
    NikCode,
    NikVerdict,
    check,
    check_family_card,
)
from app.domain.people import Sex
from app.domain.regions import TIME_ZONE_OF

TODAY = date(2026, 1, 1)

# A second opinion, by hand: only what the vectors speak of.
REGIONS = KnownRegions(
    provinces=frozenset(
        f"{island}{number}"
        for island, numbers in {
            "1": "123456789",
            "2": "1",
            "3": "123456",
            "5": "123",
            "6": "12345",
            "7": "123456",
            "8": "12",
            "9": "123456",
        }.items()
        for number in numbers
    ),
    regencies=frozenset({"3171", "3578", "5206", "6501", "6571", "9101", "9201", "9301", "9501"}),
    districts=frozenset({"317101", "357808", "520602", "650101", "657101", "930101", "950101"}),
)
_VECTORS = Path(__file__).with_name("nik_vectors.csv").read_text(encoding="utf-8")
VECTORS = list(csv.DictReader(_VECTORS.splitlines()))


def checked(
    nik: str | None,
    *,
    sex: Sex | None = None,
    birth_date: date | None = None,
    today: date = TODAY,
) -> NikCheck:
    return check(nik, regions=REGIONS, sex=sex, birth_date=birth_date, today=today)


def nik_of(born: date, sex: Sex = Sex.MALE, *, district: str = "317101", serial: int = 1) -> str:
    day = born.day + (40 if sex is Sex.FEMALE else 0)
    return f"{district}{day:02}{born:%m%y}{serial:04}"


BIRTH_DATES = st.dates(date(1900, 1, 1), TODAY)
SEXES = st.sampled_from(Sex)
SERIALS = st.integers(1, 9999)
WHITE_SPACE = st.text(" \t\n\r\v\f\x85\xa0\u1680\u2003\u2009\u2028\u2029\u202f\u205f\u3000")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['nik']}: {vector['why']}")
def test_the_vectors_hold(vector: dict[str, str]):
    found = checked(vector["nik"])

    assert found.verdict == vector["expected"]
    assert ";".join(found.codes) == vector["code"]
    assert (found.sex or "") == vector["sex"]
    assert str(found.birth_date or "") == vector["birth_date"]


def test_there_are_vectors():
    assert len(VECTORS) == 31


class TestWhatANikSays:
    @given(BIRTH_DATES, SEXES, SERIALS)
    def test_every_birth_date_of_either_century_comes_back(self, born: date, sex: Sex, serial: int):
        nik = nik_of(born, sex, serial=serial)

        found = checked(nik, sex=sex, birth_date=born)

        assert (found.sex, found.birth_date, found.digits) == (sex, born, nik)
        assert set(found.codes) <= {NikCode.AGE_OVER_120}

    @given(BIRTH_DATES, SEXES, st.dates(date(2000, 1, 1), date(2199, 12, 31)))
    def test_without_a_declared_date_it_is_the_latest_that_is_not_in_the_future(
        self, born: date, sex: Sex, today: date
    ):
        assume(born <= today)

        found = checked(nik_of(born, sex), today=today).birth_date

        assert found is not None
        assert born <= found <= today
        assert (found.month, found.day) == (born.month, born.day)
        assert found.year in {born.year, born.year + 100}
        assert found.year >= 2000 or found.replace(year=found.year + 100) > today

    @given(BIRTH_DATES, SEXES)
    def test_the_declared_date_decides_between_the_centuries(self, born: date, sex: Sex):
        assume((born.month, born.day) != (2, 29))
        other = born.replace(year=born.year + (100 if born.year < 2000 else -100))
        assume(other <= TODAY)

        assert checked(nik_of(born, sex), birth_date=born).birth_date == born
        assert checked(nik_of(born, sex), birth_date=other).birth_date == other

    def test_one_born_today_is_not_taken_for_a_hundred_years_old(self):
        assert checked(nik_of(TODAY)).birth_date == TODAY
        assert checked(nik_of(TODAY + timedelta(days=1))).birth_date == date(1926, 1, 2)

    def test_an_invalid_one_says_nothing(self):
        assert checked("9701011708450001") == NikCheck(
            NikVerdict.INVALID, (NikCode.UNKNOWN_PROVINCE,), "9701011708450001"
        )

    @pytest.mark.parametrize("nothing", [None, "", "  \t\n", "\xa0\u3000"])
    def test_none_or_only_white_space_is_a_missing_one(self, nothing: str | None):
        assert checked(nothing) == NikCheck(NikVerdict.MISSING)


class TestWhatPythonStdnumGetsWrong:
    """Each of these is answered otherwise by its `stdnum.id.nik`, as read in 2026."""

    @pytest.mark.parametrize(
        ("nik", "code"),
        [
            pytest.param("3171018101900001", NikCode.DATE, id="day 81 is not day 1"),
            pytest.param("3171019908450001", NikCode.DATE, id="day 99 is not day 19"),
            pytest.param("3171011708450000", NikCode.SERIAL, id="there is no serial 0000"),
            pytest.param("1111111111111111", NikCode.PLACEHOLDER, id="a filler is no NIK"),
            pytest.param("317101-170845-0001", NikCode.FORMAT, id="dashes are not stripped"),
            pytest.param("317101.170845.0001", NikCode.FORMAT, id="dots are not stripped"),
        ],
    )
    def test_it_accepts_what_cannot_be(self, nik: str, code: NikCode):
        assert checked(nik).codes == (code,)

    @pytest.mark.parametrize("place", ["6501", "6571", "9301", "9501"])
    def test_its_table_of_regions_is_older_than_the_provinces(self, place: str):
        assert checked(f"{place}011708450001").verdict is NikVerdict.VALID

    def test_it_takes_every_child_for_a_person_of_the_last_century(self):
        assert checked("5206024401071236").birth_date == date(2007, 1, 4)


class TestItsForm:
    @given(st.lists(WHITE_SPACE, min_size=17, max_size=17), BIRTH_DATES)
    def test_white_space_of_any_kind_is_removed_anywhere(self, gaps: list[str], born: date):
        nik = nik_of(born)
        spaced = "".join(gap + digit for gap, digit in zip(gaps, f"{nik} ", strict=True))

        assert checked(spaced) == checked(nik)
        assert checked(spaced).digits == nik

    @given(BIRTH_DATES, st.integers(0, 15), st.characters())
    def test_nothing_else_is_removed_or_converted(self, born: date, at: int, other: str):
        assume(other not in "0123456789" and not other.isspace())
        nik = nik_of(born)

        for spoilt in (nik[:at] + other + nik[at:], nik[:at] + other + nik[at + 1 :]):
            assert checked(spoilt) == NikCheck(NikVerdict.INVALID, (NikCode.FORMAT,))

    @given(BIRTH_DATES, st.sampled_from("\u0660\u06f0\u0966\uff10\U0001d7ce"))
    def test_digits_of_another_script_are_refused(self, born: date, zero: str):
        elsewhere = "".join(chr(ord(zero) + int(digit)) for digit in nik_of(born))

        assert checked(elsewhere).codes == (NikCode.FORMAT,)

    @pytest.mark.parametrize("mark", ["-", ".", "'", "\u200b", "\ufeff"])
    def test_a_dash_a_dot_an_apostrophe_or_a_zero_width_blank_is_refused(self, mark: str):
        assert checked(f"317101{mark}1708450001").codes == (NikCode.FORMAT,)

    @given(st.text("0123456789").filter(lambda digits: len(digits) not in {0, 16}))
    def test_any_other_number_of_digits_is_refused(self, digits: str):
        assert checked(digits).codes == (NikCode.FORMAT,)

    @given(st.integers(0, 10**14 - 1))
    def test_one_that_begins_with_00_only_fills_the_field(self, rest: int):
        assert checked(f"00{rest:014}").codes == (NikCode.PLACEHOLDER,)

    @given(st.sampled_from("0123456789"))
    def test_so_does_one_digit_sixteen_times(self, digit: str):
        assert checked(digit * 16).codes == (NikCode.PLACEHOLDER,)

    @given(BIRTH_DATES, SEXES)
    def test_a_serial_of_0000_is_refused(self, born: date, sex: Sex):
        assert checked(nik_of(born, sex, serial=0)).codes == (NikCode.SERIAL,)

    @given(st.text(max_size=40))
    def test_whatever_is_typed_gets_an_answer(self, typed: str):
        assert checked(typed).verdict in {NikVerdict.INVALID, NikVerdict.MISSING}


class TestItsDate:
    @given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
    def test_what_is_in_no_calendar_is_refused_and_nothing_else(
        self, day: int, month: int, year: int
    ):
        own_day = day - 40 if day >= 41 else day
        longest = {2: 29 if year % 4 == 0 else 28, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)
        exists = 1 <= own_day <= longest and 1 <= month <= 12

        found = checked(f"317101{day:02}{month:02}{year:02}0001")

        assert (found.codes == (NikCode.DATE,)) is not exists

    @pytest.mark.parametrize("day", [0, 32, 39, 40, 72, 80, 81, 99])
    def test_a_day_that_is_neither_a_mans_nor_a_womans_is_refused(self, day: int):
        assert checked(f"317101{day:02}01900001").codes == (NikCode.DATE,)


class TestItsRegion:
    def test_every_province_there_is_may_begin_a_nik(self):
        assert set(TIME_ZONE_OF) == REGIONS.provinces

        for province in TIME_ZONE_OF:
            assert NikCode.UNKNOWN_PROVINCE not in checked(f"{province}01011708450001").codes

    @given(st.integers(1, 99).map("{:02}".format))
    def test_any_other_beginning_is_refused(self, beginning: str):
        assume(beginning not in REGIONS.provinces)

        assert checked(f"{beginning}71011708450001").codes == (NikCode.UNKNOWN_PROVINCE,)

    def test_an_unknown_regency_is_a_warning_and_its_district_is_not_looked_at(self):
        assert checked("3199991708450001").codes == (NikCode.UNKNOWN_REGENCY,)

    def test_a_district_is_looked_at_only_where_the_regencys_districts_are_known(self):
        assert checked("3171991708450001").codes == (NikCode.UNKNOWN_DISTRICT,)
        assert checked("9101991708450001").codes == ()


class TestAgainstWhatIsDeclared:
    def test_another_sex_is_a_warning(self):
        found = checked("3171011708450001", sex=Sex.FEMALE)

        assert found.codes == (NikCode.MISMATCH_SEX,)
        assert (found.verdict, found.sex) == (NikVerdict.VALID_WITH_WARNING, Sex.MALE)

    def test_another_birth_date_is_a_warning_and_the_nik_keeps_its_own(self):
        found = checked("3171011708450001", birth_date=date(1945, 8, 18))

        assert found.codes == (NikCode.MISMATCH_BIRTH_DATE,)
        assert (found.verdict, found.birth_date) == (
            NikVerdict.VALID_WITH_WARNING,
            date(1945, 8, 17),
        )

    @given(st.dates(TODAY + timedelta(days=1), date(2199, 12, 31)))
    def test_a_birth_date_to_come_is_refused(self, born: date):
        found = checked("3171011708450001", sex=Sex.FEMALE, birth_date=born)

        assert (found.verdict, found.codes) == (NikVerdict.INVALID, (NikCode.BIRTH_DATE_FUTURE,))

    def test_the_nik_itself_is_looked_at_before_the_birth_date(self):
        assert checked("3171011708450000", birth_date=date(2030, 1, 1)).codes == (NikCode.SERIAL,)

    def test_older_than_120_is_a_warning_from_the_121st_birthday_on(self):
        born, birthday = date(1905, 6, 15), date(2026, 6, 15)
        nik = nik_of(born)

        eve = checked(nik, birth_date=born, today=birthday - timedelta(days=1))
        assert eve.codes == ()
        assert checked(nik, birth_date=born, today=birthday).codes == (NikCode.AGE_OVER_120,)

    def test_one_born_today_is_not_of_the_future(self):
        assert checked(nik_of(TODAY), birth_date=TODAY).verdict is NikVerdict.VALID

    def test_the_warnings_stand_in_the_order_region_sex_birth_date_age(self):
        found = checked("3171991708450001", sex=Sex.FEMALE, birth_date=date(1901, 1, 1))

        assert found.codes == (
            NikCode.UNKNOWN_DISTRICT,
            NikCode.MISMATCH_SEX,
            NikCode.MISMATCH_BIRTH_DATE,
            NikCode.AGE_OVER_120,
        )


class TestTheFamilyCard:
    @given(st.dates(date(1901, 1, 1), TODAY), SERIALS)
    def test_its_date_is_the_day_of_recording(self, recorded: date, serial: int):
        number = nik_of(recorded, serial=serial)

        assert check_family_card(f" {number[:6]} {number[6:]}\n").verdict is NikVerdict.VALID
        assert check_family_card(f" {number[:6]} {number[6:]}\n").digits == number

    @pytest.mark.parametrize("day", ["00", "32", "57", "99"])
    def test_a_day_that_is_not_in_the_calendar_is_only_a_warning(self, day: str):
        found = check_family_card(f"367202{day}08150001")

        assert (found.verdict, found.codes) == (NikVerdict.VALID_WITH_WARNING, (CardCode.DATE,))

    def test_its_region_is_not_looked_at(self):
        assert check_family_card("9799991708150001").verdict is NikVerdict.VALID

    @pytest.mark.parametrize(
        ("number", "code"),
        [
            ("367202170815001", CardCode.FORMAT),
            ("36720217081500011", CardCode.FORMAT),
            ("367202-1708150001", CardCode.FORMAT),
            ("\u0663" * 16, CardCode.FORMAT),
            ("3333333333333333", CardCode.PLACEHOLDER),
            ("1234567890123456", CardCode.PLACEHOLDER),
            ("0072021708150001", CardCode.PLACEHOLDER),
        ],
    )
    def test_its_form_is_that_of_a_nik(self, number: str, code: CardCode):
        found = check_family_card(number)

        assert (found.verdict, found.codes) == (NikVerdict.INVALID, (code,))

    @pytest.mark.parametrize("nothing", [None, "", " \t"])
    def test_none_is_a_missing_one(self, nothing: str | None):
        assert check_family_card(nothing).verdict is NikVerdict.MISSING


def test_every_code_says_in_both_languages_what_to_do():
    assert set(SAID) == set(NikCode)
    assert set(CARD_SAID) == set(CardCode)

    for said in (*SAID.values(), *CARD_SAID.values()):
        assert said.id.endswith(".")
        assert said.en.endswith(".")
        assert said.id != said.en
