"""DTKS ids: a letter for what it is, ten digits from one sequence, a check character.

Nothing in it says where or when, and none is given twice. The check character is that of
ISO/IEC 7064 MOD 37,36: it catches every single wrong character and every swap of neighbours.
"""

from enum import StrEnum

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = 10


class DtksKind(StrEnum):
    HOUSEHOLD = "R"  # rumah tangga
    MEMBER = "A"  # anggota


def dtks_id(kind: DtksKind, number: int) -> str:
    """`R0000000042` and its check character."""
    body = f"{kind}{number:0{DIGITS}d}"
    return body + check_character(body)


def check_character(body: str) -> str:
    rest = _rest(body)
    return ALPHABET[(37 - rest) % 36]


def is_dtks_id(text: str) -> bool:
    """Whether the text can be one: its form is right, and its check character too."""
    form = len(text) == DIGITS + 2 and text[:1] in set(DtksKind) and text[1:-1].isascii()
    return form and text[1:-1].isdigit() and check_character(text[:-1]) == text[-1]


def _rest(body: str) -> int:
    rest = 36
    for character in body:
        rest = (rest + ALPHABET.index(character)) % 36 or 36
        rest = rest * 2 % 37
    return rest
