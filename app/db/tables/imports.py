"""Imports: what was sent, what is wrong with it row by row, and what has come of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.actors import Role
from app.domain.errors import Language
from app.domain.imports.columns import ImportKind
from app.domain.imports.workflow import Format, ImportState, Mode, Outcome

OF_IMPORT = (["import_id", "scope_code"], ["import.id", "import.scope_code"])


def nothing_yet() -> dict[str, Any]:
    """Of a file that nobody has read."""
    return {"sheet": None, "header_row": None, "unknown_columns": [], "notes": [], "problems": {}}


class Import(SQLModel, table=True):
    """One uploaded file. Its bytes lie in the storage, by their SHA-256.

    It stands in the region of whoever sent it. Counts are of rows, but `units` and what became of
    them: a unit is what goes in together, a family card or a household.
    """

    __table_args__ = (
        UniqueConstraint("id", "scope_code"),  # what belongs to it refers to
        CheckConstraint("bytes > 0", name="bytes"),
        CheckConstraint("length(sha256) = 32", name="sha256"),
        Index(
            "uq_import_file",
            "scope_code",
            "kind",
            "sha256",
            unique=True,
            postgresql_where=text("state NOT IN ('refused', 'undone')"),
        ),
        Index(None, "scope_code", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    kind: ImportKind = Field(sa_type=words_of(ImportKind, "kind"))
    layout: str = Field(sa_type=Text)  # the version of the layout it was read by
    file_name: str | None = Field(default=None, sa_type=Text)
    sha256: bytes = Field(sa_type=LargeBinary)
    bytes: int = Field(sa_type=BigInteger)
    sent_as: Role = Field(sa_type=words_of(Role, "sent_as"))
    created_by: UUID
    mode: Mode | None = Field(default=None, sa_type=words_of(Mode, "mode"))
    # What was found of the file: its sheet, the row of its header, columns that are unknown.
    found: dict[str, Any] = Field(default_factory=nothing_yet, sa_type=JSONB)
    rows: int = 0
    bad: int = 0
    doubtful: int = 0  # good, with warnings
    doubled: int = 0  # twice in the file, or on record already
    units: int = 0
    taken: int = 0
    same: int = 0
    left_out: int = 0
    kept: int = 0  # could not be undone
    after: str = Field(default="", sa_type=Text)  # the unit after which the work goes on
    refusal: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    state: ImportState = Field(default=ImportState.RECEIVED, sa_type=words_of(ImportState, "state"))
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class ImportProblem(SQLModel, table=True):
    """What is wrong with a row, or doubtful. They stay when the row itself is forgotten."""

    __tablename__ = "import_problem"
    __table_args__ = (ForeignKeyConstraint(*OF_IMPORT),)

    import_id: UUID = Field(primary_key=True)
    n: int = Field(primary_key=True)  # of the row, as the file counts them
    scope_code: int = Field(sa_type=BigInteger)
    problems: list[dict[str, Any]] = Field(sa_type=JSONB)


class ImportRow(SQLModel, table=True):
    """A row as it was read, while it is needed. Unlogged: after a crash it is read again.

    Rows are put in by COPY, which row-level security refuses, and are read through the view
    `import_staged`, which keeps to the region of the transaction.
    """

    __tablename__ = "import_row"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    import_id: UUID = Field(primary_key=True)
    unit: str = Field(primary_key=True, sa_type=Text)
    n: int = Field(primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    village: int | None = Field(default=None, sa_type=BigInteger)
    bad: bool
    said: dict[str, Any] = Field(sa_type=JSON)


class ImportEffect(SQLModel, table=True):
    """What has become of a unit of rows, and which subjects came of it."""

    __tablename__ = "import_effect"
    __table_args__ = (ForeignKeyConstraint(*OF_IMPORT),)

    import_id: UUID = Field(primary_key=True)
    unit: str = Field(primary_key=True, sa_type=Text)
    scope_code: int = Field(sa_type=BigInteger)
    rows: list[int] = Field(sa_type=ARRAY(Integer))
    outcome: Outcome = Field(sa_type=words_of(Outcome, "outcome"))
    # What came of it, in the order in which it came: {"workflow": ..., "id": ...}.
    subjects: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    refusal: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))


class ImportResult(SQLModel, table=True):
    """The file as it goes back, with what is wrong marked; without bytes while it is made."""

    __tablename__ = "import_result"
    __table_args__ = (
        ForeignKeyConstraint(*OF_IMPORT),
        CheckConstraint(
            "(sha256 IS NULL) = (bytes IS NULL) AND (sha256 IS NULL) = (made_at IS NULL)",
            name="made",
        ),
    )

    import_id: UUID = Field(primary_key=True)
    format: Format = Field(primary_key=True, sa_type=words_of(Format, "format"))
    scope_code: int = Field(sa_type=BigInteger)
    language: Language = Field(sa_type=words_of(Language, "language"))
    sha256: bytes | None = Field(default=None, sa_type=LargeBinary)
    bytes: int | None = Field(default=None, sa_type=BigInteger)
    made_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
