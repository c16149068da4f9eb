"""Answers kept with the work they tell of, so that a request sent twice has one effect.

The key of a request is the sender's own. Its answer is stored in the transaction of its work: a
server that is killed after the commit and before the answer leaves the answer to be asked again.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, text, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.tables.base import now
from app.db.tables.requests import StoredAnswer
from app.domain.actors import Actor
from app.domain.errors import Conflict, Incomplete, Said

KEPT = timedelta(days=7)
LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")


class StillRunning(Conflict):
    """The first request with this Idempotency-Key is still running."""

    title = Said(id="Permintaan pertama masih berjalan", en="The first request is still running")
    detail = Said(
        id="Tunggu sebentar, lalu kirim lagi dengan Idempotency-Key yang sama.",
        en="Wait a moment, then send it again with the same Idempotency-Key.",
    )


class KeyUsedOtherwise(Incomplete):
    """This Idempotency-Key belongs to another request."""

    title = Said(
        id="Idempotency-Key ini milik permintaan lain",
        en="This Idempotency-Key belongs to another request",
    )
    detail = Said(
        id="Isi permintaan berbeda dari yang pertama. Pakai Idempotency-Key baru.",
        en="The request differs from the first one. Use a new Idempotency-Key.",
    )


@dataclass(frozen=True)
class Asked:
    """A request as its sender named it: whose, by which key, with which content."""

    actor: Actor
    key: str
    content: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()


async def given(session: AsyncSession, asked: Asked) -> StoredAnswer | None:
    """The answer this request had, or None where it is new and now ours alone to answer."""
    actor = asked.actor
    name = f"{actor.id} {actor.region.code} {asked.key}"
    if not await session.scalar(LOCK, {"name": name}):
        raise StillRunning
    found = await session.exec(
        select(StoredAnswer).where(
            StoredAnswer.actor_id == actor.id,
            StoredAnswer.scope_code == actor.region.first,
            StoredAnswer.key == asked.key,
        )
    )
    answer = found.one_or_none()
    if answer is not None and answer.request_hash != asked.digest:
        raise KeyUsedOtherwise
    if answer is not None:
        session.expunge(answer)  # the transaction ends without it, and would empty it
    return answer


async def _forget(session: AsyncSession, actor: Actor) -> None:
    """Two for each that is added: never more work than that, and it catches up all the same."""
    key = (col(StoredAnswer.actor_id), col(StoredAnswer.scope_code), col(StoredAnswer.key))
    old = (
        select(*key)
        .where(StoredAnswer.scope_code == actor.region.first, StoredAnswer.at < now() - KEPT)
        .limit(2)
    )
    await session.exec(delete(StoredAnswer).where(tuple_(*key).in_(old)))


async def keep(
    session: AsyncSession, asked: Asked, *, status: int, headers: dict[str, str], body: bytes
) -> None:
    """Keep this answer, and forget some of those for the same region that are a week old."""
    actor = asked.actor
    await _forget(session, actor)
    session.add(
        StoredAnswer(
            actor_id=actor.id,
            scope_code=actor.region.first,
            key=asked.key,
            request_hash=asked.digest,
            status=status,
            headers=headers,
            body=body,
        )
    )
    await session.flush()
