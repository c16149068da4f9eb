"""Letters (surat keterangan DTKS): `/v1/letters`."""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.commands.letters import issue, revoke
from app.db import letters
from app.db.access import BEGIN, PeopleReading, people_in
from app.db.audit import MovedMeanwhile
from app.db.members import MemberNotFound
from app.db.pages import Asked
from app.domain.actors import Role
from app.domain.diagrams import as_markdown
from app.domain.errors import Outdated
from app.domain.letters import (
    LETTERS,
    DecileAboveLimit,
    LetterAction,
    LetterInForce,
    LetterNotFound,
    LetterNotYours,
    LetterState,
    NotOnRecord,
    PurposeNotKnown,
    PurposeNotSaid,
    printed_by,
)
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody
from app.domain.workflow import ActionNotOpen, Ground, GroundsMissing, GroundsNotAsked, RoleMayNot
from app.exchange.letters import print_letter
from app.exchange.printing import NotPrinted
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    CurrentSight,
    IfMatch,
    Limit,
    People,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
    database_of,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.grounds import Grounds
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Line, Shape, ShortLine

PATH = "/v1/letters"
router = APIRouter(prefix=PATH, tags=["letters"], route_class=WritingRoute)
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


class LetterRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "member_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
                    "purpose": "school_admission",
                }
            ]
        }
    )

    member_id: UUID
    purpose: ShortLine = Field(
        description="A code of the group `purposes` in `/v1/labels`.", examples=["school_admission"]
    )
    note: Line | None = Field(
        default=None, description="It is printed beside the purpose; `other` needs one."
    )


class LetterStepRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"action": "revoke", "grounds": {"note": "Salah keperluan."}}]
        }
    )

    action: Literal[LetterAction.REVOKE]
    grounds: Grounds = Grounds()


class OpenLetterAction(BaseModel):
    action: LetterAction
    needs: list[Ground]
    targets: list[LetterState]


class LetterView(BaseModel):
    version: int
    id: UUID
    number: str
    purpose: str
    note: str | None
    member_id: UUID
    name: str | None
    dtks_id: str
    village_code: str
    issued_by: UUID
    issued_as: Role
    issuer_region_code: str
    issued_on: date
    valid_until: date = Field(description="That day is wholly inside.")
    state: LetterState
    open_actions: list[OpenLetterAction] = Field(description="What you may do with it now.")
    created_at: datetime
    updated_at: datetime


class LetterPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[LetterView]


@router.post(
    "",
    status_code=201,
    response_model=LetterView,
    responses=refuses(
        RoleMayNot,
        MemberNotFound,
        NotOnRecord,
        LetterInForce,
        DecileAboveLimit,
        PurposeNotKnown,
        PurposeNotSaid,
    ),
)
async def issue_letter(
    request: LetterRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    sight: CurrentSight,
) -> Response:
    """Issue a letter that somebody is registered. There is one valid letter for a person and a
    purpose; it says what is on record now, and says so for as long as it is kept."""
    letter = await issue(session, request.member_id, request.purpose, request.note, by=actor)
    reading = await people_in(session, access)
    body = await letters.document(
        reading, letter.id, within=actor.region, seen_by=actor, sight=sight
    )
    return created(answer_versioned(body), f"{PATH}/{letter.id}")


@router.get("", response_model=LetterPage, responses=refuses(OutsideYourRegion, ReadsNobody))
async def list_letters(
    request: Request,
    actor: CurrentActor,
    reading: People,
    sight: CurrentSight,
    after: After,
    region: RegionAsked,
    member_id: Annotated[UUID | None, Query(description="Only those about this person.")] = None,
    purpose: Annotated[str | None, Query(max_length=60)] = None,
    limit: Limit = 50,
) -> Response:
    """The letters of your region, in pages."""
    asked = Asked(after, limit, {"member_id = {}": member_id, "purpose = {}": purpose})
    body = await letters.list_page(reading, asked, within=region, seen_by=actor, sight=sight)
    return answer_page(request, body)


@router.get(
    "/{letter_id}", response_model=LetterView, responses=refuses(LetterNotFound, ReadsNobody)
)
async def read_letter(
    letter_id: UUID, actor: CurrentActor, reading: People, sight: CurrentSight
) -> Response:
    """A letter, and whether it is valid."""
    body = await letters.document(
        reading, letter_id, within=actor.region, seen_by=actor, sight=sight
    )
    return answer_versioned(body)


@router.post(
    "/{letter_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Revoke a letter: whoever checks it is told so from that moment on.\n\n"
    + as_markdown(LETTERS),
    responses=refuses(
        LetterNotFound,
        RoleMayNot,
        ActionNotOpen,
        MovedMeanwhile,
        Outdated,
        VersionNotNamed,
        GroundsMissing,
        GroundsNotAsked,
    ),
)
async def take_letter_step(
    letter_id: UUID,
    request: LetterStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    grounds = request.grounds.given()
    entry = await revoke(session, letter_id, by=actor, version=version, grounds=grounds)
    return await answer_step(session, access, entry)


async def paper_told(request: Request, letter_id: UUID, access: AccessNow) -> str:
    """What is to be printed; the connection is given back before the printing begins."""
    printed_by(access.actor)
    within = access.actor.region
    async with database_of(request).connection(within, begin=BEGIN) as connection:
        return await letters.paper(PeopleReading(connection, access), letter_id, within=within)


@router.get(
    "/{letter_id}/file",
    response_class=Response,
    responses={**PDF, **refuses(LetterNotFound, LetterNotYours, NotPrinted)},
)
async def print_letter_file(
    request: Request, letter_id: UUID, told: Annotated[str, Depends(paper_told)]
) -> Response:
    """The letter as PDF/A, to be signed, with a QR code by which anybody can check it. One that is
    no longer valid is stamped."""
    name = f"surat-keterangan-{json.loads(told)['issued_on']}-{letter_id}.pdf"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    pdf = await print_letter(told, request.app.state.settings.public_address)
    return Response(pdf, media_type="application/pdf", headers=headers)
