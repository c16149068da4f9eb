"""Decrees, how far the service is with each, what was checked, and their numbered lists."""

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
from app.domain.decrees import DECREES, DecreeState, Effect, Found, Work
from app.domain.proposals import ProposalKind
from app.domain.regions import INDONESIA


class Decree(SQLModel, table=True):
    """A determination under one number and date (SK). It names nobody: not scoped."""

    __table_args__ = (
        CheckConstraint("extract(day FROM period) = 1", name="period_is_a_month"),
        Index(
            "uq_decree_number",
            "number",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: str = Field(sa_type=Text)
    dated: date
    period: date  # the first day of the month
    note: str | None = Field(default=None, sa_type=Text)
    kinds: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))  # none: all of them
    region_code: str = Field(default=INDONESIA.code, sa_type=Text)
    state: DecreeState = Field(default=DECREES.initial, sa_type=words_of(DecreeState, "state"))
    version: int = 1
    created_by: UUID
    checked_by: UUID | None = None
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))

    @property
    def scope_code(self) -> int:
        return INDONESIA.first


class DecreeBook(SQLModel, table=True):
    """How far the service is with a decree, and the last number of its list.

    `work` is what is to be done, and for whom; none: nothing. Whoever counts or numbers holds the
    row, and takes it last of all: the proposals come first.
    """

    __tablename__ = "decree_book"
    __table_args__ = (ForeignKeyConstraint(["decree_id"], ["decree.id"]),)

    decree_id: UUID = Field(primary_key=True)
    work: Work | None = Field(default=None, sa_type=words_of(Work, "work"))
    actor_id: UUID | None = None
    channel: str | None = Field(default=None, sa_type=Text)
    request_id: str | None = Field(default=None, sa_type=Text)
    would_take: int = 0
    falls_out: int = 0
    determined: int = 0
    left_out: int = 0  # passed the checks, and could not be determined all the same
    lines: int = 0  # the last number of the list
    reasons: dict[str, int] = Field(
        default_factory=dict,
        sa_type=JSONB,
        sa_column_kwargs={"server_default": text("'{}'::jsonb")},
    )
    turned_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class DecreeShare(SQLModel, table=True):
    """Villages whose proposals are still to be looked at. Its row is the lock: who holds it works.

    After which proposal it goes on is kept in the transaction of what was done, so it goes on
    there whatever happens. What is done is no share any more.
    """

    __tablename__ = "decree_share"
    __table_args__ = (ForeignKeyConstraint(["decree_id"], ["decree_book.decree_id"]),)

    decree_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    after_scope_code: int = Field(sa_type=BigInteger)
    after_id: UUID
    last_scope_code: int = Field(sa_type=BigInteger)


class DecreeCheck(SQLModel, table=True):
    """A proposal that a decree is to determine, in the version that was checked, or why not."""

    __tablename__ = "decree_check"
    __table_args__ = (
        CheckConstraint("(found IS NULL) = (refusal IS NULL)", name="says_why"),
        ForeignKeyConstraint(["decree_id"], ["decree.id"]),
        ForeignKeyConstraint(["proposal_id", "scope_code"], ["proposal.id", "proposal.scope_code"]),
    )

    decree_id: UUID = Field(primary_key=True)
    scope_code: int = Field(primary_key=True, sa_type=BigInteger)
    proposal_id: UUID = Field(primary_key=True)
    kind: ProposalKind = Field(sa_type=words_of(ProposalKind, "kind"))
    version: int
    found: Found | None = Field(default=None, sa_type=words_of(Found, "found"))
    refusal: dict[str, Any] | None = Field(default=None, sa_type=JSONB)


class DecreeLine(SQLModel, table=True):
    """A line of the numbered list, as it was when it was written; nobody changes it later.

    It stands in a village, and refers to no record there: people move on, the list does not.
    """

    __tablename__ = "decree_line"
    __table_args__ = (
        ForeignKeyConstraint(["decree_id"], ["decree.id"]),
        Index(None, "member_id", postgresql_where=text("member_id IS NOT NULL")),
        Index(None, "household_id", postgresql_where=text("member_id IS NULL")),
    )

    decree_id: UUID = Field(primary_key=True)
    scope_code: int = Field(primary_key=True, sa_type=BigInteger)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    proposal_id: UUID
    kind: ProposalKind = Field(sa_type=words_of(ProposalKind, "kind"))
    effect: Effect = Field(sa_type=words_of(Effect, "effect"))
    household_id: UUID
    family_id: UUID | None = None
    member_id: UUID | None = None
    dtks_id: str | None = Field(default=None, sa_type=Text)
    name: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    programme: str | None = Field(default=None, sa_type=Text)
    from_village: str | None = Field(default=None, sa_type=Text)
    to_village: str | None = Field(default=None, sa_type=Text)
