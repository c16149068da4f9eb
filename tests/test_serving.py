"""How the service is served: what it takes for a request, and several processes on one port."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from app.framing import MOST_HEAD_BYTES, BoundedHttp
from tests.served import a_free_port, a_service

Asked = Callable[..., Awaitable[bytes]]
HOST = b"Host: siks.example\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
POST = b"POST / HTTP/1.1\r\n" + HOST
CODED = POST + b"Transfer-Encoding: chunked\r\n"
FILLER = b"X-Filler: " + b"a" * 1000 + b"\r\n"
SEVENTY = MOST_HEAD_BYTES // 1000 + 5


async def told_back(scope: Scope, receive: Receive, send: Send) -> None:
    """What the service would see of a request."""
    request = Request(scope, receive)
    body, names = await request.body(), ",".join(request.headers)
    await PlainTextResponse(f"{scope['method']} [{names}] {body!r}")(scope, receive, send)


@pytest.fixture(scope="module")
async def asked() -> AsyncIterator[Asked]:
    """Send these bytes, piece by piece; all that comes back until nothing does."""
    config, state = Config(told_back, http=BoundedHttp, ws="none", access_log=False), ServerState()
    config.load()
    server = await asyncio.get_running_loop().create_server(
        lambda: BoundedHttp(config, state, {}), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]

    async def ask(*pieces: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        coming = asyncio.create_task(all_of(reader))
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)  # that it is read, and its answer
        came = await coming
        writer.close()
        return came

    yield ask
    server.close()


async def all_of(reader: asyncio.StreamReader) -> bytes:
    came = b""
    with suppress(ConnectionError, TimeoutError):
        while piece := await asyncio.wait_for(reader.read(65_536), 0.2):
            came += piece
    return came


def statuses(came: bytes) -> list[int]:
    return [int(part[:3]) for part in came.split(b"HTTP/1.1 ")[1:]]


class TestTheHeadOfARequestEnds:
    async def test_where_it_is_long_but_not_too_long(self, asked: Asked):
        assert statuses(await asked(GET + FILLER * 60 + b"\r\n")) == [200]

    @pytest.mark.parametrize(
        "pieces",
        [
            [GET + FILLER * SEVENTY + b"\r\n"],
            [GET, *[FILLER] * SEVENTY],
            [GET + b"X-Filler: ", *[b"a" * 1000] * SEVENTY],
            [b"GET /", *[b"a" * 1000] * SEVENTY],
            [b"GET /" + b"a" * 1000 * SEVENTY + b" HTTP/1.1\r\n" + HOST + b"\r\n"],
            [b"\r\n" * 500] * SEVENTY,
            [CODED + b"\r\n3\r\nabc\r\n0\r\n", *[FILLER] * SEVENTY],
            [CODED + b"\r\n3;", *[b"a" * 1000] * SEVENTY],
        ],
        ids=["whole", "in_headers", "in_one", "drips", "url", "empty_lines", "trailers", "chunks"],
    )
    async def test_with_a_refusal_where_it_is_too_long_however_it_comes(
        self, asked: Asked, pieces: list[bytes]
    ):
        assert statuses(await asked(*pieces)) == [431]

    async def test_but_a_body_is_not_counted(self, asked: Asked):
        head, body = POST + b"Content-Length: 100000\r\n\r\n", [b"a" * 1000] * 100
        assert statuses(await asked(head, *body, GET + b"\r\n")) == [200, 200]

    async def test_by_the_end_of_the_connection_where_a_hundred_come_before_an_answer(
        self, asked: Asked
    ):
        assert statuses(await asked((GET + b"\r\n") * 10)) == [200] * 10
        assert statuses(await asked((GET + b"\r\n") * 100)) == []


class TestWhatAnotherServerMightReadOtherwise:
    @pytest.mark.parametrize(
        "said",
        [
            POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
            POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            POST + b"Content-Length: +1\r\n\r\na",
            POST + b"Content-Length : 1\r\n\r\na",
            POST + b"Transfer-Encoding: identity\r\n\r\n",
            POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            CODED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            CODED + b"\r\n0x3\r\nabc\r\n0\r\n\r\n",
            CODED + b"\r\n3\nabc\n0\n\n",
            CODED + b"\r\n3\r\nabcXX0\r\n\r\n",
            b"GET / HTTP/1.1\nHost: siks.example\n\n",
            GET + b"X: a\rY: b\r\n\r\n",
            GET + b"X: a\r\n b\r\n\r\n",
            GET + b"X: a\x00\r\n\r\n",
            GET + HOST + b"\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
            b"GET /\r\n\r\n",
            b"CONNECT / HTTP/1.1\r\n" + HOST + b"\r\n",
            b"LOOK / HTTP/1.1\r\n" + HOST + b"\r\n",
        ],
    )
    async def test_is_refused_and_the_connection_ends(self, asked: Asked, said: bytes):
        assert statuses(await asked(said + GET + b"\r\n")) == [400]

    async def test_is_not_answered_in_the_place_of_an_earlier_request(self, asked: Asked):
        assert statuses(await asked(GET + b"\r\n" + GET + HOST + b"\r\n")) == []

    async def test_what_follows_a_body_in_chunks_is_no_header(self, asked: Asked):
        came = await asked(CODED + b"\r\n3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\n\r\n")
        assert came.endswith(b"POST [host,transfer-encoding] b'abc'")

    async def test_whoever_asks_for_another_protocol_is_answered_in_this_one(self, asked: Asked):
        asks = (
            b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc"
        )
        came = await asked(POST + asks + GET + b"\r\n")
        assert statuses(came) == [200, 200]
        assert b"POST [host,connection,content-length] b'abc'" in came

    async def test_also_where_he_would_have_the_connection_end(self, asked: Asked):
        assert statuses(await asked(GET + b"Connection: close, upgrade\r\nUpgrade: x\r\n\r\n")) == [
            200
        ]


# --- several processes


@contextmanager
def two_processes(app_url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with a_service(app_url, port, SIKS_PROCESSES="2", SIKS_COUNTS_EVERY="0") as service:
        until(lambda: len(serving(service.pid)) == 2 and answers(port))
        yield service


def serving(parent: int) -> set[int]:
    """The processes that answer; beside them Python keeps one that looks after what they share."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    children = {int(word) for word in path.read_text().split()}
    return {child for child in children if b"spawn_main" in what_runs(child)}


def what_runs(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def answers(port: int) -> bool:
    with suppress(URLError, ConnectionError), urlopen(f"http://127.0.0.1:{port}/health/live") as a:
        return bool(a.status == 200)
    return False


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60  # on the busiest machine
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="it looks at its children as Linux shows them")
class TestSeveralProcesses:
    def test_answer_on_one_port_and_one_that_dies_is_replaced(self, app_url: str):
        port = a_free_port()
        with two_processes(app_url, port) as service:
            before = serving(service.pid)
            os.kill(min(before), signal.SIGKILL)
            until(lambda: min(before) not in serving(service.pid))
            assert answers(port)
            until(lambda: len(serving(service.pid)) == 2)
            those = serving(service.pid)
            service.terminate()
            assert service.wait(20) == 0
            assert not any(map(what_runs, those))
            assert not answers(port)

    def test_end_with_the_one_that_started_them(self, app_url: str):
        port = a_free_port()
        with two_processes(app_url, port) as service:
            those = serving(service.pid)
            service.kill()
            until(lambda: not any(map(what_runs, those)))
            assert not answers(port)
