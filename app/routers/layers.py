"""The layers around the routes, in pure ASGI: what happens before a route is found and after.

From the outside in: a name for the request and one log line; no more work than the service can
bear; a time by which it is over; only JSON comes in, and not too much of it. (The token check
stands before the last two: of a stranger nothing is read.)
"""

import asyncio
import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.errors import Overloaded
from app.routers.problems import NotJson, TooLarge, language_of, problem_response

log = structlog.get_logger("siks.http")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class NameAndLog:
    """Gives the request an id, tells it to the caller, and writes one line when it is over.

    The line names the route, never the address or the query: they may hold what a person typed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if REQUEST_ID.fullmatch(asked) else str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        answered: list[int] = []

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.append(message["status"])
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        began = time.perf_counter()
        try:
            await self.app(scope, receive, send_named)
        finally:
            self._tell(scope, request_id, answered, time.perf_counter() - began)

    def _tell(self, scope: Scope, request_id: str, answered: list[int], seconds: float) -> None:
        actor = scope["state"].get("actor")
        log.info(
            "answered",
            method=scope["method"],
            route=getattr(scope.get("route"), "path", None),
            status=answered[0] if answered else None,
            milliseconds=round(seconds * 1000, 1),
            request_id=request_id,
            actor=str(actor.id) if actor else None,
            role=actor.role if actor else None,
            region=actor.region.code if actor else None,
        )


class Shed:
    """Says 503 at once when more is in flight than could be answered in time."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = app
        self.most = most
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/health/"):
            await self.app(scope, receive, send)
            return
        if self.in_flight >= self.most:
            refusal = problem_response(Overloaded(), language=language_of(scope))
            await refusal(scope, receive, send)
            return
        self.in_flight += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.in_flight -= 1


class Deadline:
    """Ends what takes too long. What was not committed by then is rolled back."""

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(self.seconds):
                await self.app(scope, receive, send_and_note)
        except TimeoutError:
            if begun:
                raise
            refusal = problem_response(Overloaded(), language=language_of(scope))
            await refusal(scope, receive, send)


class OnlyJson:
    """A body that is there must say that it is JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_foreign(Headers(scope=scope)):
            refusal = problem_response(NotJson(), language=language_of(scope))
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        return has_body and kind != "application/json"


class BodyLimit:
    """Refuses a body that says it is too large before any of it is read; one that does not say
    how large it is, as soon as it has become so."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._is_declared_by(Headers(scope=scope)):
            refusal = problem_response(TooLarge(limit=self.most), language=language_of(scope))
            await refusal(scope, receive, send)
            return
        read = 0

        async def receive_and_count() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.most:  # of all exceptions the framework passes only this kind on
                raise HTTPException(413, str(self.most))
            return message

        await self.app(scope, receive_and_count, send)

    def _is_declared_by(self, headers: Headers) -> bool:
        declared = headers.get("content-length", "").lstrip("0")
        digits = len(str(self.most))
        return declared.isdecimal() and (len(declared) > digits or int(declared) > self.most)
