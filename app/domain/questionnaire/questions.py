"""One question of a form: what it is called, what an answer to it looks like, and when it is asked.

Nothing here knows a question by name; they all come from the files of `codebooks`.
"""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from app.domain.errors import Said

Answer = bool | int | float | str | None
NOTHING: Mapping[int, Said] = MappingProxyType({})


class Type(StrEnum):
    CHOICE = "choice"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    FLAGS = "flags"  # a sum of bits


class Kept(StrEnum):
    """Where an answer stands that is a column of the registry's own."""

    MEMBER = "member"
    FAMILY = "family"
    SURVEY = "survey"


@dataclass(frozen=True)
class Span:
    """Whole numbers from `min` to `max`."""

    min: int
    max: int | None = None

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return self.min <= value and (self.max is None or value <= self.max)


Wanted = frozenset[bool | int] | Span


@dataclass(frozen=True)
class Condition:
    """What other answers have to be for a question to be asked; `rule` is broken otherwise."""

    rule: str | None
    tests: Mapping[str, Wanted]


@dataclass(frozen=True, kw_only=True)
class Variable:
    key: str
    form_ref: str
    label: Said
    type: Type
    number: int | str | None = None
    kol: int | None = None
    part: str | None = None
    companion_of: str | None = None
    group: str | None = None
    unit: str | None = None
    choices: Mapping[int, Said] = field(default_factory=lambda: NOTHING)
    bits: Mapping[int, Said] = field(default_factory=lambda: NOTHING)
    min: int | None = None
    min_exclusive: int | None = None
    max: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    rule: str | None = None
    needed: str | None = None
    optional: bool = False
    applies_if: tuple[Condition, ...] = ()
    accepted_unasked: frozenset[int] = frozenset()
    counts_as_member: frozenset[int] = frozenset()
    kept_in: Kept | None = None
    column: str | None = None
    computed: str | None = None
    printed_width: int = 1
    form_true: int | None = None
    form_false: int | None = None
    legacy_column: str | None = None
    bdt2015_column: int | None = None
    bps_field: str | None = None

    @property
    def kept_as(self) -> str:
        """The column of the registry's own that holds it."""
        return self.column or self.key

    @property
    def cited(self) -> dict[str, object]:
        """The words that every sentence about it can use."""
        return {"form_ref": self.form_ref}


@dataclass(frozen=True, kw_only=True)
class Roster:
    """A list of rows that all answer the same questions."""

    key: str
    form_ref: str
    label: Said
    fields: Mapping[str, Variable]
    max_rows: int
    needed: str | None = None
    group: str | None = None
    kept_in: Kept | None = None
    applies_if: tuple[Condition, ...] = ()


class Severity(StrEnum):
    ERROR = "error"  # kept in a draft, in the way of a proposal
    WARNING = "warning"  # shown, in nobody's way


@dataclass(frozen=True, kw_only=True)
class Rule:
    id: str
    severity: Severity
    said: Said
    status: str | None = None
    at: str | None = None  # submission: no concern of a survey, only of those who are proposed
    parameters: Mapping[str, Any] = field(default_factory=dict)


NOT_A_CHOICE = Said(
    id="{form_ref}: bukan salah satu pilihan formulir ({choices}).",
    en="{form_ref}: not one of the form's choices ({choices}).",
)
NOT_A_BOOLEAN = Said(
    id="{form_ref}: jawab dengan true atau false.", en="{form_ref}: answer true or false."
)
NOT_A_WHOLE_NUMBER = Said(
    id="{form_ref}: harus bilangan bulat.", en="{form_ref}: this is a whole number."
)
NOT_A_NUMBER = Said(id="{form_ref}: harus bilangan.", en="{form_ref}: this is a number.")
NOT_TEXT = Said(id="{form_ref}: harus berupa teks.", en="{form_ref}: this is text.")
NOT_ANSWERED_SO = Said(
    id="{form_ref}: tidak diisi sebagai jawaban.", en="{form_ref}: not given as an answer."
)
TOO_SMALL = Said(
    id="{form_ref}: harus lebih besar dari {min}.", en="{form_ref}: this is more than {min}."
)
OUT_OF_RANGE = Said(
    id="{form_ref}: harus dari {min} sampai {max}.", en="{form_ref}: this lies in {min} to {max}."
)
EMPTY = Said(
    id="{form_ref}: kosong; tulis null bila tidak terjawab.",
    en="{form_ref}: empty; write null where there is no answer.",
)
TOO_LONG = Said(
    id="{form_ref}: paling panjang {max_length} huruf.",
    en="{form_ref}: {max_length} characters at most.",
)
CHARACTERS = Said(
    id="{form_ref}: memuat karakter yang tidak dapat disimpan; ketik ulang.",
    en="{form_ref}: contains characters that cannot be kept; type it again.",
)
PATTERN = Said(
    id="{form_ref}: bentuknya tidak sesuai; periksa banyaknya angka.",
    en="{form_ref}: not of the right form; count the digits.",
)

UNPRINTABLE = {"Cc", "Cs", "Co", "Cn", "Cf"}  # not typed, or not seen
Wrong = tuple[str, Said] | None


def wrong(variable: Variable, answer: object) -> Wrong:
    """What keeps this from being an answer to that question: a stable code, and a sentence."""
    return _WRONG[variable.type](variable, answer)


def words_about(variable: Variable) -> dict[str, object]:
    """Everything that a sentence of `wrong` may name."""
    return {
        **variable.cited,
        "min": variable.min if variable.min_exclusive is None else variable.min_exclusive,
        "max": variable.max,
        "max_length": variable.max_length,
        "choices": ", ".join(map(str, variable.choices)),
    }


def _is_whole(answer: object) -> bool:
    return isinstance(answer, int) and not isinstance(answer, bool)


def _wrong_choice(variable: Variable, answer: object) -> Wrong:
    if _is_whole(answer) and answer in variable.choices:
        return None
    return "not_a_choice", NOT_A_CHOICE


def _wrong_boolean(_variable: Variable, answer: object) -> Wrong:
    return None if isinstance(answer, bool) else ("not_a_boolean", NOT_A_BOOLEAN)


def _wrong_integer(variable: Variable, answer: object) -> Wrong:
    if not isinstance(answer, int) or isinstance(answer, bool):
        return "not_a_number", NOT_A_WHOLE_NUMBER
    return _out_of_range(variable, answer)


def _wrong_decimal(variable: Variable, answer: object) -> Wrong:
    if not isinstance(answer, int | float) or isinstance(answer, bool):
        return "not_a_number", NOT_A_NUMBER
    if isinstance(answer, float) and not math.isfinite(answer):
        return "not_a_number", NOT_A_NUMBER
    return _out_of_range(variable, answer)


def _out_of_range(variable: Variable, answer: float) -> Wrong:
    if variable.min_exclusive is not None and answer <= variable.min_exclusive:
        return "out_of_range", TOO_SMALL
    too_small = variable.min is not None and answer < variable.min
    too_large = variable.max is not None and answer > variable.max
    return ("out_of_range", OUT_OF_RANGE) if too_small or too_large else None


def _wrong_text(variable: Variable, answer: object) -> Wrong:
    if not isinstance(answer, str):
        return "not_text", NOT_TEXT
    if not answer.strip():
        return "too_short", EMPTY
    if variable.max_length is not None and len(answer) > variable.max_length:
        return "too_long", TOO_LONG
    if variable.pattern is not None and not re.fullmatch(variable.pattern, answer):
        return "pattern", PATTERN
    if any(unicodedata.category(character) in UNPRINTABLE for character in answer):
        return "characters", CHARACTERS
    return None


def _never(_variable: Variable, _answer: object) -> Wrong:
    return "not_allowed", NOT_ANSWERED_SO


_WRONG = {
    Type.CHOICE: _wrong_choice,
    Type.BOOLEAN: _wrong_boolean,
    Type.INTEGER: _wrong_integer,
    Type.FLAGS: _wrong_integer,
    Type.DECIMAL: _wrong_decimal,
    Type.TEXT: _wrong_text,
    Type.DATE: _never,  # every date of the form is a column of ours
}
