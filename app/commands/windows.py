"""Telling which windows concern somebody, and how it stands with each."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.db import windows
from app.db.sessions import Reading
from app.db.windows import Calendars
from app.domain.actors import Actor
from app.domain.regions import Region
from app.domain.windows import Opening, Window


async def look(
    reading: Reading, place: Region, moment: datetime, *, by: Actor, everyones: bool
) -> list[dict[str, Any]]:
    """Those in force that concern the actor's role at that place, or everybody's."""
    found = await windows.seen(reading, [place.code[:4]], on=moment.date())
    return told(found, place, moment, by=by, everyones=everyones)


def told(
    calendars: Calendars, place: Region, moment: datetime, *, by: Actor, everyones: bool = False
) -> list[dict[str, Any]]:
    """Each as `WindowView`."""
    there = [
        window
        for window in calendars.at(place)
        if window.in_force(window.day_of(moment, place))
        and (everyones or by.role in window.roles)
        and (place.covers(window.region) or window.region.covers(place))
    ]
    return [_told(window, there, place, moment, by) for window in there]


def _told(
    window: Window, around: Iterable[Window], place: Region, moment: datetime, by: Actor
) -> dict[str, Any]:
    openings = window.openings(window.day_of(moment, place))
    return {
        **{name: getattr(window, name) for name in PLAIN},
        **{name: sorted(getattr(window, name)) for name in SETS},
        "region_code": window.region.code,
        "of_my_role": by.role in window.roles,
        "narrowed_by": sorted(each.name for each in around if _narrows(each, window)),
        "exceptions": [
            {"period": period, "open_until": until}
            for period, until in (window.extended or {}).items()
        ],
        **_standing(window, next(openings, None), next(openings, None), place, moment),
    }


PLAIN = (
    "name",
    "label_id",
    "label_en",
    "recurrence",
    "start_day",
    "end_day",
    "cut_off_day",
    "start",
    "end",
    "clock",
    "late",
    "valid_from",
    "valid_to",
)
SETS = ("acts", "kinds", "programmes", "roles")


def _narrows(narrow: Window, wide: Window) -> bool:
    return (
        len(narrow.region.code) > len(wide.region.code)
        and bool(narrow.roles & wide.roles)
        and bool(narrow.acts & wide.acts)
    )


def _standing(
    window: Window,
    opening: Opening | None,
    following: Opening | None,
    place: Region,
    moment: datetime,
) -> Mapping[str, Any]:
    """Open until when; or, where it is closed, when it opens."""
    zone = window.clock.zone(place)
    begins = [window.begins(each, place) for each in (opening, following) if each]
    is_open = bool(begins) and begins[0] <= moment
    closes_at = window.closes(opening, place) if opening and is_open else None
    return {
        "open": is_open,
        "period": opening.counts_for(moment.astimezone(zone).date()) if opening else None,
        "closes_at": closes_at,
        "seconds_left": int((closes_at - moment).total_seconds()) + 1 if closes_at else None,
        "next_opens_at": next(iter(begins[is_open:]), None),
    }
