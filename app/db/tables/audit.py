"""The audit: what was done, by whom, chained per subject; and who read of whom."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    FetchedValue,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import Field, SQLModel

from app.db.tables.base import words_of
from app.domain.actors import Role
from app.domain.channels import Channel
from app.domain.proposals import Verdict
from app.domain.sight import Purpose

DECISIONS = (
    f"workflow = 'proposal' AND action IN ({', '.join(repr(verdict.value) for verdict in Verdict)})"
)
# What others are told of (`app.domain.notices`): what became of a proposal, and what came late.
_TOLD = "('return', 'reject', 'undo', 'meet', 'release')"
_ENDS = "('determined', 'rejected')"
OUTCOMES = f"workflow = 'proposal' AND (action IN {_TOLD} OR target IN {_ENDS})"
LATE = (
    f"workflow = 'proposal' AND action NOT IN {_TOLD} AND target NOT IN {_ENDS} "
    "AND changes LIKE '%\"/missed_period\":%'"
)
RETURNED = "workflow = 'proposal' AND action = 'return'"


# A column that the trigger fills; the service has no right to write it.
FILLED = {"server_default": FetchedValue(), "nullable": False}


class AuditEntry(SQLModel, table=True):
    """One step somebody took. Written once, never changed."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("subject_id", "workflow", "seq"),
        Index(None, "scope_code", "id"),
        Index(None, "actor_id", "scope_code", "id"),
        Index(None, "workflow", "scope_code", "id"),
        Index(None, "action", "scope_code", "id"),
        Index(None, "xid", "id", "scope_code"),  # whoever follows what changes
        Index("ix_audit_entry_at", "at", postgresql_using="brin"),
        Index("ix_audit_entry_decisions", "scope_code", "id", postgresql_where=text(DECISIONS)),
        Index(
            "ix_audit_entry_outcomes",
            "scope_code",
            "id",
            "actor_id",
            postgresql_where=text(OUTCOMES),
        ),
        Index("ix_audit_entry_late", "scope_code", "id", postgresql_where=text(LATE)),
        Index(
            "ix_audit_entry_returned",
            "target",
            "id",
            "scope_code",
            "actor_id",
            postgresql_where=text(RETURNED),
        ),
    )

    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_args=[Identity(always=True)],
    )
    workflow: str = Field(sa_type=Text)
    subject_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    action: str = Field(sa_type=Text)
    source: str | None = Field(default=None, sa_type=Text)
    target: str = Field(sa_type=Text)
    version: int
    actor_id: UUID
    actor_role: Role = Field(sa_type=words_of(Role, "actor_role", checked=False))
    actor_region_code: str = Field(sa_type=Text)
    channel: Channel = Field(sa_type=words_of(Channel, "channel", checked=False))
    request_id: str = Field(sa_type=Text)
    grounds: str = Field(sa_type=Text)
    changes: str = Field(sa_type=Text)
    seq: int | None = Field(default=None, sa_column_kwargs=FILLED)
    salt: UUID | None = Field(default=None, sa_column_kwargs=FILLED)  # told to nobody
    at: datetime | None = Field(
        default=None, sa_type=DateTime(timezone=True), sa_column_kwargs=FILLED
    )
    xid: int | None = Field(default=None, sa_type=BigInteger, sa_column_kwargs=FILLED)
    prev_hash: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs=FILLED)
    hash: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs=FILLED)
    hash_version: int | None = Field(default=None, sa_type=SmallInteger, sa_column_kwargs=FILLED)


class AuditHead(SQLModel, table=True):
    """The last link of a subject's chain. Only the trigger's owner may touch it.

    Ids are chosen by whoever sends them, so a household and a family may share one: it takes the
    workflow to say whose chain it is.
    """

    __tablename__ = "audit_head"

    subject_id: UUID = Field(primary_key=True)
    workflow: str = Field(primary_key=True, sa_type=Text)
    seq: int
    hash: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=DateTime(timezone=True))


ALL_OF_THEM = 2**31 - 1  # more than an entry can name


class AccessEntry(SQLModel, table=True):
    """One request in which somebody read of people, and what for (UU 27/2022).

    Whom an extract holds stands in `access_reach`, and only how many here.
    """

    __tablename__ = "access_entry"
    __table_args__ = (
        Index(
            "ix_access_entry_homes",
            text("(subjects[1:homes])"),
            postgresql_using="gin",
            # Whoever fills it sorts it in, and the rest wait: 4 MB of it took 0.2 s.
            postgresql_with={"gin_pending_list_limit": 256},
        ),
        Index(
            "ix_access_entry_extracts",
            "id",
            "extract_id",
            postgresql_where=text("extract_id IS NOT NULL"),
        ),
        CheckConstraint("(people IS NULL) = (extract_id IS NULL)", name="people_of_an_extract"),
    )

    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_args=[Identity(always=True)],
    )
    at: datetime | None = Field(
        default=None,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("clock_timestamp()"), "nullable": False},
    )
    scope_code: int = Field(sa_type=BigInteger)
    actor_id: UUID
    actor_role: Role = Field(sa_type=words_of(Role, "actor_role", checked=False))
    actor_region_code: str = Field(sa_type=Text)
    purpose: Purpose = Field(sa_type=words_of(Purpose, "purpose", checked=False))
    operation: str = Field(sa_type=Text)
    request_id: str = Field(sa_type=Text)
    subjects: list[UUID] = Field(sa_type=ARRAY(Uuid))
    # So many of them, the first, find the entry: the households of all, or of a list their
    # villages, each with the month.
    homes: int = Field(sa_column_kwargs={"server_default": str(ALL_OF_THEM)})
    people: int | None = None  # how many, of an extract; of another reading its subjects
    extract_id: UUID | None = None
    agreement: str | None = Field(default=None, sa_type=Text)  # its number
