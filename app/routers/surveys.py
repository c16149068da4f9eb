"""Surveys (verifikasi dan validasi), dated answer sheets of households: `/v1/surveys`."""

import re
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter
from pydantic.config import JsonDict

from app.commands.surveys import amend, begin, look_over, move
from app.db import households, surveys
from app.db.access import people_in
from app.db.faults import IdTaken, SurveyDraftThere
from app.db.households import HouseholdNotFound
from app.db.surveys import LATEST, SurveyNotFound, Visited
from app.db.tables.base import new_id
from app.db.tables.surveys import Survey
from app.domain.calendar import today
from app.domain.diagrams import as_markdown
from app.domain.errors import Fault, Language, NotPermitted, Said
from app.domain.facts import OnItsWay
from app.domain.marks import NotMarked
from app.domain.questionnaire.codebooks import CODEBOOKS, NEWEST
from app.domain.questionnaire.sheets import Finding
from app.domain.sight import ReadsNobody, Sight
from app.domain.sight import Survey as Extent
from app.domain.surveys import (
    SURVEYS,
    AnswersNotAccepted,
    DoubtsNotExplained,
    HouseholdInactive,
    SurveyAction,
    SurveyNotComplete,
)
from app.domain.workflow import RoleMayNot
from app.routers.access import (
    NEXT,
    AccessNow,
    CurrentActor,
    CurrentSight,
    Cursor,
    IfMatch,
    LanguageAsked,
    Limit,
    People,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.grounds import CHANGES, STEPS, Grounds
from app.routers.problems import Malformed, refuses
from app.routers.shapes import DayPassed, Line, Shape, ShortLine
from app.routers.sheets import AnswerSheet, FindingView, SurveyPage, SurveyView

router = APIRouter(tags=["surveys"], route_class=WritingRoute)


class ReadsNoSurveys(NotPermitted):
    """This role reads no answers."""

    title = Said(id="Peran ini tidak membaca survei", en="This role reads no surveys")
    detail = Said(
        id="Peran {role} tidak diberi hak membaca isian survei. Mintalah petugas yang berhak.",
        en="The role {role} has no right to read surveys. Ask an officer whose role has.",
    )


Outcome = Annotated[
    int,
    Field(
        ge=1,
        le=6,
        strict=True,
        description="1 selesai dicacah, 2 tidak ditemukan, 3 pindah, 4 bagian dari rumah tangga "
        "lain, 5 menolak, 6 ganda",
        examples=[1],
    ),
]


class VisitFields(Shape):
    """What the form says of the visit. A draft may be incomplete."""

    enumerator_name: Line | None = Field(default=None, examples=["Dewi Lestari"])
    respondent_name: Line | None = Field(default=None, examples=["Siti Aminah"])
    checked_on: DayPassed | None = Field(default=None, description="Day of the check.")
    checker_name: Line | None = None
    outcome: Outcome | None = None
    duplicate_of: ShortLine | None = Field(
        default=None, description="With outcome 4 or 6: which other household (its id or number)."
    )

    def columns(self) -> dict[str, Any]:
        """What was sent; what was not sent is not there."""
        return self.model_dump(exclude_unset=True, exclude={"not_asked"})


ANSWERS_EXAMPLE: JsonDict = {"household": {"floor_area": 36, "owns_bicycle": True, "pig_count": 0}}


class SurveyDraft(VisitFields):
    """A sheet for one visit, with as many answers as there are yet."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "surveyed_on": "2026-11-16",
                    "enumerator_name": "Dewi Lestari",
                    "respondent_name": "Siti Aminah",
                    "answers": ANSWERS_EXAMPLE,
                }
            ]
        }
    )

    id: UUID = Field(default_factory=new_id, description="Chosen by you if you like (offline).")
    codebook: Literal[tuple(CODEBOOKS)] = NEWEST.version  # type: ignore[valid-type]
    surveyed_on: DayPassed = Field(default_factory=today, description="Day of the visit.")
    answers: AnswerSheet = Field(default={})
    copy_of: UUID | None = Field(
        default=None,
        description="An earlier survey of the household, on whose answers this one begins: one "
        "that was sent back, say. What is sent in `answers` is laid over them.",
    )

    def columns(self) -> dict[str, Any]:
        return self.model_dump()


PLACE = r"^/answers/(counts|household|participation|members|rosters)(/[A-Za-z0-9_-]{1,60}){1,2}$"
Pointer = Annotated[str, StringConstraints(pattern=PLACE, strict=True)]


class SurveyChanges(VisitFields):
    """What is sent is laid over what is there, answer by answer; what is not sent stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"answers": ANSWERS_EXAMPLE},
                {
                    "outcome": 1,
                    "answers": {"household": {"lighting_source": 3}},
                    "not_asked": ["/answers/household/power_capacity"],
                },
            ]
        }
    )

    surveyed_on: DayPassed = Field(default_factory=today, description="Day of the visit.")
    answers: AnswerSheet = Field(default={})
    not_asked: list[Pointer] = Field(
        default=[],
        max_length=1000,
        description="Answers to take out again, by their pointers: they were not asked. (null "
        "says that a question was asked and not answered.) They go before `answers` are laid over.",
        examples=[["/answers/household/power_capacity"]],
    )


class SurveyStepRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "finish"},
                {"action": "finish", "grounds": {"note": "Usia istri sesuai KTP."}},
                {"action": "discard", "grounds": {"note": "Salah rumah."}},
            ]
        }
    )

    action: Literal[SurveyAction.FINISH, SurveyAction.DISCARD]
    grounds: Grounds = Grounds()


FINDINGS = TypeAdapter(list[FindingView])


async def survey_sight(actor: CurrentActor, sight: CurrentSight) -> Sight:
    if sight.survey is Extent.HIDDEN:
        raise ReadsNoSurveys(role=actor.role)
    return sight


MayReadSurveys = Depends(survey_sight)


VISITED = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


async def after_visit(after: Cursor = None) -> Visited:
    if after is None:
        return LATEST
    found = VISITED.fullmatch(after)
    try:
        return Visited(date.fromisoformat(found[1]), UUID(found[2]))  # type: ignore[index]
    except (TypeError, ValueError):
        raise Malformed([Fault("?after", "pattern", NEXT)]) from None


def _told(found: Finding, language: Language) -> FindingView:
    fault = found.fault
    return FindingView(
        severity=found.severity,
        rule=fault.code,
        pointer=fault.pointer,
        form_ref=str(fault.words.get("form_ref", "")),
        message=fault.said.told(language, fault.words),
    )


async def answer_survey(
    session: Transaction, access: AccessNow, survey: Survey, language: Language
) -> Response:
    """The survey as it is after the change, with everything that is still wrong with it."""
    actor = access.actor
    found = await look_over(session, survey, by=actor)
    told = FINDINGS.dump_json([_told(each, language) for each in found]).decode()
    reading = await people_in(session, access)
    body = await surveys.document(
        reading, survey.id, within=actor.region, seen_by=actor, findings=told
    )
    return answer_versioned(body)


@router.post(
    "/v1/households/{household_id}/surveys",
    status_code=201,
    response_model=SurveyView,
    responses=refuses(
        HouseholdNotFound,
        SurveyNotFound,
        RoleMayNot,
        HouseholdInactive,
        OnItsWay,
        NotMarked,
        SurveyDraftThere,
        IdTaken,
        AnswersNotAccepted,
    ),
)
async def draft_survey(
    household_id: UUID,
    draft: SurveyDraft,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    language: LanguageAsked,
) -> Response:
    """Begin the answer sheet of a visit. Enumerator and operator fill it in together."""
    household = await households.find(session, household_id, within=actor.region, hold=True)
    survey = await begin(session, household, draft.columns(), by=actor)
    response = await answer_survey(session, access, survey, language)
    return created(response, f"/v1/surveys/{survey.id}")


@router.get(
    "/v1/households/{household_id}/surveys",
    response_model=SurveyPage,
    dependencies=[MayReadSurveys],
    responses=refuses(HouseholdNotFound, ReadsNobody, ReadsNoSurveys),
)
async def list_surveys(
    request: Request,
    household_id: UUID,
    actor: CurrentActor,
    reading: People,
    after: Annotated[Visited, Depends(after_visit)],
    limit: Limit = 50,
) -> Response:
    """The surveys of a household, the newest visit first: drafted, finished and discarded."""
    body = await surveys.history(
        reading, household_id, after, limit, within=actor.region, seen_by=actor
    )
    return answer_page(request, body)


@router.get(
    "/v1/surveys/{survey_id}",
    response_model=SurveyView,
    dependencies=[MayReadSurveys],
    responses=refuses(SurveyNotFound, ReadsNobody, ReadsNoSurveys),
)
async def read_survey(survey_id: UUID, actor: CurrentActor, reading: People) -> Response:
    """A survey with its answers, as far as your role reads them."""
    return answer_versioned(
        await surveys.document(reading, survey_id, within=actor.region, seen_by=actor)
    )


@router.patch(
    "/v1/surveys/{survey_id}",
    response_model=SurveyView,
    responses=refuses(SurveyNotFound, *CHANGES, HouseholdInactive, AnswersNotAccepted),
)
async def change_survey(
    survey_id: UUID,
    fields: SurveyChanges,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
    language: LanguageAsked,
) -> Response:
    """Save what you send, answer by answer, and hear everything that is still wrong."""
    survey = await surveys.find(session, survey_id, within=actor.region)
    await amend(
        session,
        survey,
        fields.columns(),
        not_asked=fields.not_asked,
        by=actor,
        version=version,
    )
    return await answer_survey(session, access, survey, language)


@router.post(
    "/v1/surveys/{survey_id}/checks",
    response_model=SurveyView,
    responses=refuses(SurveyNotFound, RoleMayNot),
)
async def check_survey(
    survey_id: UUID,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    language: LanguageAsked,
) -> Response:
    """Hear everything that is still wrong, with the household's people as they are now.

    Nothing is changed. For those who fill it in.
    """
    survey = await surveys.find(session, survey_id, within=actor.region)
    SURVEYS.permit(SurveyAction.AMEND, by=actor)
    return await answer_survey(session, access, survey, language)


@router.post(
    "/v1/surveys/{survey_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Finish a survey, or discard it. Finished with outcome 1 it has to break no rule "
    "of severity error; what is unusual has to be explained in `grounds.note`.\n\n"
    + as_markdown(SURVEYS),
    responses=refuses(
        SurveyNotFound, *STEPS, HouseholdInactive, SurveyNotComplete, DoubtsNotExplained
    ),
)
async def take_survey_step(
    survey_id: UUID,
    request: SurveyStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    survey = await surveys.find(session, survey_id, within=actor.region)
    entry = await move(
        session,
        survey,
        request.action,
        by=actor,
        version=version,
        grounds=request.grounds.given(),
    )
    return await answer_step(session, access, entry)
