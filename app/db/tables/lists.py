"""Lists that somebody asked for, and whether their files are there; letters, as issued."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.actors import Role
from app.domain.errors import Language
from app.domain.letters import LetterState
from app.domain.lists import ListFormat, ListKind, ListState
from app.domain.regions import Tier
from app.domain.sight import Purpose


class List(SQLModel, table=True):
    """A list of the region in which it stands, for one reader. Its bytes lie in the storage."""

    __table_args__ = (
        CheckConstraint("length(sha256) = 32", name="sha256"),
        CheckConstraint(
            "(state IN ('made', 'expired')) = (sha256 IS NOT NULL AND bytes IS NOT NULL "
            "AND made_at IS NOT NULL AND names IS NOT NULL)",
            name="made",
        ),
        CheckConstraint("(kind = 'recapitulation') = (rows_of IS NOT NULL)", name="has_rows_of"),
        Index(None, "scope_code", "id"),
        Index(None, "created_by", "scope_code", "id"),
        Index("ix_list_expires_at", "expires_at", postgresql_where=text("state = 'made'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    kind: ListKind = Field(sa_type=words_of(ListKind, "kind"))
    format: ListFormat = Field(sa_type=words_of(ListFormat, "format"))
    programme: str | None = Field(default=None, sa_type=Text)
    rows_of: Tier | None = Field(default=None, sa_type=words_of(Tier, "rows_of"))
    language: Language = Field(sa_type=words_of(Language, "language"))
    purpose: Purpose = Field(sa_type=words_of(Purpose, "purpose"))
    asked_as: Role = Field(sa_type=words_of(Role, "asked_as"))
    created_by: UUID
    names: int | None = None  # that stand in it
    sha256: bytes | None = Field(default=None, sa_type=LargeBinary)
    bytes: int | None = Field(default=None, sa_type=BigInteger)
    made_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    refusal: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    state: ListState = Field(default=ListState.REQUESTED, sa_type=words_of(ListState, "state"))
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class Letter(SQLModel, table=True):
    """What was said of a person on the day of issue; that copy is what is printed, ever after.

    It stays in the village where it was issued, wherever the person moves.
    """

    __table_args__ = (
        ForeignKeyConstraint(["scope_code"], ["region.scope_code"]),
        ForeignKeyConstraint(["member_id"], ["member.id"]),
        CheckConstraint("scope_code % 10000 >= 1000", name="lies_in_a_village"),
        CheckConstraint("valid_until >= issued_on", name="validity"),
        Index("uq_letter_number", "number", unique=True),
        Index("uq_letter_code", "code", unique=True),
        Index(
            "uq_letter_valid",
            "member_id",
            "purpose",
            unique=True,
            postgresql_where=text("state = 'issued'"),
        ),
        Index(None, "scope_code", "id"),
        Index(None, "member_id", "scope_code", "id"),
        Index("ix_letter_expires_at", "expires_at", postgresql_where=text("state = 'issued'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    member_id: UUID
    purpose: str = Field(sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)
    number: str = Field(sa_type=Text)
    code: str = Field(sa_type=Text)  # by which anybody checks it
    content: dict[str, Any] = Field(sa_type=JSONB)
    issued_by: UUID
    issued_as: Role = Field(sa_type=words_of(Role, "issued_as"))
    issuer_region_code: str = Field(sa_type=Text)
    issued_on: date
    valid_until: date  # that day is wholly inside
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    state: LetterState = Field(default=LetterState.ISSUED, sa_type=words_of(LetterState, "state"))
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
