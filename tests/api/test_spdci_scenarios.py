"""The public compliance scenarios for a social registry, one row each.

Their names and facts are those of the suite (github.com/OpenSPP/spdci-compliance, profile
`sr-registry`): which path, which status, which form of the body. What they mean by "rejected" is a
4xx or an acknowledgement that says ERR; ours is always a 4xx that says so.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response

from tests.conftest import registry_of
from tests.contract import Promise
from tests.receiver import receiving
from tests.registry import Places
from tests.spdci.exchange import (
    Json,
    Partner,
    a_partner,
    a_search,
    a_status,
    a_subscription,
    an_ending,
    an_id,
    compared,
    envelope,
    expression,
    is_answer,
    predicate,
)

SEARCH, SYNC_SEARCH = "/registry/search", "/registry/sync/search"
STATUS, SYNC_STATUS = "/registry/txn/status", "/registry/sync/txn/status"
SUBSCRIBE, UNSUBSCRIBE = "/registry/subscribe", "/registry/unsubscribe"
BY_PATH: dict[str, Callable[[], Json]] = {
    SEARCH: a_search,
    SYNC_SEARCH: a_search,
    STATUS: lambda: a_status("transaction_id", an_id()),
    SYNC_STATUS: lambda: a_status("transaction_id", an_id()),
    SUBSCRIBE: lambda: a_subscription(filter={"type": "UIN", "value": "TEST-001"}),
    UNSUBSCRIBE: lambda: an_ending("sub-test-001"),
}
CALLBACKS = {
    SEARCH: "on-search",
    STATUS: "txn/on-status",
    SUBSCRIBE: "on-subscribe",
    UNSUBSCRIBE: "on-unsubscribe",
}
POOR_AND_SMALL = expression(
    {
        "$and": [
            {"poverty_score": {"$lt": 5}},
            {"location": {"$eq": "central_region"}},
            {"group_size": {"$lt": 5}},
        ]
    }
)
YOUNG_AND_POOR = predicate(
    compared("age", "lt", "25"), "and", compared("poverty_score", "lt", "2.5")
)


@pytest.fixture(scope="module")
async def partner(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Partner]:
    async with (
        receiving() as receiver,
        registry_of(app, promise, *next(places.regencies)) as registry,
    ):
        yield await a_partner(app, registry, receiver)


def is_rejected(response: Response, path: str, *statuses: int) -> Json:
    assert response.status_code in (statuses or (400,)), response.text
    body = is_answer(path, response)
    assert all(error.keys() == {"code", "message"} for error in body["errors"])
    if "ack_status" in body.get("message", {}):
        assert body["message"]["ack_status"] == "ERR"
    return body


@dataclass(frozen=True)
class Scenario:
    name: str
    path: str
    plays: Callable[["Scenario", Partner], Any]
    criteria: Json | None = None

    @property
    def message(self) -> Json:
        return a_search(self.criteria) if self.criteria else BY_PATH[self.path]()

    async def is_taken(self, partner: Partner) -> None:
        """200 or 202, JSON, of the published form."""
        response = await partner.sends(self.path, self.message)
        assert response.status_code == (200 if "/sync/" in self.path else 202), response.text
        is_answer(self.path, response)

    async def calls_back(self, partner: Partner) -> None:
        """Acknowledged, then answered with the ids of the message."""
        message = self.message
        correlation_id = await partner.is_acknowledged(self.path, message)
        got = await partner.is_called_back(correlation_id)
        assert got["path"].endswith(CALLBACKS[self.path])
        assert got["message"]["transaction_id"] == message["message"]["transaction_id"]

    async def is_refused_without_message(self, partner: Partner) -> None:
        message = self.message
        del message["message"]
        is_rejected(await partner.sends(self.path, message), self.path)

    async def is_refused_without_token(self, partner: Partner) -> None:
        response = await partner.machine.http.post(self.path, json=self.message)
        body = is_rejected(response, self.path, 401)
        assert body["errors"][0]["code"] == "err.request.unauthorized"

    async def is_refused_for_its_signature(self, partner: Partner) -> None:
        message = self.message | {"signature": "invalid-signature"}
        body = is_rejected(await partner.sends(self.path, message), self.path, 401)
        assert body["message"]["error"]["code"] == "err.signature.invalid"

    async def has_records(self, partner: Partner) -> None:
        household = await partner.registry.registered()
        (record,) = await partner.finds(
            {
                "query_type": "idtype-value",
                "query": {"type": "UIN", "value": household["members"][0]["nik"]},
            }
        )
        assert {"@type", "member_identifier", "demographic_info"} <= record.keys()


S = Scenario
ASYNC = {SEARCH: "SEARCH", SUBSCRIBE: "SUBSCRIBE", UNSUBSCRIBE: "UNSUBSCRIBE", STATUS: "TXNSTATUS"}
SYNC = {SYNC_SEARCH: "SEARCH", SYNC_STATUS: "TXNSTATUS"}
NAMES = {p: f"ASYNC-{n}" for p, n in ASYNC.items()} | {p: f"SYNC-{n}" for p, n in SYNC.items()}
SCENARIOS = [
    *(S(f"SR-CORE-RG-{name}-01", path, S.is_taken) for path, name in NAMES.items()),
    S("SR-CORE-RG-ASYNC-SEARCH-EXPRESSION-01", SEARCH, S.is_taken, POOR_AND_SMALL),
    S("SR-CORE-RG-ASYNC-SEARCH-PREDICATE-01", SEARCH, S.is_taken, YOUNG_AND_POOR),
    S("SR-CORE-RG-SYNC-SEARCH-EXPRESSION-01", SYNC_SEARCH, S.is_taken, POOR_AND_SMALL),
    S("SR-CORE-RG-SYNC-SEARCH-PREDICATE-01", SYNC_SEARCH, S.is_taken, YOUNG_AND_POOR),
    *(S(f"SR-CORE-RG-ASYNC-{name}-CB-01", path, S.calls_back) for path, name in ASYNC.items()),
    *(
        S(f"SR-CORE-RG-{name}-NEG-01", path, S.is_refused_without_message)
        for path, name in NAMES.items()
    ),
    *(
        S(f"SR-SEC-AUTH-RG-{name}-01", path, S.is_refused_without_token)
        for path, name in NAMES.items()
    ),
    S("SR-SEC-SIG-RG-01", SEARCH, S.is_refused_for_its_signature),
    S("SR-EXTRA-RG-SYNC-SEARCH-REGRECORDS-01", SYNC_SEARCH, S.has_records),
]


def test_there_are_28_of_them():
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS) == 28


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_a_scenario_for_a_social_registry(partner: Partner, scenario: Scenario):
    await scenario.plays(scenario, partner)


# Later ones of the same suite: limits and forms. What is taken, and what is not.
def paged(size: object, number: object) -> Json:
    return a_search(pagination={"page_size": size, "page_number": number})


def named(length: int) -> Json:
    return a_search(transaction="x" * (length - 8) + an_id())


LATER: list[tuple[str, str, Callable[[], Json], str | None]] = [
    ("SR-CORE-PAG-01", SEARCH, lambda: paged(10, 1), None),
    ("SR-CORE-PAG-02", SYNC_SEARCH, lambda: paged(5, 1), None),
    ("SR-CORE-PAG-03", SEARCH, lambda: paged(10, 2), None),
    ("SR-VAL-PAG-01", SEARCH, lambda: paged(0, 1), "rjct.pagination.invalid"),
    ("SR-VAL-PAG-02", SEARCH, lambda: paged(10, 0), "rjct.pagination.invalid"),
    ("SR-VAL-PAG-03", SEARCH, lambda: paged(-1, 1), "rjct.pagination.invalid"),
    ("SR-VAL-BND-TXN-01", SEARCH, lambda: named(99), None),
    ("SR-VAL-BND-TXN-02", SEARCH, lambda: named(100), "rjct.message.invalid"),
    ("SR-VAL-BND-REF-01", SEARCH, lambda: a_search(reference_id="r" * 50), None),
    ("SR-VAL-BND-SUB-01", UNSUBSCRIBE, lambda: an_ending("s" * 99), None),
    (
        "SR-VAL-BND-SUB-02",
        UNSUBSCRIBE,
        lambda: an_ending("s" * 100),
        "rjct.subscription_code.invalid",
    ),
    ("SR-VAL-FMT-TS-01", SEARCH, lambda: a_search(timestamp="x"), "rjct.timestamp.invalid"),
    ("SR-VAL-FMT-TS-02", SEARCH, lambda: a_search(timestamp="2026-11-22T02:00:00.123Z"), None),
    (
        "SR-VAL-FMT-TS-03",
        SUBSCRIBE,
        lambda: envelope(
            "subscribe",
            {
                "transaction_id": an_id(),
                "subscribe_request": [
                    {
                        "reference_id": an_id(),
                        "timestamp": "2024-01-15T10:30:00",
                        "subscribe_criteria": {},
                    }
                ],
            },
        ),
        "rjct.timestamp.invalid",
    ),
    ("SR-VAL-FMT-LOC-01", SEARCH, lambda: a_search(locale="eng"), None),
]


@pytest.mark.parametrize(("name", "path", "message", "code"), LATER, ids=[s[0] for s in LATER])
async def test_a_limit_or_a_form(
    partner: Partner, name: str, path: str, message: Callable[[], Json], code: str | None
):
    response = await partner.sends(path, message())
    if code is None:
        assert response.is_success, (name, response.text)
        is_answer(path, response)
    else:
        assert is_rejected(response, path)["errors"][0]["code"] == code
