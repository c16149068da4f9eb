"""Which period a step counts for, by the windows of the nation and of the regency.

Work is open where every tier's windows let it; what comes late counts for the first month in which
they do again. Of a tier's windows the one for the narrowest region holds: that is how villages are
staggered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from app.domain.errors import Conflict, Said
from app.domain.proposals import ENDED, ProposalState
from app.domain.regions import INDONESIA, Region
from app.domain.windows import Clock, Late, Window, Work, month_of

TURNS = 24  # openings that are tried before it is said that there is none
NEVER = datetime.max.replace(tzinfo=UTC)


class WindowClosed(Conflict):
    """This work has to wait for its window."""

    title = Said(id="Jadwalnya sedang tutup", en="Its window is closed")
    detail = Said(
        id="{label} dibuka lagi {opens_at}. Pekerjaan Anda tetap tersimpan; ulangi saat itu.",
        en="{label} opens again {opens_at}. Your work is kept; retry then.",
    )


class WindowOver(Conflict):
    """The window of this work has closed, and no other is set."""

    title = Said(id="Jadwalnya sudah berakhir", en="Its window is over")
    detail = Said(
        id="{label} sudah tutup dan belum dijadwalkan lagi. Mintalah pengecualian kepada admin.",
        en="{label} has closed and no other is set. Ask an administrator for an exception.",
    )


@dataclass(frozen=True)
class Standing:
    """How it stands with some work. Where it is not open, the rest tells of the next opening.

    `window` is the one that closes first; where it is not open, the one that is waited for.
    """

    window: Window
    open: bool
    opens_at: datetime = NEVER
    closes_at: datetime = NEVER
    period: date | None = None

    @property
    def ever(self) -> bool:
        return self.period is not None


def standing(windows: Iterable[Window], work: Work, moment: datetime) -> Standing | None:
    """None: no window has to do with this work, so it is always open."""
    village = work.village
    found = [
        window
        for window in windows
        if work.lies_in(window) and window.in_force(window.day_of(moment, village))
    ]
    tiers = _tiers(found)
    return _of_all(tiers, village, moment) if tiers else None


def period_after(
    period: date | None, windows: Iterable[Window], work: Work, moment: datetime
) -> date:
    """The period of a proposal after a step forward, or a refusal where late work has to wait."""
    found = standing(windows, work, moment)
    if found is None:
        return period or month_at(moment, work.village)
    if not found.open and found.window.late is Late.CLOSED:
        raise _closed(found)
    reached = found.period or month_at(moment, work.village)
    return max(period or reached, reached)


def is_forward(source: ProposalState | None, target: ProposalState) -> bool:
    """What is returned, rejected or withdrawn keeps its period."""
    order = list(ProposalState)
    ends = target in ENDED and target is not ProposalState.DETERMINED
    return source is not None and not ends and order.index(target) > order.index(source)


def month_at(moment: datetime, village: Region) -> date:
    return month_of(moment.astimezone(Clock.VILLAGE.zone(village)).date())


def _closed(found: Standing) -> Conflict:
    window = found.window
    if not found.ever:
        return WindowOver(label=window.label)
    refusal = WindowClosed(label=window.label, opens_at=found.opens_at.isoformat(" ", "minutes"))
    refusal.members["opens_at"] = found.opens_at.isoformat()
    return refusal


def _tiers(windows: Sequence[Window]) -> list[list[Window]]:
    nation = [window for window in windows if window.region == INDONESIA]
    regional = [window for window in windows if window.region != INDONESIA]
    narrowest = max((len(window.region.code) for window in regional), default=0)
    nearest = [window for window in regional if len(window.region.code) == narrowest]
    return [tier for tier in (nation, nearest) if tier]


def _of_all(
    tiers: Sequence[Sequence[Window]], place: Region, moment: datetime, turns: int = TURNS
) -> Standing:
    """Open where every tier is: until the first closes, for the last of their periods."""
    now = [_of_tier(tier, place, moment) for tier in tiers]
    shut = [each for each in now if not each.open]
    if not shut:
        return _together(now)
    waited_for = min(shut, key=lambda each: each.window.late is not Late.CLOSED)
    if not turns or not all(each.ever for each in shut):
        return Standing(waited_for.window, open=False)
    later = _of_all(tiers, place, max(each.opens_at for each in shut), turns - 1)
    return replace(later, open=False, window=waited_for.window)


def _together(opened: Sequence[Standing]) -> Standing:
    first = min(opened, key=lambda each: each.closes_at)
    opens_at = max(each.opens_at for each in opened)
    period = max(each.period for each in opened if each.period)
    return replace(first, opens_at=opens_at, period=period)


def _of_tier(tier: Sequence[Window], place: Region, moment: datetime) -> Standing:
    """The window that is open longest, or the first that will be."""
    found = [_of_window(window, place, moment) for window in tier]
    opened = [each for each in found if each.open]
    if opened:
        return max(opened, key=lambda each: each.closes_at)
    return min(found, key=lambda each: each.opens_at)


def _of_window(window: Window, place: Region, moment: datetime) -> Standing:
    day = window.day_of(moment, place)
    opening = next(window.openings(day), None)
    if opening is None:
        return Standing(window, open=False)
    return Standing(
        window,
        open=opening.first <= day,
        opens_at=window.begins(opening, place),
        closes_at=window.closes(opening, place),
        period=opening.counts_for(day),
    )
