"""Visits (kunjungan pencacahan): `/v1/visits`, and who may be sent: `/v1/enumerators`."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.commands.visits import Errand, Sent, Wanted, assign, move
from app.db import visits
from app.db.pages import Asked
from app.db.surveys import SurveyNotFound
from app.domain.diagrams import as_markdown
from app.domain.errors import Language
from app.domain.facts import OwnWork
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody
from app.domain.visits import (
    VISITS,
    EnumeratorNotFound,
    SurveyNotFit,
    VisitAction,
    VisitNotFound,
    VisitOpen,
    VisitState,
    whose,
)
from app.domain.workflow import Ground, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    LanguageAsked,
    Limit,
    People,
    ReadingNow,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.grounds import STEPS
from app.routers.households import LocationView
from app.routers.problems import refuses, type_of
from app.routers.shapes import Day, Ids, Note, Shape

router = APIRouter(tags=["visits"], route_class=WritingRoute)
MOST = 1000


class OpenVisitAction(BaseModel):
    action: VisitAction
    needs: list[Ground]
    targets: list[VisitState]


class VisitedHousehold(BaseModel):
    """What it takes to find it, as far as your role reads it."""

    address: str | None
    rt: str | None
    rw: str | None
    location: LocationView | None
    head_name: str | None


class SurveyMarkView(BaseModel):
    pointer: str
    note: str


class VisitView(BaseModel):
    version: int
    id: UUID
    village_code: str
    household_id: UUID
    household: VisitedHousehold
    enumerator_id: UUID
    due_on: date | None
    survey_id: UUID | None = Field(description="The newest that was submitted; see its photos too.")
    note: str | None = Field(description="Why it was sent back, or revoked.")
    marks: list[SurveyMarkView] | None = Field(
        description="What was wrong when it was last sent back: pointers into the survey, each "
        "with its reason."
    )
    state: VisitState
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenVisitAction] = Field(description="What you may do with it now.")


class VisitPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[VisitView]


class EnumeratorLine(BaseModel):
    account_id: UUID
    village_code: str
    display_name: str | None = Field(description="null where the account lies outside your region.")
    open_visits: int = Field(description="In this village.")


class EnumeratorPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[EnumeratorLine]


# --- sending out


class ErrandRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "enumerator_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a11",
                    "household_ids": ["0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a12"],
                    "due_on": "2026-12-05",
                }
            ]
        }
    )

    enumerator_id: UUID = Field(description="One of `/v1/enumerators`.")
    household_ids: Ids = Field(min_length=1, max_length=MOST)
    due_on: Day | None = None

    def errand(self) -> Errand:
        return Errand(self.enumerator_id, self.household_ids, self.due_on)


class ErrandLine(BaseModel):
    """One household of the errand: the visit, or why there is none."""

    household_id: UUID
    visit_id: UUID | None
    refused: str | None = Field(description="The `type` of the problem.")
    detail: str | None


class ErrandView(BaseModel):
    assigned: int
    items: list[ErrandLine] = Field(description="In the order in which they were named.")


def _line(sent: Sent, language: Language) -> ErrandLine:
    why = sent.refused
    return ErrandLine(
        household_id=sent.household_id,
        visit_id=sent.visit_id,
        refused=type_of(why) if why else None,
        detail=why.detail.told(language) if why else None,
    )


@router.post(
    "/v1/visits",
    status_code=201,
    response_model=ErrandView,
    responses=refuses(RoleMayNot, EnumeratorNotFound, VisitOpen),
)
async def assign_visits(
    request: ErrandRequest, actor: CurrentActor, session: Transaction, language: LanguageAsked
) -> Response:
    """Send an enumerator to one household, or to as many as 1,000: each is answered for itself."""
    sent = await assign(session, request.errand(), by=actor)
    items = [_line(each, language) for each in sent]
    view = ErrandView(assigned=sum(each.visit_id is not None for each in items), items=items)
    return Response(view.model_dump_json(), 201, media_type="application/json")


@router.get(
    "/v1/enumerators",
    response_model=EnumeratorPage,
    responses=refuses(RoleMayNot, OutsideYourRegion),
)
async def list_enumerators(
    request: Request,
    actor: CurrentActor,
    region: RegionAsked,
    reading: ReadingNow,
    after: After,
    limit: Limit = 50,
) -> Response:
    """Those who may be sent out, village by village, and how much each has before him."""
    VISITS.permit(VisitAction.ASSIGN, by=actor)
    body = await visits.enumerators(reading, Asked(after, limit, {}), within=region)
    return answer_page(request, body)


# --- reading


@router.get(
    "/v1/visits", response_model=VisitPage, responses=refuses(ReadsNobody, OutsideYourRegion)
)
async def list_visits(
    request: Request,
    actor: CurrentActor,
    region: RegionAsked,
    reading: People,
    after: After,
    state: Annotated[VisitState | None, Query()] = None,
    household_id: Annotated[UUID | None, Query()] = None,
    enumerator_id: Annotated[UUID | None, Query(description="Whose they are.")] = None,
    mine: Annotated[bool, Query(description="Your own. An enumerator reads no others.")] = False,  # noqa: FBT002
    due_before: Annotated[Day | None, Query(description="Due earlier than that day.")] = None,
    limit: Limit = 50,
) -> Response:
    """The visits in your region."""
    where = {
        "state = {}": state,
        "household_id = {}": household_id,
        "enumerator_id = {}": whose(actor, mine=mine),
        "enumerator_id = {}::uuid": enumerator_id,
        "due_on < {}": due_before,
    }
    body = await visits.list_page(reading, Asked(after, limit, where), within=region, seen_by=actor)
    return answer_page(request, body)


@router.get(
    "/v1/visits/{visit_id}", response_model=VisitView, responses=refuses(VisitNotFound, ReadsNobody)
)
async def read_visit(visit_id: UUID, actor: CurrentActor, reading: People) -> Response:
    """A visit, with what was wrong when it was last sent back."""
    return answer_versioned(
        await visits.document(reading, visit_id, within=actor.region, seen_by=actor)
    )


# --- steps

PLACE = (
    r"^/(answers/(counts|household|participation|members|rosters)(/[A-Za-z0-9_-]{1,60}){0,3}"
    r"|photos/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
)
MarkedPlace = Annotated[
    str,
    StringConstraints(pattern=PLACE, strict=True),
    Field(
        description="A pointer into the survey, or `/photos/{id}` for one of its photos.",
        examples=["/answers/household/floor_area"],
    ),
]


class SurveyMark(Shape):
    """One place of the survey that is wrong, and why."""

    pointer: MarkedPlace
    note: Note


class VisitGrounds(Shape):
    """Why, in words; and place by place where it was not done well."""

    note: Note | None = None
    marks: list[SurveyMark] = Field(default=[], max_length=100)

    def given(self) -> dict[Ground, Any]:
        sent = self.model_dump(mode="json", exclude_defaults=True)
        return {Ground(name): value for name, value in sent.items()}


class SubmitVisit(Shape):
    """What the enumerator brings back."""

    action: Literal[VisitAction.SUBMIT]
    survey_id: UUID = Field(description="The finished survey.")

    def wanted(self) -> Wanted:
        return Wanted(self.action, {}, self.survey_id)


class JudgeVisit(Shape):
    """Whether it was done well, or is no longer wanted."""

    action: Literal[VisitAction.ACCEPT, VisitAction.SEND_BACK, VisitAction.REVOKE]
    grounds: VisitGrounds = VisitGrounds()

    def wanted(self) -> Wanted:
        return Wanted(self.action, self.grounds.given())


VisitStepRequest = Annotated[SubmitVisit | JudgeVisit, Field(discriminator="action")]


@router.post(
    "/v1/visits/{visit_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Submit the survey of a visit, accept it or send it back, or revoke the visit. "
    "What is sent back is surveyed anew, on a copy of its answers (`copy_of`).\n\n"
    + as_markdown(VISITS),
    responses=refuses(VisitNotFound, SurveyNotFound, *STEPS, OwnWork, SurveyNotFit),
)
async def take_visit_step(
    visit_id: UUID,
    request: VisitStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    visit = await visits.find(session, visit_id, within=actor.region, by=actor)
    entry = await move(session, visit, request.wanted(), by=actor, version=version)
    return await answer_step(session, access, entry)
