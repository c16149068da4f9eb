"""How long proposals wait where, as numbers for charts: `/v1/turnarounds`."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.commands.turnarounds import look
from app.db.regions import RegionNotFound
from app.domain.calendar import today
from app.domain.proposals import ProposalState
from app.domain.regions import OutsideYourRegion, Tier
from app.domain.turnarounds import AGES, LONGEST, SpanNotPossible
from app.routers.access import CurrentActor, ReadingNow, RegionAsked
from app.routers.problems import refuses
from app.routers.windows import NearDay

router = APIRouter(prefix="/v1/turnarounds", tags=["proposals"])

MONTH = timedelta(days=30)
By = Annotated[
    Literal["tier", "children"],
    Query(description="children: also for each region one tier below."),
]
BANDS = ", ".join(["0", *(f"from {days}" for days in AGES)])


class StateTurnaround(BaseModel):
    state: ProposalState
    tier: Tier = Field(description="Whose desk it is.")
    count: int = Field(description="How many left the state in these days.")
    median_days: float | None = Field(description="From reaching the state until leaving it.")
    p90_days: float | None
    mean_days: float | None
    backlog: int = Field(description="How many wait in it now.")
    ages: list[int] = Field(description=f"Of these, by full days waited: {BANDS}.")
    as_of: datetime | None = Field(description="When the backlog was counted.")


class RegionTurnaround(BaseModel):
    region_code: str = Field(description="Empty for the nation.")
    region_name: str
    states: list[StateTurnaround]


class Turnarounds(RegionTurnaround):
    from_day: date
    to_day: date = Field(description="No longer inside.")
    exact: bool = Field(
        description="Above the regency the numbers come from a roll-up: of whole months, median "
        "and p90 by steps."
    )
    children: list[RegionTurnaround] | None = Field(description="null: not asked for.")


@router.get("", responses=refuses(OutsideYourRegion, RegionNotFound, SpanNotPossible))
async def read_turnarounds(
    _: CurrentActor,
    reading: ReadingNow,
    region: RegionAsked,
    from_: Annotated[
        NearDay | None, Query(alias="from", description="Left out: thirty days before `to`.")
    ] = None,
    to: Annotated[
        NearDay | None,
        Query(description=f"No longer inside; {LONGEST.days} days later at most. Left out: today."),
    ] = None,
    by: By = "tier",
) -> Turnarounds:
    """How long proposals waited in each state before they went on, and how many wait now."""
    end = to or today() + timedelta(days=1)
    found = await look(
        reading, from_ or end - MONTH, end, within=region, part_by_part=by == "children"
    )
    return Turnarounds.model_validate(found)
