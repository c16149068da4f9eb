"""What regencies decide about the road of their proposals: `/v1/policies`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field, StrictBool, StrictInt

from app.commands.policies import put
from app.db import policies
from app.db.audit import MovedMeanwhile, expect
from app.db.policies import PolicyVersionNotFound, RegencyNotFound
from app.db.sessions import reading_in
from app.domain.errors import Outdated
from app.domain.proposals import ProposalKind
from app.domain.regions import OutsideYourRegion
from app.domain.window_rules import WindowsNotAccepted
from app.domain.workflow import RoleMayNot
from app.routers.access import (
    AfterNumber,
    CurrentActor,
    IfMatch,
    Limit,
    ReadingNow,
    Transaction,
    WritingRoute,
    answer_json,
    answer_page,
    answer_versioned,
)
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Shape
from app.routers.windows import WindowSet, WindowShape

router = APIRouter(prefix="/v1/policies", tags=["policies"], route_class=WritingRoute)

RegencyCode = Annotated[
    str, Path(pattern="^[1-9][0-9]{3}$", description="Kemendagri code", examples=["3672"])
]


MOST_WINDOWS = 100
NUMBERS_END = 2**31 - 1
Quorum = Annotated[StrictInt, Field(ge=0, le=1_000)]
Version = Annotated[int, Path(ge=1, le=NUMBERS_END)]


class PolicyChange(Shape):
    """What is left out stays as it is."""

    district_checks: StrictBool = Field(
        description="Whether the district checks proposals, or they go to the regency at once."
    )
    quorum: Quorum = Field(
        default=0, description="How many have to attend a deliberation; 0: no quorum."
    )
    statement_kinds: list[ProposalKind] = Field(
        default=[],
        max_length=len(ProposalKind),
        description="Kinds for which a signed statement (SPTJM) may replace the deliberation.",
    )

    windows: list[WindowShape] = Field(
        default=[],
        max_length=MOST_WINDOWS,
        description="When whose work is open here; inside what the ministry sets, `/v1/windows`.",
    )

    def decided(self) -> dict[str, object]:
        sent = self.model_dump(mode="json")
        return {name: sent[name] for name in self.model_fields_set}


class Decided(BaseModel):
    version: int
    regency_code: str
    district_checks: bool
    quorum: int = Field(description="How many have to attend a deliberation; 0: no quorum.")
    statement_kinds: list[ProposalKind]
    windows: list[WindowSet]


class PolicyView(Decided):
    version: int = Field(description="0: the regency has decided nothing yet.")
    updated_at: datetime | None


class PolicyVersionView(Decided):
    """What had been decided; proposals that began then keep to it."""

    decided_by: UUID | None = Field(description="null: before versions were kept.")
    decided_at: datetime


class PolicyVersionPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[PolicyVersionView]


@router.get("/{regency_code}", response_model=PolicyView, responses=refuses(RegencyNotFound))
async def read_policy(regency_code: RegencyCode, _: CurrentActor, reading: ReadingNow) -> Response:
    """The policy of a regency. These are public rules: everybody reads every regency's."""
    return answer_versioned(await policies.document(reading, regency_code))


@router.get(
    "/{regency_code}/versions",
    response_model=PolicyVersionPage,
    responses=refuses(RegencyNotFound),
)
async def list_policy_versions(
    request: Request,
    regency_code: RegencyCode,
    _: CurrentActor,
    reading: ReadingNow,
    after: AfterNumber,
    limit: Limit = 50,
) -> Response:
    """Everything a regency has decided so far, in order."""
    body = await policies.list_versions(reading, regency_code, after, limit)
    return answer_page(request, body)


@router.get(
    "/{regency_code}/versions/{version}",
    response_model=PolicyVersionView,
    responses=refuses(PolicyVersionNotFound),
)
async def read_policy_version(
    regency_code: RegencyCode, version: Version, _: CurrentActor, reading: ReadingNow
) -> Response:
    """What a regency had decided as of that version."""
    return answer_json(await policies.version_document(reading, regency_code, version))


@router.put(
    "/{regency_code}",
    response_model=PolicyView,
    responses=refuses(
        RegencyNotFound,
        RoleMayNot,
        MovedMeanwhile,
        Outdated,
        VersionNotNamed,
        WindowsNotAccepted,
        OutsideYourRegion,
    ),
)
async def set_policy(
    regency_code: RegencyCode,
    change: PolicyChange,
    actor: CurrentActor,
    session: Transaction,
    version: IfMatch,
) -> Response:
    """Decide for your regency. What is on its way keeps to the version it began with.

    What changed between two versions is in the audit of the policy (`/v1/audit`).
    """
    policy = await policies.find(session, regency_code, within=actor.region)
    await expect(session, policy, version)
    await put(session, policy, change.decided(), by=actor)
    return answer_versioned(await policies.document(await reading_in(session), regency_code))
