"""Which routers serve a place: a request asks these, and walks past none of the others."""

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

Place = tuple[str, ...]


class Directory:
    """Stands before all routes. What the routers of a place do not have, all are asked for: so what
    is nowhere, or wants another method, is refused as ever."""

    def __init__(self, everything: ASGIApp) -> None:
        self._everything = everything
        self._at: dict[Place, list[BaseRoute]] = {}

    def enter(self, router: APIRouter, included: BaseRoute) -> None:
        for place in {place_of(route.path) for route in router.routes}:  # type: ignore[attr-defined]
            self._at.setdefault(place, []).append(included)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._found(scope) if scope["type"] == "http" else None
        await (found.handle if found else self._everything)(scope, receive, send)

    def _found(self, scope: Scope) -> BaseRoute | None:
        for included in self._at.get(place_of(scope["path"]), ()):
            match, more = included.matches(scope)
            if match is Match.FULL:
                scope.update(more)
                return included
        return None


def place_of(path: str) -> Place:
    """As far as no path has a parameter: /v1/households."""
    return tuple(path.split("/", 3)[1:3])
