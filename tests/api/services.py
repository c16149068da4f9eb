"""Services of a test's own, for what must not be done to the one that all tests share."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.types import Message, Scope

from app.framing import BoundedHttp
from app.main import create_app
from app.routers.directory import Service
from app.settings import Settings
from tests.conftest import SETTINGS
from tests.registry import Caller, Registry

KEY = (
    Ed25519PrivateKey.generate()
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)


def an_app(database_url: str, **settings: object) -> Service:
    given = {**SETTINGS, "signing_key": KEY, **settings}
    return create_app(Settings(database_url=database_url, **given))


@asynccontextmanager
async def running(app: FastAPI, like: Registry) -> AsyncIterator[Registry]:
    """The same places, before another service."""
    transport = ASGITransport(app, client=("127.0.0.1", 4000))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://siks.test") as http,
    ):
        yield replace(like, http=http, database=app.state.database, door=app.state.door, known={})


@asynccontextmanager
async def listening(app: FastAPI, like: Registry) -> AsyncIterator[Registry]:
    """The same, behind a port: an answer is there when it was sent, not when all is put away."""
    server = uvicorn.Server(uvicorn.Config(app, http=BoundedHttp, lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as port:
        serving = asyncio.create_task(server.serve([port]))
        url = f"http://127.0.0.1:{port.getsockname()[1]}"
        async with running(app, like) as house, AsyncClient(base_url=url) as http:
            yield replace(house, http=http)
            server.should_exit = True
            await serving


async def sends_in_pieces(caller: Caller, path: str, body: bytes, *, pieces: int) -> int:
    """A request as the network may cut it, the first piece with the head; and its status."""
    port = caller.http.base_url.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    told = {**caller.headers, "Host": "siks.test", "Content-Type": "application/json"}
    lines = [f"{name}: {value}" for name, value in told.items()]
    head = "\r\n".join([f"POST {path} HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""])
    size = -(-len(body) // pieces)
    for at in range(0, len(body), size):
        writer.write((b"" if at else head.encode()) + body[at : at + size])
        await asyncio.sleep(0.05)
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


async def posts_bytes(
    caller: Caller, path: str, content: bytes, *, kind: str | None = "application/json"
) -> Response:
    """A body exactly as it is, which no JSON library would write."""
    headers = {**caller.headers, **({"Content-Type": kind} if kind else {})}
    return await caller.http.post(path, content=content, headers=headers)


def scope_of(
    method: str, path: str, *, by: Caller | None = None, headers: dict[str, str] | None = None
) -> Scope:
    """What a server would tell the service of a request."""
    sent = {**(by.headers if by else {}), **(headers or {})}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in sent.items()],
        "client": ("127.0.0.1", 4000),
        "server": ("siks.test", 80),
    }


class Wire:
    """The two ends of one request, by hand: it counts what is read of the body."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = list(chunks)
        self.read = 0
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        self.read += 1
        if not self.chunks:
            return {"type": "http.disconnect"}
        chunk = self.chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks)}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    @property
    def headers(self) -> dict[str, str]:
        return {k.decode(): v.decode() for k, v in self.sent[0]["headers"]}
