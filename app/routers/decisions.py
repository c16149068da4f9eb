"""Decisions for many proposals at once: `/v1/decisions`."""

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from app.commands.decisions import Decided, Matching, Named, Which, decide
from app.commands.proposals import Deed, Meant
from app.db import decisions
from app.db.audit import MovedMeanwhile, Recorded
from app.domain.actors import Actor
from app.domain.decisions import AT_ONCE, COUNTED, CountChanged, TooManyMatch
from app.domain.errors import Language, Refusal
from app.domain.proposals import ProposalAction, ProposalKind, ProposalState, Verdict
from app.domain.regions import OutsideYourRegion, Region, narrowed
from app.domain.sight import ReadsNobody
from app.domain.work_lists import Wanted
from app.domain.workflow import RoleMayNot
from app.routers.access import (
    FIRST,
    CurrentActor,
    LanguageAsked,
    PeopleInOrder,
    Transaction,
    WritingRoute,
    after_id,
    answer_json,
)
from app.routers.grounds import Grounds
from app.routers.problems import Problem, problem_of, refuses
from app.routers.proposal_views import ProposalLine
from app.routers.shapes import Month, RegionCode, Shape, ShortLine, each_its_own
from app.routers.work_lists import TEN_YEARS

router = APIRouter(prefix="/v1/decisions", tags=["decisions"], route_class=WritingRoute)


class Filter(Shape):
    """Proposals of your region that wait for you; what is left out does not narrow them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "programme", "region_code": "367201", "waiting_days": 3}]
        }
    )

    state: ProposalState | None = None
    kind: ProposalKind | None = None
    region_code: RegionCode | None = Field(default=None, description="A part of your region.")
    waiting_days: Annotated[int, Field(ge=0, le=TEN_YEARS, strict=True)] | None = None
    period: Month | None = Field(default=None, description="The first day of the month.")
    programme: ShortLine | None = Field(default=None, description="The programme they ask for.")

    def wanted(self, verdict: Verdict) -> Wanted:
        return Wanted(
            self.state,
            self.kind,
            action=ProposalAction(verdict),
            waiting_days=self.waiting_days,
            period=self.period,
            programme=self.programme,
        )

    def within(self, own: Region) -> Region:
        return narrowed(own, self.region_code)


class PreviewRequest(Shape):
    verdict: Verdict
    filter: Filter = Filter()


class Preview(BaseModel):
    count: int = Field(description="How many match: send it as `expected_count`.")
    exact: bool = Field(description=f"false: {COUNTED} and more; narrow the filter.")
    sample: list[ProposalLine] = Field(description="The first of them.")


class Verdicts(Shape):
    """One verdict for all of them, on the same grounds."""

    verdict: Verdict
    grounds: Grounds = Grounds()
    target: ProposalState | None = Field(
        default=None, description="For a return: the earlier state it goes to."
    )

    def deed(self) -> Deed:
        return Deed(ProposalAction(self.verdict), self.grounds.given(), self.target)


class OneOfThem(Shape):
    id: UUID
    version: Annotated[int, Field(ge=1, le=999_999_999, strict=True)]


class ByName(Verdicts):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "verdict": "approve",
                    "proposals": [{"id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10", "version": 3}],
                }
            ]
        }
    )

    proposals: Annotated[
        list[OneOfThem], Field(min_length=1, max_length=AT_ONCE), AfterValidator(each_its_own)
    ]

    async def which(self, _: Actor) -> Which:
        return Named([Meant(each.id, each.version) for each in self.proposals])


class ByFilter(Verdicts):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"verdict": "approve", "filter": {"kind": "correction"}, "expected_count": 640}
            ]
        }
    )

    filter: Filter
    expected_count: Annotated[int, Field(ge=0, le=COUNTED, strict=True)] = Field(
        description="The `count` of the preview, or the `remaining` of the request before."
    )
    after: Annotated[str, Field(max_length=60)] | None = Field(
        default=None, description="The `next` of the request before."
    )

    async def which(self, actor: Actor) -> Which:
        after = await after_id(self.after)
        within = self.filter.within(actor.region)
        return Matching(self.filter.wanted(self.verdict), within, after, self.expected_count)


def _way(body: Any) -> str:  # noqa: ANN401 - whatever was sent
    return "filter" if isinstance(body, dict) and "filter" in body else "name"


DecisionsRequest = Annotated[
    Annotated[ByName, Tag("name")] | Annotated[ByFilter, Tag("filter")], Discriminator(_way)
]


class DecisionRow(BaseModel):
    id: UUID
    outcome: Literal["decided", "refused"]
    entry_id: int | None = Field(description="Its entry in the audit, if it was decided.")
    version: int | None
    state: ProposalState | None
    problem: Problem | None = Field(description="Why not: as if it had been sent alone.")


class Decisions(BaseModel):
    decided: int
    refused: int
    remaining: int = Field(description="By filter: how many more match, after `next`.")
    next: str | None = Field(description="By filter: send it as `after` with the `remaining`.")
    items: list[DecisionRow] = Field(description="One for each, in the order they were sent.")


@router.post(
    "/preview",
    response_model=Preview,
    responses=refuses(OutsideYourRegion, ReadsNobody),
)
async def preview_decisions(
    request: PreviewRequest, actor: CurrentActor, reading: PeopleInOrder
) -> Response:
    """How many proposals wait for you that match, and the first of them. Nothing is decided."""
    body = await decisions.preview(
        reading,
        request.filter.wanted(request.verdict),
        after=FIRST,
        within=request.filter.within(actor.region),
        seen_by=actor,
    )
    return answer_json(body)


@router.post(
    "/bulk",
    response_model=Decisions,
    responses=refuses(RoleMayNot, OutsideYourRegion, CountChanged, TooManyMatch, MovedMeanwhile),
)
async def decide_for_many(
    request: DecisionsRequest, actor: CurrentActor, session: Transaction, language: LanguageAsked
) -> Response:
    """One verdict for up to 1,000 proposals: named with their versions, or all that match.

    Each is decided or refused for itself, and each has its entry in the audit. By filter, as many
    must match as you saw; send `remaining` and `next` again until nothing remains.
    """
    which = await request.which(actor)
    decided = await decide(session, which, request.deed(), by=actor)
    return answer_json(json.dumps(_told(decided, language), ensure_ascii=False))


def _told(decided: Decided, language: Language) -> dict[str, Any]:
    items = [_row(each, found, language) for each, found in decided.taken.items()]
    refused = sum(item["outcome"] == "refused" for item in items)
    last = decided.picked.last
    return {
        "decided": len(items) - refused,
        "refused": refused,
        "remaining": decided.picked.remaining,
        "next": f"{last.scope_code}.{last.id}" if last else None,
        "items": items,
    }


def _row(proposal_id: UUID, found: Recorded | Refusal, language: Language) -> dict[str, Any]:
    if isinstance(found, Refusal):
        problem = problem_of(found, language).model_dump(mode="json")
        return _line(proposal_id, "refused", problem=problem)
    made = {"entry_id": found.id, "version": found.version, "state": found.state}
    return _line(proposal_id, "decided", **made)


def _line(proposal_id: UUID, outcome: str, **more: object) -> dict[str, Any]:
    nothing = dict.fromkeys(("entry_id", "version", "state", "problem"))
    return {"id": str(proposal_id), "outcome": outcome, **nothing, **more}
