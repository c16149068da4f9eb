"""Plans for registered records: what goes, what comes back, and what would be broken."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import corrections, removals, restorations
from app.domain.niks import KnownRegions, NikVerdict
from app.domain.reasons import Scope
from app.domain.records import About, Home, concerned, present, sides

NOWHERE = KnownRegions(frozenset({"36"}), frozenset({"3672"}), frozenset({"367201"}))
KTP = [{"type": "identity_card_copy", "note": "KTP"}]
OUT = {"inactive_reason": None, "inactive_on": None, "inactive_by": None}
HEAD, WIFE, SON, UNCLE = 0, 1, 2, 3  # the uncle has a family card of his own


def an_id(number: int) -> UUID:
    return UUID(int=number)


def a_home() -> Home:
    """A head, his wife and their son, and an uncle: two families."""
    household = SimpleNamespace(
        id=an_id(1), state="registered", address="Jl. Melati 3", rt="001", rw=None,
        latitude=None, longitude=None, **OUT,
    )  # fmt: skip
    families = [
        SimpleNamespace(id=an_id(10 + n), state="registered", number=n + 1, card_number=card, **OUT)
        for n, card in enumerate(("3672010101200007", "3672010101200008"))
    ]
    people = [
        ("Budi Santoso", 1, date(1970, 3, 1), 0, 1, 1, 2),
        ("Siti Aminah", 2, date(1972, 4, 2), 0, 2, 2, 2),
        ("Agus Santoso", 1, date(2000, 5, 3), 0, 3, 3, 1),
        ("Slamet", 1, date(1965, 6, 4), 1, 8, 1, 1),
    ]
    return Home(household, families, list(_members(people)))


def _members(people: list[tuple[Any, ...]]) -> Iterator[SimpleNamespace]:
    for n, (name, sex, born, family, to_household, to_family, status) in enumerate(people):
        day = born.day + (40 if sex == 2 else 0)
        yield SimpleNamespace(
            id=an_id(20 + n), state="registered", dtks_id=f"A{n}", number=n + 1, name=name,
            nik=f"367201{day:02d}{born:%m%y}{n + 1:04d}", nik_verdict=NikVerdict.VALID,
            nik_codes=[], sex=sex, birth_place="Cilegon", birth_date=born, mother_name="Rohmah",
            family_id=an_id(10 + family), relation_to_household_head=to_household,
            relation_to_family_head=to_family, marital_status=status, **OUT,
        )  # fmt: skip


def about(home: Home, scope: Scope, number: int, asks: dict[str, Any]) -> About:
    among = {
        Scope.HOUSEHOLD: [home.household],
        Scope.FAMILY: home.families,
        Scope.PERSON: home.members,
    }
    return About(an_id(99), "kind", scope, home, among[scope][number], asks, NOWHERE)


def died(**more: object) -> dict[str, Any]:
    return {"reason": "deceased", "effective_on": "2026-11-02", **more}


def codes(faults: list[Any]) -> set[str]:
    return {each.code for each in faults}


def states(home: Home) -> tuple[str, list[str], list[str]]:
    return (
        home.household.state,
        [each.state for each in home.families],
        [each.state for each in home.members],
    )


def test_the_home_of_these_tests_breaks_no_rule():
    assert a_home().errors() == {}


def test_a_removal_takes_out_him_and_nobody_else():
    plan, faults = removals.plan(about(a_home(), Scope.PERSON, SON, died()))

    assert faults == []
    assert states(a_home().after(plan)) == (
        "registered",
        ["registered", "registered"],
        ["registered", "registered", "inactive", "registered"],
    )


def test_the_only_one_of_a_family_takes_its_card_along():
    plan, faults = removals.plan(about(a_home(), Scope.PERSON, UNCLE, died()))

    assert faults == []
    assert states(a_home().after(plan))[1] == ["registered", "inactive"]


def test_where_a_head_goes_and_others_stay_a_new_one_is_asked_for():
    _, faults = removals.plan(about(a_home(), Scope.PERSON, HEAD, died()))
    family = about(a_home(), Scope.FAMILY, 0, {**died(), "reason": "moved"})

    assert {"head_leaves", "M01", "M02"} <= codes(faults)
    assert "head_leaves" in codes(removals.plan(family)[1])  # the uncle heads no household


def test_the_widow_heads_household_and_family_from_then_on():
    relations = {
        str(an_id(21)): {"relation_to_household_head": 1, "relation_to_family_head": 1},
    }

    plan, faults = removals.plan(about(a_home(), Scope.PERSON, HEAD, died(relations=relations)))

    assert faults == []
    assert plan.members[an_id(21)]["relation_to_household_head"] == 1


def test_relations_are_of_those_who_stay():
    strangers = {str(an_id(7)): {"relation_to_household_head": 3}}
    himself = {str(an_id(22)): {"relation_to_household_head": 8}}

    for relations, code in ((strangers, "not_a_member"), (himself, "not_asked")):
        asks = died(relations=relations)
        assert code in codes(removals.plan(about(a_home(), Scope.PERSON, SON, asks))[1])


def test_a_family_is_not_left_empty_and_stays_in_its_household():
    for family, code in ((10, "family_empty"), (77, "not_a_family")):
        asks = {"changes": {"family_id": str(an_id(family))}, "note": "KK", "evidence": KTP}
        assert code in codes(corrections.plan(about(a_home(), Scope.PERSON, UNCLE, asks))[1])


def test_two_families_have_two_numbers():
    asks = {"changes": {"number": 2}, "note": "KK", "evidence": KTP}

    assert "number_taken" in codes(corrections.plan(about(a_home(), Scope.FAMILY, 0, asks))[1])


def test_a_restoration_waits_for_what_was_taken_out_around_it():
    gone, _ = removals.plan(about(a_home(), Scope.PERSON, SON, died()))
    moved = replace(about(a_home().after(gone), Scope.HOUSEHOLD, 0, died()), proposal_id=an_id(98))
    all_gone, _ = removals.plan(moved)
    home = a_home().after(gone).after(all_gone)
    asks = {"note": "Keliru.", "evidence": KTP}

    assert "out" in codes(restorations.plan(about(home, Scope.PERSON, SON, asks))[1])


WHOM = st.one_of(
    st.tuples(st.just(Scope.PERSON), st.integers(HEAD, UNCLE)),
    st.tuples(st.just(Scope.FAMILY), st.integers(0, 1)),
    st.just((Scope.HOUSEHOLD, 0)),
)


@given(WHOM)
def test_what_was_taken_out_comes_back_as_it_was(whom: tuple[Scope, int]):
    """Whatever goes, and whoever goes along with it: restored, everything is as before."""
    gone, _ = removals.plan(about(a_home(), *whom, died()))
    home = a_home().after(gone)

    back, faults = restorations.plan(about(home, *whom, {"note": "Keliru.", "evidence": KTP}))

    assert faults == []
    assert home.after(back) == a_home()


NEW_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Budi Santosa", "Dewi", "Rina"]),
        "birth_place": st.sampled_from(["Serang", "Lebak"]),
        "birth_date": st.dates(date(1966, 1, 1), date(1999, 1, 1)).map(str),
        "mother_name": st.just("Aminah"),
        "number": st.integers(1, 99),
        "nik": st.integers(0, 9998).map(lambda n: f"367201010170{n + 1:04d}"),
    },
)


@settings(max_examples=60)
@given(st.integers(HEAD, UNCLE), NEW_VALUES)
def test_a_correction_and_its_reverse_leave_the_record_as_it_was(
    number: int, changes: dict[str, Any]
):
    asks = {"changes": changes, "note": "Mengikuti KTP.", "evidence": KTP}
    there = about(a_home(), Scope.PERSON, number, asks)
    plan, faults = corrections.plan(there)
    if faults:  # nothing would change, or a rule would be broken
        return
    now, proposed = sides(there, plan)
    home = a_home().after(plan)

    back = about(home, Scope.PERSON, number, {**asks, "changes": now})
    reverse, faults = corrections.plan(back)

    assert faults == []
    assert present(back, proposed) == proposed
    assert {field for _, field in concerned(there, proposed)} == changes.keys() & now.keys()
    assert home.after(reverse) == a_home()
