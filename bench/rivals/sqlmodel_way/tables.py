"""The same tables, with the columns that are told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, FetchedValue, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Relationship, SQLModel

from bench.rivals.rules import has_ended

MOMENT = DateTime(timezone=True)
FILLED = {"server_default": FetchedValue()}  # by the trigger of the audit


class Region(SQLModel, table=True):
    scope_code: int = Field(primary_key=True, sa_type=BigInteger)
    code: str
    name: str


class Household(SQLModel, table=True):
    id: UUID = Field(primary_key=True)
    scope_code: int = Field(foreign_key="region.scope_code", sa_type=BigInteger)
    address: str | None
    rt: str | None
    rw: str | None
    latitude: float | None
    longitude: float | None
    state: str
    inactive_reason: str | None
    inactive_on: date | None
    dtks_id: str | None
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)

    village: Region = Relationship()
    families: list["Family"] = Relationship(
        sa_relationship_kwargs={
            "primaryjoin": "and_(Household.id == Family.household_id, Family.state != 'inactive')",
            "order_by": "Family.number",
        }
    )
    members: list["Member"] = Relationship(
        sa_relationship_kwargs={
            "primaryjoin": "and_(Household.id == Member.household_id, Member.state != 'inactive')",
            "order_by": "Member.number",
        }
    )
    surveys: list["Survey"] = Relationship(
        sa_relationship_kwargs={"order_by": "Survey.surveyed_on, Survey.finished_at"}
    )
    proposals: list["Proposal"] = Relationship(
        sa_relationship_kwargs={"order_by": "Proposal.created_at, Proposal.id"}
    )
    recipients: list["Recipient"] = Relationship(
        sa_relationship_kwargs={"order_by": "Recipient.period_from, Recipient.id"}
    )

    @property
    def village_code(self) -> str:
        return str(self.scope_code)

    @property
    def village_name(self) -> str:
        return self.village.name

    @property
    def location(self) -> dict[str, float | None] | None:
        if self.latitude is None:
            return None
        return {"latitude": self.latitude, "longitude": self.longitude}

    @property
    def proposal(self) -> "Proposal | None":
        return self.proposals[-1] if self.proposals else None

    @property
    def open_proposals(self) -> list["Proposal"]:
        return [each for each in self.proposals if not has_ended(each.state)]

    @property
    def marks(self) -> list[dict[str, Any]] | None:
        drafted = (p for p in self.proposals if (p.kind, p.state) == ("new_family", "drafted"))
        return next((each.marks for each in drafted), None)

    @property
    def survey(self) -> "Survey | None":
        finished = [each for each in self.surveys if each.state == "finished"]
        return finished[-1] if finished else None

    @property
    def survey_draft_id(self) -> UUID | None:
        return next((each.id for each in self.surveys if each.state == "drafted"), None)


class Family(SQLModel, table=True):
    id: UUID = Field(primary_key=True)
    household_id: UUID = Field(foreign_key="household.id")
    number: int
    card_number: str | None
    state: str
    version: int
    updated_at: datetime = Field(sa_type=MOMENT)


class Member(SQLModel, table=True):
    id: UUID = Field(primary_key=True)
    household_id: UUID = Field(foreign_key="household.id")
    family_id: UUID | None
    scope_code: int = Field(foreign_key="region.scope_code", sa_type=BigInteger)
    number: int | None
    name: str
    nik: str | None
    nik_verdict: str
    nik_codes: list[str] = Field(sa_type=ARRAY(Text))
    sex: int | None
    birth_place: str | None
    birth_date: date | None
    mother_name: str | None
    relation_to_household_head: int | None
    relation_to_family_head: int | None
    marital_status: int | None
    state: str
    inactive_reason: str | None
    inactive_on: date | None
    dtks_id: str | None
    version: int
    updated_at: datetime = Field(sa_type=MOMENT)

    @property
    def nik_check(self) -> dict[str, Any]:
        return {"verdict": self.nik_verdict, "codes": self.nik_codes}

    @property
    def village_code(self) -> str:
        return str(self.scope_code)


class Survey(SQLModel, table=True):
    id: UUID = Field(primary_key=True)
    household_id: UUID = Field(foreign_key="household.id")
    scope_code: int = Field(sa_type=BigInteger)
    codebook: str
    surveyed_on: date
    enumerator_name: str | None
    respondent_name: str | None
    checked_on: date | None
    checker_name: str | None
    outcome: int | None
    duplicate_of: str | None
    answers: dict[str, Any] = Field(sa_type=JSONB)
    state: str
    finished_at: datetime | None = Field(sa_type=MOMENT)
    created_by: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)

    @property
    def village_code(self) -> str:
        return str(self.scope_code)

    @property
    def member_count(self) -> int | None:
        return self.answers.get("counts", {}).get("member_count")

    @property
    def family_count(self) -> int | None:
        return self.answers.get("counts", {}).get("family_count")


class Proposal(SQLModel, table=True):
    id: UUID = Field(primary_key=True)
    kind: str
    household_id: UUID = Field(foreign_key="household.id")
    family_id: UUID | None
    member_id: UUID | None
    scope_code: int = Field(sa_type=BigInteger)
    state: str
    state_since: datetime = Field(sa_type=MOMENT)
    marks: list[dict[str, Any]] | None = Field(sa_type=JSONB)
    created_by: UUID
    taken_over_by: UUID | None = Field(sa_column=Column("responsible_id", Uuid))
    submitted_by: UUID | None
    submitted_at: datetime | None = Field(sa_type=MOMENT)
    urgent: bool
    period: date | None
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)

    @property
    def village_code(self) -> str:
        return str(self.scope_code)

    @property
    def responsible_id(self) -> UUID:
        return self.taken_over_by or self.created_by

    @property
    def waiting_since(self) -> datetime | None:
        return None if has_ended(self.state) else self.state_since

    @property
    def waiting_days(self) -> int | None:
        since = self.waiting_since
        return since and max(0, (datetime.now(UTC) - since) // timedelta(days=1))

    @property
    def open_marks(self) -> int:
        return len(self.marks or ()) if self.state == "drafted" else 0


class Recipient(SQLModel, table=True):
    id: UUID = Field(primary_key=True)
    household_id: UUID = Field(foreign_key="household.id")
    scope_code: int = Field(sa_type=BigInteger)
    family_id: UUID | None
    member_id: UUID | None = Field(foreign_key="member.id")
    payee_id: UUID | None = Field(foreign_key="member.id")
    programme: str
    period_from: date
    period_to: date | None
    proposal_id: UUID | None
    end_reason: str | None
    ended_on: date | None
    state: str
    version: int
    updated_at: datetime = Field(sa_type=MOMENT)


class Account(SQLModel, table=True):
    id: UUID = Field(primary_key=True)
    username: str
    password_hash: str
    state: str
    session_version: int


class Assignment(SQLModel, table=True):
    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    role: str
    region_code: str
    begins_at: datetime = Field(sa_type=MOMENT)
    ends_at: datetime | None = Field(sa_type=MOMENT)


class SignIn(SQLModel, table=True):
    __tablename__ = "sign_in"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID
    assignment_id: UUID
    session_version: int
    started_at: datetime = Field(sa_type=MOMENT)
    ends_at: datetime = Field(sa_type=MOMENT)


class RefreshToken(SQLModel, table=True):
    __tablename__ = "refresh_token"

    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    sign_in_id: UUID = Field(foreign_key="sign_in.id")
    issued_at: datetime = Field(sa_type=MOMENT)
    expires_at: datetime = Field(sa_type=MOMENT)


class AuditEntry(SQLModel, table=True):
    __tablename__ = "audit_entry"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    workflow: str
    subject_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    action: str
    source: str
    target: str
    version: int
    actor_id: UUID
    actor_role: str
    actor_region_code: str
    channel: str
    request_id: str
    grounds: str
    changes: str
    seq: int | None = Field(default=None, sa_column_kwargs=FILLED)
    at: datetime | None = Field(default=None, sa_type=MOMENT, sa_column_kwargs=FILLED)
    prev_hash: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs=FILLED)
    hash: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs=FILLED)
