"""Exceptions from windows: held open for longer, somewhere and for one period, with a reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from app.domain.actors import Actor, Role
from app.domain.errors import Fault, Incomplete, NotFound, Said
from app.domain.regions import INDONESIA, Region
from app.domain.windows import Recurrence, Window
from app.domain.workflow import Ground, Transition, Workflow

LONGEST = timedelta(days=62)


class ExceptionState(StrEnum):
    GRANTED = "granted"
    REVOKED = "revoked"


class ExceptionAction(StrEnum):
    GRANT = "grant"
    REVOKE = "revoke"


ADMINS = frozenset({Role.REGENCY_ADMIN, Role.MINISTRY_ADMIN})

WINDOW_EXCEPTIONS = Workflow(
    "window_exception",
    initial=ExceptionState.GRANTED,
    begun=(ExceptionAction.GRANT, ADMINS),
    transitions=[
        Transition(
            ExceptionAction.REVOKE,
            ExceptionState.GRANTED,
            ExceptionState.REVOKED,
            ADMINS,
            frozenset({Ground.NOTE}),
        ),
    ],
)


class WindowNotYours(NotFound):
    """No such window is yours to hold open."""

    title = Said(
        id="Jadwal ini tidak ada dalam wewenang Anda", en="No such window is yours to hold open"
    )
    detail = Said(
        id="Admin kementerian memperpanjang jadwal nasional; admin kabupaten/kota memperpanjang "
        "jadwal kabupatennya sendiri. Daftarnya ada di /v1/windows.",
        en="The ministry's administrator holds national windows open, a regency's its own. "
        "They are listed at /v1/windows.",
    )


class ExceptionNotPossible(Incomplete):
    """The window cannot be held open like that."""

    title = Said(id="Perpanjangan ini tidak mungkin", en="The window cannot be held open like that")
    detail = Said(
        id="Perbaiki bagian yang disebut di bawah, lalu kirim lagi.",
        en="Mend the parts named below and send it again.",
    )


NO_SUCH_PERIOD = Said(
    id="Jadwal ini tidak dibuka untuk periode {period}.",
    en="This window does not open for the period {period}.",
)
NOT_LATER = Said(
    id="Isi tanggal setelah {last}, hari terakhir jadwal ini, dan paling lambat {latest}.",
    en="Give a day after {last}, the last of this window, and no later than {latest}.",
)
NOT_NEEDED = Said(
    id="Jadwal harian selalu terbuka; tidak ada yang diperpanjang.",
    en="A daily window is always open; there is nothing to hold open.",
)


@dataclass(frozen=True)
class Extension:
    """What an exception says: that window, there, for that period, until the end of that day."""

    window_name: str
    region: Region
    period: date
    until: date


def extended(
    windows: tuple[Window, ...], extensions: Iterable[Extension], place: Region
) -> tuple[Window, ...]:
    """The windows as they stand at a place, with the exceptions that hold there; the same ones
    where none does."""
    found: dict[str, dict[date, date]] = {}
    for each in extensions:
        if each.region.covers(place):
            known = found.setdefault(each.window_name, {})
            known[each.period] = max(each.until, known.get(each.period, each.until))
    if not found:
        return windows
    return tuple(_held_open(window, found.get(window.name)) for window in windows)


def _held_open(window: Window, periods: Mapping[date, date] | None) -> Window:
    return replace(window, extended=periods) if periods else window


def owned(windows: Iterable[Window], window_name: str, *, by: Actor) -> Window:
    """The ministry holds its own windows open, and a regency its own."""
    for window in windows:
        of_the_nation = window.region == INDONESIA
        if window.name == window_name and of_the_nation == (by.role is Role.MINISTRY_ADMIN):
            return window
    raise WindowNotYours


def check(windows: Iterable[Window], asked: Extension, *, by: Actor) -> None:
    """Refuse what is not his, has no such opening, or would not be open for longer by it."""
    found = owned(windows, asked.window_name, by=by)
    if found.recurrence is Recurrence.DAILY:
        raise ExceptionNotPossible([Fault("/window_name", "always_open", NOT_NEEDED)])
    openings = [each for each in found.openings(asked.period) if each.period == asked.period]
    if not openings:
        words: dict[str, object] = {"period": asked.period}
        raise ExceptionNotPossible([Fault("/period", "no_such_period", NO_SUCH_PERIOD, words)])
    last = openings[0].last
    if not last < asked.until <= last + LONGEST:
        words = {"last": last, "latest": last + LONGEST}
        raise ExceptionNotPossible([Fault("/open_until", "not_later", NOT_LATER, words)])
