"""Proposals, and what a regency has decided about the road they take."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
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
from app.domain.policies import PolicyState
from app.domain.proposals import ENDED, PROPOSALS, ProposalKind, ProposalState
from app.domain.regions import Region

# Whose desk it lies on: whoever took it over, else whoever drafted it. Not coalesce: row-level
# security takes that for a function that might tell what it sees, and keeps it from an index.
# Written as PostgreSQL tells it back, or Alembic would find another index there.
RESPONSIBLE = """
CASE
    WHEN responsible_id IS NULL THEN created_by
    ELSE responsible_id
END"""
LIVE = f"state NOT IN ({', '.join(repr(state.value) for state in sorted(ENDED))})"


class Proposal(SQLModel, table=True):
    """A wish to change the registry (usulan), on its way from the village to the ministry."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "scope_code"], ["household.id", "household.scope_code"]
        ),
        Index(
            "uq_proposal_live_of_household",
            "household_id",
            unique=True,
            postgresql_where=text(f"kind = '{ProposalKind.NEW_FAMILY}' AND {LIVE}"),
        ),
        UniqueConstraint("id", "scope_code"),
        ForeignKeyConstraint(
            ["deliberation_id", "scope_code"], ["deliberation.id", "deliberation.scope_code"]
        ),
        ForeignKeyConstraint(
            ["statement_id", "scope_code"],
            ["responsibility_statement.id", "responsibility_statement.scope_code"],
        ),
        Index(None, "scope_code", "id"),
        # In the order of the lists; its last column is told and filtered without a look at the row.
        Index("ix_proposal_waiting", "state", "scope_code", "id", "state_since"),
        Index("ix_proposal_responsible", text(f"({RESPONSIBLE})"), "scope_code", "id", "state"),
        Index(None, "household_id", "created_at"),
        ForeignKeyConstraint(["family_id"], ["family.id"]),
        ForeignKeyConstraint(["member_id"], ["member.id"]),
        Index(None, "family_id", postgresql_where=text("family_id IS NOT NULL")),
        Index(None, "member_id", postgresql_where=text("member_id IS NOT NULL")),
        Index("ix_proposal_urgent", "scope_code", "id", postgresql_where=text("urgent")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: ProposalKind = Field(sa_type=words_of(ProposalKind, "kind"))
    household_id: UUID
    family_id: UUID | None = None  # whom of the household it is about; none: all of it
    member_id: UUID | None = None
    linked_id: UUID | None = None  # the proposal of the other village, where there are two
    linked_scope_code: int | None = Field(default=None, sa_type=BigInteger)  # told to nobody
    scope_code: int = Field(sa_type=BigInteger)
    asks: dict[str, Any] = Field(
        default_factory=dict,
        sa_type=JSONB,
        sa_column_kwargs={"server_default": text("'{}'::jsonb")},
    )
    base_version: int | None = None  # of its subject, as whoever asks had read it
    state: ProposalState = Field(
        default=PROPOSALS.initial, sa_type=words_of(ProposalState, "state")
    )
    state_since: datetime = Field(
        default_factory=now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("now()")},
    )
    content: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    marks: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    changed_since_return: dict[str, Any] | None = Field(
        default=None, sa_type=JSONB(none_as_null=True)
    )  # pointer -> [before, after], as it was submitted again
    created_by: UUID
    responsible_id: UUID | None = None  # who took it over; none: whoever drafted it
    submitted_by: UUID | None = None
    submitted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    urgent: bool = Field(  # it goes before the others
        default=False, sa_column_kwargs={"server_default": text("false")}
    )
    policy_version: int | None = None  # of its regency, when it began; 0: nothing was decided
    period: date | None = None  # the first day of the month it counts for
    missed_period: date | None = None  # the one it last came too late for
    deliberation_id: UUID | None = None  # by what it left its village last: one of the two
    statement_id: UUID | None = None
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class ProposalClaim(SQLModel, table=True):
    """What an open proposal wants to change, and a field that is given once for good.

    No two proposals hold the same field of a subject: the second is refused.
    """

    __tablename__ = "proposal_claim"
    __table_args__ = (
        ForeignKeyConstraint(["proposal_id"], ["proposal.id"]),
        Index(None, "proposal_id"),
    )

    subject_id: UUID = Field(primary_key=True)
    field: str = Field(primary_key=True, sa_type=Text)
    proposal_id: UUID
    scope_code: int = Field(sa_type=BigInteger)


class ProposalCount(SQLModel, table=True):
    """How many proposals of a regency stood in a state when they were last counted."""

    __tablename__ = "proposal_count"

    scope_code: int = Field(primary_key=True, sa_type=BigInteger)
    state: ProposalState = Field(primary_key=True, sa_type=words_of(ProposalState, "state"))
    count: int = Field(sa_type=BigInteger)
    oldest_since: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    counted_at: datetime = Field(sa_type=DateTime(timezone=True))
    ages: list[int] | None = Field(default=None, sa_type=ARRAY(BigInteger))  # by days waited


class Policy(SQLModel, table=True):
    """What a regency decides about its own tiers. Public rules, no people: not scoped."""

    __table_args__ = (ForeignKeyConstraint(["regency_code"], ["region.code"]),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    regency_code: str = Field(unique=True, sa_type=Text)
    district_checks: bool
    quorum: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    statement_kinds: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(Text),
        sa_column_kwargs={"server_default": text("'{}'")},
    )
    windows: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")}
    )
    state: PolicyState = Field(default=PolicyState.IN_FORCE, sa_type=words_of(PolicyState, "state"))
    version: int = 1
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))

    @property
    def scope_code(self) -> int:
        return Region(self.regency_code).first
