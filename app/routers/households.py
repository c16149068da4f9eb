"""Households (rumah tangga), with their families and members: `/v1/households`."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.commands.households import (
    amend_household,
    enter_family,
    enter_household,
    enter_member,
    move_record,
    open_to_families,
    open_to_members,
)
from app.db import families, households, regions
from app.db.access import people_in
from app.db.faults import (
    FamilyNumberTaken,
    IdTaken,
    TwoFamilyHeads,
    TwoHouseholdHeads,
)
from app.db.households import HouseholdNotFound
from app.db.pages import Asked
from app.db.regions import VillageNotFound
from app.db.tables.base import new_id
from app.domain.diagrams import as_markdown
from app.domain.facts import OnItsWay, StillProposed
from app.domain.households import HOUSEHOLDS, RecordAction, RecordState
from app.domain.marks import NotMarked
from app.domain.proposals import ProposalKind, ProposalState
from app.domain.sight import ReadsNobody
from app.domain.workflow import ActionNotOpen, Ground, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    CurrentSight,
    IfMatch,
    Known,
    Limit,
    People,
    PeopleInOrder,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.families import FamilyDraft, FamilyView, answer_family
from app.routers.grounds import CHANGES, STEPS, MarkView, RecordStepRequest
from app.routers.members import MemberDraft, MemberView, PersonDraft, answer_member
from app.routers.problems import refuses
from app.routers.recipients import RecipientView
from app.routers.shapes import (
    Line,
    Location,
    Neighbourhood,
    NewId,
    Shape,
    VillageCode,
    each_its_own,
)
from app.routers.sheets import SheetView

router = APIRouter(prefix="/v1/households", tags=["households"], route_class=WritingRoute)


class LocationView(BaseModel):
    latitude: float
    longitude: float


class HouseholdFields(Shape):
    """A draft may be incomplete; what is missing is asked for when it is proposed."""

    address: Line | None = Field(default=None, examples=["Jl. Sunan Demak No. 12"])
    rt: Neighbourhood | None = None
    rw: Neighbourhood | None = None
    location: Location | None = None

    def columns(self) -> dict[str, Any]:
        """What was sent, as columns; what was not sent is not there."""
        sent = self.model_dump(include={"address", "rt", "rw"}, exclude_unset=True)
        if "location" in self.model_fields_set:
            point = self.location
            sent["latitude"] = point.latitude if point else None
            sent["longitude"] = point.longitude if point else None
        return sent


class FamilyWithMembers(FamilyDraft):
    members: Annotated[list[PersonDraft], AfterValidator(each_its_own)] = Field(
        default=[], max_length=30
    )


EXAMPLE: JsonDict = {
    "id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
    "village_code": "3672011001",
    "address": "Jl. Sunan Demak No. 12",
    "rt": "004",
    "rw": "02",
    "location": {"latitude": -6.0186, "longitude": 106.0558},
    "families": [
        {
            "number": 1,
            "card_number": "3672010101200007",
            "members": [
                {
                    "number": 1,
                    "name": "Siti Aminah",
                    "nik": "3672015905840001",
                    "sex": 2,
                    "birth_place": "Cilegon",
                    "birth_date": "1984-05-19",
                    "mother_name": "Rohmah",
                    "relation_to_household_head": 1,
                    "relation_to_family_head": 1,
                    "marital_status": 4,
                }
            ],
        }
    ],
}


class HouseholdDraft(HouseholdFields):
    """A household, with its families and members if they are known: in one request."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: NewId = Field(default_factory=new_id, description="Chosen by you if you like (offline).")
    village_code: VillageCode
    families: Annotated[list[FamilyWithMembers], AfterValidator(each_its_own)] = Field(
        default=[], max_length=10
    )


class OpenRecordAction(BaseModel):
    action: RecordAction
    needs: list[Ground]
    targets: list[RecordState]


class ProposalRef(BaseModel):
    id: UUID
    kind: ProposalKind
    state: ProposalState
    family_id: UUID | None
    member_id: UUID | None


class HouseholdView(BaseModel):
    version: int
    id: UUID
    village_code: str
    village_name: str
    address: str | None
    rt: str | None
    rw: str | None
    location: LocationView | None
    state: RecordState
    inactive_reason: str | None = Field(description="A code of `/v1/reasons`.")
    inactive_on: date | None
    dtks_id: str | None
    families: list[FamilyView]
    members: list[MemberView]
    proposal: ProposalRef | None = Field(description="The newest proposal about it.")
    open_proposals: list[ProposalRef] = Field(description="Those that have not ended.")
    recipients: list[RecipientView] | None = Field(
        description="What its families and members receive, and did; null: not for your role."
    )
    marks: list[MarkView] | None = Field(
        description="What its returned proposal is to be mended in, by pointers into its content."
    )
    survey: SheetView | None = Field(description="The current one: the newest that is finished.")
    survey_draft_id: UUID | None = Field(description="The survey that is being filled in.")
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenRecordAction] = Field(description="What you may do with it now.")


class HouseholdLine(BaseModel):
    version: int
    id: UUID
    village_code: str
    address: str | None
    rt: str | None
    rw: str | None
    state: RecordState
    dtks_id: str | None
    head_name: str | None
    member_count: int
    updated_at: datetime


class HouseholdPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[HouseholdLine]


async def answer_household(session: Transaction, access: AccessNow, household_id: UUID) -> Response:
    """The household as it is after the change, as its reader would get it."""
    actor = access.actor
    body = await households.document(
        await people_in(session, access), household_id, within=actor.region, seen_by=actor
    )
    return answer_versioned(body)


@router.post(
    "",
    status_code=201,
    response_model=HouseholdView,
    responses=refuses(
        VillageNotFound,
        RoleMayNot,
        IdTaken,
        FamilyNumberTaken,
        TwoHouseholdHeads,
        TwoFamilyHeads,
    ),
)
async def draft_household(
    draft: HouseholdDraft,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    known: Known,
) -> Response:
    """Enter a household of your village as a draft, with whatever is known of it."""
    village = await regions.find_village(session, draft.village_code, within=actor.region)
    values = {"id": draft.id, "scope_code": village.first, **draft.columns()}
    household = await enter_household(session, values, by=actor)
    for family_draft in draft.families:
        values = family_draft.columns()
        family = await enter_family(session, household, values, by=actor)
        for member in family_draft.members:
            values = {**member.columns(), "family_id": family.id}
            await enter_member(session, household, values, by=actor, known=known)
    response = await answer_household(session, access, household.id)
    return created(response, f"/v1/households/{household.id}")


@router.get("", response_model=HouseholdPage, responses=refuses(ReadsNobody))
async def list_households(
    request: Request,
    actor: CurrentActor,
    sight: CurrentSight,
    reading: PeopleInOrder,
    after: After,
    state: Annotated[RecordState | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    """The households of your region, in pages. Numbers are masked in lists."""
    asked = Asked(after, limit, {"state = {}": state})
    body = await households.list_page(reading, asked, within=actor.region, sight=sight)
    return answer_page(request, body)


@router.get(
    "/{household_id}",
    response_model=HouseholdView,
    responses=refuses(HouseholdNotFound, ReadsNobody),
)
async def read_household(household_id: UUID, actor: CurrentActor, reading: People) -> Response:
    """A household with its families and members, as your role sees them."""
    body = await households.document(
        reading,
        household_id,
        within=actor.region,
        seen_by=actor,
    )
    return answer_versioned(body)


@router.patch(
    "/{household_id}",
    response_model=HouseholdView,
    responses=refuses(HouseholdNotFound, *CHANGES),
)
async def change_household(
    household_id: UUID,
    fields: HouseholdFields,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    """Change the fields you send; null empties one. Who came first is never overwritten."""
    household = await households.find(session, household_id, within=actor.region)
    await amend_household(session, household, fields.columns(), by=actor, version=version)
    return await answer_household(session, access, household_id)


@router.post(
    "/{household_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Take a draft out, or bring it back. Nothing is deleted.\n\n"
    + as_markdown(HOUSEHOLDS),
    responses=refuses(HouseholdNotFound, *STEPS, StillProposed),
)
async def take_household_step(
    household_id: UUID,
    request: RecordStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    household = await households.find(session, household_id, within=actor.region)
    entry = await move_record(
        session,
        HOUSEHOLDS,
        household,
        request.action,
        by=actor,
        version=version,
        grounds=request.grounds.given(),
    )
    return await answer_step(session, access, entry)


@router.post(
    "/{household_id}/families",
    status_code=201,
    tags=["families"],
    response_model=FamilyView,
    responses=refuses(
        HouseholdNotFound,
        RoleMayNot,
        ActionNotOpen,
        OnItsWay,
        NotMarked,
        IdTaken,
        FamilyNumberTaken,
    ),
)
async def draft_family(
    household_id: UUID,
    draft: FamilyDraft,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
) -> Response:
    """Enter a family (KK) of this household."""
    household = await households.find(session, household_id, within=actor.region, hold=True)
    await open_to_families(session, household, by=actor)
    family = await enter_family(session, household, draft.columns(), by=actor)
    response = await answer_family(session, access, family.id)
    return created(response, f"/v1/families/{family.id}")


@router.post(
    "/{household_id}/members",
    status_code=201,
    tags=["members"],
    response_model=MemberView,
    responses=refuses(
        HouseholdNotFound,
        families.FamilyNotFound,
        RoleMayNot,
        ActionNotOpen,
        OnItsWay,
        NotMarked,
        IdTaken,
        TwoHouseholdHeads,
        TwoFamilyHeads,
    ),
)
async def draft_member(
    household_id: UUID,
    draft: MemberDraft,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    known: Known,
) -> Response:
    """Enter a member of this household. A NIK that cannot be right is kept, and marked.

    In a household that is registered he stays a draft, until a proposal of a new member is
    determined.
    """
    household = await households.find(session, household_id, within=actor.region, hold=True)
    await open_to_members(session, household, by=actor)
    member = await enter_member(session, household, draft.columns(), by=actor, known=known)
    response = await answer_member(session, access, member.id)
    return created(response, f"/v1/members/{member.id}")
