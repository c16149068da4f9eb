"""A read in one trip: the settings of its transaction come with the arguments of its statement.

PostgreSQL makes values of all arguments before it plans or runs a statement. One of them is of the
type `reading_settings`, which makes the settings that are named in it, the region among them, when
it is made a value: so nothing is read before, and none of it remains afterwards. And it says that
the statement is planned once, for any reader: to plan took longer than to search for a name.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, cached_property
from itertools import chain
from typing import NamedTuple

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from app.db.lending import GIVEN_UP
from app.db.scope import Settings
from app.domain.regions import INDONESIA, Region

MOST_KEPT = 100  # as many as asyncpg keeps of its own
SECONDS_KEPT = 300
WITH = re.compile(r"\s*WITH\s+(?:RECURSIVE\s+)?")


class Kept(NamedTuple):
    statement: PreparedStatement
    until: float


class OneTrip(asyncpg.Connection):
    """A connection that is given back as it is: nothing outlives a transaction here."""

    async def body_within(
        self, within: Region, settings: Settings, statement: str, arguments: Sequence[object]
    ) -> str | None:
        """The first column of the first row, or None where there is no row."""
        known = self._kept.get(statement)
        if known is None or time.monotonic() >= known.until:
            known = await self._keep(statement, settings, len(arguments))
        asked = (*arguments, _named(within, settings))
        body: str | None
        try:
            body = await known.statement.fetchval(*asked)
        except asyncpg.InvalidSQLStatementNameError:  # PostgreSQL was told to forget: nothing ran
            known = await self._keep(statement, settings, len(arguments))
            body = await known.statement.fetchval(*asked)
        return body

    @cached_property
    def _kept(self) -> OrderedDict[str, Kept]:
        return OrderedDict()

    async def _keep(self, statement: str, settings: Settings, many: int) -> Kept:
        """What was planned the longest ago makes room, and is planned anew: PostgreSQL does so too
        when the tables change, but for whoever happens to ask then."""
        if self._kept.pop(statement, None) is None and len(self._kept) >= MOST_KEPT:
            self._kept.popitem(last=False)
        self._kept[statement] = kept = await self._planned(statement, settings, many)
        return kept

    async def _planned(self, statement: str, settings: Settings, many: int) -> Kept:
        """Planned for the whole country: for a village that is empty PostgreSQL would plan to read
        all of what it expects to be nothing, and go on so for everybody."""
        try:
            prepared = await self.prepare(_with_settings(statement, many + 1))
        except GIVEN_UP:  # PostgreSQL may keep it, and nobody would know its name
            self.terminate()
            raise
        unknown = ", ".join([*["NULL"] * many, f"'{_named(INDONESIA, settings)}'"])
        # A pooler gives it another name: there it is planned for whoever asks first.
        with suppress(asyncpg.InvalidSQLStatementNameError):
            await self.execute(f"EXPLAIN EXECUTE {prepared.get_name()} ({unknown})")
        return Kept(prepared, time.monotonic() + SECONDS_KEPT)


def _with_settings(statement: str, place: int) -> str:
    """The same, with the settings as the last of its arguments. What nobody selects from is not
    run: it only says of which type the argument is."""
    made = f"made AS (SELECT ${place}::reading_settings)"
    begun = WITH.match(statement)
    return f"{begun[0]}{made}, {statement[begun.end() :]}" if begun else f"WITH {made} {statement}"


def _named(within: Region, settings: Settings) -> str:
    return f"{within.first} {within.last} {_how(tuple(settings.items()))}"


@cache
def _how(settings: tuple[tuple[str, str], ...]) -> str:
    """What each noted reading says has a place of its own; of three others one says so by name."""
    others = dict(settings)
    commit = others.pop("synchronous_commit", "on")
    return " ".join([commit, *chain.from_iterable(others.items())])
