"""What the head of a request says, read where it lies: for everybody whom each request passes."""

from starlette.types import Scope

# Where a request tells those within what was found out without.
HAS_COME = "has_come"  # in its state: all of it came at once
BODY = "siks.body"  # in its scope: in one piece
TOLD = "siks.told"  # in its scope: the headers that any answer to it bears
ANSWERED = "siks.answered"  # in its scope: with which status, once that was sent


def sent(scope: Scope, name: bytes) -> str | None:
    """The header of that name, in small letters; of several the first."""
    for each, value in scope["headers"]:
        if each == name:
            said: bytes = value
            return said.decode("latin-1")
    return None


def kind_of(scope: Scope) -> str:
    return (sent(scope, b"content-type") or "").partition(";")[0].strip().lower()


def has_body(scope: Scope) -> bool:
    length = sent(scope, b"content-length")
    return length not in {None, "0"} or sent(scope, b"transfer-encoding") is not None


def is_declared_larger(scope: Scope, most: int) -> bool:
    declared = (sent(scope, b"content-length") or "").lstrip("0")
    digits = len(str(most))
    return declared.isdecimal() and (len(declared) > digits or int(declared) > most)
