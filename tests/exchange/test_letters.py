"""What is printed on a letter, and the code by which it is found."""

from xml.etree import ElementTree as ET

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from app.domain.households import RecordState
from app.domain.letters import (
    ALPHABET,
    CODE_LENGTH,
    DecileAboveLimit,
    code_in,
    in_groups,
    issuable,
    new_code,
    purposes,
)
from app.exchange.letters import QUIET_ZONE, address_of, qr_code


def modules_of(svg: str) -> set[tuple[int, int]]:
    """The dark modules of a QR code: segno draws each row as lines, one module high."""
    paths = [each for each in ET.fromstring(svg).iter() if each.get("stroke")]  # noqa: S314 - ours
    [path] = paths
    dark, x, y = set(), 0.0, 0.0
    words = path.get("d", "").replace("M", " M ").replace("m", " m ").replace("h", " h ").split()
    while words:
        match words.pop(0):
            case "M":
                x, y = float(words.pop(0)), float(words.pop(0))
            case "m":
                x, y = x + float(words.pop(0)), y + float(words.pop(0))
            case "h":
                length = int(words.pop(0))
                dark |= {(int(y), int(x) + each) for each in range(length)}
                x += length
    return dark


def test_the_qr_code_is_the_address_where_the_letter_is_checked():
    address = address_of("7K2M9QWX0ABC3DEF", "https://siks.example")

    drawn = modules_of(qr_code(address))

    assert address == "https://siks.example/v1/letter-checks/7K2M9QWX0ABC3DEF"
    expected = segno.make(address, error="m", micro=False).matrix
    assert drawn == {
        (row + QUIET_ZONE, place + QUIET_ZONE)
        for row, modules in enumerate(expected)
        for place, is_dark in enumerate(modules)
        if is_dark
    }


def test_a_code_has_eighty_random_bits():
    assert len(ALPHABET) ** CODE_LENGTH == 2**80
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert {sign for code in codes for sign in code} == set(ALPHABET)


@given(st.text(ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH))
def test_whatever_is_printed_is_read_again(code: str):
    typed = in_groups(code).lower().replace("0", "o").replace("1", "l")

    assert code_in(typed) == code_in(code) == code


@given(st.text(max_size=40))
def test_whatever_else_is_typed_is_a_code_or_nothing(typed: str):
    found = code_in(typed)

    assert found == "" or (len(found) == CODE_LENGTH and set(found) <= set(ALPHABET))


class TestADecile:
    def test_above_the_limit_of_the_purpose_is_refused(self):
        purpose = purposes()["pip"]
        assert purpose.decile_max is not None

        issuable(purpose, state=RecordState.REGISTERED, note=None, decile=purpose.decile_max)
        above = purpose.decile_max + 1
        with pytest.raises(DecileAboveLimit):
            issuable(purpose, state=RecordState.REGISTERED, note=None, decile=above)

    def test_that_nobody_knows_stands_in_nobodys_way(self):
        issuable(purposes()["pip"], state=RecordState.REGISTERED, note=None, decile=None)
