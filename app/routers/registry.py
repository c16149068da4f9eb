"""The exchange by the SPDCI Social Registry API 1.0.0: `/registry/...`, as that standard has it.

What is asked of us is answered in the envelopes of the standard, refusals too. What cannot be read
as a message at all is answered as its gateways do: `{"errors": [{code, message}]}`.
"""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import spdci, spdci_subscribing
from app.commands.spdci import Heard
from app.commands.subscriptions import Rules
from app.domain.channels import Channel
from app.domain.errors import Refusal, Said
from app.domain.spdci.words import Action, Code, Rejected
from app.domain.spdci.writing import Message
from app.routers.access import (
    AccessNow,
    CurrentActor,
    LanguageAsked,
    database_of,
)
from app.routers.registry_errors import Refused
from app.routers.registry_shapes import asks, told
from app.routers.subscriptions import RulesNow

UNREADABLE = Said(id="Kirim JSON yang utuh dalam UTF-8.", en="Send complete JSON in UTF-8.")


class ExchangeRoute(APIRoute):
    """A route whose refusals are answered as the standard has it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_in_kind(request: Request) -> Response:
            try:
                return await answer(request)
            except Refusal as refusal:  # raised on: what it asked for is rolled back
                raise Refused(refusal) from refusal

        return answer_in_kind


router = APIRouter(prefix="/registry", tags=["spdci"], route_class=ExchangeRoute)


def hearing(action: Action) -> Any:  # noqa: ANN401 - what FastAPI's `Depends` is
    """A message to that action, whose sender and form are right."""

    async def hear(request: Request, actor: CurrentActor) -> Heard:
        request.state.action = action
        body = _read(await request.body())
        heard = await spdci.hear(database_of(request), body, action, by=actor)
        request.state.heard = heard
        return heard

    return Depends(hear)


def _read(body: bytes) -> object:
    try:
        return json.loads(body, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise Rejected(Code.MESSAGE, UNREADABLE) from None


def _refused(constant: str) -> object:
    raise ValueError(constant)


async def one_transaction(request: Request, actor: CurrentActor) -> AsyncIterator[AsyncSession]:
    """A message has its own ids, so it needs no Idempotency-Key."""
    async with database_of(request).transaction(
        actor.region, channel=Channel.HTTP, request_id=request.state.request_id
    ) as session:
        yield session


OneTransaction = Annotated[AsyncSession, Depends(one_transaction, scope="function")]
ASearch = Annotated[Heard, hearing(Action.SEARCH)]
AStatus = Annotated[Heard, hearing(Action.TXN_STATUS)]
ASubscription = Annotated[Heard, hearing(Action.SUBSCRIBE)]
AnEnding = Annotated[Heard, hearing(Action.UNSUBSCRIBE)]


def answer(message: Message, rules: Rules, *, status: int = 200) -> Response:
    body = spdci.written(spdci.signed(message, rules.sign))
    return Response(body, status, media_type="application/json")


@router.post("/sync/search", openapi_extra=asks(Action.SEARCH), responses=told(Action.SEARCH))
async def search_now(
    heard: ASearch,
    session: OneTransaction,
    access: AccessNow,
    language: LanguageAsked,
    rules: RulesNow,
) -> Response:
    """Search, answered at once. Who is found lies in your region; what is told of him follows your
    agreement. Each request of the message has its own status."""
    found = await spdci.search_now(session, heard, access=access, language=language)
    return answer(found, rules)


@router.post("/search", status_code=202, openapi_extra=asks(Action.SEARCH), responses=told())
async def search_later(heard: ASearch, session: OneTransaction, rules: RulesNow) -> Response:
    """Search, answered at `/on-search` below the address that is registered for your account."""
    return answer(await spdci.search_later(session, heard), rules, status=202)


@router.post(
    "/sync/txn/status",
    openapi_extra=asks(Action.TXN_STATUS),
    responses=told(Action.TXN_STATUS),
)
async def ask_status_now(
    heard: AStatus,
    session: OneTransaction,
    access: AccessNow,
    language: LanguageAsked,
    rules: RulesNow,
) -> Response:
    """What became of your requests of the last seven days. A search is run again, and told."""
    status = await spdci.status_now(session, heard, access=access, language=language)
    return answer(status, rules)


@router.post(
    "/txn/status", status_code=202, openapi_extra=asks(Action.TXN_STATUS), responses=told()
)
async def ask_status_later(heard: AStatus, session: OneTransaction, rules: RulesNow) -> Response:
    """What became of your requests, answered at `/txn/on-status` below your address."""
    return answer(await spdci.status_later(session, heard), rules, status=202)


@router.post("/subscribe", status_code=202, openapi_extra=asks(Action.SUBSCRIBE), responses=told())
async def subscribe(heard: ASubscription, session: OneTransaction, rules: RulesNow) -> Response:
    """Be told of changes at `/notify` below your address; answered at `/on-subscribe`.

    Our own `/v1/subscriptions` show it, with what was delivered.
    """
    told_of = await spdci_subscribing.subscribe_later(session, heard, rules=rules)
    return answer(told_of, rules, status=202)


@router.post(
    "/unsubscribe", status_code=202, openapi_extra=asks(Action.UNSUBSCRIBE), responses=told()
)
async def unsubscribe(heard: AnEnding, session: OneTransaction, rules: RulesNow) -> Response:
    """Be told no more; answered at `/on-unsubscribe` below your address."""
    told_of = await spdci_subscribing.unsubscribe_later(session, heard)
    return answer(told_of, rules, status=202)
