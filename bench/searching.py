"""What it takes to find people, beside reading one region by its code through the same service.

    siks demo --households N
    python -m bench.searching DATABASE_URL [DATABASE_URL ...] [REQUESTS]

Give it databases of several N, the smallest first: they are asked in turn, and what grows with N
grows with the country. The URLs are siks_app's. The requests go through the whole service, in this
process and one after the other, as the verifier of the regency that has the most people in it.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from starlette.types import Message

from app.db.scope import scope_statement
from app.db.urls import for_asyncpg
from app.domain.actors import Actor, Role
from app.domain.regions import INDONESIA, Region
from app.main import create_app
from app.settings import Settings

OK = 200
NOWHERE = "00000000-0000-0000-0000-000000000000"
REGENCY = """
SELECT left(scope_code::text, 4) AS code, count(*) AS people FROM member GROUP BY 1
ORDER BY count(*) DESC, code LIMIT 1
"""
VERIFIER = """
SELECT account_id, session_version FROM assignment JOIN account ON account.id = account_id
WHERE role = 'regency_verifier' AND assignment.region_code = $1 LIMIT 1
"""
PEOPLE = """
SELECT nik, name, birth_date, household_id, scope_code FROM member
WHERE scope_code BETWEEN $1 AND $2 AND nik IS NOT NULL AND birth_date IS NOT NULL
ORDER BY random() LIMIT $3
"""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    body: dict[str, Any] | None = None
    query: str = ""


@dataclass(frozen=True)
class Desk:
    """The verifier, and people of his regency who are looked for."""

    actor: Actor
    session_version: int
    everybody: int
    people: list[asyncpg.Record]

    def questions(self) -> Iterator[tuple[str, list[Asked]]]:
        code = self.actor.region.code
        yield "one region, by code", [Asked("GET", f"/v1/regions/{code}")] * len(self.people)
        yield "a NIK", [_search(nik=each["nik"]) for each in self.people]
        yield "a name in the regency", [_search(name=each["name"]) for each in self.people]
        yield "the name Siti in the regency", [_search(name="siti")] * len(self.people)
        yield (
            "a name and a birth date",
            [
                _search(name=each["name"], birth_date=str(each["birth_date"]))
                for each in self.people
            ],
        )
        yield (
            "a page of 50 households",
            [
                Asked("GET", "/v1/households", query=f"limit=50&after={_place(each)}")
                for each in self.people
            ],
        )
        yield (
            "a household in full",
            [Asked("GET", f"/v1/households/{each['household_id']}") for each in self.people],
        )


def _search(**body: object) -> Asked:
    return Asked("POST", "/v1/members/search", body)


def _place(person: asyncpg.Record) -> str:
    return f"{person['scope_code']}.{NOWHERE}"


async def a_desk(app_url: str, requests: int) -> Desk:
    connection = await asyncpg.connect(for_asyncpg(app_url))
    try:
        async with connection.transaction():
            await connection.execute(scope_statement(INDONESIA))
            code, everybody = await connection.fetchrow(REGENCY)
            region = Region(code)
            id_, session_version = await connection.fetchrow(VERIFIER, code)
            people = await connection.fetch(PEOPLE, region.first, region.last, requests)
    finally:
        await connection.close()
    return Desk(Actor(id_, Role.REGENCY_VERIFIER, region), session_version, everybody, people)


def an_app(app_url: str) -> FastAPI:
    key = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return create_app(Settings(database_url=app_url, signing_key=key.decode(), log_level="error"))


async def milliseconds(app: FastAPI, asked: Asked, token: str) -> float:
    """A request as uvicorn hands it over: no client's time is counted."""
    body = json.dumps(asked.body).encode() if asked.body else b""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": asked.path,
        "raw_path": asked.path.encode(),
        "query_string": asked.query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"bench"),
            (b"authorization", f"Bearer {token}".encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ],
        "client": ("127.0.0.1", 4000),
        "server": ("bench", 80),
        "state": {},
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message.get("status", OK) != OK:
            raise RuntimeError(f"{asked.path} answered {message['status']}")

    began = time.perf_counter()
    await app(scope, receive, send)
    return (time.perf_counter() - began) * 1000


@dataclass(frozen=True)
class Office:
    """One database with a service before it, and the verifier who asks."""

    app: FastAPI
    desk: Desk
    questions: dict[str, list[Asked]]
    token: str


async def an_office(app_url: str, requests: int, stack: AsyncExitStack) -> Office:
    desk, app = await a_desk(app_url, requests), an_app(app_url)
    await stack.enter_async_context(app.router.lifespan_context(app))
    token = app.state.door.tokens.issue(desk.actor, session_version=desk.session_version)
    return Office(app, desk, dict(desk.questions()), token)


async def measured(app_urls: list[str], requests: int) -> Table:
    async with AsyncExitStack() as stack:
        offices = [await an_office(url, requests, stack) for url in app_urls]
        table = _headed(offices)
        unit = None
        for what in offices[0].questions:
            percentiles = [quantiles(each, n=100) for each in await _in_turn(offices, what)]
            unit = unit or percentiles[0][49]
            table.add_row(what, *_told(percentiles, unit))
    return table


async def _in_turn(offices: list[Office], what: str) -> list[list[float]]:
    """The times of each office; other work on the machine slows all of them alike."""
    took: list[list[float]] = [[] for _ in offices]
    for asked in zip(*(each.questions[what] for each in offices), strict=True):
        for times, office, question in zip(took, offices, asked, strict=True):
            times.append(await milliseconds(office.app, question, office.token))
    return [times[len(times) // 10 :] for times in took]  # the first ones warm up


def _headed(offices: list[Office]) -> Table:
    table = Table("what", title="milliseconds, p50 / p99")
    for each in offices:
        table.add_column(f"{each.desk.everybody:,} people in {each.desk.actor.region.code}")
    table.add_column("times one region, p50")
    table.add_column("the last beside the first, p50")
    return table


def _told(percentiles: list[list[float]], unit: float) -> Iterator[str]:
    yield from (f"{each[49]:.2f} / {each[98]:.2f}" for each in percentiles)
    first, last = percentiles[0][49], percentiles[-1][49]
    yield f"{first / unit:.1f}"
    yield f"{last / first:.2f}"


def main() -> None:
    urls = [each for each in sys.argv[1:] if not each.isdigit()]
    requests = next((int(each) for each in sys.argv[1:] if each.isdigit()), 300)
    Console(width=160).print(asyncio.run(measured(urls, requests)))


if __name__ == "__main__":
    main()
