"""Whether a letter is valid, for anybody who holds one: `/v1/letter-checks/{code}`."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from app.commands.letters import check
from app.domain.accounts import TooManyTries
from app.domain.actors import Role
from app.domain.errors import Language
from app.domain.labels import label_of
from app.domain.letters import CheckVerdict
from app.exchange.check_page import POLICY, check_page
from app.exchange.letters import CHECKS, office
from app.routers.access import LanguageAsked, answer_json, database_of
from app.routers.auth import ClientAddress
from app.routers.problems import refuses

PATH = CHECKS  # what lies below it is open to everybody
router = APIRouter(tags=["letters"])
HTML = "text/html"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept, Accept-Language",
    "X-Robots-Tag": "noindex",
}
A_PAGE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What there is to be told; as a page for people where the browser asks for "
        "`text/html`.",
        "content": {HTML: {"schema": {"type": "string"}}},
    }
}


class LetterCheckView(BaseModel):
    verdict: CheckVerdict = Field(description="Of an unknown code, all the rest is null.")
    number: str | None
    purpose: str | None
    purpose_label: str | None
    name: str | None = Field(description="Its initials, to be compared with the paper.")
    issuer: str | None = Field(description="The office.")
    issued_as: Role | None
    issuer_region_code: str | None
    issued_on: date | None
    valid_until: date | None


def _view(found: dict[str, Any], language: Language) -> LetterCheckView:
    """An unknown code takes the same way."""
    region_name = found.pop("issuer_region_name") or ""
    issuer = office(found["issued_as"], found["issuer_region_code"], region_name)
    label = label_of(found["purpose"] or "", "purposes", language)
    return LetterCheckView(**found, purpose_label=label or None, issuer=issuer)


def _answer(request: Request, view: LetterCheckView, language: Language) -> Response:
    """A page for who asks for one before anything else."""
    if not request.headers.get("accept", "").startswith(HTML):
        return answer_json(view.model_dump_json(), headers=HEADERS)
    page = check_page(view.model_dump(), language)
    headers = {**HEADERS, "Content-Security-Policy": POLICY}
    return Response(page, headers=headers, media_type=HTML)


@router.get(
    PATH + "{code}",
    response_model=LetterCheckView,
    responses={**A_PAGE, **refuses(TooManyTries)},
)
async def check_letter(
    request: Request,
    code: Annotated[
        str,
        Path(
            max_length=100,
            description="As it is printed on the letter; with or without dashes, in small or "
            "capital letters.",
            examples=["7K2M-9QWX-0ABC-3DEF"],
        ),
    ],
    address: ClientAddress,
    language: LanguageAsked,
) -> Response:
    """Check a letter, by the code on it. Nobody needs to sign in. Who has it in hand can compare
    its number, date, issuer and the initials of the name; nothing else of the person is told."""
    found = await check(database_of(request), code, address=address)
    return _answer(request, _view(found, language), language)
