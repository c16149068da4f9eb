"""Every operation, with an id of another village in every place that takes one.

The places come from the contract: whatever is named like an id or a region code, in the path, the
query and the body. Each request is right in all its parts; then one part at a time is replaced.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response

from app.db import accounts
from app.db.tables.accounts import Account, ClientSecret, ExternalIdentity
from app.domain.accounts import ADMINS
from app.domain.actors import Role
from app.domain.credentials import client_secret_hash
from app.domain.regions import INDONESIA, Region, Tier
from tests.api import issuer
from tests.api.door import PASSWORD, PASSWORD_HASH
from tests.conftest import registry_of
from tests.contract import Promise
from tests.registry import (
    LONG_AGO,
    REASON,
    Caller,
    Places,
    Registry,
    a_household,
    a_member,
    an_answer_sheet,
    refused,
)

R = Role
NEIGHBOUR = {"name": "Zubaedah Tetangga", "mother_name": "Qomariah Sebelah"}
ADDRESS = "Gang Tersembunyi No. 99"
SCOPED = (
    "household",
    "family",
    "member",
    "survey",
    "proposal",
    "account",
    "assignment",
    "audit_entry",
)


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

    async def survey(self) -> dict[str, Any]:
        operator = await self.operator()
        household = await self.registry.household(by=operator)
        return await self.registry.survey(household, "drafted", by=operator)

    async def proposal(self, state: str = "drafted") -> dict[str, Any]:
        return await self.registry.proposal(state, by=await self.operator())


Builder = Callable[[Desk], Awaitable[Parts]]
OPERATIONS: dict[str, Builder] = {}


def operation(builder: Builder) -> Builder:
    OPERATIONS[builder.__name__] = builder  # type: ignore[attr-defined]
    return builder


# --- a request for each operation


async def at_the_door(
    desk: Desk, role: Role = R.VILLAGE_OPERATOR, *, over: Tier = Tier.VILLAGE
) -> tuple[Account, str]:
    """Somebody with a password, a secret and another name elsewhere; and his assignment."""
    async with desk.registry.database.transaction(INDONESIA) as session:
        account = await accounts.open_account(
            session,
            username=f"petugas.{uuid4().hex[:12]}",
            display_name="Petugas",
            password_hash=PASSWORD_HASH,
            role=role,
            region=desk.village.at(over),
            from_=LONG_AGO,
        )
        its = {"account_id": account.id, "scope_code": account.scope_code}
        expires_at = datetime.now(UTC) + timedelta(days=1)
        secret_hash = client_secret_hash(str(account.id))
        session.add(ExternalIdentity(issuer=issuer.NAME, subject=str(account.id), **its))
        session.add(ClientSecret(secret_hash=secret_hash, expires_at=expires_at, **its))
        [held] = await accounts.held_by(session, account.id, within=INDONESIA)
    return account, str(held.id)


@operation
async def issue_tokens(desk: Desk) -> Parts:
    account, assignment_id = await at_the_door(desk)
    grant = {"grant_type": "password", "username": account.username, "password": PASSWORD}
    return Parts(body={**grant, "assignment_id": assignment_id})


@operation
async def set_password(desk: Desk) -> Parts:
    account, assignment_id = await at_the_door(desk)
    choice = {"password": PASSWORD, "new_password": "sebelas layang-layang putus"}
    return Parts(body={"username": account.username, **choice, "assignment_id": assignment_id})


@operation
async def issue_client_token(desk: Desk) -> Parts:
    account, assignment_id = await at_the_door(desk, R.INTEGRATION, over=Tier.REGENCY)
    grant = {"grant_type": "client_credentials", "assignment_id": assignment_id}
    return Parts(body={**grant, "client_id": str(account.id), "client_secret": str(account.id)})


@operation
async def exchange_token(desk: Desk) -> Parts:
    account, assignment_id = await at_the_door(desk)
    other = desk.registry.door.issuer
    assert other is not None
    other.keys.learn(issuer.USUAL)
    token = issuer.id_token(str(account.id))
    return Parts(body={"token": token, "assignment_id": assignment_id})


@operation
async def read_account(desk: Desk) -> Parts:
    return Parts({"account_id": str((await desk.operator()).actor.id)})


@operation
async def take_account_step(desk: Desk) -> Parts:
    officer = await desk.registry.newcomer(R.VILLAGE_HEAD, over=desk.village)
    body = {"action": "dismiss", "grounds": {"note": "pindah tugas"}}
    return Parts({"account_id": str(officer.actor.id)}, body=body, version=1)


async def officer_of(desk: Desk, role: Role = R.VILLAGE_HEAD) -> dict[str, str]:
    """A newcomer's account in the path of a request."""
    region = desk.village.at(Tier.REGENCY) if role is R.INTEGRATION else desk.village
    officer = await desk.registry.newcomer(role, over=region)
    return {"account_id": str(officer.actor.id)}


@operation
async def list_accounts(desk: Desk) -> Parts:
    beginning = f"{desk.village.code}.{UUID(int=1)}"
    return Parts(query={"region_code": desk.village.code, "after": beginning})


def a_row(desk: Desk) -> dict[str, str]:
    return {
        "role": "village_operator",
        "region_code": desk.village.code,
        "display_name": "Siti Aminah",
    }


@operation
async def open_account(desk: Desk) -> Parts:
    return Parts(body={"id": str(uuid4()), **a_row(desk)})


@operation
async def open_many_accounts(desk: Desk) -> Parts:
    return Parts(body={"accounts": [a_row(desk)]})


async def open_where_nobody_is(desk: Desk) -> Parts:
    return Parts(body={"role": "village_head", "region_code": desk.village.code})


@operation
async def reset_passwords(desk: Desk) -> Parts:
    return Parts(body={"account_ids": [(await officer_of(desk))["account_id"]]})


@operation
async def list_vacancies(desk: Desk) -> Parts:
    code = desk.village.code
    return Parts(query={"role": "village_head", "region_code": code, "after": code[:6]})


@operation
async def change_account(desk: Desk) -> Parts:
    return Parts(await officer_of(desk), body={"display_name": "Siti"}, version=1)


@operation
async def give_assignment(desk: Desk) -> Parts:
    body = {"role": "enumerator", "region_code": desk.village.code}
    return Parts(await officer_of(desk), body=body)


@operation
async def take_assignment_step(desk: Desk) -> Parts:
    account = await officer_of(desk)
    async with desk.registry.database.transaction(INDONESIA) as session:
        [held] = await accounts.held_by(session, UUID(account["account_id"]), within=INDONESIA)
    return Parts({**account, "assignment_id": str(held.id)}, body={"action": "end"}, version=1)


@operation
async def link_identity(desk: Desk) -> Parts:
    return Parts(await officer_of(desk), body={"issuer": issuer.NAME, "subject": str(uuid4())})


@operation
async def take_identity_step(desk: Desk) -> Parts:
    linked, _ = await at_the_door(desk)
    identity = {"issuer": issuer.NAME, "subject": str(linked.id)}
    body = {"action": "unlink", **identity}
    return Parts({"account_id": str(linked.id)}, body=body, version=1)


@operation
async def give_secret(desk: Desk) -> Parts:
    return Parts(await officer_of(desk, R.INTEGRATION), body={})


@operation
async def list_secrets(desk: Desk) -> Parts:
    return Parts(await officer_of(desk))


@operation
async def take_secret_step(desk: Desk) -> Parts:
    account, _ = await at_the_door(desk, R.INTEGRATION, over=Tier.REGENCY)
    secret_id = await secret_of(desk.registry, account.id)
    path = {"account_id": str(account.id), "secret_id": secret_id}
    return Parts(path, body={"action": "revoke"}, version=1)


async def secret_of(registry: Registry, account_id: UUID) -> str:
    [row] = await registry.runs("SELECT id FROM client_secret WHERE account_id = $1", account_id)
    return str(row["id"])


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
async def check_nik(desk: Desk) -> Parts:
    return Parts(body={"nik": "3672015905840001", "region_code": desk.village.code})


@operation
async def search_members(desk: Desk) -> Parts:
    await desk.household()
    return Parts(body={"name": "Budi Santoso", "region_code": desk.village.code})


async def search_by_dtks_id(_: Desk) -> Parts:
    return Parts(body={"dtks_id": "A0000000001X"})


@operation
async def search_households(desk: Desk) -> Parts:
    return await search_members(desk)


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
async def draft_survey(desk: Desk) -> Parts:
    household = await desk.household()
    return Parts({"household_id": household["id"]}, body=an_answer_sheet(household))


@operation
async def list_surveys(desk: Desk) -> Parts:
    survey = await desk.survey()
    after = f"{survey['surveyed_on']}.{survey['id']}"
    return Parts({"household_id": survey["household_id"]}, {"after": after})


@operation
async def read_survey(desk: Desk) -> Parts:
    return Parts({"survey_id": (await desk.survey())["id"]})


@operation
async def change_survey(desk: Desk) -> Parts:
    body = {"answers": {"household": {"floor_area": 21}}}
    return Parts({"survey_id": (await desk.survey())["id"]}, body=body, version=1)


@operation
async def check_survey(desk: Desk) -> Parts:
    return Parts({"survey_id": (await desk.survey())["id"]})


@operation
async def take_survey_step(desk: Desk) -> Parts:
    return Parts({"survey_id": (await desk.survey())["id"]}, body={"action": "finish"}, version=1)


@operation
async def draft_proposal(desk: Desk) -> Parts:
    household = await desk.household()
    return Parts(body={"id": str(uuid4()), "household_id": household["id"]})


@operation
async def list_proposals(desk: Desk) -> Parts:
    proposal = await desk.proposal()
    after = f"{desk.village.code}.{proposal['id']}"
    return Parts(query={"after": after, "region_code": desk.village.code})


@operation
async def count_proposals(desk: Desk) -> Parts:
    await desk.proposal()
    return Parts(query={"region_code": desk.village.code, "by": "children"})


@operation
async def hand_over_work(desk: Desk) -> Parts:
    await desk.proposal()
    leaver, successor = await desk.operator(), await officer_of(desk, R.VILLAGE_OPERATOR)
    body = {"from_account_id": str(leaver.actor.id), "to_account_id": successor["account_id"]}
    return Parts(body={**body, "note": "pindah tugas"})


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
    "search_regions": "reference data",
    "list_reasons": "reference data",
    "list_codebooks": "reference data",
    "read_codebook": "reference data",
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
    ("check_nik", "region_code"): "about digits; that somebody holds it is said without a place",
}
# The widest role below the province that may do it; for the others, the regency's operator.
WIDEST = {
    "read_account": R.REGENCY_ADMIN,
    "take_account_step": R.REGENCY_ADMIN,
    "list_accounts": R.REGENCY_ADMIN,
    "list_vacancies": R.REGENCY_ADMIN,
    "open_account": R.REGENCY_ADMIN,
    "open_many_accounts": R.REGENCY_ADMIN,
    "reset_passwords": R.REGENCY_ADMIN,
    "change_account": R.REGENCY_ADMIN,
    "give_assignment": R.REGENCY_ADMIN,
    "take_assignment_step": R.REGENCY_ADMIN,
    "link_identity": R.REGENCY_ADMIN,
    "take_identity_step": R.REGENCY_ADMIN,
    "list_secrets": R.REGENCY_ADMIN,
    "give_secret": R.REGENCY_ADMIN,
    "take_secret_step": R.REGENCY_ADMIN,
    "hand_over_work": R.REGENCY_ADMIN,
    "set_policy": R.REGENCY_ADMIN,
    "decide": R.REGENCY_VERIFIER,
}


# What no role below the ministry does; there nothing is foreign.
OF_THE_MINISTRY = {"give_secret", "take_secret_step"}
# Where a body has two forms: who builds the one with that place in it.
OTHER_FORM: dict[tuple[str, str], Builder] = {
    ("open_many_accounts", "region_code"): open_where_nobody_is,
    ("search_members", "dtks_id"): search_by_dtks_id,
    ("search_households", "dtks_id"): search_by_dtks_id,
}
RUNNING_ACCOUNTS = {name for name, role in WIDEST.items() if role is R.REGENCY_ADMIN}
# One's role is refused whatever the place held: nothing is told of what lies there.
NEVER = {(403, "role-not-appointed"), (403, "role-may-not"), (403, "accounts-are-for-admins")}


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
        yield from places_of_items(app, schema["items"])


def places_of_items(app: FastAPI, schema: dict[str, Any]) -> Iterator[tuple[str | int, ...]]:
    if is_reference("", schema):
        yield (0,)
    yield from ((0, *way) for way in places_in(app, schema))


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
    """The village next door: what can be named of it, what it holds, and what nobody may read."""

    registry: Registry
    village: Region
    regency: Region  # for codes of a regency: the next village lies in the same one
    ids: dict[str, str]
    secrets: frozenset[str]

    def value(self, operation_id: str, place: Place) -> str:
        """What to send in that place."""
        *parents, name = [step for step in place[1] if isinstance(step, str)]
        if name == "id":
            within = {"families": "family", "members": "member"}
            drafted = operation_id.removeprefix("draft_").removeprefix("open_")
            return self.ids[within[parents[-1]] if parents else drafted]
        if operation_id == "list_surveys" and name == "after":
            return f"9999-12-31.{self.ids['survey']}"  # where it begins
        if name == "after" and operation_id not in {"list_children", "list_vacancies"}:
            by_uuid = operation_id in {"list_households", "list_proposals", "list_accounts"}
            return f"{self.village.code}.{UUID(int=0) if by_uuid else 0}"  # where it begins
        name = name.removesuffix("s")
        if name.endswith("_id"):
            return self.ids[name.removesuffix("_id")]
        return (self.regency if name == "regency_code" else self.village).code

    async def holdings(self) -> list[Any]:
        """Every row of the village, and every trace of somebody having read of it."""
        reads = " UNION ALL ".join(
            f"SELECT '{table}' AS of, to_jsonb(t)::text AS row FROM {table} t "  # noqa: S608
            f"WHERE scope_code = {self.village.first}"
            for table in SCOPED
        )
        rows = await self.registry.runs(f"{reads} ORDER BY of, row")
        policy = "SELECT to_jsonb(p)::text FROM policy p WHERE regency_code = $1"
        noted = "SELECT count(*) FROM access_entry WHERE subjects && $1::uuid[]"
        return [
            *map(tuple, rows),
            *await self.registry.runs(policy, self.regency.code),
            *await self.registry.runs(noted, [self.ids["household"], self.ids["member"]]),
        ]


async def next_door(registry: Registry, *, regency: Region) -> Foreign:
    village = registry.neighbour
    operator = await registry.caller(R.VILLAGE_OPERATOR, over=village)
    person = a_member(village, **NEIGHBOUR)
    family = {"number": 1, "card_number": "3699990101200099", "members": [person]}
    proposal = await registry.proposal(by=operator, address=ADDRESS, families=[family])
    response = await operator.gets(f"/v1/households/{proposal['household_id']}")
    household = response.json()
    async with registry.database.transaction(INDONESIA) as session:
        [held] = await accounts.held_by(session, operator.actor.id, within=INDONESIA)
    ids = {
        "household": household["id"],
        "family": household["families"][0]["id"],
        "member": household["members"][0]["id"],
        "proposal": proposal["id"],
        "survey": household["survey"]["id"],
        "account": str(operator.actor.id),
        "assignment": str(held.id),
    }
    secret = str(uuid4())
    its = {"id": UUID(secret), "account_id": operator.actor.id, "scope_code": village.first}
    async with registry.database.transaction(INDONESIA) as session:
        expires_at = datetime.now(UTC) + timedelta(days=1)
        secret_hash = client_secret_hash(secret)
        session.add(ClientSecret(**its, secret_hash=secret_hash, expires_at=expires_at))
    words = {ADDRESS, family["card_number"], person["nik"], *NEIGHBOUR.values()}
    return Foreign(
        registry,
        village,
        regency,
        {
            **ids,
            "subject": ids["proposal"],
            "dtks": "A0000000639P",  # not determined yet; test_finding_people.py asks for one
            "actor": ids["account"],
            "client": ids["account"],
            "from_account": ids["account"],
            "to_account": ids["account"],
            "secret": secret,
        },
        frozenset(words | set(ids.values())),
    )


# --- the walk


@pytest.fixture(scope="module")
async def registry(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Registry]:
    """One regency for all of these: nothing here counts what lies in it."""
    async with registry_of(app, promise, *next(places.regencies)) as registry:
        yield registry


@pytest.fixture
async def village_desk(registry: Registry) -> Desk:
    return Desk(registry, registry.village, await registry.caller(R.VILLAGE_OPERATOR))


async def wide_desk(registry: Registry, operation_id: str) -> Desk:
    role = WIDEST.get(operation_id, R.REGENCY_OPERATOR)
    regency = registry.elsewhere.at(Tier.REGENCY)
    return Desk(registry, registry.elsewhere, await registry.caller(role, over=regency))


async def sent(app: FastAPI, desk: Desk, operation_id: str, parts: Parts) -> Response:
    method, path, _ = operations_of(app)[operation_id]
    headers = desk.caller.headers
    if parts.version is not None:
        headers["If-Match"] = f'"{parts.version}"'
    return await desk.registry.http.request(
        method.upper(),
        path.format(**parts.path),
        params=parts.query or None,
        json=parts.body,
        headers=headers,
    )


def as_expected(desk: Desk, operation_id: str, place: Place, response: Response) -> bool:
    """Not there; or nothing found; or, for an id of one's own choice, in use and no more said."""
    origin, way = place
    if operation_id in RUNNING_ACCOUNTS and not response.is_success and refused(response) in NEVER:
        return desk.caller.actor.role not in ADMINS or operation_id in OF_THE_MINISTRY
    if (operation_id, way[-1]) in PUBLIC:
        return response.status_code == 200
    if origin == "query":
        return finds_nothing(desk, way, response)
    if way[-1] in ANSWERED_OTHERWISE:
        return ANSWERED_OTHERWISE[str(way[-1])](response)
    return refused(response)[0] == 404


ANSWERED_OTHERWISE: dict[str, Callable[[Response], bool]] = {
    "id": lambda response: refused(response) == (409, "id-taken"),
    "client_id": lambda response: refused(response) == (401, "client-not-recognised"),
    "dtks_id": lambda response: response.json()["items"] == [],
}


def finds_nothing(desk: Desk, way: tuple[str | int, ...], response: Response) -> bool:
    """A list goes on where it was told to, in one's own region; another's is not there."""
    if response.status_code == 404:
        return way == ("region_code",) and refused(response)[1] == "outside-your-region"
    found = response.json()["items"]
    return (
        response.status_code == 200
        and (not found or way == ("after",))
        and all(desk.caller.actor.region.covers(region_of(item)) for item in found)
    )


def region_of(item: dict[str, Any]) -> Region:
    if "region" in item:
        return Region(item["region"]["code"])
    return Region(item["village_code"] if "village_code" in item else item["region_code"])


async def walk(app: FastAPI, desk: Desk, foreign: Foreign, operation_id: str) -> set[Place]:
    """Every place of the operation, each in a fresh request that is right but for it."""
    before = await foreign.holdings()
    tried: set[Place] = set()
    for place in set(places_of(app, operation_id)):
        form = OTHER_FORM.get((operation_id, str(place[1][0])), OPERATIONS[operation_id])
        parts = await form(desk)
        stranger = replaced(parts, place, foreign.value(operation_id, place))

        response = await sent(app, desk, operation_id, stranger)

        said = f"{operation_id} {place}: {response.status_code} {response.text}"
        assert as_expected(desk, operation_id, place, response), said
        assert not secrets_in(response, foreign), said
        assert await foreign.holdings() == before, said
        tried.add(place)
    return tried


def secrets_in(response: Response, foreign: Foreign) -> set[str]:
    told = response.text + repr(response.headers)
    return {secret for secret in foreign.secrets if secret in told}


def test_every_operation_is_in_the_table(app: FastAPI):
    assert set(operations_of(app)) == OPERATIONS.keys() | TAKES_NO_ID.keys()
    assert {name for name in operations_of(app) if not set(places_of(app, name))} == set(
        TAKES_NO_ID
    )
    assert len(OPERATIONS) > 20


def test_what_is_public_is_a_place_there_is(app: FastAPI):
    for operation_id, name in PUBLIC:
        assert name in {way[-1] for _, way in places_of(app, operation_id)}


@pytest.mark.parametrize("operation_id", OPERATIONS)
async def test_a_village_operator_finds_nothing_of_the_next_village(
    app: FastAPI, registry: Registry, village_desk: Desk, operation_id: str
):
    foreign = await next_door(registry, regency=registry.elsewhere.at(Tier.REGENCY))

    tried = await walk(app, village_desk, foreign, operation_id)

    assert tried == set(places_of(app, operation_id)) != set()


@pytest.mark.parametrize("operation_id", OPERATIONS)
async def test_the_widest_role_of_a_regency_finds_nothing_of_another(
    app: FastAPI, registry: Registry, operation_id: str
):
    foreign = await next_door(registry, regency=registry.village.at(Tier.REGENCY))
    desk = await wide_desk(registry, operation_id)

    tried = await walk(app, desk, foreign, operation_id)

    assert tried == set(places_of(app, operation_id)) != set()


@pytest.mark.parametrize("operation_id", OPERATIONS)
async def test_the_same_requests_with_ones_own_ids_are_answered(
    app: FastAPI, registry: Registry, operation_id: str
):
    """Or the walk would prove nothing. And no answer tells of the next village unasked."""
    foreign = await next_door(registry, regency=registry.village.at(Tier.REGENCY))
    desk = await wide_desk(registry, operation_id)
    if operation_id in OF_THE_MINISTRY:
        desk = Desk(registry, desk.village, await registry.caller(R.MINISTRY_ADMIN))

    response = await sent(app, desk, operation_id, await OPERATIONS[operation_id](desk))

    assert response.is_success, response.text
    assert not secrets_in(response, foreign)
