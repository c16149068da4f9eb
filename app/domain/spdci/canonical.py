"""JSON in one form only (RFC 8785), so that whoever reads a message can check its signature.

Whatever stands between us may write the same JSON otherwise: other spaces, another order of keys.
"""

import json
import math

_PLAIN_BELOW = 1e21  # ECMAScript writes larger numbers with an exponent
_PLAIN_ABOVE = 1e-6


def canonical(value: object) -> bytes:
    """The bytes that are signed. A `ValueError` where it is not JSON."""
    return _written(value).encode("utf-8")


def _written(value: object) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_text(key)}:{_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return json.dumps(value)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    """As ECMAScript writes it: every number there is a double."""
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("a number too large") from error
    if not math.isfinite(number):
        raise ValueError("no number")
    if number == 0:
        return "0"
    if number.is_integer() and abs(number) < _PLAIN_BELOW:
        return str(int(number))
    return _with_digits(number)


def _with_digits(number: float) -> str:
    """The shortest digits that read back as the same number, which is what `repr` gives."""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    # The number is 0.digits times ten to the power of `point`.
    point = len(whole) + int(exponent or 0)
    if whole == "0":
        point -= len(part) - len(part.lstrip("0")) + 1
    digits = digits.rstrip("0")
    sign = "-" if number < 0 else ""
    if _PLAIN_ABOVE <= abs(number) < _PLAIN_BELOW:
        return sign + _plain(digits, point)
    told = digits[0] + ("." + digits[1:] if digits[1:] else "")
    return f"{sign}{told}e{point - 1:+d}"


def _plain(digits: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + digits
    return digits[:point] + "." + digits[point:]
