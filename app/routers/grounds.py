"""What a step rests on, as it is sent: one field for each `Ground` of the workflows."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.db.audit import MovedMeanwhile
from app.domain.errors import Outdated
from app.domain.households import RecordAction
from app.domain.proposals import Attendance, Outcome
from app.domain.workflow import (
    ActionNotOpen,
    Ground,
    GroundsMissing,
    GroundsNotAsked,
    OnItsWay,
    RoleMayNot,
)
from app.routers.problems import VersionNotNamed
from app.routers.shapes import DayPassed, Line, Note, Shape, ShortLine

Count = Annotated[int, Field(ge=1, le=9999, strict=True)]


class Deliberation(Shape):
    """What the musyawarah desa/kelurahan found of the name, as its minutes say."""

    held_on: DayPassed = Field(description="Day of the deliberation.", examples=["2026-11-18"])
    chair: Line = Field(description="Who chaired it.", examples=["Suparman"])
    attendance: dict[Attendance, Count] = Field(
        min_length=1,
        description="Who was there, by role.",
        examples=[{"village_head": 1, "rt_rw": 9, "village_council": 3}],
    )
    outcome: Outcome = Field(description="What it says of the name (layak, tidak layak, ditunda).")
    minutes_reference: ShortLine = Field(
        description="Number of the minutes (berita acara).", examples=["470/12/MUSKEL/2026"]
    )


class Grounds(Shape):
    """Which of them a step needs stands in `open_actions`."""

    reason: ShortLine | None = Field(
        default=None, description="A code of `/v1/reasons`.", examples=["no_longer_poor"]
    )
    note: Note | None = Field(default=None, description="Why, in words.")
    deliberation: Deliberation | None = None
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
CHANGES = (RoleMayNot, ActionNotOpen, OnItsWay, MovedMeanwhile, Outdated, VersionNotNamed)
STEPS = (*CHANGES, GroundsMissing, GroundsNotAsked)
