"""Whether the people of the demo could be people."""

from collections import Counter
from datetime import date
from time import process_time

import pytest

from app.demo.kinship import MaritalStatus, Relation
from app.demo.people import SPOTLESS, HouseholdSketch, MemberSketch, households
from app.demo.regencies import regency_of

BAGENDUNG, CIWEDUS = "3672021001", "3672021002"
KELURAHAN = [f"36720{district}100{number}" for district in range(1, 9) for number in range(1, 6)]
DAYS_OF_YEAR = 365.2425


@pytest.fixture(scope="module")
def town() -> list[HouseholdSketch]:
    return [each for village in KELURAHAN for each in households(1, village, 100)]


@pytest.fixture(scope="module")
def people(town: list[HouseholdSketch]) -> list[MemberSketch]:
    return [member for household in town for member in household.members]


VILLAGES = [
    f"{district}{number}"
    for district in ("170209", "352215", "367202", "620206", "710701")
    for number in (1001, 1002, 2003)
]


@pytest.fixture(scope="module")
def country() -> list[HouseholdSketch]:
    """Three villages of each of the five regencies, each dealing numbers of its own."""
    return [
        each
        for dealer, village in enumerate(VILLAGES)
        for each in households(1, village, 100, dealer=dealer)
    ]


def those(household: HouseholdSketch, *relations: Relation) -> list[MemberSketch]:
    return [m for m in household.members if m.relation_to_household_head in relations]


def of_family(household: HouseholdSketch, number: int) -> list[MemberSketch]:
    return [member for member in household.members if member.family_number == number]


def years_between(elder: MemberSketch, younger: MemberSketch) -> float:
    return (younger.birth_date - elder.birth_date).days / DAYS_OF_YEAR


def agrees(member: MemberSketch) -> bool:
    """Whether the NIK says the same sex and birth date as the member."""
    born = member.birth_date
    day = born.day + (40 if member.sex == "female" else 0)
    return (member.nik or "")[6:12] == f"{day:02}{born.month:02}{born.year % 100:02}"


def is_wrong(member: MemberSketch) -> bool:
    return member.nik is not None and not (len(member.nik) == 16 and agrees(member))


def test_the_same_seed_tells_of_the_same_people_and_another_seed_of_others():
    once, again, otherwise = (list(households(seed, CIWEDUS, 30)) for seed in (7, 7, 8))

    assert once == again
    assert once != otherwise


def test_asking_for_more_households_changes_none_of_the_first():
    assert list(households(7, CIWEDUS, 10)) == list(households(7, CIWEDUS, 30))[:10]


def test_every_household_and_every_family_has_one_head(town: list[HouseholdSketch]):
    for household in town:
        assert len(those(household, Relation.HEAD)) == 1
        for family in household.families:
            heads = [
                member
                for member in of_family(household, family.number)
                if member.relation_to_family_head == Relation.HEAD
            ]
            assert len(heads) == 1


def test_members_are_numbered_in_order_and_belong_to_a_family_of_the_household(
    town: list[HouseholdSketch],
):
    for household in town:
        assert [m.number for m in household.members] == list(range(1, len(household.members) + 1))
        assert [f.number for f in household.families] == sorted(
            {m.family_number for m in household.members}
        )


def test_spouses_are_married_and_of_opposite_sex(town: list[HouseholdSketch]):
    seen = 0
    for household in town:
        for family in household.families:
            couple = [
                member
                for member in of_family(household, family.number)
                if member.relation_to_family_head in (Relation.HEAD, Relation.SPOUSE)
            ]
            if len(couple) == 2:
                seen += 1
                assert {member.sex for member in couple} == {"male", "female"}
                assert {member.marital_status for member in couple} == {MaritalStatus.MARRIED}
    assert seen > 1000


def test_children_name_the_mother_in_the_household_and_are_sixteen_years_younger(
    town: list[HouseholdSketch],
):
    seen = 0
    for household in town:
        parents = those(household, Relation.HEAD, Relation.SPOUSE)
        mothers = [parent.name for parent in parents if parent.sex == "female"]
        for child in those(household, Relation.CHILD):
            seen += 1
            assert all(years_between(parent, child) >= 16 for parent in parents)
            assert child.mother_name in mothers or not mothers
    assert seen > 1000


def test_grandchildren_name_the_mother_of_the_second_family(town: list[HouseholdSketch]):
    seen = 0
    for household in town:
        for baby in those(household, Relation.GRANDCHILD):
            seen += 1
            parents = [
                member
                for member in of_family(household, baby.family_number)
                if member.relation_to_family_head in (Relation.HEAD, Relation.SPOUSE)
            ]
            [mother] = [parent for parent in parents if parent.sex == "female"]
            assert baby.mother_name == mother.name
            assert all(years_between(parent, baby) >= 16 for parent in parents)
    assert seen > 100


def test_grandparents_are_older_than_the_head_they_live_with(town: list[HouseholdSketch]):
    seen = 0
    for household in town:
        [head] = those(household, Relation.HEAD)
        for parent in those(household, Relation.PARENT):
            seen += 1
            assert years_between(parent, head) >= 16
    assert seen > 50


def test_nobody_is_yet_to_be_born_or_older_than_a_hundred_and_twenty(people: list[MemberSketch]):
    born = [member.birth_date for member in people]

    assert max(born) < date(2026, 1, 1)
    assert min(born) > date(1906, 1, 1)


def test_nobody_married_is_a_child(people: list[MemberSketch]):
    married = [m for m in people if m.marital_status != MaritalStatus.NEVER_MARRIED]

    assert max(member.birth_date for member in married) < date(2008, 1, 1)


def test_households_are_as_large_as_in_banten_and_one_in_twelve_has_two_families(
    town: list[HouseholdSketch], people: list[MemberSketch]
):
    assert 3.3 < len(people) / len(town) < 4.1
    assert 0.05 < sum(len(h.families) == 2 for h in town) / len(town) < 0.11
    assert {1, 2, 3, 4, 5, 6, 7} <= {len(household.members) for household in town}


def test_a_few_names_are_borne_by_many_and_most_by_few(people: list[MemberSketch]):
    names = Counter(member.name for member in people)
    borne_by_the_ten_commonest = sum(times for _, times in names.most_common(10))
    boys = [m for m in people if m.sex == "male" and m.birth_date.year >= 2000]

    assert borne_by_the_ten_commonest / len(people) > 0.02
    assert len(names) > len(people) / 4
    assert 0.05 < sum(" " not in member.name for member in people) / len(people) < 0.35
    assert 0.2 < sum(boy.name.startswith("M") for boy in boys) / len(boys) < 0.5
    assert not any(letter.isdigit() for name in names for letter in name)


def test_most_niks_fit_and_some_are_wrong_missing_or_held_next_door(people: list[MemberSketch]):
    wrong = sum(map(is_wrong, people)) / len(people)
    missing = sum(member.nik is None for member in people) / len(people)
    right = Counter(m.nik for m in people if m.nik is not None and not is_wrong(m))
    twice = sum(times for times in right.values() if times > 1) / len(people)

    assert 0.02 < wrong < 0.04
    assert 0.03 < missing < 0.05
    assert 0.005 < twice < 0.015


def test_niks_of_infants_are_missing_most_often(people: list[MemberSketch]):
    infants = [member for member in people if member.birth_date >= date(2024, 2, 1)]

    assert sum(member.nik is None for member in infants) / len(infants) > 0.08


def test_a_nik_held_twice_is_one_person_counted_in_two_neighbouring_villages():
    here = {m.nik: m for h in households(1, "3672021003", 100) for m in h.members}
    next_door = {m.nik: m for h in households(1, "3672021004", 100) for m in h.members}

    both = {nik for nik in here.keys() & next_door.keys() if nik is not None and len(nik) == 16}
    assert both
    for nik in both:
        assert here[nik].name == next_door[nik].name
        assert here[nik].birth_date == next_door[nik].birth_date


def test_most_niks_are_of_the_villages_district_and_some_from_elsewhere():
    niks = [m.nik for h in households(1, CIWEDUS, 300) for m in h.members if m.nik]
    districts = Counter(nik[:6] for nik in niks)

    assert 0.75 < districts["367202"] / len(niks) < 0.95
    assert len({district[:4] for district in districts}) > 5


def test_on_request_everything_is_in_order():
    spotless = [each for v in KELURAHAN for each in households(3, v, 100, flaws=SPOTLESS)]
    members = [member for household in spotless for member in household.members]

    assert all(len(member.nik or "") == 16 and agrees(member) for member in members)
    assert len({member.nik for member in members}) == len(members)
    assert all(family.card_number for household in spotless for family in household.families)


def test_family_cards_are_numbers_of_sixteen_digits_given_once(town: list[HouseholdSketch]):
    cards = [f.card_number for h in town for f in h.families if f.card_number is not None]

    assert all(len(card) == 16 and card.isdigit() and card[12:] != "0000" for card in cards)
    assert len(set(cards)) == len(cards)


def test_households_lie_near_cilegon_with_rt_and_rw_in_three_digits(town: list[HouseholdSketch]):
    for household in town:
        assert abs(household.latitude + 6.0) < 0.1
        assert abs(household.longitude - 106.0) < 0.1
        assert len(household.rt) == len(household.rw) == 3
        assert (household.rt + household.rw).isdigit()


def test_no_two_villages_of_the_country_deal_the_same_nik(country: list[HouseholdSketch]):
    held = [m.nik for h in country for m in h.members if m.nik and len(m.nik) == 16]
    by_a_dealer = [nik for nik in held if int(nik[12:]) <= 9000]

    assert len(by_a_dealer) > 4000
    assert len(set(by_a_dealer)) == len(by_a_dealer)


def test_people_are_of_the_place_they_live_in(country: list[HouseholdSketch]):
    for household in country:
        regency = regency_of(household.village_code)
        origins = {origin.district_code for origin in regency.culture.origins}
        for member in household.members:
            district = (member.nik or household.village_code)[:6]
            assert district in origins | {household.village_code[:6]}
        assert abs(household.latitude - regency.centre[0]) < 0.1
        assert abs(household.longitude - regency.centre[1]) < 0.1


def test_in_minahasa_a_surname_goes_from_father_to_child_and_is_kept_by_a_wife(
    country: list[HouseholdSketch],
):
    shared, wives, own = 0, 0, 0
    for household in country:
        if household.village_code.startswith("7107"):
            surname = {m.number: m.name.split()[-1] for m in household.members}
            [head] = those(household, Relation.HEAD)
            for child in those(household, Relation.CHILD):
                assert surname[child.number] == surname[head.number]
                shared += 1
            for wife in those(household, Relation.SPOUSE):
                wives += 1
                own += surname[wife.number] != surname[head.number]
    assert shared > 200
    assert own / wives > 0.9


def test_no_two_lodgers_of_a_district_can_have_the_same_nik_in_the_largest_demo():
    lodgers = {
        (member.nik, member.name)
        for village in (f"35221520{number:02}" for number in range(1, 19))
        for household in households(1, village, 400)
        for member in household.members
        if member.nik and len(member.nik) == 16 and int(member.nik[12:]) > 9000
    }

    assert len(lodgers) == 9 * 15
    assert len({nik[12:] for nik, _ in lodgers}) == len(lodgers)


def test_whom_two_villages_count_is_counted_next_door_by_the_second():
    first, second = (list(households(1, f"352215200{n}", 30)) for n in (3, 4))

    assert not any(household.counted_next_door for household in first)
    assert 0 < sum(household.counted_next_door for household in second) < 3


def test_a_large_town_does_not_take_long():
    began = process_time()  # of our own: others may be busy too
    count = sum(1 for _ in households(1, BAGENDUNG, 5000))

    assert count / (process_time() - began) > 2000
