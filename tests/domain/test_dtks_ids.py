import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.dtks_ids import ALPHABET, DtksKind, dtks_id, is_dtks_id

IDS = st.builds(dtks_id, st.sampled_from(DtksKind), st.integers(1, 9_999_999_999))


def test_an_id_says_what_it_is_and_nothing_of_where():
    assert dtks_id(DtksKind.HOUSEHOLD, 42)[:11] == "R0000000042"
    assert dtks_id(DtksKind.MEMBER, 42)[:11] == "A0000000042"


@given(IDS)
def test_every_id_given_is_one(given_id: str):
    assert is_dtks_id(given_id)


@given(IDS, st.integers(0, 11), st.sampled_from(ALPHABET))
def test_a_single_wrong_character_is_noticed(given_id: str, place: int, other: str):
    wrong = given_id[:place] + other + given_id[place + 1 :]
    assert is_dtks_id(wrong) == (wrong == given_id)


@given(IDS, st.integers(1, 10), st.integers(1, 10))
def test_two_digits_swapped_are_noticed(given_id: str, one: int, other: int):
    characters = list(given_id)
    characters[one], characters[other] = characters[other], characters[one]
    swapped = "".join(characters)
    assert is_dtks_id(swapped) == (swapped == given_id)


@pytest.mark.parametrize("text", ["", "R", "R000000004", "X0000000042A", "R" + "\u0660" * 10 + "0"])
def test_anything_else_is_none(text: str):
    assert not is_dtks_id(text)
