"""The questionnaires, for those who show them: `/v1/codebooks`."""

from functools import cache
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from app.domain.errors import NotFound, Said
from app.domain.questionnaire.codebooks import CODEBOOKS, NEWEST
from app.domain.questionnaire.questions import Kept, Severity, Type
from app.routers.access import CurrentActor, answer_json
from app.routers.problems import refuses

router = APIRouter(prefix="/v1/codebooks", tags=["codebooks"])


class CodebookLine(BaseModel):
    version: str
    title_id: str
    title_en: str
    newest: bool = Field(description="Whether a survey is of this one, if it names none.")


class CodebookList(BaseModel):
    items: list[CodebookLine]


class Labelled(BaseModel):
    label_id: str
    label_en: str


class ChoiceView(Labelled):
    code: int


class WantedView(BaseModel):
    """What another answer has to be: one of these, or a whole number of this range."""

    any_of: list[bool | int] = []
    min: int | None = None
    max: int | None = None


class ConditionView(BaseModel):
    """All of `when` has to hold; an answer given all the same breaks `rule`."""

    rule: str | None = None
    when: dict[str, WantedView] = Field(description="By the key of the other question.")


class QuestionView(Labelled):
    """One question. Where the form says nothing it is null."""

    key: str
    form_ref: str = Field(description="What the form prints beside it.", examples=["R.4b"])
    type: Type
    number: int | str | None = None
    kol: int | None = None
    part: str | None = None
    companion_of: str | None = Field(default=None, description="The question it belongs to.")
    group: str | None = Field(default=None, description="health, school or programmes")
    unit: str | None = None
    choices: list[ChoiceView] = []
    bits: list[ChoiceView] = Field(default=[], description="The answer is their sum.")
    min: int | None = None
    min_exclusive: int | None = None
    max: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    applies_if: list[ConditionView] = Field(default=[], description="Asked if all of them hold.")
    needed: str | None = Field(default=None, description="Rule broken when it is not answered.")
    optional: bool = Field(default=False, description="Asked, yet it may be left out.")
    rule: str | None = Field(default=None, description="The rule its answer obeys by itself.")
    accepted_unasked: list[int] = Field(default=[], description="Fits though it is not asked.")
    counts_as_member: list[int] = []
    kept_in: Kept | None = Field(default=None, description="Not in the answers, but here.")
    column: str | None = None
    computed: str | None = None
    printed_width: int
    form_true: int | None = Field(default=None, description="What files carry for true.")
    form_false: int | None = None
    legacy_column: str | None = None
    bdt2015_column: int | None = None
    bps_field: str | None = None


class RosterView(Labelled):
    """A list of rows that all answer the same questions."""

    key: str
    form_ref: str
    max_rows: int
    needed: str | None = None
    group: str | None = None
    kept_in: Kept | None = None
    applies_if: list[ConditionView] = []
    fields: list[QuestionView]


class RuleView(BaseModel):
    id: str
    severity: Severity
    said_id: str
    said_en: str
    status: str | None = Field(default=None, description="How sure the rule is, if it is not.")
    at: str | None = Field(default=None, description="submission: it holds for proposals only.")
    parameters: dict[str, int | str | list[str] | dict[int, int]] = Field(
        default={}, description="What it goes by: an age, a list of titles."
    )


class CodebookView(BaseModel):
    """A form: its questions in their order, with labels, choices, conditions; and its rules."""

    version: str
    title_id: str
    title_en: str
    unanswered: dict[str, str] = Field(
        description="What it means that a question was asked and its answer is not there."
    )
    counts: list[QuestionView]
    household: list[QuestionView]
    participation: list[QuestionView]
    members: list[QuestionView]
    visit: list[QuestionView]
    rosters: list[RosterView]
    rules: list[RuleView]


class CodebookNotFound(NotFound):
    """There is no generation of the form by this name."""

    title = Said(
        id="Tidak ada kuesioner dengan nama ini", en="There is no questionnaire by this name"
    )
    detail = Said(id="Lihat daftarnya di /v1/codebooks.", en="See the list at /v1/codebooks.")


@router.get("")
async def list_codebooks(_: CurrentActor) -> CodebookList:
    """The generations of the form, the oldest first."""
    return CodebookList(
        items=[
            CodebookLine(
                version=each.version,
                title_id=each.title.id,
                title_en=each.title.en,
                newest=each is NEWEST,
            )
            for each in CODEBOOKS.values()
        ]
    )


@router.get("/{version}", response_model=CodebookView, responses=refuses(CodebookNotFound))
async def read_codebook(
    _: CurrentActor, version: Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]
) -> Response:
    """What is asked, what an answer is, when a question is asked, and which rules hold."""
    return answer_json(_told(version))


@cache
def _document(version: str) -> str:
    return CodebookView.model_validate(CODEBOOKS[version].document()).model_dump_json()


def _told(version: str) -> str:
    if version not in CODEBOOKS:
        raise CodebookNotFound
    return _document(version)
