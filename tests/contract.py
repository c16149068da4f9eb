"""Every answer a test gets is held against what the contract says of it, to the last key."""

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx2 import Response
from pydantic import TypeAdapter


class Promise:
    """A hook on the tests' client: 2xx answers have exactly the shape that is declared."""

    def __init__(self, app: FastAPI) -> None:
        self._schemas = dict(_schemas(app))
        self.kept = 0

    async def __call__(self, response: Response) -> None:
        await response.aread()
        declared = self._declared(response.request.method, response.request.url.path)
        is_page = response.headers.get("content-type", "").startswith("text/html")
        if not response.is_success or response.status_code == 204 or declared is None or is_page:
            return
        served = response.json()
        promised = declared.dump_python(declared.validate_python(served), mode="json")
        assert same_keys(promised, served), f"{response.request.url.path}: not as declared"
        self.kept += 1

    def _declared(self, method: str, path: str) -> TypeAdapter[Any] | None:
        for (of, pattern), declared in self._schemas.items():
            if of == method and pattern.fullmatch(path):
                return declared
        return None


def _schemas(app: FastAPI) -> Iterator[tuple[tuple[str, re.Pattern[str]], TypeAdapter[Any]]]:
    for route in routes_of(app):
        if route.response_model is not None and route.include_in_schema:
            path = re.sub(r"{[^}]+:uuid}", "[0-9a-f-]{36}", route.path)
            pattern = re.compile(re.sub(r"{[a-z_:]+}", "[^/]+", path))
            for method in route.methods:
                yield (method, pattern), TypeAdapter(route.response_model)


def routes_of(app: FastAPI) -> Iterator[APIRoute]:
    """`app.routes` is not flat: an included router stands in it as one thing."""
    for route in app.routes:
        included = getattr(route, "original_router", None)
        yield from (
            r for r in (included.routes if included else [route]) if isinstance(r, APIRoute)
        )


def same_keys(promised: Any, served: Any) -> bool:  # noqa: ANN401
    if isinstance(promised, dict) and isinstance(served, dict):
        return promised.keys() == served.keys() and all(
            same_keys(promised[key], served[key]) for key in promised
        )
    if isinstance(promised, list) and isinstance(served, list):
        return len(promised) == len(served) and all(map(same_keys, promised, served))
    return not isinstance(served, dict | list)
