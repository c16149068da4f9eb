"""Server-sent events: a line kept open on which somebody is told of what changes, until it ends."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.db.faults import passes
from app.routers.at_once import AtOnce

EVENT_STREAM = "text/event-stream"
HEADERS = {
    "Content-Type": EVENT_STREAM,
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # or nginx would keep what is told until there is more of it
}


class Streams(AtOnce):
    """Each holds on to a connection of a client."""


@dataclass(frozen=True)
class Told:
    """What is so now, and whether that is the last word."""

    body: str
    is_last: bool


@dataclass(frozen=True)
class Pace:
    """`every` it is looked, in `silence` for so long a sign of life is sent, and after `most` the
    client has to come again: then it is looked anew who he is."""

    every: float = 1
    silence: float = 15
    most: float = 300


class EventStream(Response):
    """Tells what `look` finds: at once, and whenever it has changed."""

    def __init__(
        self,
        look: Callable[[], Awaitable[Told]],
        of: Streams,
        *,
        leaving: Callable[[], bool],
        pace: Pace | None = None,
    ) -> None:
        super().__init__(None, 200, HEADERS)
        del self.headers["content-length"]
        self._look = look
        self._streams = of
        self._leaving = leaving
        self._pace = pace or Pace()

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        gone = asyncio.ensure_future(_gone(receive))
        try:
            with self._streams.one_more():
                await send(start)
                await self._tell(send, gone)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()

    async def _tell(self, send: Send, gone: asyncio.Future[None]) -> None:
        last, spoken = "", time.monotonic()
        until = spoken + self._pace.most
        while not gone.done() and not self._leaving() and time.monotonic() < until:
            told = await self._looked() or Told(last, is_last=False)
            if told.body != last:
                last, spoken = told.body, time.monotonic()
                await _send(send, _event("ended" if told.is_last else "progress", told.body))
            elif time.monotonic() - spoken > self._pace.silence:
                spoken = time.monotonic()
                await _send(send, b": still there\n\n")
            if told.is_last:
                return
            await asyncio.wait({gone}, timeout=self._pace.every)

    async def _looked(self) -> Told | None:
        """None where PostgreSQL is away for the moment.

        In a task of its own: should we be cut, the connection it reads by is given back whole.
        """
        try:
            return await asyncio.shield(asyncio.ensure_future(self._look()))
        except Exception as error:
            if passes(error):
                return None
            raise


def _event(name: str, body: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in body.splitlines())
    return f"event: {name}\n{lines}\n".encode()


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
