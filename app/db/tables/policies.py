"""What regencies decided before, and how long windows were held open. Public rules, no people."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.regions import Region
from app.domain.window_exceptions import ExceptionState


class PolicyVersion(SQLModel, table=True):
    """What a regency had decided, as it stood: a proposal keeps the one it began with."""

    __tablename__ = "policy_version"
    __table_args__ = (ForeignKeyConstraint(["regency_code"], ["region.code"]),)

    regency_code: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(primary_key=True)
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
    decided_by: UUID | None = None
    decided_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class WindowException(SQLModel, table=True):
    """A window that is held open for longer, in a region and a period; who did it, and why."""

    __tablename__ = "window_exception"
    __table_args__ = (
        Index(
            "uq_window_exception_granted",
            "window_name",
            "region_code",
            "period",
            unique=True,
            postgresql_where=text("state = 'granted'"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    window_name: str = Field(sa_type=Text)
    region_code: str = Field(sa_type=Text)  # empty: the whole nation
    period: date
    open_until: date  # that day included, on the window's clock
    note: str = Field(sa_type=Text)
    state: ExceptionState = Field(
        default=ExceptionState.GRANTED, sa_type=words_of(ExceptionState, "state")
    )
    granted_by: UUID
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))

    @property
    def scope_code(self) -> int:
        return Region(self.region_code).first
