"""What the courier knows of subscriptions: which are due, whose turn it is, how far each has come.

Progress is no step: nobody decided it, and the log tells of it. What it changes leaves the version
as it is, so that nobody who amends a subscription is told that somebody was first.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.subscriptions import Subscription
from app.domain.changes import Cursor
from app.domain.regions import Region

_IS_FREE = "(leased_until IS NULL OR leased_until < now())"
_IS_DUE = f"(state = 'active' AND next_attempt_at <= now() OR ping_id IS NOT NULL) AND {_IS_FREE}"
# Two small indexes, each read to its end: what waits in them is what is to be done.
_WAITING = f"""
SELECT id, region_code, after, next_attempt_at, message_id IS NULL AND ping_id IS NULL AS is_quiet
FROM subscription WHERE {{}} AND {_IS_FREE} AND scope_code BETWEEN $1 AND $2 AND id <> ALL ($3)
"""
_DUE = f"""
{_WAITING.format("state = 'active' AND next_attempt_at <= now()")}
UNION {_WAITING.format("ping_id IS NOT NULL")} ORDER BY next_attempt_at
"""
_CLAIM = text(f"""
UPDATE subscription SET starts = starts + 1, leased_until = now() + :lease WHERE id = (
    SELECT id FROM subscription WHERE id = :id AND {_IS_DUE}
    AND scope_code BETWEEN :first AND :last FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
""")


@dataclass(frozen=True)
class Due:
    """A subscription whose time has come. Quiet: nothing is on its way, there may be nothing."""

    id: UUID
    region: Region
    after: Cursor
    is_quiet: bool


async def due(reading: Reading, *, besides: Collection[UUID], within: Region) -> list[Due]:
    """Those that nobody is at, the longest waiting first."""
    rows = await reading.rows(_DUE, within.first, within.last, [*besides])
    return [
        Due(
            row["id"],
            Region(row["region_code"]),
            Cursor.read(row["after"]) or Cursor(0),
            row["is_quiet"],
        )
        for row in rows
    ]


async def claim(
    session: AsyncSession, subscription_id: UUID, *, lease: timedelta, within: Region
) -> Subscription | None:
    """The subscription, for as long as the lease; None where another has it, or nothing is due."""
    connection = await session.connection()
    asked = {"id": subscription_id, "lease": lease, "first": within.first, "last": within.last}
    if await connection.scalar(_CLAIM, asked) is None:
        return None
    claimed = select(Subscription).where(
        Subscription.id == subscription_id, lies_within(Subscription.scope_code, within)
    )
    return (await session.exec(claimed)).one()


@dataclass(frozen=True)
class Turn:
    """One courier's hold on a subscription."""

    id: UUID
    start: int


async def held(session: AsyncSession, turn: Turn, *, within: Region) -> Subscription | None:
    """The subscription, if nobody has taken it over; nobody will, until the transaction ends."""
    found = await session.exec(
        select(Subscription)
        .where(
            col(Subscription.id) == turn.id,
            col(Subscription.starts) == turn.start,
            lies_within(Subscription.scope_code, within),
        )
        .with_for_update(key_share=True)
    )
    return found.one_or_none()


_FORGET = text("""DELETE FROM webhook_delivery
WHERE at < now() - CAST(:kept AS interval) AND scope_code BETWEEN :first AND :last""")


async def forget_deliveries(session: AsyncSession, kept: timedelta, *, within: Region) -> int:
    """Those older than that. How many."""
    asked = {"kept": kept, "first": within.first, "last": within.last}
    return int((await (await session.connection()).execute(_FORGET, asked)).rowcount)
