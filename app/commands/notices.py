"""Telling somebody of what he has not asked for, in his language; and what he has read of it."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import notices
from app.db.sessions import Reading
from app.db.windows import Calendars
from app.domain.actors import Actor
from app.domain.errors import Language
from app.domain.notices import DUE_SOON, SAID, NoticeKind, Told, sentence
from app.domain.windows import Window


async def look(  # noqa: PLR0913 - a page: from where, how long, when, for whom
    reading: Reading, after: int, limit: int, *, moment: datetime, by: Actor, language: Language
) -> str:
    """A page of `NoticePage`, in JSON."""
    page = await notices.list_page(reading, after, limit, on=moment.date(), seen_by=by)
    body = json.loads(page.body)
    for item in body["items"]:
        told = Told(
            item["proposal_kind"],
            item["target"],
            item["village_name"] or item["village_code"],
            item.pop("reason"),
            item["period"],
        )
        item["said"] = sentence(NoticeKind(item["kind"]), told, language)
    due = list(due_soon(page.calendars, page.marked, moment, by=by, language=language))
    stopped = [_stopped(each, language) for each in body["subscriptions"]]
    body["unread"] += sum(not each["read"] for each in [*due, *stopped])
    body["subscriptions"] = stopped
    return json.dumps({**body, "due_soon": due}, ensure_ascii=False)


def _stopped(found: dict[str, Any], language: Language) -> dict[str, Any]:
    """A subscription that the service has paused or disabled."""
    why, host = found.pop("problem"), urlsplit(found.pop("url")).netloc
    words: dict[str, object] = {"host": host, "why": why["detail"][language]}
    kind = NoticeKind.SUBSCRIPTION_STOPPED
    return {**found, "kind": kind, "said": SAID[kind].told(language, words)}


def due_soon(
    calendars: Calendars,
    marked: Sequence[str],
    moment: datetime,
    *,
    by: Actor,
    language: Language,
) -> Iterator[dict[str, Any]]:
    """The windows of his role that are open and close soon."""
    for window in calendars.at(by.region):
        near = by.region.covers(window.region) or window.region.covers(by.region)
        if near and by.role in window.roles:
            yield from _due(window, marked, moment, by, language)


def _due(
    window: Window, marked: Sequence[str], moment: datetime, by: Actor, language: Language
) -> Iterator[dict[str, Any]]:
    opening = next(window.openings(window.day_of(moment, by.region)), None)
    if opening is None:
        return
    closes_at = window.closes(opening, by.region)
    if window.begins(opening, by.region) <= moment and closes_at - moment <= DUE_SOON:
        key = f"{window.name}.{opening.until}"
        words: dict[str, object] = {
            "label": window.label,
            "closes_at": closes_at.isoformat(" ", "minutes"),
        }
        yield {
            "id": key,
            "kind": NoticeKind.DUE_SOON,
            "at": (closes_at - DUE_SOON).isoformat(),
            "read": key in marked,
            "window_name": window.name,
            "closes_at": closes_at.isoformat(),
            "said": SAID[NoticeKind.DUE_SOON].told(language, words),
        }


async def mark(session: AsyncSession, read: Sequence[str], until: int | None, *, by: Actor) -> int:
    """What was read, by its ids; and everything up to one of them. How many ids were new."""
    entries = [int(each) for each in read if each.isdigit()]
    windows = [each for each in read if not each.isdigit()]
    if until is not None:
        await notices.mark_to(session, until, by=by)
    return await notices.mark(session, entries=entries, windows=windows, by=by, within=by.region)
