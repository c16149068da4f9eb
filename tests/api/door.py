"""Words for tests of the door: an officer with an account, and somebody who knocks."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from secrets import randbits
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response

from app.commands.sign_in import Door
from app.db import accounts
from app.db.sessions import Database
from app.db.tables.accounts import Account
from app.domain.accounts import RefreshTerms
from app.domain.actors import Actor, Role
from app.domain.regions import INDONESIA, Region
from app.issuers import Issuer
from app.passwords import hash_password
from app.routers import accounts as accounts_router
from app.routers import auth, clients, identities, passwords, problems
from app.routers.layers import NameAndLog
from app.routers.token_check import TokenCheck
from app.settings import Settings
from app.tokens import Tokens

PASSWORD = "tujuh belas burung camar"
PASSWORD_HASH = hash_password(PASSWORD)
KEY = Ed25519PrivateKey.generate()
TOKENS = Tokens(KEY, issuer="siks", audience="siks")
PUBLIC = {"/v1/auth/", "/.well-known/jwks.json"}
CILEGON = Region("3672")
BULAKAN = Region("3672011001")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def door_app(
    database: Database,
    *,
    terms: RefreshTerms | None = None,
    issuer: Issuer | None = None,
    **check: object,
) -> FastAPI:
    """The door and nothing else, so that its clocks can be set."""
    app = FastAPI()
    app.state.database = database
    app.state.door = Door(database, TOKENS, terms=terms or RefreshTerms(), issuer=issuer)
    app.state.settings = Settings(trusted_proxies=["10.9.9.9"])
    for router in (auth, passwords, clients, identities, accounts_router):
        app.include_router(router.router)
    problems.install(app)
    app.add_middleware(TokenCheck, public=PUBLIC, **check)
    app.add_middleware(NameAndLog)
    return app


def an_address() -> str:
    return str(IPv4Address(0x0B000000 + randbits(24)))


def refused(response: Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["type"].removeprefix("urn:siks:problem:")


@dataclass
class Officer:
    """An account, and whoever sits before its screen."""

    account: Account
    role: Role
    region: Region
    http: AsyncClient
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        return Actor(self.account.id, self.role, self.region)

    async def signs_in(self, password: str = PASSWORD, **more: object) -> Response:
        return await knock(self.http, self.account.username, password, **more)

    async def is_in(self) -> "Officer":
        response = await self.signs_in()
        assert response.status_code == 200, response.text
        self.tokens = response.json()
        return self

    async def renews(self, refresh_token: str | None = None) -> Response:
        token = refresh_token or self.tokens["refresh_token"]
        grant = {"grant_type": "refresh_token", "refresh_token": token}
        return await self.http.post("/v1/auth/token", json=grant)

    def bearer(self, access_token: str | None = None) -> dict[str, str]:
        own = TOKENS.issue(self.actor, session_version=self.account.session_version)
        return {"Authorization": f"Bearer {access_token or own}"}

    async def asks(self, path: str = "/v1/me", access_token: str | None = None) -> Response:
        return await self.http.get(path, headers=self.bearer(access_token))

    async def takes(
        self, action: str, other: "Officer", note: str = "pindah tugas", version: int | None = 1
    ) -> Response:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return await self.http.post(
            f"/v1/accounts/{other.account.id}/steps",
            json={"action": action, "grounds": {"note": note} if note else {}},
            headers=self.bearer() | headers,
        )


async def knock(http: AsyncClient, username: str, password: str, **more: object) -> Response:
    grant = {"grant_type": "password", "username": username, "password": password, **more}
    return await http.post("/v1/auth/token", json=grant)


@dataclass
class House:
    """The service behind its door, as one client address meets it."""

    app: FastAPI
    database: Database
    http: AsyncClient
    address: str

    async def officer(  # noqa: PLR0913 - an officer, in columns
        self,
        role: Role = Role.VILLAGE_OPERATOR,
        region: Region = BULAKAN,
        *,
        home: Region | None = None,
        from_: datetime = LONG_AGO,
        until: datetime | None = None,
        password_hash: str = PASSWORD_HASH,
        username: str | None = None,
    ) -> Officer:
        async with self.database.transaction(INDONESIA) as session:
            account = await accounts.open_account(
                session,
                username=username or f"petugas.{uuid4().hex[:12]}",
                display_name="Siti Aminah",
                password_hash=password_hash,
                role=role,
                region=region,
                home=home,
                from_=from_,
                until=until,
            )
        return Officer(account, role, region, self.http)

    async def runs(self, statement: str, *arguments: object) -> list[Any]:
        """As the service's own role, over all of Indonesia."""
        async with self.database.connection(INDONESIA, begin="BEGIN") as connection:
            return list(await connection.fetch(statement, *arguments))


@asynccontextmanager
async def a_house(
    database: Database,
    *,
    address: str | None = None,
    terms: RefreshTerms | None = None,
    issuer: Issuer | None = None,
    **check: object,
) -> AsyncIterator[House]:
    app = door_app(database, terms=terms, issuer=issuer, **check)
    address = address or an_address()
    transport = ASGITransport(app, client=(address, 4000))
    async with AsyncClient(transport=transport, base_url="http://siks.test") as http:
        yield House(app, database, http, address)


def by_hand(header: dict[str, object], claims: dict[str, Any], secret: bytes | None) -> str:
    """A token as no library would let us write it, with an HMAC for its signature, or none."""
    claims = json.loads(json.dumps(claims, default=lambda at: int(at.timestamp())))
    parts = [b64(json.dumps(part).encode()) for part in (header, claims)]
    signed = ".".join(parts).encode()
    signature = b"" if secret is None else hmac.new(secret, signed, hashlib.sha256).digest()
    return ".".join([*parts, b64(signature)])


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def clock_at(hand: list[float]) -> Callable[[], float]:
    return lambda: hand[0]


DAY = timedelta(days=1)
