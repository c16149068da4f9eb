"""The courier: follows the changes on behalf of each subscriber, and posts them page after page.

A page is fixed before it is first sent, and goes out under one id until it is taken; then, in one
transaction, the log has it and the subscription goes on behind it. Several couriers may be at
work: each has a lease on what it delivers. One that dies between sending and recording leaves a
message that is sent again, under the same id: at least once, never out of order, nothing lost.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession
from standardwebhooks import Webhook

from app.commands.agreements import as_of_now
from app.commands.envelopes import ENVELOPES, Message
from app.commands.subscriptions import Rules
from app.db import changes, courier
from app.db.access import BEGIN, Access, PeopleReading
from app.db.audit import record
from app.db.courier import Due, Turn
from app.db.refusals import told
from app.db.sessions import Database, Reading
from app.db.tables.base import new_id, now
from app.db.tables.subscriptions import Subscription, WebhookDelivery
from app.domain.actors import Actor
from app.domain.errors import Refusal
from app.domain.regions import INDONESIA, Region
from app.domain.sight import USUAL_PURPOSE_OF, sight_of_people
from app.domain.subscriptions import (
    MOST_ITEMS,
    SUBSCRIPTIONS,
    MessageKind,
    SecretLost,
    SubscriptionAction,
    SubscriptionState,
    TargetFailing,
    TargetGone,
    resources_of,
    told_of,
    wait,
)
from app.exchange.outgoing import Answer, post
from app.sealing import SealBroken

AT_ONCE = 16  # subscriptions: a slow receiver holds up no other
CONNECTIONS = 5  # to PostgreSQL, by each road: while a message is on its way nobody holds one
LOOK = timedelta(seconds=1)  # how often the courier looks for what is due
LEASE = timedelta(seconds=90)  # longer than any attempt takes
MOST_BYTES = 1_000_000  # of one message
GONE = 410

A = SubscriptionAction
log = structlog.get_logger("siks.courier")


@dataclass(frozen=True)
class Page:
    """What there is to tell him next, as JSON."""

    data: str
    items: int
    next: str
    has_more: bool


@dataclass(frozen=True)
class Sent:
    """One attempt, and what came of it."""

    message: Message
    attempt: int
    answer: Answer
    seconds: float
    size: int


@asynccontextmanager
async def courier_at(url: str, rules: Rules) -> AsyncIterator["Courier"]:
    """A courier with connections of its own: what it waits for, no job waits for."""
    database = Database(url, connections=CONNECTIONS + 1)
    await database.open()
    carrier = Courier(database, rules)
    try:
        yield carrier
    finally:
        carrier.leave()
        await carrier.rest()
        await database.close()


class Courier:
    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules
        self._look = asyncio.Semaphore(CONNECTIONS)
        self._under_way: dict[UUID, asyncio.Task[None]] = {}

    async def round(self) -> None:
        """Begin whatever is due, as far as there are hands; wait for nothing."""
        free = AT_ONCE - len(self._under_way)
        if free <= 0:
            return
        async with self._database.reading(INDONESIA) as reading:
            due = await courier.due(reading, besides=self._under_way, within=INDONESIA)
            worth = await _with_news(reading, due)
        for each in worth[:free]:
            task = asyncio.create_task(self._serve(each))
            self._under_way[each] = task
            task.add_done_callback(partial(self._through, each))

    def _through(self, subscription_id: UUID, _: object) -> None:
        del self._under_way[subscription_id]

    async def rest(self) -> None:
        """Until all that was begun is through."""
        while self._under_way:
            await asyncio.wait(self._under_way.values())

    def leave(self) -> None:
        for task in self._under_way.values():
            task.cancel()

    async def _serve(self, subscription_id: UUID) -> None:
        """Page after page, as long as they are taken."""
        try:
            while await self.deliver(subscription_id):
                pass
        except Exception as error:  # noqa: BLE001 - it is tried again when the lease is over
            log.warning("not_delivered", id=str(subscription_id), kind=type(error).__name__)

    async def deliver(self, subscription_id: UUID) -> bool:
        """One message of that subscription; whether there may be another at once."""
        async with self._look, self._database.transaction(INDONESIA) as session:
            row = await courier.claim(session, subscription_id, lease=LEASE, within=INDONESIA)
        if row is None:
            return False
        try:
            return await (self._next(row) if row.ping_id is None else self._ping(row, row.ping_id))
        except Refusal as why:
            await self._stop(row, A.SUSPEND, why)
            return False

    # --- a page of changes

    async def _next(self, row: Subscription) -> bool:
        """Whoever may not read any more is sent nothing."""
        async with self._look:
            reader = await as_of_now(self._database, row.asker)
        message_id = row.message_id or new_id()
        page = await self._page(row, reader, message_id)
        if not page.items:
            return await self._skip(row, page)
        if row.message_id is None and not await self._fix(row, message_id, page.next):
            return False
        about = _about(row, message_id, MessageKind.CHANGES, page.data)
        message = replace(about, items=page.items, after=row.after, next=page.next)
        return await self._recorded(row, await self._send(row, message, row.attempts + 1))

    async def _page(self, row: Subscription, reader: Actor, message_id: UUID) -> Page:
        """As many items as fit into one message."""
        most = MOST_ITEMS
        while True:
            page = await self._read(row, reader, message_id, most)
            size = len(page.data)
            if size <= MOST_BYTES or most == 1 or row.message_to is not None:
                return page
            most = max(1, min(most - 1, most * MOST_BYTES // size))

    async def _read(self, row: Subscription, reader: Actor, message_id: UUID, most: int) -> Page:
        """Whose data are read stands in the access log, under the message's id."""
        access = Access(reader, USUAL_PURPOSE_OF[reader.role], "deliver_webhook", str(message_id))
        within, begin = reader.region, BEGIN
        async with self._look, self._database.connection(within, begin=begin) as connection:
            body = await changes.page(
                PeopleReading(connection, access),
                row.reached,
                most,
                within=Region(row.region_code),
                sight=sight_of_people(reader),
                resources=resources_of(row.events),
                until=row.fixed or changes.FARTHEST,
                events=told_of(row.events),
            )
        return _page_of(json.loads(body), row)

    async def _skip(self, row: Subscription, page: Page) -> bool:
        """Nothing is there for him up to here."""
        async with self._turn(row) as (_, held):
            if held is not None:
                _go_on(held, page.next)
        return held is not None and page.has_more

    async def _fix(self, row: Subscription, message_id: UUID, until: str) -> bool:
        """What goes out from now on under that id; False where somebody else is at it."""
        async with self._turn(row) as (_, held):
            if held is not None:
                held.message_id, held.message_to = message_id, until
            return held is not None

    # --- sending

    async def _ping(self, row: Subscription, ping_id: UUID) -> bool:
        """Tried once: whoever asked for it sees in the log what came of it."""
        data = json.dumps({"subscription_id": str(row.id)})
        sent = await self._send(row, _about(row, ping_id, MessageKind.PING, data), 1)
        async with self._turn(row) as (session, held):
            _keep(session, row, sent)
            if held is not None:
                held.leased_until = None
                held.ping_id = None if held.ping_id == ping_id else held.ping_id
        return held is not None

    async def _send(self, row: Subscription, message: Message, attempt: int) -> Sent:
        letter = ENVELOPES[row.form](message, self._rules.sign)
        began = time.monotonic()
        headers = {**letter.headers, **self._signed(row, message, letter.body)}
        answer = await post(row.url, letter.body, headers, networks=self._rules.networks)
        return Sent(message, attempt, answer, time.monotonic() - began, len(letter.body))

    def _signed(self, row: Subscription, message: Message, body: bytes) -> dict[str, str]:
        """With the former secret too, as long as the receiver may have no other."""
        try:
            secrets = [self._rules.sealer.open(each, of=row.id) for each in row.secrets(message.at)]
        except SealBroken:
            raise SecretLost from None
        signed = (
            Webhook(each).sign(str(message.id), message.at, body.decode()) for each in secrets
        )
        return {
            "webhook-id": str(message.id),
            "webhook-timestamp": str(int(message.at.timestamp())),
            "webhook-signature": " ".join(signed),
        }

    # --- what came of it

    async def _recorded(self, row: Subscription, sent: Sent) -> bool:
        async with self._turn(row) as (session, held):
            _keep(session, row, sent)
            if held is None:
                return False
            if sent.answer.is_taken:
                _go_on(held, sent.message.next or held.after)
            else:
                await self._failed(session, held, sent)
        return sent.answer.is_taken

    async def _failed(self, session: AsyncSession, held: Subscription, sent: Sent) -> None:
        held.attempts += 1
        held.failing_since = held.failing_since or sent.message.at
        asked = sent.answer.retry_after
        held.next_attempt_at = now() + wait(held.attempts, sent.message.id, asked)
        held.leased_until = None
        await session.flush()
        why = self._given_up(held, sent.answer)
        if why is not None:
            await _take(session, held, A.DISABLE, why)

    def _given_up(self, held: Subscription, answer: Answer) -> Refusal | None:
        if answer.status == GONE:
            return TargetGone()
        since = held.failing_since or now()
        if now() - since < self._rules.patience:
            return None
        return TargetFailing(days=self._rules.patience.days, last=answer.status or answer.reason)

    async def _stop(self, row: Subscription, action: SubscriptionAction, why: Refusal) -> None:
        async with self._turn(row) as (session, held):
            if held is not None:
                held.leased_until = held.ping_id = None
                await session.flush()
                await _take(session, held, action, why)

    @asynccontextmanager
    async def _turn(
        self, row: Subscription
    ) -> AsyncIterator[tuple[AsyncSession, Subscription | None]]:
        """A transaction as the subscriber; without his subscription where another is at it."""
        region = row.asker.region
        async with self._look, self._database.transaction(region) as session:
            yield session, await courier.held(session, Turn(row.id, row.starts), within=region)


async def _with_news(reading: Reading, due: Sequence[Due]) -> list[UUID]:
    """Without those in whose region nothing was written since: they cost no more than this."""
    quiet = [each.after.xid for each in due if each.is_quiet]
    news = await changes.news(reading, min(quiet)) if quiet else None
    return [
        each.id for each in due if news is None or not each.is_quiet or news.reaches(each.region)
    ]


def _page_of(found: dict[str, Any], row: Subscription) -> Page:
    data = {"after": row.after, "next": found["next"], "items": found["items"]}
    said = json.dumps(data, ensure_ascii=False)
    return Page(said, len(found["items"]), found["next"], found["has_more"])


def _about(row: Subscription, id_: UUID, kind: MessageKind, data: str) -> Message:
    return Message(id_, kind, now(), row.id, row.region_code, data)


def _go_on(held: Subscription, after: str) -> None:
    held.after, held.message_id, held.message_to = after, None, None
    held.attempts, held.failing_since, held.leased_until = 0, None, None
    held.next_attempt_at = now()


async def _take(
    session: AsyncSession, held: Subscription, action: SubscriptionAction, why: Refusal
) -> None:
    """Unless he has paused or ended it himself meanwhile."""
    if held.state is not SubscriptionState.ACTIVE:
        return
    step = SUBSCRIPTIONS.step(held.state, action, by=held.asker)
    await record(session, held, step, changes={"problem": told(why)})


def _keep(session: AsyncSession, row: Subscription, sent: Sent) -> None:
    message, answer = sent.message, sent.answer
    session.add(
        WebhookDelivery(
            scope_code=row.scope_code,
            subscription_id=row.id,
            message_id=message.id,
            kind=message.kind,
            attempt=sent.attempt,
            at=message.at,
            items=message.items,
            bytes=sent.size,
            after=message.after,
            next=message.next,
            status=answer.status,
            reason=answer.reason,
            milliseconds=round(sent.seconds * 1000),
        )
    )
