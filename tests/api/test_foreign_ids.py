"""Every operation, with an id of another village in every place that takes one.

The places come from the contract: whatever is named like an id or a region code, in the path, the
query and the body. Each request is right in all its parts; then one part at a time is replaced.
"""

from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response

from app.db import accounts
from app.domain.actors import Role
from app.domain.regions import INDONESIA, Region, Tier
from tests.api.door import PASSWORD, PASSWORD_HASH
from tests.registry import (
    LONG_AGO,
    REASON,
    Caller,
    Registry,
    a_household,
    a_member,
    refused,
)

R = Role
NEIGHBOUR = {"name": "Zubaedah Tetangga", "mother_name": "Qomariah Sebelah"}
ADDRESS = "Gang Tersembunyi No. 99"
SCOPED = ("household", "family", "member", "proposal", "account", "assignment", "audit_entry")
NOTED = "access_entry"  # written when one reads of people, so it too must stay as it is


@dataclass(frozen=True)
class Parts:
    """What a request is made of; the method and the path are the contract's."""

    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    version: int | None = None


@dataclass(frozen=True)
class Desk:
    """Somebody at work over a region, and the village of it whose people he works on."""

    registry: Registry
    village: Region
    caller: Caller

    async def operator(self) -> Caller:
        return await self.registry.caller(R.VILLAGE_OPERATOR, over=self.village)

    async def household(self) -> dict[str, Any]:
        return await self.registry.household(by=await self.operator())

    async def proposal(self, state: str = "drafted") -> dict[str, Any]:
        return await self.registry.proposal(state, by=await self.operator())


Builder = Callable[[Desk], Awaitable[Parts]]
OPERATIONS: dict[str, Builder] = {}


def operation(builder: Builder) -> Builder:
    OPERATIONS[builder.__name__] = builder  # type: ignore[attr-defined]
    return builder


# --- a request for each operation


@operation
async def issue_tokens(desk: Desk) -> Parts:
    async with desk.registry.database.transaction(INDONESIA) as session:
        account = await accounts.open_account(
            session,
            username=f"petugas.{uuid4().hex[:12]}",
            display_name="Petugas",
            password_hash=PASSWORD_HASH,
            role=R.VILLAGE_OPERATOR,
            region=desk.village,
            from_=LONG_AGO,
        )
        [held] = await accounts.held_by(session, account.id, within=INDONESIA)
    grant = {"grant_type": "password", "username": account.username, "password": PASSWORD}
    return Parts(body={**grant, "assignment_id": str(held.id)})


@operation
async def read_account(desk: Desk) -> Parts:
    return Parts({"account_id": str((await desk.operator()).actor.id)})


@operation
async def take_account_step(desk: Desk) -> Parts:
    officer = await desk.registry.newcomer(R.VILLAGE_HEAD, over=desk.village)
    body = {"action": "dismiss", "grounds": {"note": "pindah tugas"}}
    return Parts({"account_id": str(officer.actor.id)}, body=body, version=1)


@operation
async def read_region(desk: Desk) -> Parts:
    return Parts({"code": desk.village.code})


@operation
async def list_children(desk: Desk) -> Parts:
    district = desk.village.at(Tier.DISTRICT).code
    return Parts({"code": district}, {"after": f"{district}1000"})


@operation
async def list_ancestors(desk: Desk) -> Parts:
    return Parts({"code": desk.village.code})


@operation
async def draft_household(desk: Desk) -> Parts:
    return Parts(body=a_household(desk.village))


@operation
async def list_households(desk: Desk) -> Parts:
    household = await desk.household()
    return Parts(query={"after": f"{desk.village.code}.{household['id']}"})


@operation
async def read_household(desk: Desk) -> Parts:
    return Parts({"household_id": (await desk.household())["id"]})


@operation
async def change_household(desk: Desk) -> Parts:
    household = await desk.household()
    return Parts({"household_id": household["id"]}, body={"rt": "009"}, version=1)


@operation
async def take_household_step(desk: Desk) -> Parts:
    body = {"action": "remove", "grounds": {"note": "ganda"}}
    return Parts({"household_id": (await desk.household())["id"]}, body=body, version=1)


@operation
async def draft_family(desk: Desk) -> Parts:
    body = {"id": str(uuid4()), "number": 2}
    return Parts({"household_id": (await desk.household())["id"]}, body=body)


@operation
async def draft_member(desk: Desk) -> Parts:
    household = await desk.household()
    family_id = household["families"][0]["id"]
    body = {"id": str(uuid4()), "name": "Ani", "family_id": family_id}
    return Parts({"household_id": household["id"]}, body=body)


@operation
async def read_family(desk: Desk) -> Parts:
    return Parts({"family_id": (await desk.household())["families"][0]["id"]})


@operation
async def change_family(desk: Desk) -> Parts:
    family = (await desk.household())["families"][0]
    return Parts({"family_id": family["id"]}, body={"number": 3}, version=1)


@operation
async def take_family_step(desk: Desk) -> Parts:
    body = {"action": "remove", "grounds": {"note": "ganda"}}
    family = (await desk.household())["families"][0]
    return Parts({"family_id": family["id"]}, body=body, version=1)


@operation
async def read_member(desk: Desk) -> Parts:
    return Parts({"member_id": (await desk.household())["members"][0]["id"]})


@operation
async def change_member(desk: Desk) -> Parts:
    household = await desk.household()
    body = {"number": 3, "family_id": household["families"][0]["id"]}
    return Parts({"member_id": household["members"][0]["id"]}, body=body, version=1)


@operation
async def take_member_step(desk: Desk) -> Parts:
    body = {"action": "remove", "grounds": {"note": "pindah"}}
    member = (await desk.household())["members"][0]
    return Parts({"member_id": member["id"]}, body=body, version=1)


@operation
async def draft_proposal(desk: Desk) -> Parts:
    household = await desk.household()
    return Parts(body={"id": str(uuid4()), "household_id": household["id"]})


@operation
async def list_proposals(desk: Desk) -> Parts:
    proposal = await desk.proposal()
    return Parts(query={"after": f"{desk.village.code}.{proposal['id']}"})


@operation
async def read_proposal(desk: Desk) -> Parts:
    return Parts({"proposal_id": (await desk.proposal())["id"]})


@operation
async def list_steps(desk: Desk) -> Parts:
    proposal = await desk.proposal()
    return Parts({"proposal_id": proposal["id"]}, {"after": f"{desk.village.code}.0"})


@operation
async def take_step(desk: Desk) -> Parts:
    proposal = await desk.proposal()
    return Parts({"proposal_id": proposal["id"]}, body={"action": "submit"}, version=1)


@operation
async def decide(desk: Desk) -> Parts:
    proposal = await desk.proposal("awaiting_regency")
    body = {"verdict": "reject", "grounds": REASON}
    return Parts({"proposal_id": proposal["id"]}, body=body, version=proposal["version"])


@operation
async def list_audit_entries(desk: Desk) -> Parts:
    operator = await desk.operator()
    proposal = await desk.proposal()
    ids = {"subject_id": proposal["id"], "actor_id": str(operator.actor.id)}
    return Parts(query={**ids, "after": f"{desk.village.code}.0"})


@operation
async def list_decisions(desk: Desk) -> Parts:
    proposal = await desk.proposal("awaiting_regency")
    head = await desk.registry.caller(R.VILLAGE_HEAD, over=desk.village)
    ids = {"proposal_id": proposal["id"], "actor_id": str(head.actor.id)}
    return Parts(query={**ids, "after": f"{desk.village.code}.0"})


@operation
async def read_policy(desk: Desk) -> Parts:
    return Parts({"regency_code": desk.village.at(Tier.REGENCY).code})


@operation
async def set_policy(desk: Desk) -> Parts:
    parts = await read_policy(desk)
    policy = await desk.caller.gets(f"/v1/policies/{parts.path['regency_code']}")
    return Parts(parts.path, body={"district_checks": False}, version=policy.json()["version"])


TAKES_NO_ID = {
    "revoke_tokens": "an opaque token, known by its hash; the answer is always the same",
    "read_myself": "about whoever asks",
    "read_keys": "the service's own public key",
    "read_provinces": "reference data",
    "list_reasons": "reference data",
    "live": "nothing is read",
    "ready": "nothing of people is read",
}
# (operation, place) -> why an answer is given to everybody
PUBLIC = {
    ("read_region", "code"): "reference data",
    ("list_children", "code"): "reference data",
    ("list_children", "after"): "reference data",
    ("list_ancestors", "code"): "reference data",
    ("read_policy", "regency_code"): "public rules: a village may know how its neighbours do it",
}
# The widest role below the province that may do it; for the others, the regency's operator.
WIDEST = {
    "read_account": R.REGENCY_ADMIN,
    "take_account_step": R.REGENCY_ADMIN,
    "set_policy": R.REGENCY_ADMIN,
    "decide": R.REGENCY_VERIFIER,
}


# --- the places

Place = tuple[str, tuple[str | int, ...]]  # (path | query | body, the way to it)


def operations_of(app: FastAPI) -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        found["operationId"]: (method, path, found)
        for path, methods in app.openapi()["paths"].items()
        for method, found in methods.items()
    }


def is_reference(name: str, schema: dict[str, Any]) -> bool:
    kinds = [schema, *schema.get("anyOf", [])]
    by_name = name in {"id", "code", "after"} or name.endswith(("_id", "_code"))
    return by_name or any(kind.get("format") == "uuid" for kind in kinds)


def places_of(app: FastAPI, operation_id: str) -> Iterator[Place]:
    _, _, found = operations_of(app)[operation_id]
    for parameter in found.get("parameters", []):
        if is_reference(parameter["name"], parameter["schema"]):
            yield parameter["in"], (parameter["name"],)
    if "requestBody" in found:
        schema = found["requestBody"]["content"]["application/json"]["schema"]
        for way in places_in(app, schema):
            yield "body", way


def places_in(app: FastAPI, schema: dict[str, Any]) -> Iterator[tuple[str | int, ...]]:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        schema = app.openapi()["components"]["schemas"][name]
    for branch in (*schema.get("anyOf", []), *schema.get("oneOf", [])):
        yield from places_in(app, branch)
    for name, inner in schema.get("properties", {}).items():
        if is_reference(name, inner):
            yield (name,)
        yield from ((name, *way) for way in places_in(app, inner))
    if "items" in schema:
        yield from ((0, *way) for way in places_in(app, schema["items"]))


def replaced(parts: Parts, place: Place, value: str) -> Parts:
    """The same request with another value in that place, which must have held one."""
    changed = deepcopy(parts)
    origin, (*way, last) = place
    holder = getattr(changed, origin)
    for step in way:
        holder = holder[step]
    assert holder[last] != value
    holder[last] = value
    return changed


# --- the other village


@dataclass(frozen=True)
class Foreign:
    """A village next door, as seen from a desk: what can be named of it, and its secrets."""

    registry: Registry
    village: Region
    ids: dict[str, str]
    secrets: frozenset[str]

    def value(self, operation_id: str, place: Place) -> str:
        origin, way = place
        name = str(way[-1])
        if name == "after":
            return AFTER.get(operation_id, "{village}.{household}").format(**self.ids)
        if name == "id":
            return self.ids[
                OWN_ID.get(str(way[0]) if len(way) == 2 else operation_id) or inner(way)
            ]
        return self.ids[name.removesuffix("_id")]
