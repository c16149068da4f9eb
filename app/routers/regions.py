"""The region tree, from the provinces down to the villages. Everybody signed in may read it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel, Field

from app.db import regions
from app.db.regions import RegionNotFound
from app.domain.region_names import read_name
from app.domain.regions import Region, RegionKind, Tier, TimeZone
from app.routers.access import CurrentActor, Limit, ReadingNow, answer_json
from app.routers.problems import refuses
from app.routers.shapes import clean

router = APIRouter(prefix="/v1/regions", tags=["regions"])

CODE = r"^[0-9]{2,10}$"
RegionCode = Annotated[
    str, Path(pattern=CODE, description="Kemendagri code without dots", examples=["3672"])
]
AfterCode = Annotated[str | None, Query(pattern=CODE, description="`next` of the page before")]


class RegionView(BaseModel):
    """One region under one code, and the days from and until which the code counts."""

    code: str = Field(description="empty for the nation", examples=["3672"])
    tier: Tier
    kind: RegionKind | None = Field(description="none for the nation")
    name: str = Field(examples=["Kota Cilegon"])
    parent_code: str | None = Field(examples=["36"])
    postal_code: str | None = Field(description="of a village, where it is known")
    time_zone: TimeZone | None = Field(description="none for the nation, which has three")
    valid_from: date | None = Field(description="none: from before the records begin")
    valid_to: date | None = Field(description="the first day on which the code no longer counts")
    replaced_by: str | None = Field(description="the code that took its place")


class RegionPage(BaseModel):
    items: list[RegionView]
    next: str | None = Field(description="`after` of the next page; none on the last")


class Provinces(RegionPage):
    own: RegionView = Field(description="the region of whoever asks")


class RegionHit(BaseModel):
    code: str = Field(examples=["3672011001"])
    tier: Tier
    kind: RegionKind
    name: str = Field(examples=["Cibeber"])
    full_name: str = Field(
        description="With the regions around it, because many share a name.",
        examples=["Cibeber, Kec. Cibeber, Kota Cilegon, Banten"],
    )
    postal_code: str | None
    valid_to: date | None = Field(description="the first day on which the code no longer counts")
    replaced_by: str | None = Field(description="the code that took its place")


class RegionHits(BaseModel):
    more: bool = Field(description="whether there are more: say more, or where to look")
    items: list[RegionHit] = Field(description="what is exactly so first, then the wider regions")


SaidName = Annotated[
    str,
    Query(
        min_length=2,
        max_length=100,
        description="As people say it: `bojonegoro`, `kab. bojonegoro`, `kec cibeber`, `ds. "
        "sukamaju`. It need not be spelt right.",
        examples=["kec cibeber"],
    ),
    AfterValidator(clean),
]
Around = Annotated[
    str, Query(pattern=r"^([0-9]{2}){0,3}$|^[0-9]{10}$", description="the region to look in")
]


@router.get("/search", response_model=RegionHits)
async def search_regions(
    name: SaidName,
    reading: ReadingNow,
    tier: Annotated[Tier | None, Query()] = None,
    within: Around = "",
    *,
    retired: Annotated[bool, Query(description="retired codes too")] = False,
    limit: Annotated[int, Query(ge=1, le=50, description="How many at most.")] = 20,
) -> Response:
    """Regions by name, anywhere in the country."""
    return answer_json(
        await regions.named(
            reading,
            read_name(name),
            tier=tier,
            around=Region(within),
            retired=retired,
            limit=limit,
        )
    )


@router.get("", response_model=Provinces, responses=refuses(RegionNotFound))
async def read_provinces(actor: CurrentActor, reading: ReadingNow) -> Response:
    """All provinces, and your own region."""
    return answer_json(await regions.provinces(reading, own=actor.region))


@router.get("/{code}", response_model=RegionView, responses=refuses(RegionNotFound))
async def read_region(code: RegionCode, reading: ReadingNow) -> Response:
    """One region, in use or retired."""
    return answer_json(await regions.find(reading, code))


@router.get("/{code}/children", response_model=RegionPage, responses=refuses(RegionNotFound))
async def list_children(
    code: RegionCode, reading: ReadingNow, limit: Limit = 100, after: AfterCode = None
) -> Response:
    """The regions one tier below that are in use today, by code."""
    return answer_json(await regions.children(reading, code, limit=limit, after=after))


@router.get("/{code}/ancestors", response_model=RegionPage, responses=refuses(RegionNotFound))
async def list_ancestors(code: RegionCode, reading: ReadingNow) -> Response:
    """The regions around it, from its province inwards. There is only one page."""
    return answer_json(await regions.ancestors(reading, code))
