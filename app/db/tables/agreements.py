"""Agreements under which machines read of people, and whom each extract reached."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Text,
    Uuid,
    text,
)
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.agreement_terms import AGREEMENTS, AgreementState
from app.domain.agreements import FieldGroup

_GROUPS = ", ".join(f"'{group}'" for group in sorted(FieldGroup))


class AgreementRow(SQLModel, table=True):
    """What was agreed for one machine, from the first day to the last."""

    __tablename__ = "agreement"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "scope_code"], ["account.id", "account.scope_code"]),
        CheckConstraint("begins_on <= expires_on", name="period"),
        CheckConstraint("length(number) BETWEEN 1 AND 100", name="number_is_short"),
        CheckConstraint(f"fields <@ ARRAY[{_GROUPS}]", name="fields_are_known"),
        CheckConstraint("cardinality(fields) > 0", name="gives_something"),
        Index(
            "uq_agreement_number",
            "scope_code",
            "number",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "account_id"),
        Index(None, "scope_code", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    number: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    fields: list[str] = Field(sa_type=ARRAY(Text))
    begins_on: date
    expires_on: date
    note: str | None = Field(default=None, sa_type=Text)
    state: AgreementState = Field(
        default=AGREEMENTS.initial, sa_type=words_of(AgreementState, "state")
    )
    created_by: UUID
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class AccessReach(SQLModel, table=True):
    """Who of one village left in one part of an extract. Written once, never changed."""

    __tablename__ = "access_reach"
    __table_args__ = (Index(None, "scope_code", "extract_id"),)

    extract_id: UUID = Field(primary_key=True)
    scope_code: int = Field(primary_key=True, sa_type=BigInteger)
    part: int = Field(primary_key=True)
    subjects: list[UUID] = Field(sa_type=ARRAY(Uuid))
