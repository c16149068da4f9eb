"""What every table shares: names of constraints, words kept as words, the scope of a row."""

from datetime import UTC, datetime
from enum import StrEnum

import uuid_utils.compat
from sqlalchemy import Enum
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

new_id = uuid_utils.compat.uuid7


def words_of(enum: type[StrEnum], name: str, *, checked: bool = True) -> Enum:
    """Store an enum as its words, checked by the database, free of PostgreSQL ENUM types.

    The logs go unchecked: to compare a word with fifteen cost more than to write the row.
    """
    return Enum(
        enum,
        name=name,
        native_enum=False,
        length=40,
        create_constraint=checked,
        values_callable=lambda members: [member.value for member in members],
    )


def now() -> datetime:
    return datetime.now(UTC)
