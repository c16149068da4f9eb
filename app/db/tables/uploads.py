"""Uploads: files that come in parts, and which of them have come."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.imports.columns import ImportKind
from app.domain.uploads import Cut, UploadState


class Upload(SQLModel, table=True):
    """A file that somebody has begun to send. It stands in his region, and is his alone."""

    __table_args__ = (
        UniqueConstraint("id", "scope_code"),  # its parts refer to it
        ForeignKeyConstraint(["import_id", "scope_code"], ["import.id", "import.scope_code"]),
        CheckConstraint("bytes > 0", name="bytes"),
        CheckConstraint("part_bytes > 0", name="part_bytes"),
        CheckConstraint("length(sha256) = 32", name="sha256"),
        Index(
            "uq_upload_open",
            "created_by",
            "kind",
            "sha256",
            "scope_code",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "scope_code", "id"),
        Index("ix_upload_expires_at", "expires_at", postgresql_where=text("state = 'open'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    kind: ImportKind = Field(sa_type=words_of(ImportKind, "kind"))
    file_name: str | None = Field(default=None, sa_type=Text)
    sha256: bytes = Field(sa_type=LargeBinary)
    bytes: int = Field(sa_type=BigInteger)
    part_bytes: int
    import_id: UUID | None = None  # what it has become
    created_by: UUID
    expires_at: datetime = Field(  # while it is open; each part that comes puts it off
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("now() + interval '7 days'")},
    )
    state: UploadState = Field(default=UploadState.OPEN, sa_type=words_of(UploadState, "state"))
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))

    @property
    def cut(self) -> Cut:
        return Cut(self.bytes, self.part_bytes)


class UploadPart(SQLModel, table=True):
    """A part that has come. Its bytes lie in the storage, by their SHA-256, until they are used."""

    __tablename__ = "upload_part"
    __table_args__ = (
        ForeignKeyConstraint(["upload_id", "scope_code"], ["upload.id", "upload.scope_code"]),
        CheckConstraint("length(sha256) = 32", name="sha256"),
    )

    upload_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    sha256: bytes = Field(sa_type=LargeBinary)
