"""Who read of a person, what for, under which agreement: `/v1/members/{id}/accesses`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.db import accesses
from app.db.accesses import Span
from app.db.members import MemberNotFound
from app.domain.accounts import ADMINS
from app.domain.actors import Role
from app.domain.sight import SIGHT_OF, Purpose, ReadsNobody
from app.routers.access import AuditReading, CurrentActor, Limit, answer_page
from app.routers.auth import RegionNamed
from app.routers.problems import refuses
from app.routers.shapes import Moment

router = APIRouter(tags=["members"])


class AccessView(BaseModel):
    """One request in which somebody read of the person, or one extract in which he left."""

    at: datetime
    account_id: UUID = Field(description="Who read.")
    role: Role
    region: RegionNamed = Field(description="Over which that role was held.")
    agreement: str | None = Field(description="Its number, where a machine read.")
    purpose: Purpose
    operation: str = Field(description="Which, by its `operationId` in this contract.")
    people: int = Field(description="Of how many people and households in all.")
    extract_id: UUID | None


class AccessPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[AccessView]


async def may_answer(actor: CurrentActor) -> None:
    """Officers answer him, and admins look into who read; no agreement is about that."""
    if not SIGHT_OF[actor.role].of_people and actor.role not in ADMINS:
        raise ReadsNobody(role=actor.role)


async def before_number(
    after: Annotated[
        str | None,
        Query(pattern="^[1-9][0-9]{0,17}$", description="The `next` of the page before."),
    ] = None,
) -> int:
    return accesses.LAST if after is None else int(after)


async def span_asked(
    since: Annotated[Moment | None, Query(description="From then on.")] = None,
    until: Annotated[Moment | None, Query(description="Before then.")] = None,
) -> Span:
    return Span(since, until)


@router.get(
    "/v1/members/{member_id}/accesses",
    response_model=AccessPage,
    dependencies=[Depends(may_answer)],
    responses=refuses(MemberNotFound, ReadsNobody),
)
async def list_accesses_of_member(
    request: Request,
    member_id: UUID,
    actor: CurrentActor,
    reading: AuditReading,
    span: Annotated[Span, Depends(span_asked)],
    before: Annotated[int, Depends(before_number)],
    limit: Limit = 50,
) -> Response:
    """Who read of a person or of his household, the newest first: officers of every region, the
    ministry, machines and their extracts. It is his right to be told (UU 27/2022)."""
    body = await accesses.of_member(reading, member_id, span, before, limit, within=actor.region)
    return answer_page(request, body)
