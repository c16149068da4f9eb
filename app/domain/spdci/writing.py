"""Messages as they go out, written strictly: each fits the published schema.

`received_at` and the ids come from outside, so that the same question has the same answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.errors import Language
from app.domain.spdci.criteria import Page
from app.domain.spdci.words import (
    ANSWER_OF,
    CODES_OF,
    HEADER_CODES,
    OURS,
    VERSION,
    Ack,
    Action,
    Code,
    Error,
    Rejected,
    Status,
)

Message = dict[str, Any]


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def language_of(locale: str | None, otherwise: Language) -> Language:
    return {"eng": Language.ENGLISH, "ind": Language.INDONESIAN}.get(locale or "", otherwise)


def header(  # noqa: PLR0913 - what a header says
    action: str,
    status: Status,
    *,
    id_: UUID,
    at: datetime,
    to: str | None,
    count: int = 1,
    completed: int | None = None,
) -> Message:
    told = {
        "version": VERSION,
        "message_id": str(id_),
        "message_ts": stamp(at),
        "action": action,
        "status": status.value,
        "total_count": count,
        "completed_count": count if completed is None else completed,
        "sender_id": OURS,
        "receiver_id": to,
        "is_msg_encrypted": False,
    }
    return _without_nothing(told)


def _without_nothing(told: Mapping[str, Any]) -> Message:
    return {name: value for name, value in told.items() if value is not None}


def acknowledged(correlation_id: UUID, at: datetime) -> Message:
    return {
        "message": {
            "ack_status": Ack.ACK.value,
            "timestamp": stamp(at),
            "correlation_id": str(correlation_id),
        }
    }


def not_acknowledged(error: Error, said: str, correlation_id: UUID, at: datetime) -> Message:
    refused = acknowledged(correlation_id, at)
    refused["message"] |= {
        "ack_status": Ack.ERR.value,
        "error": {"code": error.value, "message": said},
    }
    return refused


# --- the requests of a search


def found(  # noqa: PLR0913 - what is told of a page
    reference_id: str,
    records: Sequence[Any],
    *,
    at: datetime,
    page: Page,
    total: int,
    locale: str | None,
) -> Message:
    pagination = {"page_size": page.size, "page_number": page.number, "total_count": total}
    told = {
        **_item(reference_id, Status.SUCCESS, at),
        "data": {"version": VERSION, "reg_records": list(records)},
        "pagination": pagination,
        "locale": locale,
    }
    return _without_nothing(told)


def waiting(reference_id: str, at: datetime) -> Message:
    return _item(reference_id, Status.PENDING, at)


def done(reference_id: str, at: datetime) -> Message:
    return _item(reference_id, Status.SUCCESS, at)


def rejected(
    action: Action, why: Rejected, reference_id: str, *, at: datetime, language: Language
) -> Message:
    known = why.code if why.code in CODES_OF[action] else None
    told = {
        **_item(reference_id, Status.REJECTED, at),
        "status_reason_code": known.value if known else None,
        "status_reason_message": why.told(language),
    }
    return _without_nothing(told)


def refused_item(reference_id: str, code: str, said: str, *, at: datetime) -> Message:
    told = {"status_reason_code": code, "status_reason_message": said}
    return _item(reference_id, Status.REJECTED, at) | told


def _item(reference_id: str, status: Status, at: datetime) -> Message:
    return {"reference_id": reference_id, "timestamp": stamp(at), "status": status.value}


# --- whole answers


def answer(  # noqa: PLR0913 - what an answer is made of
    action: Action,
    message: Message,
    *,
    id_: UUID,
    at: datetime,
    to: str | None,
    items: Sequence[Message],
) -> Message:
    """`items` are the requests it answers: the header counts them."""
    statuses = {each["status"] for each in items}
    status = Status.REJECTED if statuses == {Status.REJECTED} else Status.SUCCESS
    completed = sum(each["status"] != Status.PENDING for each in items)
    told = header(
        ANSWER_OF[action],
        Status.PENDING if statuses == {Status.PENDING} else status,
        id_=id_,
        at=at,
        to=to,
        count=len(items),
        completed=completed,
    )
    return {"header": told, "message": message}


def search_message(transaction_id: str, correlation_id: UUID, items: Sequence[Message]) -> Message:
    return {
        "transaction_id": transaction_id,
        "correlation_id": str(correlation_id),
        "search_response": list(items),
    }


def status_message(  # noqa: PLR0913 - as above
    transaction_id: str,
    correlation_id: UUID,
    txn_type: str,
    items: Sequence[Message],
    *,
    of_transaction: str,
    of_correlation: UUID,
) -> Message:
    return {
        "transaction_id": transaction_id,
        "correlation_id": str(correlation_id),
        "txnstatus_response": {
            "txn_type": txn_type,
            "txn_status": search_message(of_transaction, of_correlation, items),
        },
    }


def subscribe_message(
    transaction_id: str, correlation_id: UUID, items: Sequence[Message]
) -> Message:
    return {
        "transaction_id": transaction_id,
        "correlation_id": str(correlation_id),
        "subscribe_response": list(items),
    }


def subscribed(
    reference_id: str, code: str, *, at: datetime, event: str, locale: str | None
) -> Message:
    subscription = {
        "version": VERSION,
        "code": code,
        "status": "subscribe",
        "timestamp": stamp(at),
        "reg_event_type": event,
    }
    told = {
        **_item(reference_id, Status.SUCCESS, at),
        "subscriptions": [subscription],
        "locale": locale,
    }
    return _without_nothing(told)


def unsubscribe_message(
    transaction_id: str,
    correlation_id: UUID,
    *,
    at: datetime,
    ended: Sequence[str],
    why: tuple[Code, str] | None,
) -> Message:
    """`ended` are the codes that no longer serve; `why` is told where there are none."""
    told = {
        "transaction_id": transaction_id,
        "correlation_id": str(correlation_id),
        "timestamp": stamp(at),
        "status": (Status.SUCCESS if ended else Status.REJECTED).value,
        "status_reason_code": why[0].value if why and not ended else None,
        "status_reason_message": why[1] if why else None,
        "subscription_status": [{"code": code, "status": "unsubscribe"} for code in ended],
    }
    return _without_nothing(told)


def errors(code: str, said: str) -> Message:
    """As the gateways before us answer, which clients read first."""
    return {"errors": [{"code": code, "message": said}]}


def refused_header(
    action: Action, why: Rejected | None, said: str, *, id_: UUID, at: datetime
) -> Message:
    known = why is not None and why.code in HEADER_CODES
    told = header(ANSWER_OF[action], Status.REJECTED, id_=id_, at=at, to=None)
    code = {"status_reason_code": why.code.value} if why is not None and known else {}
    return {**told, **code, "status_reason_message": said}


# --- what changed


def notified(
    change: Mapping[str, Any], record: Message, *, at: datetime, event: str | None, of: str
) -> Message:
    """One change as an event: the record as it stands now, and what became of it."""
    name = {"name": "change", "value": change["change"]}
    told = {**record, "additional_attributes": [*record.get("additional_attributes", ()), name]}
    data = {
        "version": VERSION,
        "reg_event_type": event,
        "reg_record_type": of,
        "reg_records": told,
    }
    return {
        "reference_id": f"{change['resource']}:{change['id']}",
        "timestamp": stamp(at),
        "data": _without_nothing(data),
    }
