"""Answers already given, so that a request sent twice has one effect."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import now


class StoredAnswer(SQLModel, table=True):
    """What the service answered to an Idempotency-Key. It may speak of people, so it is scoped."""

    __tablename__ = "stored_answer"
    __table_args__ = (Index(None, "scope_code", "at"),)

    actor_id: UUID = Field(primary_key=True)
    scope_code: int = Field(primary_key=True, sa_type=BigInteger)
    key: str = Field(primary_key=True, sa_type=Text)
    request_hash: bytes = Field(sa_type=LargeBinary)
    status: int = Field(sa_type=SmallInteger)
    headers: dict[str, str] = Field(sa_type=JSONB)
    body: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
