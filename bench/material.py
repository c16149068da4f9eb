"""Who asks and what is asked for: drawn from a database, by seed the same for all contenders."""

import itertools
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import uuid4

import asyncpg

from app.db import accounts
from app.db.sessions import Database
from app.db.urls import for_asyncpg
from app.domain.actors import Actor, Role
from app.domain.regions import INDONESIA, Region
from app.embedded import SUPERUSER, Server
from app.tokens import Tokens, read_key
from bench.contenders import PASSWORD_HASH
from bench.filling import Filled
from bench.services import KEY, LONG_AGO

MANY, VILLAGES, OFFICERS, SIGNING_IN = 2_000, 100, 20, 100
T = TypeVar("T")
PLACES = """
SELECT xid || '.' || id AS place FROM (SELECT xid, id FROM audit_entry
    WHERE scope_code BETWEEN $1 AND $2 AND workflow = 'member' ORDER BY id DESC LIMIT 50000) AS e
WHERE id % 100 = 0 ORDER BY id
"""


@dataclass(frozen=True)
class Waiting:
    """A proposal as it lies there, before somebody goes on with it."""

    id: str
    version: int


@dataclass
class Material:
    filled: Filled
    regency: Region
    households: Sequence[str] = ()
    niks: Sequence[str] = ()
    names: Sequence[str] = ()
    operators: Sequence[Actor] = ()
    typists: Sequence[Actor] = ()
    verifiers: Sequence[Actor] = ()
    admins: Sequence[Actor] = ()
    usernames: Sequence[str] = ()
    drafts: Sequence[Waiting] = ()
    at_the_desk: Sequence[Waiting] = ()
    places: Sequence[str] = ()  # in the audit, from which somebody follows the changes
    tokens: dict[Actor, str] = field(default_factory=dict)

    @property
    def server(self) -> Server:
        return self.filled.server

    def begin(self) -> None:
        """Tokens live ten minutes: each case has its own."""
        self.tokens.clear()

    def token_of(self, actor: Actor) -> str:
        if actor not in self.tokens:
            issuing = Tokens(read_key(KEY), issuer="siks", audience="siks")
            self.tokens[actor] = issuing.issue(actor, session_version=1)
        return self.tokens[actor]


def in_turn(actors: Sequence[T], what: Sequence[object]) -> Iterator[T]:
    return itertools.islice(itertools.cycle(actors), len(what))


async def gathered(filled: Filled) -> Material:
    within = filled.regency
    material = Material(filled, Region(within))
    material.households = await filled.households(MANY, within=within)
    material.niks = await filled.niks(MANY, within=within)
    material.names = await filled.names(MANY, within=within)
    material.drafts = _waiting(await filled.submittable(MANY, within=within))
    material.at_the_desk = _waiting(await filled.decidable(MANY, within=within))
    async with superuser(filled.server) as connection:
        reach = material.regency.first, material.regency.last
        material.places = [row["place"] for row in await connection.fetch(PLACES, *reach)]
    await _staff(material, [each for each in filled.villages if each.startswith(within)])
    return material


def _waiting(rows: Iterable[asyncpg.Record]) -> list[Waiting]:
    return [Waiting(str(row["id"]), row["version"]) for row in rows]


async def _staff(material: Material, villages: Sequence[str]) -> None:
    database = Database(material.server.app_url, connections=1)
    regency = material.regency.code
    hired = Hiring(database)
    material.operators = await hired.of(Role.VILLAGE_OPERATOR, villages[:VILLAGES])
    material.typists = await hired.of(Role.REGENCY_OPERATOR, [regency] * OFFICERS)
    material.verifiers = await hired.of(Role.REGENCY_VERIFIER, [regency] * OFFICERS)
    material.admins = await hired.of(Role.REGENCY_ADMIN, [regency] * OFFICERS)
    hired.names.clear()
    await hired.of(Role.REGENCY_VERIFIER, [regency] * SIGNING_IN)
    material.usernames = hired.names
    await database.close()


class Hiring:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.names: list[str] = []

    async def of(self, role: Role, regions: Sequence[str]) -> list[Actor]:
        hired = []
        async with self._database.transaction(INDONESIA) as session:
            for region in map(Region, regions):
                name = f"petugas.{uuid4().hex[:12]}"
                account = await accounts.open_account(
                    session,
                    username=name,
                    display_name="Petugas",
                    password_hash=PASSWORD_HASH,
                    role=role,
                    region=region,
                    from_=LONG_AGO,
                )
                self.names.append(name)
                hired.append(Actor(account.id, role, region))
        return hired


@asynccontextmanager
async def superuser(server: Server) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(for_asyncpg(server.url(SUPERUSER)))
    try:
        yield connection
    finally:
        await connection.close()
