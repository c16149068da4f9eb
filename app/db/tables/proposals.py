"""Proposals, and what a regency has decided about the road they take."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.policies import PolicyState
from app.domain.proposals import ENDED, PROPOSALS, ProposalKind, ProposalState
from app.domain.regions import Region

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
            postgresql_where=text(LIVE),
        ),
        Index(None, "scope_code", "id"),
        Index(None, "state", "scope_code", "id"),
        Index(None, "household_id", "created_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: ProposalKind = Field(sa_type=words_of(ProposalKind, "kind"))
    household_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    state: ProposalState = Field(
        default=PROPOSALS.initial, sa_type=words_of(ProposalState, "state")
    )
    content: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    created_by: UUID
    submitted_by: UUID | None = None
    submitted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class Policy(SQLModel, table=True):
    """What a regency decides about its own tiers. Public rules, no people: not scoped."""

    __table_args__ = (ForeignKeyConstraint(["regency_code"], ["region.code"]),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    regency_code: str = Field(unique=True, sa_type=Text)
    district_checks: bool
    state: PolicyState = Field(default=PolicyState.IN_FORCE, sa_type=words_of(PolicyState, "state"))
    version: int = 1
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))

    @property
    def scope_code(self) -> int:
        return Region(self.regency_code).first
