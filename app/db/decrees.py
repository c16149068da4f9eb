"""Finding decrees, and telling of them. They name nobody: everybody may know of one that is law."""

import json
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import decree_books
from app.db.pages import LAST_UUID, Position
from app.db.sessions import Reading
from app.db.tables.decrees import Decree
from app.domain.actors import Actor, Role
from app.domain.decrees import CLOSED, DECREES, SITUATIONS, TOLD_TO_ALL, DecreeNotFound
from app.domain.facts import Fact
from app.domain.regions import Tier
from app.domain.workflow import Ground

OFFERS = {role: json.dumps(DECREES.offers(role, SITUATIONS)) for role in Role}
EVERY_STATE = [state.value for state in type(DECREES.initial)]
LAW = [state.value for state in TOLD_TO_ALL]


async def find(session: AsyncSession, decree_id: UUID, *, hold: bool = False) -> Decree:
    """`hold` keeps others from moving it until the transaction ends."""
    statement = select(Decree).where(Decree.id == decree_id)
    found = await session.exec(statement.with_for_update() if hold else statement)
    decree = found.one_or_none()
    if decree is None:
        raise DecreeNotFound
    return decree


async def facts_of(session: AsyncSession, decree: Decree, *, for_: Actor) -> frozenset[Fact]:
    book = await decree_books.find(session, decree.id)
    facts = {
        Fact.OWN_WORK: for_.id in {decree.created_by, decree.checked_by},
        Fact.LISTED: book.lines > 0,
    }
    return frozenset(fact for fact, holds in facts.items() if holds)


async def named_in(session: AsyncSession, grounds: Mapping[Ground, object]) -> Decree | None:
    """The open decree that a determination rests on, or None where there is none like that.

    Until the transaction ends it stays open; others may determine under it too.
    """
    number, dated = grounds.get(Ground.DECREE_NUMBER), grounds.get(Ground.DECREE_DATE)
    if not number or not dated:
        return None
    found = await session.exec(
        select(Decree)
        .where(
            Decree.number == str(number),
            Decree.dated == date.fromisoformat(str(dated)),
            col(Decree.state).not_in(CLOSED),
        )
        .with_for_update(read=True)
    )
    return found.one_or_none()


# $2 are the states of which the reader is told, $3 what is open in which, $4 is the reader.
_VIEW = """json_build_object(
    'version', d.version, 'id', d.id, 'number', d.number, 'dated', d.dated, 'period', d.period,
    'note', d.note, 'kinds', d.kinds, 'region_code', d.region_code, 'state', d.state,
    'created_by', d.created_by, 'checked_by', d.checked_by,
    'applied_by', CASE WHEN d.state IN ('applying', 'in_force') THEN b.actor_id END,
    'would_take', b.would_take, 'falls_out', b.falls_out, 'left_for', b.reasons,
    'determined', b.determined, 'left_out', b.left_out, 'lines', b.lines,
    'created_at', d.created_at, 'updated_at', d.updated_at, 'worked_at', b.turned_at,
    'open_actions', $3::jsonb -> (
        CASE WHEN $4::uuid IN (d.created_by, d.checked_by) THEN 'own' ELSE 'others' END
        || CASE WHEN b.lines > 0 THEN '_listed' ELSE '' END) -> d.state)"""
_DOCUMENT = f"""
SELECT {_VIEW}::text FROM decree d JOIN decree_book b ON b.decree_id = d.id
WHERE d.id = $1 AND d.state = ANY ($2::text[])
"""
_NEWEST = f"""
WITH page AS MATERIALIZED (
    SELECT * FROM decree WHERE id < $1 AND state = ANY ($2::text[])
    ORDER BY id DESC LIMIT $5::int + 1
),
shown AS (SELECT * FROM page ORDER BY id DESC LIMIT $5::int)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > $5::int
        THEN '0.' || (SELECT id FROM shown ORDER BY id LIMIT 1) END,
    'items', coalesce((SELECT json_agg({_VIEW} ORDER BY d.id DESC)
        FROM shown d JOIN decree_book b ON b.decree_id = d.id), '[]'))::text
"""


def _seen_by(actor: Actor) -> list[str]:
    """A draft is the ministry's own."""
    return EVERY_STATE if actor.region.tier is Tier.NATION else LAW


async def document(reading: Reading, decree_id: UUID, *, seen_by: Actor) -> str:
    """The decree as `DecreeView`, in JSON."""
    body = await reading.document(
        _DOCUMENT, decree_id, _seen_by(seen_by), OFFERS[seen_by.role], seen_by.id
    )
    if body is None:
        raise DecreeNotFound
    return body


async def list_page(reading: Reading, *, after: Position, limit: int, seen_by: Actor) -> str:
    """A page of `DecreeView`s, in JSON, the newest first."""
    below = after.id if after.scope_code >= 0 else LAST_UUID
    return str(
        await reading.document(
            _NEWEST, below, _seen_by(seen_by), OFFERS[seen_by.role], seen_by.id, limit
        )
    )


async def known(reading: Reading, decree_id: UUID, *, seen_by: Actor) -> None:
    """Refuse where there is none: an empty list would say that there is one."""
    found = await reading.value(
        "SELECT true FROM decree WHERE id = $1 AND state = ANY ($2::text[])",
        decree_id,
        _seen_by(seen_by),
    )
    if found is None:
        raise DecreeNotFound
