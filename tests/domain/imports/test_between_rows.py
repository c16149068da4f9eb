"""What rows of one file have to do with each other."""

from itertools import permutations
from typing import Any

import pytest

from app.domain.imports.checks import GROUPINGS, Row
from app.domain.imports.columns import Layout
from app.domain.imports.layouts import LAYOUTS
from tests.domain.imports.rows import (
    BDT2015,
    CORRECTIONS,
    OPERATORS,
    PROPOSALS,
    RESULTS,
    between,
    read,
)

WIFE = {
    "member_count": "2",
    "member_number": "2",
    "name": "SRI",
    "nik": "3672014101900002",
    "relation_to_household_head": "2",
    "relation_to_family_head": "2",
}
HEAD = {"member_count": "2"}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda each: each.kind)
def test_a_row_alone_is_at_peace(layout: Layout):
    assert between(layout, {}) == []


class TestTheSameNikTwice:
    def test_is_told_in_both_rows_naming_the_other(self):
        rows = [
            Row(number, read(OPERATORS, nik="3672015905840001").values) for number in (4, 9, 17)
        ]
        found = dict(GROUPINGS[OPERATORS.kind][0].in_memory(rows))

        assert {number: each.code for number, each in found.items()} == dict.fromkeys(
            (4, 9, 17), "nik_repeated"
        )
        assert found[9].words == {"rows": "4, 17"}

    def test_names_ten_rows_at_most(self):
        rows = [Row(n, {"nik": "3672015905840001"}) for n in range(2, 40)]
        [grouping, *_] = GROUPINGS[BDT2015.kind]
        assert dict(grouping.in_memory(rows))[2].words == {
            "rows": "3, 4, 5, 6, 7, 8, 9, 10, 11, 12, ..."
        }

    def test_is_fine_for_one_person_with_two_programmes_and_not_for_two_persons(self):
        assert between(PROPOSALS, {"programme": "PKH"}, {"programme": "PBI"}) == []
        smaller = {"programme": "PBI", "name": "Siti Aminah"}
        assert between(PROPOSALS, {"programme": "PKH"}, smaller) == []
        assert between(PROPOSALS, {"programme": "PBI"}, {"programme": "PBI"}) == [
            (2, "nik", "nik_repeated"),
            (3, "nik", "nik_repeated"),
        ]
        assert between(PROPOSALS, {"programme": "PKH"}, {"programme": "PBI", "name": "SRI"}) == [
            (2, "nik", "nik_repeated"),
            (3, "nik", "nik_repeated"),
        ]

    def test_does_not_count_where_there_is_none(self):
        assert between(OPERATORS, {}, {}) == []
        [niks, *_] = GROUPINGS[OPERATORS.kind]
        assert [*niks.in_order([Row(2, {}), Row(3, {})])] == []

    @pytest.mark.parametrize("layout", [PROPOSALS, BDT2015, OPERATORS], ids=lambda each: each.kind)
    def test_is_not_told_of_what_only_fills_the_field(self, layout: Layout):
        nik = {"nik": "0000000000000000"}
        own = {"bdt_household_id": "520602000709810002"} if layout is BDT2015 else {}
        assert between(layout, nik, {**nik, **own}) == []

    def test_is_looked_for_no_longer_where_a_thousand_rows_say_it(self):
        looks = 0

        class Said(dict[str, str]):
            def get(self, key: str, default: object = None) -> Any:  # noqa: ANN401
                nonlocal looks
                looks += 1
                return super().get(key, default)

        nik = "3672015905840001"
        rows = [Row(n, Said(nik=nik, name=f"{n}", card_number=nik)) for n in range(1_000)]
        for grouping in GROUPINGS[PROPOSALS.kind]:
            list(grouping.in_order(rows))

        assert looks < 50 * len(rows)


SRI = {"nik": "3672014101900002", "name": "SRI", "birth_date": "01/01/1990"}


class TestOneCard:
    def test_is_in_one_village(self):
        assert between(PROPOSALS, {}, {**SRI, "village": "ciwaduk"}) == []
        assert between(PROPOSALS, {}, {**SRI, "village": "RAMANUJU"}) == [
            (2, "village", "villages_differ"),
            (3, "village", "villages_differ"),
        ]

    def test_takes_one_programme_of_families_and_others_for_its_people(self):
        assert between(PROPOSALS, {}, {**SRI, "programme": "PBI"}) == []
        assert between(PROPOSALS, {}, {**SRI, "programme": "NONBANSOS"}) == []
        assert between(PROPOSALS, {}, {**SRI, "programme": "PKH"}) == [
            (2, "programme", "two_family_programmes"),
            (3, "programme", "two_family_programmes"),
        ]


class TestAHouseholdOf2015:
    def test_with_its_members_is_right(self):
        assert between(BDT2015, HEAD, WIFE) == []

    @pytest.mark.parametrize(
        ("head", "wife", "expected"),
        [
            ({}, {"floor_material": "1"}, [(3, "floor_material", "household_differs")]),
            ({}, {"village": "Ramanuju"}, [(3, "village", "household_differs")]),
            ({}, {"family_number": "2"}, [(2, "family_count", "family_count_differs")]),
            (
                {},
                {"member_number": "1"},
                [(n, "member_number", "member_number_repeated") for n in (2, 3)],
            ),
            (
                {},
                {"relation_to_household_head": "1"},
                [(n, "relation_to_household_head", "two_household_heads") for n in (2, 3)],
            ),
            (
                {},
                {"relation_to_family_head": "1"},
                [(n, "relation_to_family_head", "two_family_heads") for n in (2, 3)],
            ),
            (
                {"relation_to_household_head": "3"},
                {},
                [(2, "relation_to_household_head", "no_household_head")],
            ),
        ],
    )
    def test_agrees_with_itself(
        self,
        head: dict[str, str],
        wife: dict[str, str],
        expected: list[tuple[int, str, str]],
    ):
        assert between(BDT2015, {**HEAD, **head}, {**WIFE, **wife}) == expected

    def test_has_as_many_rows_as_it_says_it_has_members(self):
        assert between(BDT2015, HEAD) == [(2, "member_count", "member_count_differs")]

    def test_that_numbers_no_families_is_not_held_to_their_count(self):
        unnumbered = {"family_number": ""}
        assert between(BDT2015, {**HEAD, **unnumbered}, {**WIFE, **unnumbered}) == []

    def test_may_have_two_families_with_a_head_each(self):
        second = {**WIFE, "family_number": "2", "relation_to_family_head": "1", "family_count": "2"}
        assert between(BDT2015, {**HEAD, "family_count": "2"}, second) == []

    def test_of_the_same_number_in_any_order_is_one(self):
        """In order of the key, with no more in memory than one household; or in any order."""
        neighbour = {"bdt_household_id": "520602000709810002", "nik": "3672014203910003"}
        rows = [
            Row(n, read(BDT2015, **cells).values)
            for n, cells in enumerate([HEAD, {**WIFE, "floor_material": "1"}, neighbour])
        ]
        [_, households] = GROUPINGS[BDT2015.kind]
        expected = [(1, "household_differs")]

        ordered = sorted(rows, key=lambda row: row.values["bdt_household_id"])
        assert [(n, each.code) for n, each in households.in_order(ordered)] == expected
        for order in permutations(rows):
            found = {(n, each.code) for n, each in households.in_memory(order)}
            assert len(found) == 1


def test_a_thing_that_a_file_is_about_stands_in_it_once():
    assert between(RESULTS, {}, {}) == [
        (2, "proposal_id", "row_repeated"),
        (3, "proposal_id", "row_repeated"),
    ]
    assert [code for _, _, code in between(CORRECTIONS, {}, {})] == ["row_repeated"] * 2
    named = {"username": "op.ciwaduk"}
    assert [code for _, _, code in between(OPERATORS, named, named)] == ["row_repeated"] * 2
