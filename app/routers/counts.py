"""How many proposals stand where: `/v1/proposals/counts`."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app.db import counts
from app.db.regions import RegionNotFound
from app.domain.proposals import ProposalState
from app.domain.regions import OutsideYourRegion
from app.routers.access import CurrentActor, RegionAsked, answer_json
from app.routers.problems import refuses
from app.routers.work_lists import CountReading

router = APIRouter(prefix="/v1/proposals", tags=["proposals"])

By = Annotated[
    Literal["none", "children"],
    Query(description="children: also for each region one tier below."),
]


class StateCount(BaseModel):
    state: ProposalState
    count: int
    exact: bool = Field(description="Counted now. Above 10,000 it comes from a roll-up: `as_of`.")
    at_least: bool = Field(description="There are so many or more; no roll-up has counted them.")
    as_of: datetime | None = Field(description="When the roll-up was made, if it is told from.")
    oldest_waiting_since: datetime | None = Field(
        description="Since when the longest has waited; null where none does, or it is not known."
    )
    open_to_me: bool = Field(description="Whether something is open to your role in this state.")


class RegionCounts(BaseModel):
    region_code: str = Field(description="Empty for the nation.")
    region_name: str
    states: list[StateCount] = Field(description="Of a region below: those that have any.")


class ProposalCounts(RegionCounts):
    children: list[RegionCounts] | None = Field(description="null where they were not asked for.")


@router.get(
    "/counts",
    response_model=ProposalCounts,
    responses=refuses(OutsideYourRegion, RegionNotFound),
)
async def count_proposals(
    actor: CurrentActor, reading: CountReading, region: RegionAsked, by: By = "none"
) -> Response:
    """How many proposals of your region stand in each state. It names nobody.

    Exact up to 10,000 in a state. What lies below a province or the nation is told from a roll-up
    of the regencies, made every few minutes.
    """
    body = await counts.document(
        reading, within=region, seen_by=actor, part_by_part=by == "children"
    )
    return answer_json(body)
