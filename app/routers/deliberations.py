"""Deliberations of villages (musyawarah desa/kelurahan): `/v1/deliberations`."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from app.commands.deliberations import amend, attach_scan, cancel, close, convene
from app.db import deliberations, regions
from app.db.access import people_in
from app.db.audit import MovedMeanwhile
from app.db.deliberations import DeliberationNotFound
from app.db.documents import DocumentNotFound
from app.db.faults import IdTaken
from app.db.pages import Asked
from app.db.regions import VillageNotFound
from app.db.tables.audit import AuditEntry
from app.db.tables.base import new_id
from app.db.tables.deliberations import Deliberation
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.deliberations import (
    DELIBERATIONS,
    DeliberationAction,
    DeliberationKind,
    DeliberationNotComplete,
    DeliberationState,
)
from app.domain.diagrams import as_markdown
from app.domain.documents import DocumentNotUsable, MediaType
from app.domain.errors import Outdated
from app.domain.proposals import Attendance
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody
from app.domain.workflow import ActionNotOpen, Ground, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    Limit,
    People,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.grounds import STEPS
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Day, Line, Note, Shape, ShortLine, VillageCode

router = APIRouter(prefix="/v1/deliberations", tags=["deliberations"], route_class=WritingRoute)

CHANGES = (
    DeliberationNotFound,
    RoleMayNot,
    ActionNotOpen,
    MovedMeanwhile,
    Outdated,
    VersionNotNamed,
)


class Attendee(Shape):
    name: Line = Field(examples=["Suparman"])
    capacity: Attendance
    present: StrictBool = True


class MeetingFields(Shape):
    """What the minutes say of the meeting. All of it is needed to close it, and `note` is not."""

    kind: DeliberationKind = DeliberationKind.MUSDES
    held_on: Day = Field(
        default_factory=today, description="It may be planned; closing asks that it has come."
    )
    place: Line | None = Field(default=None, examples=["Balai Desa Luwihaji"])
    chair: Line | None = Field(default=None, description="Who chairs it.", examples=["Suparman"])
    minutes_number: ShortLine | None = Field(
        default=None,
        description="Number of the minutes (berita acara).",
        examples=["470/12/MUSDES/2026"],
    )
    note: Note | None = None
    attendance: list[Attendee] = Field(
        default=[],
        max_length=500,
        description="Who was invited and who came; sent as a whole.",
    )

    def columns(self) -> dict[str, Any]:
        """What was sent; what was not sent is not there."""
        sent = self.model_dump(exclude_unset=True, exclude={"village_code"})
        return {**sent, **self._in_json(sent)}

    def _in_json(self, sent: dict[str, Any]) -> dict[str, Any]:
        told = [each.model_dump(mode="json") for each in self.attendance]
        return {"attendance": told} if "attendance" in sent else {}


class DeliberationDraft(MeetingFields):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "village_code": "3522012001",
                    "kind": "musdes",
                    "held_on": "2026-11-18",
                    "place": "Balai Desa Luwihaji",
                    "chair": "Suparman",
                    "attendance": [
                        {"name": "Suparman", "capacity": "village_head", "present": True}
                    ],
                }
            ]
        }
    )

    id: UUID = Field(default_factory=new_id, description="Chosen by you if you like (offline).")
    village_code: VillageCode
    kind: DeliberationKind
    held_on: Day = Field(description="It may be planned; closing asks that it has come.")

    def columns(self) -> dict[str, Any]:
        return {"id": self.id, **super().columns()}


class DeliberationChanges(MeetingFields):
    """What is sent is changed; what is not sent stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"minutes_number": "470/12/MUSDES/2026"}]}
    )


class Closing(Shape):
    action: Literal[DeliberationAction.CLOSE]

    async def take(
        self, session: Transaction, deliberation: Deliberation, *, by: Actor, version: int
    ) -> AuditEntry:
        return await close(session, deliberation, by=by, version=version)


class OnlyNote(Shape):
    note: Note | None = Field(default=None, description="Why, in words.")


class Cancelling(Shape):
    action: Literal[DeliberationAction.CANCEL]
    grounds: OnlyNote = OnlyNote()

    async def take(
        self, session: Transaction, deliberation: Deliberation, *, by: Actor, version: int
    ) -> AuditEntry:
        grounds = {Ground(name): said for name, said in self.grounds if said}
        return await cancel(session, deliberation, by=by, version=version, grounds=grounds)


class Attaching(Shape):
    action: Literal[DeliberationAction.ATTACH_SCAN]
    document_id: UUID = Field(
        description="A document of this village for the purpose `minutes_scan`."
    )

    async def take(
        self, session: Transaction, deliberation: Deliberation, *, by: Actor, version: int
    ) -> AuditEntry:
        return await attach_scan(session, deliberation, self.document_id, by=by, version=version)


DeliberationStep = Annotated[
    Closing | Cancelling | Attaching,
    Field(discriminator="action"),
    Body(
        openapi_examples={
            "close": {"value": {"action": "close"}},
            "cancel": {
                "value": {"action": "cancel", "grounds": {"note": "Banjir; dijadwalkan ulang."}}
            },
            "attach_scan": {
                "value": {
                    "action": "attach_scan",
                    "document_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
                }
            },
        }
    ),
]


class OpenDeliberationAction(BaseModel):
    action: DeliberationAction
    needs: list[Ground] = Field(description="The grounds it has to rest on.")
    targets: list[DeliberationState]


class AgendaCounts(BaseModel):
    names: int
    eligible: int
    not_eligible: int
    postponed: int
    undecided: int


class Scan(BaseModel):
    """The signed paper; its bytes are those of the document."""

    document_id: UUID
    sha256: str
    media_type: MediaType
    bytes: int


class AttendeeView(BaseModel):
    name: str | None
    capacity: Attendance
    present: bool


class DeliberationLine(BaseModel):
    version: int
    id: UUID
    village_code: str
    kind: DeliberationKind
    held_on: date
    minutes_number: str | None
    agenda: AgendaCounts
    scan: Scan | None
    state: DeliberationState
    updated_at: datetime
    open_actions: list[OpenDeliberationAction] = Field(description="What you may do with it now.")


class DeliberationView(DeliberationLine):
    place: str | None
    chair: str | None
    note: str | None
    attendance: list[AttendeeView]
    present: int
    quorum: int = Field(description="How many have to be present, by the regency's policy.")
    closed_at: datetime | None
    created_by: UUID
    created_at: datetime


class DeliberationPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[DeliberationLine]


async def answer_deliberation(
    session: Transaction, access: AccessNow, deliberation: Deliberation
) -> Response:
    """The deliberation as it is after the change."""
    actor = access.actor
    body = await deliberations.document(
        await people_in(session, access),
        deliberation.id,
        within=actor.region,
        seen_by=actor.role,
    )
    return answer_versioned(body)


@router.post(
    "",
    status_code=201,
    response_model=DeliberationView,
    responses=refuses(VillageNotFound, RoleMayNot, IdTaken),
)
async def convene_deliberation(
    draft: DeliberationDraft, actor: CurrentActor, session: Transaction, access: AccessNow
) -> Response:
    """Open a deliberation of your village, to fill its agenda before and during the meeting."""
    village = await regions.find_village(session, draft.village_code, within=actor.region)
    deliberation = await convene(session, village, draft.columns(), by=actor)
    response = await answer_deliberation(session, access, deliberation)
    return created(response, f"/v1/deliberations/{deliberation.id}")


@router.get("", response_model=DeliberationPage, responses=refuses(OutsideYourRegion, ReadsNobody))
async def list_deliberations(
    request: Request,
    actor: CurrentActor,
    reading: People,
    after: After,
    region: RegionAsked,
    state: Annotated[DeliberationState | None, Query()] = None,
    kind: Annotated[DeliberationKind | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    """The deliberations of your region, in pages, the oldest of a village first."""
    asked = Asked(after, limit, {"state = {}": state, "kind = {}": kind})
    body = await deliberations.list_page(reading, asked, within=region, seen_by=actor.role)
    return answer_page(request, body)


@router.get(
    "/{deliberation_id}",
    response_model=DeliberationView,
    responses=refuses(DeliberationNotFound, ReadsNobody),
)
async def read_deliberation(
    deliberation_id: UUID, actor: CurrentActor, reading: People
) -> Response:
    """A deliberation: when, where, who was there, and how many names it has decided on."""
    return answer_versioned(
        await deliberations.document(
            reading, deliberation_id, within=actor.region, seen_by=actor.role
        )
    )


@router.patch("/{deliberation_id}", response_model=DeliberationView, responses=refuses(*CHANGES))
async def change_deliberation(
    deliberation_id: UUID,
    fields: DeliberationChanges,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    """Correct what is said of the meeting, and who attended, while it is open."""
    deliberation = await deliberations.find(session, deliberation_id, within=actor.region)
    await amend(session, deliberation, fields.columns(), by=actor, version=version)
    return await answer_deliberation(session, access, deliberation)


@router.post(
    "/{deliberation_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Close a deliberation, cancel it, or attach the scan of its signed minutes. To be "
    "closed it needs place, chair and number of the minutes, the quorum of the regency, and an "
    "outcome for every name; then each proposal goes where its outcome says: eligible to the "
    "village's head, not eligible to its end, postponed to another deliberation. The head approves "
    "once the scan is attached. A scan that is attached later takes the place of the one before."
    "\n\n" + as_markdown(DELIBERATIONS),
    responses=refuses(
        DeliberationNotFound,
        *STEPS,
        DeliberationNotComplete,
        DocumentNotFound,
        DocumentNotUsable,
    ),
)
async def take_deliberation_step(
    deliberation_id: UUID,
    request: DeliberationStep,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    deliberation = await deliberations.find(session, deliberation_id, within=actor.region)
    entry = await request.take(session, deliberation, by=actor, version=version)
    return await answer_step(session, access, entry)
