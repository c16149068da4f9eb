"""Lists for people: BNBA and recapitulations, as files: `/v1/lists`."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.commands.list_writing import place_of
from app.commands.lists import ask
from app.db import lists
from app.db.lists import Made
from app.db.pages import Asked
from app.db.regions import RegionNotFound
from app.db.sessions import reading_in
from app.domain.actors import Role
from app.domain.diagrams import as_markdown
from app.domain.errors import Language
from app.domain.lists import (
    LISTS,
    ListFormat,
    ListKind,
    ListNotFound,
    ListNotMade,
    ListNotOffered,
    ListNotYours,
    ListState,
    ListTooLong,
    TooManyLists,
    Wish,
)
from app.domain.programmes import ProgrammeNotFound
from app.domain.regions import OutsideYourRegion, Tier, narrowed
from app.domain.sight import Purpose
from app.exchange.storage import ContentMissing
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    LanguageAsked,
    Limit,
    ReadingNow,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
)
from app.routers.downloads import Content, Known, RangeAsked, a_file_of, answer_content, storage_of
from app.routers.jobs import JobProblem, accepted, ask_again
from app.routers.problems import refuses
from app.routers.shapes import RegionCode, Shape, ShortLine

PATH = "/v1/lists"
router = APIRouter(prefix=PATH, tags=["lists"], route_class=WritingRoute)
MEDIA = {
    ListFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ListFormat.PDF: "application/pdf",
}


class ListRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "named_list", "region_code": "3672011001", "format": "pdf"},
                {"kind": "recapitulation", "region_code": "3672", "rows": "district"},
            ]
        }
    )

    kind: ListKind
    region_code: RegionCode | None = Field(
        default=None, description="Your region, or a part of it. Left out: all of yours."
    )
    programme: ShortLine | None = Field(
        default=None, description="Of a named list: who receives it, a code of `/v1/programmes`."
    )
    rows: Literal[Tier.REGENCY, Tier.DISTRICT, Tier.VILLAGE] | None = Field(
        default=None,
        description="Of a recapitulation: what its rows are. Left out: districts, or the villages "
        "of one.",
    )
    format: ListFormat = ListFormat.XLSX

    def of(self, actor: CurrentActor) -> Wish:
        region = narrowed(actor.region, self.region_code)
        return Wish(self.kind, region, self.format, self.programme, self.rows)


class ListView(BaseModel):
    version: int
    id: UUID
    kind: ListKind
    format: ListFormat
    state: ListState
    region_code: str
    region_name: str
    programme: str | None
    rows: Tier | None = Field(description="Of a recapitulation: what its rows are.")
    language: Language
    purpose: Purpose
    asked_as: Role
    created_by: UUID
    names: int | None = Field(description="How many stand in it; null until it is made.")
    bytes: int | None
    sha256: str | None
    problem: JobProblem | None = Field(description="Why it could not be made.")
    file: str | None = Field(description="Where it is downloaded, once it is made.")
    job_id: UUID | None = Field(description="How far it is: see `/v1/jobs/{id}`.")
    made_at: datetime | None
    expires_at: datetime = Field(description="Until then the file is kept.")
    created_at: datetime
    updated_at: datetime


class ListPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[ListView]


async def days_kept(request: Request) -> timedelta:
    return timedelta(days=request.app.state.settings.extract_days)


@router.post(
    "",
    status_code=202,
    response_model=ListView,
    description="Ask for a list: BNBA of a region or of a programme in it, as a workbook or to be "
    "printed, or a recapitulation as a workbook with a chart. It is made in the background: read "
    "the list until it is `made`, then download its `file`.\n\n" + as_markdown(LISTS),
    responses=refuses(
        OutsideYourRegion,
        RegionNotFound,
        ListNotYours,
        ProgrammeNotFound,
        ListNotOffered,
        ListTooLong,
        TooManyLists,
    ),
)
async def request_list(
    request: ListRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    language: LanguageAsked,
    kept: Annotated[timedelta, Depends(days_kept)],
) -> Response:
    purpose, wish = access.purpose, request.of(actor)
    list_ = await ask(session, wish, by=actor, purpose=purpose, language=language, kept=kept)
    reading = await reading_in(session)
    body = await lists.document(
        reading, list_.id, within=actor.region, seen_by=actor, language=language
    )
    return accepted(ask_again(answer_versioned(body)), f"{PATH}/{list_.id}")


@router.get("", response_model=ListPage, responses=refuses(OutsideYourRegion))
async def list_lists(
    request: Request,
    actor: CurrentActor,
    reading: ReadingNow,
    after: After,
    region: RegionAsked,
    language: LanguageAsked,
    kind: Annotated[ListKind | None, Query()] = None,
    state: Annotated[ListState | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    """The lists that you have asked for, in pages."""
    asked = Asked(after, limit, {"kind = {}": kind, "state = {}": state})
    body = await lists.list_page(reading, asked, within=region, seen_by=actor, language=language)
    return answer_page(request, body)


@router.get("/{list_id}", response_model=ListView, responses=refuses(ListNotFound))
async def read_list(
    list_id: UUID, actor: CurrentActor, reading: ReadingNow, language: LanguageAsked
) -> Response:
    """A list of yours, and whether its file is there."""
    body = await lists.document(
        reading, list_id, within=actor.region, seen_by=actor, language=language
    )
    return answer_versioned(body)


def _content(made: Made) -> Content:
    plain = f"{made.kind}-{made.list_id}.{made.format}"
    named = f"{CALLED[made.kind]} {made.region}.{made.format}"
    return Content(made.sha256, made.size, MEDIA[made.format], plain, named)


CALLED = {ListKind.NAMED_LIST: "BNBA", ListKind.RECAPITULATION: "Rekapitulasi"}


@router.get(
    "/{list_id}/file",
    response_class=Response,
    responses={**a_file_of(MEDIA.values()), **refuses(ListNotFound, ListNotMade, ContentMissing)},
)
async def read_list_file(
    request: Request,
    list_id: UUID,
    actor: CurrentActor,
    reading: ReadingNow,
    _: RangeAsked = None,
    __: Known = None,
) -> Response:
    """The file of a list of yours. Who stands in it was noted as read when it was made."""
    made = await lists.made(reading, list_id, within=actor.region, by=actor)
    return await answer_content(request, _content(made), place_of(storage_of(request), list_id))
