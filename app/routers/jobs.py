"""Jobs, and how far the service is with each: `/v1/jobs`."""

import re
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.commands.jobs import cancel
from app.db import jobs
from app.db.audit import MovedMeanwhile
from app.db.pages import Asked
from app.db.sessions import Database
from app.domain.actors import Actor, Role
from app.domain.diagrams import as_markdown
from app.domain.errors import Language, Outdated
from app.domain.facts import OthersJob
from app.domain.jobs import JOBS, OPEN, JobAction, JobKind, JobNotFound, JobState
from app.domain.regions import OutsideYourRegion
from app.domain.workflow import ActionNotOpen, Ground, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    LanguageAsked,
    Limit,
    ReadingNow,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    database_of,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Shape
from app.routers.streams import EVENT_STREAM, EventStream, Streams, Told

__all__ = ["STREAMS_AT_ONCE", "Streams", "accepted", "answer_open", "ask_again", "router"]

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=WritingRoute)
STREAMS_AT_ONCE = 20
ASK_AGAIN = 2  # seconds
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events named `progress`, and the last one `ended`; the data of each is the "
        "job as `GET /v1/jobs/{job_id}` answers it.",
        "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
    }
}


class JobStepRequest(Shape):
    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "cancel"}]})

    action: Literal[JobAction.CANCEL]


class OpenJobAction(BaseModel):
    action: JobAction
    needs: list[Ground]
    targets: list[JobState]


class JobProblem(BaseModel):
    code: str = Field(description="As in the `type` of a problem.")
    title: str
    detail: str


class JobLinks(BaseModel):
    self: str
    events: str = Field(description="Its progress as server-sent events.")
    subject: str = Field(description="What it works on; its result is found there.")


class JobView(BaseModel):
    version: int
    id: UUID
    kind: JobKind
    state: JobState
    phase: str | None = Field(description="What is being done: a code of the work's own.")
    done: int = Field(description="In this phase.")
    total: int | None = Field(description="null: it is not known yet.")
    starts: int = Field(description="How often a worker began it.")
    cancel_asked: bool = Field(description="It ends at its next pause.")
    problem: JobProblem | None = Field(description="Why it failed or was parked.")
    region_code: str = Field(description="Whose work it is; empty for the nation.")
    asked_by: UUID
    role: Role
    subject_id: UUID
    links: JobLinks
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime = Field(description="When it was last told how far it is.")
    open_actions: list[OpenJobAction] = Field(description="What you may do with it now.")


class JobPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[JobView]


def accepted(response: Response, location: str) -> Response:
    """The answer to a request whose work goes on; at `location` it is told how far it is."""
    response.status_code = 202
    response.headers["Location"] = location
    return response


def ask_again(response: Response) -> Response:
    response.headers["Retry-After"] = str(ASK_AGAIN)
    return response


def answer_open(body: str, is_open: re.Pattern[str]) -> Response:
    """While it is open, it says when to ask again."""
    response = answer_versioned(body)
    return ask_again(response) if is_open.search(body) else response


IS_OPEN = re.compile(rf'"state" ?: ?"(?:{"|".join(OPEN)})"')


@router.get("", response_model=JobPage, responses=refuses(OutsideYourRegion))
async def list_jobs(
    request: Request,
    actor: CurrentActor,
    reading: ReadingNow,
    after: After,
    region: RegionAsked,
    language: LanguageAsked,
    state: Annotated[JobState | None, Query()] = None,
    kind: Annotated[JobKind | None, Query()] = None,
    subject_id: Annotated[UUID | None, Query(description="Only those for this.")] = None,
    account_id: Annotated[UUID | None, Query(description="Whose account asked.")] = None,
    limit: Limit = 50,
) -> Response:
    """The jobs of your region, your own among them, in pages; the oldest of a place first."""
    where = {
        "state = {}": state,
        "kind = {}": kind,
        "subject_id = {}": subject_id,
        "asked_by = {}": account_id,
    }
    asked = Asked(after, limit, where)
    body = await jobs.list_page(reading, asked, within=region, seen_by=actor, language=language)
    return answer_page(request, body)


@router.get("/{job_id}", response_model=JobView, responses=refuses(JobNotFound))
async def read_job(
    job_id: UUID, actor: CurrentActor, reading: ReadingNow, language: LanguageAsked
) -> Response:
    """A job, and how far it is. While it is open, `Retry-After` says when to ask again."""
    body = await jobs.document(
        reading, job_id, within=actor.region, seen_by=actor, language=language
    )
    return answer_open(body, IS_OPEN)


async def _look(database: Database, job_id: UUID, actor: Actor, language: Language) -> Told:
    async with database.reading(actor.region) as reading:
        body = await jobs.document(
            reading, job_id, within=actor.region, seen_by=actor, language=language
        )
    return Told(body, is_last=not IS_OPEN.search(body))


@router.get(
    "/{job_id}/events",
    response_class=Response,
    responses={**EVENTS, **refuses(JobNotFound)},
)
async def follow_job(
    request: Request, job_id: UUID, actor: CurrentActor, language: LanguageAsked
) -> Response:
    """Be told how far a job is, until it has ended (server-sent events).

    A line that is silent for long tells `: still there`. After five minutes it ends: open it
    again, and you are told at once how far the job is by then.
    """
    streams: Streams = request.app.state.streams
    streams.admit()
    look = partial(_look, database_of(request), job_id, actor, language)
    await look()
    return EventStream(look, streams, leaving=request.app.state.is_leaving)


@router.post(
    "/{job_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Cancel a job. One that waits has ended by that; one that runs ends at its next "
    "pause, and what it has done by then stays.\n\n" + as_markdown(JOBS),
    responses=refuses(
        JobNotFound,
        RoleMayNot,
        OthersJob,
        ActionNotOpen,
        MovedMeanwhile,
        Outdated,
        VersionNotNamed,
    ),
)
async def take_job_step(
    job_id: UUID,
    _: JobStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    entry = await cancel(session, job_id, by=actor, version=version)
    return await answer_step(session, access, entry)
