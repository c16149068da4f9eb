"""NIK cases: whose number is to be repaired, and how far that has come."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
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
from app.domain.nik_cases import OPEN, UNSETTLED, NikCaseState


def _among(states: tuple[NikCaseState, ...]) -> str:
    return f"state IN ({', '.join(repr(state.value) for state in states)})"


IS_OPEN, IS_UNSETTLED = _among(OPEN), _among(UNSETTLED)


class NikCase(SQLModel, table=True):
    """One person of one village, until his number is good. The number itself stays with him."""

    __tablename__ = "nik_case"
    __table_args__ = (
        ForeignKeyConstraint(IN_HOUSEHOLD, ["household.id", "household.scope_code"]),
        ForeignKeyConstraint(["member_id"], ["member.id"]),
        ForeignKeyConstraint(["proposal_id", "scope_code"], ["proposal.id", "proposal.scope_code"]),
        CheckConstraint("cardinality(problems) > 0", name="has_a_problem"),
        CheckConstraint("jsonb_typeof(answer) = 'object'", name="answer"),
        # In a village: whoever moves away is a new case where he comes to.
        Index(
            "uq_nik_case_unsettled_of_member",
            "member_id",
            "scope_code",
            unique=True,
            postgresql_where=text(IS_UNSETTLED),
        ),
        Index(None, "scope_code", "id"),
        Index(None, "state", "scope_code", "id"),
        Index(None, "household_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID
    household_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    problems: list[str] = Field(sa_type=ARRAY(Text))  # when it was opened
    due_on: date | None = None
    asked_by: UUID | None = None  # whoever asked the civil registry last
    # What it answered: columns of the member, and the card number of his family.
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    note: str | None = Field(default=None, sa_type=Text)  # of its last step
    proposal_id: UUID | None = None  # the correction that was drafted last
    state: NikCaseState = Field(
        default=NikCaseState.INVALID, sa_type=words_of(NikCaseState, "state")
    )
    version: int = 1
    created_by: UUID
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
