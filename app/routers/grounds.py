"""What a step rests on, as it is sent: one field for each `Ground` of the workflows."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from app.db.audit import MovedMeanwhile
from app.domain.errors import Outdated
from app.domain.facts import OnceRegistered, OnItsWay
from app.domain.households import RecordAction
from app.domain.marks import NotMarked
from app.domain.workflow import ActionNotOpen, Ground, GroundsMissing, GroundsNotAsked, RoleMayNot
from app.routers.problems import VersionNotNamed
from app.routers.shapes import DayPassed, Note, Shape, ShortLine, clean

Place = Annotated[
    str,
    StringConstraints(pattern=r"^(/([^~/]|~[01])*)*$", max_length=300, strict=True),
    AfterValidator(clean),
    Field(
        description="A JSON pointer (RFC 6901) into what was submitted, people and families by "
        "their ids: `/members/{id}/nik`, `/survey/answers/household/floor_area`, "
        "`/asks/changes/name`; empty: everything.",
        examples=["/household/address"],
    ),
]


class Mark(Shape):
    """Something that is wrong, and why. It is opened for whoever proposed it; nothing else is."""

    pointer: Place
    reason: ShortLine = Field(description="A code of `/v1/reasons`.", examples=["data_incomplete"])
    note: Note | None = Field(default=None, examples=["Nomor rumah tidak ada."])


class MarkView(BaseModel):
    pointer: str
    reason: str
    note: str | None


class ChangeView(BaseModel):
    """`{}` stands where there was nothing."""

    pointer: str
    before: Any
    after: Any


class Grounds(Shape):
    """Which of them a step needs stands in `open_actions`."""

    reason: ShortLine | None = Field(
        default=None, description="A code of `/v1/reasons`.", examples=["no_longer_poor"]
    )
    note: Note | None = Field(default=None, description="Why, in words.")
    marks: list[Mark] | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Of a return: what is wrong, place by place. Without marks all of it is open.",
    )
    letter_number: ShortLine | None = Field(default=None, description="Surat pengesahan.")
    letter_date: DayPassed | None = None
    decree_number: ShortLine | None = Field(default=None, description="SK penetapan.")
    decree_date: DayPassed | None = None

    def given(self) -> dict[Ground, Any]:
        sent = self.model_dump(mode="json", exclude_none=True)
        return {Ground(name): value for name, value in sent.items()}


class RecordStepRequest(Shape):
    """Taking a household, a family or a member out of a draft, or bringing it back."""

    action: Literal[RecordAction.REMOVE, RecordAction.RESTORE]
    grounds: Grounds = Grounds()


# How a change of a record can be refused, whatever else there is.
CHANGES = (
    RoleMayNot,
    ActionNotOpen,
    OnItsWay,
    NotMarked,
    MovedMeanwhile,
    Outdated,
    VersionNotNamed,
)
STEPS = (*CHANGES, OnceRegistered, GroundsMissing, GroundsNotAsked)
