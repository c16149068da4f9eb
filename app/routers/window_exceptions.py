"""Windows that are held open for longer, by whom and why: `/v1/window-exceptions`."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from app.commands.window_exceptions import grant, revoke
from app.db import window_exceptions
from app.db.audit import MovedMeanwhile, expect
from app.db.faults import IdTaken, WindowHeldOpen
from app.db.regions import RegionNotFound
from app.db.sessions import reading_in
from app.db.tables.base import new_id
from app.db.tables.policies import WindowException
from app.db.window_exceptions import WindowExceptionNotFound
from app.domain.diagrams import as_markdown
from app.domain.regions import OutsideYourRegion
from app.domain.window_exceptions import (
    WINDOW_EXCEPTIONS,
    ExceptionAction,
    ExceptionNotPossible,
    ExceptionState,
    WindowNotYours,
)
from app.domain.workflow import RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    Limit,
    ReadingNow,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.grounds import STEPS, Grounds
from app.routers.problems import refuses
from app.routers.shapes import Note, RegionCode, Shape
from app.routers.windows import NearDay, WindowName

router = APIRouter(prefix="/v1/window-exceptions", tags=["windows"], route_class=WritingRoute)


def _first_of_month(day: date) -> date:
    if day.day != 1:
        raise PydanticCustomError("period", "not the first day of a month")
    return day


Period = Annotated[NearDay, AfterValidator(_first_of_month)]


class WindowExceptionGrant(Shape):
    id: UUID = Field(default_factory=new_id)
    window_name: WindowName
    region_code: RegionCode | None = Field(
        default=None, description="Where it holds; left out: in all of your region."
    )
    period: Period = Field(description="The first day of the month it is for.")
    open_until: NearDay = Field(description="That day is wholly inside.")
    note: Note = Field(description="Why.")


class WindowExceptionStep(Shape):
    action: Literal[ExceptionAction.REVOKE]
    grounds: Grounds = Grounds()


class WindowExceptionView(BaseModel):
    version: int
    id: UUID
    window_name: str
    region_code: str = Field(description="Empty for the nation.")
    period: date
    open_until: date
    note: str
    state: ExceptionState
    granted_by: UUID
    created_at: datetime
    updated_at: datetime


class WindowExceptionPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[WindowExceptionView]


@router.get("", response_model=WindowExceptionPage, responses=refuses(OutsideYourRegion))
async def list_window_exceptions(
    request: Request,
    _: CurrentActor,
    reading: ReadingNow,
    after: After,
    region: RegionAsked,
    limit: Limit = 50,
) -> Response:
    """The exceptions that hold in your region, or somewhere in it; the oldest first."""
    body = await window_exceptions.list_page(reading, after, limit, within=region)
    return answer_page(request, body)


@router.post(
    "",
    status_code=201,
    response_model=WindowExceptionView,
    responses=refuses(
        RegionNotFound,
        OutsideYourRegion,
        RoleMayNot,
        WindowNotYours,
        ExceptionNotPossible,
        WindowHeldOpen,
        IdTaken,
    ),
)
async def grant_window_exception(
    request: WindowExceptionGrant, actor: CurrentActor, session: Transaction
) -> Response:
    """Hold a window open for longer. The ministry does so with its own, a regency with its own."""
    exception = WindowException(**request.model_dump(), granted_by=actor.id)
    await grant(session, exception, by=actor)
    body = await window_exceptions.document(await reading_in(session), exception.id)
    return created(answer_versioned(body), f"/v1/window-exceptions/{exception.id}")


@router.get(
    "/{exception_id}",
    response_model=WindowExceptionView,
    responses=refuses(WindowExceptionNotFound),
)
async def read_window_exception(
    exception_id: UUID, _: CurrentActor, reading: ReadingNow
) -> Response:
    """An exception. These are public rules: everybody reads them."""
    return answer_versioned(await window_exceptions.document(reading, exception_id))


@router.post(
    "/{exception_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Take an exception back.\n\n" + as_markdown(WINDOW_EXCEPTIONS),
    responses=refuses(WindowExceptionNotFound, *STEPS, WindowNotYours, MovedMeanwhile),
)
async def take_window_exception_step(
    exception_id: UUID,
    request: WindowExceptionStep,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    exception = await window_exceptions.find(session, exception_id, within=actor.region)
    await expect(session, exception, version)
    entry = await revoke(
        session, exception, request.action, by=actor, grounds=request.grounds.given()
    )
    return await answer_step(session, access, entry)
