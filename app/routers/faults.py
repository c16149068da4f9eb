"""What goes wrong below: the database's refusals become ours, and a fault of ours tells nobody
anything but its number. The database's own words may quote people; they are never passed on."""

import traceback

import asyncpg
import sqlalchemy.exc
import structlog
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.db.faults import refusal_of
from app.db.sessions import NO_CONNECTION
from app.domain.errors import Overloaded, Refusal, Said
from app.routers.heads import ANSWERED
from app.routers.problems import STATUS, language_of, problem_response

log = structlog.get_logger("siks.fault")


class OurFault(Refusal):
    """Something is wrong with the service, not with the request."""

    title = Said(id="Ada kesalahan pada layanan", en="Something is wrong with the service")
    detail = Said(
        id="Baca ulang apakah sudah tersimpan, lalu laporkan nomor {request_id} kepada admin.",
        en="Read again whether it was kept, then report number {request_id} to an administrator.",
    )


STATUS[OurFault] = 500


async def refuse_database(request: Request, error: Exception) -> Response:
    if getattr(error, "connection_invalidated", False):  # lost, which has no SQLSTATE
        return await refuse_busy(request, error)
    cause = _cause_of(error)
    refusal = refusal_of(getattr(cause, "sqlstate", None), getattr(cause, "constraint_name", None))
    if refusal is None or _is_of_another_type(cause):
        raise error
    return problem_response(refusal, language=language_of(request.scope))


def _is_of_another_type(cause: BaseException) -> bool:
    """Whether asyncpg was given an argument, or a part of one, that it cannot take: by us."""
    if not isinstance(cause, asyncpg.DataError) or cause.__cause__ is None:
        return False
    whole, part = cause.__cause__, cause.__cause__.__context__
    return isinstance(whole, TypeError | AttributeError) or isinstance(part, TypeError)


def _cause_of(error: Exception) -> BaseException:
    """What asyncpg said, whether or not SQLAlchemy stands between."""
    said = getattr(error, "orig", None)
    return error if said is None else said.__cause__ or said


async def refuse_busy(request: Request, _: Exception) -> Response:
    return problem_response(Overloaded(), language=language_of(request.scope))


def install(app: FastAPI) -> None:
    for kind in (sqlalchemy.exc.DBAPIError, asyncpg.PostgresError):
        app.add_exception_handler(kind, refuse_database)
    for busy in (*NO_CONNECTION, sqlalchemy.exc.TimeoutError):
        app.add_exception_handler(busy, refuse_busy)


class LastResort:
    """Where every other layer failed: one line in the log, without words that quote people."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the last resort: what passes here is a bug
            request_id = scope["state"]["request_id"]
            frames = traceback.extract_tb(error.__traceback__)
            log.error(  # noqa: TRY400 - the message of the exception may quote people
                "fault",
                kind=type(error).__name__,
                at=[f"{frame.filename}:{frame.lineno}" for frame in frames[-6:]],
                request_id=request_id,
            )
            if ANSWERED not in scope:
                refusal = OurFault(request_id=request_id)
                await problem_response(refusal, language=language_of(scope))(scope, receive, send)
