"""Which notices somebody has read, and how long proposals waited where."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Text
from sqlmodel import Field, SQLModel

from app.db.tables.base import now, words_of
from app.domain.proposals import ProposalState


class NoticeMark(SQLModel, table=True):
    """A notice that was read, by itself. Notices are derived; only this is kept of them."""

    __tablename__ = "notice_mark"

    actor_id: UUID = Field(primary_key=True)
    scope_code: int = Field(primary_key=True, sa_type=BigInteger)  # of the office it was read in
    notice: str = Field(primary_key=True, sa_type=Text)
    read_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class NoticesRead(SQLModel, table=True):
    """Up to which entry of the audit all notices were read."""

    __tablename__ = "notices_read"

    actor_id: UUID = Field(primary_key=True)
    scope_code: int = Field(primary_key=True, sa_type=BigInteger)
    entry_id: int = Field(sa_type=BigInteger)
    read_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class Turnaround(SQLModel, table=True):
    """How long a regency's proposals that left a state in a month had waited in it.

    `buckets` counts them by the steps of `app.domain.turnarounds`: enough for a median.
    """

    scope_code: int = Field(primary_key=True, sa_type=BigInteger)
    month: date = Field(primary_key=True)
    state: ProposalState = Field(primary_key=True, sa_type=words_of(ProposalState, "state"))
    count: int = Field(sa_type=BigInteger)
    seconds: int = Field(sa_type=BigInteger)
    buckets: list[int] = Field(sa_type=ARRAY(BigInteger))


class TurnaroundPass(SQLModel, table=True):
    """How far the audit has been counted: by transactions, so that none is left out."""

    __tablename__ = "turnaround_pass"

    id: int = Field(primary_key=True)  # there is one
    xid: int = Field(sa_type=BigInteger)  # everything before it is in
    at: datetime = Field(sa_type=DateTime(timezone=True))
