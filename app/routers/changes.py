"""What changes in a region, for whoever keeps a copy of it: `/v1/changes`."""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.commands.changes import Asked, Watch, follow
from app.domain.changes import Change, Cursor, CursorNotOfThisDatabase
from app.domain.errors import Fault, Said
from app.domain.extracts.columns import NEEDED, Resource, ResourceNotGranted, shown
from app.domain.extracts.workflow import EXTRACTS
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody, Sight
from app.domain.workflow import RoleMayNot
from app.routers.access import (
    AccessNow,
    CurrentActor,
    CurrentSight,
    RegionAsked,
    answer_page,
    database_of,
)
from app.routers.problems import SHAPES, Malformed, refuses

router = APIRouter(tags=["extracts"])
PATH = "/v1/changes"
MOST_SECONDS = 25  # that somebody waits
AT_ONCE = 300  # who wait, or are given a page
NOW = "now"
BEGIN_WITH = Said(
    id="Mulailah dengan changes_after dari manifes ekstrak, lalu next dari halaman sebelumnya; "
    "atau now untuk mulai dari saat ini.",
    en="Begin with the changes_after of an extract's manifest, then send the `next` of the page "
    "before; or `now` to begin at this moment.",
)


class ChangeItem(BaseModel):
    resource: Resource
    id: str
    change: Change
    at: datetime = Field(description="When the last of it was written.")
    row: dict[str, Any] | None = Field(
        description="As an extract gives it now; null: it is no longer in one."
    )


class ChangesPage(BaseModel):
    next: str = Field(description="Send it as `after` for what comes then. Keep it with the copy.")
    has_more: bool = Field(description="There is more already.")
    items: list[ChangeItem]


async def place_asked(
    after: Annotated[
        str | None,
        Query(
            max_length=40,
            description="Required: the `next` of the page before, or to begin with the "
            "`changes_after` of an extract's manifest, or `now`.",
        ),
    ] = None,
) -> Cursor | None:
    """None: from now on."""
    place = None if after is None or after == NOW else Cursor.read(after)
    if place is None and after != NOW:
        code = "missing" if after is None else "pattern"
        raise Malformed([Fault("?after", code, BEGIN_WITH)])
    return place


async def resources_asked(
    sight: CurrentSight,
    resources: Annotated[
        str | None,
        Query(
            max_length=100,
            description="Which, with commas between them. Where it is missing: all that you read.",
            examples=["households,members"],
        ),
    ] = None,
) -> Collection[Resource]:
    if resources is None:
        return [each for each in Resource if shown(NEEDED.get(each), sight)]
    named = resources.split(",")
    if not set(named) <= set(Resource):
        raise Malformed([Fault("?resources", "not_a_choice", SHAPES["not_a_choice"])])
    return [Resource(each) for each in named]


async def permitted(actor: CurrentActor, sight: CurrentSight) -> Sight:
    """Whoever may ask for an extract may keep it up to date."""
    EXTRACTS.permit(EXTRACTS.first_action, by=actor)
    return sight


def watch_of(request: Request) -> Watch:
    watch: Watch = request.app.state.watch
    return watch


async def has_gone(request: Request) -> bool:
    return request.app.state.is_leaving() or await request.is_disconnected()


@router.get(
    PATH,
    response_model=ChangesPage,
    responses=refuses(
        RoleMayNot, ReadsNobody, ResourceNotGranted, OutsideYourRegion, CursorNotOfThisDatabase
    ),
)
async def follow_changes(
    request: Request,
    access: AccessNow,
    sight: Annotated[Sight, Depends(permitted)],
    region: RegionAsked,
    after: Annotated[Cursor | None, Depends(place_asked)],
    resources: Annotated[Collection[Resource], Depends(resources_asked)],
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most.")] = 200,
    wait: Annotated[
        int, Query(ge=0, le=MOST_SECONDS, description="Seconds to wait where there is nothing yet.")
    ] = 0,
) -> Response:
    """What was created, changed, removed, or came into your region or left it, since a place.

    Begin with an extract, and apply every page in its order: where `row` is null, delete the row of
    that id, else keep it in place of the one you have. Your copy is then what a new extract gives.
    Each row is told as it is now, so several changes of one may come as one item, and one that is
    told already may come once more. Nothing is left out: what is still being written, and all that
    follows it, is told when it is certain.
    """
    asked = Asked(after, resources, region, sight, limit, wait)
    body = await follow(
        database_of(request),
        watch_of(request),
        asked,
        access=access,
        gone=partial(has_gone, request),
    )
    return answer_page(request, body)
