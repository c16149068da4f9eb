"""What others subscribe to and give up, as far as our subscriptions have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.changes import Change
from app.domain.errors import Said
from app.domain.extracts.columns import Resource
from app.domain.regions import Region
from app.domain.spdci.attributes import Key, known, value_of
from app.domain.spdci.reading import (
    Json,
    Request,
    identifier,
    moment,
    requests_of,
    transaction_of,
)
from app.domain.spdci.words import LONGEST_ID, Code, Rejected

MOST_CODES = 20
COMES = (Change.CREATED, Change.ARRIVED)
STAYS = (Change.CHANGED, Change.LEFT, Change.REMOVED)
REGISTER, NEW_MEMBER, UPDATE = "REGISTER", "NewHouseHoldMember", "UPDATE"
# Their events, and which of our changes they are. The standard knows the first two.
EVENTS = {REGISTER: COMES, NEW_MEMBER: COMES, UPDATE: STAYS}
_RESOURCES = {
    "member": Resource.MEMBERS,
    "person": Resource.MEMBERS,
    "srperson": Resource.MEMBERS,
    "group": Resource.HOUSEHOLDS,
    "household": Resource.HOUSEHOLDS,
}
KEPT = ["reg_event_type", "notify_record_type", "filter", "filter_type"]

EVENT = Said(
    id="reg_event_type yang dikenal: {names}.", en="There are these reg_event_type: {names}."
)
RECORD = Said(
    id="notify_record_type adalah Member atau Group.", en="notify_record_type is Member or Group."
)
FILTER = Said(
    id="Langganan hanya disaring menurut wilayah: location sama dengan satu kode Kemendagri.",
    en="A subscription is filtered by region only: location equal to one Kemendagri code.",
)
CODES = Said(
    id="subscription_codes adalah daftar berisi 1 sampai {most} kode, masing-masing paling banyak "
    "{long} karakter.",
    en="subscription_codes is a list of 1 to {most} codes of {long} characters at most.",
)
NO_SUCH_CODE = Said(
    id="Tidak ada langganan SPDCI Anda dengan kode: {names}.",
    en="You have no SPDCI subscription by these codes: {names}.",
)


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be told of."""

    event: str
    resource: Resource
    region: Region | None  # None: all of his own

    @property
    def events(self) -> list[str]:
        return [f"{self.resource}.{change}" for change in EVENTS[self.event]]


def read_subscribe(message: Json) -> tuple[str, list[Request]]:
    transaction = transaction_of(message)
    return transaction, [
        Request(each.reference_id, each.locale, _kept(each.content))
        for each in requests_of(message, "subscribe_request", "subscribe_criteria")
    ]


def _kept(content: Json) -> Mapping[str, Any]:
    return {name: content[name] for name in KEPT if name in content}


def wish_in(criteria: Json) -> Wish:
    event = _event(criteria.get("reg_event_type"))
    said = criteria.get("notify_record_type") or "Member"
    name = said.rpartition(":")[2].casefold() if isinstance(said, str) else ""
    if name not in _RESOURCES:
        raise Rejected(Code.NOTIFY_DETAILS, RECORD)
    resource = Resource.MEMBERS if event == NEW_MEMBER else _RESOURCES[name]
    return Wish(event, resource, _region(criteria.get("filter")))


def _event(said: object) -> str:
    name = said.rpartition(":")[2].casefold() if isinstance(said, str) else ""
    found = [each for each in EVENTS if each.casefold() == name]
    if not found:
        raise Rejected(Code.NOTIFY_TYPES, EVENT, names=", ".join(EVENTS))
    return found[0]


def _region(sent: object) -> Region | None:
    """A filter by one region; nothing is no filter."""
    if not sent:
        return None
    name, value = _compared(sent)
    attribute = known(name)
    if attribute is None or attribute.key is not Key.REGION:
        raise Rejected(Code.NOTIFY_DETAILS, FILTER)
    try:
        found: Region = value_of(attribute, value)
    except Rejected:
        raise Rejected(Code.NOTIFY_DETAILS, FILTER) from None
    return found


def _compared(sent: object) -> tuple[object, object]:
    """The one name and value of a filter in any of the three forms of a query."""
    match sent:
        case [{"expression1": {"operator": "eq", **one}, **others}] if "expression2" not in others:
            return one.get("attribute_name"), one.get("attribute_value")
        case {"value": {"expression": {"query": dict(query)}}} if len(query) == 1:
            ((name, value),) = query.items()
            return name, value.get("$eq") if isinstance(value, dict) else value
        case {"type": name, "value": value}:
            return name, value
    return None, None


# --- giving up


@dataclass(frozen=True)
class GivenUp:
    transaction_id: str
    codes: tuple[str, ...]


def read_unsubscribe(message: Json) -> GivenUp:
    inner = message.get("unsubscribe_request")
    sent = {**message, **inner} if isinstance(inner, dict) else message
    transaction = transaction_of(sent)
    moment(sent.get("timestamp"), Code.TIMESTAMP)
    codes = sent.get("subscription_codes")
    if not isinstance(codes, list) or not 1 <= len(codes) <= MOST_CODES:
        raise Rejected(Code.SUBSCRIPTION_CODE, CODES, most=MOST_CODES, long=LONGEST_ID)
    read = (identifier({"code": each}, "code", Code.SUBSCRIPTION_CODE) for each in codes)
    return GivenUp(transaction, tuple(dict.fromkeys(read)))


def as_id(code: str) -> UUID | None:
    """Ours are ids; another is nobody's."""
    try:
        return UUID(code)
    except ValueError:
        return None
