"""The layers around the routes, in pure ASGI: what happens before a route is found and after.

From the outside in: a name for the request and one log line; only JSON comes in, whole, and not
too much of it, or where files are sent a file; no more work than the service can bear; a time by
which it is answered. (The token check stands before the body: of a stranger nothing is read.)
"""

import asyncio
import logging
import re
import time
from collections.abc import Collection, Container, Sequence

import structlog
import uuid_utils
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.errors import Overloaded, Refusal
from app.routers.heads import (
    ANSWERED,
    BODY,
    HAS_COME,
    TOLD,
    has_body,
    is_declared_larger,
    kind_of,
    sent,
)
from app.routers.problems import NotJson, TooLarge, TooSlow, language_of, problem_response

log = structlog.get_logger("siks.http")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class NameAndLog:
    """Gives the request an id, tells it to the caller, and writes one line when it is over.

    The line names the route, never the address or the query: they may hold what a person typed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._log = log.bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = sent(scope, b"x-request-id") or ""
        request_id = asked if REQUEST_ID.fullmatch(asked) else str(uuid_utils.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        scope[TOLD] = told = [(b"x-request-id", request_id.encode())]

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope[ANSWERED] = message["status"]
                message["headers"] = [*message.get("headers", []), *told]
            await send(message)

        began = time.perf_counter()
        try:
            await self.app(scope, receive, send_named)
        finally:
            if self._log.is_enabled_for(logging.INFO):
                self._tell(scope, request_id, time.perf_counter() - began)

    def _tell(self, scope: Scope, request_id: str, seconds: float) -> None:
        actor = scope["state"].get("actor")
        self._log.info(
            "answered",
            method=scope["method"],
            route=getattr(scope.get("route"), "path", None),
            status=scope.get(ANSWERED),
            milliseconds=round(seconds * 1000, 1),
            request_id=request_id,
            actor=str(actor.id) if actor else None,
            role=actor.role if actor else None,
            region=actor.region.code if actor else None,
        )


class CrossOrigin(CORSMiddleware):
    """A caller that names no origin is no page in a browser, and needs to be told of none."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or sent(scope, b"origin") is not None:
            await super().__call__(scope, receive, send)
            return
        scope[TOLD].append(VARIES)
        await self.app(scope, receive, send)


VARIES = (b"vary", b"Origin")


class Shed:
    """Says 503 at once when more is in flight than could be answered in time.

    On the paths of `but_not` somebody waits without being at work, and is counted there.
    """

    def __init__(self, app: ASGIApp, *, most: int, but_not: Container[str] = ()) -> None:
        self.app = app
        self.most = most
        self.in_flight = 0
        self._elsewhere = but_not

    def _is_counted(self, scope: Scope) -> bool:
        path = scope.get("path", "")
        elsewhere = path.startswith("/health/") or path in self._elsewhere
        return scope["type"] == "http" and not elsewhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_counted(scope):
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
    """Ends what takes too long to begin its answer. What was not committed by then is rolled back.

    The refusal is sent by a task of its own: to cancel the work may take as long as the network is
    dead, and the caller need not wait for that. An answer that has begun is not cut, however slow
    the line. On the paths of `longer` the work has the seconds that are named with them.
    """

    def __init__(
        self, app: ASGIApp, *, seconds: float, longer: Sequence[tuple[Container[str], float]] = ()
    ) -> None:
        self.app = app
        self.seconds = seconds
        self._longer = longer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        work = asyncio.current_task()
        assert work is not None  # noqa: S101 - nothing is awaited outside of one
        timed = _Timed(work, scope, receive, send)
        timer = asyncio.get_running_loop().call_later(self._seconds_for(scope["path"]), timed.end)
        try:
            await self.app(scope, receive, timed.send_in_time)
        except asyncio.CancelledError:
            if timed.refusal is None:
                raise
            work.uncancel()
        finally:
            timer.cancel()
        if timed.refusal is not None:
            await timed.refusal

    def _seconds_for(self, path: str) -> float:
        for paths, more in self._longer:
            if path in paths:
                return more
        return self.seconds


class _Timed:
    """One request, and how it ends when its time is over."""

    def __init__(
        self, work: asyncio.Task[None], scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.refusal: asyncio.Task[None] | None = None
        self._work = work
        self._asked = (scope, receive, send)
        self._send = send
        self._begun = False

    async def send_in_time(self, message: Message) -> None:
        if self.refusal is not None:
            raise asyncio.CancelledError
        self._begun = True
        await self._send(message)

    def end(self) -> None:
        if not self._begun:
            self.refusal = asyncio.create_task(self._refuse(*self._asked))
            self._work.cancel()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await problem_response(Overloaded(), language=language_of(scope))(scope, receive, send)


class WithBody:
    """What looks at bodies: on the `paths` of files the layers for `files`, elsewhere those for
    `json`, from the outside in. A request without a body walks past all of them."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        json: Sequence[Middleware],
        files: Sequence[Middleware],
        paths: Container[str],
    ) -> None:
        self.app = app
        self._json = before(app, json)
        self._files = before(app, files)
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._road(scope)(scope, receive, send)

    def _road(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http" or not has_body(scope):
            return self.app
        return self._files if scope["path"] in self._paths else self._json


def before(app: ASGIApp, layers: Sequence[Middleware]) -> ASGIApp:
    """The layers around it, from the outside in."""
    for layer, arguments, terms in reversed(layers):
        app = layer(app, *arguments, **terms)
    return app


class OnlyJson:
    """A body must say that it is JSON; on the paths of `forms`, or that it is one."""

    def __init__(self, app: ASGIApp, *, forms: Collection[str] = ()) -> None:
        self.app = app
        self._forms = frozenset(forms)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_foreign(scope):
            refusal = problem_response(NotJson(), language=language_of(scope))
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        kind = kind_of(scope)
        return not (kind == JSON or (kind == FORM and scope["path"] in self._forms))


class WholeBody:
    """Reads the body before anything else is done for the request, and only so much of it.

    A phone on a weak line takes its time; while it does, it holds no place among those at work.
    """

    def __init__(self, app: ASGIApp, *, most: int, seconds: float, at_once: int) -> None:
        self.app = app
        self.most = most
        self.seconds = seconds
        self.at_once = at_once
        self.arriving = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._arrived(scope, receive)
        if isinstance(body, Refusal):
            await problem_response(body, language=language_of(scope))(scope, receive, send)
        elif body is not None:
            scope[BODY] = body
            await self.app(scope, once(body, receive), send)

    async def _arrived(self, scope: Scope, receive: Receive) -> bytes | Refusal | None:
        if HAS_COME in scope["state"]:
            return await self._read(scope, receive)
        if self.arriving >= self.at_once:
            return Overloaded()
        self.arriving += 1
        try:
            async with asyncio.timeout(self.seconds):
                return await self._read(scope, receive)
        except TimeoutError:
            return TooSlow(seconds=int(self.seconds))
        finally:
            self.arriving -= 1

    async def _read(self, scope: Scope, receive: Receive) -> bytes | Refusal | None:
        """All of it; or why not; or None where the sender is gone."""
        if is_declared_larger(scope, self.most):
            return TooLarge(limit=self.most)
        read = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            read += message.get("body", b"")
            if len(read) > self.most:
                return TooLarge(limit=self.most)
            more = message.get("more_body", False)
        return bytes(read)


def once(body: bytes, receive: Receive) -> Receive:
    """The body as one message; what comes after it is the connection's own affair."""
    given = False

    async def receive_body() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_body
