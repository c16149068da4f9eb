"""Which routes serve a place: a request asks these, and walks past none of the others.

And what stands around them: our layers, and what FastAPI needs on its own roads (ADR 0056).
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import iter_route_contexts
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.routers import layers
from app.routers.straight import RAISED, Straight

Place = tuple[str, ...]


class Entry(NamedTuple):
    path: re.Pattern[str]
    methods: Collection[str]
    road: ASGIApp


class Directory:
    """Stands before all routes. What is not entered for a place, all are asked for: so what is
    nowhere, or wants another method, is refused as ever.

    `everything` are the routes as FastAPI asks them, and `seen_to` what it does around a route:
    on a straight road there is nothing to be closed, and a refusal is rare.
    """

    def __init__(
        self,
        included: Iterable[BaseRoute],
        *,
        everything: ASGIApp,
        seen_to: Callable[[ASGIApp], ASGIApp],
    ) -> None:
        self._everything = seen_to(everything)
        self._seen_to = seen_to
        self._refused = seen_to(_raised)
        self._at: dict[Place, list[Entry]] = {}
        for route in included:
            self._enter(route)

    def _enter(self, included: BaseRoute) -> None:
        usual = self._seen_to(included.handle)
        for route in iter_route_contexts([included]):
            straight = Straight.of(route, otherwise=usual, refused=self._refused)
            entry = Entry(route.path_regex, route.methods or (), straight or usual)
            self._at.setdefault(place_of(route.path or ""), []).append(entry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        road = self._found(scope) if scope["type"] == "http" else self._everything
        await road(scope, receive, send)

    def _found(self, scope: Scope) -> ASGIApp:
        path, method = scope["path"], scope["method"]
        for form, methods, road in self._at.get(place_of(path), ()):
            found = form.match(path)
            if found and method in methods:
                scope["path_params"] = found.groupdict()
                return road
        return self._everything


async def _raised(scope: Scope, receive: Receive, send: Send) -> None:
    """What a straight road met with, for those who know what to say of it."""
    del receive, send
    raise scope.pop(RAISED)


def place_of(path: str) -> Place:
    """As far as no path has a parameter: /v1/households."""
    return tuple(path.split("/", 3)[1:3])


class Service(FastAPI):
    """FastAPI with no layers but ours: what it would put around all of them looks into faults,
    bodies and telemetry, which ours see to, and what it needs within stands on its own roads."""

    def __init__(self, **said: Any) -> None:  # noqa: ANN401 - whatever FastAPI takes
        super().__init__(**said)
        self.included: list[BaseRoute] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request goes to the stack at once."""
        if scope["type"] == "http" and self.middleware_stack is not None:
            scope["app"] = self
            await self.middleware_stack(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        directory = Directory(self.included, everything=self.router, seen_to=self._within)
        return layers.before(directory, self.user_middleware)

    def _within(self, app: ASGIApp) -> ASGIApp:
        return ExceptionMiddleware(AsyncExitStackMiddleware(app), self.exception_handlers)
