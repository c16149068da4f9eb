"""When whose work counts for which period: `/v1/windows`."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.commands.windows import look
from app.domain.actors import Role
from app.domain.proposals import ProposalKind
from app.domain.regions import OutsideYourRegion
from app.domain.windows import Act, Clock, Late, Recurrence
from app.routers.access import CurrentActor, ReadingNow, RegionAsked
from app.routers.problems import refuses
from app.routers.shapes import Day, Moment, RegionCode, Shape, ShortLine

router = APIRouter(prefix="/v1/windows", tags=["windows"])

KNOWN_YEARS = range(2000, 2100)


def _near(day: date) -> date:
    if day.year not in KNOWN_YEARS:
        raise PydanticCustomError("out_of_range", "a day too far away")
    return day


NearDay = Annotated[Day, AfterValidator(_near)]
NearMoment = Annotated[Moment, AfterValidator(_near)]
DayOfMonth = Annotated[int, Field(ge=1, le=31, strict=True)]
WindowName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,59}$", strict=True)]
ProgrammeCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,39}$", strict=True)]


class WindowShape(Shape):
    """A window that a regency sets. It may only be narrower than the ministry's."""

    name: WindowName = Field(description="One of your own; exceptions refer to it.")
    label_id: ShortLine
    label_en: ShortLine
    region_code: RegionCode | None = Field(
        default=None, description="A part of the regency, where villages take turns."
    )
    acts: list[Act] = Field(min_length=1, max_length=len(Act))
    kinds: list[ProposalKind] = Field(
        default=[], max_length=len(ProposalKind), description="Empty: all kinds."
    )
    programmes: list[ProgrammeCode] = Field(
        default=[], max_length=20, description="Empty: all programmes, and proposals of none."
    )
    roles: list[Role] = Field(min_length=1, max_length=len(Role))
    recurrence: Recurrence
    start_day: DayOfMonth | None = Field(default=None, description="Monthly: the first day.")
    end_day: DayOfMonth | None = Field(
        default=None, description="Monthly: the last day; 31 is the last day of any month."
    )
    cut_off_day: DayOfMonth | None = Field(
        default=None, description="Daily: what comes after this day counts for the next month."
    )
    start: NearDay | None = Field(default=None, description="Once or yearly: the first day.")
    end: NearDay | None = Field(
        default=None, description="Once or yearly: the last day, wholly inside."
    )
    clock: Clock
    late: Late
    valid_from: NearDay | None = None
    valid_to: NearDay | None = None


class WindowSet(BaseModel):
    """A window as it was set."""

    name: str
    label_id: str
    label_en: str
    region_code: str = Field(description="Empty: the ministry's, for the whole nation.")
    acts: list[Act]
    kinds: list[ProposalKind] = Field(description="Empty: all kinds.")
    programmes: list[str] = Field(description="Empty: all programmes, and proposals of none.")
    roles: list[Role]
    recurrence: Recurrence
    start_day: int | None
    end_day: int | None
    cut_off_day: int | None
    start: date | None
    end: date | None
    clock: Clock
    late: Late
    valid_from: date | None
    valid_to: date | None


class ExceptionSeen(BaseModel):
    period: date
    open_until: date = Field(description="That day is wholly inside.")


class WindowView(WindowSet):
    """A window, and how it stands with it."""

    of_my_role: bool
    open: bool = Field(description="Work is open where no window of its role is closed.")
    period: date | None = Field(description="What work counts for now, or once it opens.")
    closes_at: datetime | None = Field(description="On the window's clock; null: it is closed.")
    seconds_left: int | None
    next_opens_at: datetime | None = Field(description="null: no other opening is set.")
    narrowed_by: list[str] = Field(description="Windows of the regency for the same work.")
    exceptions: list[ExceptionSeen] = Field(description="For which it is held open for longer.")


class WindowList(BaseModel):
    at: datetime
    items: list[WindowView]


@router.get("", responses=refuses(OutsideYourRegion))
async def list_windows(
    actor: CurrentActor,
    reading: ReadingNow,
    region: RegionAsked,
    at: Annotated[NearMoment | None, Query(description="Another moment than now.")] = None,
    everyones: Annotated[bool, Query(description="Also those of other roles.")] = False,  # noqa: FBT002
) -> WindowList:
    """What is open for your role, until when, and for which period your work counts.

    Work that comes after its window counts for the next period, or has to wait where `late` is
    `closed`. The windows of a regency are told where the region is a regency or a part of one.
    """
    moment = at or datetime.now(UTC)
    items = await look(reading, region, moment, by=actor, everyones=everyones)
    return WindowList.model_validate({"at": moment, "items": items})
