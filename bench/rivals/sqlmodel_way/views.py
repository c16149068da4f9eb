"""What is asked and answered, field by field as by the service."""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, field_validator

from app.domain.actors import Role
from app.domain.households import RecordState
from app.domain.niks import NikVerdict
from app.domain.proposals import ProposalKind, ProposalState, Verdict
from app.domain.surveys import SurveyState

Hex = Annotated[bytes, PlainSerializer(bytes.hex, return_type=str)]


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class HouseholdLine(View):
    version: int
    id: UUID
    village_code: str
    address: str | None
    rt: str | None
    rw: str | None
    state: RecordState
    dtks_id: str | None
    head_name: str | None = None
    member_count: int = 0
    updated_at: datetime


class HouseholdPage(View):
    items: list[HouseholdLine]


class FamilyView(View):
    version: int
    id: UUID
    household_id: UUID
    number: int
    card_number: str | None
    state: RecordState
    updated_at: datetime


class NikCheckView(View):
    verdict: NikVerdict
    codes: list[str]


class MemberView(View):
    version: int
    id: UUID
    household_id: UUID
    family_id: UUID | None
    number: int | None
    name: str | None
    nik: str | None
    nik_check: NikCheckView | None
    mother_name: str | None
    sex: int | None
    birth_place: str | None
    birth_date: date | None
    relation_to_household_head: int | None
    relation_to_family_head: int | None
    marital_status: int | None
    state: RecordState
    inactive_reason: str | None
    inactive_on: date | None
    dtks_id: str | None
    updated_at: datetime


class ProposalRef(View):
    id: UUID
    kind: ProposalKind
    state: ProposalState
    family_id: UUID | None
    member_id: UUID | None


class RecipientView(View):
    version: int
    id: UUID
    household_id: UUID
    programme: str
    family_id: UUID | None
    member_id: UUID | None
    payee_id: UUID | None
    period_from: date
    period_to: date | None
    state: str
    end_reason: str | None
    ended_on: date | None
    proposal_id: UUID | None
    updated_at: datetime


class SheetView(View):
    version: int
    id: UUID
    household_id: UUID
    village_code: str
    codebook: str
    surveyed_on: date
    enumerator_name: str | None
    outcome: int | None
    member_count: int | None
    family_count: int | None
    state: SurveyState
    finished_at: datetime | None
    updated_at: datetime
    respondent_name: str | None
    checked_on: date | None
    checker_name: str | None
    duplicate_of: str | None
    answers: dict[str, Any] | None
    created_by: UUID
    created_at: datetime


class LocationView(View):
    latitude: float
    longitude: float


class MarkView(View):
    pointer: str
    reason: str
    note: str | None = None


class HouseholdView(View):
    version: int
    id: UUID
    village_code: str
    village_name: str
    address: str | None
    rt: str | None
    rw: str | None
    location: LocationView | None
    state: RecordState
    inactive_reason: str | None
    inactive_on: date | None
    dtks_id: str | None
    families: list[FamilyView]
    members: list[MemberView]
    proposal: ProposalRef | None
    open_proposals: list[ProposalRef]
    recipients: list[RecipientView]
    marks: list[MarkView] | None
    survey: SheetView | None
    survey_draft_id: UUID | None
    created_at: datetime
    updated_at: datetime
    open_actions: list[dict[str, Any]] = []


class Search(BaseModel):
    nik: str | None = Field(default=None, max_length=40)
    name: str | None = Field(default=None, min_length=1, max_length=200)
    limit: int = Field(default=20, ge=1, le=50)


class MemberHit(View):
    id: UUID
    household_id: UUID
    village_code: str
    village_name: str
    name: str
    nik: str | None
    birth_date: date | None
    sex: int | None
    state: RecordState
    dtks_id: str | None
    head_name: str | None
    matched_by: Literal["nik", "name"]


class MemberHits(View):
    more: bool
    items: list[MemberHit]


class ProposalLine(View):
    version: int
    id: UUID
    kind: ProposalKind
    household_id: UUID
    village_code: str
    state: ProposalState
    period: date | None
    urgent: bool
    head_name: str | None = None
    submitted_at: datetime | None
    updated_at: datetime
    responsible_id: UUID
    waiting_since: datetime | None
    waiting_days: int | None
    open_marks: int
    open_actions: list[dict[str, Any]] = []


class ProposalPage(View):
    items: list[ProposalLine]


class StateCount(View):
    state: ProposalState
    count: int
    oldest_waiting_since: datetime | None
    open_to_me: bool


class ProposalCounts(View):
    region_code: str
    region_name: str
    states: list[StateCount]


class DecisionRequest(BaseModel):
    verdict: Verdict


class AuditEntryView(View):
    id: int
    workflow: str
    subject_id: UUID
    seq: int
    region_code: str
    action: str
    source: str | None
    target: str
    version: int
    actor_id: UUID
    actor_role: Role
    actor_region_code: str
    channel: str
    request_id: str
    grounds: dict[str, Any]
    changed: list[str]
    changes: dict[str, Any]
    at: datetime
    prev_hash: Hex
    hash: Hex

    @field_validator("grounds", "changes", mode="before")
    @classmethod
    def read(cls, said: str) -> Any:  # noqa: ANN401
        return json.loads(said)


class PasswordGrant(BaseModel):
    grant_type: Literal["password"]
    username: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=1024)


class RegionNamed(View):
    code: str
    name: str


class TokensView(View):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme, no secret
    expires_in: int
    refresh_token: str
    role: Role
    region: RegionNamed
    assignment_id: UUID
