"""A read in one trip: the transaction, its scope and the statement in one message.

The function `read_within` of the database makes the settings of the transaction and then runs a
statement that this connection has prepared, so that it is planned once and not for every reader;
`read_noting` writes an access entry as well. A statement is kept under a name made of its text:
whatever bears that name, on whatever connection, is that statement.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import asyncpg

from app.db.scope import Settings, scope_settings
from app.domain.regions import INDONESIA, Region

MOST_KEPT = 100  # as many as asyncpg keeps of its own
SECONDS_KEPT = 300
PLAIN = (bool, int, float, UUID, date)
# Arrays go as text: asyncpg looks at each element of an array in Python, and PostgreSQL reads text.
READ = "SELECT read_within($1::text::text[], $2, $3::text::text[])"
READ_NOTED = "SELECT read_noting($1::text::text[], $2, $3::text::text[], $4::text::text[])"
# Planned once, for any reader: planning anew took longer than searching for a name.
PLANNED = {"plan_cache_mode": "force_generic_plan"}


class NotKept(Exception):
    """Something between us and PostgreSQL gives statements other names, as a pooler does."""


class Kept(NamedTuple):
    name: str
    until: float


class OneTrip(asyncpg.Connection):
    """A connection that is given back as it is: nothing outlives a transaction here."""

    async def body_within(
        self,
        within: Region,
        settings: Settings,
        statement: str,
        arguments: Sequence[object],
        *,
        by: str = "",
    ) -> str | None:
        """The first column of the first row, or None where there is no row. Where it is said by
        whom it is read, in an `array`, the second one says of whom, and an access entry is
        written."""
        try:
            known = self._kept.get(statement)
            if known is None or time.monotonic() >= known.until:
                known = await self._keep(statement, settings, len(arguments))
            asked = _scoped(within, settings), FORMS[len(arguments)], array(known.name, *arguments)
            body: str | None = await (
                self.fetchval(READ_NOTED, *asked, by) if by else self.fetchval(READ, *asked)
            )
        except asyncpg.InvalidSQLStatementNameError:
            raise NotKept from None
        return body

    @cached_property
    def _kept(self) -> OrderedDict[str, Kept]:
        return OrderedDict()

    async def _keep(self, statement: str, settings: Settings, many: int) -> Kept:
        """What was planned the longest ago makes room, and is planned anew: PostgreSQL does so too
        when the tables change, but for whoever happens to ask then."""
        known = self._kept.pop(statement, None)
        if known is not None or len(self._kept) >= MOST_KEPT:
            given_up = known or self._kept.popitem(last=False)[1]
            await self.execute(f"DEALLOCATE {given_up.name}")
        self._kept[statement] = kept = await self._planned(statement, settings, many)
        return kept

    async def _planned(self, statement: str, settings: Settings, many: int) -> Kept:
        """Planned for the whole country: for a village that is empty PostgreSQL would plan to read
        all of what it expects to be nothing, and go on so for everybody."""
        name = "read_" + hashlib.sha256(statement.encode()).hexdigest()[:32]
        with suppress(asyncpg.DuplicatePreparedStatementError):  # somebody gave up: it is the same
            await self.execute(f"PREPARE {name} AS {statement}")
        unknown = array(name, *[None] * many)
        await self.fetchval(READ, _scoped(INDONESIA, settings), f"EXPLAIN {FORMS[many]}", unknown)
        return Kept(name, time.monotonic() + SECONDS_KEPT)


def _scoped(within: Region, settings: Settings) -> str:
    made = scope_settings(within) | PLANNED | settings
    return "{" + ",".join([f"{{{name},{value}}}" for name, value in made.items()]) + "}"


# What `format` makes of a name and so many arguments: it quotes each as what it is.
FORMS = ["EXECUTE %I", *(f"EXECUTE %I({', '.join(['%L'] * many)})" for many in range(1, 100))]


def array(*arguments: object) -> str:
    """As PostgreSQL reads it, of text."""
    return "{" + ",".join(map(_written, arguments)) + "}"


def _written(argument: object) -> str:
    """As PostgreSQL reads it, in an array. What has more than one form is not taken."""
    if argument is None:
        return "NULL"
    if isinstance(argument, str):
        return quoted(argument)
    if isinstance(argument, list):
        return quoted(array(*argument))
    if not isinstance(argument, PLAIN):
        raise TypeError(f"{type(argument)} cannot be asked for")
    return str(argument)


def quoted(said: str) -> str:
    escaped = said.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
