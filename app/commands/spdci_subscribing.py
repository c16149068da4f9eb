"""Subscribing and giving up by the SPDCI standard: our own subscriptions, in the standard's form.

It is done when the message comes in; the job that answers only tells what came of it.
"""

from collections.abc import Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import spdci, subscriptions
from app.commands.spdci import Heard
from app.commands.subscriptions import Rules, Wanted
from app.db import spdci_requests
from app.db import subscriptions as found
from app.db.access import Access
from app.db.spdci_requests import Asked
from app.db.tables.base import new_id, now
from app.db.tables.spdci import SpdciRequest
from app.domain.actors import Actor
from app.domain.errors import Language, Refusal
from app.domain.spdci import writing
from app.domain.spdci.partners import Partner
from app.domain.spdci.subscribing import (
    NO_SUCH_CODE,
    as_id,
    read_subscribe,
    read_unsubscribe,
    wish_in,
)
from app.domain.spdci.words import Action, Code, Rejected
from app.domain.spdci.writing import Message
from app.domain.subscriptions import Form, SubscriptionAction

LANGUAGE = Language.INDONESIAN  # where a request names none


async def subscribe_later(session: AsyncSession, heard: Heard, *, rules: Rules) -> Message:
    transaction_id, requests = read_subscribe(heard.message)
    asked = [spdci.asked_in(each) for each in requests]
    acknowledged = await spdci.accept(session, heard, transaction_id, asked)
    for row in await _not_done(session, acknowledged, by=heard.by):
        language = writing.language_of(row.asked.get("locale"), LANGUAGE)
        row.outcome = await _subscribe(session, row, heard, rules, language)
    return acknowledged


async def unsubscribe_later(session: AsyncSession, heard: Heard) -> Message:
    """It has no reference: the transaction is its only name."""
    given_up = read_unsubscribe(heard.message)
    asked = Asked(given_up.transaction_id, {"content": {"codes": [*given_up.codes]}})
    acknowledged = await spdci.accept(session, heard, given_up.transaction_id, [asked])
    for row in await _not_done(session, acknowledged, by=heard.by):
        ended = [code for code in given_up.codes if await _end(session, code, by=heard.by)]
        row.outcome = {"ended": ended}
    return acknowledged


async def _not_done(session: AsyncSession, told: Message, *, by: Actor) -> list[SpdciRequest]:
    rows = await spdci_requests.of_message(
        session, spdci.correlation_in(told), within=by.region, by=by
    )
    return [each for each in rows if each.outcome is None]


async def _subscribe(
    session: AsyncSession, row: SpdciRequest, heard: Heard, rules: Rules, language: Language
) -> dict[str, Any]:
    """The code of the subscription, or why there is none."""
    try:
        wish = wish_in(row.asked["content"])
        wanted = Wanted(
            heard.registered.notified_at,
            wish.events,
            region_code=wish.region.code if wish.region else None,
            form=Form.SPDCI,
        )
        subscription, _ = await subscriptions.subscribe(session, wanted, by=heard.by, rules=rules)
    except Rejected as why:
        return {"code": why.code.value, "said": why.told(language)}
    except Refusal as why:
        said = type(why).detail.told(language, why.words)
        return {"code": Code.NOTIFY_DETAILS.value, "said": said}
    return {"subscription": str(subscription.id), "event": wish.event}


async def _end(session: AsyncSession, code: str, *, by: Actor) -> bool:
    """Whether it serves no more; one that is nobody's, or another's, is not his to end."""
    id_ = as_id(code)
    try:
        if id_ is None:
            return False
        row = await found.find(session, id_, within=by.region, by=by)
        if row.form is not Form.SPDCI:
            return False
        await subscriptions.take(
            session, id_, SubscriptionAction.END, after=None, by=by, version=row.version
        )
    except Refusal:
        return False
    return True


# --- what is answered


async def on_subscribe(
    _: AsyncSession, rows: Sequence[SpdciRequest], partner: Partner, __: Access
) -> Message:
    items = [_subscribed(each) for each in rows]
    first = rows[0]
    message = writing.subscribe_message(first.transaction_id, first.correlation_id, items)
    return writing.answer(
        Action.SUBSCRIBE, message, id_=new_id(), at=now(), to=partner.sender_id, items=items
    )


def _subscribed(row: SpdciRequest) -> Message:
    at, outcome = now(), row.outcome or {}
    if "subscription" in outcome:
        return writing.subscribed(
            row.reference_id,
            outcome["subscription"],
            at=at,
            event=outcome["event"],
            locale=row.asked.get("locale"),
        )
    return writing.refused_item(row.reference_id, outcome["code"], outcome["said"], at=at)


async def on_unsubscribe(
    _: AsyncSession, rows: Sequence[SpdciRequest], partner: Partner, __: Access
) -> Message:
    row = rows[0]
    ended = (row.outcome or {})["ended"]
    others = [code for code in row.asked["content"]["codes"] if code not in ended]
    why = Rejected(Code.SUBSCRIPTION_CODE, NO_SUCH_CODE, names=", ".join(others))
    message = writing.unsubscribe_message(
        row.transaction_id,
        row.correlation_id,
        at=now(),
        ended=ended,
        why=(why.code, why.told(LANGUAGE)) if others else None,
    )
    return writing.answer(
        Action.UNSUBSCRIBE, message, id_=new_id(), at=now(), to=partner.sender_id, items=[message]
    )
