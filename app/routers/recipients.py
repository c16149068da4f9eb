"""Who was determined for which programme: `/v1/recipients`."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.db import recipients
from app.db.pages import Asked
from app.db.recipients import RecipientNotFound
from app.domain.diagrams import as_markdown
from app.domain.errors import NotPermitted, Said
from app.domain.programmes import Unit, programmes
from app.domain.recipients import RECIPIENTS, RecipientState
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody, Sight
from app.routers.access import (
    After,
    CurrentActor,
    CurrentSight,
    Limit,
    People,
    RegionAsked,
    answer_page,
    answer_versioned,
)
from app.routers.problems import refuses

router = APIRouter(prefix="/v1/recipients", tags=["recipients"])


class ReadsNoProgrammes(NotPermitted):
    """This role does not read who receives what."""

    title = Said(id="Peran ini tidak membaca penerima", en="This role reads no recipients")
    detail = Said(
        id="Peran {role} tidak diberi hak membaca penerima bansos. Mintalah petugas yang berhak.",
        en="The role {role} has no right to read who receives what. Ask an officer whose role has.",
    )


class RecipientView(BaseModel):
    """A family or a person in one programme. Whoever is a candidate is not yet paid."""

    version: int
    id: UUID
    household_id: UUID
    village_code: str
    programme: str
    unit: Unit
    family_id: UUID | None
    member_id: UUID | None
    name: str | None = Field(description="Of the person, or of the head of the family.")
    payee_id: UUID | None = Field(description="Whom a family's aid is paid to (pengurus).")
    payee_name: str | None
    period_from: date = Field(description="The first month with it.")
    period_to: date | None = Field(description="The first month without it.")
    state: RecipientState
    end_reason: str | None = Field(description="A code of `/v1/reasons`.")
    ended_on: date | None = Field(description="The day that the reason took effect.")
    proposal_id: UUID | None = Field(description="By which it came into being.")
    updated_at: datetime


class RecipientPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[RecipientView]


async def programme_sight(actor: CurrentActor, sight: CurrentSight) -> Sight:
    if not sight.programmes:
        raise ReadsNoProgrammes(role=actor.role)
    return sight


ProgrammeSight = Annotated[Sight, Depends(programme_sight)]


@router.get(
    "",
    response_model=RecipientPage,
    description="The recipients of your region, in pages: of one programme, or in one state. "
    "Nobody moves a recipient by hand; proposals that are determined do.\n\n"
    + as_markdown(RECIPIENTS),
    responses=refuses(OutsideYourRegion, ReadsNobody, ReadsNoProgrammes),
)
async def list_recipients(
    request: Request,
    sight: ProgrammeSight,
    reading: People,
    after: After,
    region: RegionAsked,
    programme: Literal[tuple(programmes())] | None = None,  # type: ignore[valid-type]
    state: Annotated[RecipientState | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    asked = Asked(after, limit, {"programme = {}": programme, "state = {}": state})
    body = await recipients.list_page(reading, asked, within=region, sight=sight)
    return answer_page(request, body)


@router.get(
    "/{recipient_id}",
    response_model=RecipientView,
    responses=refuses(RecipientNotFound, ReadsNobody, ReadsNoProgrammes),
)
async def read_recipient(
    recipient_id: UUID, actor: CurrentActor, sight: ProgrammeSight, reading: People
) -> Response:
    """Who has which programme, since when, paid to whom; and why it ended, if it did."""
    body = await recipients.document(reading, recipient_id, within=actor.region, sight=sight)
    return answer_versioned(body)
