"""Posting to an address that somebody else named.

A name is looked up once, every address it has is judged, and the connection goes to one of those
very addresses: a second look-up could find another. The certificate is that of the name. Nothing
is followed, taken from the environment or remembered, and of the answer a little is read.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cache
from ipaddress import ip_address

import httpcore2 as httpcore

from app.domain.targets import (
    PORT_OF,
    Address,
    Networks,
    Target,
    TargetRefused,
    may_call,
    target,
)

MOST_ADDRESSES = 4  # that are tried
MOST_READ = 4096
LOOK_UPS = ThreadPoolExecutor(8, "siks-look-up")  # where one hangs, it is not what others wait for

LookUp = Callable[[str, int], Awaitable[list[str]]]


class Unsent(StrEnum):
    """Why there is no answer."""

    URL_REFUSED = "url_refused"
    ADDRESS_REFUSED = "address_refused"
    NAME_UNKNOWN = "name_unknown"
    NOT_REACHED = "not_reached"
    TLS_FAILED = "tls_failed"
    TIMED_OUT = "timed_out"
    ANSWER_BROKEN = "answer_broken"


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or why there is none."""

    status: int | None
    reason: Unsent | None = None
    retry_after: float | None = None  # seconds
    body: bytes = b""  # its beginning

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004


@dataclass(frozen=True)
class Timeouts:
    """In seconds: for the name, a connection, a word of theirs, their answer's body; for all."""

    look_up: float = 5
    connect: float = 5
    read: float = 10
    body: float = 2
    whole: float = 20


USUAL = Timeouts()


async def look_up(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(LOOK_UPS, _addresses, host, port)
    return list(dict.fromkeys(found))


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class _Failed(Exception):
    def __init__(self, reason: Unsent) -> None:
        super().__init__(reason)
        self.reason = reason


async def post(  # noqa: PLR0913 - each is a choice of its own
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    networks: Networks = (),
    timeouts: Timeouts = USUAL,
    find: LookUp = look_up,
    trusting: ssl.SSLContext | None = None,
) -> Answer:
    """Never raises for anything that is theirs: what went wrong stands in the answer."""
    try:
        async with asyncio.timeout(timeouts.whole):
            called = target(url, networks)
            addresses = await _checked(called, networks, find, timeouts.look_up)
            return await _sent(called, addresses, body, headers, timeouts, trusting)
    except TargetRefused:
        return Answer(None, Unsent.URL_REFUSED)
    except _Failed as failed:
        return Answer(None, failed.reason)
    except (TimeoutError, httpcore.TimeoutException):
        return Answer(None, Unsent.TIMED_OUT)
    except (httpcore.ProtocolError, httpcore.NetworkError, OSError) as error:
        return Answer(None, _reason(error))


def _reason(error: Exception) -> Unsent:
    if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
        return Unsent.TLS_FAILED
    if isinstance(error, httpcore.ConnectError | OSError):
        return Unsent.NOT_REACHED
    return Unsent.ANSWER_BROKEN


async def _checked(
    called: Target, networks: Networks, find: LookUp, seconds: float
) -> list[Address]:
    try:
        found = [str(called.literal)] if called.literal else await _found(called, find, seconds)
        addresses = [ip_address(each) for each in found]
    except (OSError, ValueError):
        raise _Failed(Unsent.NAME_UNKNOWN) from None
    if not may_call(called, addresses, networks):
        raise _Failed(Unsent.ADDRESS_REFUSED)
    return addresses[:MOST_ADDRESSES]


async def _found(called: Target, find: LookUp, seconds: float) -> list[str]:
    try:
        async with asyncio.timeout(seconds):
            return await find(called.host, called.port)
    except TimeoutError:  # which is an OSError
        raise _Failed(Unsent.TIMED_OUT) from None


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that were judged, whatever the name."""

    def __init__(self, addresses: list[Address]) -> None:
        self._addresses = addresses
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - it was looked up
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        *others, last = map(str, self._addresses)
        how = (port, timeout, local_address, socket_options)
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._network.connect_tcp(address, *how)
        return await self._network.connect_tcp(last, *how)


@cache
def _trusted() -> ssl.SSLContext:
    """The system's authorities, or those of SSL_CERT_FILE."""
    return httpcore.default_ssl_context()


async def _sent(  # noqa: PLR0913, PLR0917
    called: Target,
    addresses: list[Address],
    body: bytes,
    headers: Mapping[str, str],
    timeouts: Timeouts,
    trusting: ssl.SSLContext | None,
) -> Answer:
    url = httpcore.URL(scheme=called.scheme, host=called.host, port=called.port, target=called.path)
    waiting = {"connect": timeouts.connect, "read": timeouts.read, "write": timeouts.read}
    sent = {"Host": _host(called), "User-Agent": "SIKS-NG", "Connection": "close", **headers}
    async with (
        httpcore.AsyncConnectionPool(
            ssl_context=trusting or _trusted(), network_backend=_Checked(addresses)
        ) as pool,
        pool.stream(
            "POST",
            url,
            headers=list(sent.items()),
            content=body,
            extensions={"timeout": waiting, "sni_hostname": called.host},
        ) as response,
    ):
        beginning = await _beginning(response, timeouts.body)
        return Answer(response.status, None, _retry_after(response), beginning)


def _host(called: Target) -> str:
    host = f"[{called.host}]" if ":" in called.host else called.host
    return host if called.port == PORT_OF[called.scheme] else f"{host}:{called.port}"


_CUT_SHORT = (httpcore.ProtocolError, httpcore.NetworkError, httpcore.TimeoutException)


async def _beginning(response: httpcore.Response, seconds: float) -> bytes:
    """That it stops short, drips or says a lot changes nothing about its status."""
    read = bytearray()
    with suppress(*_CUT_SHORT, TimeoutError):
        async with asyncio.timeout(seconds):
            async for chunk in response.aiter_stream():
                read += chunk
                if len(read) >= MOST_READ:
                    break
    return bytes(read[:MOST_READ])


def _retry_after(response: httpcore.Response) -> float | None:
    said = [value for name, value in response.headers if name.lower() == b"retry-after"]
    return _seconds(said[0].decode("latin-1").strip()) if said else None


def _seconds(said: str) -> float | None:
    if said.isascii() and said.isdigit():
        return float(said[:9])
    with suppress(ValueError, TypeError, OverflowError):
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    return None
