"""Extracts, the rows of the moment they are made of, and their files."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.actors import Role
from app.domain.extracts.columns import Resource
from app.domain.extracts.formats import Compression, Form, Format
from app.domain.extracts.wanted import Filters, Wanted
from app.domain.extracts.workflow import ExtractState
from app.domain.proposals import ProposalKind, Verdict
from app.domain.regions import Region
from app.domain.sight import Purpose

AT_WORK = "state IN ('asked', 'materialising', 'writing')"


class Extract(SQLModel, table=True):
    """What somebody asked for. It stands in his region, and is his alone.

    `start` is the run of the job whose chunks are the moment's; `moment`, `rows` and what else is
    told of it are known once it is kept aside.
    """

    __table_args__ = (
        UniqueConstraint("id", "scope_code"),  # its files refer to it
        CheckConstraint("rows_per_file > 0", name="rows_per_file"),
        CheckConstraint("days_kept > 0", name="days_kept"),
        CheckConstraint("(state = 'ready') <= (expires_at IS NOT NULL)", name="ready_expires"),
        CheckConstraint(
            "(state IN ('writing', 'ready')) <= (moment IS NOT NULL)", name="is_of_a_moment"
        ),
        Index(None, "scope_code", "id"),
        Index("ix_extract_open", "created_by", postgresql_where=text(AT_WORK)),
        Index("ix_extract_expires_at", "expires_at", postgresql_where=text("state = 'ready'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    resource: Resource = Field(sa_type=words_of(Resource, "resource"))
    format: Format = Field(sa_type=words_of(Format, "format"))
    compression: Compression = Field(sa_type=words_of(Compression, "compression"))
    region_code: str = Field(sa_type=Text)
    filters: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    rows_per_file: int
    days_kept: int  # once it is ready
    decree_id: UUID | None = None
    changed_after: str | None = Field(default=None, sa_type=Text)
    purpose: Purpose = Field(sa_type=words_of(Purpose, "purpose"))
    asked_as: Role = Field(sa_type=words_of(Role, "asked_as"))
    created_by: UUID
    agreement: str | None = Field(default=None, sa_type=Text)  # its number
    columns: list[str] = Field(
        default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"}
    )
    start: int | None = None
    moment: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    changes_after: str | None = Field(default=None, sa_type=Text)
    rows: int = Field(default=0, sa_type=BigInteger)
    refusal: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    expires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    state: ExtractState = Field(default=ExtractState.ASKED, sa_type=words_of(ExtractState, "state"))
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))

    @property
    def region(self) -> Region:
        return Region(self.region_code)

    @property
    def form(self) -> Form:
        return Form(self.format, self.compression)

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            self.resource,
            self.form,
            filters_in(self.filters),
            self.rows_per_file,
            self.decree_id,
            self.changed_after,
        )


def filters_in(kept: dict[str, Any]) -> Filters:
    """As they were asked for, out of JSON."""
    kind, verdict, since = (kept.get(name) for name in ("kind", "verdict", "updated_since"))
    return Filters(
        state=kept.get("state"),
        programme=kept.get("programme"),
        kind=ProposalKind(kind) if kind else None,
        verdict=Verdict(verdict) if verdict else None,
        updated_since=datetime.fromisoformat(since) if since else None,
    )


class ExtractChunk(SQLModel, table=True):
    """Some rows of one village at the moment, as lines of the file they will stand in.

    Unlogged: should PostgreSQL crash they are gone, and the extract is made of another moment.
    """

    __tablename__ = "extract_chunk"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    extract_id: UUID = Field(primary_key=True)
    start: int = Field(primary_key=True)
    scope_code: int = Field(primary_key=True, sa_type=BigInteger)
    part: int = Field(primary_key=True)
    rows: int
    subjects: list[UUID] = Field(sa_type=ARRAY(Uuid))
    body: bytes = Field(sa_type=LargeBinary)


class ExtractFile(SQLModel, table=True):
    """A file: the chunks from the first to the last of these, and what it came to."""

    __tablename__ = "extract_file"
    __table_args__ = (
        ForeignKeyConstraint(["extract_id", "scope_code"], ["extract.id", "extract.scope_code"]),
        CheckConstraint("(sha256 IS NULL) = (bytes IS NULL)", name="is_made"),
        CheckConstraint("length(sha256) = 32", name="sha256"),
    )

    extract_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    is_deletions: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    first_village: int = Field(sa_type=BigInteger)
    first_part: int
    last_village: int = Field(sa_type=BigInteger)
    last_part: int
    rows: int = Field(sa_type=BigInteger)
    sha256: bytes | None = Field(default=None, sa_type=LargeBinary)
    bytes: int | None = Field(default=None, sa_type=BigInteger)
