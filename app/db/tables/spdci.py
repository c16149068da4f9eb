"""Who exchanges with us by the SPDCI standard, and what was asked. Answers are not kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.spdci.words import Action


class SpdciPartner(SQLModel, table=True):
    """A machine's account as the standard knows it: its name, its keys, where it is answered."""

    __tablename__ = "spdci_partner"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "scope_code"], ["account.id", "account.scope_code"]),
        CheckConstraint("length(sender_id) BETWEEN 1 AND 99", name="sender_id_is_short"),
        CheckConstraint("length(callback_uri) <= 1000", name="callback_uri_is_short"),
        CheckConstraint("jsonb_typeof(keys) = 'array'", name="keys"),
    )

    account_id: UUID = Field(primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    sender_id: str = Field(sa_type=Text)
    callback_uri: str | None = Field(default=None, sa_type=Text)  # what our answers' paths follow
    keys: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)  # public, as JWKs
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class SpdciRequest(SQLModel, table=True):
    """One request of a message that came in, by its account's transaction and reference.

    `asked` is what was understood of it; it goes with the row, some days after. `outcome` is what
    came of a subscription; what a search found is not kept. Those with one `correlation_id` are
    answered together, at `answered_at`.
    """

    __tablename__ = "spdci_request"
    __table_args__ = (
        # Empty ids name nothing: published examples have them.
        Index(
            "uq_spdci_request_asked",
            "account_id",
            "scope_code",
            "action",
            "transaction_id",
            "reference_id",
            unique=True,
            postgresql_where=text("transaction_id <> '' AND reference_id <> ''"),
        ),
        Index(None, "correlation_id"),
        Index(None, "received_at"),
        Index(None, "scope_code", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)  # the asker's region
    account_id: UUID
    correlation_id: UUID
    action: Action = Field(sa_type=words_of(Action, "action"))
    transaction_id: str = Field(sa_type=Text)
    reference_id: str = Field(sa_type=Text)
    asked: dict[str, Any] = Field(sa_type=JSONB)
    outcome: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    received_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    answered_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
