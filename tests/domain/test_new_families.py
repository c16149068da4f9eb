"""What must stand in a proposal of a new family before it leaves the village's desk."""

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID, uuid4

import pytest

from app.domain.new_families import OF_A_PERSON, NotYetComplete, complete
from app.domain.niks import CARD_SAID, SAID, CardCode, NikCode, NikVerdict

FAMILY = uuid4()


@dataclass(frozen=True)
class Household:
    address: str | None = "Jl. Sunan Demak 12"


@dataclass(frozen=True)
class Family:
    id: UUID = FAMILY
    card_number: str | None = "3672010101200007"


@dataclass(frozen=True)
class Member:
    id: UUID = field(default_factory=uuid4)
    family_id: UUID | None = FAMILY
    name: str = "Siti Aminah"
    nik: str | None = "3672015905840001"
    nik_verdict: NikVerdict = NikVerdict.VALID
    nik_codes: list[str] = field(default_factory=list)
    sex: int | None = 2
    birth_place: str | None = "Cilegon"
    birth_date: date | None = date(1984, 5, 19)
    mother_name: str | None = "Rohmah"
    relation_to_household_head: int | None = 1
    relation_to_family_head: int | None = 1
    marital_status: int | None = 4


HEAD = Member()


def child(**changes: object) -> Member:
    it = Member(nik="3672015905100002", relation_to_household_head=3, relation_to_family_head=3)
    return replace(it, **changes)  # type: ignore[arg-type]


def faults(*members: Member, household=Household(), families=(Family(),)) -> set[tuple[str, str]]:  # noqa: ANN001
    with pytest.raises(NotYetComplete) as refused:
        complete(household, families, members)
    return {(fault.pointer, fault.code) for fault in refused.value.faults}


def test_a_family_with_nothing_wanting_is_complete():
    complete(Household(), [Family()], [HEAD, child()])


@pytest.mark.parametrize("name", OF_A_PERSON)
def test_a_person_who_is_proposed_has_every_attribute_of_m30(name: str):
    wanting = child(**{name: "" if name == "name" else None})
    assert (f"/members/{wanting.id}/{name}", "M30") in faults(HEAD, wanting)


def test_the_address_the_card_number_and_the_family_itself_are_part_of_it():
    assert faults(HEAD, household=Household(None)) == {("/address", "M30")}
    bare = Family(card_number=None)
    assert faults(HEAD, families=[bare]) == {(f"/families/{FAMILY}/card_number", "M30")}
    assert ("/families", "M30") in faults(replace(HEAD, family_id=None), families=[])


def test_all_that_is_wanting_is_told_at_once():
    wanting = child(birth_place=None, mother_name=None)
    found = faults(HEAD, wanting, household=Household(None))

    assert found == {
        ("/address", "M30"),
        (f"/members/{wanting.id}/birth_place", "M30"),
        (f"/members/{wanting.id}/mother_name", "M30"),
    }


@pytest.mark.parametrize("second", [1, None])
def test_a_household_has_exactly_one_head(second: int | None):
    members = [child(), child(nik="3672015905110003")]
    if second:
        members = [HEAD, child(relation_to_household_head=1)]
    assert ("/members", "M01") in faults(*members)


def test_a_family_has_exactly_one_head_and_somebody_in_it():
    place = f"/families/{FAMILY}"
    assert (place, "M02") in faults(replace(HEAD, relation_to_family_head=2))
    assert (place, "M02") in faults(HEAD, child(relation_to_family_head=1))
    empty = Family(id=uuid4())
    assert faults(HEAD, families=[Family(), empty]) == {(f"/families/{empty.id}", "M30")}


def test_whose_family_has_left_the_household_needs_another():
    lost = child(family_id=uuid4())
    assert faults(HEAD, lost) == {(f"/members/{lost.id}/family_id", "M30")}


def test_a_nik_that_cannot_be_right_stands_in_the_way_and_a_doubtful_one_does_not():
    wrong = child(nik_verdict=NikVerdict.INVALID, nik_codes=["serial"])
    assert faults(HEAD, wrong) == {(f"/members/{wrong.id}/nik", "M18")}
    complete(Household(), [Family()], [HEAD, child(nik_verdict=NikVerdict.VALID_WITH_WARNING)])


def test_what_is_wrong_with_a_number_is_told_by_the_rule_it_breaks():
    wrong = child(nik_verdict=NikVerdict.INVALID, nik_codes=["date"])
    with pytest.raises(NotYetComplete) as refused:
        complete(Household(), [Family(card_number="12345")], [HEAD, wrong])

    said = {fault.code: fault.said for fault in refused.value.faults}
    assert said == {"M18": SAID[NikCode.DATE], "M27": CARD_SAID[CardCode.FORMAT]}


def test_a_nik_occurs_once_in_a_household():
    twin = child(nik=HEAD.nik)
    assert faults(HEAD, twin) == {
        (f"/members/{HEAD.id}/nik", "M20"),
        (f"/members/{twin.id}/nik", "M20"),
    }


def test_a_name_has_no_digits_and_a_card_number_has_sixteen():
    named = child(name="Siti 2")
    assert faults(HEAD, named) == {(f"/members/{named.id}/name", "M24")}
    short = Family(card_number="367201010120007")
    assert faults(HEAD, families=[short]) == {(f"/families/{FAMILY}/card_number", "M27")}
