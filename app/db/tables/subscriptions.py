"""Subscriptions, how far each has come, and the log of what was sent."""

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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.actors import Actor, Role
from app.domain.changes import Cursor
from app.domain.regions import Region
from app.domain.subscriptions import SUBSCRIPTIONS, Form, MessageKind, SubscriptionState


class Subscription(SQLModel, table=True):
    """Somebody who is sent the changes of a region. It lies where he holds his role.

    `after` is how far everything was taken. `message_id` and `message_to` are the message that is
    on its way: fixed before it is first sent, so that each attempt is of the same. Whoever sends
    has a lease, and counts himself in `starts`: what an earlier one comes to tell is not taken.
    """

    __table_args__ = (
        UniqueConstraint("id", "scope_code"),  # its deliveries refer to it
        CheckConstraint("length(url) <= 1000", name="url_is_short"),
        CheckConstraint("cardinality(events) > 0", name="of_something"),
        CheckConstraint("(message_id IS NULL) = (message_to IS NULL)", name="message_is_whole"),
        CheckConstraint(
            "(secret_before IS NULL) = (secret_before_until IS NULL)", name="former_secret_ends"
        ),
        CheckConstraint("problem IS NULL OR state IN ('paused', 'disabled')", name="says_why"),
        Index(None, "scope_code", "id"),
        Index("ix_subscription_due", "next_attempt_at", postgresql_where=text("state = 'active'")),
        Index("ix_subscription_ping", "id", postgresql_where=text("ping_id IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    created_by: UUID
    role: Role = Field(sa_type=words_of(Role, "role"))
    asker_region_code: str = Field(sa_type=Text)
    region_code: str = Field(sa_type=Text)  # what is followed: the asker's region, or a part of it
    url: str = Field(sa_type=Text)
    events: list[str] = Field(sa_type=ARRAY(Text))
    form: Form = Field(sa_type=words_of(Form, "form"))
    description: str | None = Field(default=None, sa_type=Text)
    secret: bytes = Field(sa_type=LargeBinary)  # sealed
    secret_before: bytes | None = Field(default=None, sa_type=LargeBinary)
    secret_before_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    after: str = Field(sa_type=Text)
    message_id: UUID | None = None
    message_to: str | None = Field(default=None, sa_type=Text)
    attempts: int = 0  # of that message
    ping_id: UUID | None = None  # that is to be sent
    next_attempt_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    failing_since: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    leased_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    starts: int = 0
    problem: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    state: SubscriptionState = Field(
        default=SUBSCRIPTIONS.initial, sa_type=words_of(SubscriptionState, "state")
    )
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))

    @property
    def asker(self) -> Actor:
        return Actor(self.created_by, self.role, Region(self.asker_region_code))

    @property
    def reached(self) -> Cursor:
        return Cursor.read(self.after) or Cursor(0)

    @property
    def fixed(self) -> Cursor | None:
        """Where the message that is on its way ends."""
        return Cursor.read(self.message_to) if self.message_to else None

    def secrets(self, at: datetime) -> list[bytes]:
        """Those a message is signed with then, sealed."""
        until = self.secret_before_until
        former = [self.secret_before] if self.secret_before and until and at < until else []
        return [self.secret, *former]


class WebhookDelivery(SQLModel, table=True):
    """One attempt at one message, and what came back. What was in it is not kept."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["subscription_id", "scope_code"], ["subscription.id", "subscription.scope_code"]
        ),
        CheckConstraint("(status IS NULL) <> (reason IS NULL)", name="came_back_or_not"),
        Index(None, "subscription_id", "scope_code", "id"),
        Index(None, "at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    subscription_id: UUID
    message_id: UUID
    kind: MessageKind = Field(sa_type=words_of(MessageKind, "kind"))
    attempt: int
    at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    items: int
    bytes: int
    after: str | None = Field(default=None, sa_type=Text)  # exclusive
    next: str | None = Field(default=None, sa_type=Text)  # inclusive
    status: int | None = None
    reason: str | None = Field(default=None, sa_type=Text)
    milliseconds: int
