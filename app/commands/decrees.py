"""Decrees: drafted, checked and applied; what takes long is done in the background.

The work goes chunk by chunk, each a transaction of its own that keeps where to go on. A service
that is killed leaves whole chunks behind, and the next one goes on from there. It is cut into
shares, so that several chunks are under way at once: while one is thought about, PostgreSQL is at
work on another.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.proposals import Deed, Meant, take_each
from app.db import decree_books, decrees, regions
from app.db.audit import expect, record
from app.db.decree_books import Due, Place
from app.db.faults import passes
from app.db.sessions import Database
from app.db.tables.audit import AuditEntry
from app.db.tables.decrees import Decree, DecreeBook, DecreeShare
from app.domain.actors import Actor
from app.domain.channels import Channel
from app.domain.decrees import (
    CHECKS,
    DECREES,
    DONE_BY,
    WORK_OF,
    DecreeAction,
    NotDetermined,
    Work,
)
from app.domain.errors import Refusal
from app.domain.proposals import ProposalAction
from app.domain.regions import INDONESIA
from app.domain.workflow import Ground

DETERMINED_AT_ONCE = 1_000
HANDS = 3

log = structlog.get_logger("siks.decrees")


@dataclass(frozen=True)
class Asked:
    """A step of a decree, in the version in which somebody read it."""

    id: UUID
    version: int
    action: DecreeAction
    grounds: Mapping[Ground, object]


async def draft(session: AsyncSession, values: Mapping[str, Any], *, by: Actor) -> Decree:
    step = DECREES.begin(by=by)
    await regions.known(session, values["region_code"])
    decree = Decree(**values, created_by=by.id)
    await record(session, decree, step)
    decree_books.open_book(session, decree)
    await session.flush()
    return decree


async def take(session: AsyncSession, asked: Asked, *, by: Actor) -> AuditEntry:
    """A step; where it is the beginning of much work, that is done later."""
    DECREES.permit(asked.action, by=by)
    decree = await decrees.find(session, asked.id, hold=True)
    await expect(session, decree, asked.version)
    facts = await decrees.facts_of(session, decree, for_=by)
    step = DECREES.step(decree.state, asked.action, by=by, grounds=asked.grounds, facts=facts)
    checked = {"checked_by": by.id} if asked.action is DecreeAction.CHECK else {}
    entry = await record(session, decree, step, changes=checked)
    if asked.action in WORK_OF:
        await decree_books.begin(session, decree, WORK_OF[asked.action], by=by)
    return entry


# --- in the background


async def work_on(database: Database, *, at_once: int = DETERMINED_AT_ONCE) -> bool:
    """A chunk of each share for which there is something to do; whether there was."""
    async with database.reading(INDONESIA) as reading:
        due = iter(await decree_books.due(reading))
    async with asyncio.TaskGroup() as hands:
        work = [hands.create_task(_turns(database, due, at_once)) for _ in range(HANDS)]
    return any(hand.result() for hand in work)


async def _turns(database: Database, shares: Iterator[Due], at_once: int) -> bool:
    """One hand's: the next share that no other has taken, until there is none."""
    return any([await _chunk(database, each, at_once) for each in shares])


async def _chunk(database: Database, due: Due, at_once: int) -> bool:
    """Where a chunk fails for a reason that stays, a smaller one; a single proposal is left."""
    if due.share is None:
        return await _finished(database, due)
    try:
        return await _transaction(database, due, partial(_work, at_once=at_once))
    except Exception as error:
        if passes(error):
            raise
        log.warning("decree_chunk_failed", kind=type(error).__name__, proposals=at_once)
        if at_once == 1:
            return await _transaction(database, due, _pass_over)
        return await _chunk(database, due, max(1, at_once // 10))


class Held(NamedTuple):
    """A share that is ours until the transaction ends, and what it is a share of."""

    share: DecreeShare
    book: DecreeBook
    decree: Decree


Turn = Callable[[AsyncSession, Held], Awaitable[None]]


async def _transaction(database: Database, due: Due, turn: Turn) -> bool:
    """As whoever asked for it. Somebody else may be at it: then there is nothing to do here."""
    async with database.transaction(
        INDONESIA, channel=Channel(due.channel), request_id=due.request_id
    ) as session:
        share = await decree_books.take_share(session, due)
        if share is None:
            return False
        book = await decree_books.find(session, share.decree_id)
        await turn(session, Held(share, book, await decrees.find(session, share.decree_id)))
    return True


async def _work(session: AsyncSession, held: Held, *, at_once: int) -> None:
    look = {Work.CHECK: _check, Work.APPLY: _apply}[held.book.work or Work.CHECK]
    if not await look(session, held, at_once):
        await session.delete(held.share)


async def _check(session: AsyncSession, held: Held, at_once: int) -> bool:
    found = await decree_books.check(session, held.share, held.decree, most=at_once)
    if not found:
        return False
    objections = [CHECKS[objection].code() for _, objection in found if objection]
    book = await decree_books.hold(session, held.decree.id)
    book.would_take += len(found) - len(objections)
    book.falls_out += len(objections)
    decree_books.turn(book, held.share, found[-1][0], objections)
    return True


async def _apply(session: AsyncSession, held: Held, at_once: int) -> bool:
    found = await decree_books.next_of(session, held.share, most=at_once)
    if not found:
        return False
    meant = [Meant(place.id, version) for place, version in found]
    by = decree_books.worker_of(held.book)
    taken = await take_each(session, meant, _determination(held.decree), by=by)
    refused = {
        place: refusal for place, _ in found if isinstance(refusal := taken[place.id], Refusal)
    }
    await _leave(session, held, [place for place, _ in found], refused)
    return True


async def _pass_over(session: AsyncSession, held: Held) -> None:
    """The next one, which nobody foresaw that it could not be determined."""
    found = [place for place, _ in await decree_books.next_of(session, held.share, most=1)]
    await _leave(session, held, found, {place: NotDetermined() for place in found})


async def _leave(
    session: AsyncSession, held: Held, found: Sequence[Place], refused: Mapping[Place, Refusal]
) -> None:
    await decree_books.leave(session, held.decree.id, refused)
    book = await decree_books.hold(session, held.decree.id)
    book.determined += len(found) - len(refused)
    book.left_out += len(refused)
    decree_books.turn(book, held.share, found[-1], [refusal.code() for refusal in refused.values()])


def _determination(decree: Decree) -> Deed:
    grounds = {
        Ground.DECREE_NUMBER: decree.number,
        Ground.DECREE_DATE: decree.dated.isoformat(),
    }
    return Deed(ProposalAction.APPROVE, grounds)


async def _finished(database: Database, due: Due) -> bool:
    """The decree goes on to what follows its work; another may have seen to it already."""
    async with database.transaction(
        INDONESIA, channel=Channel(due.channel), request_id=due.request_id
    ) as session:
        decree = await decrees.find(session, due.decree_id, hold=True)
        book = await decree_books.hold(session, decree.id)
        if not await decree_books.is_done(session, book):
            return False
        assert book.work is not None, "there was work"  # noqa: S101
        done = DECREES.step(decree.state, DONE_BY[book.work], by=decree_books.worker_of(book))
        await record(session, decree, done)
        book.work = None
    return True
