"""The service as everybody of a regency meets it: over HTTP, each with a token of his own."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any
from uuid import uuid4

import httpx2 as httpx

from app.demo.accounts import PASSWORD, Office

AT_ONCE = 8
TOKEN_SECONDS = 480  # of the ten minutes that one lives
BUSY, TOO_MANY = 503, 429
TRIES = 8


class Unexpected(Exception):
    """The service did not answer as the regulation has it."""


@dataclass
class Person:
    username: str
    token: str = ""
    since: float = 0.0
    signing_in: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class Tally:
    """What was asked, what was answered, and how long each took."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    answers: Counter[tuple[str, int, str]] = field(default_factory=Counter)

    def note(self, what: str, response: httpx.Response, seconds: float) -> None:
        self.seconds.setdefault(what, []).append(seconds)
        self.answers[what, response.status_code, _problem(response)] += 1

    @property
    def requests(self) -> int:
        return self.answers.total()

    def milliseconds(self, what: str) -> tuple[float, float]:
        """The median and the 99th percentile."""
        taken = self.seconds[what]
        if len(taken) < 2:  # noqa: PLR2004
            return taken[0] * 1e3, taken[0] * 1e3
        cut = quantiles(taken, n=100)
        return cut[49] * 1e3, cut[98] * 1e3


def _problem(response: httpx.Response) -> str:
    if response.headers.get("content-type") != "application/problem+json":
        return ""
    return str(response.json()["type"].rpartition(":")[2])


class Service:
    """Few requests at once: the village lines are weak, and the machine is small."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._people: dict[str, Person] = {}
        self._line = asyncio.Semaphore(AT_ONCE)
        self.tally = Tally()

    @classmethod
    @asynccontextmanager
    async def at(cls, base_url: str) -> AsyncIterator["Service"]:
        async with httpx.AsyncClient(base_url=base_url, timeout=60) as http:
            yield cls(http)

    def person(self, office: Office, region_code: str) -> Person:
        username = office.username(region_code)
        return self._people.setdefault(username, Person(username))

    async def gets(self, who: Person, path: str, *, what: str = "read") -> Any:  # noqa: ANN401
        response = await self.ask(who, "GET", path, what=what)
        return expect(response, 200).json()

    async def posts(
        self,
        who: Person,
        path: str,
        body: object,
        *,
        what: str,
        version: int | None = None,
    ) -> httpx.Response:
        """With a name of its own, so that a second try has no second effect."""
        headers = {"Idempotency-Key": str(uuid4())}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await self.ask(who, "POST", path, what=what, body=body, headers=headers)

    async def uploads(
        self, who: Person, path: str, content: bytes, media_type: str, *, what: str
    ) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid4()), "Content-Type": media_type}
        return await self.ask(who, "POST", path, what=what, content=content, headers=headers)

    async def ask(  # noqa: PLR0913 - a request
        self,
        who: Person,
        method: str,
        path: str,
        *,
        what: str,
        body: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Tried again while the service says that it is too busy."""
        sent = {"json": body} if content is None else {"content": content}
        for attempt in range(TRIES):
            bearer = {"Authorization": f"Bearer {await self._token_of(who)}"}
            async with self._line:
                began = time.perf_counter()
                response = await self._http.request(
                    method, path, headers={**bearer, **(headers or {})}, **sent
                )
                self.tally.note(what, response, time.perf_counter() - began)
            if response.status_code not in {BUSY, TOO_MANY}:
                return response
            await asyncio.sleep(float(response.headers.get("Retry-After", 1)) * (attempt + 1) / 2)
        raise Unexpected(f"{method} {path} was answered {response.status_code} {TRIES} times")

    async def _token_of(self, who: Person) -> str:
        async with who.signing_in:
            if time.monotonic() - who.since > TOKEN_SECONDS or not who.token:
                who.token = await self._sign_in(who.username)
                who.since = time.monotonic()
        return who.token

    async def _sign_in(self, username: str) -> str:
        grant = {"grant_type": "password", "username": username, "password": PASSWORD}
        async with self._line:
            began = time.perf_counter()
            response = await self._http.post("/v1/auth/token", json=grant)
            self.tally.note("sign in", response, time.perf_counter() - began)
        return str(expect(response, 200).json()["access_token"])


def expect(response: httpx.Response, *statuses: int) -> httpx.Response:
    if response.status_code not in statuses:
        asked = f"{response.request.method} {response.request.url.path}"
        raise Unexpected(f"{asked} was answered {response.status_code}: {response.text[:600]}")
    return response
