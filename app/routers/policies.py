"""What regencies decide about the road of their proposals: `/v1/policies`."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field, StrictBool

from app.commands.policies import put
from app.db import policies
from app.db.audit import MovedMeanwhile, expect
from app.db.policies import RegencyNotFound
from app.db.sessions import reading_in
from app.domain.errors import Outdated
from app.domain.workflow import RoleMayNot
from app.routers.access import (
    CurrentActor,
    IfMatch,
    ReadingNow,
    Transaction,
    WritingRoute,
    answer_versioned,
)
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Shape

router = APIRouter(prefix="/v1/policies", tags=["policies"], route_class=WritingRoute)

RegencyCode = Annotated[
    str, Path(pattern="^[1-9][0-9]{3}$", description="Kemendagri code", examples=["3672"])
]


class PolicyChange(Shape):
    district_checks: StrictBool = Field(
        description="Whether the district checks proposals, or they go to the regency at once."
    )


class PolicyView(BaseModel):
    version: int = Field(description="0: the regency has decided nothing yet.")
    regency_code: str
    district_checks: bool
    updated_at: datetime | None


@router.get("/{regency_code}", response_model=PolicyView, responses=refuses(RegencyNotFound))
async def read_policy(regency_code: RegencyCode, _: CurrentActor, reading: ReadingNow) -> Response:
    """The policy of a regency. These are public rules: everybody reads every regency's."""
    return answer_versioned(await policies.document(reading, regency_code))


@router.put(
    "/{regency_code}",
    response_model=PolicyView,
    responses=refuses(RegencyNotFound, RoleMayNot, MovedMeanwhile, Outdated, VersionNotNamed),
)
async def set_policy(
    regency_code: RegencyCode,
    change: PolicyChange,
    actor: CurrentActor,
    session: Transaction,
    version: IfMatch,
) -> Response:
    """Decide for your regency. What is on its way already takes the new road from its next step."""
    policy = await policies.find(session, regency_code, within=actor.region)
    await expect(session, policy, version)
    await put(session, policy, district_checks=change.district_checks, by=actor)
    return answer_versioned(await policies.document(await reading_in(session), regency_code))
