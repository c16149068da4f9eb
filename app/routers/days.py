"""What waits for me today: `/v1/today`."""

from datetime import UTC, date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.commands.days import look
from app.domain.actors import Role
from app.domain.notices import MOST_UNREAD
from app.domain.proposals import ProposalAction, ProposalKind, ProposalState
from app.domain.visits import VisitState
from app.routers.access import CurrentActor
from app.routers.counts import StateCount
from app.routers.windows import WindowView
from app.routers.work_lists import CountReading

router = APIRouter(prefix="/v1/today", tags=["notices"])


class WindowToday(WindowView):
    days_left: int | None = Field(description="Full days; 0 on the last one; null: it is closed.")


class StateToday(StateCount):
    open_actions: list[ProposalAction] = Field(description="What your role may do there.")


class ItemToday(BaseModel):
    id: UUID
    kind: ProposalKind
    state: ProposalState
    village_code: str
    period: date | None
    waiting_since: datetime
    waiting_days: int
    due_at: datetime | None = Field(description="When your window for it closes, if it is open.")


class VisitsToday(BaseModel):
    state: VisitState
    count: int
    exact: bool = Field(description="false: there are more.")
    due_on: date | None = Field(description="The earliest day one is due.")


class TodayView(BaseModel):
    date: date
    at: datetime
    time_zone: str
    role: Role
    region_code: str
    windows: list[WindowToday]
    states: list[StateToday] = Field(description="Those in which something is open to your role.")
    first: list[ItemToday] = Field(
        description="Those that have waited longest, ten at most. Where more than 10,000 wait in a "
        "state, among the first of them in the order of the lists."
    )
    visits: list[VisitsToday] = Field(
        description="An enumerator's own that are to be made; for others, those to look over."
    )
    unread_notices: int = Field(description=f"Exact up to {MOST_UNREAD}; one more: there are more.")


@router.get("")
async def read_today(actor: CurrentActor, reading: CountReading) -> TodayView:
    """What waits for you: how many in which state, since when, until when, and what is new."""
    return TodayView.model_validate(await look(reading, datetime.now(UTC), by=actor))
