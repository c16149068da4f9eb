"""How the exchange refuses: in the envelope of the standard where there is one, else as its
gateways do."""

import json
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.commands import spdci
from app.commands.spdci import Heard
from app.db.tables.base import now
from app.domain.errors import Refusal
from app.domain.spdci import writing
from app.domain.spdci.words import CODES_OF, LONGEST_ID, Action, Error, Rejected
from app.routers.problems import language_of as language_asked
from app.routers.problems import problem_of, status_of

PREFIX = "/registry/"
PROBLEM = b"application/problem+json"
STATUS = {
    Error.SIGNATURE: 401,
    Error.SIGNATURE_MISSING: 401,
    Error.SENDER_ID: 403,
}
ERROR_OF_STATUS = {
    401: Error.UNAUTHORISED,
    403: Error.FORBIDDEN,
    404: Error.NOT_FOUND,
    405: Error.NOT_FOUND,
    408: Error.TIMEOUT,
    429: Error.TOO_OFTEN,
    500: Error.UNAVAILABLE,
    503: Error.UNAVAILABLE,
}


class Refused(Exception):
    """A refusal of ours, met while a message was answered."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


async def reject(request: Request, why: Rejected) -> Response:
    said = why.told(language_asked(request.scope))
    status = STATUS.get(why.error, 400)
    return _envelope(request, status, why.error, why.code.value, said, why)


async def refuse(request: Request, refused: Refused) -> Response:
    refusal = refused.refusal
    problem = problem_of(refusal, language_asked(request.scope))
    code = f"rjct.{type(refusal).code().replace('-', '_')}"
    error = ERROR_OF_STATUS.get(status_of(type(refusal)), Error.BAD)
    response = _envelope(request, problem.status, error, code, problem.detail, None)
    if "retry_after" in refusal.words:
        response.headers["Retry-After"] = str(refusal.words["retry_after"])
    return response


def _envelope(
    request: Request, status: int, error: Error, code: str, said: str, why: Rejected | None
) -> Response:
    """Synchronous ones in the answer that was expected, others in an acknowledgement."""
    at, id_ = now(), uuid4()
    action: Action = request.state.action
    if "/sync/" in request.scope["path"]:
        header = writing.refused_header(action, why, said, id_=id_, at=at)
        told = {"header": header} | _refused_request(request, why, said)
    else:
        told = writing.not_acknowledged(error, said, id_, at)
    body = spdci.signed(told | writing.errors(code, said), request.app.state.webhooks.sign)
    headers = {"Cache-Control": "no-store"}
    if status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, headers)


def _refused_request(request: Request, why: Rejected | None, said: str) -> dict[str, Any]:
    """The request that was rejected, where it is known by its ids."""
    heard: Heard | None = getattr(request.state, "heard", None)
    if heard is None or heard.action is not Action.SEARCH or why is None:
        return {}
    transaction = heard.message.get("transaction_id")
    is_known = isinstance(transaction, str) and len(transaction) <= LONGEST_ID
    if why.reference_id is None or not is_known or why.code not in CODES_OF[Action.SEARCH]:
        return {}
    item = writing.refused_item(why.reference_id, why.code.value, said, at=now())
    return {"message": writing.search_message(str(transaction), uuid4(), [item])}


def install(app: FastAPI) -> None:
    app.add_exception_handler(Rejected, reject)  # type: ignore[arg-type]
    app.add_exception_handler(Refused, refuse)  # type: ignore[arg-type]


class AsGatewaysDo:
    """What never came to be a message: a missing token, a body too large, a service that is busy.

    The problem documents of the layers below become what clients of the standard read.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        began: list[Message] = []

        async def send_errors(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                began.append(message)
            elif began:
                await _send(began[0], message["body"], send)  # a problem is sent in one piece
            else:
                await send(message)

        await self.app(scope, receive, send_errors)


def _is_problem(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value == PROBLEM
        for name, value in message.get("headers", [])
    )


async def _send(start: Message, problem: bytes, send: Send) -> None:
    said = json.loads(problem)
    error = ERROR_OF_STATUS.get(said["status"], Error.BAD)
    body = json.dumps(writing.errors(error.value, said["detail"]), ensure_ascii=False).encode()
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["Content-Type"] = "application/json"
    headers["Content-Length"] = str(len(body))
    await send({**start, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})
