"""Messages by the SPDCI standard: heard, kept, answered at once or by a job.

A search is run each time somebody is told of its result, with what he may read by then; what was
found is never kept. Only what was asked is, for some days.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import jobs
from app.db import spdci_partners, spdci_requests, spdci_search
from app.db.access import Access, people_in
from app.db.jobs import is_seen_to
from app.db.sessions import Database
from app.db.spdci_requests import Asked
from app.db.tables.base import new_id, now
from app.db.tables.spdci import SpdciRequest
from app.domain.actors import Actor
from app.domain.errors import Language
from app.domain.jobs import JobKind
from app.domain.regions import INDONESIA
from app.domain.sight import sight_of_people
from app.domain.spdci import writing
from app.domain.spdci.asking import NOT_KNOWN, USED, Search, StatusOf, read_search, read_status
from app.domain.spdci.canonical import canonical
from app.domain.spdci.criteria import TOO_MANY, purpose_of, understand
from app.domain.spdci.partners import WRONG, Partner, check_sender, exchanges
from app.domain.spdci.reading import MOST_REQUESTS, Envelope, Json, Request, read_envelope
from app.domain.spdci.words import Action, Code, Rejected
from app.domain.spdci.writing import Message
from app.signatures import is_signed

KEPT = timedelta(days=7)
SIGNED_AS = "spdci+jws"  # `typ` of our signatures
HEADERS = {"Content-Type": "application/json"}

Sign = Callable[[bytes, str], str]


def signed(answer: Message, sign: Sign) -> Message:
    """With a signature over everything else, in the one form that JSON has (RFC 8785)."""
    return {"signature": sign(canonical(answer), SIGNED_AS), **answer}


def written(answer: Message) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Heard:
    """A message whose sender and form are right."""

    by: Actor
    action: Action
    partner: Partner | None
    message: Json

    @property
    def to(self) -> str | None:
        return self.partner.sender_id if self.partner else None

    @property
    def registered(self) -> Partner:
        """Whoever sent it, if he can be answered elsewhere than here."""
        if self.partner is None:
            raise Partner.nowhere()
        return self.partner


async def hear(database: Database, body: object, action: Action, *, by: Actor) -> Heard:
    exchanges(by)
    sight_of_people(by)
    envelope = read_envelope(body, action)
    partner = await partner_of(database, by)
    _check(envelope, partner)
    return Heard(by, action, partner, envelope.message)


async def partner_of(database: Database, by: Actor) -> Partner | None:
    async with database.reading(INDONESIA) as reading:
        return await spdci_partners.find(reading, by.id, within=INDONESIA)


def _check(envelope: Envelope, partner: Partner | None) -> None:
    check_sender(envelope, partner)
    keys = partner.keys if partner else ()
    if envelope.signature is not None and not is_signed(envelope.signature, envelope.signed, keys):
        raise Rejected(Code.SIGNATURE, WRONG)


# --- keeping what was asked


@dataclass(frozen=True)
class Kept:
    """What was kept of a message: the references of it that can be answered."""

    correlation_id: UUID
    references: frozenset[str]


async def keep(
    session: AsyncSession, heard: Heard, transaction_id: str, asked: Sequence[Asked]
) -> Kept:
    """The same message again is the same question. A reference used for another is not."""
    who = (heard.action, transaction_id, asked)
    before = await spdci_requests.asked_before(session, *who, by=heard.by, within=heard.by.region)
    if before is not None:
        return Kept(before, frozenset(each.reference_id for each in asked))
    correlation_id = new_id()
    references = await spdci_requests.keep(
        session, *who, correlation_id=correlation_id, by=heard.by
    )
    return Kept(correlation_id, frozenset(references))


def asked_in(request: Request) -> Asked:
    return Asked(request.reference_id, {"content": dict(request.content), "locale": request.locale})


async def accept(
    session: AsyncSession, heard: Heard, transaction_id: str, asked: Sequence[Asked]
) -> Message:
    """Acknowledged: a job answers at the partner's address, once for the same message."""
    heard.registered.address(heard.action)  # refused at once, where there is none
    kept = await keep(session, heard, transaction_id, asked)
    used = [each.reference_id for each in asked if each.reference_id not in kept.references]
    if used:
        raise Rejected(Code.REFERENCE_TWICE, USED, reference_id=used[0])
    if not await is_seen_to(session, kept.correlation_id, within=heard.by.region):
        await jobs.enqueue(
            session,
            JobKind.ANSWER_SPDCI,
            kept.correlation_id,
            by=heard.by,
            region=heard.by.region,
        )
    return writing.acknowledged(kept.correlation_id, now())


def correlation_in(acknowledged: Message) -> UUID:
    return UUID(acknowledged["message"]["correlation_id"])


# --- searching


async def search_later(session: AsyncSession, heard: Heard) -> Message:
    search = read_search(heard.message)
    return await accept(session, heard, search.transaction_id, [*map(asked_in, search.requests)])


async def search_now(
    session: AsyncSession, heard: Heard, *, access: Access, language: Language
) -> Message:
    search = read_search(heard.message)
    kept = await keep(session, heard, search.transaction_id, [*map(asked_in, search.requests)])
    items = [
        await answered(session, each, access=access, language=language)
        if each.reference_id in kept.references
        else _used(each, language)
        for each in search.requests
    ]
    at = now()
    await spdci_requests.answered(
        session, kept.correlation_id, at, within=heard.by.region, by=heard.by
    )
    return _found(search, kept.correlation_id, items, to=heard.to)


def _used(request: Request, language: Language) -> Message:
    why = Rejected(Code.REFERENCE_TWICE, USED)
    return writing.rejected(Action.SEARCH, why, request.reference_id, at=now(), language=language)


def _found(
    search: Search, correlation_id: UUID, items: Sequence[Message], *, to: str | None
) -> Message:
    message = writing.search_message(search.transaction_id, correlation_id, items)
    return writing.answer(Action.SEARCH, message, id_=new_id(), at=now(), to=to, items=items)


async def answered(
    session: AsyncSession, request: Request, *, access: Access, language: Language
) -> Message:
    """One request of a search, run as whoever asks may read now."""
    at, actor = now(), access.actor
    sight = sight_of_people(actor)
    fields = actor.agreement.fields if actor.agreement else frozenset()
    purpose = purpose_of(request.content) or access.purpose
    told = writing.language_of(request.locale, language)
    try:
        query = understand(request.content, fields)
        reading = await people_in(session, replace(access, purpose=purpose))
        found = await spdci_search.search(reading, query, within=actor.region, sight=sight)
    except Rejected as why:
        return writing.rejected(Action.SEARCH, why, request.reference_id, at=at, language=told)
    if found.is_too_many:
        many = Rejected(Code.TOO_MANY, TOO_MANY)
        return writing.rejected(Action.SEARCH, many, request.reference_id, at=at, language=told)
    return writing.found(
        request.reference_id,
        found.records,
        at=at,
        page=query.page,
        total=found.total,
        locale=request.locale,
    )


# --- what became of a message


async def status_later(session: AsyncSession, heard: Heard) -> Message:
    transaction_id, status = read_status(heard.message)
    asked = {"content": dict(heard.message["txnstatus_request"])}
    return await accept(session, heard, transaction_id, [Asked(status.reference_id, asked)])


async def status_now(
    session: AsyncSession, heard: Heard, *, access: Access, language: Language
) -> Message:
    transaction_id, status = read_status(heard.message)
    return await status_of(
        session, transaction_id, status, correlation_id=new_id(), to=heard.to,
        access=access, language=language,
    )  # fmt: skip


async def status_of(  # noqa: PLR0913 - which answer to which question, to whom
    session: AsyncSession,
    transaction_id: str,
    status: StatusOf,
    *,
    correlation_id: UUID,
    to: str | None,
    access: Access,
    language: Language,
) -> Message:
    rows = await spdci_requests.of_transaction(
        session,
        status.actions,
        transaction_id=status.transaction_id,
        reference_ids=status.reference_ids,
        correlation_id=status.correlation_id,
        most=MOST_REQUESTS,
        within=access.actor.region,
        by=access.actor,
    )
    items = [await _stands(session, each, access=access, language=language) for each in rows]
    if not items:
        why = Rejected(Code.REFERENCE, NOT_KNOWN)
        items = [
            writing.rejected(Action.SEARCH, why, status.reference_id, at=now(), language=language)
        ]
    message = writing.status_message(
        transaction_id,
        correlation_id,
        status.txn_type,
        items,
        of_transaction=rows[0].transaction_id if rows else transaction_id,
        of_correlation=rows[0].correlation_id if rows else correlation_id,
    )
    return writing.answer(Action.TXN_STATUS, message, id_=new_id(), at=now(), to=to, items=items)


async def _stands(
    session: AsyncSession, row: SpdciRequest, *, access: Access, language: Language
) -> Message:
    """A search that was answered is answered anew, and one whose answer was not taken in the end:
    so what went astray can be fetched."""
    within = access.actor.region
    if row.answered_at is None and await is_seen_to(session, row.correlation_id, within=within):
        return writing.waiting(row.reference_id, now())
    if row.action is not Action.SEARCH:
        return writing.done(row.reference_id, now())
    return await answered(session, request_in(row), access=access, language=language)


def request_in(row: SpdciRequest) -> Request:
    return Request(row.reference_id, row.asked.get("locale"), row.asked["content"])
