"""Choosing one's password: `POST /v1/auth/password`."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.commands.passwords import choose_password
from app.db.audit import MovedMeanwhile
from app.domain.accounts import (
    AssignmentNotFound,
    NoCurrentAssignment,
    PasswordNotFit,
    SeveralAssignments,
    SignInFailed,
    TooManyTries,
)
from app.domain.sign_ins import PasswordNotNew
from app.routers.auth import ClientAddress, Password, TheDoor, TokensView, tell
from app.routers.problems import refuses
from app.routers.shapes import Shape, ShortLine

router = APIRouter()


class PasswordChoice(Shape):
    """`password` is the present one, or the one-time password the administrator gave."""

    username: ShortLine = Field(examples=["operator.jombangwetan"])
    password: Password = Field(examples=["7h2k-9mqa-x4td-0w8r-c3ve"])
    new_password: Password = Field(
        description="A sentence of 15 to 128 characters, another one than before.",
        examples=["kalimat panjang yang mudah diingat"],
    )
    assignment_id: UUID | None = None


@router.post(
    "/v1/auth/password",
    tags=["auth"],
    responses=refuses(
        SignInFailed,
        NoCurrentAssignment,
        AssignmentNotFound,
        SeveralAssignments,
        MovedMeanwhile,
        PasswordNotFit,
        PasswordNotNew,
        TooManyTries,
    ),
)
async def set_password(
    choice: PasswordChoice,
    door: TheDoor,
    address: ClientAddress,
    request: Request,
    response: Response,
) -> TokensView:
    """Choose your password: with a one-time password, or instead of the present one.

    It is a sign-in, and is answered like one, several assignments included: until one of them is
    named, nothing is changed. A one-time password serves once and for 14 days. Every other
    sign-in of the account ends, and its access tokens are void within 30 seconds.
    """
    signed_in = await choose_password(
        door,
        username=choice.username,
        password=choice.password,
        new_password=choice.new_password,
        address=address,
        request_id=request.state.request_id,
        assignment_id=choice.assignment_id,
    )
    return tell(signed_in, response)
