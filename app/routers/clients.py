"""Machines sign in: `POST /v1/auth/client-token`, as OAuth 2.0 has it (RFC 6749, 4.4).

An OAuth library sends a form, and a secret in the header or in it; JSON will do too. What is
refused is a problem document like any other, with the `error` of RFC 6749 (5.2) besides.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from app.commands.clients import client_token
from app.domain.accounts import (
    AssignmentNotFound,
    NoCurrentAssignment,
    SeveralAssignments,
    TooManyTries,
)
from app.domain.errors import Fault, Refusal, Said
from app.domain.sign_ins import ClientNotRecognised
from app.routers.auth import ClientAddress, TheDoor
from app.routers.heads import kind_of
from app.routers.layers import FORM, JSON
from app.routers.problems import SHAPES, Unreadable, code_of, refuses
from app.routers.shapes import ShortLine
from app.tokens import LIFE

PATH = "/v1/auth/client-token"
GRANT_TYPE = "client_credentials"
LONGEST_BODY = 4096
MOST_PARAMETERS = 20


class TokenRequestNotFit(Unreadable):
    """The request for a token is incomplete, or says a thing twice."""

    title = Said(id="Permintaan token belum benar", en="The request for a token is not well formed")
    detail = Said(
        id="Kirim grant_type=client_credentials, client_id, dan client_secret, masing-masing "
        "sekali; rahasianya di header Authorization atau di isi permintaan, jangan di keduanya.",
        en="Send grant_type=client_credentials, client_id and client_secret, each once; the "
        "secret in the header Authorization or in the body, never in both.",
    )


class GrantTypeNotSupported(Unreadable):
    """Machines get tokens in one way only."""

    title = Said(id="grant_type tidak didukung", en="This grant_type is not supported")
    detail = Said(
        id="Kirim grant_type=client_credentials. Orang masuk di POST /v1/auth/token.",
        en="Send grant_type=client_credentials. People sign in at POST /v1/auth/token.",
    )


ERRORS: dict[type[Refusal], str] = {
    ClientNotRecognised: "invalid_client",
    GrantTypeNotSupported: "unsupported_grant_type",
    NoCurrentAssignment: "unauthorized_client",
    TooManyTries: "temporarily_unavailable",
}


class OAuthRoute(APIRoute):
    """Where a library takes an answer without `error` for a token."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_both_worlds(request: Request) -> Response:
            try:
                return await answer(request)
            except Refusal as refusal:
                refusal.members["error"] = ERRORS.get(type(refusal), "invalid_request")
                raise

        return answer_both_worlds


router = APIRouter(route_class=OAuthRoute)


# --- what was sent


class ClientGrant(BaseModel):
    """What is not known is passed over, as RFC 6749 (3.2) demands; an empty value is none."""

    grant_type: Literal["client_credentials"]
    client_id: ShortLine = Field(description="the account's username, or its id")
    client_secret: Annotated[str, StringConstraints(max_length=200, pattern=r"^[\x20-\x7e]+$")]
    assignment_id: UUID | None = None


async def client_grant(request: Request) -> ClientGrant:
    sent = _with_header(_parameters(await request.body(), kind_of(request.scope)), request)
    grant_type = sent.get("grant_type")
    if isinstance(grant_type, str) and grant_type != GRANT_TYPE:
        raise GrantTypeNotSupported
    if grant_type == GRANT_TYPE and not (sent.get("client_id") and sent.get("client_secret")):
        raise ClientNotRecognised
    try:
        return ClientGrant.model_validate(sent)
    except ValidationError as error:
        found = [(f"/{e['loc'][0]}", code_of(e["type"])) for e in error.errors()]
        faults = [Fault(pointer, code, SHAPES[code]) for pointer, code in found]
        raise TokenRequestNotFit(faults) from None


def _parameters(body: bytes, kind: str) -> dict[str, object]:
    if len(body) > LONGEST_BODY:
        raise TokenRequestNotFit
    try:
        pairs = _form(body) if kind == FORM else _json(body)
    except (ValueError, RecursionError):
        raise TokenRequestNotFit from None
    known = [(name, value) for name, value in pairs if name in ClientGrant.model_fields]
    if len(dict(known)) < len(known):
        raise TokenRequestNotFit
    return dict(known)


def _form(body: bytes) -> list[tuple[str, object]]:
    pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=MOST_PARAMETERS)
    return [*pairs]


def _json(body: bytes) -> list[tuple[str, object]]:
    sent = json.loads(body or b"{}", object_pairs_hook=list)
    if not isinstance(sent, list) or not all(isinstance(pair, tuple) for pair in sent):
        raise ValueError("no JSON object")
    return sent


def _with_header(sent: dict[str, object], request: Request) -> dict[str, object]:
    """A client names itself in the header Authorization or in the body; a token names nobody."""
    headers = [header.partition(" ") for header in request.headers.getlist("authorization")]
    basic = [credentials for scheme, _, credentials in headers if scheme.lower() == "basic"]
    if not basic:
        return sent
    client_id, client_secret = _named_in(basic[0])
    if len(basic) > 1 or "client_secret" in sent or sent.get("client_id", client_id) != client_id:
        raise TokenRequestNotFit
    return {**sent, "client_id": client_id, "client_secret": client_secret}


def _named_in(credentials: str) -> tuple[str, str]:
    """RFC 6749 (2.3.1): both are encoded as in a form before they are put together."""
    try:
        said = b64decode(credentials.strip(), validate=True).decode()
        client_id, _, client_secret = said.partition(":")
        return unquote_plus(client_id, errors="strict"), unquote_plus(
            client_secret, errors="strict"
        )
    except ValueError:
        raise ClientNotRecognised from None


TheClient = Annotated[ClientGrant, Depends(client_grant)]


# --- what is answered


class ClientTokenView(BaseModel):
    access_token: str = Field(description="a JWT, for the header `Authorization: Bearer`")
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="seconds; then ask for another", examples=[600])


def _asked_for() -> dict[str, Any]:
    """The grant as the contract tells it. The secret may stand in the header instead."""
    schema = ClientGrant.model_json_schema()
    schema["required"] = ["grant_type"]
    schema["properties"]["assignment_id"] = {"type": "string", "format": "uuid"}
    content = {kind: {"schema": schema} for kind in (FORM, JSON)}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    PATH,
    tags=["auth"],
    openapi_extra=_asked_for(),
    responses=refuses(
        TokenRequestNotFit,
        GrantTypeNotSupported,
        ClientNotRecognised,
        NoCurrentAssignment,
        AssignmentNotFound,
        SeveralAssignments,
        TooManyTries,
    ),
)
async def issue_client_token(
    grant: TheClient, door: TheDoor, address: ClientAddress, response: Response
) -> ClientTokenView:
    """A machine's access token (OAuth 2.0, client credentials), for the role `integration`.

    As a form or as JSON; id and secret in the header `Authorization: Basic` or in the body. There
    is no refresh token: ask again after ten minutes. Problems carry the `error` of RFC 6749.
    """
    token = await client_token(
        door,
        client_id=grant.client_id,
        client_secret=grant.client_secret,
        address=address,
        assignment_id=grant.assignment_id,
    )
    response.headers["Cache-Control"] = "no-store"
    return ClientTokenView(
        access_token=token,
        token_type="Bearer",  # noqa: S106 - a scheme, no secret
        expires_in=int(LIFE.total_seconds()),
    )
