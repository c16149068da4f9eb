"""What a read costs through the service, beside the same statement on a bare connection.

    python -m bench.reading [REQUESTS]

A PostgreSQL of its own is started and filled with the demo. Both sides run in this process, in
turn, against the same rows: the ratio is what the service adds (token, layers, routing),
whatever the machine.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from uuid import uuid4

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from rich.console import Console
from rich.table import Table
from starlette.types import Message

from app import embedded, serving
from app.db import households
from app.db.access import BEGIN, Access, PeopleReading
from app.db.scope import scope_statement
from app.db.urls import for_asyncpg
from app.demo import accounts as offices
from app.demo import seed
from app.domain.actors import Actor, Role
from app.domain.regions import Region
from app.domain.sight import Purpose
from app.main import create_app
from app.settings import Settings

VILLAGE = Region("3672011001")
ROUNDS = 5
OK = 200
OPERATOR = Actor(uuid4(), Role.VILLAGE_OPERATOR, VILLAGE)
ACCESS = Access(OPERATOR, Purpose.SERVICE, "read_household", "bench")


async def paced(ask: Callable[[], Awaitable[object]], requests: int) -> float:
    """Microseconds for one, of `requests` one after the other."""
    began = time.perf_counter()
    for _ in range(requests):
        await ask()
    return (time.perf_counter() - began) / requests * 1e6


def _scope(path: str, authorization: str) -> dict[str, object]:
    """A request as uvicorn hands it over: no client's time is counted."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"bench"), (b"authorization", authorization.encode())],
        "client": ("127.0.0.1", 4000),
        "server": ("bench", 80),
    }


async def _nothing_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _expect_ok(message: Message) -> None:
    if message.get("status", 200) != OK:
        raise RuntimeError(f"answered {message['status']}")


def an_app(app_url: str) -> FastAPI:
    key = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return create_app(Settings(database_url=app_url, signing_key=key.decode(), log_level="error"))


async def an_operator_and_a_household(app: FastAPI) -> tuple[str, str]:
    """Somebody who is signed in, and one of his households."""
    async with AsyncClient(transport=ASGITransport(app), base_url="http://bench") as http:
        grant = {
            "grant_type": "password",
            "username": offices.OPERATOR.username(VILLAGE.code),
            "password": offices.PASSWORD,
        }
        signed_in = await http.post("/v1/auth/token", json=grant)
        http.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
        lines = (await http.get("/v1/households?limit=50")).json()["items"]
        return http.headers["Authorization"], lines[0]["id"]


async def compare(app_url: str, requests: int) -> Table:
    app = an_app(app_url)
    table = Table("read", "service", "bare connection", "ratio", title="microseconds, median")
    bare = await asyncpg.connect(for_asyncpg(app_url))
    async with app.router.lifespan_context(app):
        authorization, household = await an_operator_and_a_household(app)
        scope = _scope(f"/v1/households/{household}", authorization)

        async def through_service() -> None:
            await app(dict(scope, state={}), _nothing_more, _expect_ok)

        async def on_bare_connection() -> None:
            await bare.execute(f"{BEGIN}; {scope_statement(VILLAGE)}")
            reading = PeopleReading(bare, ACCESS)
            await households.document(reading, household, within=VILLAGE, seen_by=OPERATOR)
            await bare.execute("COMMIT")

        pairs = [
            (await paced(through_service, requests), await paced(on_bare_connection, requests))
            for _ in range(ROUNDS)
        ]
    await bare.close()
    service, alone = (median(side) for side in zip(*pairs, strict=True))
    ratio = median(ours / theirs for ours, theirs in pairs)
    table.add_row("one household", f"{service:.0f}", f"{alone:.0f}", f"{ratio:.2f}")
    return table


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with (
        tempfile.TemporaryDirectory(prefix="siks-bench-") as directory,
        embedded.running(Path(directory)) as server,
    ):
        serving.migrate(server.owner_url)
        asyncio.run(seed.load(server.owner_url))
        Console().print(asyncio.run(compare(server.app_url, requests)))


if __name__ == "__main__":
    main()
