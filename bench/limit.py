"""The limit of reading on this machine: a bare ASGI app and asyncpg, one statement per request.

It sends the JSON that PostgreSQL makes for the same rows by our own statements, and does nothing
else: no token, no check of what was sent, no row-level security, no transaction, no access entry,
no sight of its own. Who asks stands in a header of the benchmark, and is believed.

`POST /v1/auth/token` compares a password with its argon2id hash, which is what signing in costs
whatever one does, and answers nothing.
"""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import asyncpg

from app.db import changes, counts, households, proposals, searches
from app.db.pages import IN_ORDER, Asked, Position
from app.domain.actors import Actor, Role
from app.domain.changes import Cursor
from app.domain.extracts.columns import Resource
from app.domain.regions import Region
from app.domain.searches import Match, Question
from app.domain.sight import sight_of_people
from app.domain.work_lists import Wanted
from app.passwords import Passwords
from bench.bare import Receive, a_pool, served

Scope = dict[str, Any]
FIRST = Position(-1, UUID(int=0))
BY_ID = "/v1/households/"
PLANNED = {"plan_cache_mode": "force_generic_plan"}  # as the service does
LIMIT, HITS, CHANGES = 50, 20, 200  # rows of an answer
A_WORD, AN_ID = "\0", UUID(int=0)  # stand where what is asked for comes in
A_PLACE = Cursor(-7, -8)


# --- which statement


class Heard:
    """Takes the place of a reading: keeps the statement it is to run, and runs nothing."""

    def __init__(self) -> None:
        self.statement = ""
        self.arguments: tuple[object, ...] = ()

    async def document(self, statement: str, *arguments: object) -> str:
        return await self.value(f"SELECT body FROM ({statement}) AS d (body)", *arguments)  # noqa: S608

    async def value(self, statement: str, *arguments: object) -> str:
        self.statement, self.arguments = statement, arguments
        return "{}"


@dataclass(frozen=True)
class Known:
    statement: str
    arguments: tuple[object, ...]
    holes: tuple[int, ...]

    def filled(self, said: tuple[object, ...]) -> list[object]:
        arguments = [*self.arguments]
        for place, value in zip(self.holes, said, strict=True):
            arguments[place] = value
        return arguments


async def _page(heard: Any, by: Actor) -> None:  # noqa: ANN401 - a `Heard` for a `Reading`
    asked, sight = Asked(FIRST, LIMIT, {}), sight_of_people(by)
    await households.list_page(heard, asked, within=by.region, sight=sight)


async def _household(heard: Any, by: Actor) -> None:  # noqa: ANN401
    await households.document(heard, AN_ID, within=by.region, seen_by=by)


async def _by_nik(heard: Any, by: Actor) -> None:  # noqa: ANN401
    asked = Question(Match.NIK, A_WORD)
    await searches.members(heard, asked, within=by.region, limit=HITS)


async def _by_name(heard: Any, by: Actor) -> None:  # noqa: ANN401
    asked = Question(Match.NAME, A_WORD)
    await searches.members(heard, asked, within=by.region, limit=HITS)


async def _work_list(heard: Any, by: Actor) -> None:  # noqa: ANN401
    wanted = Wanted(open_to_me=True)
    await proposals.list_page(heard, wanted, after=FIRST, limit=LIMIT, within=by.region, seen_by=by)


async def _counts(heard: Any, by: Actor) -> None:  # noqa: ANN401
    await counts.document(heard, within=by.region, seen_by=by)


async def _changes(heard: Any, by: Actor) -> None:  # noqa: ANN401
    sight, both = sight_of_people(by), [Resource.HOUSEHOLDS, Resource.MEMBERS]
    await changes.page(heard, A_PLACE, CHANGES, resources=both, within=by.region, sight=sight)


STATEMENTS: Mapping[str, Callable[[Any, Actor], Awaitable[None]]] = {
    "page": _page,
    "household": _household,
    "nik": _by_nik,
    "name": _by_name,
    "work": _work_list,
    "counts": _counts,
    "changes": _changes,
}
HOLES = (A_WORD, AN_ID, A_PLACE.xid, A_PLACE.id)


async def heard_of(what: str, by: Actor) -> Known:
    """The statement that the service runs for that, and where in its arguments the rest comes."""
    heard = Heard()
    await STATEMENTS[what](heard, by)
    holes = [at for at, said in enumerate(heard.arguments) if said in HOLES]
    return Known(heard.statement, heard.arguments, tuple(holes))


@cache
def actor_of(asker: bytes) -> Actor:
    role, region, account = asker.decode().split("/")
    return Actor(UUID(account), Role(role), Region(region))


def header_of(actor: Actor) -> dict[str, str]:
    return {"Asker": f"{actor.role}/{actor.region.code}/{actor.id}"}


# --- answering


class Limit:
    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Known] = {}
        self._pool: asyncpg.Pool
        self._in_order: asyncpg.Pool
        self._passwords = Passwords()

    async def open(self) -> None:
        self._pool = await a_pool(PLANNED)
        self._in_order = await a_pool({**PLANNED, **IN_ORDER})

    async def answer(self, scope: Scope, receive: Receive) -> bytes:
        path: str = scope["path"]
        if path == "/health/live":
            return b"{}"
        if path == "/v1/auth/token":
            return await self._let_in((await receive())["body"])
        what, said = await _asked(path, scope, receive)
        asker = next(value for name, value in scope["headers"] if name == b"asker")
        known = self._known.get((what, asker))
        if known is None:
            known = self._known[what, asker] = await heard_of(what, actor_of(asker))
        pool = self._in_order if what in {"page", "work", "counts"} else self._pool
        async with pool.acquire() as connection:
            body: str = await connection.fetchval(known.statement, *known.filled(said))
        return body.encode()

    async def _let_in(self, sent: bytes) -> bytes:
        password = json.loads(sent)["password"]
        fits = await self._passwords.fits(password, os.environ["SIKS_BENCH_PASSWORD_HASH"])
        return json.dumps({"fits": fits}).encode()


async def _asked(path: str, scope: Scope, receive: Receive) -> tuple[str, tuple[object, ...]]:
    if path.startswith(BY_ID):
        return "household", (path[len(BY_ID) :],)
    if path == "/v1/members/search":
        sent = json.loads((await receive())["body"])
        return ("nik", (sent["nik"],)) if "nik" in sent else ("name", (sent["name"],))
    if path == "/v1/changes":
        xid, _, entry = parse_qs(scope["query_string"])[b"after"][0].partition(b".")
        return "changes", (int(xid), int(entry))
    return PLAIN[path], ()


PLAIN = {"/v1/households": "page", "/v1/proposals": "work", "/v1/proposals/counts": "counts"}
app = served(Limit(), status=200)
