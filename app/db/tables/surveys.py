"""Surveys: what was asked of a household and answered, on one day."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.db.tables.registry import IN_HOUSEHOLD
from app.domain.surveys import SurveyState


class Survey(SQLModel, table=True):
    """One dated answer sheet of a household; which questions it answers says its codebook."""

    __table_args__ = (
        UniqueConstraint("id", "scope_code"),  # what belongs to a visit refers to
        ForeignKeyConstraint(IN_HOUSEHOLD, ["household.id", "household.scope_code"]),
        CheckConstraint("outcome BETWEEN 1 AND 6", name="outcome"),
        CheckConstraint("jsonb_typeof(answers) = 'object'", name="answers"),
        CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name="finished_at"),
        CheckConstraint("(state = 'finished') <= (outcome IS NOT NULL)", name="has_an_outcome"),
        Index(
            "uq_survey_draft_of_household",
            "household_id",
            unique=True,
            postgresql_where=text("state = 'drafted'"),
        ),
        Index(
            "ix_survey_current",
            "household_id",
            column("surveyed_on").desc(),
            column("finished_at").desc(),
            postgresql_where=text("state = 'finished'"),
        ),
        Index(None, "household_id", "surveyed_on", "id"),
        Index(None, "scope_code", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    household_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    codebook: str = Field(sa_type=Text)
    surveyed_on: date
    enumerator_name: str | None = Field(default=None, sa_type=Text)
    respondent_name: str | None = Field(default=None, sa_type=Text)
    checked_on: date | None = None
    checker_name: str | None = Field(default=None, sa_type=Text)
    outcome: int | None = Field(default=None, sa_type=SmallInteger)
    duplicate_of: str | None = Field(default=None, sa_type=Text)
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    state: SurveyState = Field(default=SurveyState.DRAFTED, sa_type=words_of(SurveyState, "state"))
    finished_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_by: UUID
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
