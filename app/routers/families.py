"""Families (the people of one KK): `/v1/families`."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.commands.households import amend_family, move_record
from app.db import families, households
from app.db.audit import MovedMeanwhile, expect
from app.db.families import FamilyNotFound
from app.db.faults import FamilyNumberTaken
from app.db.sessions import reading_in
from app.db.tables.base import new_id
from app.domain.errors import Outdated
from app.domain.households import FAMILIES, RecordAction, RecordState
from app.domain.sight import SIGHT_OF
from app.domain.workflow import ActionNotOpen, GroundsMissing, OnItsWay, RoleMayNot
from app.routers.access import (
    CurrentActor,
    CurrentSight,
    IfMatch,
    People,
    ReadsNobody,
    Transaction,
    WritingRoute,
    answer_versioned,
)
from app.routers.grounds import Grounds
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import CardNumber, Shape

router = APIRouter(prefix="/v1/families", tags=["families"], route_class=WritingRoute)

FamilyNumber = Annotated[int, Field(ge=1, le=10, strict=True)]
CHANGES = (RoleMayNot, ActionNotOpen, OnItsWay, MovedMeanwhile, Outdated, VersionNotNamed)


class FamilyFields(Shape):
    number: FamilyNumber = Field(
        default=1, description="Its number in the household (NUK).", examples=[1]
    )
    card_number: CardNumber | None = None

    def columns(self) -> dict[str, Any]:
        """What was sent; what was not sent is not there."""
        return self.model_dump(exclude_unset=True)


class FamilyDraft(FamilyFields):
    id: UUID = Field(default_factory=new_id, description="Chosen by you if you like (offline).")

    def columns(self) -> dict[str, Any]:
        return self.model_dump(include={"id", "number", "card_number"})


class FamilyView(BaseModel):
    version: int
    id: UUID
    household_id: UUID
    number: int
    card_number: str | None
    state: RecordState
    updated_at: datetime


class FamilyStepRequest(Shape):
    action: Literal[RecordAction.REMOVE, RecordAction.RESTORE]
    grounds: Grounds = Grounds()


@router.get(
    "/{family_id}", response_model=FamilyView, responses=refuses(FamilyNotFound, ReadsNobody)
)
async def read_family(
    family_id: UUID, actor: CurrentActor, sight: CurrentSight, reading: People
) -> Response:
    """A family of a household, as your role sees it."""
    return answer_versioned(
        await families.document_of(reading, family_id, within=actor.region, sight=sight)
    )


@router.patch(
    "/{family_id}",
    response_model=FamilyView,
    responses=refuses(FamilyNotFound, *CHANGES, FamilyNumberTaken),
)
async def change_family(
    family_id: UUID,
    fields: FamilyFields,
    actor: CurrentActor,
    session: Transaction,
    version: IfMatch,
) -> Response:
    """Change the fields you send; null empties one."""
    family = await families.find(session, family_id, within=actor.region)
    household = await households.find(session, family.household_id, within=actor.region, hold=True)
    await expect(session, family, version)
    await amend_family(session, household, family, fields.columns(), by=actor)
    return await _answer(session, actor, family_id)


@router.post(
    "/{family_id}/steps",
    status_code=201,
    response_model=FamilyView,
    description="Take a family out of a draft, or bring it back. Nothing is deleted.\n\n"
    + FAMILIES.as_markdown(),
    responses=refuses(FamilyNotFound, *CHANGES, GroundsMissing, FamilyNumberTaken),
)
async def take_family_step(
    family_id: UUID,
    request: FamilyStepRequest,
    actor: CurrentActor,
    session: Transaction,
    version: IfMatch,
) -> Response:
    family = await families.find(session, family_id, within=actor.region)
    household = await households.find(session, family.household_id, within=actor.region, hold=True)
    await expect(session, family, version)
    grounds = request.grounds.given()
    await move_record(
        session, FAMILIES, household, family, request.action, by=actor, grounds=grounds
    )
    response = await _answer(session, actor, family_id)
    response.status_code = 201
    return response


async def _answer(session: Transaction, actor: CurrentActor, family_id: UUID) -> Response:
    body = await families.document_of(
        await reading_in(session), family_id, within=actor.region, sight=SIGHT_OF[actor.role]
    )
    return answer_versioned(body)
