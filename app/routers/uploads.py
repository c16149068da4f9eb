"""Uploads in parts, for large files and weak lines: `/v1/uploads`."""

import base64
from datetime import datetime, timedelta
from typing import Annotated, Any, BinaryIO, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.background import BackgroundTask

from app.commands import uploads as commands
from app.commands.uploads import Part, Terms, Told, begin, join, place, place_of, store, take
from app.db import uploads
from app.db.audit import MovedMeanwhile
from app.db.pages import Asked
from app.db.sessions import reading_in
from app.domain.diagrams import as_markdown
from app.domain.documents import safe_name
from app.domain.errors import Outdated
from app.domain.imports.columns import ImportKind
from app.domain.imports.workflow import ImportedAlready, KindNotYours
from app.domain.uploads import (
    MOST_PART_BYTES,
    PART_BYTES,
    UPLOADS,
    FileTooLarge,
    NoSuchPart,
    PartDamaged,
    PartsMissing,
    TooManyUploads,
    UploadAction,
    UploadClosed,
    UploadExpired,
    UploadNotFound,
    UploadState,
    WholeDamaged,
)
from app.domain.workflow import ActionNotOpen, Ground, RoleMayNot
from app.exchange.storage import ContentMissing
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    Limit,
    ReadingNow,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
    database_of,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.downloads import storage_of
from app.routers.files import NotAPart, Upload
from app.routers.imports import PATH as IMPORTS_PATH
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Line, Shape

PATH = "/v1/uploads"
PART = PATH + "/{upload_id}/parts/{number}"
STEPS = PATH + "/{upload_id}/steps"
router = APIRouter(tags=["uploads"], route_class=WritingRoute)
A_PART = {"type": "string", "format": "binary", "minLength": 1}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": A_PART}},
    }
}
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$", strict=True)]


class UploadRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "bdt2015",
                    "file_name": "bdt_cilegon.csv",
                    "bytes": 250_000_000,
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                }
            ]
        }
    )

    kind: ImportKind
    file_name: Line | None = None
    bytes: Annotated[int, Field(ge=1, le=2**53, strict=True)]
    sha256: Sha256 = Field(description="Of the whole file.")
    part_bytes: Annotated[int, Field(ge=PART_BYTES, le=MOST_PART_BYTES, strict=True)] = Field(
        default=PART_BYTES,
        description="How large the parts are to be; smaller ones for weak lines.",
    )

    def told(self) -> Told:
        name = safe_name(self.file_name or "")
        return Told(self.kind, name, self.bytes, bytes.fromhex(self.sha256), self.part_bytes)


class OpenUploadAction(BaseModel):
    action: UploadAction
    needs: list[Ground]
    targets: list[UploadState]


class UploadView(BaseModel):
    version: int
    id: UUID
    kind: ImportKind
    state: UploadState
    file_name: str | None
    bytes: int
    sha256: str
    part_bytes: int = Field(description="Of every part but the last, which has the rest.")
    parts: int = Field(description="How many there are; they are numbered from 1.")
    missing: list[int] = Field(description="Those that have not come, while the upload is open.")
    region_code: str = Field(description="Yours; empty for the nation.")
    import_id: UUID | None = Field(description="What it has become.")
    expires_at: datetime | None = Field(
        description="If no part comes until then, those that have come are deleted; null: closed."
    )
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenUploadAction]


class UploadPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[UploadView]


class PartStored(BaseModel):
    number: int
    bytes: int
    sha256: str
    missing: int = Field(description="How many parts have not come yet.")


class UploadStepRequest(Shape):
    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "complete"}]})

    action: Literal[UploadAction.COMPLETE, UploadAction.DISCARD]


def terms_of(request: Request) -> Terms:
    settings = request.app.state.settings
    return Terms(settings.largest_upload, timedelta(days=settings.upload_days))


TermsNow = Annotated[Terms, Depends(terms_of)]


def _answered(body: str, upload_id: UUID, *, is_new: bool) -> Response:
    response = created(answer_versioned(body), f"{PATH}/{upload_id}")
    response.status_code = 201 if is_new else 200
    return response


@router.post(
    PATH,
    status_code=201,
    response_model=UploadView,
    responses={
        200: {"model": UploadView, "description": "You have begun this file before: go on."},
        **refuses(RoleMayNot, KindNotYours, ImportedAlready, TooManyUploads, FileTooLarge),
    },
)
async def begin_upload(
    upload: UploadRequest, actor: CurrentActor, session: Transaction, terms: TermsNow
) -> Response:
    """Begin to send a file in parts, or go on with one: whoever sends the same is told what is
    missing. When all parts are there, the step `complete` makes the import."""
    begun, is_new = await begin(session, upload.told(), by=actor, terms=terms)
    body = await uploads.document(
        await reading_in(session), begun.id, within=actor.region, seen_by=actor
    )
    return _answered(body, begun.id, is_new=is_new)


@router.get(PATH, response_model=UploadPage, responses=refuses())
async def list_uploads(
    request: Request,
    actor: CurrentActor,
    reading: ReadingNow,
    after: After,
    state: Annotated[UploadState | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    """Your uploads, in pages."""
    asked = Asked(after, limit, {"created_by = {}": actor.id, "state = {}": state})
    body = await uploads.list_page(reading, asked, within=actor.region, seen_by=actor)
    return answer_page(request, body)


@router.get(PATH + "/{upload_id}", response_model=UploadView, responses=refuses(UploadNotFound))
async def read_upload(upload_id: UUID, actor: CurrentActor, reading: ReadingNow) -> Response:
    """An upload of yours, and which of its parts are missing."""
    return answer_versioned(
        await uploads.document(reading, upload_id, within=actor.region, seen_by=actor)
    )


# --- parts


async def stored_part(
    request: Request,
    upload_id: UUID,
    number: Annotated[int, InPath(ge=1, le=100_000)],
    actor: CurrentActor,
    digest: Annotated[
        str,
        Header(
            alias="Content-Digest",
            pattern="^sha-256=:[A-Za-z0-9+/]{43}=:$",
            description="The SHA-256 of the part (RFC 9530): `sha-256=:` base64 `:`.",
        ),
    ],
) -> Part:
    """The bytes lie in the storage before a transaction begins: nobody waits for a slow disk."""
    upload: Upload | None = getattr(request.state, "upload", None)
    if upload is None:
        raise NotAPart
    told = base64.b64decode(digest.removeprefix("sha-256=:").removesuffix(":"))
    part = Part(number, upload.size, told, upload.sha256, cast("BinaryIO", upload.file))
    await store(database_of(request), storage_of(request), upload_id, part, by=actor)
    return part


@router.put(
    PART,
    openapi_extra=BODY,
    responses=refuses(
        UploadNotFound, NoSuchPart, UploadClosed, UploadExpired, NotAPart, PartDamaged
    ),
)
async def store_part(
    upload_id: UUID,
    part: Annotated[Part, Depends(stored_part)],
    actor: CurrentActor,
    session: Transaction,
    terms: TermsNow,
) -> PartStored:
    """Send a part as it is, in whatever order, and again if you do not know whether it came.

    Each puts off the day on which the upload expires."""
    missing = await place(session, upload_id, part, by=actor, terms=terms)
    return PartStored(
        number=part.number, bytes=part.size, sha256=part.sha256.hex(), missing=missing
    )


# --- the whole


async def joined(
    request: Request, upload_id: UUID, step: UploadStepRequest, actor: CurrentActor
) -> UploadStepRequest:
    """A gigabyte takes its time, and no transaction waits for it."""
    if step.action is UploadAction.COMPLETE:
        await join(database_of(request), storage_of(request), upload_id, by=actor)
    return step


def _dropping(response: Response, request: Request, upload_id: UUID) -> Response:
    """The parts are not needed once it is told that they are not."""
    response.background = BackgroundTask(place_of(storage_of(request), upload_id).drop)
    return response


def _led_to(response: Response, import_id: UUID | None) -> Response:
    if import_id is not None:
        response.headers["Location"] = f"{IMPORTS_PATH}/{import_id}"
    return response


@router.post(
    STEPS,
    status_code=201,
    response_model=AuditEntryView,
    description="Complete an upload: the whole is compared with its SHA-256 and becomes an import, "
    "which `Location` names. Or discard it.\n\n" + as_markdown(UPLOADS),
    responses=refuses(
        UploadNotFound,
        RoleMayNot,
        KindNotYours,
        ActionNotOpen,
        MovedMeanwhile,
        Outdated,
        VersionNotNamed,
        PartsMissing,
        UploadExpired,
        WholeDamaged,
        ImportedAlready,
        ContentMissing,
    ),
)
async def take_upload_step(
    request: Request,
    upload_id: UUID,
    step: Annotated[UploadStepRequest, Depends(joined)],
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    wanted = commands.Asked(upload_id, version, step.action)
    entry, import_id = await take(session, wanted, by=actor)
    response = await answer_step(session, access, entry)
    return _dropping(_led_to(response, import_id), request, upload_id)
