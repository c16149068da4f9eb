"""Changes in the form of the SPDCI standard: `notify`, for subscriptions that were made by it."""

import json
from collections.abc import Mapping
from typing import Any

from app.commands import spdci
from app.commands.envelopes import ENVELOPES, Letter, Message, Sign
from app.domain.changes import Change
from app.domain.extracts.columns import Resource, all_columns
from app.domain.spdci import objects, writing
from app.domain.spdci.attributes import Entity
from app.domain.spdci.subscribing import COMES, REGISTER
from app.domain.spdci.words import NOTIFY, Status
from app.domain.subscriptions import Form

_OF = {Resource.MEMBERS: Entity.MEMBER, Resource.HOUSEHOLDS: Entity.GROUP}


def notify(message: Message, sign: Sign) -> Letter:
    """A ping tells of nobody: it has no event."""
    items = json.loads(message.data).get("items", [])
    events = [_event(each, message) for each in items if each["resource"] in _OF]
    header = writing.header(
        NOTIFY, Status.SUCCESS, id_=message.id, at=message.at, to=None, count=len(events)
    )
    told = {"transaction_id": str(message.id), "notify_event": events}
    body = spdci.signed({"header": header, "message": told}, sign)
    return Letter(spdci.written(body), spdci.HEADERS)


def _event(change: Mapping[str, Any], message: Message) -> writing.Message:
    resource = Resource(change["resource"])
    event = REGISTER if Change(change["change"]) in COMES else None
    record = _record(resource, change)
    of = _OF[resource].value
    return writing.notified(change, record, at=message.at, event=event, of=of)


def _record(resource: Resource, change: Mapping[str, Any]) -> objects.Thing:
    """Of what has left, or is no more, nothing is known but its id."""
    row = change["row"]
    if row is None:
        return objects.gone(change["id"], _OF[resource])
    if resource is Resource.MEMBERS:
        return objects.member(row)
    return objects.group(row, (), all_columns(resource))


ENVELOPES[Form.SPDCI] = notify
