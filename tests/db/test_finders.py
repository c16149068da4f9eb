"""Every finder without its `within=`: the second lock holds by itself.

To forget `within=` is to search all of Indonesia. So each finder is asked to, from a transaction
that belongs to another village; and first from the right one, so that seeing nothing counts.
"""

import ast
import importlib
import inspect
import json
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

import app.db
from app.commands.jobs import enqueue
from app.db import (
    accesses,
    accounts,
    agendas,
    agreements,
    appointments,
    audit_entries,
    changes,
    clients,
    counts,
    courier,
    credentials,
    decisions,
    decree_lines,
    deliberations,
    desks,
    documents,
    extract_moments,
    extracts,
    families,
    held,
    households,
    identities,
    import_bdt,
    import_pages,
    import_results,
    imports,
    jobs,
    letters,
    list_rows,
    lists,
    members,
    moves,
    nik_cases,
    nik_progress,
    nik_workbooks,
    notices,
    people_found,
    policies,
    proposals,
    recipients,
    records,
    regions,
    searches,
    sign_ins,
    spdci_partners,
    spdci_requests,
    spdci_search,
    statements,
    subscriptions,
    surveys,
    turnarounds,
    uploads,
    verdicts,
    visits,
)
from app.db.access import Access, people_in
from app.db.courier import Turn
from app.db.pages import Asked, Position
from app.db.sessions import Database, Reading, reading_in
from app.db.spdci_requests import Asked as Request
from app.db.tables.accounts import Account, ClientSecret, ExternalIdentity
from app.db.turnarounds import Span
from app.domain.accounts import RefreshTerms
from app.domain.actors import Actor, Role
from app.domain.appointments import Posts
from app.domain.changes import Cursor
from app.domain.errors import Language, NotFound
from app.domain.extracts.columns import Resource
from app.domain.extracts.formats import DELETIONS
from app.domain.extracts.plans import Place
from app.domain.extracts.wanted import Wanted as Extracted
from app.domain.extracts.workflow import ExtractExpired
from app.domain.imports.columns import ImportKind
from app.domain.imports.workflow import Format
from app.domain.jobs import JobKind
from app.domain.lists import ListNotMade
from app.domain.proposals import ProposalAction
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.searches import Match, Question
from app.domain.sight import SIGHT_OF, Purpose
from app.domain.spdci.criteria import understand
from app.domain.spdci.words import Action as Exchange
from app.domain.work_lists import Wanted
from tests.api.issuer import NAME
from tests.api.test_decrees import applied, drafted, items
from tests.api.test_imports import a_file, a_row, sends
from tests.api.test_subscriptions import a_subscription
from tests.api.test_uploads import begun, takes
from tests.conftest import registry_of
from tests.contract import Promise
from tests.grants import a_recipient
from tests.registry import Caller, Places, Registry, a_member

OPERATOR = SIGHT_OF[Role.VILLAGE_OPERATOR]
DROPPED = {"within": INDONESIA}
SEEN = {**DROPPED, "sight": OPERATOR}
READER = Role.VILLAGE_OPERATOR
ALL_MEMBERS = Extracted(Resource.MEMBERS, DELETIONS)
TO_SUBMIT = Wanted(action=ProposalAction.SUBMIT)
FIRST_ROWS = Asked(Position(-1, UUID(int=0)), 9, {})
LATELY = Span(date(2020, 1, 1), date(2100, 1, 1))
EVER = accesses.Span(None, None)
WORKED_ON = uuid4()  # by a job
ASKED = Request("r", {"content": {}})
ANYBODY = understand(
    {
        "query_type": "expression",
        "query": {"value": {"expression": {"query": {"group_size": {"$ge": 0}}}}},
    },
    frozenset(),
)
FIRST_NUMBERS = Asked(Position(-1, 0), 9, {})


@dataclass(frozen=True)
class Village:
    """What there is to be found in a village."""

    operator: Caller
    household: UUID
    family: UUID
    member: UUID
    proposal: UUID
    survey: UUID
    receiving: UUID  # a household
    recipient: UUID
    received: UUID  # by this family
    waiting: UUID  # a proposal, for a deliberation
    deliberation: UUID
    statement: UUID
    document: UUID
    visit: UUID
    enumerator: UUID
    nik_case: UUID
    in_case: UUID  # a member
    upload: UUID  # which has waited too long
    discarded: UUID  # another
    result: UUID  # an import with a file that goes back
    without_result: UUID
    asked_for: UUID  # a list, whose days are over
    dropped: UUID  # another, which has expired
    letter: UUID  # whose days are over
    code: str  # of that letter
    certified: UUID  # a member
    sha256: bytes  # of what was sent
    decree: UUID
    job: UUID
    earlier: UUID
    listed: UUID
    entry: int
    username: str
    refresh_token: str
    admin: Actor
    row: Account
    assignment: UUID
    secret: UUID
    agreement: UUID
    subscription: UUID
    carried: UUID  # another, which somebody is at
    exchanged: UUID  # a message by the SPDCI standard, by its correlation
    extract: UUID  # that is ready, and was kept long enough
    in_hand: UUID  # another, which is being written
    cancelled: UUID  # a third

    @property
    def posts(self) -> Posts:
        return Posts(Role.VILLAGE_OPERATOR, self.region)

    @property
    def budi(self) -> Question:
        return Question(Match.NAME, "Budi Santoso", region=self.region)

    @property
    def region(self) -> Region:
        return self.operator.actor.region

    @property
    def account(self) -> UUID:
        return self.operator.actor.id


@pytest.fixture(scope="module")
async def registry(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Registry]:
    """One regency for all of these: nothing here counts what lies in it."""
    async with registry_of(app, promise, *next(places.regencies)) as registry:
        yield registry


@pytest.fixture(scope="module")
async def village(registry: Registry) -> Village:
    """A village with a household in it, whose operator is signed in."""
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    proposal = await registry.proposal(by=operator)
    response = await operator.gets(f"/v1/households/{proposal['household_id']}")
    household = response.json()
    database = registry.database
    await let_in_otherwise(database, operator)
    visited = await a_visit(registry, household)
    received = await a_recipient(registry)
    waiting = await registry.proposal("awaiting_deliberation", by=operator)
    listed = await registry.proposal("awaiting_deliberation", by=operator)
    held = await registry.deliberation(listed, by=operator)
    return Village(
        operator,
        household=UUID(household["id"]),
        family=UUID(household["families"][0]["id"]),
        member=UUID(household["members"][0]["id"]),
        proposal=UUID(proposal["id"]),
        survey=UUID(household["survey"]["id"]),
        receiving=UUID(received["household_id"]),
        waiting=UUID(waiting["id"]),
        deliberation=UUID(held["id"]),
        statement=UUID((await registry.statement(by=operator))["id"]),
        recipient=UUID(received["id"]),
        received=UUID(received["family_id"]),
        **visited,
        **await a_list(registry),
        **await niks_to_repair(registry, received),
        **await a_file_that_came(registry, operator),
        **await papers(registry, operator, received),
        agreement=(await registry.agrees(operator, ["identity"])).id,
        subscription=await a_subscription(registry, operator, operator.actor.region),
        carried=await a_subscription(registry, operator, operator.actor.region),
        exchanged=await an_exchange(registry, operator),
        **await extracts_of(registry, operator.actor),
        entry=(await registry.audit_of(proposal["id"]))[0]["id"],
        job=await a_job(database, operator.actor),
        username=await username_of(database, operator),
        refresh_token=await refresh_token_of(database, operator),
        admin=(await registry.caller(Role.REGENCY_ADMIN)).actor,
        **await account_of(database, operator),
    )


async def extracts_of(registry: Registry, by: Actor) -> dict[str, UUID]:
    """With a file each, and a chunk of it; of what is gone, too."""
    ids = {"extract": "ready", "in_hand": "writing", "cancelled": "cancelled"}
    made = {name: uuid4() for name in ids}
    here = by.region.first
    for name, extract_id in made.items():
        await registry.runs(
            "INSERT INTO extract (id, scope_code, resource, format, compression, region_code, "
            "filters, rows_per_file, days_kept, purpose, asked_as, created_by, start, moment, "
            "changes_after, rows, expires_at, state, version, created_at, updated_at) "
            "VALUES ($1, $2, 'members', 'csv', 'none', $2::bigint::text, '{}', 1, 1, 'service', "
            "'village_operator', $3, 1, now(), '1.0', 1, now(), $4, 1, now(), now())",
            *(extract_id, here, by.id, ids[name]),
        )
        await registry.runs(
            "INSERT INTO extract_file (extract_id, number, scope_code, first_village, first_part, "
            "last_village, last_part, rows, sha256, bytes) "
            "VALUES ($1, 1, $2, $2, 0, $2, 0, 1, sha256(''), 0)",
            *(extract_id, here),
        )
        for start in (1, -1):
            await registry.runs(
                "INSERT INTO extract_chunk VALUES ($1, $3, $2, 0, 1, '{}', 'x')",
                *(extract_id, here, start),
            )
    return made


def begun_extract(village: Village) -> Any:  # noqa: ANN401
    """As much of its row as says where its chunks are."""
    return SimpleNamespace(id=village.in_hand, start=1)


def a_part(village: Village) -> tuple[Any, int, Place, Place, int]:
    file = SimpleNamespace(extract_id=village.in_hand, is_deletions=False)
    here = village.region.first
    return file, 1, Place(here, -1), Place(here, 0), 9


async def fetched(session: AsyncSession, village: Village) -> object:
    access = Access(village.operator.actor, Purpose.EXTRACT, "read_extract_file", "")
    reading, actor = await people_in(session, access), village.operator.actor
    try:
        return await extracts.file(reading, village.extract, 1, **SEEN, by=actor)
    except ExtractExpired:  # it is there, and kept no longer
        return True


async def an_exchange(registry: Registry, operator: Caller) -> UUID:
    """Of a partner whose account lies in the village."""
    account, scope_code = operator.actor.id, operator.actor.region.first
    await registry.runs(
        "INSERT INTO spdci_partner (account_id, scope_code, sender_id, keys, updated_at) "
        "VALUES ($1, $2, 'spmis.example', '[]', now())",
        account,
        scope_code,
    )
    async with registry.database.transaction(operator.actor.region) as session:
        correlation_id = uuid4()
        told = {"correlation_id": correlation_id, "by": operator.actor}
        await spdci_requests.keep(session, Exchange.SEARCH, "t", [ASKED], **told)
    return correlation_id


async def a_job(database: Database, actor: Actor) -> UUID:
    """That waits for a worker."""
    async with database.transaction(actor.region) as session:
        kind = JobKind.CHECK_IMPORT
        job = await enqueue(session, kind, WORKED_ON, by=actor, region=actor.region)
    return job.id


async def a_visit(registry: Registry, household: dict[str, Any]) -> dict[str, UUID]:
    """That was made, with a photo, and found good."""
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    enumerator = await registry.caller(Role.ENUMERATOR)
    photo = await registry.document("house_front", survey=household["survey"])
    errand = {"enumerator_id": str(enumerator.actor.id), "household_ids": [household["id"]]}
    [sent] = (await operator.posts("/v1/visits", errand)).json()["items"]
    path = f"/v1/visits/{sent['visit_id']}/steps"
    brought = {"action": "submit", "survey_id": household["survey"]["id"]}
    await enumerator.posts(path, brought, version=1)
    accepted = await operator.posts(path, {"action": "accept"}, version=2)
    assert accepted.status_code == 201, accepted.text
    return {
        "document": UUID(photo["id"]),
        "visit": UUID(sent["visit_id"]),
        "enumerator": enumerator.actor.id,
    }


async def niks_to_repair(registry: Registry, received: dict[str, Any]) -> dict[str, UUID]:
    """A case, another that nobody has settled, somebody who has none yet; a correction, a move."""
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    someone, repaired = [await without_nik(registry) for _ in range(2)]
    assert (await operator.posts("/v1/nik-cases", {})).json()["opened"] >= 2
    await registry.runs("UPDATE member SET nik_verdict = 'valid' WHERE id = $1", repaired)
    await without_nik(registry)
    household = {"id": received["household_id"]}
    await registry.asks("correction", household, {"changes": {"rt": "009"}})
    await registry.asks("move", household, {"direction": "departure"})
    found = await operator.gets("/v1/nik-cases", params={"member_id": str(someone)})
    return {"nik_case": UUID(found.json()["items"][0]["id"]), "in_case": someone}


async def a_file_that_came(registry: Registry, operator: Caller) -> dict[str, Any]:
    """With something wrong in it, which is told in the file that goes back; and others."""
    upload, discarded = await begun(operator, b"another"), await begun(operator, b"a third")
    await registry.runs("UPDATE upload SET expires_at = now() WHERE id = $1", UUID(upload["id"]))
    await takes(operator, discarded, "discard")
    sent = await sends(operator, a_file([a_row(registry.village)]))
    import_ = UUID(sent.json()["id"])
    await registry.runs(
        "INSERT INTO import_result "
        "SELECT id, 'xlsx', scope_code, 'id', sha256, bytes, now() FROM import WHERE id = $1",
        import_,
    )
    await registry.runs(
        "INSERT INTO import_problem (import_id, n, scope_code, problems) SELECT id, 2, scope_code, "
        """'[{"column": "nik", "code": "missing", "severity": "error"}]' """
        "FROM import WHERE id = $1",
        import_,
    )
    sha256 = bytes.fromhex(sent.json()["sha256"])
    plain = await sends(operator, a_file([a_row(registry.village)]))
    return {
        "upload": UUID(upload["id"]),
        "discarded": UUID(discarded["id"]),
        "result": import_,
        "without_result": UUID(plain.json()["id"]),
        "sha256": sha256,
    }


async def papers(registry: Registry, operator: Caller, received: dict[str, Any]) -> dict[str, Any]:
    """Lists: one that is there, one that no longer is, one to come; and a letter of the payee."""
    lists_ = [(await operator.posts("/v1/lists", {"kind": "named_list"})).json() for _ in range(3)]
    for list_, state in zip(lists_, ("made", "expired"), strict=False):
        await registry.runs(
            "UPDATE list SET state = $2, names = 0, bytes = 1, made_at = now(), "
            "expires_at = now(), sha256 = sha256('') WHERE id = $1",
            UUID(list_["id"]),
            state,
        )
    body = {"member_id": received["payee_id"], "purpose": "pip"}
    letter = (await operator.posts("/v1/letters", body)).json()
    [row] = await registry.runs(
        "UPDATE letter SET expires_at = now() WHERE id = $1 RETURNING code", UUID(letter["id"])
    )
    asked_for, dropped, _ = (UUID(each["id"]) for each in lists_)
    return {
        "asked_for": asked_for,
        "dropped": dropped,
        "letter": UUID(letter["id"]),
        "code": row["code"],
        "certified": UUID(received["payee_id"]),
    }


async def without_nik(registry: Registry) -> UUID:
    member = a_member(registry.village, nik=...)
    family = {"id": str(uuid4()), "number": 1, "members": [member]}
    household = await registry.household(families=[family])
    return UUID(household["members"][0]["id"])


async def a_list(registry: Registry) -> dict[str, UUID]:
    """A decree with somebody in its list, and an earlier one to compare it with."""
    analyst = await registry.caller(Role.MINISTRY_ANALYST)
    determiner = await registry.caller(Role.MINISTRY_DETERMINER)
    await registry.proposal("awaiting_determination")
    earlier = await drafted(registry, analyst, number="1/FIND/2026", period="2097-01-01")
    decree = await drafted(registry, analyst, number=f"2/FIND/{uuid4().hex[:8]}")
    await applied(analyst, determiner, decree)
    [line, *_] = await items(analyst, decree, "lines")
    return {
        "decree": UUID(decree["id"]),
        "earlier": UUID(earlier["id"]),
        "listed": UUID(line["member_id"]),
    }


async def account_of(database: Database, caller: Caller) -> dict[str, Any]:
    """His account, and what he was let in by."""
    async with database.transaction(INDONESIA) as session:
        account = await accounts.find(session, caller.actor.id, within=INDONESIA)
        [held] = await accounts.held_by(session, account.id, within=INDONESIA)
        of_account = ClientSecret.account_id == account.id
        [secret] = await session.exec(select(ClientSecret.id).where(of_account))
    return {"row": account, "assignment": held.id, "secret": secret}


async def let_in_otherwise(database: Database, caller: Caller) -> None:
    """By a secret, as machines are, and by the word of another issuer."""
    async with database.transaction(INDONESIA) as session:
        account = await accounts.find(session, caller.actor.id, within=INDONESIA)
        its = {"account_id": account.id, "scope_code": account.scope_code}
        year = timedelta(days=365)
        session.add(ExternalIdentity(issuer=NAME, subject=str(account.id), **its))
        session.add(
            ClientSecret(secret_hash=token_bytes(32), expires_at=datetime.now(UTC) + year, **its)
        )


async def username_of(database: Database, caller: Caller) -> str:
    async with database.transaction(INDONESIA) as session:
        return (await accounts.find(session, caller.actor.id, within=INDONESIA)).username


async def refresh_token_of(database: Database, caller: Caller) -> str:
    async with database.transaction(INDONESIA) as session:
        account = await accounts.find(session, caller.actor.id, within=INDONESIA)
        [held] = await accounts.held_by(session, caller.actor.id, within=INDONESIA)
        return await sign_ins.begin(session, account, held, terms=RefreshTerms())


OF_A_FILE = Asked(Position(0, 0), 9, {"of": None})
Search = Callable[[Any, Village], Awaitable[object]]

IN_A_READING: dict[str, Search] = {
    "subscriptions.document": lambda r, v: subscriptions.document(
        r, v.subscription, **DROPPED, seen_by=v.operator.actor, language=Language.ENGLISH
    ),
    "subscriptions.list_page": lambda r, v: subscriptions.list_page(
        r, FIRST_ROWS, **DROPPED, seen_by=v.operator.actor, language=Language.ENGLISH
    ),
    "subscriptions.deliveries": lambda r, v: subscriptions.deliveries(
        r, v.subscription, FIRST_ROWS, **DROPPED, seen_by=v.operator.actor
    ),
    "courier.due": lambda r, _: courier.due(r, besides=[], **DROPPED),
    "spdci_partners.document": lambda r, v: spdci_partners.document(r, v.account, **DROPPED),
    "spdci_partners.find": lambda r, v: spdci_partners.find(r, v.account, **DROPPED),
    "spdci_requests.document": lambda r, v: spdci_requests.document(
        r, v.exchanged, **DROPPED, by=v.operator.actor
    ),
    "spdci_search.search": lambda r, _: recorded(spdci_search.search(r, ANYBODY, **SEEN)),
    "uploads.document": lambda r, v: uploads.document(
        r, v.upload, **DROPPED, seen_by=v.operator.actor
    ),
    "uploads.list_page": lambda r, v: uploads.list_page(
        r, FIRST_ROWS, **DROPPED, seen_by=v.operator.actor
    ),
    "uploads.sent": lambda r, v: found_if_not_refused(
        uploads.sent(r, v.upload, **DROPPED, seen_by=v.operator.actor)
    ),
    "uploads.late": lambda r, _: uploads.late(r, **DROPPED),
    "uploads.closed": lambda r, v: uploads.closed(r, [v.discarded], **DROPPED),
    "imports.document": lambda r, v: found_if_not_refused(
        imports.document(
            r, v.result, **DROPPED, seen_by=v.operator.actor, language=Language.ENGLISH
        )
    ),
    "imports.list_page": lambda r, v: imports.list_page(
        r, FIRST_ROWS, **DROPPED, seen_by=v.operator.actor, language=Language.ENGLISH
    ),
    "import_pages.rows": lambda r, v: found_if_not_refused(
        import_pages.rows(r, v.result, OF_A_FILE, **DROPPED, language=Language.ENGLISH)
    ),
    "import_pages.units": lambda r, v: found_if_not_refused(
        import_pages.units(r, v.result, OF_A_FILE, **DROPPED, language=Language.ENGLISH)
    ),
    "import_results.find": lambda r, v: import_results.find(
        r, v.result, Format.XLSX, **DROPPED, by=v.operator.actor
    ),
    "import_results.old": lambda r, _: import_results.old(r, datetime.now(UTC), **DROPPED),
    "import_results.needless": lambda r, v: import_results.needless(
        r, [v.without_result], **DROPPED
    ),
    "import_results.remarks": lambda r, v: import_results.remarks(
        r, v.result, 0, **DROPPED, language=Language.ENGLISH
    ),
    "extracts.document": lambda r, v: extracts.document(
        r, v.extract, **DROPPED, seen_by=v.operator.actor, language=Language.ENGLISH
    ),
    "extracts.list_page": lambda r, v: extracts.list_page(
        r, FIRST_ROWS, **DROPPED, seen_by=v.operator.actor, language=Language.ENGLISH
    ),
    "extracts.manifest": lambda r, v: extracts.manifest(
        r, v.extract, **DROPPED, by=v.operator.actor
    ),
    "extracts.bodies": lambda r, v: extracts.bodies(r, *a_part(v), **DROPPED),
    "extracts.late": lambda r, _: extracts.late(r, **DROPPED),
    "extracts.needless": lambda r, v: extracts.needless(r, [v.cancelled], **DROPPED),
    "extract_moments.slices": lambda r, _: extract_moments.slices(r, ALL_MEMBERS, **DROPPED),
    "lists.document": lambda r, v: lists.document(
        r, v.asked_for, **DROPPED, seen_by=v.operator.actor, language=Language.ENGLISH
    ),
    "lists.list_page": lambda r, v: lists.list_page(
        r, FIRST_ROWS, **DROPPED, seen_by=v.operator.actor, language=Language.ENGLISH
    ),
    "lists.made": lambda r, v: found_if_late(
        lists.made(r, v.asked_for, **DROPPED, by=v.operator.actor)
    ),
    "lists.old": lambda r, _: lists.old(r, **DROPPED),
    "lists.needless": lambda r, v: lists.needless(r, [v.dropped], **DROPPED),
    "list_rows.many": lambda r, _: list_rows.many(r, 9, **DROPPED, programme=None),
    "list_rows.named": lambda r, _: told(
        list_rows.named(r, 9, **SEEN, programme=None, on=date(2026, 11, 22)),
        lambda said: said["names"],
    ),
    "list_rows.counted": lambda r, _: told(
        list_rows.counted(r, **DROPPED, rows=Tier.PROVINCE, on=date(2026, 11, 22)),
        lambda said: any(row["counts"] for row in said["rows"]),
    ),
    "letters.document": lambda r, v: letters.document(
        r, v.letter, **SEEN, seen_by=v.operator.actor
    ),
    "letters.list_page": lambda r, v: letters.list_page(
        r, FIRST_ROWS, **SEEN, seen_by=v.operator.actor
    ),
    "letters.paper": lambda r, v: letters.paper(r, v.letter, **DROPPED),
    "letters.late": lambda r, _: letters.late(r, **DROPPED),
    "letters.checked": lambda r, v: is_known(letters.checked(r, v.code, **DROPPED)),
    "accounts.standing": lambda r, v: accounts.standing(r, v.operator.actor, **DROPPED),
    "accounts.read": lambda r, v: accounts.read(r, v.account, **DROPPED, seen_by=v.admin),
    "accounts.list_page": lambda r, _: accounts.list_page(r, FIRST_ROWS, **DROPPED),
    "appointments.vacancies": lambda r, v: staffed(
        appointments.vacancies(r, v.posts, **DROPPED, after="", limit=9)
    ),
    "credentials.list_secrets": lambda r, v: credentials.list_secrets(r, v.account, **DROPPED),
    "accounts.who": lambda r, v: accounts.who(
        r,
        v.operator.actor,
        **DROPPED,
        reads={},
        purpose="service",
        token_expires_at=datetime.now(UTC),
    ),
    "households.document": lambda r, v: households.document(
        r, v.household, **DROPPED, seen_by=v.operator.actor
    ),
    "households.list_page": lambda r, _: households.list_page(r, FIRST_ROWS, **SEEN),
    "families.document_of": lambda r, v: families.document_of(r, v.family, **SEEN),
    "members.document_of": lambda r, v: members.document_of(r, v.member, **SEEN),
    "proposals.known": lambda r, v: found_if_not_refused(proposals.known(r, v.proposal, **DROPPED)),
    "proposals.document": lambda r, v: proposals.document(
        r, v.proposal, **DROPPED, seen_by=v.operator.actor
    ),
    "proposals.list_page": lambda r, v: proposals.list_page(
        r, Wanted(), after=FIRST_ROWS.after, limit=9, **DROPPED, seen_by=v.operator.actor
    ),
    "decisions.preview": lambda r, v: previewed(
        decisions.preview(r, Wanted(), after=FIRST_ROWS.after, **DROPPED, seen_by=v.operator.actor)
    ),
    "decree_lines.list_page": lambda r, v: decree_lines.list_page(
        r, FIRST_NUMBERS, **DROPPED, seen_by=v.operator.actor
    ),
    "decree_lines.checks": lambda r, _: decree_lines.checks(
        r, FIRST_ROWS, **DROPPED, language="id"
    ),
    "decree_lines.of_member": lambda r, v: decree_lines.of_member(
        r, v.listed, **DROPPED, seen_by=v.operator.actor
    ),
    "decree_lines.differences": lambda r, v: decree_lines.differences(
        r, FIRST_ROWS, v.decree, v.earlier, **DROPPED, seen_by=v.operator.actor
    ),
    "counts.document": lambda r, v: counted(
        counts.document(r, **DROPPED, seen_by=v.operator.actor)
    ),
    "turnarounds.look": lambda r, _: turned(
        turnarounds.look(r, LATELY, **DROPPED, exact=True, part_by_part=False)
    ),
    "surveys.document": lambda r, v: surveys.document(
        r, v.survey, **DROPPED, seen_by=v.operator.actor
    ),
    "recipients.document": lambda r, v: recipients.document(r, v.recipient, **SEEN),
    "recipients.list_page": lambda r, _: recipients.list_page(r, FIRST_ROWS, **SEEN),
    "surveys.history": lambda r, v: surveys.history(
        r, v.household, surveys.LATEST, 9, **DROPPED, seen_by=v.operator.actor
    ),
    "documents.document": lambda r, v: documents.document(
        r, v.document, **DROPPED, seen_by=v.operator.actor
    ),
    "documents.stored": lambda r, v: documents.stored(
        r, v.document, **DROPPED, seen_by=v.operator.actor
    ),
    "documents.photos": lambda r, v: documents.photos(
        r, v.survey, **DROPPED, seen_by=v.operator.actor
    ),
    "visits.document": lambda r, v: visits.document(
        r, v.visit, **DROPPED, seen_by=v.operator.actor
    ),
    "visits.list_page": lambda r, v: visits.list_page(
        r, FIRST_ROWS, **DROPPED, seen_by=v.operator.actor
    ),
    "deliberations.document": lambda r, v: deliberations.document(
        r, v.deliberation, **DROPPED, seen_by=READER
    ),
    "deliberations.list_page": lambda r, _: deliberations.list_page(
        r, FIRST_ROWS, **DROPPED, seen_by=READER
    ),
    "deliberations.agenda_page": lambda r, v: deliberations.agenda_page(
        r, v.deliberation, 0, 9, **DROPPED, seen_by=READER
    ),
    "deliberations.minutes": lambda r, v: deliberations.minutes(
        r, v.deliberation, **DROPPED, seen_by=READER
    ),
    "agendas.page": lambda r, v: agendas.page(r, v.deliberation, 0, 9, **SEEN),
    "statements.document": lambda r, v: statements.document(
        r, v.statement, **DROPPED, seen_by=READER
    ),
    "statements.list_page": lambda r, _: statements.list_page(
        r, FIRST_ROWS, **DROPPED, seen_by=READER
    ),
    "nik_cases.document": lambda r, v: nik_cases.document(
        r, v.nik_case, **DROPPED, seen_by=v.operator.actor
    ),
    "nik_cases.list_page": lambda r, v: nik_cases.list_page(
        r, FIRST_ROWS, **DROPPED, seen_by=v.operator.actor
    ),
    "nik_progress.document": lambda r, _: progressed(
        nik_progress.document(r, **DROPPED, today=date(2026, 11, 22))
    ),
    "nik_workbooks.open_cases": lambda r, v: nik_workbooks.open_cases(
        r, FIRST_ROWS.after, 9, **DROPPED, seen_by=v.operator.actor
    ),
    "nik_workbooks.count": lambda r, v: nik_workbooks.count(
        r, 9, **DROPPED, seen_by=v.operator.actor
    ),
    "visits.enumerators": lambda r, _: visits.enumerators(r, FIRST_ROWS, **DROPPED),
    "searches.members": lambda r, v: searches.members(r, v.budi, **DROPPED, limit=9),
    "searches.households": lambda r, v: searches.households(r, v.budi, **DROPPED, limit=9),
    "accesses.of_member": lambda r, v: accesses.of_member(
        r, v.member, EVER, accesses.LAST, 9, **DROPPED
    ),
    "agreements.document": lambda r, v: agreements.document(
        r, v.agreement, **DROPPED, seen_by=Role.REGENCY_ADMIN
    ),
    "agreements.list_page": lambda r, _: agreements.list_page(
        r, FIRST_ROWS, **DROPPED, seen_by=Role.REGENCY_ADMIN
    ),
    "changes.page": lambda r, _: changed(r),
    "audit_entries.document": lambda r, v: audit_entries.document(
        r, v.entry, **DROPPED, seen_by=v.operator.actor
    ),
    "audit_entries.list_page": lambda r, v: audit_entries.list_page(
        r, FIRST_NUMBERS, **DROPPED, seen_by=v.operator.actor
    ),
}


async def changed(reading: Reading) -> str:
    """Something that changed since the first of all entries; nothing, if there is nothing."""
    body, after = "", Cursor(0)
    while not body or (changes.IS_EMPTY.search(body) and not changes.IS_LAST.search(body)):
        body = await changes.page(reading, after, 9, resources=[*Resource], **SEEN)
        after = changes.next_in(body)
    return body


async def staffed(search: Awaitable[str]) -> bool:
    """Regions are public; whether somebody works there is not."""
    return json.loads(await search)["staffed"] > 0


async def filled(session: AsyncSession, posts: Posts) -> set[str]:
    everywhere, vacant = [
        set(await appointments.posts(session, posts, only_vacant=vacant, **DROPPED))
        for vacant in (False, True)
    ]
    return everywhere - vacant


async def first_of(search: Awaitable[dict[UUID, frozenset[Role]]]) -> frozenset[Role]:
    [found] = (await search).values()
    return found


async def held_for_submission(session: AsyncSession, village: "Village") -> object:
    asked = {**DROPPED, "by": village.operator.actor, "on": date(2026, 11, 22), "closed": False}
    return (await held.hold_for(session, [village.proposal], ProposalAction.SUBMIT, **asked)).rows


async def held_around_a_member(session: AsyncSession, village: "Village") -> object:
    member = await members.find(session, village.member, **DROPPED)
    return await households.hold_around(session, member, **DROPPED)


async def on_record(session: AsyncSession, village: "Village") -> object:
    member = await members.find(session, village.member, within=village.operator.actor.region)
    return await people_found.on_record(session, [str(member.nik)], **DROPPED)


async def known_to_bdt(session: AsyncSession, village: Village) -> object:
    connection = await session.connection()
    await connection.execute(
        text("UPDATE household SET bdt_id = '367201100100000001' WHERE id = :id"),
        {"id": village.household},
    )
    return await import_bdt.on_record(session, ["367201100100000001"], **DROPPED)


IN_A_TRANSACTION: dict[str, Search] = {
    "import_bdt.on_record": known_to_bdt,
    "import_bdt.gone_on": lambda s, v: import_bdt.gone_on(s, [v.household], **DROPPED),
    "import_bdt.surveys": lambda s, v: import_bdt.surveys(s, [v.survey], **DROPPED),
    "notices.mark": lambda s, v: notices.mark(
        s, entries=[v.entry], windows=[], by=v.operator.actor, **DROPPED
    ),
    "decisions.chosen": lambda s, v: chosen(
        decisions.chosen(s, TO_SUBMIT, after=FIRST_ROWS.after, **DROPPED, by=v.operator.actor)
    ),
    "households.hold": lambda s, v: households.hold(s, [v.household], **DROPPED),
    "held.hold": lambda s, v: held.hold(s, [v.proposal], **DROPPED),
    "held.hold_for": held_for_submission,
    "proposals.people_of_each": lambda s, v: proposals.people_of_each(s, [v.household], **DROPPED),
    "proposals.people_seen_in": lambda s, v: proposals.people_seen_in(s, [v.household], **DROPPED),
    "surveys.current_of_each": lambda s, v: surveys.current_of_each(s, [v.household], **DROPPED),
    "accounts.find": lambda s, v: accounts.find(s, v.account, **DROPPED, hold=True),
    "accounts.held": lambda s, v: accounts.held(s, [v.account], **DROPPED),
    "appointments.find": lambda s, v: appointments.find(s, v.row, v.assignment, **DROPPED),
    "appointments.roles_of": lambda s, v: first_of(
        appointments.roles_of(s, [v.account], **DROPPED)
    ),
    "appointments.posts": lambda s, v: filled(s, v.posts),
    "appointments.holders": lambda s, v: appointments.holders(
        s, Role.VILLAGE_OPERATOR, [v.region.code], **DROPPED
    ),
    "appointments.usernames": lambda s, v: appointments.usernames(s, [v.username], **DROPPED),
    "credentials.find_identity": lambda s, v: credentials.find_identity(
        s, v.row, issuer=NAME, subject=str(v.account), **DROPPED
    ),
    "credentials.find_secret": lambda s, v: credentials.find_secret(s, v.row, v.secret, **DROPPED),
    "credentials.live_secrets": lambda s, v: credentials.live_secrets(s, v.row, **DROPPED),
    "accounts.named": lambda s, v: accounts.named(s, v.username, **DROPPED),
    "accounts.held_by": lambda s, v: accounts.held_by(s, v.account, **DROPPED),
    "clients.named": lambda s, v: clients.named(s, str(v.account), **DROPPED),
    "clients.secret_hashes": lambda s, v: clients.secret_hashes(s, v.account, **DROPPED),
    "identities.holder": lambda s, v: identities.holder(
        s, issuer=NAME, subject=str(v.account), **DROPPED
    ),
    "sign_ins.find": lambda s, v: sign_ins.find(s, v.refresh_token, **DROPPED),
    "households.find": lambda s, v: households.find(s, v.household, **DROPPED, hold=True),
    "households.hold_around": held_around_a_member,
    "families.find": lambda s, v: families.find(s, v.family, **DROPPED),
    "members.find": lambda s, v: members.find(s, v.member, **DROPPED),
    "moves.people": lambda s, v: moves.people(s, [v.member], **DROPPED),
    "moves.departure_of": lambda s, v: moves.departure_of(s, v.receiving, v.member, **DROPPED),
    "surveys.find": lambda s, v: surveys.find(s, v.survey, **DROPPED),
    "documents.find": lambda s, v: documents.find(s, v.document, **DROPPED),
    "documents.count_photos": lambda s, v: documents.count_photos(s, v.survey, **DROPPED),
    "visits.find": lambda s, v: visits.find(s, v.visit, **DROPPED, by=v.operator.actor),
    "visits.candidates": lambda s, v: visits.candidates(s, [v.household], **DROPPED),
    "visits.villages_of": lambda s, v: visits.villages_of(s, v.enumerator, **DROPPED),
    "visits.is_accepted": lambda s, v: visits.is_accepted(
        s, Named(household_id=v.household, id=v.survey), **DROPPED
    ),
    "recipients.of_households": lambda s, v: recipients.of_households(s, [v.receiving], **DROPPED),
    "recipients.of_units": lambda s, v: recipients.of_units(s, [v.received], **DROPPED),
    "deliberations.find": lambda s, v: deliberations.find(s, v.deliberation, **DROPPED),
    "agendas.items": lambda s, v: agendas.items(s, Named(id=v.deliberation), **DROPPED),
    "agendas.awaited": lambda s, _: agendas.awaited(s, most=9, **DROPPED),
    "statements.find": lambda s, v: statements.find(s, v.statement, **DROPPED),
    "desks.take": lambda s, v: desks.take(s, v.account, reach=[INDONESIA], most=9, **DROPPED),
    "desks.left": lambda s, v: desks.left(s, v.account, reach=[INDONESIA], **DROPPED),
    "proposals.correction_of": lambda s, v: proposals.correction_of(s, v.receiving, {}, **DROPPED),
    "proposals.being_corrected": lambda s, v: proposals.being_corrected(
        s, [v.receiving], **DROPPED
    ),
    "agreements.find": lambda s, v: agreements.find(s, v.agreement, **DROPPED),
    "agreements.open_of": lambda s, v: agreements.open_of(s, v.operator.actor.id, **DROPPED),
    "verdicts.standing": lambda s, v: verdicts.standing(
        s, [v.proposal], by=v.operator.actor, **DROPPED
    ),
    "nik_workbooks.named": lambda s, v: nik_workbooks.named(s, [v.nik_case], **DROPPED),
    "imports.find": lambda s, v: imports.find(s, v.result, **DROPPED),
    "extracts.find": lambda s, v: extracts.find(s, v.extract, **DROPPED, by=v.operator.actor),
    "extracts.open_ones": lambda s, v: extracts.open_ones(s, **DROPPED, by=v.operator.actor),
    "extracts.chunks": lambda s, v: extracts.chunks(s, begun_extract(v), **DROPPED),
    "extracts.deletions": lambda s, v: extracts.deletions(s, begun_extract(v), **DROPPED),
    "extracts.files": lambda s, v: extracts.files(s, begun_extract(v), **DROPPED),
    "extracts.file": fetched,
    "extracts.forget_strays": lambda s, _: undone(s, extracts.forget_strays(s, **DROPPED)),
    "lists.open_ones": lambda s, v: lists.open_ones(s, **DROPPED, by=v.operator.actor),
    "lists.find": lambda s, v: lists.find(s, v.asked_for, **DROPPED),
    "letters.find": lambda s, v: letters.find(s, v.letter, **DROPPED),
    "letters.issued": lambda s, v: letters.issued(s, v.certified, "pip", **DROPPED),
    "letters.person": lambda s, v: letters.person(s, v.certified, **DROPPED),
    "people_found.on_record": on_record,
    "imports.same_file": lambda s, v: imports.same_file(
        s, ImportKind.PROPOSALS, v.sha256, of=v.operator.actor.region, **DROPPED
    ),
    "subscriptions.find": lambda s, v: subscriptions.find(
        s, v.subscription, **DROPPED, by=v.operator.actor
    ),
    "subscriptions.how_many": lambda s, v: subscriptions.how_many(
        s, **DROPPED, by=v.operator.actor
    ),
    "spdci_partners.of_account": lambda s, v: spdci_partners.of_account(s, v.account, **DROPPED),
    "spdci_requests.asked_before": lambda s, v: spdci_requests.asked_before(
        s, Exchange.SEARCH, "t", [ASKED], **DROPPED, by=v.operator.actor
    ),
    "spdci_requests.of_message": lambda s, v: spdci_requests.of_message(
        s, v.exchanged, **DROPPED, by=v.operator.actor
    ),
    "spdci_requests.of_transaction": lambda s, v: spdci_requests.of_transaction(
        s, [Exchange.SEARCH], transaction_id="t", most=9, **DROPPED, by=v.operator.actor
    ),
    "spdci_requests.answered": lambda s, v: spdci_requests.answered(
        s, v.exchanged, datetime.now(UTC), **DROPPED, by=v.operator.actor
    ),
    "spdci_requests.forget": lambda s, _: undone(
        s, spdci_requests.forget(s, datetime.now(UTC) + timedelta(days=1), **DROPPED)
    ),
    "courier.claim": lambda s, v: courier.claim(
        s, v.carried, lease=timedelta(seconds=-1), **DROPPED
    ),
    "courier.held": lambda s, v: courier.held(s, Turn(v.subscription, 0), **DROPPED),
    "courier.forget_deliveries": lambda s, _: courier.forget_deliveries(
        s, timedelta(days=-1), **DROPPED
    ),
    "uploads.find": lambda s, v: uploads.find(s, v.upload, **DROPPED, by=v.operator.actor),
    "uploads.open_ones": lambda s, v: uploads.open_ones(s, **DROPPED, by=v.operator.actor),
    "nik_cases.find": lambda s, v: nik_cases.find(s, v.nik_case, **DROPPED, by=v.operator.actor),
    "nik_cases.found": lambda s, v: nik_cases.found(s, [v.nik_case], **DROPPED),
    "nik_cases.of_member": lambda s, v: nik_cases.of_member(s, v.in_case, **DROPPED),
    "nik_cases.wanting": lambda s, _: nik_cases.wanting(s, **DROPPED, doubtful=True, most=9),
    "nik_cases.ended": lambda s, _: nik_cases.ended(s, **DROPPED),
    "proposals.find": lambda s, v: proposals.find(s, v.proposal, **DROPPED),
    "proposals.on_the_desk": lambda s, v: proposals.on_the_desk(s, v.household, None, **DROPPED),
    "records.homes": lambda s, v: records.homes(s, [v.household], **DROPPED),
    "records.documents": lambda s, v: records.documents(s, [v.document], **DROPPED),
    "proposals.people_of": lambda s, v: proposals.people_of(
        s, Named(household_id=v.household), **DROPPED
    ),
}
# What names nobody, and is read before it is known from within which region: `within=` alone holds.
ONE_LOCK: dict[str, Search] = {
    "jobs.find": lambda s, v: jobs.find(s, v.job, **DROPPED),
    "jobs.open_one_of": lambda s, _: jobs.open_one_of(s, WORKED_ON, **DROPPED),
    "jobs.is_seen_to": lambda s, _: jobs.is_seen_to(s, WORKED_ON, **DROPPED),
    "jobs.document": lambda s, v: read_in(s, jobs.document, v.job, v.operator.actor),
    "jobs.list_page": lambda s, v: read_in(s, jobs.list_page, FIRST_ROWS, v.operator.actor),
}
# What they find is public; what could be done with it is refused (test_scope.py, TestWriting).
OF_PUBLIC_DATA = {
    "appointments.region_names": "reference data: within= says where somebody may be appointed",
    "policies.find": "public rules: within= says whose may be decided, not whose may be read",
    "regions.find_village": "reference data: within= says where people may be entered",
    "window_exceptions.find": "public rules: within= says whose may be taken back",
    "window_exceptions.list_page": "public rules: within= says which are listed",
}


@dataclass(frozen=True)
class Named:
    """A proposal or a household, as far as the finders of what is in it ask."""

    household_id: UUID | None = None
    id: UUID | None = None


async def found_if_not_refused(search: Awaitable[None]) -> bool:
    await search
    return True


async def told(search: Awaitable[str], found: Callable[[dict[str, Any]], object]) -> bool:
    """It tells of nobody as readily as of many."""
    return bool(found(json.loads(await search)))


async def undone(session: AsyncSession, work: Awaitable[int]) -> int:
    """How much it did, of which nothing stays: others look for it too."""
    savepoint = await session.begin_nested()
    done = await work
    await savepoint.rollback()
    return done


async def recorded(search: Awaitable[spdci_search.Found]) -> list[Any]:
    return (await search).records


async def is_known(search: Awaitable[dict[str, Any]]) -> bool:
    return (await search)["verdict"] != "unknown"


async def found_if_late(search: Awaitable[object]) -> bool:
    """What is there, and kept no longer, is refused otherwise than what is not there."""
    try:
        await search
    except ListNotMade:
        return True
    return False


async def read_in(session: AsyncSession, search: Any, what: object, by: Actor) -> str:  # noqa: ANN401
    reading = await reading_in(session)
    return await search(reading, what, **DROPPED, seen_by=by, language=Language.ENGLISH)


async def turned(search: Awaitable[list[dict[str, Any]]]) -> bool:
    [region] = await search
    return any(each["count"] for each in region["states"])


async def progressed(search: Awaitable[str]) -> bool:
    return json.loads(await search)["total"] > 0


async def counted(search: Awaitable[str]) -> bool:
    return any(each["count"] for each in json.loads(await search)["states"])


async def chosen(search: Awaitable[decisions.Chosen]) -> bool:
    return bool((await search).versions)


async def previewed(search: Awaitable[str]) -> bool:
    return json.loads(await search)["count"] > 0


async def sees(search: Awaitable[object]) -> bool:
    try:
        found = await search
    except NotFound:
        return False
    if isinstance(found, str):
        return found != "None" and '"items" : []' not in found
    return any(found) if isinstance(found, tuple) else bool(found)


def finders() -> Iterator[str]:
    for module in pkgutil.iter_modules(app.db.__path__):
        for name, function in vars(importlib.import_module(f"app.db.{module.name}")).items():
            if name.startswith("_") or not inspect.iscoroutinefunction(function):
                continue
            within = inspect.signature(function).parameters.get("within")
            if within is not None and function.__module__ == f"app.db.{module.name}":
                yield f"{module.name}.{name}"


def test_every_finder_is_tried():
    tried = [*IN_A_READING, *IN_A_TRANSACTION, *ONE_LOCK, *OF_PUBLIC_DATA]

    assert sorted(finders()) == sorted(tried)
    assert len(tried) > len(OF_PUBLIC_DATA)


@pytest.mark.parametrize("finder", IN_A_READING)
async def test_a_reading_finder_without_within_sees_nothing_of_another_village(
    registry: Registry, village: Village, finder: str
):
    async with registry.database.reading(village.region) as at_home:
        assert await sees(IN_A_READING[finder](at_home, village))
    async with registry.database.reading(registry.neighbour) as next_door:
        assert not await sees(IN_A_READING[finder](next_door, village))


@pytest.mark.parametrize("finder", IN_A_TRANSACTION)
async def test_a_finder_in_a_transaction_without_within_sees_nothing_of_another_village(
    registry: Registry, village: Village, finder: str
):
    async with registry.database.transaction(village.region) as at_home:
        assert await sees(IN_A_TRANSACTION[finder](at_home, village))
    async with registry.database.transaction(registry.neighbour) as next_door:
        assert not await sees(IN_A_TRANSACTION[finder](next_door, village))


@pytest.mark.parametrize("finder", [*IN_A_READING, *IN_A_TRANSACTION])
async def test_a_finder_with_within_needs_no_second_lock(
    registry: Registry, village: Village, finder: str, monkeypatch: pytest.MonkeyPatch
):
    """The other way round: the transaction sees the whole country, the finder does not."""
    monkeypatch.setitem(DROPPED, "within", registry.neighbour)
    monkeypatch.setitem(SEEN, "within", registry.neighbour)
    road = registry.database.reading if finder in IN_A_READING else registry.database.transaction

    async with road(INDONESIA) as everywhere:
        search = (IN_A_READING | IN_A_TRANSACTION)[finder]
        assert not await sees(search(everywhere, village))


@pytest.mark.parametrize("finder", ONE_LOCK)
async def test_a_finder_with_one_lock_finds_within_its_region_and_nothing_elsewhere(
    registry: Registry, village: Village, finder: str, monkeypatch: pytest.MonkeyPatch
):
    async with registry.database.transaction(INDONESIA) as everywhere:
        monkeypatch.setitem(DROPPED, "within", village.region)
        assert await sees(ONE_LOCK[finder](everywhere, village))
        monkeypatch.setitem(DROPPED, "within", registry.neighbour)
        assert not await sees(ONE_LOCK[finder](everywhere, village))


async def test_what_is_public_is_found_within_ones_region_only_when_it_is_to_be_changed(
    registry: Registry,
):
    regency = registry.village.at(Tier.REGENCY)

    async with registry.database.transaction(regency) as session:
        assert await sees(policies.find(session, regency.code, within=regency))
        assert await sees(regions.find_village(session, registry.village.code, within=regency))
        elsewhere = registry.elsewhere
        assert not await sees(
            policies.find(session, elsewhere.at(Tier.REGENCY).code, within=regency)
        )
        assert not await sees(regions.find_village(session, elsewhere.code, within=regency))


# --- no finder without `within`

DATABASE = {"AsyncSession", "Reading", "PeopleReading", "Connection"}
WITHOUT: dict[str, set[str]] = {
    "reference data or public rules, the same for everybody": {
        "regions.find",
        "regions.provinces",
        "regions.children",
        "regions.ancestors",
        "regions.known_regions",
        "regions.known",
        "regions.known_in",
        "regions.named",
        "regions.names_of",
        "regions.replaced",
        "import_rows.places",
        "decrees.find",
        "decrees.document",
        "decrees.list_page",
        "decrees.known",
        "decrees.named_in",
        "policies.document",
        "policies.version_document",
        "policies.list_versions",
        "policies.in_force",
        "policies.statement_kinds",
        "policies.quorum_at",
        "moves.villages",
        "windows.calendars",
        "windows.seen",
        "window_exceptions.document",
    },
    "about a row that was found within a region": {
        "access.note_extract",
        "accounts.move",
        "accounts.was_used",
        "jobs.errand",
        "jobs.is_ours",
        "jobs.tell",
        "jobs.cancel_asked",
        "queue.put",
        "queue.strays",
        "decrees.facts_of",
        "import_results.forget",
        "import_results.give_up",
        "import_results.keep",
        "import_results.wanted",
        "import_results.ask",
        "extracts.note_reach",
        "extracts.forget_chunks",
        "extracts.forget_files",
        "extracts.keep",
        "uploads.place",
        "uploads.forget_parts",
        "import_rows.clear",
        "import_rows.put",
        "import_rows.tell",
        "import_rows.spoil",
        "import_rows.shared",
        "import_rows.count",
        "import_rows.next_units",
        "import_rows.seal",
        "import_rows.are_sealed",
        "import_rows.take_turns",
        "import_rows.taken_back",
        "import_rows.settle",
        "import_rows.taken",
        "import_rows.resettle",
        "people_found.next_number",
        "decree_books.due",
        "decree_books.find",
        "decree_books.hold",
        "decree_books.take_share",
        "decree_books.is_done",
        "decree_books.begin",
        "decree_books.check",
        "decree_books.next_of",
        "decree_books.leave",
        "decree_lines.write",
        "agendas.count",
        "agendas.enlist",
        "agendas.strike",
        "agendas.judge",
        "agendas.freeze",
        "agendas.release",
        "accounts.rehash",
        "accounts.keep_password",
        "accounts.assign",
        "accounts.end_sign_ins",
        "credentials.reset",
        "credentials.link",
        "credentials.unlink",
        "audit.record",
        "audit.record_all",
        "audit.outdated",
        "audit.expect",
        "claims.lay",
        "claims.release",
        "proposals.facts_about",
        "proposals.facts_of",
        "nik_cases.facts_of",
        "moves.hold_ends",
        "moves.link",
        "moves.claimed",
        "undoings.undoings",
    },
    "brings a row into being; row-level security says where": {
        "accounts.open_account",
        "appointments.enter",
        "appointments.appoint",
        "spdci_requests.keep",
    },
    "yes or no for the whole country, as entering tells too: not who, not where": {
        "niks.held",
        "niks.held_if",
        "niks.held_of",
        "people_found.held_elsewhere",
    },
    "the owner's function, held by row-level security to the caller's people": {
        "niks.claim",
        "niks.claim_anew",
        "niks.held_by_others",
        "niks.release",
        "moves.origins",
    },
    "the asker's own, by his id and his region": {
        "answers.given",
        "answers.keep",
        "notices.list_page",
        "notices.mark_to",
        "days.look",
    },
    "the door, before anybody is known": {
        "sign_ins.clock",
        "sign_ins.count_check",
        "sign_ins.count_try",
        "sign_ins.forgive",
        "sign_ins.begin",
        "sign_ins.family_of",
        "sign_ins.rotate",
        "sign_ins.revoke",
    },
    "numbers of all regencies, which name nobody": {
        "changes.news",
        "roll_up.due",
        "roll_up.count",
        "roll_up.confirm",
        "turnarounds.take_in",
    },
    "a number, which nobody has": {"letters.next_serial"},
    "no search: the same connection, seen otherwise": {
        "changes.beginning",
        "changes.passed",
        "changes.present",
        "sessions.connection_in",
        "sessions.in_turn",
        "sessions.reading_in",
        "plain.plain",
        "elsewhere.elsewhere",
        "nik_cases.take_turn",
        "access.people_in",
    },
}


def public_functions() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    for path in sorted(Path(app.db.__path__[0]).glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield f"{path.stem}.{node.name}", node


def reaches_the_database(function: ast.AsyncFunctionDef) -> bool:
    arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    return any(a.annotation and ast.unparse(a.annotation) in DATABASE for a in arguments)


def demands_within(function: ast.AsyncFunctionDef) -> bool:
    """Keyword-only, a Region, and without a default that could be forgotten."""
    by_name = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return any(
        a.arg == "within" and a.annotation and ast.unparse(a.annotation) == "Region" and not default
        for a, default in by_name
    )


def test_whatever_reaches_the_database_demands_within_or_has_a_reason():
    reaching = {
        name: demands_within(f) for name, f in public_functions() if reaches_the_database(f)
    }
    reasoned = set().union(*WITHOUT.values())

    assert {name for name, demands in reaching.items() if not demands} == reasoned
    assert {name for name, demands in reaching.items() if demands} == set(finders())
