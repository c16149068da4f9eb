"""What one is told of without asking: `/v1/notices`."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from app.commands.notices import look, mark
from app.domain.actors import Role
from app.domain.notices import MOST_UNREAD, NoticeKind
from app.domain.proposals import ProposalAction, ProposalKind, ProposalState
from app.routers.access import (
    AfterNumber,
    CurrentActor,
    LanguageAsked,
    Limit,
    ReadingNow,
    Transaction,
    WritingRoute,
    answer_page,
)
from app.routers.shapes import Shape

router = APIRouter(prefix="/v1/notices", tags=["notices"], route_class=WritingRoute)

MOST_MARKS = 1_000
NoticeId = Annotated[
    str,
    StringConstraints(
        pattern=r"^([1-9][0-9]{0,17}|[a-z][a-z0-9_]{2,59}\.[0-9]{4}-[0-9]{2}-[0-9]{2})$",
        strict=True,
    ),
]
EntryId = Annotated[str, StringConstraints(pattern="^[1-9][0-9]{0,17}$", strict=True)]


class NoticeBase(BaseModel):
    id: str
    at: datetime
    read: bool
    said: str = Field(description="In the language you asked for.")


class NoticeView(NoticeBase):
    """Something that somebody else did with a proposal, or that it came late."""

    kind: Literal[
        NoticeKind.RETURNED,
        NoticeKind.REJECTED,
        NoticeKind.DETERMINED,
        NoticeKind.UNDONE,
        NoticeKind.AGREED,
        NoticeKind.LATE,
    ]
    proposal_id: UUID
    proposal_kind: ProposalKind
    village_code: str
    village_name: str | None
    action: ProposalAction
    source: ProposalState | None
    target: ProposalState
    actor_role: Role
    period: date | None = Field(description="That the proposal counts for now.")


class DueNotice(NoticeBase):
    """A window of your role that closes within three days."""

    kind: Literal[NoticeKind.DUE_SOON]
    window_name: str
    closes_at: datetime


class StoppedNotice(NoticeBase):
    """A subscription that the service has paused or disabled, until it is resumed or ended."""

    kind: Literal[NoticeKind.SUBSCRIPTION_STOPPED]
    subscription_id: UUID


class NoticePage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    unread: int = Field(description=f"Exact up to {MOST_UNREAD}; one more: there are more.")
    items: list[NoticeView] = Field(description="The newest first.")
    due_soon: list[DueNotice]
    subscriptions: list[StoppedNotice] = Field(
        description="Yours; for an administrator, those of the region."
    )


class NoticeMarks(Shape):
    read: list[NoticeId] = Field(
        default=[], max_length=MOST_MARKS, description="Notices that were read, one by one."
    )
    until: EntryId | None = Field(
        default=None, description="A notice up to which, it included, everything was read."
    )


class NoticesMarked(BaseModel):
    marked: int = Field(description="How many of those named one by one were not yet read.")


@router.get("", response_model=NoticePage)
async def list_notices(
    request: Request,
    actor: CurrentActor,
    reading: ReadingNow,
    after: AfterNumber,
    language: LanguageAsked,
    limit: Limit = 50,
) -> Response:
    """What became of the proposals of your region, what came late, and which windows close soon.

    You are not told of your own deeds. Above the regency you are told of what was returned to you.
    """
    moment = datetime.now(UTC)
    body = await look(reading, int(after.id), limit, moment=moment, by=actor, language=language)
    return answer_page(request, body)


@router.post("/marks", status_code=201)
async def mark_notices(
    marks: NoticeMarks, actor: CurrentActor, session: Transaction
) -> NoticesMarked:
    """Note what you have read. Others in your office have marks of their own."""
    until = int(marks.until) if marks.until else None
    return NoticesMarked(marked=await mark(session, marks.read, until, by=actor))
