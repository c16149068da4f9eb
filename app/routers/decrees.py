"""Decrees (SK penetapan), their checks and their numbered lists: `/v1/decrees`."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.commands.decrees import Asked as AskedStep
from app.commands.decrees import draft, take
from app.db import decree_lines, decrees
from app.db.audit import MovedMeanwhile
from app.db.members import MemberNotFound
from app.db.pages import Asked
from app.db.regions import RegionNotFound
from app.db.sessions import reading_in
from app.domain.decrees import (
    DECREES,
    DecreeAction,
    DecreeNotFound,
    DecreeNumberTaken,
    DecreeState,
    Effect,
    Found,
    NotEarlier,
)
from app.domain.diagrams import as_markdown
from app.domain.errors import Outdated
from app.domain.facts import AlreadyListed, OwnWork
from app.domain.proposals import ProposalKind
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody
from app.domain.workflow import ActionNotOpen, Ground, GroundsMissing, GroundsNotAsked, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    AfterNumber,
    CurrentActor,
    IfMatch,
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
    created,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.background import Woken
from app.routers.grounds import Grounds
from app.routers.jobs import accepted
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import DayPassed, Month, Note, RegionCode, Shape, ShortLine

router = APIRouter(tags=["decrees"], route_class=WritingRoute)


class DecreeDraft(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"number": "186/HUK/2026", "dated": "2026-11-20", "period": "2026-12-01"}]
        }
    )

    number: ShortLine
    dated: DayPassed
    period: Month
    note: Note | None = None
    kinds: list[ProposalKind] = Field(
        default=[], max_length=len(ProposalKind), description="Only these; none named: all."
    )
    region_code: RegionCode | None = Field(default=None, description="Only of this region.")

    def values(self) -> dict[str, object]:
        sent = self.model_dump(exclude={"kinds", "region_code"})
        return {**sent, "kinds": sorted(set(self.kinds)), "region_code": self.region_code or ""}


class DecreeStepRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "check"},
                {"action": "apply"},
                {"action": "cancel", "grounds": {"note": "Nomornya keliru."}},
            ]
        }
    )

    action: Literal[
        DecreeAction.CHECK, DecreeAction.APPLY, DecreeAction.RETURN, DecreeAction.CANCEL
    ]
    grounds: Grounds = Grounds()


class OpenDecreeAction(BaseModel):
    action: DecreeAction
    needs: list[Ground]
    targets: list[DecreeState]


class DecreeView(BaseModel):
    version: int
    id: UUID
    number: str
    dated: date
    period: date = Field(description="The first day of its month.")
    note: str | None
    kinds: list[ProposalKind] = Field(description="Only these; empty: all.")
    region_code: str = Field(description="Only of this region; empty: of the nation.")
    state: DecreeState
    created_by: UUID
    checked_by: UUID | None
    applied_by: UUID | None
    would_take: int = Field(description="Proposals that passed the checks.")
    falls_out: int = Field(description="That did not, each with its reason among the checks.")
    determined: int = Field(description="That have been determined so far.")
    left_out: int = Field(description="That passed the checks and could not be determined.")
    lines: int = Field(description="In its numbered list, which is also its last number.")
    left_for: dict[str, int] = Field(description="How many did not pass, by the code of why.")
    created_at: datetime
    updated_at: datetime
    worked_at: datetime = Field(description="When the service last did something for it.")
    open_actions: list[OpenDecreeAction]


class DecreePage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[DecreeView]


class WhyNot(BaseModel):
    code: str = Field(description="As in the `type` of a problem.")
    title: str
    detail: str
    pointers: list[str]


class DecreeCheck(BaseModel):
    proposal_id: UUID
    village_code: str
    kind: ProposalKind
    version: int = Field(description="In which it was checked.")
    found: Found | None = Field(description="When it was found that it cannot be determined.")
    problem: WhyNot | None = Field(description="null: nothing speaks against it.")


class DecreeCheckPage(BaseModel):
    next: str | None
    items: list[DecreeCheck]


class DecreeLineView(BaseModel):
    decree_id: UUID
    number: int
    village_code: str
    proposal_id: UUID
    kind: ProposalKind
    effect: Effect
    household_id: UUID
    family_id: UUID | None
    member_id: UUID | None = Field(description="null: the line is about the family, or all of it.")
    dtks_id: str | None
    name: str | None = Field(description="As it was then; of a family, that of its head.")
    reason: str | None
    programme: str | None
    from_village_code: str | None
    to_village_code: str | None


class DecreeLinePage(BaseModel):
    next: str | None
    items: list[DecreeLineView]


class DecreeNamed(BaseModel):
    id: UUID
    number: str
    dated: date
    period: date


class LineOfMember(BaseModel):
    decree: DecreeNamed
    line: DecreeLineView


class DecreesOfMember(BaseModel):
    member_id: UUID
    items: list[LineOfMember] = Field(description="The first decree first.")


class DifferenceCounts(BaseModel):
    added: int
    removed: int
    moved: int
    changed: int


class Difference(BaseModel):
    difference: Literal["added", "removed", "moved", "changed"]
    village_code: str
    household_id: UUID
    family_id: UUID | None
    member_id: UUID | None
    dtks_id: str | None
    name: str | None
    effects: list[Effect] = Field(description="Everything that was said of it, in order.")
    reasons: list[str]
    decree_ids: list[UUID]
    from_village_code: str | None
    to_village_code: str | None


class DifferencePage(BaseModel):
    next: str | None
    counts: DifferenceCounts
    items: list[Difference]


@router.post(
    "/v1/decrees",
    status_code=201,
    response_model=DecreeView,
    responses=refuses(RoleMayNot, RegionNotFound, DecreeNumberTaken),
)
async def draft_decree(request: DecreeDraft, actor: CurrentActor, session: Transaction) -> Response:
    """Draft a decree: under which number, of which date, for which month."""
    decree = await draft(session, request.values(), by=actor)
    body = await decrees.document(await reading_in(session), decree.id, seen_by=actor)
    return created(answer_versioned(body), f"/v1/decrees/{decree.id}")


@router.get("/v1/decrees", response_model=DecreePage)
async def list_decrees(
    request: Request, actor: CurrentActor, reading: ReadingNow, after: After, limit: Limit = 50
) -> Response:
    """The decrees, the newest first. Below the ministry: those that are law, or becoming it."""
    body = await decrees.list_page(reading, after=after, limit=limit, seen_by=actor)
    return answer_page(request, body)


@router.get("/v1/decrees/{decree_id}", response_model=DecreeView, responses=refuses(DecreeNotFound))
async def read_decree(decree_id: UUID, actor: CurrentActor, reading: ReadingNow) -> Response:
    """A decree, and how far it is."""
    return answer_versioned(await decrees.document(reading, decree_id, seen_by=actor))


@router.post(
    "/v1/decrees/{decree_id}/steps",
    status_code=202,
    response_model=AuditEntryView,
    description="Have it checked, apply it, return it, or cancel it. What takes long is done in "
    "the background; the decree at `Location` says how far it is. The whole table:\n\n"
    + as_markdown(DECREES),
    responses=refuses(
        DecreeNotFound,
        RoleMayNot,
        ActionNotOpen,
        OwnWork,
        AlreadyListed,
        MovedMeanwhile,
        Outdated,
        GroundsMissing,
        GroundsNotAsked,
        VersionNotNamed,
    ),
)
async def take_decree_step(
    decree_id: UUID,
    request: DecreeStepRequest,
    actor: CurrentActor,
    _: Woken,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    asked = AskedStep(decree_id, version, request.action, request.grounds.given())
    entry = await take(session, asked, by=actor)
    return accepted(await answer_step(session, access, entry), f"/v1/decrees/{decree_id}")


@router.get(
    "/v1/decrees/{decree_id}/checks",
    response_model=DecreeCheckPage,
    responses=refuses(DecreeNotFound, OutsideYourRegion),
)
async def list_decree_checks(
    request: Request,
    decree_id: UUID,
    actor: CurrentActor,
    reading: ReadingNow,
    after: After,
    region: RegionAsked,
    language: LanguageAsked,
    found: Annotated[Found | None, Query(description="Only those left, and when.")] = None,
    limit: Limit = 50,
) -> Response:
    """Which proposals of your region it is to take, which not, and why not."""
    await decrees.known(reading, decree_id, seen_by=actor)
    asked = Asked(after, limit, {"decree_id = {}": decree_id, "found = {}": found})
    body = await decree_lines.checks(reading, asked, within=region, language=language)
    return answer_page(request, body)


@router.get(
    "/v1/decrees/{decree_id}/lines",
    response_model=DecreeLinePage,
    responses=refuses(DecreeNotFound, OutsideYourRegion, ReadsNobody),
)
async def list_decree_lines(
    request: Request,
    decree_id: UUID,
    actor: CurrentActor,
    reading: People,
    after: AfterNumber,
    region: RegionAsked,
    limit: Limit = 50,
) -> Response:
    """The numbered list, as far as it lies in your region: what was said of whom."""
    await decrees.known(reading, decree_id, seen_by=actor)
    asked = Asked(after, limit, {"decree_id = {}": decree_id})
    body = await decree_lines.list_page(reading, asked, within=region, seen_by=actor)
    return answer_page(request, body)


@router.get(
    "/v1/decrees/{decree_id}/differences",
    response_model=DifferencePage,
    responses=refuses(DecreeNotFound, NotEarlier, OutsideYourRegion, ReadsNobody),
)
async def compare_decrees(
    request: Request,
    decree_id: UUID,
    actor: CurrentActor,
    reading: People,
    after: After,
    region: RegionAsked,
    other: Annotated[UUID, Query(alias="from", description="An earlier decree.")],
    limit: Limit = 50,
) -> Response:
    """What has changed in your region since another decree: who was added, removed, moved or
    changed, and why. It costs as much as there are lines between the two: narrow the region."""
    await decrees.known(reading, decree_id, seen_by=actor)
    await decrees.known(reading, other, seen_by=actor)
    asked = Asked(after, limit, {})
    body = await decree_lines.differences(
        reading, asked, decree_id, other, within=region, seen_by=actor
    )
    return answer_page(request, body)


@router.get(
    "/v1/members/{member_id}/decrees",
    tags=["members"],
    response_model=DecreesOfMember,
    responses=refuses(MemberNotFound, ReadsNobody),
)
async def list_decrees_of_member(member_id: UUID, actor: CurrentActor, reading: People) -> Response:
    """In which decrees this person stands, or the family, and what each says."""
    body = await decree_lines.of_member(reading, member_id, within=actor.region, seen_by=actor)
    return answer_json(body)
