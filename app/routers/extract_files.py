"""What an extract gives out: its manifest and its files: `/v1/extracts/{id}/manifest`."""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from app.commands.extracts import place_of
from app.db import extracts
from app.db.extracts import Made
from app.domain.agreements import AgreementExpired, FieldGroup
from app.domain.extracts.columns import GrantNarrowed, Kind, Resource
from app.domain.extracts.formats import Compression, Format
from app.domain.extracts.manifests import MEDIA, media_type, name_of, signed
from app.domain.extracts.workflow import (
    ExtractDeleted,
    ExtractExpired,
    ExtractNotFound,
    ExtractNotReady,
    ExtractState,
    NoSuchFile,
)
from app.domain.sight import Purpose, ReadsNobody
from app.exchange.storage import ContentMissing
from app.routers.access import CurrentActor, CurrentSight, People, ReadingNow, answer_json
from app.routers.downloads import Content, Known, RangeAsked, a_file_of, answer_content, storage_of
from app.routers.extracts import ONE
from app.routers.problems import refuses
from app.tokens import Tokens

router = APIRouter(tags=["extracts"])


class ManifestColumn(BaseModel):
    name: str
    kind: Kind
    group: FieldGroup | None = Field(description="The field group it is of; null: of none.")


class ManifestFile(BaseModel):
    number: int
    name: str
    media_type: str
    rows: int
    bytes: int
    sha256: str
    is_deletions: bool
    link: str


class ManifestLinks(BaseModel):
    self: str
    changes: str = Field(description="Where to go on from here.")


class Manifest(BaseModel):
    extract_id: UUID
    state: ExtractState
    resource: Resource
    format: Format
    compression: Compression
    columns: list[ManifestColumn]
    region_code: str
    filters: dict[str, Any]
    decree_id: UUID | None = Field(
        description="Who was registered as of it; what is told of them is of the moment all the "
        "same."
    )
    changed_after: str | None
    agreement: str | None
    purpose: Purpose
    transaction_time: datetime = Field(description="The moment all rows are of.")
    rows: int
    files: list[ManifestFile]
    deletions: ManifestFile | None = Field(
        description="Of `changed_after`: what left, or was removed, since."
    )
    changes_after: str = Field(description="The cursor with which `/v1/changes` goes on.")
    links: ManifestLinks
    signature: str = Field(
        description="A detached JWS (EdDSA) over the manifest without `signature`, as JSON with "
        "sorted keys, without spaces, in UTF-8; its key is in `/.well-known/jwks.json`."
    )


async def tokens_of(request: Request) -> Tokens:
    tokens: Tokens = request.app.state.door.tokens
    return tokens


@router.get(
    ONE + "/manifest",
    response_model=Manifest,
    responses=refuses(ExtractNotFound, ExtractNotReady),
)
async def read_manifest(
    extract_id: UUID,
    actor: CurrentActor,
    reading: ReadingNow,
    tokens: Annotated[Tokens, Depends(tokens_of)],
) -> Response:
    """What the extract is, of which moment, and the sum of each file, signed. It stays when the
    files are deleted."""
    told = await extracts.manifest(reading, extract_id, within=actor.region, by=actor)
    return answer_json(json.dumps(signed(told, tokens.seal), ensure_ascii=False))


def _content(made: Made) -> Content:
    form = made.form
    named = name_of(made.resource, made.number, form, is_deletions=made.is_deletions)
    return Content(made.sha256, made.size, media_type(form), named, named)


@router.get(
    ONE + "/files/{number}",
    response_class=Response,
    responses={
        **a_file_of(MEDIA.values()),
        **refuses(
            ReadsNobody,
            AgreementExpired,
            GrantNarrowed,
            ExtractNotFound,
            NoSuchFile,
            ExtractNotReady,
            ExtractExpired,
            ExtractDeleted,
            ContentMissing,
        ),
    },
)
async def read_extract_file(
    request: Request,
    extract_id: UUID,
    number: Annotated[int, InPath(ge=1, le=100_000)],
    actor: CurrentActor,
    reading: People,
    sight: CurrentSight,
    _: RangeAsked = None,
    __: Known = None,
) -> Response:
    """A file of an extract of yours, whole or in part. Each time leaves an access entry."""
    made = await extracts.file(
        reading, extract_id, number, within=actor.region, by=actor, sight=sight
    )
    return await answer_content(request, _content(made), place_of(storage_of(request), extract_id))
