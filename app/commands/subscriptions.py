"""Subscribing to changes, and whatever the subscriber does with his subscription afterwards."""

import secrets
from base64 import b64encode
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import changes, subscriptions
from app.db.audit import expect, record
from app.db.sessions import reading_in
from app.db.tables.audit import AuditEntry
from app.db.tables.base import new_id, now
from app.db.tables.subscriptions import Subscription
from app.domain.actors import Actor
from app.domain.changes import Cursor
from app.domain.extracts.columns import columns_of
from app.domain.regions import narrowed
from app.domain.sight import sight_of_people
from app.domain.subscriptions import (
    MOST_OPEN,
    SECRET_BYTES,
    SUBSCRIPTIONS,
    CursorNotFit,
    Form,
    SubscriptionAction,
    SubscriptionEnded,
    SubscriptionState,
    TooManySubscriptions,
    resources_of,
)
from app.domain.targets import Networks, networks_in, target
from app.sealing import Sealer
from app.tokens import Tokens, read_key

A = SubscriptionAction
PREFIX = "whsec_"


@dataclass(frozen=True)
class Wanted:
    """Who wants to be sent what, and where to."""

    url: str
    events: Sequence[str]
    region_code: str | None = None
    form: Form = Form.STANDARD
    description: str | None = None
    after: Cursor | None = None


@dataclass(frozen=True)
class Rules:
    """What seals the secrets, whereto the service posts, and for how long in vain."""

    sealer: Sealer
    networks: Networks
    patience: timedelta
    sign: Callable[[bytes, str], str]  # what others keep and pass on; and as what

    @classmethod
    def of(cls, key: str, networks: Collection[str], days: int) -> Self:
        private = read_key(key)
        sign = Tokens(private, issuer="", audience="").seal
        allowed, patience = networks_in(networks), timedelta(days=days)
        return cls(Sealer(private, "webhooks"), allowed, patience, sign)


async def subscribe(
    session: AsyncSession, wanted: Wanted, *, by: Actor, rules: Rules
) -> tuple[Subscription, str]:
    """The subscription, and its secret, which nobody is told again."""
    step = SUBSCRIPTIONS.begin(by=by)
    _check(wanted.url, wanted.events, by=by, rules=rules)
    region = narrowed(by.region, wanted.region_code)
    if await subscriptions.how_many(session, within=by.region, by=by) >= MOST_OPEN:
        raise TooManySubscriptions(most=MOST_OPEN)
    after = await _place(session, wanted.after)
    id_, secret = new_id(), secrets.token_bytes(SECRET_BYTES)
    subscription = Subscription(
        id=id_,
        scope_code=by.region.first,
        created_by=by.id,
        role=by.role,
        asker_region_code=by.region.code,
        region_code=region.code,
        url=wanted.url,
        events=[*wanted.events],
        form=wanted.form,
        description=wanted.description,
        secret=rules.sealer.seal(secret, of=id_),
        after=str(after),
    )
    said = {"events": wanted.events, "region_code": region.code, "host": _host(wanted.url)}
    await record(session, subscription, step, told={f"/{k}": [None, v] for k, v in said.items()})
    return subscription, _told(secret)


def _check(url: str, events: Sequence[str], *, by: Actor, rules: Rules) -> None:
    """Refused here, where somebody reads why, not at the first message."""
    sight = sight_of_people(by)
    target(url, rules.networks)
    for resource in resources_of(events):
        columns_of(resource, sight)


def _host(url: str) -> str | None:
    """What the audit tells of an address: the rest of it may be a secret."""
    return urlsplit(url).hostname


def _told(secret: bytes) -> str:
    return PREFIX + b64encode(secret).decode()


async def _place(session: AsyncSession, after: Cursor | None) -> Cursor:
    """Where it is to begin: at a place that has passed, or now."""
    present = await changes.present(await reading_in(session))
    if after is not None and after > present:
        raise CursorNotFit.ahead(present)
    return after or present


async def amend(  # noqa: PLR0913 - what of which version, by whom
    session: AsyncSession,
    subscription_id: UUID,
    said: dict[str, object],
    *,
    by: Actor,
    version: int,
    rules: Rules,
) -> None:
    """What is on its way goes where it is sent to from now on, and tells what is wanted now."""
    row = await _held(session, subscription_id, A.AMEND, by=by, version=version)
    step = SUBSCRIPTIONS.step(row.state, A.AMEND, by=by)
    new = {"url": row.url, "events": row.events, "region_code": row.region_code, **said}
    _check(str(new["url"]), new["events"], by=by, rules=rules)  # type: ignore[arg-type]
    narrowed(row.asker.region, str(new["region_code"]))
    told: dict[str, list[object]] = {
        f"/{name}": [getattr(row, name), value] for name, value in said.items() if name != "url"
    }
    if "url" in said:
        told["/host"] = [_host(row.url), _host(str(said["url"]))]
    await record(session, row, step, changes={**said, "next_attempt_at": now()}, told=told)


async def rotate(
    session: AsyncSession, subscription_id: UUID, *, overlap: timedelta, by: Actor, rules: Rules
) -> str:
    """Another secret; messages are signed with the former one too until the overlap is over."""
    row = await _held(session, subscription_id, A.ROTATE, by=by)
    step = SUBSCRIPTIONS.step(row.state, A.ROTATE, by=by)
    secret, until = secrets.token_bytes(SECRET_BYTES), now() + overlap
    made = {
        "secret": rules.sealer.seal(secret, of=row.id),
        "secret_before": row.secret,
        "secret_before_until": until,
    }
    told: dict[str, list[object]] = {"/former_secret_until": [None, until]}
    await record(session, row, step, changes=made, told=told)
    return _told(secret)


async def ping(session: AsyncSession, subscription_id: UUID, *, by: Actor) -> UUID:
    """The id of a message that is sent at once, whatever else waits, and tells of nobody."""
    row = await _held(session, subscription_id, A.AMEND, by=by)
    if row.state is SubscriptionState.ENDED:
        raise SubscriptionEnded
    row.ping_id = row.ping_id or new_id()
    await session.flush()
    return row.ping_id


async def take(  # noqa: PLR0913 - which step of which version, by whom
    session: AsyncSession,
    subscription_id: UUID,
    action: SubscriptionAction,
    *,
    after: Cursor | None,
    by: Actor,
    version: int,
) -> AuditEntry:
    row = await _held(session, subscription_id, action, by=by, version=version)
    step = SUBSCRIPTIONS.step(row.state, action, by=by)
    made, told = _effects(row, action, after)
    if action is A.RESUME:
        sight_of_people(by)
    return await record(session, row, step, changes=made, told=told)


# Whoever is at it now comes too late with what he has to tell.
def _anew(row: Subscription) -> dict[str, object]:
    return {
        "attempts": 0,
        "failing_since": None,
        "next_attempt_at": now(),
        "leased_until": None,
        "starts": row.starts + 1,
    }


def _effects(
    row: Subscription, action: SubscriptionAction, after: Cursor | None
) -> tuple[dict[str, object], dict[str, list[object]]]:
    """What changes with the step, and what the audit tells of it."""
    if action is A.REPLAY and after is not None:
        if after > row.reached:
            raise CursorNotFit.ahead(row.reached)
        back = {"after": str(after), "message_id": None, "message_to": None}
        return {**_anew(row), **back}, {"/after": [row.after, str(after)]}
    if action is A.RESUME:
        why = row.problem["code"] if row.problem else None
        return {**_anew(row), "problem": None}, {"/problem": [why, None]} if why else {}
    if action is A.END:
        return {"ping_id": None, "problem": None}, {}
    return {}, {}


async def _held(
    session: AsyncSession,
    subscription_id: UUID,
    action: SubscriptionAction,
    *,
    by: Actor,
    version: int | None = None,
) -> Subscription:
    SUBSCRIPTIONS.permit(action, by=by)
    row = await subscriptions.find(session, subscription_id, within=by.region, by=by)
    if version is not None:
        await expect(session, row, version)
    return row
