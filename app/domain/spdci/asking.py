"""What a message asks, request by request, once its envelope is right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.errors import Said
from app.domain.spdci.criteria import read_page
from app.domain.spdci.reading import (
    Json,
    Request,
    identifier,
    requests_of,
    transaction_of,
)
from app.domain.spdci.words import LONGEST_ID, Action, Code, Rejected

CRITERIA = [
    "query_type",
    "query",
    "sort",
    "pagination",
    "response_entity",
    "consent",
    "authorize",
]
MOST_REFERENCES = 20
# The published schema misspells one of them; an answer repeats what was asked.
ACTIONS_OF: dict[str, tuple[Action, ...]] = {
    "search": (Action.SEARCH,),
    "subscribe": (Action.SUBSCRIBE, Action.UNSUBSCRIBE),
    "subscibe": (Action.SUBSCRIBE, Action.UNSUBSCRIBE),
    "receipt": (),
}

NO_STATUS = Said(
    id="txnstatus_request memuat reference_id, txn_type, attribute_type dan attribute_value.",
    en="txnstatus_request has reference_id, txn_type, attribute_type and attribute_value.",
)
NOT_KNOWN = Said(
    id="Permintaan ini tidak tersimpan. Permintaan disimpan tujuh hari, hanya untuk pengirimnya.",
    en="No such request of yours is kept. Requests are kept seven days, for their sender alone.",
)
USED = Said(
    id="reference_id ini sudah dipakai dalam transaksi yang sama untuk permintaan lain.",
    en="This reference_id was used in the same transaction for another request.",
)


@dataclass(frozen=True)
class Search:
    transaction_id: str
    requests: tuple[Request, ...]


def read_search(message: Json) -> Search:
    transaction = transaction_of(message)
    requests = requests_of(message, "search_request", "search_criteria")
    for each in requests:
        _check_form(each)
    kept = [
        Request(each.reference_id, each.locale, _kept(each.content, CRITERIA)) for each in requests
    ]
    return Search(transaction, tuple(kept))


def _check_form(request: Request) -> None:
    """What can be seen without knowing what it means: so it is told at once."""
    criteria, reference = request.content, request.reference_id
    read_page(criteria, reference)
    if not isinstance(criteria.get("query_type"), str) or not criteria.get("query"):
        said = Said(
            id="search_criteria memuat query_type dan query.",
            en="search_criteria has query_type and query.",
        )
        raise Rejected(Code.CRITERIA, said, reference_id=reference)


def _kept(content: Json, names: list[str]) -> Mapping[str, Any]:
    return {name: content[name] for name in names if name in content}


# --- what became of it


@dataclass(frozen=True)
class StatusOf:
    """Which requests are asked after, by one of the three."""

    reference_id: str
    txn_type: str
    transaction_id: str | None = None
    reference_ids: tuple[str, ...] = ()
    correlation_id: UUID | None = None

    @property
    def actions(self) -> tuple[Action, ...]:
        return ACTIONS_OF[self.txn_type]


def read_status(message: Json) -> tuple[str, StatusOf]:
    transaction = transaction_of(message)
    sent = message.get("txnstatus_request")
    if not isinstance(sent, dict):
        raise Rejected(Code.MESSAGE, NO_STATUS)
    reference = identifier(sent, "reference_id", Code.REFERENCE)
    txn_type = sent.get("txn_type")
    if not isinstance(txn_type, str) or txn_type not in ACTIONS_OF:
        raise Rejected(Code.CRITERIA, NO_STATUS, reference_id=reference)
    return transaction, _status(sent, reference, txn_type)


def _status(sent: Json, reference: str, txn_type: str) -> StatusOf:
    value = sent.get("attribute_value")
    match sent.get("attribute_type"):
        case "transaction_id" if isinstance(value, str):
            return StatusOf(reference, txn_type, transaction_id=value[: LONGEST_ID + 1])
        case "correlation_id" if isinstance(value, str):
            return StatusOf(reference, txn_type, correlation_id=_uuid(value))
        case "reference_id_list":
            several = value if isinstance(value, list) else [value]
            names = tuple(each for each in several if isinstance(each, str))
            if 1 <= len(names) == len(several) <= MOST_REFERENCES:
                return StatusOf(reference, txn_type, reference_ids=names)
    raise Rejected(Code.CRITERIA, NO_STATUS, reference_id=reference)


def _uuid(said: str) -> UUID:
    """What is no id of ours names nothing, like any other that is not known."""
    try:
        return UUID(said)
    except ValueError:
        return UUID(int=0)
