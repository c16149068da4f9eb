"""What the head of a request says, read where it lies: for everybody whom each request passes."""

from starlette.types import Scope


def sent(scope: Scope, name: bytes) -> str:
    """The header of that name, in small letters; of several the first, and of none nothing."""
    for each, value in scope["headers"]:
        if each == name:
            said: bytes = value
            return said.decode("latin-1")
    return ""


def kind_of(scope: Scope) -> str:
    return sent(scope, b"content-type").partition(";")[0].strip().lower()


def has_body(scope: Scope) -> bool:
    return sent(scope, b"content-length") not in {"", "0"} or bool(
        sent(scope, b"transfer-encoding")
    )


def is_declared_larger(scope: Scope, most: int) -> bool:
    declared = sent(scope, b"content-length").lstrip("0")
    digits = len(str(most))
    return declared.isdecimal() and (len(declared) > digits or int(declared) > most)
