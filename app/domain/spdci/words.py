"""The words of the SPDCI Social Registry API 1.0.0 that stand in what we answer."""

from collections.abc import Mapping
from enum import StrEnum

from app.domain.errors import Language, Said

VERSION = "1.0.0"
OURS = "siks-ng"  # who we are to the partners: their `receiver_id`, our `sender_id`
LONGEST_ID = 99
LONGEST_REASON = 999


class Action(StrEnum):
    """What is asked of us."""

    SEARCH = "search"
    TXN_STATUS = "txn-status"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


# What an answer calls itself, and where below the partner's address it is posted.
ANSWER_OF = {
    Action.SEARCH: "on-search",
    Action.TXN_STATUS: "txn-on-status",
    Action.SUBSCRIBE: "on-subscribe",
    Action.UNSUBSCRIBE: "on-unsubscribe",
}
CALLBACK_OF = {
    Action.SEARCH: "/on-search",
    Action.TXN_STATUS: "/txn/on-status",
    Action.SUBSCRIBE: "/on-subscribe",
    Action.UNSUBSCRIBE: "/on-unsubscribe",
}
NOTIFY = "notify"


class Status(StrEnum):
    RECEIVED = "rcvd"
    PENDING = "pdng"
    SUCCESS = "succ"
    REJECTED = "rjct"


class Ack(StrEnum):
    ACK = "ACK"
    ERR = "ERR"


class Code(StrEnum):
    """Why something is rejected. `CODES_OF` says which of them the standard knows, and where."""

    VERSION = "rjct.version.invalid"
    MESSAGE_TS = "rjct.message_ts.invalid"
    ACTION = "rjct.action.invalid"
    TOTAL_COUNT = "rjct.total_count.invalid"
    TOO_MANY_REQUESTS = "rjct.total_count.limit_exceeded"
    REFERENCE = "rjct.reference_id.invalid"
    REFERENCE_TWICE = "rjct.reference_id.duplicate"
    TIMESTAMP = "rjct.timestamp.invalid"
    CRITERIA = "rjct.search_criteria.invalid"
    FILTER = "rjct.filter.invalid"
    SORT = "rjct.sort.invalid"
    PAGINATION = "rjct.pagination.invalid"
    TOO_MANY = "rjct.search.too_many_records_found"
    NOTIFY_TYPES = "rjct.notify_types.invalid"
    NOTIFY_DETAILS = "rjct.notify_details.invalid"
    ALREADY_SUBSCRIBED = "rjct.event.already_subscribed"
    SUBSCRIPTION_CODE = "rjct.subscription_code.invalid"
    # The standard has no word for these; they stand in `errors` and never in a `*_reason_code`.
    MESSAGE = "rjct.message.invalid"
    ENCRYPTION = "rjct.encryption.not_supported"
    SENDER_ID = "rjct.sender_id.invalid"
    NO_ADDRESS = "rjct.sender_uri.invalid"
    SIGNATURE = "rjct.signature.invalid"


HEADER_CODES = frozenset(
    {Code.VERSION, Code.MESSAGE_TS, Code.ACTION, Code.TOTAL_COUNT, Code.TOO_MANY_REQUESTS}
)
_ANY = frozenset({Code.REFERENCE, Code.REFERENCE_TWICE, Code.TIMESTAMP})
SEARCH_CODES = _ANY | {Code.CRITERIA, Code.FILTER, Code.SORT, Code.PAGINATION, Code.TOO_MANY}
CODES_OF: dict[Action, frozenset[Code]] = {
    Action.SEARCH: SEARCH_CODES,
    Action.TXN_STATUS: SEARCH_CODES,
    Action.SUBSCRIBE: _ANY | {Code.NOTIFY_TYPES, Code.NOTIFY_DETAILS, Code.ALREADY_SUBSCRIBED},
    Action.UNSUBSCRIBE: _ANY | {Code.SUBSCRIPTION_CODE},
}


class Error(StrEnum):
    """What an acknowledgement says of a message that goes no further."""

    BAD = "err.request.bad"
    UNAUTHORISED = "err.request.unauthorized"
    FORBIDDEN = "err.request.forbidden"
    NOT_FOUND = "err.request.not_found"
    TIMEOUT = "err.request.timeout"
    TOO_OFTEN = "err.request.too_many_requests"
    VERSION = "err.version.not_supported"
    SENDER_ID = "err.sender_id.invalid"
    SENDER_URI = "err.sender_uri.invalid"
    SIGNATURE_MISSING = "err.signature.missing"
    SIGNATURE = "err.signature.invalid"
    ENCRYPTION = "err.encryption.invalid"
    UNAVAILABLE = "err.service.unavailable"


_ERROR_OF = {
    Code.VERSION: Error.VERSION,
    Code.ENCRYPTION: Error.ENCRYPTION,
    Code.SENDER_ID: Error.SENDER_ID,
    Code.NO_ADDRESS: Error.SENDER_URI,
    Code.SIGNATURE: Error.SIGNATURE,
}


class Rejected(Exception):
    """A message, or one request of it, goes no further; `reference_id` says which."""

    def __init__(
        self,
        code: Code,
        said: Said,
        *,
        error: Error | None = None,
        reference_id: str | None = None,
        **words: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.error = error or _ERROR_OF.get(code, Error.BAD)
        self.reference_id = reference_id
        self._said = said
        self._words: Mapping[str, object] = words

    def told(self, language: Language) -> str:
        return self._said.told(language, dict(self._words))[:LONGEST_REASON]
