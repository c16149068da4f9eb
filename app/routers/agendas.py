"""The agenda of a deliberation, the outcome of every name, and the minutes as they are printed."""

import json
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from app.commands.deliberations import enlist, judge, strike
from app.db import deliberations
from app.db.access import BEGIN, PeopleReading
from app.db.deliberations import DeliberationNotFound
from app.db.proposals import ProposalNotFound
from app.db.tables.deliberations import Deliberation
from app.domain.deliberation_answers import as_json_schema
from app.domain.deliberations import (
    MOST_NAMES,
    AgendaFull,
    Judgement,
    NotOnTheAgenda,
    OutcomeNotAccepted,
)
from app.domain.errors import Fault, Refusal
from app.domain.proposals import Outcome, ProposalKind, ProposalState
from app.domain.sight import ReadsNobody
from app.exchange.minutes import print_minutes
from app.exchange.printing import NotPrinted
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
    database_of,
)
from app.routers.deliberations import CHANGES, DeliberationView, answer_deliberation
from app.routers.problems import Malformed, Problem, problem_of, refuses
from app.routers.shapes import Note, Shape, ShortLine

router = APIRouter(
    prefix="/v1/deliberations/{deliberation_id}", tags=["deliberations"], route_class=WritingRoute
)


# Whatever is no answer to one of these questions is refused by the domain, each at its place.
Answers = Annotated[dict[str, Any], WithJsonSchema(as_json_schema())]


class NamesToEnlist(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"proposal_ids": ["0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10"]},
                {"proposal_ids": None},
            ]
        }
    )

    proposal_ids: list[UUID] | None = Field(
        min_length=1,
        max_length=MOST_NAMES,
        description="null: every proposal of the village that awaits a deliberation or is a "
        "complete draft, as many as there is room for.",
    )


class NamesToStrike(Shape):
    proposal_id: UUID


class EnlistedView(BaseModel):
    """Where a name stands now: on the agenda, or why it is not."""

    proposal_id: UUID
    on_agenda: bool
    problem: Problem | None


class EnlistedList(BaseModel):
    version: int = Field(description="Of the deliberation.")
    items: list[EnlistedView]


class NameJudged(Shape):
    """What the deliberation says of one name. It replaces what was noted of it before."""

    proposal_id: UUID
    outcome: Outcome | None = Field(
        description="layak, tidak layak, ditunda; null: not decided after all."
    )
    reason: ShortLine | None = Field(
        default=None,
        description="Why it is not eligible: a code of `/v1/reasons`.",
        examples=["no_longer_poor"],
    )
    note: Note | None = None
    answers: Answers | None = Field(
        default=None,
        description="The form's questions about the name; null says that one was asked in vain.",
        examples=[{"household_status": 4, "well_off": False}],
    )

    def judgement(self) -> Judgement:
        return Judgement(self.outcome, self.reason, self.note, self.answers)


class NamesJudged(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "proposal_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
                            "outcome": "not_eligible",
                            "reason": "no_longer_poor",
                        }
                    ]
                }
            ]
        }
    )

    items: list[NameJudged] = Field(min_length=1, max_length=MOST_NAMES)


class AgendaItemView(BaseModel):
    number: int
    proposal_id: UUID
    village_code: str
    kind: ProposalKind
    programme: str | None
    state: ProposalState = Field(description="Of the proposal now.")
    name: str | None
    nik: str | None = Field(description="Masked, as in every list.")
    address: str | None
    rt: str | None
    rw: str | None
    outcome: Outcome | None
    reason: str | None
    note: str | None
    answers: Answers | None


class AgendaPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[AgendaItemView]


LAST_NUMBER = 10_000


async def after_place(after: Cursor = None) -> int:
    """The number of the last name of the page before."""
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and int(after) <= LAST_NUMBER):
        raise Malformed([Fault("?after", "pattern", NEXT)])
    return int(after)


def enlisted(
    deliberation: Deliberation, answers: Mapping[UUID, Refusal | None], language: LanguageAsked
) -> Response:
    items = [
        EnlistedView(
            proposal_id=each, on_agenda=why is None, problem=why and problem_of(why, language)
        )
        for each, why in answers.items()
    ]
    told = EnlistedList(version=deliberation.version, items=items)
    return answer_versioned(told.model_dump_json())


@router.get(
    "/agenda", response_model=AgendaPage, responses=refuses(DeliberationNotFound, ReadsNobody)
)
async def list_agenda(
    request: Request,
    deliberation_id: UUID,
    actor: CurrentActor,
    reading: People,
    after: Annotated[int, Depends(after_place)],
    limit: Limit = 50,
) -> Response:
    """The names on the agenda by their numbers, with what the deliberation says of each."""
    body = await deliberations.agenda_page(
        reading, deliberation_id, after, limit, within=actor.region, seen_by=actor.role
    )
    return answer_page(request, body)


@router.post("/agenda", response_model=EnlistedList, responses=refuses(*CHANGES, AgendaFull))
async def enlist_proposals(
    deliberation_id: UUID,
    request: NamesToEnlist,
    actor: CurrentActor,
    session: Transaction,
    version: IfMatch,
    language: LanguageAsked,
) -> Response:
    """Put up to 1,000 proposals of the village on the agenda. Drafts are submitted on the way.

    Each gets an answer; what keeps one off keeps no other. A proposal is on one open agenda.
    """
    deliberation = await deliberations.find(session, deliberation_id, within=actor.region)
    answers = await enlist(session, deliberation, request.proposal_ids, by=actor, version=version)
    return enlisted(deliberation, answers, language)


@router.post(
    "/agenda/removals",
    response_model=DeliberationView,
    responses=refuses(*CHANGES, ProposalNotFound),
)
async def strike_proposal(
    deliberation_id: UUID,
    request: NamesToStrike,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    """Take a name off the agenda while it is open. The proposal waits on; numbers close up."""
    deliberation = await deliberations.find(session, deliberation_id, within=actor.region)
    await strike(session, deliberation, request.proposal_id, by=actor, version=version)
    return await answer_deliberation(session, access, deliberation)


@router.patch(
    "/agenda",
    response_model=DeliberationView,
    responses=refuses(*CHANGES, NotOnTheAgenda, OutcomeNotAccepted),
)
async def judge_names(
    deliberation_id: UUID,
    request: NamesJudged,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    """Note what the deliberation says of names, of all that are sent or of none."""
    deliberation = await deliberations.find(session, deliberation_id, within=actor.region)
    given = [(each.proposal_id, each.judgement()) for each in request.items]
    await judge(session, deliberation, given, by=actor, version=version)
    return await answer_deliberation(session, access, deliberation)


async def minutes_told(
    request: Request, deliberation_id: UUID, access: AccessNow, _: CurrentSight
) -> str:
    """What is to be printed; the connection is given back before the printing begins."""
    within = access.actor.region
    async with database_of(request).connection(within, begin=BEGIN) as connection:
        reading = PeopleReading(connection, access)
        return await deliberations.minutes(
            reading, deliberation_id, within=within, seen_by=access.actor.role
        )


@router.get(
    "/minutes",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
        **refuses(DeliberationNotFound, ReadsNobody, NotPrinted),
    },
)
async def print_deliberation_minutes(
    deliberation_id: UUID, told: Annotated[str, Depends(minutes_told)]
) -> Response:
    """The minutes (berita acara) as PDF/A, to be printed and signed: meeting, attendance, outcomes,
    and the list of names (BNBA) with masked NIKs. Of one that is not closed, a draft."""
    name = f"berita-acara-{json.loads(told)['held_on']}-{deliberation_id}.pdf"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(await print_minutes(told), media_type="application/pdf", headers=headers)
