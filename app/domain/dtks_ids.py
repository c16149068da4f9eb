"""DTKS ids: a letter for what it is, ten digits from one sequence, a check character.

Nothing in it says where or when, and none is given twice. The check character is a weighted sum
over a prime: every single wrong character is noticed, and every swap of two. (ISO/IEC 7064
MOD 37,36, which needs no alphabet of its own, lets some swaps of neighbours pass.)
"""

from enum import StrEnum

PRIME = 31
ALPHABET = "0123456789BCDFGHJKLMNPQRSTVWXYZ"  # no vowels: no words, no O for 0, no I for 1
DIGITS = 10


class DtksKind(StrEnum):
    HOUSEHOLD = "R"  # rumah tangga
    MEMBER = "A"  # anggota


def dtks_id(kind: DtksKind, number: int) -> str:
    """`R0000000042` and its check character."""
    digits = f"{number:0{DIGITS}d}"
    return f"{kind}{digits}{_check(kind, digits)}"


def is_dtks_id(text: str) -> bool:
    """Whether the text can be one: its form is right, and its check character too."""
    kind, digits, check = text[:1], text[1:-1], text[-1:]
    form = kind in set(DtksKind) and digits.isascii() and digits.isdigit()
    return form and len(digits) == DIGITS and check == _check(DtksKind(kind), digits)


def _check(kind: DtksKind, digits: str) -> str:
    weighed = sum(weight * int(digit) for weight, digit in enumerate(digits, start=1))
    return ALPHABET[(weighed + (DIGITS + 1) * list(DtksKind).index(kind)) % PRIME]
