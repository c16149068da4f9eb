"""NIK cases (perbaikan NIK): `/v1/nik-cases`, from the list that a regency hands out to its end."""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.commands.kinds.new_families import NikHeldElsewhere
from app.commands.nik_cases import Campaign, Wanted, move, open_all
from app.db import nik_cases, nik_progress
from app.db.pages import Asked
from app.db.regions import RegionNotFound
from app.domain.calendar import today
from app.domain.diagrams import as_markdown
from app.domain.facts import OwnFamily, OwnWork
from app.domain.households import RecordState
from app.domain.nik_cases import (
    NIK_CASES,
    Corrections,
    CorrectionsNotAccepted,
    NikCaseAction,
    NikCaseNotFound,
    NikCaseState,
    NikProblem,
    NothingCorrected,
    TooWide,
    countable,
)
from app.domain.nik_suggestions import Why
from app.domain.proposals import ProposalState
from app.domain.records import NotRegistered
from app.domain.regions import OutsideYourRegion, narrowed
from app.domain.sight import ReadsNobody
from app.domain.workflow import Ground, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    Known,
    LanguageAsked,
    Limit,
    People,
    ReadingNow,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_json,
    answer_page,
    answer_versioned,
)
from app.routers.asks.base import Evidence
from app.routers.audit import AuditEntryView, answer_step
from app.routers.grounds import STEPS
from app.routers.nik_doctor import diagnosed
from app.routers.niks import NikReadingView, PlaceView
from app.routers.problems import refuses
from app.routers.shapes import (
    CardNumber,
    Day,
    DayPassed,
    Line,
    NikText,
    Note,
    RegionCode,
    Shape,
    ShortLine,
)

router = APIRouter(prefix="/v1/nik-cases", tags=["nik-cases"], route_class=WritingRoute)
BY_ID = "/{nik_case_id:uuid}"  # progress is an address of its own


class OpenNikCaseAction(BaseModel):
    action: NikCaseAction
    needs: list[Ground]
    targets: list[NikCaseState]


class CorrectionThere(BaseModel):
    id: UUID
    state: ProposalState


class NikCaseLine(BaseModel):
    version: int
    id: UUID
    village_code: str
    household_id: UUID
    member_id: UUID
    member_state: RecordState | None = Field(description="null: he lives elsewhere now.")
    name: str | None
    nik: str | None = Field(description="Masked, as in every list.")
    problems: list[NikProblem] = Field(
        description="The rules that are broken now; of a case that is over, those it was about."
    )
    due_on: date | None
    asked_by: UUID | None = Field(description="Whoever asked the civil registry last.")
    answered: bool = Field(description="Whether the civil registry has said what is right.")
    proposal: CorrectionThere | None = Field(description="The correction that was drafted last.")
    state: NikCaseState
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenNikCaseAction] = Field(description="What you may do with it now.")


class NikCasePage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[NikCaseLine]


class NikProblemView(BaseModel):
    code: NikProblem
    detail: str = Field(description="What is wrong and what to do, in the language asked for.")


class NikSuggestionView(BaseModel):
    nik: str
    why: Why
    detail: str = Field(description="What probably happened, in the language asked for.")
    place: PlaceView | None = Field(description="The digits that would be others.")
    score: int = Field(description="The higher the likelier; for the order only.")


class CivilRegistryAnswer(BaseModel):
    """What stands in the civil registry, as far as it differs."""

    nik: str | None = None
    card_number: str | None = None
    name: str | None = None
    birth_date: date | None = None


class NikCaseView(NikCaseLine):
    nik: str | None = Field(description="In the clear, for roles that need it.")
    card_number: str | None
    sex: int | None
    birth_place: str | None
    birth_date: date | None
    mother_name: str | None
    address: str | None
    rt: str | None
    rw: str | None
    answer: CivilRegistryAnswer | None
    note: str | None = Field(description="Of the last step.")
    explanations: list[NikProblemView]
    reading: NikReadingView | None = Field(
        description="The NIK read part by part; null where there is none, or it is masked for you."
    )
    suggestions: list[NikSuggestionView] = Field(
        description="What it was probably meant to be, likeliest first: to be compared with the "
        "KTP or KK, never to be taken over unseen. Empty where the NIK is masked for you."
    )


@router.get("", response_model=NikCasePage, responses=refuses(ReadsNobody, OutsideYourRegion))
async def list_nik_cases(
    request: Request,
    actor: CurrentActor,
    region: RegionAsked,
    reading: People,
    after: After,
    state: Annotated[NikCaseState | None, Query()] = None,
    problem: Annotated[
        NikProblem | None, Query(description="What it was about when it was opened.")
    ] = None,
    member_id: Annotated[UUID | None, Query()] = None,
    due_before: Annotated[Day | None, Query(description="Due earlier than that day.")] = None,
    limit: Limit = 50,
) -> Response:
    """The NIK cases of your region; of the civil registry, those that it was asked."""
    where = {
        "state = {}": state,
        "problems @> ARRAY[{}::text]": problem,
        "member_id = {}": member_id,
        "due_on < {}": due_before,
    }
    asked = Asked(after, limit, where)
    body = await nik_cases.list_page(reading, asked, within=region, seen_by=actor)
    return answer_page(request, body)


# --- opening


class NikCampaign(Shape):
    """Whose cases to open: of everybody in the region who has none yet and should."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "region_code": "3672011001",
                    "letter_number": "1115/1/DI.02/6/2026",
                    "letter_date": "2026-06-25",
                    "due_on": "2026-12-31",
                }
            ]
        }
    )

    region_code: RegionCode | None = Field(
        default=None, description="A part of your region; all of it where left out."
    )
    due_on: Day | None = Field(default=None, description="Until when they should be repaired.")
    doubtful: bool = Field(
        default=True,
        description="Also NIKs that may be right: another sex, birth date or district.",
    )
    letter_number: ShortLine | None = None
    letter_date: DayPassed | None = None

    def grounds(self) -> dict[Ground, Any]:
        sent = {"letter_number": self.letter_number, "letter_date": self.letter_date}
        return {Ground(name): _plain(value) for name, value in sent.items() if value}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


class NikCasesOpened(BaseModel):
    opened: int
    settled: int = Field(description="Cases that had ended without a word.")
    more: bool = Field(description="There are others: send the same again until this is false.")


@router.post(
    "",
    status_code=201,
    response_model=NikCasesOpened,
    responses=refuses(RoleMayNot, OutsideYourRegion),
)
async def open_nik_cases(
    request: NikCampaign, actor: CurrentActor, session: Transaction
) -> Response:
    """Open the cases of your region, or of a part of it: up to 1,000 with each request."""
    region = narrowed(actor.region, request.region_code)
    campaign = Campaign(region, request.due_on, request.doubtful, request.grounds())
    opened = await open_all(session, campaign, by=actor)
    return answer_json(NikCasesOpened.model_validate(vars(opened)).model_dump_json(), status=201)


# --- numbers


class NikNumbers(BaseModel):
    """How many cases there are; those that were dropped are not counted."""

    region_code: str
    region_name: str
    total: int
    invalid: int
    awaiting_civil_registry: int
    repaired: int
    refused: int
    proposed: int = Field(description="Of the open ones: whose correction is on its way.")
    overdue: int = Field(description="Of the open ones: due before today.")
    repaired_percent: float | None = Field(description="null where there are no cases.")


class NikProgress(NikNumbers):
    children: list[NikNumbers] = Field(description="The regions one tier below.")


@router.get(
    "/progress",
    response_model=NikProgress,
    responses=refuses(OutsideYourRegion, RegionNotFound, TooWide),
)
async def count_nik_cases(region: RegionAsked, reading: ReadingNow) -> Response:
    """How far your region has come, and each of its parts. It names nobody."""
    return answer_json(
        await nik_progress.document(reading, within=countable(region), today=today())
    )


# --- one of them


@router.get(BY_ID, response_model=NikCaseView, responses=refuses(NikCaseNotFound, ReadsNobody))
async def read_nik_case(  # the record is one statement; what it means is worked out from it
    nik_case_id: UUID, actor: CurrentActor, reading: People, known: Known, language: LanguageAsked
) -> Response:
    """A case: what is wrong, the NIK read aloud, and what it was probably meant to be."""
    body = await nik_cases.document(reading, nik_case_id, within=actor.region, seen_by=actor)
    case = json.loads(body)
    told = case | await diagnosed(case, reading, known, language)
    return answer_versioned(NikCaseView.model_validate(told).model_dump_json())


class LetterGrounds(Shape):
    note: Note | None = None
    letter_number: ShortLine | None = None
    letter_date: DayPassed | None = None

    def given(self) -> dict[Ground, Any]:
        sent = self.model_dump(mode="json", exclude_none=True)
        return {Ground(name): value for name, value in sent.items()}


class LeadNikCase(Shape):
    """Ask the civil registry, refuse, or go on with what was refused."""

    action: Literal[NikCaseAction.ASK, NikCaseAction.REFUSE, NikCaseAction.REOPEN]
    grounds: LetterGrounds = LetterGrounds()

    def wanted(self) -> Wanted:
        return Wanted(self.action, self.grounds.given())


class Corrected(Shape):
    """What is right, as far as it is another than the record says."""

    nik: NikText | None = None
    card_number: CardNumber | None = None
    name: Line | None = None
    birth_date: DayPassed | None = None


class AnswerNikCase(Shape):
    """What the civil registry has. The village then repairs by it."""

    action: Literal[NikCaseAction.ANSWER]
    found: Corrected
    grounds: LetterGrounds = LetterGrounds()

    def wanted(self) -> Wanted:
        said = Corrections(**self.found.model_dump())
        return Wanted(self.action, self.grounds.given(), said)


class RepairNikCase(Shape):
    """Put it right: a draft is changed at once; for who is registered, a correction is drafted."""

    action: Literal[NikCaseAction.REPAIR]
    corrections: Corrected
    note: Note | None = Field(default=None, description="Of the proposal: why, in words.")
    evidence: list[Evidence] = Field(default=[], max_length=20)

    def wanted(self) -> Wanted:
        evidence = tuple(self.model_dump(mode="json", exclude_none=True)["evidence"])
        said = Corrections(**self.corrections.model_dump(), note=self.note, evidence=evidence)
        return Wanted(self.action, {}, said)


NikCaseStepRequest = Annotated[
    LeadNikCase | AnswerNikCase | RepairNikCase, Field(discriminator="action")
]


@router.post(
    BY_ID + "/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Lead a case on. Whoever makes the number good, by whatever road, settles it.\n\n"
    + as_markdown(NIK_CASES),
    responses=refuses(
        NikCaseNotFound,
        *STEPS,
        OwnWork,
        OwnFamily,
        CorrectionsNotAccepted,
        NothingCorrected,
        NikHeldElsewhere,
        NotRegistered,
    ),
)
async def take_nik_case_step(
    nik_case_id: UUID,
    request: NikCaseStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    case = await nik_cases.find(session, nik_case_id, within=actor.region, by=actor)
    entry = await move(session, case, request.wanted(), by=actor, version=version)
    return await answer_step(session, access, entry)
