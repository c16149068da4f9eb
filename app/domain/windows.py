"""Windows: on which days whose work counts for which period. They change every year: data.

A window opens again and again. Each opening belongs to a period, which is a month and is named by
its first day. The last day of an opening is wholly inside, until 23:59:59 on the window's clock.
"""

import calendar
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from app.domain.actors import Role
from app.domain.errors import Said
from app.domain.proposals import ProposalKind
from app.domain.regions import INDONESIA, Region, TimeZone

FILE = Path(__file__).parent / "data" / "windows.yaml"
AHEAD = 24  # months: a window that does not open within them does not open
DAY = timedelta(days=1)
LAST_DAY = 31


class Act(StrEnum):
    """What may be done while a window is open."""

    PROPOSAL = "proposal"
    CORRECTION = "correction"
    ELIGIBILITY_VERIFICATION = "eligibility_verification"
    NIK_REPAIR = "nik_repair"
    GROUND_CHECK = "ground_check"
    ENDORSEMENT = "endorsement"
    MATCHING = "matching"
    VERIFICATION = "verification"
    DETERMINATION = "determination"
    RANK_IMPORT = "rank_import"


class Recurrence(StrEnum):
    MONTHLY = "monthly"
    YEARLY = "yearly"
    QUARTERLY = "quarterly"
    DAILY = "daily"
    ONCE = "once"


class Clock(StrEnum):
    WIB = "WIB"
    WITA = "WITA"
    WIT = "WIT"
    VILLAGE = "village"

    def zone(self, place: Region) -> ZoneInfo:
        return ZoneInfo(place.time_zone if self is Clock.VILLAGE else TimeZone[self.name])


class Late(StrEnum):
    NEXT_PERIOD = "next_period"
    CLOSED = "closed"


@dataclass(frozen=True)
class Opening:
    """The days on which it is open for a period. `until` is later than `last` by an exception."""

    period: date
    first: date
    last: date
    until: date

    def counts_for(self, day: date) -> date:
        """The period that work of that day counts for: of a long opening, the month itself."""
        return max(self.period, month_of(min(max(day, self.first), self.last)))


@dataclass(frozen=True)
class Window:
    """Empty `kinds` or `programmes` mean all. `end_day` 31 is the last day of any month."""

    name: str
    label_id: str
    label_en: str
    acts: frozenset[Act]
    roles: frozenset[Role]
    recurrence: Recurrence
    clock: Clock
    late: Late
    kinds: frozenset[ProposalKind] = frozenset()
    programmes: frozenset[str] = frozenset()
    region: Region = INDONESIA
    start_day: int | None = None
    end_day: int | None = None
    cut_off_day: int | None = None
    start: date | None = None
    end: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    extended: Mapping[date, date] | None = None  # period -> open until that day

    @property
    def label(self) -> Said:
        return Said(id=self.label_id, en=self.label_en)

    def in_force(self, day: date) -> bool:
        """What is not yet in force, or no longer, holds nobody up."""
        begun = self.valid_from is None or self.valid_from <= day
        return bool(self.extended) or (begun and (self.valid_to is None or day <= self.valid_to))

    def openings(self, day: date) -> Iterator[Opening]:
        """Those that are not over on that day, in their order; what is open may come first."""
        extended = self.extended or {}
        begin = month_of(max(day, self.valid_from or day))
        for opening in RECURS[self.recurrence](self, min([begin, *extended])):
            inside = self._valid(opening)
            if inside is None:
                continue
            until = max(inside.last, extended.get(inside.period, inside.last))
            if until >= day:
                yield replace(inside, until=until)

    def _valid(self, opening: Opening) -> Opening | None:
        first = max(opening.first, self.valid_from or opening.first)
        last = min(opening.last, self.valid_to or opening.last)
        return replace(opening, first=first, last=last) if first <= last else None

    def day_of(self, moment: datetime, place: Region) -> date:
        return moment.astimezone(self.clock.zone(place)).date()

    def begins(self, opening: Opening, place: Region) -> datetime:
        return datetime.combine(opening.first, time.min, self.clock.zone(place))

    def closes(self, opening: Opening, place: Region) -> datetime:
        return datetime.combine(opening.until, time(23, 59, 59), self.clock.zone(place))


def month_of(day: date) -> date:
    return day.replace(day=1)


def months_from(month: date, *, count: int = AHEAD) -> Iterator[date]:
    for number in range(count):
        years, index = divmod(month.month - 1 + number, 12)
        yield date(month.year + years, index + 1, 1)


def _on(month: date, day: int) -> date:
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))


def _opening(first: date, last: date, period: date | None = None) -> Opening:
    return Opening(period or month_of(first), first, last, last)


def _monthly(window: Window, begin: date) -> Iterator[Opening]:
    for month in months_from(begin):
        if (window.start_day or 1) <= _on(month, LAST_DAY).day:
            first = _on(month, window.start_day or 1)
            yield _opening(first, _on(month, window.end_day or LAST_DAY))


def _daily(window: Window, begin: date) -> Iterator[Opening]:
    """Always open: the day after the cut-off is the first of the next period."""
    cut_off = window.cut_off_day or LAST_DAY
    for month in months_from(begin):
        yield _opening(_on(month - DAY, cut_off) + DAY, _on(month, cut_off), month)


def _quarterly(_window: Window, begin: date) -> Iterator[Opening]:
    first = begin.replace(month=(begin.month - 1) // 3 * 3 + 1)
    for month in list(months_from(first, count=AHEAD + 3))[::3]:
        *_, third = months_from(month, count=3)
        yield _opening(month, _on(third, LAST_DAY))


def _yearly(window: Window, begin: date) -> Iterator[Opening]:
    """Its days may lie around the turn of the year."""
    if window.start is None or window.end is None:
        return
    turn = (window.end.month, window.end.day) < (window.start.month, window.start.day)
    for year in range(begin.year - 1, begin.year + 3):
        first = _on(date(year, window.start.month, 1), window.start.day)
        yield _opening(first, _on(date(year + turn, window.end.month, 1), window.end.day))


def _once(window: Window, _begin: date) -> Iterator[Opening]:
    if window.start is not None and window.end is not None:
        yield _opening(window.start, window.end)


RECURS = {
    Recurrence.MONTHLY: _monthly,
    Recurrence.DAILY: _daily,
    Recurrence.QUARTERLY: _quarterly,
    Recurrence.YEARLY: _yearly,
    Recurrence.ONCE: _once,
}

# Above the desk a role does one thing only; at it, the kind of the proposal says what is done.
ACTS_OF_ROLE = {
    Role.REGENCY_ENDORSER: frozenset({Act.ENDORSEMENT}),
    Role.MINISTRY_ANALYST: frozenset({Act.MATCHING, Act.VERIFICATION}),
    Role.MINISTRY_DETERMINER: frozenset({Act.DETERMINATION}),
}
ACTS_OF_KIND = {
    ProposalKind.CORRECTION: frozenset({Act.CORRECTION}),
    ProposalKind.INELIGIBILITY: frozenset({Act.PROPOSAL, Act.ELIGIBILITY_VERIFICATION}),
}


@dataclass(frozen=True)
class Work:
    """What somebody is about to do: which kind of proposal, for which programme, from where."""

    role: Role
    kind: ProposalKind
    programme: str | None
    village: Region

    @property
    def acts(self) -> frozenset[Act]:
        return ACTS_OF_ROLE.get(self.role, ACTS_OF_KIND.get(self.kind, frozenset({Act.PROPOSAL})))

    def lies_in(self, window: Window) -> bool:
        return (
            self.role in window.roles
            and bool(self.acts & window.acts)
            and (not window.kinds or self.kind in window.kinds)
            and (not window.programmes or self.programme in window.programmes)
            and window.region.covers(self.village)
        )


@cache
def national() -> tuple[Window, ...]:
    read = yaml.safe_load(FILE.read_text(encoding="utf-8"))["windows"]
    return tuple(window_of(row) for row in read)


def window_of(row: Mapping[str, Any]) -> Window:
    """A window as the data file has it, or as a policy keeps it in JSON."""
    known = {field.name for field in fields(Window)} - {"region"}
    given = {name: READ_AS[name](value) for name, value in row.items() if name in known}
    return Window(**given, region=Region(row.get("region_code") or ""))


def _a_date(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _as_it_is(value: Any) -> Any:  # noqa: ANN401
    return value


def _set_of(words: type[StrEnum]) -> Any:  # noqa: ANN401
    return lambda values: frozenset(map(words, values or ()))


READ_AS: dict[str, Any] = {
    **dict.fromkeys(
        ("name", "label_id", "label_en", "start_day", "end_day", "cut_off_day"), _as_it_is
    ),
    **dict.fromkeys(("start", "end", "valid_from", "valid_to"), _a_date),
    "acts": _set_of(Act),
    "roles": _set_of(Role),
    "kinds": _set_of(ProposalKind),
    "programmes": lambda values: frozenset(values or ()),
    "recurrence": Recurrence,
    "clock": Clock,
    "late": Late,
}


def of_policy(rows: Iterable[Mapping[str, Any]]) -> tuple[Window, ...]:
    return tuple(window_of(row) for row in rows)
