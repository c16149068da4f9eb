"""The door: signing in, staying in, signing out; who I am; the key our tokens are checked by."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Request, Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from app.commands.sign_in import Door, SignedIn, renew, sign_in, sign_out
from app.db import accounts
from app.domain.accounts import (
    PASSWORD_LONGEST,
    AssignmentNotFound,
    NoCurrentAssignment,
    RefreshTokenNotValid,
    SeveralAssignments,
    SignInFailed,
    TooManyTries,
)
from app.domain.actors import Role
from app.domain.agreements import FieldGroup
from app.domain.regions import INDONESIA
from app.domain.sight import USUAL_PURPOSE_OF, Purpose, Shown, Survey, sight_as_agreed
from app.domain.sign_ins import PasswordMustBeChosen
from app.routers.access import CurrentActor, answer_json
from app.routers.problems import refuses
from app.routers.shapes import Shape, ShortLine, clean
from app.tokens import LIFE

router = APIRouter()

Password = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=PASSWORD_LONGEST, strict=True, strip_whitespace=False
    ),
    AfterValidator(clean),
]
OpaqueToken = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$", strict=True)
]


async def door_of(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


async def address_of(request: Request) -> str:
    """Whom tries are counted against: the nearest address that is no proxy of ours.

    What stands further left in X-Forwarded-For anybody could have written.
    """
    trusted: Collection[str] = request.app.state.settings.trusted_proxies
    sent = ",".join(request.headers.getlist("x-forwarded-for"))
    hops = [hop.strip() for hop in sent.split(",") if hop.strip()]
    hops.append(request.client.host if request.client else "")
    while len(hops) > 1 and hops[-1] in trusted:
        hops.pop()
    return _customer(hops[-1])


def _without_port(address: str) -> str:
    """Some proxies append it: 203.0.113.7:4000, [2001:db8::7]:4000."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    host, _, port = address.rpartition(":")
    return host if port.isdecimal() and host.count(".") == 3 else address  # noqa: PLR2004 - IPv4


def _customer(address: str) -> str:
    """One customer has 2**64 addresses of IPv6, so they count as one."""
    try:
        parsed = ip_address(_without_port(address))
    except ValueError:
        return "unknown"  # all of them together: nobody gets tries of his own by inventing names
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))
    return str(parsed)


TheDoor = Annotated[Door, Depends(door_of)]
ClientAddress = Annotated[str, Depends(address_of)]


class PasswordGrant(Shape):
    """Signing in. `assignment_id` chooses where an account holds several assignments."""

    grant_type: Literal["password"]
    username: ShortLine = Field(examples=["operator.jombangwetan"])
    password: Password = Field(examples=["kalimat panjang yang mudah diingat"])
    assignment_id: UUID | None = None

    async def redeem(self, door: Door, address: str) -> SignedIn:
        return await sign_in(
            door,
            username=self.username,
            password=self.password,
            address=address,
            assignment_id=self.assignment_id,
        )


class RefreshGrant(Shape):
    """Staying in: the last refresh token for new ones. Each is used once."""

    grant_type: Literal["refresh_token"]
    refresh_token: OpaqueToken

    async def redeem(self, door: Door, _: str) -> SignedIn:
        return await renew(door, self.refresh_token)


Grant = Annotated[PasswordGrant | RefreshGrant, Body(discriminator="grant_type")]


class RegionNamed(BaseModel):
    code: str = Field(description="Kemendagri code; empty for the nation", examples=["3672"])
    name: str = Field(examples=["Kota Cilegon"])


class TokensView(BaseModel):
    """Tokens for one assignment."""

    access_token: str = Field(description="a JWT, for the header `Authorization: Bearer`")
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="seconds", examples=[600])
    refresh_token: str = Field(description="for the next `grant_type: refresh_token`, once")
    role: Role
    region: RegionNamed
    assignment_id: UUID


@router.post(
    "/v1/auth/token",
    tags=["auth"],
    responses=refuses(
        SignInFailed,
        RefreshTokenNotValid,
        PasswordMustBeChosen,
        NoCurrentAssignment,
        AssignmentNotFound,
        SeveralAssignments,
        TooManyTries,
    ),
)
async def issue_tokens(
    grant: Grant, door: TheDoor, address: ClientAddress, response: Response
) -> TokensView:
    """Sign in with a password, or renew with a refresh token.

    An account with several assignments is answered 409 with the list of them; repeat with one.
    A one-time password is answered 403: it serves at `POST /v1/auth/password` alone.
    A refresh token used a second time ends the sign-in it belongs to, except within 30 seconds
    and before its successor was used: then the answer was lost on the way, and it is repeated.
    """
    return tell(await grant.redeem(door, address), response)


def tell(signed_in: SignedIn, response: Response) -> TokensView:
    response.headers["Cache-Control"] = "no-store"
    return TokensView(
        access_token=signed_in.access_token,
        token_type="Bearer",  # noqa: S106 - a scheme, no secret
        expires_in=int(LIFE.total_seconds()),
        refresh_token=signed_in.refresh_token,
        role=signed_in.held.role,
        region=RegionNamed(code=signed_in.held.region.code, name=signed_in.held.region_name),
        assignment_id=signed_in.held.id,
    )


class Revocation(Shape):
    refresh_token: OpaqueToken


@router.post("/v1/auth/revocation", tags=["auth"], status_code=204)
async def revoke_tokens(revocation: Revocation, door: TheDoor) -> None:
    """Sign out: this refresh token and its whole family end. The answer is always the same.

    An access token already issued lives out its ten minutes.
    """
    await sign_out(door, revocation.refresh_token)


class SightView(BaseModel):
    """What your role reads of people."""

    identity: Shown
    nik: Shown = Field(description="NIK and KK, in details; in lists they are always masked")
    survey: Survey
    health: bool = Field(description="disability, illness, pregnancy, school")
    programmes: bool


class AgreementTold(BaseModel):
    id: UUID
    number: str
    purpose: str
    fields: list[FieldGroup] = Field(description="what of people it gives")
    begins_on: date
    expires_on: date = Field(description="the last day")
    in_force: bool = Field(description="false: nothing of people is read, but this")


class Myself(BaseModel):
    account_id: UUID
    username: str
    display_name: str
    role: Role
    region: RegionNamed
    reads: SightView
    agreement: AgreementTold | None = Field(description="Under which a machine reads.")
    usual_purpose: Purpose = Field(description="what is kept where X-Purpose is missing")
    token_expires_at: datetime


@router.get("/v1/me", tags=["auth"], response_model=Myself)
async def read_myself(request: Request, actor: CurrentActor, door: TheDoor) -> Response:
    """Who you are by your token, and what you may read."""
    async with door.database.reading(INDONESIA) as reading:  # a home may lie around one's region
        return answer_json(
            await accounts.who(
                reading,
                actor,
                within=INDONESIA,
                reads=asdict(sight_as_agreed(actor)),
                purpose=USUAL_PURPOSE_OF[actor.role],
                token_expires_at=request.state.token_expires_at,
            )
        )


class JsonWebKey(BaseModel):
    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str = Field(description="RFC 7638 thumbprint")
    use: Literal["sig"]
    alg: Literal["EdDSA"]


class JsonWebKeys(BaseModel):
    keys: list[JsonWebKey]


@router.get("/.well-known/jwks.json", tags=["auth"], response_model=JsonWebKeys)
async def read_keys(door: TheDoor) -> dict[str, list[dict[str, str]]]:
    """The public key our access tokens are signed with, for others who check them (RFC 7517)."""
    return door.tokens.jwks()
