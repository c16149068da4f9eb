"""What the contract says of the exchange: as much as is held to. The standard says the rest.

Messages are read liberally, so only what is refused is written here as a condition.
"""

from typing import Any

from app.domain.spdci.reading import MOST_REQUESTS
from app.domain.spdci.subscribing import MOST_CODES
from app.domain.spdci.words import ANSWER_OF, LONGEST_ID, Action, Error, Status

Schema = dict[str, Any]

ID: Schema = {"type": "string", "maxLength": LONGEST_ID}
SENT_ID: Schema = {"type": ["string", "integer"], "maxLength": LONGEST_ID}
TEXT: Schema = {"type": "string"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
STATUS: Schema = {"type": "string", "enum": [*Status]}
COUNT: Schema = {"type": "integer", "minimum": 0}


def _object(required: str, **properties: Schema) -> Schema:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(of: Schema, most: int) -> Schema:
    return {"type": "array", "minItems": 1, "maxItems": most, "items": of}


_MESSAGES: dict[Action, Schema] = {
    Action.SEARCH: _object(
        "transaction_id search_request",
        transaction_id=SENT_ID,
        search_request=_list(
            _object(
                "reference_id timestamp search_criteria",
                reference_id=SENT_ID,
                timestamp=MOMENT,
                search_criteria=_object(
                    "query_type query",
                    query_type={
                        "type": "string",
                        "description": "`idtype-value`, `expression` or `predicate`; see "
                        "docs/spdci.md for what can be asked in each.",
                    },
                    query={"description": "An object, or a list of predicates."},
                    response_entity={"description": "`Member` or `Group`."},
                    pagination={"description": "`page_size`, `page_number` from 1."},
                ),
            ),
            MOST_REQUESTS,
        ),
    ),
    Action.TXN_STATUS: _object(
        "transaction_id txnstatus_request",
        transaction_id=SENT_ID,
        txnstatus_request=_object(
            "reference_id txn_type attribute_type attribute_value",
            reference_id=SENT_ID,
            txn_type={"type": "string", "enum": ["search", "subscribe", "subscibe", "receipt"]},
            attribute_type={
                "type": "string",
                "enum": ["transaction_id", "reference_id_list", "correlation_id"],
            },
            attribute_value={"description": "A text, or a list of texts."},
        ),
    ),
    Action.SUBSCRIBE: _object(
        "transaction_id subscribe_request",
        transaction_id=SENT_ID,
        subscribe_request=_list(
            _object(
                "reference_id timestamp subscribe_criteria",
                reference_id=SENT_ID,
                timestamp=MOMENT,
                subscribe_criteria=_object(
                    "",
                    reg_event_type={"description": "`REGISTER`, `NewHouseHoldMember` or `UPDATE`."},
                    notify_record_type={"description": "`Member` or `Group`."},
                    filter={"description": "A region, or nothing."},
                ),
            ),
            MOST_REQUESTS,
        ),
    ),
    Action.UNSUBSCRIBE: _object(
        "transaction_id timestamp subscription_codes",
        transaction_id=SENT_ID,
        timestamp=MOMENT,
        subscription_codes=_list(SENT_ID, MOST_CODES),
    ),
}


def asks(action: Action) -> Schema:
    """The message of that action, for the contract."""
    header = _object(
        "",
        action={"enum": [action.value, "", None], "description": f"`{action}`."},
        sender_id={"description": "As it is registered for your account."},
        sender_uri={"description": "Not used: answers go to the registered address."},
    )
    envelope = _object(
        "header message",
        signature={
            "description": "A detached JWS (RFC 7515, appendix F) over header and message in their "
            "canonical form (RFC 8785), if a key is registered for your account."
        },
        header=header,
        message=_MESSAGES[action],
    )
    content = {"application/json": {"schema": envelope}}
    return {"requestBody": {"required": True, "content": content}}


# --- what is told

ERRORS: Schema = {
    "type": "array",
    "items": _object("code message", code=TEXT, message=TEXT),
}
ACK = _object(
    "signature message",
    signature=TEXT,
    message=_object(
        "ack_status timestamp correlation_id",
        ack_status={"type": "string", "enum": ["ACK", "ERR"]},
        timestamp=MOMENT,
        correlation_id=ID,
        error=_object("code message", code={"type": "string", "enum": [*Error]}, message=TEXT),
    ),
)
_RESULT = _object(
    "transaction_id correlation_id search_response",
    transaction_id=ID,
    correlation_id=ID,
    search_response={
        "type": "array",
        "items": _object(
            "reference_id timestamp status",
            reference_id=ID,
            timestamp=MOMENT,
            status=STATUS,
            status_reason_code=TEXT,
            status_reason_message=TEXT,
            data=_object(
                "version reg_records",
                version=TEXT,
                reg_records={"type": "array", "items": {"type": "object"}},
            ),
            pagination=_object(
                "page_size page_number total_count",
                page_size=COUNT,
                page_number=COUNT,
                total_count=COUNT,
            ),
        ),
    },
)
_RESULTS: dict[Action, Schema] = {
    Action.SEARCH: _RESULT,
    Action.TXN_STATUS: _object(
        "transaction_id correlation_id txnstatus_response",
        transaction_id=ID,
        correlation_id=ID,
        txnstatus_response=_object("txn_type txn_status", txn_type=TEXT, txn_status=_RESULT),
    ),
}
REFUSED = {"type": "object", "required": ["errors"], "properties": {"errors": ERRORS}}
_REFUSALS = {
    400: "The message cannot be read, or asks for what there is not.",
    401: "Your token or your signature is not valid.",
    403: "You do not exchange here, or your agreement is not in force.",
    408: "The message took too long to arrive.",
    413: "The message is too large.",
    415: "The message is not declared as JSON.",
    422: "The message cannot be kept.",
    503: "The service is busy; `Retry-After` says for how long.",
}


def told(action: Action | None = None) -> dict[int | str, Schema]:
    """The answers: at once to that action, or an acknowledgement."""
    answer: dict[int | str, Schema]
    if action is None:
        answer = {202: _told("Acknowledged; the answer is posted to you.", ACK)}
    else:
        header = _object(
            "version message_id message_ts action status",
            version=TEXT,
            message_id=TEXT,
            message_ts=MOMENT,
            action={"type": "string", "enum": [ANSWER_OF[action]]},
            status=STATUS,
            total_count=COUNT,
            completed_count=COUNT,
        )
        envelope = _object(
            "signature header message", signature=TEXT, header=header, message=_RESULTS[action]
        )
        answer = {200: _told("The answer.", envelope)}
    for status, said in _REFUSALS.items():
        answer[status] = _told(said, REFUSED)
    return answer


def _told(said: str, schema: Schema) -> Schema:
    return {"description": said, "content": {"application/json": {"schema": schema}}}
