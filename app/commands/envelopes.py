"""How a message to a subscriber is written: its body, by the form he asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.subscriptions import Form, MessageKind


@dataclass(frozen=True)
class Message:
    """What is told, to whom. `data` is finished JSON: of changes, {items, after, next}."""

    id: UUID
    kind: MessageKind
    at: datetime  # of this attempt
    subscription_id: UUID
    region_code: str
    data: str
    items: int = 0
    after: str | None = None  # of changes: behind which place they begin, and where they end
    next: str | None = None


@dataclass(frozen=True)
class Letter:
    """The body, and the headers that go with it besides those of the signature."""

    body: bytes
    headers: Mapping[str, str]


Sign = Callable[[bytes, str], str]
Envelope = Callable[[Message, Sign], Letter]


def standard(message: Message, _: Sign) -> Letter:
    """As Standard Webhooks has it: {type, timestamp, data}."""
    at = message.at.isoformat()
    body = f'{{"type":"{message.kind}","timestamp":"{at}","data":{message.data}}}'
    return Letter(body.encode(), {"Content-Type": "application/json"})


# Whoever knows another form puts it here.
ENVELOPES: dict[Form, Envelope] = {Form.STANDARD: standard}
