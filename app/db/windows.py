"""The windows that regencies set, and the exceptions from all of them. Public rules."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.sessions import Reading, reading_in
from app.domain.regions import Region
from app.domain.window_exceptions import Extension, extended
from app.domain.windows import Window, national, of_policy

# What a village has to do with: its regency's windows, and the exceptions for it or around it.
HOLDS = """
SELECT json_build_array(
    coalesce((SELECT json_object_agg(regency_code, windows) FROM policy
        WHERE regency_code = ANY ({regencies}) AND windows <> '[]'), '{{}}'),
    coalesce((SELECT json_agg(json_build_array(window_name, region_code, period, open_until))
        FROM window_exception WHERE state = 'granted' AND open_until >= {day}::date - 1
        AND (region_code = '' OR left(region_code, 4) = ANY ({around}))), '[]'))::text
"""
_ASKED = HOLDS.format(regencies="$1::text[]", around="$2::text[]", day="$3")


@dataclass
class Calendars:
    """The windows of some regencies, as they stand in each of their villages."""

    of_regency: dict[str, tuple[Window, ...]]
    extensions: Sequence[Extension]
    _at: dict[Region, tuple[Window, ...]] = field(default_factory=dict)

    def at(self, place: Region) -> tuple[Window, ...]:
        if place not in self._at:
            own = self.of_regency.get(place.code[:4], ())
            around = (*national(), *own) if own else national()
            self._at[place] = extended(around, self.extensions, place)
        return self._at[place]


async def calendars(session: AsyncSession, regencies: Collection[str], *, on: date) -> Calendars:
    """What holds in these regencies on that day; national windows hold in none as well."""
    return await seen(await reading_in(session), regencies, on=on)


async def seen(reading: Reading, regencies: Collection[str], *, on: date) -> Calendars:
    """The same, for who only looks."""
    return calendars_of(await reading.value(_ASKED, list(regencies), around(regencies), on))


def around(regencies: Collection[str]) -> list[str]:
    return sorted({*regencies, *(code[:2] for code in regencies)})


def calendars_of(held: str) -> Calendars:
    policies, exceptions = json.loads(held)
    return Calendars(
        {code: of_policy(rows) for code, rows in policies.items()},
        [
            Extension(window, Region(code), date.fromisoformat(period), date.fromisoformat(until))
            for window, code, period, until in exceptions
        ],
    )
