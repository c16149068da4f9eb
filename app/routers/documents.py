"""Documents, sent as they are: `/v1/documents`, and the photos of a visit."""

from datetime import datetime
from email.message import Message
from typing import Annotated, Any, BinaryIO, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.commands.documents import Sent, keep
from app.db import documents
from app.db.access import people_in
from app.db.audit import MovedMeanwhile, expect, record
from app.db.documents import DocumentNotFound, Stored
from app.db.surveys import SurveyNotFound
from app.domain.diagrams import as_markdown
from app.domain.documents import (
    DOCUMENTS,
    ContentNotAccepted,
    DocumentAction,
    DocumentNotForYou,
    DocumentPurpose,
    DocumentState,
    MediaType,
    PhotoFlag,
    PhotosClosed,
    PurposeNotYours,
    SurveyOfPhoto,
    fitting,
    kind_fits,
    permitted,
    safe_name,
)
from app.domain.errors import Outdated
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody
from app.domain.workflow import ActionNotOpen, Ground, GroundsMissing, GroundsNotAsked, RoleMayNot
from app.exchange.contents import Examiner
from app.exchange.storage import ContentMissing
from app.routers.access import (
    AccessNow,
    CurrentActor,
    IfMatch,
    People,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.downloads import (
    A_FILE,
    Content,
    Known,
    RangeAsked,
    a_file_of,
    answer_content,
    storage_of,
)
from app.routers.files import NotAFile, Upload
from app.routers.grounds import Grounds
from app.routers.households import LocationView
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Shape

router = APIRouter(tags=["documents"], route_class=WritingRoute)
PATH = "/v1/documents"
KINDS = [str(kind) for kind in MediaType]
BODY: dict[str, Any] = {"requestBody": {"required": True, "content": dict.fromkeys(KINDS, A_FILE)}}
EXTENSION = {MediaType.PDF: "pdf", MediaType.JPEG: "jpg", MediaType.PNG: "png"}


class OpenDocumentAction(BaseModel):
    action: DocumentAction
    needs: list[Ground]
    targets: list[DocumentState]


class DocumentView(BaseModel):
    """What is known of a document. Its bytes are at `/v1/documents/{id}/content`."""

    version: int
    id: UUID
    region_code: str = Field(description="Where it belongs; empty for the nation.")
    purpose: DocumentPurpose
    survey_id: UUID | None = Field(description="Of a photo: the visit it was taken on.")
    media_type: MediaType = Field(description="What it is, whatever it was sent as.")
    bytes: int
    sha256: str
    file_name: str | None
    taken_at: datetime | None = Field(description="As the camera wrote it into the photo (EXIF).")
    location: LocationView | None = Field(description="Likewise.")
    flags: list[PhotoFlag] = Field(
        description="What a reviewer should look at: no place or no time in the photo, far from "
        "the other points of the village, another day than that of the visit."
    )
    state: DocumentState
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenDocumentAction]


class PhotoList(BaseModel):
    next: None = Field(description="There are so few that all of them are told.")
    items: list[DocumentView]


class DocumentStepRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"action": "withdraw", "grounds": {"note": "Pindaian keliru."}}]
        }
    )

    action: Literal[DocumentAction.WITHDRAW]
    grounds: Grounds = Grounds()


# --- what is sent

FileName = Annotated[
    str | None,
    Header(
        alias="Content-Disposition",
        max_length=1000,
        description="The name of the file, if it should be remembered: "
        "`attachment; filename*=UTF-8''berita%20acara.pdf`.",
    ),
]


def name_in(disposition: str | None) -> str | None:
    """What cannot be read is no name; a document needs none."""
    if disposition is None:
        return None
    header = Message()
    try:
        header["Content-Disposition"] = disposition
        return safe_name(header.get_filename() or "")
    except (ValueError, LookupError):
        return None


async def stored_file(
    request: Request,
    actor: CurrentActor,
    purpose: Annotated[DocumentPurpose, Query(description="What it is for.")],
    survey_id: Annotated[
        UUID | None, Query(description="Of a photo: the visit it was taken on.")
    ] = None,
    disposition: FileName = None,
) -> Sent:
    """The bytes lie in the storage before a transaction begins: nobody waits for a slow disk."""
    permitted(purpose, by=actor)
    fitting(purpose, has_survey=survey_id is not None)
    upload: Upload | None = getattr(request.state, "upload", None)
    examine: Examiner = request.app.state.examine
    file = cast("BinaryIO", upload.file) if upload else None
    content = await examine(file)
    kind_fits(purpose, content.media_type)
    assert upload is not None  # noqa: S101 - or there was no content
    await storage_of(request).put(upload.sha256, cast("BinaryIO", upload.file), upload.size)
    return Sent(purpose, content, upload.size, upload.sha256, name_in(disposition), survey_id)


@router.post(
    PATH,
    status_code=201,
    response_model=DocumentView,
    openapi_extra=BODY,
    responses=refuses(
        RoleMayNot,
        PurposeNotYours,
        SurveyNotFound,
        OutsideYourRegion,
        PhotosClosed,
        NotAFile,
        SurveyOfPhoto,
        ContentNotAccepted,
    ),
)
async def store_document(
    sent: Annotated[Sent, Depends(stored_file)],
    actor: CurrentActor,
    region: RegionAsked,
    session: Transaction,
    access: AccessNow,
) -> Response:
    """Send a file as it is, 25 MB at most: a PDF, a JPEG or a PNG.

    It is looked at: what is cut off, protected or something else is refused. A photo of a visit
    names its survey; any other document belongs to your region, or to the part of it in
    `region_code`. What a camera wrote of time and place is read from the photo itself.
    """
    document = await keep(session, sent, region=region, by=actor)
    body = await documents.document(
        await people_in(session, access), document.id, within=actor.region, seen_by=actor
    )
    return created(answer_versioned(body), f"{PATH}/{document.id}")


# --- what is told

READING = (DocumentNotFound, ReadsNobody, DocumentNotForYou)


@router.get(PATH + "/{document_id}", response_model=DocumentView, responses=refuses(*READING))
async def read_document(document_id: UUID, actor: CurrentActor, reading: People) -> Response:
    """What is known of a document."""
    return answer_versioned(
        await documents.document(reading, document_id, within=actor.region, seen_by=actor)
    )


@router.get(
    "/v1/surveys/{survey_id}/photos",
    response_model=PhotoList,
    responses=refuses(SurveyNotFound, ReadsNobody),
)
async def list_photos(
    request: Request, survey_id: UUID, actor: CurrentActor, reading: People
) -> Response:
    """The photos of a visit that your role opens, with what a reviewer should look at."""
    body = await documents.photos(reading, survey_id, within=actor.region, seen_by=actor)
    return answer_page(request, body)


@router.post(
    PATH + "/{document_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Withdraw what was sent by mistake. It stays, and says that it is withdrawn.\n\n"
    + as_markdown(DOCUMENTS),
    responses=refuses(
        DocumentNotFound,
        RoleMayNot,
        PurposeNotYours,
        ActionNotOpen,
        MovedMeanwhile,
        Outdated,
        VersionNotNamed,
        GroundsMissing,
        GroundsNotAsked,
    ),
)
async def take_document_step(
    document_id: UUID,
    request: DocumentStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    document = await documents.find(session, document_id, within=actor.region)
    DOCUMENTS.permit(request.action, by=actor)
    permitted(document.purpose, by=actor)
    await expect(session, document, version)
    step = DOCUMENTS.step(document.state, request.action, by=actor, grounds=request.grounds.given())
    return await answer_step(session, access, await record(session, document, step))


# --- the bytes


def _content(stored: Stored) -> Content:
    plain = f"{stored.purpose}-{stored.id}.{EXTENSION[stored.media_type]}"
    stem = (stored.file_name or "").rpartition(".")[0] or stored.file_name
    named = f"{stem}.{EXTENSION[stored.media_type]}" if stem else plain
    return Content(stored.sha256, stored.size, stored.media_type, plain, named)


@router.get(
    PATH + "/{document_id}/content",
    response_class=Response,
    responses={
        **a_file_of(KINDS, "The bytes, as they were sent."),
        **refuses(*READING, ContentMissing),
    },
)
async def read_content(
    request: Request,
    document_id: UUID,
    actor: CurrentActor,
    reading: People,
    _: RangeAsked = None,
    __: Known = None,
) -> Response:
    """The bytes of a document, as they were sent. That you opened it is kept."""
    stored = await documents.stored(reading, document_id, within=actor.region, seen_by=actor)
    return await answer_content(request, _content(stored), storage_of(request))
