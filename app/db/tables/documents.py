"""Documents: what is known of a scan or a photo. Its bytes lie in the storage, by their SHA-256."""

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
from app.domain.documents import DocumentPurpose, DocumentState, MediaType


class Document(SQLModel, table=True):
    """A scan, a photo, a letter: kept as it was sent, in the region it is about."""

    __table_args__ = (
        UniqueConstraint("id", "scope_code"),  # what rests on a document refers to
        ForeignKeyConstraint(["survey_id", "scope_code"], ["survey.id", "survey.scope_code"]),
        CheckConstraint("bytes BETWEEN 1 AND 25000000", name="bytes"),
        CheckConstraint("length(sha256) = 32", name="sha256"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point_is_whole"),
        Index(None, "scope_code", "id"),
        Index(None, "survey_id", postgresql_where=text("survey_id IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    purpose: DocumentPurpose = Field(sa_type=words_of(DocumentPurpose, "purpose"))
    survey_id: UUID | None = None  # of a photo: the visit it was taken on
    media_type: MediaType = Field(sa_type=words_of(MediaType, "media_type"))
    sha256: bytes = Field(sa_type=LargeBinary)
    bytes: int
    file_name: str | None = Field(default=None, sa_type=Text)
    taken_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    latitude: float | None = None
    longitude: float | None = None
    state: DocumentState = Field(
        default=DocumentState.STORED, sa_type=words_of(DocumentState, "state")
    )
    version: int = 1
    created_by: UUID
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
