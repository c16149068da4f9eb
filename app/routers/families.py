"""Families (the people of one KK): `/v1/families`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.commands.households import amend_family, move_record
from app.db import families
from app.db.access import people_in
from app.db.families import FamilyNotFound
from app.db.faults import FamilyNumberTaken
from app.db.tables.base import new_id
from app.domain.diagrams import as_markdown
from app.domain.households import FAMILIES, RecordState
from app.domain.sight import ReadsNobody, sight_of
from app.routers.access import (
    AccessNow,
    CurrentActor,
    CurrentSight,
    IfMatch,
    People,
    Transaction,
    WritingRoute,
    answer_versioned,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.grounds import CHANGES, STEPS, RecordStepRequest
from app.routers.problems import refuses
from app.routers.shapes import CardNumber, FamilyNumber, NewId, Shape

router = APIRouter(prefix="/v1/families", tags=["families"], route_class=WritingRoute)


class FamilyFields(Shape):
    number: FamilyNumber = Field(
        default=1, description="Its number in the household (NUK).", examples=[1]
    )
    card_number: CardNumber | None = None

    def columns(self) -> dict[str, Any]:
        """What was sent; what was not sent is not there."""
        return self.model_dump(exclude_unset=True)


class FamilyDraft(FamilyFields):
    id: NewId = Field(default_factory=new_id, description="Chosen by you if you like (offline).")

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
    access: AccessNow,
    version: IfMatch,
) -> Response:
    """Change the fields you send; null empties one."""
    family = await families.find(session, family_id, within=actor.region)
    await amend_family(session, family, fields.columns(), by=actor, version=version)
    return await answer_family(session, access, family_id)


@router.post(
    "/{family_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Take a family out of a draft, or bring it back. Nothing is deleted.\n\n"
    + as_markdown(FAMILIES),
    responses=refuses(FamilyNotFound, *STEPS, FamilyNumberTaken),
)
async def take_family_step(
    family_id: UUID,
    request: RecordStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    family = await families.find(session, family_id, within=actor.region)
    entry = await move_record(
        session,
        FAMILIES,
        family,
        request.action,
        by=actor,
        version=version,
        grounds=request.grounds.given(),
    )
    return await answer_step(session, access, entry)


async def answer_family(session: Transaction, access: AccessNow, family_id: UUID) -> Response:
    """The family as it is after the change, as its reader would get it."""
    actor = access.actor
    body = await families.document_of(
        await people_in(session, access),
        family_id,
        within=actor.region,
        sight=sight_of(actor),
    )
    return answer_versioned(body)
