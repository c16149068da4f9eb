"""Who went where from: what the audit, which follows people, tells only where they come to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Text
from sqlmodel import Field, SQLModel


class Departure(SQLModel, table=True):
    """Somebody, or an aid, that left a household. Written by a trigger, read by the changes.

    Its number is of the audit's own, so that entries and departures are in one order.
    """

    __table_args__ = (
        Index(None, "xid", "id", "scope_code"),
        Index(None, "subject_id"),  # whoever asks who read of him, in the households he has left
    )

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    xid: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=DateTime(timezone=True))
    workflow: str = Field(sa_type=Text)  # of whom: a member, a recipient
    subject_id: UUID
    household_id: UUID  # that was left
    scope_code: int = Field(sa_type=BigInteger)
