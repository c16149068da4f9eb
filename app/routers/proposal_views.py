"""What is told of proposals: one in full, and the lines of a list."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain.proposals import (
    ProposalAction,
    ProposalKind,
    ProposalState,
)
from app.domain.workflow import (
    Ground,
)
from app.routers.grounds import ChangeView, MarkView


class OpenProposalAction(BaseModel):
    action: ProposalAction
    needs: list[Ground] = Field(description="The grounds it has to rest on.")
    targets: list[ProposalState] = Field(description="Where it may lead, if that is to be named.")


class Waiting(BaseModel):
    """Whose desk it lies on, and for how long somebody has been waited for."""

    responsible_id: UUID = Field(description="Whoever took it over, else whoever drafted it.")
    waiting_since: datetime | None = Field(
        description="When it came to its state; null once it has ended."
    )
    waiting_days: int | None = Field(
        description="Full days of 24 hours since then: the same in every time zone."
    )


PERIOD = (
    "The first day of the month it counts for; null before it was submitted. What comes after its "
    "window counts for the next."
)


class ProposalView(Waiting):
    version: int
    id: UUID
    kind: ProposalKind
    household_id: UUID
    family_id: UUID | None = Field(description="Whom of the household it is about; null: all.")
    member_id: UUID | None
    linked_id: UUID | None = Field(description="The proposal of the other village of a move.")
    base_version: int | None = Field(
        description="The version of the subject that was read when this was asked."
    )
    village_code: str
    state: ProposalState
    period: date | None = Field(description=PERIOD)
    missed_period: date | None = Field(description="The period it last came too late for.")
    urgent: bool = Field(description="It goes before the others.")
    asks: dict[str, Any] | None = Field(
        description="What is asked, and what it rests on; it can be changed while it is drafted."
    )
    now: dict[str, Any] | None = Field(
        description="What stood in the registry when it was submitted, of all that would change."
    )
    proposed: dict[str, Any] | None = Field(
        description="The same fields, as they are to be. A new family stands whole in `content`."
    )
    content: dict[str, Any] | None = Field(description="What was proposed, frozen at submission.")
    marks: list[MarkView] | None = Field(
        description="What the last return points at. While it is drafted, only that is open."
    )
    changed_since_return: list[ChangeView] | None = Field(
        description="What was changed before it was submitted again, as far as your role reads it."
    )
    created_by: UUID
    submitted_by: UUID | None
    submitted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenProposalAction] = Field(description="What you may do with it now.")


class ProposalLine(Waiting):
    version: int
    id: UUID
    kind: ProposalKind
    household_id: UUID
    village_code: str
    state: ProposalState
    period: date | None = Field(description=PERIOD)
    urgent: bool = Field(description="It goes before the others.")
    head_name: str | None
    submitted_at: datetime | None
    updated_at: datetime
    open_marks: int = Field(description="How many marks of a return wait to be mended.")
    open_actions: list[OpenProposalAction]


class ProposalPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[ProposalLine]
