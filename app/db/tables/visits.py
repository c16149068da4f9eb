"""Visits: which enumerator is to survey which household, and what came of it."""

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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.db.tables.registry import IN_HOUSEHOLD
from app.domain.visits import OPEN, VisitState

IS_OPEN = f"state IN ({', '.join(repr(state.value) for state in VisitState if state in OPEN)})"


class Visit(SQLModel, table=True):
    """One household, one enumerator; open until it is accepted or revoked."""

    __table_args__ = (
        ForeignKeyConstraint(IN_HOUSEHOLD, ["household.id", "household.scope_code"]),
        ForeignKeyConstraint(["survey_id", "scope_code"], ["survey.id", "survey.scope_code"]),
        CheckConstraint(
            "(state IN ('submitted', 'sent_back', 'accepted')) <= (survey_id IS NOT NULL)",
            name="has_a_survey",
        ),
        CheckConstraint("jsonb_typeof(marks) = 'array'", name="marks"),
        Index(
            "uq_visit_open_of_household",
            "household_id",
            unique=True,
            postgresql_where=text(IS_OPEN),
        ),
        Index(None, "household_id"),
        Index(None, "scope_code", "id"),
        Index(None, "state", "scope_code", "id"),
        Index(None, "enumerator_id", "scope_code", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    household_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    enumerator_id: UUID
    due_on: date | None = None
    survey_id: UUID | None = None  # the newest that was submitted
    note: str | None = Field(default=None, sa_type=Text)  # why it was sent back, or revoked
    marks: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    state: VisitState = Field(default=VisitState.ASSIGNED, sa_type=words_of(VisitState, "state"))
    version: int = 1
    created_by: UUID
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
