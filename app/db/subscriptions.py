"""Finding subscriptions, and telling of them; what was delivered to them."""

import json
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import refusals
from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading, in_turn
from app.db.tables.subscriptions import Subscription
from app.domain.actors import Actor, Role
from app.domain.errors import Language
from app.domain.regions import Region
from app.domain.subscriptions import (
    SUBSCRIPTIONS,
    SubscriptionNotFound,
    SubscriptionState,
    sees_all,
)

OFFERS = {
    role: json.dumps(SUBSCRIPTIONS.offers(role, {"own": frozenset()})["own"]) for role in Role
}


async def find(
    session: AsyncSession, subscription_id: UUID, *, within: Region, by: Actor
) -> Subscription:
    """Kept from others until the transaction ends."""
    mine = () if sees_all(by) else (col(Subscription.created_by) == by.id,)
    found = await session.exec(
        select(Subscription)
        .where(
            Subscription.id == subscription_id,
            lies_within(Subscription.scope_code, within),
            *mine,
        )
        .with_for_update(key_share=True)
    )
    subscription = found.one_or_none()
    if subscription is None:
        raise SubscriptionNotFound
    return subscription


async def how_many(session: AsyncSession, *, within: Region, by: Actor) -> int:
    """That have not ended, of his. One after the other: the next counts what this one makes."""
    await in_turn(session, "subscriptions", by.id)
    statement = select(func.count()).where(
        Subscription.created_by == by.id,
        lies_within(Subscription.scope_code, within),
        col(Subscription.state) != SubscriptionState.ENDED,
    )
    return (await session.exec(statement)).one()


# {open} is what is open to the reader, {in} his language.
_VIEW = """json_build_object(
    'version', s.version, 'id', s.id, 'state', s.state, 'url', s.url, 'events', s.events,
    'form', s.form, 'region_code', s.region_code, 'description', s.description,
    'owner', s.created_by, 'role', s.role, 'after', s.after,
    'message_id', s.message_id, 'attempts', s.attempts,
    'next_attempt_at', CASE WHEN s.state = 'active' AND s.message_id IS NOT NULL
        THEN s.next_attempt_at END,
    'failing_since', s.failing_since,
    'former_secret_until', CASE WHEN s.secret_before_until > now() THEN s.secret_before_until END,
    'problem', {problem},
    'created_at', s.created_at, 'updated_at', s.updated_at,
    'open_actions', {open}::jsonb -> s.state)""".replace(
    "{problem}", refusals.shown("s.problem", "{in}")
)


def _view(first: int) -> str:
    return _VIEW.format(**{name: f"${number}" for number, name in enumerate(("open", "in"), first)})


_MINE = "(s.created_by = {0} OR {0} IS NULL)"
_DOCUMENT = f"""SELECT {_view(5)}::text AS body, NULL::uuid[] AS subjects
FROM subscription s WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3
    AND {_MINE.format("$4::uuid")}"""


def _whose(seen_by: Actor) -> UUID | None:
    return None if sees_all(seen_by) else seen_by.id


async def document(
    reading: Reading, subscription_id: UUID, *, within: Region, seen_by: Actor, language: Language
) -> str:
    """The subscription as `SubscriptionView`, in JSON."""
    reach = (subscription_id, within.first, within.last, _whose(seen_by))
    told = (OFFERS[seen_by.role], language.value)
    body = await reading.document(_DOCUMENT, *reach, *told)
    if body is None:
        raise SubscriptionNotFound
    return body


async def list_page(
    reading: Reading, asked: Asked, *, within: Region, seen_by: Actor, language: Language
) -> str:
    """A page of `SubscriptionView`s, in JSON."""
    whose = {**asked.where, "created_by = {}": _whose(seen_by)}
    statement, arguments = page(
        "subscription",
        Asked(asked.after, asked.limit, whose),
        within=within,
        item=_view(6),
        subjects="NULL::uuid[]",
        also=(OFFERS[seen_by.role], language.value),
    )
    return str(await reading.document(statement, *arguments))


_DELIVERY = """json_build_object(
    'id', s.id, 'message_id', s.message_id, 'kind', s.kind, 'attempt', s.attempt, 'at', s.at,
    'items', s.items, 'bytes', s.bytes, 'after', s.after, 'next', s.next,
    'status', s.status, 'reason', s.reason, 'taken', coalesce(s.status BETWEEN 200 AND 299, false),
    'milliseconds', s.milliseconds)"""
_OF_HIS = """SELECT * FROM ({page}) AS page WHERE EXISTS (
    SELECT FROM subscription s WHERE s.id = $6 AND s.scope_code BETWEEN $1 AND $2
    AND (s.created_by = $7::uuid OR $7::uuid IS NULL))"""


async def deliveries(
    reading: Reading, subscription_id: UUID, asked: Asked, *, within: Region, seen_by: Actor
) -> str:
    """A page of `DeliveryView`s, in JSON."""
    of_it = {**asked.where, "subscription_id = {}": subscription_id}
    statement, arguments = page(
        "webhook_delivery",
        Asked(asked.after, asked.limit, of_it),
        within=within,
        item=_DELIVERY,
        subjects="NULL::uuid[]",
        also=(subscription_id, _whose(seen_by)),
    )
    body = await reading.document(_OF_HIS.format(page=statement), *arguments)
    if body is None:
        raise SubscriptionNotFound
    return body
