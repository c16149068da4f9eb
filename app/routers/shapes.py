"""The small shapes every request is made of: strict, bounded, and clean before they come in."""

import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from app.domain.appointments import USERNAME
from app.domain.calendar import today


class WithId(Protocol):
    id: UUID


Row = TypeVar("Row", bound=WithId)


class Shape(BaseModel):
    """A request body: nothing unknown is accepted, nothing is converted from another type."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


NOT_TYPED = {"Cc", "Cs", "Co", "Cn"}  # control characters, NUL, lone surrogates, unassigned
NOT_SEEN = {"Cf"}  # zero width, or turning the direction: two names would look the same


def clean(text: str) -> str:
    """NFC, without what a person cannot have typed, or cannot see."""
    return _kept(text, without=NOT_TYPED | NOT_SEEN)


def typed(text: str) -> str:
    """A number is kept as it was said; what is wrong with it is told by its check."""
    return _kept(text, without=NOT_TYPED)


def lines(text: str) -> str:
    """`clean`, but a note may have several lines, and joined signs."""
    _kept(text.replace("\n", "").replace("\t", ""), without=NOT_TYPED)
    return unicodedata.normalize("NFC", text)


def _kept(text: str, *, without: set[str]) -> str:
    if text.isascii() and text.isprintable():
        return text
    if any(unicodedata.category(character) in without for character in text):
        raise PydanticCustomError("characters", "characters that cannot be kept")
    return unicodedata.normalize("NFC", text)


DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _a_day(value: object) -> object:
    """A number of seconds could be made a date too, but nobody means one."""
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise PydanticCustomError("date_form", "not year-month-day")
    return value


def _a_moment(value: object) -> object:
    if not isinstance(value, str) or not DAY.match(value):
        raise PydanticCustomError("datetime_form", "not a moment")
    return value


def _with_zone(moment: datetime) -> datetime:
    """A moment without its offset is three moments in this country."""
    if moment.tzinfo is None:
        raise PydanticCustomError("datetime_zone", "a moment without its offset")
    if not date.min < moment.date() < date.max:
        raise PydanticCustomError("out_of_range", "a moment that cannot be kept")
    return moment


def _passed(day: date) -> date:
    if day > today():
        raise PydanticCustomError("day_to_come", "a day that has not come")
    return day


# The first and the last day there are would be kept as -infinity and infinity.
Day = Annotated[date, Field(gt=date.min, lt=date.max), BeforeValidator(_a_day)]


def each_its_own(rows: list[Row]) -> list[Row]:
    """Ids are the sender's to choose, but not twice in one request."""
    if len({row.id for row in rows}) < len(rows):
        raise PydanticCustomError("repeated", "an id occurs twice")
    return rows


def _each_once(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) < len(ids):
        raise PydanticCustomError("repeated", "an id occurs twice")
    return ids


def _nobodys(id_: UUID) -> UUID:
    if STANDS_FOR_A_VILLAGE.fullmatch(id_.hex):
        raise PydanticCustomError("out_of_range", "an id that stands for something else")
    return id_


# In the access log, with a month (`village_in_month`): a person of that id would be told of lists
# that name others.
STANDS_FOR_A_VILLAGE = re.compile(r"0{16}[0-9]{16}")
NewId = Annotated[UUID, AfterValidator(_nobodys)]
Ids = Annotated[list[UUID], AfterValidator(_each_once)]


def _without_sign(degrees: float) -> float:
    """JSON in PostgreSQL knows no -0.0, so the fingerprint of one would not last."""
    return degrees + 0.0


class Location(Shape):
    """A point in degrees (WGS 84)."""

    latitude: Annotated[
        float,
        Field(ge=-90, le=90, strict=True, examples=[-6.0186]),
        AfterValidator(_without_sign),
    ]
    longitude: Annotated[
        float,
        Field(ge=-180, le=180, strict=True, examples=[106.0558]),
        AfterValidator(_without_sign),
    ]


def _first_of_a_month(day: date) -> date:
    if day.day != 1:
        raise PydanticCustomError("out_of_range", "not the first day of a month")
    return day


DayPassed = Annotated[Day, AfterValidator(_passed)]
Month = Annotated[
    Day,
    AfterValidator(_first_of_a_month),
    Field(description="The first day of the month.", examples=["2026-12-01"]),
]
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
RegionCode = Annotated[
    str,
    StringConstraints(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10})?$", strict=True),
    Field(
        description="Kemendagri code without dots; empty for the nation", examples=["3672011001"]
    ),
]
Username = Annotated[
    str,
    StringConstraints(pattern=f"^{USERNAME.pattern}$", strict=True),
    Field(description="3 to 60 small letters, digits and . _ -", examples=["operator.3672011001"]),
]
Neighbourhood = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,3}$", strict=True),
    AfterValidator(lambda number: number.zfill(3)),
    Field(description="RT or RW: up to three digits; 4 and 004 are the same", examples=["004"]),
]
NikText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40, strict=True),
    AfterValidator(typed),
    Field(
        description="As it was said. A wrong one is kept and marked; see `nik_check`.",
        examples=["3672015905840001"],
    ),
]
CardNumber = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40, strict=True),
    AfterValidator(typed),
    Field(description="Number of the family card (KK).", examples=["3672010102100001"]),
]
SexCode = Annotated[
    int, Field(ge=1, le=2, strict=True, description="1 laki-laki, 2 perempuan", examples=[2])
]
Relation = Annotated[
    int,
    Field(
        ge=1,
        le=8,
        strict=True,
        description="1 kepala, 2 istri/suami, 3 anak, 4 menantu, 5 cucu, 6 orang tua/mertua, "
        "7 pembantu, 8 lainnya",
        examples=[1],
    ),
]
MaritalStatus = Annotated[
    int,
    Field(
        ge=1,
        le=4,
        strict=True,
        description="1 belum kawin, 2 kawin, 3 cerai hidup, 4 cerai mati",
        examples=[2],
    ),
]
Moment = Annotated[
    datetime,
    BeforeValidator(_a_moment),
    AfterValidator(_with_zone),
    Field(examples=["2026-11-01T00:00:00+07:00"], description="With its offset from UTC."),
]
Version = Annotated[int, Field(ge=1, le=999_999_999, strict=True)]
FamilyNumber = Annotated[int, Field(ge=1, le=10, strict=True)]
MemberNumber = Annotated[int, Field(ge=1, le=99, strict=True)]
