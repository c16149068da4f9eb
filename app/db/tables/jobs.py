"""Jobs, and how far the service is with each. They name nobody: a worker reads one before it
knows for which region, so there is no row-level security. Every finder takes `within=`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.accounts import SCOPE_IS_OF_CODE
from app.db.tables.base import new_id, now, words_of
from app.domain.actors import Actor, Role
from app.domain.channels import Channel
from app.domain.jobs import JOBS, JobKind, JobState
from app.domain.regions import Region


class Job(SQLModel, table=True):
    """What somebody asked the service to do in the background.

    `starts` counts the workers that began it, and so tells the present one from those before;
    `in_vain` those since it last got further, which is to say beyond what any of them had
    `reached` in that phase.
    """

    __table_args__ = (
        CheckConstraint(SCOPE_IS_OF_CODE, name="scope_is_of_code"),
        CheckConstraint("(ended_at IS NULL) = (state IN ('queued', 'running'))", name="ends_once"),
        CheckConstraint("(problem IS NULL) = (state NOT IN ('failed', 'parked'))", name="says_why"),
        CheckConstraint("0 <= in_vain AND in_vain <= starts", name="starts_count"),
        CheckConstraint("0 <= done AND done <= coalesce(total, done)", name="done"),
        Index(None, "scope_code", "id"),
        Index(None, "subject_id"),
        Index("ix_job_open", "id", postgresql_where=text("state IN ('queued', 'running')")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: JobKind = Field(sa_type=words_of(JobKind, "kind"))
    subject_id: UUID
    asked_by: UUID
    role: Role = Field(sa_type=words_of(Role, "role"))
    asker_region_code: str = Field(sa_type=Text)
    channel: Channel = Field(sa_type=words_of(Channel, "channel"))
    request_id: str = Field(sa_type=Text)
    region_code: str = Field(sa_type=Text)  # whose work it is: the asker's region, or a part of it
    scope_code: int = Field(sa_type=BigInteger)
    state: JobState = Field(default=JOBS.initial, sa_type=words_of(JobState, "state"))
    phase: str | None = Field(default=None, sa_type=Text)
    done: int = Field(default=0, sa_type=BigInteger)
    total: int | None = Field(default=None, sa_type=BigInteger)
    reached: dict[str, int] = Field(
        default_factory=dict,
        sa_type=JSONB,
        sa_column_kwargs={"server_default": text("'{}'::jsonb")},
    )
    starts: int = 0
    in_vain: int = 0
    cancel_asked: bool = False
    problem: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    started_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    @property
    def asker(self) -> Actor:
        return Actor(self.asked_by, self.role, Region(self.asker_region_code))
