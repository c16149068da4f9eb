"""How surveys are shaped when they are sent and when they are told."""

import unicodedata
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.domain.questionnaire.questions import Severity
from app.domain.surveys import SurveyAction, SurveyState
from app.domain.workflow import Ground
from app.routers.grounds import MarkView

DEEPEST = 5  # a field of a row of a roster

# `app.routers.contract` puts the schemas of the codebooks in its place.
SHEET_SCHEMA = {"type": "object", "x-codebooks": True}


def _as_kept(value: Any, depth: int = 1) -> Any:  # noqa: ANN401
    """In NFC. Whether these are answers is the codebook's to judge; it does not look this deep."""
    if depth > DEEPEST:
        raise PydanticCustomError("malformed", "deeper than any answer")
    if isinstance(value, list):
        return [_as_kept(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {name: _as_kept(each, depth + 1) for name, each in value.items()}
    return unicodedata.normalize("NFC", value.strip()) if isinstance(value, str) else value


AnswerSheet = Annotated[dict[str, Any], AfterValidator(_as_kept), WithJsonSchema(SHEET_SCHEMA)]
AnswerSheetView = Annotated[dict[str, Any], WithJsonSchema(SHEET_SCHEMA)]


class SurveyLine(BaseModel):
    version: int
    id: UUID
    household_id: UUID
    village_code: str
    codebook: str
    surveyed_on: date
    enumerator_name: str | None
    outcome: int | None
    member_count: int | None
    family_count: int | None
    state: SurveyState
    finished_at: datetime | None
    updated_at: datetime


class SurveyPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[SurveyLine]


class SheetView(SurveyLine):
    respondent_name: str | None
    checked_on: date | None
    checker_name: str | None
    duplicate_of: str | None
    answers: AnswerSheetView | None = Field(
        description="As far as your role reads them; null where it reads the summary only."
    )
    created_by: UUID
    created_at: datetime


class FindingView(BaseModel):
    """A rule that the sheet breaks, with the people of the household as they are now."""

    severity: Severity
    rule: str = Field(description="Its number in the codebook.")
    pointer: str = Field(
        description="Into the survey (`/answers/...`), or to a record of the household "
        "(`/members/{id}/birth_date`, `/families/{id}/card_number`)."
    )
    form_ref: str = Field(description="What the form prints beside the question.")
    message: str


class OpenSurveyAction(BaseModel):
    action: SurveyAction
    needs: list[Ground]
    targets: list[SurveyState]


class SurveyView(SheetView):
    marks: list[MarkView] | None = Field(
        description="What its returned proposal is to be mended in, of the answers of a sheet."
    )
    findings: list[FindingView] | None = Field(
        description="Everything that is still wrong: told after each saving and by /checks, null "
        "where the survey is only read."
    )
    open_actions: list[OpenSurveyAction] = Field(description="What you may do with it now.")
