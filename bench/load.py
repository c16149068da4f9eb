"""Requests sent as fast as they are answered, or each at its own time: raw HTTP/1.1, kept alive.

The client shares the machine with what it measures, so it costs little: bytes that lie ready, one
connection an `asyncio.Protocol`, and of the answers no more is read than whether they are whole.
"""

import asyncio
import random
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import cast
from urllib.parse import urlsplit

ASKING = 16  # at once: of whoever has ten connections to PostgreSQL somebody always waits for one
PATIENCE = 60  # seconds for one answer; what takes longer is a failure
IDLE = 3  # a connection unused for longer is left: servers close them after five
GRAIN = 0.0011  # how late the loop's own clock may wake us: that is not the service's doing
START = 0.02
SEED = 20261122
ENDS = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    least: int = 1  # bytes, of an answer that is worth something

    @cached_property
    def encoded(self) -> bytes:
        told = {"Host": "bench", **self.headers}
        if self.body:
            told = {"Content-Type": "application/json", **told}
        if self.body or self.method != "GET":
            told["Content-Length"] = str(len(self.body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


@dataclass(frozen=True)
class Answer:
    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head[9:12])

    def header(self, name: str) -> str | None:
        found = re.search(rb"\r\n" + name.encode() + rb": *([^\r]*)", self.head, re.IGNORECASE)
        return found[1].decode() if found else None

    def fault(self, request: Request) -> str | None:
        """What is wrong with it, if anything is."""
        if not 200 <= self.status < 300:  # noqa: PLR2004 - as HTTP has it
            return f"{self.status} {self.body[:200].decode(errors='replace')}"
        if len(self.body) < request.least:
            return f"{len(self.body)} bytes, where there should be {request.least}"
        return None


@dataclass
class Run:
    seconds: float = 0
    latencies: list[float] = field(default_factory=list)  # of answers that were right, in seconds
    failures: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0

    @property
    def requests(self) -> int:
        return len(self.latencies) + len(self.failures)

    def percentile(self, percent: float) -> float:
        """In seconds: what so many of a hundred answers took at most."""
        if not self.latencies:
            return float("nan")
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

    def take(self, request: Request, answer: Answer | None, began: float) -> None:
        fault = "no answer" if answer is None else answer.fault(request)
        if fault is None:
            self.latencies.append(time.perf_counter() - began)
        else:
            self.failures.append(f"{request.method} {request.path}: {fault}")


# --- one connection


class Line(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self.heard: asyncio.Future[Answer | None] | None = None
        self.last_used = time.perf_counter()
        self._empty()

    def _empty(self) -> None:
        self.pieces = bytearray()
        self.head = b""
        self.needs: int | None = 0

    @property
    def is_open(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    async def ask(self, request: Request) -> Answer | None:
        """None where the line broke, or nobody answered for long."""
        assert self.transport is not None  # noqa: S101 - whoever connected waited for it
        self.heard = self.loop.create_future()
        self.transport.write(request.encoded)
        too_late = self.loop.call_later(PATIENCE, self.close)
        answer = await self.heard
        too_late.cancel()
        self.last_used = time.perf_counter()
        return answer

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._tell(None)

    def data_received(self, data: bytes) -> None:
        self.pieces += data
        if (self.head or self._has_head()) and self._has_all():
            answer = Answer(self.head, bytes(self.pieces))
            self._empty()
            if CLOSES.search(answer.head):
                self.close()
            self._tell(answer)

    def _has_head(self) -> bool:
        end = self.pieces.find(ENDS)
        if end < 0:
            return False
        self.head = bytes(self.pieces[:end])
        del self.pieces[: end + len(ENDS)]
        length = LENGTH.search(self.head)
        self.needs = int(length[1]) if length else None if CHUNKED.search(self.head) else 0
        return True

    def _has_all(self) -> bool:
        if self.needs is None:
            return self.pieces.endswith(LAST_CHUNK)
        return len(self.pieces) >= self.needs

    def _tell(self, answer: Answer | None) -> None:
        if self.heard is not None and not self.heard.done():
            self.heard.set_result(answer)


async def connected(url: str) -> Line:
    place = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(Line, place.hostname or "127.0.0.1", place.port or 80)
    return line


async def ask(url: str, request: Request) -> Answer:
    """One request on a connection of its own."""
    line = await connected(url)
    answer = await line.ask(request)
    line.close()
    if answer is None:
        raise ConnectionError(f"{request.method} {request.path}: no answer")
    return answer


# --- as fast as it goes


async def closed(
    url: str, requests: Iterable[Request], *, connections: int = ASKING, seconds: float = inf
) -> Run:
    """Each connection asks again as soon as it was answered: throughput.

    Each request once, until there are none left, or the seconds are over.
    """
    run, left = Run(), iter(requests)
    lines = [await connected(url) for _ in range(connections)]
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(_keep_asking(url, line, left, run, until) for line in lines))
    run.seconds = time.perf_counter() - began
    return run


async def _keep_asking(
    url: str, line: Line, left: Iterator[Request], run: Run, until: float
) -> None:
    while (began := time.perf_counter()) < until and (request := next(left, None)) is not None:
        run.take(request, await line.ask(request), began)
        if not line.is_open:
            line = await connected(url)
    line.close()


# --- each at its own time


async def paced(
    url: str,
    requests: Sequence[Request],
    *,
    per_second: float,
    connections: int = 64,
    seed: int = SEED,
) -> Run:
    """An open model: people do not wait for one another. Each request has its time, by a Poisson
    process, and what it takes counts from then on: so does waiting in line for a connection."""
    drawn = random.Random(seed)  # noqa: S311 - the same times for everybody
    run, lines = Run(), Lines(url, connections)
    began = due = time.perf_counter() + START
    asked = []
    for request in requests:
        due += drawn.expovariate(per_second)
        await asyncio.sleep(max(0, due - time.perf_counter()))
        since = min(time.perf_counter(), due + GRAIN)
        asked.append(asyncio.create_task(_asked(lines, request, run, since)))
    await asyncio.gather(*asked)
    run.seconds = time.perf_counter() - began
    lines.close()
    return run


async def _asked(lines: "Lines", request: Request, run: Run, since: float) -> None:
    line = await lines.take()
    try:
        run.take(request, await line.ask(request), since)
    finally:
        lines.give(line)


class Lines:
    """So many at most, opened when they are needed; whoever finds none waits for his turn."""

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._free = asyncio.Semaphore(most)
        self._idle: list[Line] = []

    async def take(self) -> Line:
        await self._free.acquire()
        while self._idle:
            line = self._idle.pop()
            if line.is_open and time.perf_counter() - line.last_used < IDLE:
                return line
            line.close()
        return await connected(self._url)

    def give(self, line: Line) -> None:
        if line.is_open:
            self._idle.append(line)
        self._free.release()

    def close(self) -> None:
        for line in self._idle:
            line.close()
