"""Words for tests of the exchange: a partner's system, its messages, and the schema they fit."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from httpx2 import Response

from app.commands import job_steps
from app.commands.job_work import Worker  # noqa: F401 - whose handlers are looked for
from app.commands.jobs import HANDLERS, JobRun
from app.db import jobs
from app.domain.actors import Role
from app.domain.errors import Refusal
from app.domain.imports.workflow import USUAL
from app.domain.jobs import JobAction
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.spdci.canonical import canonical
from tests.receiver import Receiver
from tests.registry import Caller, Registry

Json = dict[str, Any]
SCHEMA = json.loads((Path(__file__).parent / "social_api_v1.0.0.json").read_text())
AT = "2026-11-22T09:00:00.000+07:00"
IDS = count(1)
SENDER = "spmis.bantenprov.example"
TEXT = {"type": "string"}
# What the schema of 1.0.0 leaves out and the public scenarios ask for, by their facts.
ON_SUBSCRIBE = {
    "type": "object",
    "required": ["transaction_id", "correlation_id", "subscribe_response"],
    "properties": {
        "transaction_id": TEXT,
        "correlation_id": TEXT,
        "subscribe_response": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["reference_id", "timestamp", "status"],
                "properties": {
                    "status": {"enum": ["rcvd", "pdng", "succ", "rjct"]},
                    "status_reason_code": {
                        "enum": [
                            "rjct.reference_id.invalid",
                            "rjct.reference_id.duplicate",
                            "rjct.timestamp.invalid",
                            "rjct.notify_types.invalid",
                            "rjct.notify_details.invalid",
                            "rjct.person_id.invalid",
                            "rjct.event.already_subscribed",
                        ]
                    },
                    "subscriptions": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["code", "status", "timestamp"],
                            "properties": {
                                "code": {"type": "string", "maxLength": 99},
                                "status": {"enum": ["subscribe", "unsubscribe"]},
                            },
                        },
                    },
                },
            },
        },
    },
}
ON_UNSUBSCRIBE = {
    "type": "object",
    "required": ["transaction_id", "correlation_id", "timestamp", "status"],
    "properties": {
        "transaction_id": TEXT,
        "correlation_id": TEXT,
        "status": {"enum": ["rcvd", "pdng", "succ", "rjct"]},
        "status_reason_code": {
            "enum": ["rjct.subscription_code.invalid", "rjct.event.already_unsubscribed"]
        },
        "subscription_status": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "status"],
                "properties": {"status": {"enum": ["subscribe", "unsubscribe"]}},
            },
        },
    },
}
NOTIFY = {
    "type": "object",
    "required": ["transaction_id", "notify_event"],
    "properties": {
        "transaction_id": TEXT,
        "notify_event": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["reference_id", "timestamp", "data"],
                "properties": {
                    "data": {
                        "type": "object",
                        "required": ["reg_record_type", "reg_records"],
                        "properties": {
                            "reg_event_type": {"enum": ["REGISTER", "NewHouseHoldMember"]},
                            "reg_record_type": TEXT,
                            "reg_records": {"type": "object"},
                        },
                    }
                },
            },
        },
    },
}
BESIDE = {"on-subscribe": ON_SUBSCRIBE, "on-unsubscribe": ON_UNSUBSCRIBE, "notify": NOTIFY}
HEADER = "#/components/schemas/MsgCallbackHeader_V1.0.0"
OTHER_HEADER = "#/components/schemas/MsgHeader_V1.0.0"


@cache
def fits(ref: str) -> Any:  # noqa: ANN401 - a validator
    draft = "https://json-schema.org/draft/2020-12/schema"
    return jsonschema_rs.validator_for(
        {**SCHEMA, "$schema": draft, "$ref": ref}, validate_formats=True
    )


def check(body: Json, ref: str) -> None:
    wrong = [f"{error.instance_path} {error.message}" for error in fits(ref).iter_errors(body)]
    assert not wrong, wrong


def answer_of(path: str, status: str = "default") -> str:
    found = SCHEMA["paths"][path]["post"]["responses"].get(status)
    if found is not None and "$ref" not in found:
        at = path.replace("/", "~1")
        return f"#/paths/{at}/post/responses/{status}/content/application~1json/schema"
    name = found["$ref"].rpartition("/")[2] if found else "Response"
    return f"#/components/responses/{name}/content/application~1json/schema"


def is_answer(path: str, response: Response) -> Json:
    """An answer of the exchange: JSON, as the published schema has it for that status."""
    assert response.headers["content-type"] == "application/json", response.text
    known = path if path in SCHEMA["paths"] else "/registry/search"
    status = str(response.status_code)
    declared = status in SCHEMA["paths"][known]["post"]["responses"]
    body: Json = response.json()
    check(body, answer_of(known, status if declared else "default"))
    return body


def is_callback(action: str, body: Json) -> None:
    paths = {"on-search": "/registry/on-search", "txn-on-status": "/registry/txn/on-status"}
    if action in paths:
        at = paths[action].replace("/", "~1")
        check(body, f"#/paths/{at}/post/requestBody/content/application~1json/schema")
        return
    check(body["header"], HEADER)
    if action != "notify":
        check(body["header"], OTHER_HEADER)
    assert body["header"]["action"] == action
    jsonschema_rs.validate(BESIDE[action], body["message"])


def an_id(of: str = "t") -> str:
    return f"{of}-{next(IDS):06d}"


def header(action: str, **changes: Any) -> Json:  # noqa: ANN401
    told = {
        "version": "1.0.0",
        "message_id": an_id("m"),
        "message_ts": AT,
        "action": action,
        "sender_id": SENDER,
        "sender_uri": "https://attacker.example/collect",
        "receiver_id": "siks-ng",
        "total_count": 1,
    }
    return told | changes


def envelope(action: str, message: Json, **changes: Any) -> Json:  # noqa: ANN401
    return {"signature": "unsigned-stub", "header": header(action), "message": message} | changes


def idtype(type_: str, value: object) -> Json:
    return {"query_type": "idtype-value", "query": {"type": type_, "value": value}}


def expression(query: Json, collection: str = "Group") -> Json:
    value = {"expression": {"collection": collection, "query": query}}
    return {
        "query_type": "expression",
        "query": {"type": "ns:org:QueryType:expression", "value": value},
    }


def compared(name: str, operator: str, value: object) -> Json:
    return {"attribute_name": name, "operator": operator, "attribute_value": value}


def predicate(one: Json, condition: str | None = None, other: Json | None = None) -> Json:
    pair = {"seq_num": 1, "expression1": one, "condition": condition, "expression2": other}
    return {
        "query_type": "predicate",
        "query": [{name: value for name, value in pair.items() if value is not None}],
    }


def a_search(*criteria: Json, transaction: str | None = None, **changes: Any) -> Json:  # noqa: ANN401
    """A search for each of the criteria; `changes` are to each request."""
    requests = [
        {"reference_id": an_id("r"), "timestamp": AT, "search_criteria": each} | changes
        for each in criteria or [idtype("UIN", "TEST-001")]
    ]
    message = {"transaction_id": transaction or an_id(), "search_request": requests}
    return envelope("search", message)


def a_status(type_: str, value: object, txn_type: str = "search") -> Json:
    asked = {
        "reference_id": an_id("r"),
        "txn_type": txn_type,
        "attribute_type": type_,
        "attribute_value": value,
    }
    return envelope("txn-status", {"transaction_id": an_id(), "txnstatus_request": asked})


def a_subscription(**criteria: Any) -> Json:  # noqa: ANN401
    wanted = {"reg_event_type": "REGISTER", "filter": {}, "notify_record_type": "Member"}
    asked = {
        "reference_id": an_id("r"),
        "timestamp": AT,
        "subscribe_criteria": wanted | criteria,
    }
    return envelope("subscribe", {"transaction_id": an_id(), "subscribe_request": [asked]})


def an_ending(*codes: str) -> Json:
    message = {"transaction_id": an_id(), "timestamp": AT, "subscription_codes": [*codes]}
    return envelope("unsubscribe", message)


def sealed(message: Mapping[str, Any], key: Ed25519PrivateKey, kid: str = "2026") -> Json:
    """Signed as the standard's own parties would: over header and message, in one form."""
    content = {name: value for name, value in message.items() if name != "signature"}
    whole = jwt.api_jws.encode(canonical(content), key, "EdDSA", {"kid": kid})
    head, _, signature = whole.split(".")
    return {**content, "signature": f"{head}..{signature}"}


def jwk(key: Ed25519PrivateKey, kid: str = "2026") -> Json:
    told: Json = jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kty": told["kty"], "crv": told["crv"], "x": told["x"], "kid": kid}


@dataclass
class Partner:
    """A system of a province, with its account, its agreement and a server of its own."""

    app: FastAPI
    registry: Registry
    machine: Caller
    receiver: Receiver
    answers: list[Json] = field(default_factory=list)

    async def registers(self, *keys: Json, callback: bool = True) -> None:
        """As the ministry's administrator enters it."""
        admin = await self.registry.caller(Role.MINISTRY_ADMIN)
        path = f"/v1/accounts/{self.machine.actor.id}"
        version = (await admin.gets(path)).json()["version"]
        terms = {
            "sender_id": SENDER,
            "callback_uri": f"{self.receiver.url}/registry" if callback else None,
            "keys": [*keys],
        }
        response = await admin.puts(f"{path}/spdci-partner", terms, version=version)
        assert response.status_code == 200, response.text

    async def sends(self, path: str, message: Any, **headers: str) -> Response:  # noqa: ANN401
        return await self.machine.http.post(
            path, json=message, headers=self.machine.headers | headers
        )

    async def searches(self, *criteria: Json) -> list[Json]:
        """What is found for each of the criteria."""
        path = "/registry/sync/search"
        response = await self.sends(path, a_search(*criteria))
        assert response.status_code == 200, response.text
        items: list[Json] = is_answer(path, response)["message"]["search_response"]
        return items

    async def finds(self, criteria: Json) -> list[Json]:
        (item,) = await self.searches(criteria)
        assert item["status"] == "succ", item
        records: list[Json] = item["data"]["reg_records"]
        return records

    async def is_acknowledged(self, path: str, message: Json) -> str:
        response = await self.sends(path, message)
        assert response.status_code == 202, response.text
        told = is_answer(path, response)["message"]
        assert told["ack_status"] == "ACK"
        return str(told["correlation_id"])

    async def is_called_back(self, correlation_id: str) -> Json:
        """The worker has done its job, and this is what the partner's server got."""
        before = len(self.receiver.got)
        assert await self.worked(correlation_id) == "done"
        got = self.receiver.got[before]
        body: Json = json.loads(got.body)
        is_callback(body["header"]["action"], body)
        assert body["message"]["correlation_id"] == correlation_id
        return {"path": got.path, **body}

    async def worked(self, correlation_id: str) -> str:
        """How the job ended that answers this message."""
        rows = await self.registry.runs(
            "SELECT id FROM job WHERE subject_id = $1 AND ended_at IS NULL", UUID(correlation_id)
        )
        (job_id,) = [row["id"] for row in rows]
        database, state = self.app.state.database, self.app.state
        async with database.reading(INDONESIA) as reading:
            errand = await jobs.errand(reading, job_id)
        assert errand is not None
        start = await job_steps.begin(database, errand)
        assert start is not None
        never = threading.Event()
        run = JobRun(errand, start, database, state.storage, never, USUAL, state.webhooks)
        try:
            await HANDLERS[errand.kind](database, run)
        except Refusal as why:
            await job_steps.finish(run, JobAction.FAIL, because=why)
            raise
        await job_steps.finish(run, JobAction.COMPLETE)
        (row,) = await self.registry.runs("SELECT state FROM job WHERE id = $1", job_id)
        return str(row["state"])


async def a_partner(
    app: FastAPI,
    registry: Registry,
    receiver: Receiver,
    *,
    over: Region | None = None,
    fields: tuple[str, ...] = ("identity", "survey", "health", "programmes"),
) -> Partner:
    region = over or registry.village.at(Tier.REGENCY)
    machine = await registry.machine(region, fields)
    partner = Partner(app, registry, machine, receiver)
    await partner.registers()
    return partner
