"""Extracts: a resource of a region as files, with a signed manifest: `/v1/extracts`."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.commands.extracts import Asked as Step
from app.commands.extracts import Terms, ask, take
from app.db import extracts
from app.db.audit import MovedMeanwhile
from app.db.pages import Asked
from app.db.regions import RegionNotFound
from app.db.sessions import reading_in
from app.domain.agreements import AgreementExpired
from app.domain.changes import FORM, CursorNotOfThisDatabase
from app.domain.decrees import DecreeNotFound
from app.domain.diagrams import as_markdown
from app.domain.errors import Outdated
from app.domain.extracts.columns import Resource, ResourceNotGranted
from app.domain.extracts.formats import MOST_ROWS, Compression, Form, Format
from app.domain.extracts.wanted import Filters, Wanted
from app.domain.extracts.workflow import (
    EXTRACTS,
    DecreeNotInForce,
    ExtractAction,
    ExtractNotFound,
    ExtractState,
    FiltersDoNotFit,
    TooManyExtracts,
)
from app.domain.proposals import ProposalKind, Verdict
from app.domain.regions import OutsideYourRegion, Region, narrowed
from app.domain.sight import Purpose, ReadsNobody
from app.domain.workflow import ActionNotOpen, Ground, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    LanguageAsked,
    Limit,
    ReadingNow,
    Transaction,
    WritingRoute,
    answer_page,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.jobs import JobProblem, accepted, answer_open
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Moment, RegionCode, Shape, ShortLine

PATH = "/v1/extracts"
ONE = PATH + "/{extract_id}"
router = APIRouter(tags=["extracts"], route_class=WritingRoute)
Cursor = Annotated[str, StringConstraints(pattern=f"^{FORM}$", strict=True)]


class ExtractFilters(Shape):
    state: ShortLine | None = Field(
        default=None,
        description="Of households and members, those registered where it is left out.",
    )
    programme: ShortLine | None = Field(default=None, description="A code of `/v1/programmes`.")
    kind: ProposalKind | None = Field(default=None, description="Of proposals and decisions.")
    verdict: Verdict | None = Field(default=None, description="Of decisions.")
    updated_since: Moment | None = Field(
        default=None,
        description="Changed since, in the record itself. For all that changed in a row, what "
        "others say of it included, take `changed_after`.",
    )


class ExtractRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"resource": "members", "format": "csv", "compression": "gzip"},
                {
                    "resource": "recipients",
                    "region_code": "3672",
                    "filters": {"programme": "PKH"},
                    "format": "xlsx",
                },
            ]
        }
    )

    resource: Resource
    region_code: RegionCode | None = Field(
        default=None, description="Your region, or a part of it. Left out: all of yours."
    )
    filters: ExtractFilters = ExtractFilters()
    decree_id: UUID | None = Field(
        default=None,
        description="Who was registered as of this decree. What is told of them is on record now.",
    )
    changed_after: Cursor | None = Field(
        default=None,
        description="A cursor of `/v1/changes`, or the `changes_after` of a manifest: only what "
        "changed since, and a file of what is there no more.",
    )
    format: Format = Format.NDJSON
    compression: Compression = Field(
        default=Compression.NONE, description="Of CSV and NDJSON; the others are packed already."
    )
    rows_per_file: Annotated[int, Field(ge=1, le=MOST_ROWS, strict=True)] = Field(
        default=MOST_ROWS, description="At most."
    )

    def wanted(self) -> Wanted:
        return Wanted(
            self.resource,
            Form(self.format, self.compression),
            Filters(**self.filters.model_dump()),
            self.rows_per_file,
            self.decree_id,
            self.changed_after,
        )

    def within(self, own: Region) -> Region:
        return narrowed(own, self.region_code)


class OpenExtractAction(BaseModel):
    action: ExtractAction
    needs: list[Ground]
    targets: list[ExtractState]


class ExtractProgress(BaseModel):
    phase: str | None = Field(description="materialising, then writing; null: it has not begun.")
    done: int = Field(description="Parts of the region while rows are kept aside, then rows.")
    total: int | None


class ExtractLinks(BaseModel):
    self: str
    manifest: str | None = Field(description="Once it is ready.")


class ExtractView(BaseModel):
    version: int
    id: UUID
    resource: Resource
    state: ExtractState
    format: Format
    compression: Compression
    region_code: str
    filters: dict[str, Any]
    decree_id: UUID | None
    changed_after: str | None
    rows_per_file: int
    purpose: Purpose
    agreement: str | None = Field(description="The number of the agreement it was made under.")
    transaction_time: datetime | None = Field(description="The moment it is of.")
    rows: int | None = Field(description="Once the rows of the moment are kept aside.")
    progress: ExtractProgress | None = Field(description="While it is being made.")
    problem: JobProblem | None = Field(description="Why it failed.")
    job_id: UUID | None
    links: ExtractLinks
    expires_at: datetime | None = Field(description="Until then the files are kept.")
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenExtractAction]


class ExtractPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[ExtractView]


class ExtractStepRequest(Shape):
    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "delete"}]})

    action: Literal[ExtractAction.CANCEL, ExtractAction.DELETE]


async def terms_of(request: Request, access: AccessNow) -> Terms:
    return Terms(access.purpose, request.app.state.settings.extract_days)


TermsNow = Annotated[Terms, Depends(terms_of)]


IS_OPEN = re.compile(r'"state" ?: ?"(?:asked|materialising|writing)"')


@router.post(
    PATH,
    status_code=202,
    response_model=ExtractView,
    description="Ask for a resource of your region as files, as far as your role or your "
    "agreement reads of people. It is made in the background, of one moment: read the extract "
    "until it is `ready`, then its manifest, then the files.\n\n" + as_markdown(EXTRACTS),
    responses=refuses(
        OutsideYourRegion,
        RegionNotFound,
        RoleMayNot,
        ReadsNobody,
        AgreementExpired,
        ResourceNotGranted,
        FiltersDoNotFit,
        DecreeNotFound,
        DecreeNotInForce,
        CursorNotOfThisDatabase,
        TooManyExtracts,
    ),
)
async def ask_extract(
    request: ExtractRequest,
    actor: CurrentActor,
    session: Transaction,
    terms: TermsNow,
    language: LanguageAsked,
) -> Response:
    region = request.within(actor.region)
    extract = await ask(session, request.wanted(), region, by=actor, terms=terms)
    reading = await reading_in(session)
    body = await extracts.document(
        reading, extract.id, within=actor.region, seen_by=actor, language=language
    )
    return accepted(answer_open(body, IS_OPEN), f"{PATH}/{extract.id}")


@router.get(PATH, response_model=ExtractPage, responses=refuses())
async def list_extracts(
    request: Request,
    actor: CurrentActor,
    reading: ReadingNow,
    after: After,
    language: LanguageAsked,
    resource: Annotated[Resource | None, Query()] = None,
    state: Annotated[ExtractState | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    """The extracts that you have asked for, in pages."""
    where = {"created_by = {}": actor.id, "resource = {}": resource, "state = {}": state}
    asked = Asked(after, limit, where)
    body = await extracts.list_page(
        reading, asked, within=actor.region, seen_by=actor, language=language
    )
    return answer_page(request, body)


@router.get(ONE, response_model=ExtractView, responses=refuses(ExtractNotFound))
async def read_extract(
    extract_id: UUID, actor: CurrentActor, reading: ReadingNow, language: LanguageAsked
) -> Response:
    """An extract of yours: how far it is, and where its manifest is."""
    body = await extracts.document(
        reading, extract_id, within=actor.region, seen_by=actor, language=language
    )
    return answer_open(body, IS_OPEN)


@router.post(
    ONE + "/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Cancel an extract that is being made, or have the files of one deleted that is "
    "ready; what was done stays on record.\n\n" + as_markdown(EXTRACTS),
    responses=refuses(
        ExtractNotFound,
        RoleMayNot,
        ActionNotOpen,
        MovedMeanwhile,
        Outdated,
        VersionNotNamed,
    ),
)
async def take_extract_step(
    extract_id: UUID,
    request: ExtractStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    entry = await take(session, Step(extract_id, version, request.action), by=actor)
    return await answer_step(session, access, entry)
