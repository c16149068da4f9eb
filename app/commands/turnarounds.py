"""How long things took and what waits, as numbers for charts; and keeping their roll-up."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.db import turnarounds
from app.db.sessions import Database, Reading
from app.db.turnarounds import EXACT, Span
from app.domain.proposals import ProposalState
from app.domain.regions import INDONESIA, Region
from app.domain.turnarounds import AGES, DAY, TIER_OF, WAITED_FOR, check_span, share_below
from app.domain.windows import month_of, months_from


async def look(
    reading: Reading, first: date, end: date, *, within: Region, part_by_part: bool
) -> dict[str, Any]:
    """As `Turnarounds`. What comes from the roll-up is told by whole months."""
    check_span(first, end)
    exact = within.tier in EXACT
    span = Span(first, end) if exact else _in_months(first, end)
    found = await turnarounds.look(
        reading, span, within=within, exact=exact, part_by_part=part_by_part
    )
    whole, *parts = [_region(each) for each in found]
    children = parts if part_by_part else None
    return {
        **whole,
        "from_day": span.first,
        "to_day": span.end,
        "exact": exact,
        "children": children,
    }


def _in_months(first: date, end: date) -> Span:
    *_, after = (month for month in months_from(month_of(first)) if month < end)
    _, following = months_from(after, count=2)
    return Span(month_of(first), following)


def _region(found: Mapping[str, Any]) -> dict[str, Any]:
    known = {each["state"]: each for each in found["states"]}
    return {**found, "states": [_line(state, known.get(state, {})) for state in WAITED_FOR]}


def _line(state: ProposalState, found: Mapping[str, Any]) -> dict[str, Any]:
    buckets = found.get("buckets")
    shares = {"median": 0.5, "p90": 0.9}
    waited = {name: found.get(name) for name in shares}
    if buckets:
        waited = {name: share_below(buckets, share) for name, share in shares.items()}
    return {
        "state": state,
        "tier": TIER_OF[state],
        "count": found.get("count", 0),
        **{f"{name}_days": _days(seconds) for name, seconds in waited.items()},
        "mean_days": _days(found.get("mean")),
        "backlog": found.get("backlog", 0),
        "ages": found.get("ages") or [0] * (len(AGES) + 1),
        "as_of": found.get("as_of"),
    }


def _days(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / DAY, 2)


async def refresh(database: Database) -> int:
    """Take into the roll-up what was written since the last time."""
    async with database.connection(INDONESIA, begin="BEGIN") as connection:
        return await turnarounds.take_in(connection)
