import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.regions import INDONESIA, Region, RegionKind, Tier, TimeZone

CODES = st.from_regex(
    r"\A([1-9][0-9](0[1-9]|[1-9][0-9]){0,2}|[1-9][0-9]((0[1-9]|[1-9][0-9]){2})[1-3][0-9]{3})?\Z"
)


@pytest.mark.parametrize(
    "code", ["3", "367", "36720", "3672011", "36720210041", "36.7", "٣٦", "3a"]
)
def test_what_is_no_code_names_no_region(code: str):
    with pytest.raises(ValueError, match="is not a region code"):
        Region(code)


@pytest.mark.parametrize(
    ("code", "tier", "kind"),
    [
        ("", Tier.NATION, None),
        ("36", Tier.PROVINCE, RegionKind.PROVINCE),
        ("3601", Tier.REGENCY, RegionKind.KABUPATEN),
        ("3669", Tier.REGENCY, RegionKind.KABUPATEN),
        ("3671", Tier.REGENCY, RegionKind.KOTA),
        ("367202", Tier.DISTRICT, RegionKind.KECAMATAN),
        ("3672021004", Tier.VILLAGE, RegionKind.KELURAHAN),
        ("3522012001", Tier.VILLAGE, RegionKind.DESA),
        ("9103013007", Tier.VILLAGE, RegionKind.DESA_ADAT),
        ("9103019007", Tier.VILLAGE, None),
    ],
)
def test_the_code_alone_tells_the_tier_and_the_kind(code: str, tier: Tier, kind: RegionKind | None):
    assert (Region(code).tier, Region(code).kind) == (tier, kind)


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("", TimeZone.WIB),
        ("3672", TimeZone.WIB),
        ("6202", TimeZone.WIB),
        ("63", TimeZone.WITA),
        ("5206022005", TimeZone.WITA),
        ("7107", TimeZone.WITA),
        ("81", TimeZone.WIT),
        ("9671", TimeZone.WIT),
    ],
)
def test_a_region_goes_by_the_clock_of_its_province(code: str, zone: TimeZone):
    assert Region(code).time_zone is zone


@given(CODES, CODES)
def test_covering_is_the_same_for_codes_and_for_numbers(one: str, other: str):
    around, inside = Region(one), Region(other)

    in_range = around.first <= inside.first and inside.last <= around.last

    assert around.covers(inside) is in_range


@given(CODES, CODES)
def test_two_regions_never_share_a_number(one: str, other: str):
    assert (Region(one).first == Region(other).first) is (one == other)


@given(CODES)
def test_only_a_village_has_a_number_that_does_not_end_in_four_noughts(code: str):
    assert (Region(code).first % 10_000 > 0) is (Region(code).tier is Tier.VILLAGE)


def test_the_regions_around_a_village():
    village = Region("3672021004")

    assert [village.at(tier).code for tier in Tier] == ["", "36", "3672", "367202", "3672021004"]
    assert INDONESIA.covers(village)


def test_a_regency_lies_in_no_single_village():
    with pytest.raises(ValueError, match="no single village"):
        Region("3672").at(Tier.VILLAGE)
