"""The straight road to an endpoint that needs the request, and nothing to be closed after it.

FastAPI works out anew for every request what its dependencies need; that took longer than the
reading did. Here it is worked out once, when the service starts. What is not plain goes FastAPI's
road from its beginning, so every refusal of a request is FastAPI's own.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import fields
from typing import Any, NamedTuple, Protocol, Self

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext
from pydantic.fields import FieldInfo
from starlette.convertors import StringConvertor, UUIDConvertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.routers.access import WritingRoute
from app.routers.heads import BODY, has_body, kind_of, sent
from app.routers.layers import JSON, once

Call = Callable[..., Awaitable[Any]]
Known = dict[object, Any]  # by what it is: the request, one of its fields, or who made it


class Field(Protocol):
    """A part of the request, as FastAPI has read it out of a signature."""

    name: str
    field_info: FieldInfo

    @property
    def alias(self) -> str: ...

    def validate(self, value: object) -> tuple[Any, list[Any]]: ...


RAISED = "siks.raised"  # in the scope


class NotPlain(Exception):
    """FastAPI is to see to it."""


class Asked(NamedTuple):
    """A field outside the body, how it is found where it was sent, and what it is else."""

    field: Field
    found: Callable[[Request], str | None]
    default: object

    @classmethod
    def of(cls, field: Field, where: str) -> Self:
        info = field.field_info
        default = REQUIRED if info.is_required() else info.default
        if not isinstance(default, Hashable) or info.default_factory or info.validate_default:
            raise NotPlain  # each request would have to get its own
        return cls(field, SENT[where](field.alias), default)

    def of_request(self, request: Request) -> object:
        value = self.found(request)
        if value is not None:
            return _fitting(self.field, value)
        if self.default is REQUIRED:
            raise NotPlain
        return self.default


REQUIRED = object()


class Step(NamedTuple):
    """A dependency, or the endpoint: its parameters, and which of what is known goes there."""

    call: Call
    takes: tuple[tuple[str, object], ...]


class Straight:
    """One route, with everything it needs in the order in which it is made."""

    @classmethod
    def of(cls, context: RouteContext, *, otherwise: ASGIApp, refused: ASGIApp) -> Self | None:
        """None where FastAPI sees to it always; `otherwise` is the road there, and `refused` is
        told in the scope what was raised on this one."""
        try:
            return cls(context, otherwise, refused)
        except NotPlain:
            return None

    def __init__(self, context: RouteContext, otherwise: ASGIApp, refused: ASGIApp) -> None:
        endpoint = context.endpoint
        is_known = type(context.original_route) in KNOWN_ROUTES  # others may do more
        if not is_known or endpoint is None or not _gives_response(endpoint):
            raise NotPlain
        if not all(type(each) in KNOWN_PARTS for each in context.param_convertors.values()):
            raise NotPlain
        self._route = context.original_route
        self._endpoint = endpoint
        self._otherwise = otherwise
        self._refused = refused
        self._asked: list[Asked] = []
        self._body = context.body_field
        self._steps: dict[Call, Step] = {}  # each is made once, however many want it
        self._add(context.dependant)

    def _add(self, dependant: Dependant) -> None:
        """With what it depends on before it."""
        call = _plain_call(dependant)
        if call in self._steps:
            return
        takes = self._below(dependant) | self._fields(dependant)
        if dependant.request_param_name is not None:
            takes[dependant.request_param_name] = Request
        self._steps[call] = Step(call, tuple(takes.items()))

    def _below(self, dependant: Dependant) -> dict[str, object]:
        takes: dict[str, object] = {}
        for below in dependant.dependencies:
            self._add(below)
            if below.name is not None:
                takes[below.name] = below.call
        return takes

    def _fields(self, dependant: Dependant) -> dict[str, object]:
        body = dependant.body_params
        if any(each is not self._body or isinstance(each.field_info, params.Form) for each in body):
            raise NotPlain
        all_of_them: list[Field] = [*body]
        for where in SENT:
            asked: list[Field] = getattr(dependant, where)
            self._asked += [Asked.of(each, where) for each in asked]
            all_of_them += asked
        return {each.name: id(each) for each in all_of_them}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self._route
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
            await response(scope, receive, send)
        except NotPlain:
            is_read = BODY not in scope and self._body is not None and has_body(scope)
            again = once(await request.body(), receive) if is_read else receive
            await self._otherwise(scope, again, send)
        except Exception as error:  # noqa: BLE001 - whoever knows what to say of it says it
            scope[RAISED] = error
            await self._refused(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        known = await self._read(request)
        for call, takes in self._steps.values():
            known[call] = await call(**{name: known[what] for name, what in takes})
        response: Response = known[self._endpoint]
        return response

    async def _read(self, request: Request) -> Known:
        known: Known = {Request: request}
        for asked in self._asked:
            known[id(asked.field)] = asked.of_request(request)
        if self._body is not None:
            known[id(self._body)] = await _body_of(request, self._body)
        return known


def _in_path(name: str) -> Callable[[Request], str | None]:
    return lambda request: request.scope["path_params"].get(name)


def _in_query(name: str) -> Callable[[Request], str | None]:
    """Of those sent twice the last one counts, where they are not refused."""

    def found(request: Request) -> str | None:
        return request.query_params.get(name) if request.scope["query_string"] else None

    return found


def _in_head(name: str) -> Callable[[Request], str | None]:
    small = name.lower().encode()
    return lambda request: sent(request.scope, small)


SENT: dict[str, Callable[[str], Callable[[Request], str | None]]] = {
    "path_params": _in_path,
    "query_params": _in_query,
    "header_params": _in_head,
}
KNOWN_ROUTES = (APIRoute, WritingRoute)
KNOWN_PARTS = (StringConvertor, UUIDConvertor)  # of a path: what they let in, a field makes of text
# What we see to, or need not see to where nothing has to be closed. Whoever asks FastAPI for
# anything else, now or in a version to come, is served by FastAPI.
SEEN_TO = {
    *SENT,
    "body_params",
    "dependencies",
    "name",
    "call",
    "request_param_name",
    "use_cache",
    "path",
    "scope",
}
MORE = {each.name for each in fields(Dependant)} - SEEN_TO


def _plain_call(dependant: Dependant) -> Call:
    call = dependant.call
    asks_more = not dependant.use_cache or any(getattr(dependant, what) for what in MORE)
    if call is None or asks_more or not inspect.iscoroutinefunction(call):
        raise NotPlain
    return call


def _gives_response(endpoint: Callable[..., Any]) -> bool:
    given = inspect.signature(endpoint).return_annotation
    return isinstance(given, type) and issubclass(given, Response)


async def _body_of(request: Request, field: Field) -> object:
    if kind_of(request.scope) != JSON or not has_body(request.scope):
        raise NotPlain
    body = request.scope.get(BODY)
    try:
        return _fitting(field, json.loads(await request.body() if body is None else body))
    except (ValueError, RecursionError):
        raise NotPlain from None


def _fitting(field: Field, value: object) -> object:
    fits, faults = field.validate(value)
    if faults:
        raise NotPlain
    return fits
