"""Every operation, with an id of another village in every place that takes one.

The places come from the contract: whatever is named like an id or a region code, in the path, the
query and the body. Each request is right in all its parts; then one part at a time is replaced.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response

from app.commands.extracts import place_of as place_of_extract
from app.commands.import_marking import place_of
from app.commands.jobs import cancel, enqueue
from app.commands.list_writing import place_of as place_of_list
from app.db import accounts
from app.db.tables.accounts import Account, ClientSecret, ExternalIdentity
from app.domain.actors import Role
from app.domain.credentials import client_secret_hash
from app.domain.jobs import JobKind
from app.domain.regions import INDONESIA, Region, Tier
from app.settings import Settings
from app.stores import storage_of
from tests.api import issuer
from tests.api.door import PASSWORD, PASSWORD_HASH
from tests.api.test_decrees import applied, drafted, items
from tests.api.test_imports import a_file, sends
from tests.api.test_imports import a_row as an_entry
from tests.api.test_subscriptions import a_subscription
from tests.api.test_uploads import OCTETS, begun, digest, puts
from tests.conftest import SETTINGS, registry_of
from tests.contract import Promise
from tests.files import a_photo
from tests.grants import a_recipient
from tests.registry import (
    LONG_AGO,
    REASON,
    Caller,
    Places,
    Registry,
    a_deliberation,
    a_household,
    a_member,
    a_nik,
    a_statement,
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
    "document",
    "visit",
    "nik_case",
    "upload",
    "upload_part",
    "subscription",
    "webhook_delivery",
    "spdci_partner",
    "spdci_request",
    "import_result",
    "list",
    "letter",
    "extract",
    "extract_file",
    "deliberation",
    "agenda_item",
    "responsibility_statement",
    "proposal",
    "account",
    "agreement",
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
    file: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


REGISTERED: dict[Region, dict[str, Any]] = {}


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

    async def registered(self) -> dict[str, Any]:
        """A household that is registered and receives something: one of the village is enough."""
        if self.village not in REGISTERED:
            operator = await self.operator()
            found = await a_recipient(self.registry, by=operator)
            response = await operator.gets(f"/v1/households/{found['household_id']}")
            REGISTERED[self.village] = response.json()
        return REGISTERED[self.village]

    async def survey(self) -> dict[str, Any]:
        operator = await self.operator()
        household = await self.registry.household(by=operator)
        return await self.registry.survey(household, "drafted", by=operator)

    async def document(self) -> dict[str, Any]:
        return await self.registry.document(by=await self.operator())

    async def enumerator(self) -> Caller:
        return await self.registry.caller(R.ENUMERATOR, over=self.village)

    async def visit(self) -> dict[str, Any]:
        """One that is assigned and not yet made."""
        operator, enumerator = await self.operator(), await self.enumerator()
        household_ids = [(await self.household())["id"]]
        body = {"enumerator_id": str(enumerator.actor.id), "household_ids": household_ids}
        response = await operator.posts("/v1/visits", body)
        assert response.status_code == 201, response.text
        [line] = response.json()["items"]
        return {"id": line["visit_id"], "household_id": line["household_id"]}

    async def nik_case(self) -> dict[str, Any]:
        """Of somebody without a NIK."""
        operator = await self.operator()
        member = a_member(self.village, nik=...)
        family = {"id": str(uuid4()), "number": 1, "members": [member]}
        await self.registry.household(by=operator, families=[family])
        asked = {"region_code": self.village.code}
        await operator.posts("/v1/nik-cases", asked)
        found = await operator.gets("/v1/nik-cases", params={"member_id": member["id"]})
        return found.json()["items"][0]

    async def recipient(self) -> str:
        if self.village not in RECIPIENTS:
            found = await a_recipient(self.registry, by=await self.operator())
            RECIPIENTS[self.village] = found["id"]
        return RECIPIENTS[self.village]

    async def proposal(self, state: str = "drafted") -> dict[str, Any]:
        return await self.registry.proposal(state, by=await self.operator())

    async def deliberation(self, *names: dict[str, Any]) -> dict[str, Any]:
        return await self.registry.deliberation(
            *names, by=await self.operator(), village_code=self.village.code
        )

    async def statement(self) -> dict[str, Any]:
        return await self.registry.statement(by=await self.operator())


RECIPIENTS: dict[Region, str] = {}  # read, and nothing else
Builder = Callable[[Desk], Awaitable[Parts]]
Place = tuple[str, tuple[str | int, ...]]  # (path | query | body, the way to it)
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
async def identify_account(desk: Desk) -> Parts:
    return Parts(await officer_of(desk), body={"nik": None}, version=1)


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


async def an_agreement(desk: Desk) -> dict[str, Any]:
    """Of a machine of the regency, not yet entered."""
    machine = await officer_of(desk, R.INTEGRATION)
    today = datetime.now(UTC).date()
    return {
        "id": str(uuid4()),
        **machine,
        "number": f"{uuid4().hex[:8]}/PKS/2026",
        "purpose": "Penyaluran bantuan provinsi",
        "fields": ["identity"],
        "begins_on": str(today),
        "expires_on": str(today + timedelta(days=99)),
    }


async def entered(desk: Desk) -> dict[str, str]:
    admin = await desk.registry.caller(R.REGENCY_ADMIN, over=desk.village.at(Tier.REGENCY))
    response = await admin.posts("/v1/agreements", await an_agreement(desk))
    assert response.status_code == 201, response.text
    return {"agreement_id": response.json()["id"]}


async def subscribed(desk: Desk) -> dict[str, str]:
    found = await a_subscription(desk.registry, desk.caller, desk.village)
    return {"subscription_id": str(found)}


@operation
async def create_subscription(desk: Desk) -> Parts:
    wanted = {"url": "https://hook.example/", "events": ["proposals.*"], "after": "0.0"}
    return Parts(body={**wanted, "region_code": desk.village.code})


@operation
async def list_subscriptions(desk: Desk) -> Parts:
    return Parts(query={"after": f"{desk.village.code}.{UUID(int=0)}"})


@operation
async def read_subscription(desk: Desk) -> Parts:
    return Parts(await subscribed(desk))


@operation
async def change_subscription(desk: Desk) -> Parts:
    return Parts(await subscribed(desk), body={"region_code": desk.village.code}, version=1)


@operation
async def take_subscription_step(desk: Desk) -> Parts:
    return Parts(await subscribed(desk), body={"action": "replay", "after": "0.0"}, version=1)


@operation
async def rotate_subscription_secret(desk: Desk) -> Parts:
    return Parts(await subscribed(desk), body={})


@operation
async def ping_subscription(desk: Desk) -> Parts:
    return Parts(await subscribed(desk))


@operation
async def list_deliveries(desk: Desk) -> Parts:
    found = await subscribed(desk)
    return Parts(
        found,
        {
            "after": f"{desk.village.code}.{UUID(int=0)}",
            "message_id": found["subscription_id"],
        },
    )


@operation
async def list_agreements(desk: Desk) -> Parts:
    account = {"account_id": (await an_agreement(desk))["account_id"]}
    beginning = f"{desk.village.code}.{UUID(int=1)}"
    return Parts(query={"region_code": desk.village.code, "after": beginning, **account})


@operation
async def enter_agreement(desk: Desk) -> Parts:
    return Parts(body=await an_agreement(desk))


@operation
async def read_agreement(desk: Desk) -> Parts:
    return Parts(await entered(desk))


@operation
async def take_agreement_step(desk: Desk) -> Parts:
    body = {"action": "end", "grounds": {"note": "Kerja sama berakhir."}}
    return Parts(await entered(desk), body=body, version=1)


async def exchanging(desk: Desk) -> dict[str, str]:
    """A machine of the regency that exchanges by the SPDCI standard."""
    machine = await officer_of(desk, R.INTEGRATION)
    await desk.registry.runs(
        "INSERT INTO spdci_partner (account_id, scope_code, sender_id, keys, updated_at) "
        "SELECT id, scope_code, 'spmis.example', '[]', now() FROM account WHERE id = $1",
        UUID(machine["account_id"]),
    )
    return machine


async def a_message(registry: Registry, sender: Caller) -> str:
    """By the SPDCI standard: its correlation."""
    found, actor = uuid4(), sender.actor
    await registry.runs(
        "INSERT INTO spdci_request (id, scope_code, account_id, correlation_id, action, "
        "transaction_id, reference_id, asked, received_at) "
        "VALUES (gen_random_uuid(), $1, $2, $3, 'search', $4, 'r', '{}', now())",
        actor.region.first,
        actor.id,
        found,
        str(found),
    )
    return str(found)


@operation
async def read_spdci_partner(desk: Desk) -> Parts:
    return Parts(await exchanging(desk))


@operation
async def put_spdci_partner(desk: Desk) -> Parts:
    body = {"sender_id": "spmis.example", "callback_uri": "https://spmis.example/registry"}
    return Parts(await officer_of(desk, R.INTEGRATION), body=body, version=1)


@operation
async def read_spdci_request(desk: Desk) -> Parts:
    return Parts({"correlation_id": await a_message(desk.registry, desk.caller)})


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
async def list_nik_cases(desk: Desk) -> Parts:
    case = await desk.nik_case()
    code = desk.village.code
    place = {"region_code": code, "after": f"{code}.{UUID(int=0)}"}
    return Parts(query={**place, "member_id": case["member_id"]})


@operation
async def open_nik_cases(desk: Desk) -> Parts:
    return Parts(body={"region_code": desk.village.code})


@operation
async def count_nik_cases(desk: Desk) -> Parts:
    return Parts(query={"region_code": desk.village.code})


@operation
async def print_nik_cases(desk: Desk) -> Parts:
    await desk.nik_case()
    return Parts(query={"region_code": desk.village.code})


@operation
async def print_nik_cases_by_village(desk: Desk) -> Parts:
    return await print_nik_cases(desk)


async def an_extract(desk: Desk) -> dict[str, str]:
    """In the path of a request: what was asked for over that village, and the file of it."""
    by = desk.caller
    if by.actor.role is R.VILLAGE_OPERATOR:  # he takes nothing out
        by = await desk.registry.caller(R.REGENCY_OPERATOR, over=desk.village.at(Tier.REGENCY))
    asked = await by.posts(
        "/v1/extracts", {"resource": "members", "region_code": desk.village.code}
    )
    assert asked.status_code == 202, asked.text
    extract_id, content = asked.json()["id"], b"{}"
    storage = storage_of(Settings(storage_url=SETTINGS["storage_url"]))
    place = place_of_extract(storage, UUID(extract_id))
    await place.put(sha256(content).digest(), BytesIO(content), len(content))
    await desk.registry.runs(
        "UPDATE extract SET state = 'ready', moment = now(), changes_after = '1.0', "
        "expires_at = now() + interval '1 day' "
        "WHERE id = $1",
        UUID(extract_id),
    )
    await desk.registry.runs(
        "INSERT INTO extract_file (extract_id, number, scope_code, first_village, first_part, "
        "last_village, last_part, rows, sha256, bytes) SELECT id, 1, scope_code, 0, 0, 0, 0, 1, "
        "$2, $3 FROM extract WHERE id = $1",
        UUID(extract_id),
        sha256(content).digest(),
        len(content),
    )
    return {"extract_id": extract_id}


@operation
async def ask_extract(desk: Desk) -> Parts:
    analyst = await desk.registry.caller(R.MINISTRY_ANALYST)
    decree = await drafted(desk.registry, analyst, region_code=desk.village.code)
    await desk.registry.runs(
        "UPDATE decree SET state = 'in_force' WHERE id = $1", UUID(decree["id"])
    )
    about = {"region_code": desk.village.code, "decree_id": decree["id"]}
    return Parts(body={"resource": "members", **about})


@operation
async def list_extracts(desk: Desk) -> Parts:
    return Parts(query={"after": f"{desk.village.code}.{(await an_extract(desk))['extract_id']}"})


@operation
async def read_extract(desk: Desk) -> Parts:
    return Parts(await an_extract(desk))


@operation
async def read_manifest(desk: Desk) -> Parts:
    return Parts(await an_extract(desk))


@operation
async def read_extract_file(desk: Desk) -> Parts:
    return Parts({**await an_extract(desk), "number": "1"})


@operation
async def take_extract_step(desk: Desk) -> Parts:
    return Parts(await an_extract(desk), body={"action": "delete"}, version=1)


@operation
async def list_imports(desk: Desk) -> Parts:
    code = desk.village.code
    return Parts(query={"region_code": code, "after": f"{code}.{await a_result(desk)}"})


@operation
async def read_import(desk: Desk) -> Parts:
    return Parts({"import_id": await a_result(desk)})


@operation
async def list_import_rows(desk: Desk) -> Parts:
    return Parts({"import_id": await a_result(desk)}, query={"after": "0.1"})


@operation
async def list_import_units(desk: Desk) -> Parts:
    return Parts({"import_id": await a_result(desk)}, query={"after": "0.1"})


@operation
async def take_import_step(desk: Desk) -> Parts:
    import_id = await a_result(desk)
    ready = "UPDATE import SET state = 'ready' WHERE id = $1"
    await desk.registry.runs(ready, UUID(import_id))
    return Parts({"import_id": import_id}, body={"action": "discard"}, version=1)


@operation
async def read_nik_case(desk: Desk) -> Parts:
    return Parts({"nik_case_id": (await desk.nik_case())["id"]})


@operation
async def take_nik_case_step(desk: Desk) -> Parts:
    case = await desk.nik_case()
    evidence = [{"type": "other", "document_id": (await desk.document())["id"]}]
    corrections = {"nik": a_nik(desk.village)}
    body = {"action": "repair", "corrections": corrections, "evidence": evidence}
    return Parts({"nik_case_id": case["id"]}, body=body, version=case["version"])


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
async def list_accesses_of_member(desk: Desk) -> Parts:
    return Parts((await read_member(desk)).path, {"after": "9000000"})


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
    earlier = await desk.registry.survey(household, by=await desk.operator())
    body = {**an_answer_sheet(household), "copy_of": earlier["id"]}
    return Parts({"household_id": household["id"]}, body=body)


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
async def store_document(desk: Desk) -> Parts:
    query = {"purpose": "house_front", "region_code": desk.village.code}
    survey_id = (await desk.survey())["id"]
    return Parts(query={**query, "survey_id": survey_id}, file=a_photo())


@operation
async def read_document(desk: Desk) -> Parts:
    return Parts({"document_id": (await desk.document())["id"]})


@operation
async def read_content(desk: Desk) -> Parts:
    return await read_document(desk)


@operation
async def take_document_step(desk: Desk) -> Parts:
    body = {"action": "withdraw", "grounds": {"note": "keliru"}}
    return Parts({"document_id": (await desk.document())["id"]}, body=body, version=1)


@operation
async def list_photos(desk: Desk) -> Parts:
    return await read_survey(desk)


@operation
async def assign_visits(desk: Desk) -> Parts:
    enumerator_id = str((await desk.enumerator()).actor.id)
    household_ids = [(await desk.household())["id"]]
    return Parts(body={"enumerator_id": enumerator_id, "household_ids": household_ids})


@operation
async def list_enumerators(desk: Desk) -> Parts:
    code = desk.village.code
    return Parts(query={"region_code": code, "after": f"{code}.{UUID(int=0)}"})


@operation
async def list_visits(desk: Desk) -> Parts:
    visit = await desk.visit()
    ids = {"household_id": visit["household_id"]}
    ids["enumerator_id"] = str((await desk.enumerator()).actor.id)
    return Parts(query={**ids, **(await list_enumerators(desk)).query})


SENDING: dict[UUID, dict[str, Any]] = {}  # there may be few of one's own


async def an_upload(desk: Desk) -> dict[str, Any]:
    """That waits for its only part."""
    me = desk.caller.actor.id
    if me not in SENDING:
        content = str(uuid4()).encode()
        SENDING[me] = {"content": content, **(await begun(desk.caller, content))}
    return SENDING[me]


@operation
async def list_uploads(desk: Desk) -> Parts:
    upload = await an_upload(desk)
    return Parts(query={"after": f"{desk.village.code}.{upload['id']}"})


@operation
async def read_upload(desk: Desk) -> Parts:
    return Parts({"upload_id": (await an_upload(desk))["id"]})


@operation
async def store_part(desk: Desk) -> Parts:
    upload = await an_upload(desk)
    content = upload["content"]
    headers = {"Content-Type": OCTETS, "Content-Digest": digest(content)}
    return Parts({"upload_id": upload["id"], "number": "1"}, file=content, headers=headers)


@operation
async def take_upload_step(desk: Desk) -> Parts:
    content = str(uuid4()).encode()
    upload = await begun(desk.caller, content)
    await puts(desk.caller, upload, 1, content)
    return Parts({"upload_id": upload["id"]}, body={"action": "complete"}, version=1)


async def a_result(desk: Desk) -> str:
    """An import, and the file that goes back of it."""
    content = a_file([an_entry(desk.village)])
    import_ = (await sends(desk.caller, content)).json()
    storage = storage_of(Settings(storage_url=SETTINGS["storage_url"]))
    place = place_of(storage, UUID(import_["id"]))
    await place.put(sha256(content).digest(), BytesIO(content), len(content))
    await desk.registry.runs(
        "INSERT INTO import_result "
        "SELECT id, 'xlsx', scope_code, 'id', sha256, bytes, now() FROM import WHERE id = $1",
        UUID(import_["id"]),
    )
    return str(import_["id"])


async def a_list(desk: Desk) -> dict[str, str]:
    """In the path of a request: what the caller has asked for, and the file of it."""
    response = await desk.caller.posts(
        "/v1/lists", {"kind": "named_list", "region_code": desk.village.code}
    )
    assert response.status_code == 202, response.text
    list_id, content = response.json()["id"], b"PK"
    storage = storage_of(Settings(storage_url=SETTINGS["storage_url"]))
    place = place_of_list(storage, UUID(list_id))
    await place.put(sha256(content).digest(), BytesIO(content), len(content))
    await desk.registry.runs(
        "UPDATE list SET state = 'made', made_at = now(), names = 0, bytes = $2, sha256 = $3 "
        "WHERE id = $1",
        UUID(list_id),
        len(content),
        sha256(content).digest(),
    )
    return {"list_id": list_id}


@operation
async def request_list(desk: Desk) -> Parts:
    return Parts(body={"kind": "named_list", "region_code": desk.village.code})


@operation
async def list_lists(desk: Desk) -> Parts:
    code = desk.village.code
    after = f"{code}.{(await a_list(desk))['list_id']}"
    return Parts(query={"region_code": code, "after": after})


@operation
async def read_list(desk: Desk) -> Parts:
    return Parts(await a_list(desk))


@operation
async def read_list_file(desk: Desk) -> Parts:
    return Parts(await a_list(desk))


async def letters_of(desk: Desk) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """What to ask for somebody who is registered, and what there is of it that is valid."""
    asked = {"member_id": (await desk.registered())["members"][0]["id"], "purpose": "pip"}
    found = (await (await desk.operator()).gets("/v1/letters", params=asked)).json()["items"]
    return asked, [each for each in found if each["state"] == "issued"]


async def a_letter(desk: Desk) -> dict[str, Any]:
    asked, valid = await letters_of(desk)
    if not valid:
        valid = [(await (await desk.operator()).posts("/v1/letters", asked)).json()]
    return valid[0]


@operation
async def issue_letter(desk: Desk) -> Parts:
    asked, valid = await letters_of(desk)
    for letter in valid:
        step = {"action": "revoke", "grounds": {"note": "diganti"}}
        path = f"/v1/letters/{letter['id']}/steps"
        await (await desk.operator()).posts(path, step, version=letter["version"])
    return Parts(body=asked)


@operation
async def list_letters(desk: Desk) -> Parts:
    letter, code = await a_letter(desk), desk.village.code
    whose = {"member_id": letter["member_id"], "purpose": letter["purpose"]}
    return Parts(query={"region_code": code, "after": f"{code}.{letter['id']}", **whose})


@operation
async def read_letter(desk: Desk) -> Parts:
    return Parts({"letter_id": (await a_letter(desk))["id"]})


@operation
async def print_letter_file(desk: Desk) -> Parts:
    return Parts({"letter_id": (await a_letter(desk))["id"]})


@operation
async def take_letter_step(desk: Desk) -> Parts:
    letter = await a_letter(desk)
    body = {"action": "revoke", "grounds": {"note": "keliru"}}
    return Parts({"letter_id": letter["id"]}, body=body, version=letter["version"])


@operation
async def check_letter(_: Desk) -> Parts:
    return Parts({"code": "7K2M-9QWX-0ABC-3DEF"})


@operation
async def read_import_result(desk: Desk) -> Parts:
    return Parts({"import_id": await a_result(desk)})


async def a_job(desk: Desk, *, ended: bool = False) -> dict[str, str]:
    """In the path of a request: what the caller has asked for."""
    actor, region = desk.caller.actor, desk.village
    async with desk.registry.database.transaction(actor.region) as session:
        job = await enqueue(session, JobKind.MARK_IMPORT, uuid4(), by=actor, region=region)
        if ended:
            await cancel(session, job.id, by=actor, version=1)
    return {"job_id": str(job.id)}


@operation
async def list_jobs(desk: Desk) -> Parts:
    job = await a_job(desk)
    ids = {"subject_id": str(uuid4()), "account_id": str(desk.caller.actor.id)}
    place = {"region_code": desk.village.code, "after": f"{desk.village.code}.{job['job_id']}"}
    return Parts(query=ids | place)


@operation
async def read_job(desk: Desk) -> Parts:
    return Parts(await a_job(desk))


@operation
async def follow_job(desk: Desk) -> Parts:
    return Parts(await a_job(desk, ended=True))


@operation
async def take_job_step(desk: Desk) -> Parts:
    return Parts(await a_job(desk), body={"action": "cancel"}, version=1)


@operation
async def read_visit(desk: Desk) -> Parts:
    return Parts({"visit_id": (await desk.visit())["id"]})


@operation
async def take_visit_step(desk: Desk) -> Parts:
    body = {"action": "revoke", "grounds": {"note": "batal"}}
    return Parts({"visit_id": (await desk.visit())["id"]}, body=body, version=1)


async def submit_visit(desk: Desk) -> Parts:
    parts = await take_visit_step(desk)
    body = {"action": "submit", "survey_id": (await desk.survey())["id"]}
    return Parts(parts.path, body=body, version=1)


@operation
async def draft_proposal(desk: Desk) -> Parts:
    household = await desk.household()
    body = {"id": str(uuid4()), "kind": "new_family", "household_id": household["id"]}
    return Parts(body=body)


@operation
async def change_proposal(desk: Desk) -> Parts:
    proposal = await desk.proposal()
    return Parts({"proposal_id": proposal["id"]}, body={"kind": "new_family"}, version=1)


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
async def list_recipients(desk: Desk) -> Parts:
    after = f"{desk.village.code}.{await desk.recipient()}"
    return Parts(query={"after": after, "region_code": desk.village.code})


@operation
async def read_recipient(desk: Desk) -> Parts:
    return Parts({"recipient_id": await desk.recipient()})


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
async def follow_changes(desk: Desk) -> Parts:
    return Parts(query={"region_code": desk.village.code, "after": "now"})


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
async def list_policy_versions(desk: Desk) -> Parts:
    return Parts((await read_policy(desk)).path, query={"after": "0.0"})


@operation
async def read_policy_version(desk: Desk) -> Parts:
    await decided(desk.registry, desk.village.at(Tier.REGENCY))
    return Parts({"regency_code": desk.village.at(Tier.REGENCY).code, "version": 1})


@operation
async def set_policy(desk: Desk) -> Parts:
    parts = await read_policy(desk)
    policy = await desk.caller.gets(f"/v1/policies/{parts.path['regency_code']}")
    window = {**A_WINDOW, "region_code": desk.village.code}
    body = {"district_checks": False, "windows": [window]}
    return Parts(parts.path, body=body, version=policy.json()["version"])


A_WINDOW = {
    "name": "kepala_desa",
    "label_id": "Persetujuan kepala desa",
    "label_en": "Approval by the village head",
    "acts": ["proposal"],
    "roles": ["village_head"],
    "recurrence": "monthly",
    "start_day": 1,
    "end_day": 10,
    "clock": "village",
    "late": "next_period",
}


async def decided(registry: Registry, regency: Region) -> None:
    """The regency's policy has a window, and so a version to be read."""
    admin = await registry.caller(R.REGENCY_ADMIN, over=regency)
    path = f"/v1/policies/{regency.code}"
    policy = (await admin.gets(path)).json()
    if not policy["windows"]:
        body = {"district_checks": False, "windows": [A_WINDOW]}
        response = await admin.puts(path, body, version=policy["version"])
        assert response.status_code == 200, response.text


@operation
async def list_windows(desk: Desk) -> Parts:
    return Parts(query={"region_code": desk.village.code})


@operation
async def list_window_exceptions(desk: Desk) -> Parts:
    after = f"{desk.village.code}.{UUID(int=0)}"
    return Parts(query={"region_code": desk.village.code, "after": after})


PERIODS = count()


async def held_open(desk: Desk) -> dict[str, Any]:
    regency = desk.village.at(Tier.REGENCY)
    await decided(desk.registry, regency)
    years, month = divmod(next(PERIODS), 12)
    period = date(2030 + years, month + 1, 1)
    return {
        "id": str(uuid4()),
        "window_name": A_WINDOW["name"],
        "region_code": desk.village.code,
        "period": str(period),
        "open_until": str(period.replace(day=20)),
        "note": "Jembatan putus.",
    }


@operation
async def grant_window_exception(desk: Desk) -> Parts:
    return Parts(body=await held_open(desk))


async def an_exception(desk: Desk) -> str:
    admin = await desk.registry.caller(R.REGENCY_ADMIN, over=desk.village.at(Tier.REGENCY))
    granted = await admin.posts("/v1/window-exceptions", await held_open(desk))
    assert granted.status_code == 201, granted.text
    return granted.json()["id"]


@operation
async def read_window_exception(desk: Desk) -> Parts:
    return Parts({"exception_id": await an_exception(desk)})


@operation
async def take_window_exception_step(desk: Desk) -> Parts:
    step = {"action": "revoke", "grounds": {"note": "Sudah pulih."}}
    return Parts({"exception_id": await an_exception(desk)}, body=step, version=1)


@operation
async def convene_deliberation(desk: Desk) -> Parts:
    return Parts(body=a_deliberation(desk.village.code))


@operation
async def list_deliberations(desk: Desk) -> Parts:
    return await list_window_exceptions(desk)


@operation
async def read_deliberation(desk: Desk) -> Parts:
    return Parts({"deliberation_id": (await desk.deliberation())["id"]})


@operation
async def change_deliberation(desk: Desk) -> Parts:
    parts = await read_deliberation(desk)
    return Parts(parts.path, body={"place": "Balai RW 2"}, version=1)


@operation
async def take_deliberation_step(desk: Desk) -> Parts:
    body = {"action": "cancel", "grounds": {"note": "Banjir."}}
    return Parts((await read_deliberation(desk)).path, body=body, version=1)


async def scan_minutes(desk: Desk) -> Parts:
    operator = await desk.operator()
    held = await desk.registry.deliberated(await desk.proposal(), by=operator, scanned=False)
    code = desk.village.code
    scan = await desk.registry.document("minutes_scan", by=operator, region_code=code)
    body = {"action": "attach_scan", "document_id": scan["id"]}
    return Parts({"deliberation_id": held["id"]}, body=body, version=held["version"])


@operation
async def list_agenda(desk: Desk) -> Parts:
    held = await desk.deliberation(await desk.proposal())
    return Parts({"deliberation_id": held["id"]}, {"after": "1"})


@operation
async def enlist_proposals(desk: Desk) -> Parts:
    body = {"proposal_ids": [(await desk.proposal())["id"]]}
    return Parts((await read_deliberation(desk)).path, body=body, version=1)


@operation
async def strike_proposal(desk: Desk) -> Parts:
    proposal = await desk.proposal()
    held = await desk.deliberation(proposal)
    return Parts({"deliberation_id": held["id"]}, body={"proposal_id": proposal["id"]}, version=2)


@operation
async def judge_names(desk: Desk) -> Parts:
    parts = await strike_proposal(desk)
    return Parts(parts.path, body={"items": [{**parts.body, "outcome": "eligible"}]}, version=2)


@operation
async def print_deliberation_minutes(desk: Desk) -> Parts:
    return await read_deliberation(desk)


@operation
async def declare_statement(desk: Desk) -> Parts:
    await desk.statement()  # the policy allows it from then on
    return Parts(body=a_statement(await desk.proposal("awaiting_deliberation")))


@operation
async def list_statements(desk: Desk) -> Parts:
    return await list_window_exceptions(desk)


@operation
async def read_statement(desk: Desk) -> Parts:
    return Parts({"statement_id": (await desk.statement())["id"]})


@operation
async def take_statement_step(desk: Desk) -> Parts:
    code, operator = desk.village.code, await desk.operator()
    scan = await desk.registry.document("statement_scan", by=operator, region_code=code)
    body = {"action": "attach_scan", "document_id": scan["id"]}
    return Parts((await read_statement(desk)).path, body=body, version=1)


@operation
async def preview_decisions(desk: Desk) -> Parts:
    await desk.proposal("awaiting_regency")
    return Parts(body={"verdict": "reject", "filter": {"region_code": desk.village.code}})


@operation
async def decide_for_many(desk: Desk) -> Parts:
    proposal = await desk.proposal("awaiting_regency")
    named = [{"id": proposal["id"], "version": proposal["version"]}]
    return Parts(body={"verdict": "reject", "grounds": REASON, "proposals": named})


async def decide_for_all(desk: Desk) -> Parts:
    parts = await preview_decisions(desk)
    after = f"{desk.village.code}.{UUID(int=2**128 - 1)}"
    more = {"grounds": REASON, "expected_count": 0, "after": after}
    return Parts(body={**parts.body, **more})


@dataclass(frozen=True)
class Decreed:
    """An applied decree, one before it, and whoever stands in it."""

    id: str
    earlier: str
    member: str


DECREED: dict[Region, Decreed] = {}  # a list is read, and nothing else


async def a_decree(desk: Desk, *, month: str = "2099-01-01") -> Decreed:
    """One of the village is enough."""
    if desk.village not in DECREED:
        analyst = await desk.registry.caller(R.MINISTRY_ANALYST)
        determiner = await desk.registry.caller(R.MINISTRY_DETERMINER)
        here = {"region_code": desk.village.code}
        earlier = await drafted(desk.registry, analyst, period="2097-01-01", **here)
        await applied(analyst, determiner, earlier)
        await desk.proposal("awaiting_determination")
        decree = await drafted(desk.registry, analyst, period=month, **here)
        await applied(analyst, determiner, decree)
        [line, *_] = await items(analyst, decree, "lines")
        DECREED[desk.village] = Decreed(decree["id"], earlier["id"], line["member_id"])
    return DECREED[desk.village]


@operation
async def draft_decree(desk: Desk) -> Parts:
    body = {"number": uuid4().hex, "dated": "2026-11-20", "period": "2026-12-01"}
    return Parts(body={**body, "region_code": desk.village.code})


@operation
async def list_decrees(_: Desk) -> Parts:
    return Parts(query={"after": f"0.{UUID(int=2**128 - 1)}"})


@operation
async def read_decree(desk: Desk) -> Parts:
    return Parts({"decree_id": (await a_decree(desk)).id})


@operation
async def take_decree_step(desk: Desk) -> Parts:
    analyst = await desk.registry.caller(R.MINISTRY_ANALYST)
    decree = await drafted(desk.registry, analyst, region_code=desk.village.code)
    return Parts({"decree_id": decree["id"]}, body={"action": "check"}, version=1)


@operation
async def list_decree_checks(desk: Desk) -> Parts:
    return Parts((await read_decree(desk)).path, (await list_window_exceptions(desk)).query)


@operation
async def list_decree_lines(desk: Desk) -> Parts:
    query = {"region_code": desk.village.code, "after": f"{desk.village.code}.0"}
    return Parts((await read_decree(desk)).path, query)


@operation
async def compare_decrees(desk: Desk) -> Parts:
    parts = await list_decree_checks(desk)
    return Parts(parts.path, {**parts.query, "from": (await a_decree(desk)).earlier})


@operation
async def list_decrees_of_member(desk: Desk) -> Parts:
    return Parts({"member_id": (await a_decree(desk)).member})


@operation
async def list_notices(_: Desk) -> Parts:
    return Parts(query={"after": "0.0"})


@operation
async def read_turnarounds(desk: Desk) -> Parts:
    return Parts(query={"region_code": desk.village.code})


TAKES_NO_ID = {
    "mark_notices": "numbers of notices: what is none of one's own is not noted",
    "read_today": "about whoever asks",
    "revoke_tokens": "an opaque token, known by its hash; the answer is always the same",
    "read_myself": "about whoever asks",
    "read_keys": "the service's own public key",
    "read_provinces": "reference data",
    "search_regions": "reference data",
    "list_reasons": "reference data",
    "list_labels": "reference data",
    "list_programmes": "reference data",
    "read_programme": "reference data",
    "list_codebooks": "reference data",
    "read_codebook": "reference data",
    "begin_upload": "about a file that the caller has",
    "send_import": "about a file that the caller has",
    "list_import_layouts": "reference data",
    "read_import_template": "reference data",
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
    ("list_policy_versions", "regency_code"): "public rules, like those in force",
    ("list_policy_versions", "after"): "public rules, like those in force",
    ("read_policy_version", "regency_code"): "public rules, like those in force",
    ("list_notices", "after"): "goes by number alone; what is listed is of one's own region",
    ("read_window_exception", "exception_id"): "public rules: who may work for how long",
    ("list_decrees", "after"): "decrees name nobody",
    ("read_decree", "decree_id"): "a decree names nobody",
    ("list_decree_checks", "decree_id"): "of the nation; its checks are told as far as one sees",
    ("list_decree_lines", "decree_id"): "of the nation; its lines are told as far as one sees",
    ("compare_decrees", "decree_id"): "of the nation; its lines are told as far as one sees",
    ("compare_decrees", "from"): "likewise",
    ("check_nik", "region_code"): "about digits; that somebody holds it is said without a place",
    ("check_letter", "code"): "for whoever holds a letter; of an unknown code nothing is told",
}
# The widest role below the province that may do it; for the others, the regency's operator.
WIDEST = {
    "follow_changes": R.REGENCY_OPERATOR,
    "read_account": R.REGENCY_ADMIN,
    "take_account_step": R.REGENCY_ADMIN,
    "list_accounts": R.REGENCY_ADMIN,
    "list_vacancies": R.REGENCY_ADMIN,
    "open_account": R.REGENCY_ADMIN,
    "open_many_accounts": R.REGENCY_ADMIN,
    "reset_passwords": R.REGENCY_ADMIN,
    "change_account": R.REGENCY_ADMIN,
    "identify_account": R.REGENCY_ADMIN,
    "give_assignment": R.REGENCY_ADMIN,
    "take_assignment_step": R.REGENCY_ADMIN,
    "link_identity": R.REGENCY_ADMIN,
    "take_identity_step": R.REGENCY_ADMIN,
    "list_secrets": R.REGENCY_ADMIN,
    "give_secret": R.REGENCY_ADMIN,
    "take_secret_step": R.REGENCY_ADMIN,
    "read_spdci_partner": R.REGENCY_ADMIN,
    "put_spdci_partner": R.REGENCY_ADMIN,
    "list_agreements": R.REGENCY_ADMIN,
    "enter_agreement": R.REGENCY_ADMIN,
    "read_agreement": R.REGENCY_ADMIN,
    "take_agreement_step": R.REGENCY_ADMIN,
    **dict.fromkeys(
        (
            "create_subscription",
            "change_subscription",
            "take_subscription_step",
            "rotate_subscription_secret",
            "ping_subscription",
        ),
        R.REGENCY_OPERATOR,
    ),
    **dict.fromkeys(("ask_extract", "take_extract_step"), R.REGENCY_OPERATOR),
    "hand_over_work": R.REGENCY_ADMIN,
    "set_policy": R.REGENCY_ADMIN,
    "grant_window_exception": R.REGENCY_ADMIN,
    "take_window_exception_step": R.REGENCY_ADMIN,
    "decide": R.REGENCY_VERIFIER,
    "preview_decisions": R.REGENCY_VERIFIER,
    "decide_for_many": R.REGENCY_VERIFIER,
}


# What no role below the ministry does; there nothing is foreign.
OF_THE_MINISTRY = {
    "give_secret": R.MINISTRY_ADMIN,
    "take_secret_step": R.MINISTRY_ADMIN,
    "put_spdci_partner": R.MINISTRY_ADMIN,
    "draft_decree": R.MINISTRY_ANALYST,
    "take_decree_step": R.MINISTRY_ANALYST,
}
# Where a body has two forms: who builds the one with that place in it.
OTHER_FORM: dict[tuple[str, str], Builder] = {
    ("open_many_accounts", "region_code"): open_where_nobody_is,
    ("search_members", "dtks_id"): search_by_dtks_id,
    ("search_households", "dtks_id"): search_by_dtks_id,
    ("take_visit_step", "survey_id"): submit_visit,
    ("decide_for_many", "filter"): decide_for_all,
    ("decide_for_many", "after"): decide_for_all,
    ("take_deliberation_step", "document_id"): scan_minutes,
}


def ways_to_ask(home: dict[str, Any], document: str) -> dict[tuple[str | int, ...], dict[str, Any]]:
    """For every place in the bodies of the kinds, a proposal that has something there."""
    member, family = home["members"][0]["id"], home["families"][0]["id"]
    departure = {"direction": "departure", "member_ids": [member], "to_village_code": "3672011001"}
    coming = {"member_id": member, "family_id": family}
    arrival = {"direction": "arrival", "household_id": home["id"], "people": [coming]}
    leaving = {"kind": "move", "household_id": home["id"], "asks": departure}
    arriving = {"kind": "move", "household_id": home["id"], "asks": arrival}
    piece = {"type": "minutes", "document_id": document}
    about = {"household_id": home["id"], "member_id": member}
    correction = {"kind": "correction", **about}
    return {
        ("member_id",): correction,
        ("family_id",): {"kind": "correction", "household_id": home["id"], "family_id": family},
        ("asks", "evidence", 0, "document_id"): {**correction, "asks": {"evidence": [piece]}},
        ("asks", "changes", "family_id"): {
            **correction,
            "asks": {"changes": {"family_id": family}},
        },
        ("asks", "payee_id"): {
            "kind": "programme",
            "household_id": home["id"],
            "family_id": family,
            "asks": {"programme": "PKH", "payee_id": member},
        },
        ("asks", "new_payee_id"): {
            "kind": "payee_change",
            "household_id": home["id"],
            "family_id": family,
            "asks": {"programme": "SEMBAKO", "new_payee_id": member},
        },
        ("asks", "member_ids", 0): leaving,
        ("asks", "to_village_code"): leaving,
        ("asks", "household_id"): arriving,
        ("asks", "people", 0, "member_id"): arriving,
        ("asks", "people", 0, "family_id"): arriving,
    }


async def asking_there(desk: Desk, operation_id: str, way: tuple[str | int, ...]) -> Parts:
    """A draft, or a change of one, that has something in that place."""
    document = (await desk.document())["id"] if "document_id" in way else ""
    body = deepcopy(ways_to_ask(await desk.registered(), document)[way])
    if operation_id == "draft_proposal":
        return Parts(body=body)
    operator = await desk.operator()
    response = await operator.posts("/v1/proposals", body)
    assert response.status_code == 201, response.text
    changes = {"kind": body["kind"], "asks": body["asks"]}
    return Parts({"proposal_id": response.json()["id"]}, body=changes, version=1)


def form_of(operation_id: str, place: Place) -> Builder:
    origin, way = place
    asking = operation_id in {"draft_proposal", "change_proposal"} and origin == "body"
    if asking and way not in {("id",), ("household_id",)}:
        return lambda desk: asking_there(desk, operation_id, way)
    return OTHER_FORM.get((operation_id, str(way[0])), OPERATIONS[operation_id])


# One's role is refused whatever the place held: nothing is told of what lies there.
NEVER = {(403, "role-not-appointed"), (403, "role-may-not"), (403, "accounts-are-for-admins")}


# --- the places

MADE_BY = re.compile("^(draft|open|convene|declare|enter)_")
PAGED_BY_UUID = {
    *("list_households", "list_proposals", "list_accounts", "list_window_exceptions"),
    *("list_visits", "list_enumerators", "list_recipients", "list_jobs", "list_nik_cases"),
    *("list_subscriptions", "list_deliveries"),
    *("list_lists", "list_letters", "list_extracts"),
    *("list_uploads", "list_imports", "list_agreements"),
    *("list_deliberations", "list_statements", "list_decree_checks", "compare_decrees"),
    "decide_for_many",
}


def operations_of(app: FastAPI) -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        found["operationId"]: (method, path, found)
        for path, methods in app.openapi()["paths"].items()
        for method, found in methods.items()
        if not path.startswith("/registry/")  # its ids are the sender's own: see test_spdci.py
    }


def is_reference(name: str, schema: dict[str, Any]) -> bool:
    kinds = [schema, *schema.get("anyOf", [])]
    by_name = name in {"id", "code", "after"} or name.endswith(("_id", "_code"))
    by_name = by_name and name != "label_id"  # what it is called in Indonesian
    return by_name or any(kind.get("format") == "uuid" for kind in kinds)


def places_of(app: FastAPI, operation_id: str) -> Iterator[Place]:
    _, _, found = operations_of(app)[operation_id]
    for parameter in found.get("parameters", []):
        if is_reference(parameter["name"], parameter["schema"]):
            yield parameter["in"], (parameter["name"],)
    if "application/json" in found.get("requestBody", {}).get("content", {}):
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
            within = {"families": "family", "members": "member", "proposals": "proposal"}
            return self.ids[within[parents[-1]] if parents else MADE_BY.sub("", operation_id)]
        if name == "after":
            return self.beginning(operation_id)
        name = "survey_id" if name == "copy_of" else name.removesuffix("s")
        if name == "from":
            return self.ids["decree"]
        if name.endswith("_id"):
            return self.ids[name.removesuffix("_id")]
        return (self.regency if name == "regency_code" else self.village).code

    def beginning(self, operation_id: str) -> str:
        """Where a list of the village begins."""
        others = {
            "list_children": self.village.code,
            "list_vacancies": self.village.code,
            "list_surveys": f"9999-12-31.{self.ids['survey']}",
            "list_agenda": "0",  # a number of its own
            "list_accesses_of_member": "1",  # likewise
            "list_decrees": f"0.{UUID(int=0)}",  # the newest first
        }
        first = UUID(int=0) if operation_id in PAGED_BY_UUID else 0
        return others.get(operation_id, f"{self.village.code}.{first}")

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


FOREIGN: dict[Region, Foreign] = {}  # what no request of a stranger's changes


async def next_door(registry: Registry, *, regency: Region) -> Foreign:
    village = registry.neighbour
    if village not in FOREIGN:
        FOREIGN[village] = await a_village_of_others(registry, village)
    await decided(registry, regency)
    return replace(FOREIGN[village], regency=regency)


async def documents_and_visits(desk: Desk) -> dict[str, str]:
    return {
        "document": (await desk.document())["id"],
        "visit": (await desk.visit())["id"],
        "nik_case": (await desk.nik_case())["id"],
        "recipient": await desk.recipient(),
        "deliberation": (await desk.deliberation())["id"],
        "statement": (await desk.statement())["id"],
        "upload": (await an_upload(desk))["id"],
        "import": await a_result(desk),
        "list": (await a_list(desk))["list_id"],
        "extract": (await an_extract(desk))["extract_id"],
        "letter": (await a_letter(desk))["id"],
        "enumerator": str((await desk.enumerator()).actor.id),
    }


async def a_village_of_others(registry: Registry, village: Region) -> Foreign:
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
        **dict.fromkeys(("member", "payee", "new_payee"), household["members"][0]["id"]),
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
    desk = Desk(registry, village, operator)
    job = await a_job(desk)
    agreement = await registry.agrees(operator, ["identity"])
    exception = await an_exception(desk)
    decree = await a_decree(desk, month="2098-01-01")
    words = {ADDRESS, family["card_number"], person["nik"], *NEIGHBOUR.values()}
    return Foreign(
        registry,
        village,
        village.at(Tier.REGENCY),
        {
            **ids,
            **await documents_and_visits(desk),
            "subject": ids["proposal"],
            "exception": exception,
            "decree": decree.id,
            "job": job["job_id"],
            "agreement": str(agreement.id),
            "sender": "spmis.neighbour.example",
            "correlation": await a_message(registry, operator),
            **dict.fromkeys(
                ("subscription", "message"), str(await a_subscription(registry, operator, village))
            ),
            "grant_window_exception": exception,
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
    if parts.file is not None:
        headers["Content-Type"] = "image/jpeg"
    headers |= parts.headers
    return await desk.registry.http.request(
        method.upper(),
        path.format(**parts.path),
        params=parts.query or None,
        **({"json": parts.body} if parts.file is None else {"content": parts.file}),
        headers=headers,
    )


def as_expected(desk: Desk, operation_id: str, place: Place, response: Response) -> bool:
    """Not there; or nothing found; or, for an id of one's own choice, in use and no more said."""
    origin, way = place
    role = desk.caller.actor.role
    others = operation_id in OF_THE_MINISTRY or WIDEST.get(operation_id, role) is not role
    if others and not response.is_success and refused(response) in NEVER:
        return True
    if (operation_id, way[-1]) in PUBLIC:
        return response.status_code == 200
    otherwise = IN_THIS_OPERATION.get((operation_id, way[0]))
    if origin == "query" and not otherwise:
        return finds_nothing(desk, way, response)
    otherwise = otherwise or ANSWERED_OTHERWISE.get(way[-1])
    return otherwise(response) if otherwise else refused(response)[0] == 404


IN_THIS_OPERATION: dict[tuple[str, str | int], Callable[[Response], bool]] = {
    # A name that a partner has given itself opens nothing; whose account it is decides.
    ("put_spdci_partner", "sender_id"): lambda response: response.status_code in {403, 404},
    # Each household is answered for itself; and the fruit of a visit is an enumerator's to bring.
    ("assign_visits", "household_ids"): lambda response: response.json()["items"][0][
        "refused"
    ].endswith(":household-not-found"),
    # A decree is of the nation; who stands in it is told as far as one sees.
    ("ask_extract", "decree_id"): lambda response: response.status_code == 202,
    # A place in the audit is nobody's, and this one has not come.
    ("follow_changes", "after"): lambda response: refused(response)[0] in {409, 422},
    ("create_subscription", "after"): lambda response: refused(response) == (422, "cursor-not-fit"),
    ("take_subscription_step", "after"): lambda response: (
        refused(response) == (422, "cursor-not-fit")
    ),
    # A draft keeps what it was told; nothing is looked up before it is submitted.
    ("draft_proposal", "asks"): lambda response: response.status_code in {201, 404},
    ("change_proposal", "asks"): lambda response: response.status_code in {200, 404},
    ("take_nik_case_step", "evidence"): lambda response: response.status_code in {201, 404},
    ("take_visit_step", "survey_id"): lambda response: refused(response) == (403, "role-may-not"),
    ("enlist_proposals", "proposal_ids"): lambda response: response.json()["items"][0]["problem"][
        "type"
    ].endswith(":proposal-not-found"),
    ("decide_for_many", "proposals"): lambda response: response.json()["items"][0]["problem"][
        "type"
    ].endswith(":proposal-not-found"),
    # It goes on in one's own region: all that match there, or none.
    ("decide_for_many", "after"): lambda response: (
        refused(response) == (409, "count-changed")
        if response.status_code == 409
        else response.json()["items"] == []
    ),
    ("judge_names", "items"): lambda response: refused(response) == (422, "not-on-the-agenda"),
}
ANSWERED_OTHERWISE: dict[str | int, Callable[[Response], bool]] = {
    "id": lambda response: refused(response) == (409, "id-taken"),
    "client_id": lambda response: refused(response) == (401, "client-not-recognised"),
    "dtks_id": lambda response: response.json()["items"] == [],
}


def finds_nothing(desk: Desk, way: tuple[str | int, ...], response: Response) -> bool:
    """A list goes on where it was told to, in one's own region; another's is not there."""
    if response.status_code == 404:
        why = {("region_code",): "outside-your-region", ("survey_id",): "survey-not-found"}
        return refused(response)[1] == why.get(way)
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
        parts = await form_of(operation_id, place)(desk)
        value = foreign.value(operation_id, place)
        stranger = replaced(parts, place, value)
        echoed = {value} if (operation_id, place[1][0]) in IN_THIS_OPERATION else set()

        response = await sent(app, desk, operation_id, stranger)

        said = f"{operation_id} {place}: {response.status_code} {response.text}"
        assert as_expected(desk, operation_id, place, response), said
        assert secrets_in(response, foreign) <= echoed, said
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
        desk = Desk(registry, desk.village, await registry.caller(OF_THE_MINISTRY[operation_id]))

    response = await sent(app, desk, operation_id, await OPERATIONS[operation_id](desk))

    assert response.is_success, response.text
    assert not secrets_in(response, foreign)
