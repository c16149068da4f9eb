"""Which village a row means, within the region of whoever sends the file."""

import pytest

from app.domain.imports.places import Place, Places
from app.domain.imports.problems import Problem
from app.domain.regions import Region

CIWADUK = Place("3672051005", "Ciwaduk", "Cilegon", "Kota Cilegon", "Banten")
RAMANUJU = Place("3672061003", "Ramanuju", "Purwakarta", "Kota Cilegon", "Banten")
TWO_MEKARSARI = (
    Place("3672021001", "Mekarsari", "Pulomerak", "Kota Cilegon", "Banten"),
    Place("3672081002", "Mekarsari", "Grogol", "Kota Cilegon", "Banten"),
)
KAMPUNG_BALI = Place(
    "3173041001", "Kampung Bali", "Tanah Abang", "Kota Administrasi Jakarta Pusat", "DKI Jakarta"
)
ALL = (CIWADUK, RAMANUJU, *TWO_MEKARSARI)


def found(*places: Place, **said: str) -> int | str:
    """The code of the village, or that of the problem."""
    told = Places(places, Region("3672")).find(said)
    return told.code if isinstance(told, Problem) else told


@pytest.mark.parametrize(
    "said",
    [
        {"village": "3672051005"},
        {"village": "ciwaduk"},
        {"village": "Kelurahan CIWADUK", "district": "Kec. Cilegon", "regency": "Cilegon"},
        {"village": "Desa Ciwaduk", "regency": "Kota Cilegon", "province": "Banten"},
    ],
)
def test_a_village_is_named_by_its_code_or_as_people_write_it(said: dict[str, str]):
    assert found(*ALL, **said) == 3672051005


def test_a_code_of_another_region_is_told_apart_from_a_name_that_nobody_knows():
    assert found(*ALL, village="3204010001") == "village_elsewhere"
    for unknown in ("Tidak Ada", "36720510051", "367205"):
        assert found(*ALL, village=unknown) == "village_unknown"
    assert found(*ALL, village="Ciwaduk", district="Grogol") == "village_unknown"


def test_of_two_villages_of_one_name_the_district_tells_which():
    assert found(*ALL, village="Mekarsari") == "village_ambiguous"
    assert found(*ALL, village="Mekarsari", regency="Cilegon") == "village_ambiguous"
    assert found(*ALL, village="Mekarsari", district="Grogol") == 3672081002


def test_a_village_need_not_be_named_by_whoever_sends_for_one():
    assert found(CIWADUK) == 3672051005
    assert found(*ALL) == "village_unknown"


def test_what_a_regency_is_besides_its_name_may_be_left_out():
    for name in ("Jakarta Pusat", "Kota Jakarta Pusat", "KOTA ADMINISTRASI JAKARTA PUSAT"):
        assert found(KAMPUNG_BALI, village="Kampung Bali", regency=name) == 3173041001
