"""Who was determined for which programme, and until when."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.db.tables.registry import IN_HOUSEHOLD
from app.domain.recipients import RecipientState

GOES_ON = "state <> 'ended'"


class Recipient(SQLModel, table=True):
    """A family or a person (penerima) in one programme, from one period to another."""

    __table_args__ = (
        ForeignKeyConstraint(IN_HOUSEHOLD, ["household.id", "household.scope_code"]),
        ForeignKeyConstraint(["family_id"], ["family.id"]),
        ForeignKeyConstraint(["member_id"], ["member.id"]),
        ForeignKeyConstraint(["payee_id"], ["member.id"]),
        CheckConstraint("(family_id IS NULL) <> (member_id IS NULL)", name="is_one_unit"),
        CheckConstraint("extract(day FROM period_from) = 1", name="period_from_is_a_month"),
        CheckConstraint("extract(day FROM period_to) = 1", name="period_to_is_a_month"),
        CheckConstraint("period_to >= period_from", name="periods_in_order"),
        CheckConstraint(
            "(state = 'ended') = (period_to IS NOT NULL AND ended_on IS NOT NULL)",
            name="ended_has_an_end",
        ),
        Index(
            "uq_recipient_family_id_programme",
            "family_id",
            "programme",
            unique=True,
            postgresql_where=text(f"family_id IS NOT NULL AND {GOES_ON}"),
        ),
        Index(
            "uq_recipient_member_id_programme",
            "member_id",
            "programme",
            unique=True,
            postgresql_where=text(f"member_id IS NOT NULL AND {GOES_ON}"),
        ),
        Index(None, "household_id"),
        Index(None, "scope_code", "id"),
        Index(None, "programme", "scope_code", "id", "state"),
        Index(None, "state", "scope_code", "id"),
        Index(None, "payee_id", postgresql_where=text("payee_id IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    household_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    family_id: UUID | None = None  # one of the two, by the unit of the programme
    member_id: UUID | None = None
    programme: str = Field(sa_type=Text)
    period_from: date
    period_to: date | None = None  # the first month without it
    payee_id: UUID | None = None  # the member a family's aid is paid to (pengurus)
    proposal_id: UUID | None = None  # by which it came into being
    end_reason: str | None = Field(default=None, sa_type=Text)
    ended_on: date | None = None  # the day that the reason took effect
    state: RecipientState = Field(
        default=RecipientState.CANDIDATE, sa_type=words_of(RecipientState, "state")
    )
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
