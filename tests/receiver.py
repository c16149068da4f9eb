"""Somebody else's server: it keeps what it is sent, and answers what a test tells it to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

PATIENCE = 20  # seconds


@dataclass
class Got:
    """One request, as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` are given in turn, the last one again and again."""

    port: int = 0
    scheme: str = "http"
    answers: list[bytes] = field(default_factory=lambda: [b"200 OK\r\n\r\n"])
    got: list[Got] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    left_alone: asyncio.Event = field(default_factory=asyncio.Event)  # before it had said it all

    def __post_init__(self) -> None:
        self.hold.set()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    async def has_got(self, times: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.got) < times:
                self.came.clear()
                await self.came.wait()

    def will(self, *answers: str) -> None:
        self.answers = [answer.encode() for answer in answers]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hold = self.hold
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.came.set()
        self.got.append(Got(head[0].split(" ")[1], headers, body))
        await hold.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        writer.write(b"HTTP/1.1 " + answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(certified: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver(scheme="https" if certified else "http")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await receiver.serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            receiver.left_alone.set()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certified)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.hold.set()
        server.close()
