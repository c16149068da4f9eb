"""Deliberations of villages, and the names on their agendas."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.deliberations import DeliberationKind, DeliberationState
from app.domain.proposals import Outcome


class Deliberation(SQLModel, table=True):
    """One meeting (musyawarah desa/kelurahan). What it takes to close stands in the domain."""

    __table_args__ = (
        UniqueConstraint("id", "scope_code"),
        ForeignKeyConstraint(["scan_id", "scope_code"], ["document.id", "document.scope_code"]),
        CheckConstraint("jsonb_typeof(attendance) = 'array'", name="attendance"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint(
            "state <> 'closed' OR (place IS NOT NULL AND chair IS NOT NULL "
            "AND minutes_number IS NOT NULL)",
            name="is_whole",
        ),
        CheckConstraint("scan_id IS NULL OR state = 'closed'", name="scan_id"),
        Index(None, "scope_code", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    kind: DeliberationKind = Field(sa_type=words_of(DeliberationKind, "kind"))
    held_on: date
    place: str | None = Field(default=None, sa_type=Text)
    chair: str | None = Field(default=None, sa_type=Text)
    minutes_number: str | None = Field(default=None, sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)
    attendance: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    quorum: int | None = None  # how many had to be present, when it was closed
    scan_id: UUID | None = None  # the signed minutes
    state: DeliberationState = Field(
        default=DeliberationState.OPEN, sa_type=words_of(DeliberationState, "state")
    )
    closed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_by: UUID
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class AgendaItem(SQLModel, table=True):
    """One name on an agenda, and what the deliberation says of it.

    `named` is how the minutes name it, frozen when the deliberation is closed: a proposal that
    comes back to the village may say something else later.
    """

    __tablename__ = "agenda_item"
    __table_args__ = (
        ForeignKeyConstraint(
            ["deliberation_id", "scope_code"], ["deliberation.id", "deliberation.scope_code"]
        ),
        ForeignKeyConstraint(["proposal_id", "scope_code"], ["proposal.id", "proposal.scope_code"]),
        UniqueConstraint("deliberation_id", "number", deferrable=True, initially="IMMEDIATE"),
        Index(
            "uq_agenda_item_open",
            "proposal_id",
            unique=True,
            postgresql_where=text("is_open"),
        ),
    )

    deliberation_id: UUID = Field(primary_key=True)
    proposal_id: UUID = Field(primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    number: int
    outcome: Outcome | None = Field(default=None, sa_type=words_of(Outcome, "outcome"))
    reason: str | None = Field(default=None, sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)
    answers: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    named: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    is_open: bool = True  # as long as its deliberation is
