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
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

import app.db
from app.db import (
    accounts,
    agendas,
    appointments,
    audit_entries,
    clients,
    counts,
    credentials,
    decisions,
    decree_lines,
    deliberations,
    desks,
    documents,
    families,
    households,
    identities,
    members,
    moves,
    notices,
    policies,
    proposals,
    recipients,
    records,
    regions,
    searches,
    sign_ins,
    statements,
    surveys,
    turnarounds,
    visits,
)
from app.db.pages import Asked, Position
from app.db.sessions import Database
from app.db.tables.accounts import Account, ClientSecret, ExternalIdentity
from app.db.turnarounds import Span
from app.domain.accounts import RefreshTerms
from app.domain.actors import Actor, Role
from app.domain.appointments import Posts
from app.domain.errors import NotFound
from app.domain.proposals import ProposalAction
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.searches import Match, Question
from app.domain.sight import SIGHT_OF
from app.domain.work_lists import Wanted
from tests.api.issuer import NAME
from tests.api.test_decrees import applied, drafted, items
from tests.conftest import registry_of
from tests.contract import Promise
from tests.grants import a_recipient
from tests.registry import Caller, Places, Registry

OPERATOR = SIGHT_OF[Role.VILLAGE_OPERATOR]
DROPPED = {"within": INDONESIA}
SEEN = {**DROPPED, "sight": OPERATOR}
READER = Role.VILLAGE_OPERATOR
TO_SUBMIT = Wanted(action=ProposalAction.SUBMIT)
FIRST_ROWS = Asked(Position(-1, UUID(int=0)), 9, {})
LATELY = Span(date(2020, 1, 1), date(2100, 1, 1))
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
    decree: UUID
    earlier: UUID
    listed: UUID
    entry: int
    username: str
    refresh_token: str
    admin: Actor
    row: Account
    assignment: UUID
    secret: UUID

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
        entry=(await registry.audit_of(proposal["id"]))[0]["id"],
        username=await username_of(database, operator),
        refresh_token=await refresh_token_of(database, operator),
        admin=(await registry.caller(Role.REGENCY_ADMIN)).actor,
        **await account_of(database, operator),
    )


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


async def a_list(registry: Registry) -> dict[str, UUID]:
    """A decree with somebody in its list, and an earlier one to compare it with."""
    analyst = await registry.caller(Role.MINISTRY_ANALYST)
    determiner = await registry.caller(Role.MINISTRY_DETERMINER)
    await registry.proposal("awaiting_determination")
    earlier = await drafted(registry, analyst, number="1/FIND/2026", period="2097-01-01")
    decree = await drafted(registry, analyst, number="2/FIND/2026")
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


Search = Callable[[Any, Village], Awaitable[object]]

IN_A_READING: dict[str, Search] = {
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
    "surveys.history": lambda r, v: surveys.history(r, v.household, surveys.LATEST, 9, **DROPPED),
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
    "visits.enumerators": lambda r, _: visits.enumerators(r, FIRST_ROWS, **DROPPED),
    "searches.members": lambda r, v: searches.members(r, v.budi, **DROPPED, limit=9),
    "searches.households": lambda r, v: searches.households(r, v.budi, **DROPPED, limit=9),
    "audit_entries.document": lambda r, v: audit_entries.document(
        r, v.entry, **DROPPED, seen_by=READER
    ),
    "audit_entries.list_page": lambda r, _: audit_entries.list_page(
        r, FIRST_NUMBERS, **DROPPED, seen_by=READER
    ),
}


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


async def held_around_a_member(session: AsyncSession, village: "Village") -> object:
    member = await members.find(session, village.member, **DROPPED)
    return await households.hold_around(session, member, **DROPPED)


IN_A_TRANSACTION: dict[str, Search] = {
    "notices.mark": lambda s, v: notices.mark(
        s, entries=[v.entry], windows=[], by=v.operator.actor, **DROPPED
    ),
    "decisions.chosen": lambda s, v: chosen(
        decisions.chosen(s, TO_SUBMIT, after=FIRST_ROWS.after, **DROPPED, by=v.operator.actor)
    ),
    "households.hold": lambda s, v: households.hold(s, [v.household], **DROPPED),
    "proposals.hold": lambda s, v: proposals.hold(s, [v.proposal], **DROPPED),
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
    "surveys.current_of": lambda s, v: surveys.current_of(s, Named(id=v.household), **DROPPED),
    "deliberations.find": lambda s, v: deliberations.find(s, v.deliberation, **DROPPED),
    "agendas.items": lambda s, v: agendas.items(s, Named(id=v.deliberation), **DROPPED),
    "agendas.awaited": lambda s, _: agendas.awaited(s, most=9, **DROPPED),
    "statements.find": lambda s, v: statements.find(s, v.statement, **DROPPED),
    "desks.take": lambda s, v: desks.take(s, v.account, reach=[INDONESIA], most=9, **DROPPED),
    "desks.left": lambda s, v: desks.left(s, v.account, reach=[INDONESIA], **DROPPED),
    "proposals.find": lambda s, v: proposals.find(s, v.proposal, **DROPPED),
    "proposals.on_the_desk": lambda s, v: proposals.on_the_desk(s, v.household, None, **DROPPED),
    "records.homes": lambda s, v: records.homes(s, [v.household], **DROPPED),
    "records.documents": lambda s, v: records.documents(s, [v.document], **DROPPED),
    "proposals.people_of": lambda s, v: proposals.people_of(
        s, Named(household_id=v.household), **DROPPED
    ),
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


async def turned(search: Awaitable[list[dict[str, Any]]]) -> bool:
    [region] = await search
    return any(each["count"] for each in region["states"])


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
    tried = [*IN_A_READING, *IN_A_TRANSACTION, *OF_PUBLIC_DATA]

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
        "accounts.move",
        "decrees.facts_of",
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
        "audit_rows.keep_all",
        "audit.expect",
        "claims.lay",
        "claims.release",
        "proposals.facts_about",
        "proposals.facts_of",
        "moves.hold_ends",
        "moves.claimed",
        "undoings.undoings",
    },
    "brings a row into being; row-level security says where": {
        "accounts.open_account",
        "appointments.enter",
        "appointments.appoint",
    },
    "yes or no for the whole country, as entering tells too: not who, not where": {
        "niks.held",
        "niks.held_if",
    },
    "the owner's function, held by row-level security to the caller's people": {
        "niks.claim",
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
        "sign_ins.count_try",
        "sign_ins.forgive",
        "sign_ins.begin",
        "sign_ins.family_of",
        "sign_ins.rotate",
        "sign_ins.revoke",
    },
    "numbers of all regencies, which name nobody": {
        "roll_up.due",
        "roll_up.count",
        "roll_up.confirm",
        "turnarounds.take_in",
    },
    "no search: the same connection, seen otherwise": {
        "sessions.connection_in",
        "sessions.reading_in",
        "plain.plain",
        "elsewhere.elsewhere",
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
