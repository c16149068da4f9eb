"""The small shapes that every request is made of: strict, bounded, and clean before they come in."""

import unicodedata
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.domain.regions import Region, Tier


class Shape(BaseModel):
    """A request body: nothing unknown is accepted, nothing is converted from another type."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


def clean(text: str) -> str:
    """NFC, without what a person cannot have typed: control characters, NUL, lone surrogates."""
    if any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} for c in text):
        raise PydanticCustomError("characters", "characters that cannot be kept")
    return unicodedata.normalize("NFC", text)


def lines(text: str) -> str:
    """`clean`, but a note may have several lines."""
    clean(text.replace("\n", "").replace("\t", ""))
    return unicodedata.normalize("NFC", text)


def village(code: str) -> str:
    if Region(code).tier is not Tier.VILLAGE:
        raise PydanticCustomError("string_pattern_mismatch", "not a village's code")
    return code


Line = Annotated[
    str, StringConstraints(min_length=1, max_length=250, strict=True), AfterValidator(clean)
]
ShortLine = Annotated[
    str, StringConstraints(min_length=1, max_length=60, strict=True), AfterValidator(clean)
]
Note = Annotated[
    str, StringConstraints(min_length=1, max_length=2000, strict=True), AfterValidator(lines)
]
VillageCode = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]{5}[1-3][0-9]{3}$", strict=True),
    Field(description="Kemendagri code of a village: ten digits", examples=["3672011001"]),
]
Neighbourhood = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,3}$", strict=True),
    Field(description="RT or RW: up to three digits", examples=["004"]),
]
DayPassed = Annotated[date, Field(strict=False)]


def code_from(low: int, high: int) -> object:
    """A form code: a whole number between the two."""
    return Annotated[int, Field(ge=low, le=high, strict=True)]
