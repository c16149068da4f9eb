"""In by the word of another issuer: `POST /v1/auth/exchange`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from app.commands.identities import exchange
from app.domain.accounts import (
    AssignmentNotFound,
    NoCurrentAssignment,
    SeveralAssignments,
    TooManyTries,
)
from app.domain.sign_ins import IdentityNotLinked, NoOtherIssuer
from app.issuer_keys import IssuerUnreachable
from app.issuers import LONGEST, IdentityNotBelieved
from app.routers.auth import ClientAddress, TheDoor, TokensView, tell
from app.routers.problems import refuses
from app.routers.shapes import Shape

router = APIRouter()

SignedToken = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=LONGEST,
        pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$",
        strict=True,
    ),
]


class Exchange(Shape):
    token: SignedToken = Field(description="A signed ID token of the other issuer, as it came.")
    assignment_id: UUID | None = None


@router.post(
    "/v1/auth/exchange",
    tags=["auth"],
    responses=refuses(
        IdentityNotBelieved,
        IdentityNotLinked,
        NoCurrentAssignment,
        NoOtherIssuer,
        AssignmentNotFound,
        SeveralAssignments,
        TooManyTries,
        IssuerUnreachable,
    ),
)
async def exchange_token(
    sent: Exchange, door: TheDoor, address: ClientAddress, response: Response
) -> TokensView:
    """Sign in with the ID token of another issuer, in the spirit of RFC 8693.

    It says who you are: your administrator links its `iss` and `sub` with your account. What you
    may do comes from your assignments here; several are answered 409, as at sign-in. The token is
    signed with RS256 or ES256, for this service alone, and no older than ten minutes.
    """
    signed_in = await exchange(door, sent.token, address=address, assignment_id=sent.assignment_id)
    return tell(signed_in, response)
