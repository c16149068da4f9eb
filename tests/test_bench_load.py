"""The measure is measured: what the benchmarks count as an answer, and what waiting costs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench.load import Request, Run, closed, paced

SLOW = 0.1
ANSWERS = {
    "/good": (200, b"x" * 50),
    "/slow": (200, b"x" * 50),
    "/short": (200, b"x"),
    "/broken": (500, b"x" * 50),
}


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while head := (await reader.readuntil(b"\r\n\r\n")).decode():
        path = head.split()[1]
        if path == "/closed":
            break
        if path == "/slow":
            await asyncio.sleep(SLOW)
        status, body = ANSWERS[path]
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    writer.close()


async def _until_left(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await _answer(reader, writer)
    except asyncio.IncompleteReadError:
        writer.close()


@asynccontextmanager
async def a_server() -> AsyncIterator[str]:
    server = await asyncio.start_server(_until_left, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def get(path: str) -> Request:
    return Request("GET", path, least=20)


async def test_only_a_whole_and_right_answer_counts():
    async with a_server() as url:
        paths = ["/good", "/short", "/good", "/broken", "/closed", "/good"]
        run = await closed(url, [get(path) for path in paths], connections=2)
    assert len(run.latencies) == 3
    assert sorted(failure.split()[1] for failure in run.failures) == [
        "/broken:",
        "/closed:",
        "/short:",
    ]


async def test_waiting_for_a_connection_counts():
    async with a_server() as url:
        run = await paced(url, [get("/slow")] * 4, per_second=1000, connections=1)
    assert not run.failures
    assert min(run.latencies) < 2 * SLOW
    assert max(run.latencies) >= 3.5 * SLOW


async def test_an_idle_line_leaves_the_rate_as_it_is():
    async with a_server() as url:
        run = await paced(url, [get("/good")] * 20, per_second=200)
    assert not run.failures
    assert run.percentile(50) < SLOW


@pytest.mark.parametrize(("percent", "seconds"), [(50, 51), (99, 100), (100, 100), (0, 1)])
def test_percentiles(percent: int, seconds: int):
    assert Run(latencies=[float(each) for each in range(100, 0, -1)]).percentile(percent) == seconds
