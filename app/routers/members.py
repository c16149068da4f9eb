"""Members of households (anggota rumah tangga): `/v1/members`."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.commands.households import amend_member, move_record
from app.db import members
from app.db.access import people_in
from app.db.families import FamilyNotFound
from app.db.faults import TwoFamilyHeads, TwoHouseholdHeads
from app.db.members import MemberNotFound
from app.db.tables.base import new_id
from app.domain.diagrams import as_markdown
from app.domain.households import MEMBERS, RecordState
from app.domain.niks import NikVerdict
from app.domain.sight import ReadsNobody, sight_of
from app.routers.access import (
    AccessNow,
    CurrentActor,
    CurrentSight,
    IfMatch,
    Known,
    People,
    Transaction,
    WritingRoute,
    answer_versioned,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.grounds import CHANGES, STEPS, RecordStepRequest
from app.routers.problems import refuses
from app.routers.shapes import Day, Line, MaritalStatus, NewId, NikText, Relation, SexCode, Shape

router = APIRouter(prefix="/v1/members", tags=["members"], route_class=WritingRoute)


class PersonFields(Shape):
    """Columns 1 to 8 of the form's block IV. A draft may be incomplete."""

    number: int | None = Field(default=None, ge=1, le=99, strict=True, examples=[1])
    name: Line = Field(description="As on the identity card.", examples=["Siti Aminah"])
    nik: NikText | None = None
    sex: SexCode | None = None
    birth_place: Line | None = Field(default=None, examples=["Cilegon"])
    birth_date: Day | None = Field(default=None, examples=["1984-05-19"])
    mother_name: Line | None = Field(default=None, examples=["Rohmah"])
    relation_to_household_head: Relation | None = None
    relation_to_family_head: Relation | None = None
    marital_status: MaritalStatus | None = None

    def columns(self) -> dict[str, Any]:
        """What was sent; what was not sent is not there."""
        return self.model_dump(exclude_unset=True)


class PersonDraft(PersonFields):
    """A member within his family, which need not be named."""

    id: NewId = Field(default_factory=new_id, description="Chosen by you if you like (offline).")

    def columns(self) -> dict[str, Any]:
        return self.model_dump()


class OfFamily(Shape):
    family_id: UUID | None = Field(default=None, description="A family of the same household.")


class MemberDraft(PersonDraft, OfFamily):
    pass


class MemberChanges(PersonFields, OfFamily):
    name: Line = Field(default="", examples=["Siti Aminah"])


class NikCheckView(BaseModel):
    verdict: NikVerdict
    codes: list[str] = Field(description="The rules it breaks: see the glossary of NIK checks.")


class MemberView(BaseModel):
    version: int
    id: UUID
    household_id: UUID
    family_id: UUID | None
    number: int | None
    name: str | None
    nik: str | None
    nik_check: NikCheckView | None = Field(description="None where you do not read NIKs.")
    mother_name: str | None
    sex: int | None
    birth_place: str | None
    birth_date: date | None
    relation_to_household_head: int | None
    relation_to_family_head: int | None
    marital_status: int | None
    state: RecordState
    inactive_reason: str | None = Field(description="A code of `/v1/reasons`.")
    inactive_on: date | None
    dtks_id: str | None
    updated_at: datetime


@router.get(
    "/{member_id}", response_model=MemberView, responses=refuses(MemberNotFound, ReadsNobody)
)
async def read_member(
    member_id: UUID, actor: CurrentActor, sight: CurrentSight, reading: People
) -> Response:
    """A member, as your role sees him: NIK in the clear for those who need it."""
    return answer_versioned(
        await members.document_of(reading, member_id, within=actor.region, sight=sight)
    )


@router.patch(
    "/{member_id}",
    response_model=MemberView,
    responses=refuses(MemberNotFound, FamilyNotFound, *CHANGES, TwoHouseholdHeads, TwoFamilyHeads),
)
async def change_member(
    member_id: UUID,
    fields: MemberChanges,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
    known: Known,
) -> Response:
    """Change the fields you send; null empties one. The NIK is checked anew."""
    member = await members.find(session, member_id, within=actor.region)
    await amend_member(session, member, fields.columns(), by=actor, version=version, known=known)
    return await answer_member(session, access, member_id)


@router.post(
    "/{member_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Take a member out of a draft, or bring him back. Nothing is deleted.\n\n"
    + as_markdown(MEMBERS),
    responses=refuses(MemberNotFound, *STEPS, TwoHouseholdHeads, TwoFamilyHeads),
)
async def take_member_step(
    member_id: UUID,
    request: RecordStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    member = await members.find(session, member_id, within=actor.region)
    entry = await move_record(
        session,
        MEMBERS,
        member,
        request.action,
        by=actor,
        version=version,
        grounds=request.grounds.given(),
    )
    return await answer_step(session, access, entry)


async def answer_member(session: Transaction, access: AccessNow, member_id: UUID) -> Response:
    """The member as it is after the change, as its reader would get it."""
    actor = access.actor
    body = await members.document_of(
        await people_in(session, access),
        member_id,
        within=actor.region,
        sight=sight_of(actor),
    )
    return answer_versioned(body)
