"""What waits for somebody today: put together from what the windows and the lists tell."""

from datetime import datetime
from typing import Any

from app.commands import windows
from app.db import days
from app.db.sessions import Reading
from app.db.windows import Calendars
from app.domain.actors import Actor
from app.domain.periods import standing
from app.domain.proposals import PROPOSALS, ProposalKind, ProposalState
from app.domain.regions import Region
from app.domain.windows import Clock, Work


async def look(reading: Reading, moment: datetime, *, by: Actor) -> dict[str, Any]:
    """As `TodayView`."""
    day = await days.look(reading, on=moment.date(), seen_by=by)
    return {
        "date": moment.astimezone(Clock.VILLAGE.zone(by.region)).date(),
        "at": moment.astimezone(Clock.VILLAGE.zone(by.region)),
        "time_zone": by.region.time_zone,
        "role": by.role,
        "region_code": by.region.code,
        "windows": [
            {**each, "days_left": _days(each["seconds_left"])}
            for each in windows.told(day.calendars, by.region, moment, by=by)
        ],
        "states": [_state(each, by) for each in day.states if each["open_to_me"]],
        "first": [_item(each, day.calendars, moment, by) for each in day.first],
        "visits": day.visits,
        "unread_notices": day.unread,
    }


def _days(seconds: int | None) -> int | None:
    """Full days that are left; 0 on the last one."""
    return None if seconds is None else seconds // 86_400


def _state(counted: dict[str, Any], by: Actor) -> dict[str, Any]:
    open_ = PROPOSALS.open_to(by.role, ProposalState(counted["state"]))
    return {**counted, "open_actions": [each.action for each in open_]}


def _item(
    line: dict[str, Any], calendars: Calendars, moment: datetime, by: Actor
) -> dict[str, Any]:
    """With the day its window closes, if it is open."""
    village = Region(line["village_code"])
    work = Work(by.role, ProposalKind(line["kind"]), line.pop("programme"), village)
    found = standing(calendars.at(village), work, moment)
    return {**line, "due_at": found.closes_at if found and found.open else None}
