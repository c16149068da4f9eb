"""A service of the benchmarks' own, as a process that can be killed, and callers for it."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from httpx2 import AsyncClient, HTTPError

from app.db import accounts
from app.db.sessions import Database
from app.domain.actors import Actor, Role
from app.domain.regions import INDONESIA, Region
from app.tokens import Tokens, read_key

ROOT = Path(__file__).resolve().parents[1]
KEY = (
    Ed25519PrivateKey.generate()
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
READY = 200
NO_PASSWORD = "!"  # noqa: S105 - nobody signs in with it
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def headers_of(app_url: str, role: Role, region: str = "") -> dict[str, str]:
    """Of somebody new in that role."""
    return headers_for(await somebody(app_url, role, region))


async def somebody(app_url: str, role: Role, region: str = "") -> Actor:
    database = Database(app_url, connections=1)
    async with database.transaction(INDONESIA) as session:
        account = await accounts.open_account(
            session,
            username=f"petugas.{uuid4().hex[:12]}",
            display_name="Petugas",
            password_hash=NO_PASSWORD,
            role=role,
            region=Region(region),
            from_=LONG_AGO,
        )
    await database.close()
    return Actor(account.id, role, Region(region))


def headers_for(actor: Actor) -> dict[str, str]:
    tokens = Tokens(read_key(KEY), issuer="siks", audience="siks")
    token = tokens.issue(actor, session_version=1)
    return {"Authorization": f"Bearer {token}"}


class Service:
    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    @property
    def rss(self) -> float:
        """Megabytes that it holds in memory now."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


@asynccontextmanager
async def a_service(app_url: str, **settings: str) -> AsyncIterator[Service]:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = int(asked.getsockname()[1])
    settings = {"SIKS_SIGNING_KEY": KEY, "SIKS_DECREES_EVERY": "1", **settings}
    process = await _started(
        *("uvicorn", "--factory", "app.main:create_app", "--log-level", "critical"),
        *("--port", str(port)),
        SIKS_DATABASE_URL=app_url,
        **settings,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        await _until_ready(url)
        yield Service(process, url)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def a_worker(app_url: str, storage: Path) -> AsyncIterator[Service]:
    process = await _started(
        *("app.cli", "worker"),
        SIKS_DATABASE_URL=app_url,
        SIKS_STORAGE_URL=storage.as_uri(),
        SIKS_SIGNING_KEY=KEY,
    )
    try:
        yield Service(process, "")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _started(*module: str, **settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *module),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SIKS_LOG_LEVEL": "warning", **settings},
        stdout=asyncio.subprocess.DEVNULL,
    )


async def _until_ready(url: str) -> None:
    async with AsyncClient(base_url=url) as http, asyncio.timeout(60):
        while True:
            try:
                if (await http.get("/health/ready")).status_code == READY:
                    return
            except HTTPError:
                await asyncio.sleep(0.1)
