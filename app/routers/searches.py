"""Finding people: `POST /v1/members/search`, `POST /v1/households/search`.

A search is a POST, because a NIK in an address would stand in every log. It changes nothing.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Discriminator, Field, StringConstraints, Tag

from app.db import searches
from app.db.regions import RegionNotFound
from app.domain.households import RecordState
from app.domain.regions import Region
from app.domain.searches import Match, Question, RegionTooWide, SearchesNobody
from app.domain.sight import ReadsNobody, Shown, sight_of_people
from app.routers.access import (
    CurrentActor,
    People,
    answer_json,
)
from app.routers.problems import NoSuchMethod, language_of, problem_response, refuses
from app.routers.shapes import CardNumber, Day, Line, NikText, Shape, ShortLine

router = APIRouter()

RegionCode = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]([0-9]{2}([0-9]{2}([0-9]{4})?)?)?$", strict=True),
    Field(
        description="Look only there: a province, regency, district or village of your region.",
        examples=["3672"],
    ),
]


class Search(Shape):
    limit: int = Field(default=20, ge=1, le=50, strict=True, description="How many at most.")


class ByNik(Search):
    nik: NikText

    def question(self) -> Question:
        return Question(Match.NIK, self.nik)


class ByDtksId(Search):
    dtks_id: ShortLine = Field(
        description="Of a member (A...) or of a household (R...).", examples=["A0000000639P"]
    )

    def question(self) -> Question:
        return Question(Match.DTKS_ID, self.dtks_id)


class ByCardNumber(Search):
    card_number: CardNumber

    def question(self) -> Question:
        return Question(Match.CARD_NUMBER, self.card_number)


class ByName(Search):
    name: Line = Field(
        description="One word or several, in any order; all of them are in the name. It need not "
        "be spelt as it was entered, and titles do not matter.",
        examples=["Siti Aminah"],
    )
    birth_date: Day | None = Field(default=None, examples=["1984-05-19"])
    region_code: RegionCode | None = None

    def question(self) -> Question:
        region = None if self.region_code is None else Region(self.region_code)
        return Question(Match.NAME, self.name, self.birth_date, region)


def _asked_by(body: object) -> str | None:
    """Which question it is: told by the one thing that only it asks."""
    if isinstance(body, Mapping):
        return next((key for key in QUESTIONS if key in body), None)
    return next((key for key in QUESTIONS if hasattr(body, key)), None)


QUESTIONS = ("nik", "dtks_id", "card_number", "name")
SearchRequest = Annotated[
    Annotated[ByNik, Tag("nik")]
    | Annotated[ByDtksId, Tag("dtks_id")]
    | Annotated[ByCardNumber, Tag("card_number")]
    | Annotated[ByName, Tag("name")],
    Discriminator(_asked_by),
]


class MemberHit(BaseModel):
    id: UUID
    household_id: UUID
    village_code: str
    village_name: str
    name: str
    nik: str | None = Field(description="Masked, as in every list.")
    birth_date: date | None
    sex: int | None
    state: RecordState
    dtks_id: str | None
    head_name: str | None = Field(description="Who heads the household.")
    matched_by: Match


class MemberHits(BaseModel):
    more: bool = Field(description="Whether there are more: say more of whom you look for.")
    items: list[MemberHit] = Field(
        description="By name: the fewest other words first, then the nearest spelling."
    )


class Matched(BaseModel):
    """The member by whom the household was found."""

    id: UUID
    name: str
    nik: str | None = Field(description="Masked, as in every list.")
    birth_date: date | None
    state: RecordState


class HouseholdHit(BaseModel):
    id: UUID
    village_code: str
    village_name: str
    address: str | None
    rt: str | None
    rw: str | None
    state: RecordState
    dtks_id: str | None
    head_name: str | None
    member_count: int
    matched: Matched | None = Field(description="None where the household has nobody in it.")
    matched_by: Match


class HouseholdHits(BaseModel):
    more: bool = Field(description="Whether there are more: say more of whom you look for.")
    items: list[HouseholdHit]


async def may_search(request: Request) -> None:
    actor = request.state.actor
    if sight_of_people(actor).identity is not Shown.CLEAR:
        raise SearchesNobody(role=actor.role)


ANY_OTHER = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


@router.api_route("/v1/members/search", methods=ANY_OTHER, include_in_schema=False)
@router.api_route("/v1/households/search", methods=ANY_OTHER, include_in_schema=False)
async def search_by_post(request: Request) -> Response:
    """Else `search` would be taken for an id, and found to be none."""
    response = problem_response(NoSuchMethod(), language=language_of(request.scope))
    response.headers["Allow"] = "POST"
    return response


REFUSALS = refuses(RegionNotFound, ReadsNobody, SearchesNobody, RegionTooWide)


@router.post(
    "/v1/members/search",
    tags=["members"],
    response_model=MemberHits,
    responses=REFUSALS,
    dependencies=[Depends(may_search)],
)
async def search_members(search: SearchRequest, actor: CurrentActor, reading: People) -> Response:
    """Members of your region by NIK, DTKS id, family card or name. Inactive ones are found too."""
    return answer_json(
        await searches.members(reading, search.question(), within=actor.region, limit=search.limit)
    )


@router.post(
    "/v1/households/search",
    tags=["households"],
    response_model=HouseholdHits,
    responses=REFUSALS,
    dependencies=[Depends(may_search)],
)
async def search_households(
    search: SearchRequest, actor: CurrentActor, reading: People
) -> Response:
    """The households of those whom the same question finds."""
    return answer_json(
        await searches.households(
            reading, search.question(), within=actor.region, limit=search.limit
        )
    )
