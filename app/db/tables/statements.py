"""Responsibility statements (SPTJM) of villages."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.statements import StatementState


class ResponsibilityStatement(SQLModel, table=True):
    """Somebody answers with his signature for these proposals, in place of a deliberation."""

    __tablename__ = "responsibility_statement"
    __table_args__ = (
        UniqueConstraint("id", "scope_code"),
        ForeignKeyConstraint(["scan_id", "scope_code"], ["document.id", "document.scope_code"]),
        Index(None, "scope_code", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    number: str = Field(sa_type=Text)
    dated: date
    signatory_name: str = Field(sa_type=Text)
    signatory_position: str = Field(sa_type=Text)
    proposal_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    scan_id: UUID | None = None
    state: StatementState = Field(
        default=StatementState.DECLARED, sa_type=words_of(StatementState, "state")
    )
    created_by: UUID
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
