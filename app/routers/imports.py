"""Imports: a file in, every row with its outcome out: `/v1/imports`."""

from datetime import datetime
from typing import Annotated, Any, BinaryIO, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.commands.imports import Asked as Wanted
from app.commands.imports import SentFile, receive, take
from app.db import import_pages, imports
from app.db.access import people_in
from app.db.audit import MovedMeanwhile
from app.db.pages import Asked
from app.domain.actors import Role
from app.domain.diagrams import as_markdown
from app.domain.errors import Language, Outdated
from app.domain.facts import OthersImport
from app.domain.imports.columns import ImportKind
from app.domain.imports.workflow import (
    IMPORTS,
    FaultsLeft,
    Format,
    ImportAction,
    ImportedAlready,
    ImportNotFound,
    ImportState,
    KindNotYours,
    Mode,
    NothingGood,
    Outcome,
    permitted,
    readable,
)
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody
from app.domain.workflow import (
    ActionNotOpen,
    Ground,
    GroundsMissing,
    GroundsNotAsked,
    RoleMayNot,
)
from app.routers.access import (
    AccessNow,
    After,
    AfterNumber,
    CurrentActor,
    IfMatch,
    LanguageAsked,
    Limit,
    ReadingNow,
    RegionAsked,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    created,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.documents import FileName, name_in
from app.routers.downloads import A_FILE, storage_of
from app.routers.files import TABLES, NotATable, Upload
from app.routers.grounds import Grounds
from app.routers.jobs import JobProblem
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Shape

PATH = "/v1/imports"
router = APIRouter(prefix=PATH, tags=["imports"], route_class=WritingRoute)
BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": dict.fromkeys(sorted(TABLES), A_FILE)}
}


class OpenImportAction(BaseModel):
    action: ImportAction
    needs: list[Ground]
    targets: list[ImportState]


class ImportCounts(BaseModel):
    """Rows, but of `units` and what became of them: families, households, or rows alone."""

    rows: int
    bad: int = Field(description="Rows that cannot be taken as they are.")
    doubtful: int = Field(description="Rows that can, and that somebody should look at.")
    doubled: int = Field(description="Rows that are on record, or twice in the file.")
    units: int
    taken: int
    same: int = Field(description="On record as they are in the file: nothing was done.")
    left: int = Field(description="Left with a reason.")
    kept: int = Field(description="Could not be taken back: somebody has gone on with them.")


class ImportFound(BaseModel):
    """What was found of the file, once it has been read."""

    sheet: str | None = Field(description="A CSV file has none.")
    header_row: int | None
    unknown_columns: list[str] = Field(description="They are not read.")
    notes: list[str] = Field(description="What its sender may not expect.")
    problems: dict[str, int] = Field(description="How many of each code.")


class ImportResultView(BaseModel):
    format: Format
    language: Language
    bytes: int
    sha256: str
    made_at: datetime


class ImportView(BaseModel):
    version: int
    id: UUID
    kind: ImportKind
    layout: str
    state: ImportState
    mode: Mode | None
    file_name: str | None
    bytes: int
    sha256: str
    region_code: str
    sent_as: Role
    created_by: UUID
    found: ImportFound
    counts: ImportCounts
    problem: JobProblem | None = Field(description="Why nothing came of it.")
    results: list[ImportResultView] = Field(description="Marked files that are there.")
    job_id: UUID | None = Field(description="The last job: see `/v1/jobs/{id}`.")
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenImportAction]


class ImportPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[ImportView]


class CellProblem(BaseModel):
    column: str | None = Field(description="Its key in the layout; null: the row as a whole.")
    code: str
    severity: Literal["error", "warning"]
    detail: str = Field(description="What to do about it.")


class ImportedRow(BaseModel):
    row: int = Field(description="As the file counts them, from 1.")
    problems: list[CellProblem]


class ImportedRowPage(BaseModel):
    next: str | None
    items: list[ImportedRow]


class SubjectOfImport(BaseModel):
    workflow: str
    id: UUID
    version: int | None = Field(
        default=None, description="Of what was there before: in which the import has left it."
    )


class ImportedUnit(BaseModel):
    unit: str = Field(description="The key its rows share, masked where it is a number of people.")
    rows: list[int]
    outcome: Outcome
    subjects: list[SubjectOfImport] = Field(description="What came of it.")
    problem: JobProblem | None


class ImportedUnitPage(BaseModel):
    next: str | None
    items: list[ImportedUnit]


async def kinds_read(actor: CurrentActor) -> list[ImportKind]:
    """Nothing of people stands in these pages, but what they say of a row is about somebody."""
    kinds = readable(actor)
    if not kinds:
        raise ReadsNobody(role=actor.role)
    return kinds


KindsRead = Annotated[list[ImportKind], Depends(kinds_read)]


class ImportStepRequest(Shape):
    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "apply", "mode": "good"}]})

    action: Literal[ImportAction.APPLY, ImportAction.DISCARD, ImportAction.UNDO, ImportAction.MARK]
    mode: Mode = Field(
        default=Mode.GOOD, description="Of `apply`: everything or nothing, or what is good."
    )
    format: Format = Field(
        default=Format.XLSX, description="Of `mark`: how the file is to come back."
    )
    grounds: Grounds = Grounds()


async def stored_table(
    request: Request,
    actor: CurrentActor,
    kind: Annotated[ImportKind, Query(description="What kind of file it is.")],
    disposition: FileName = None,
) -> SentFile:
    """The bytes lie in the storage before a transaction begins: nobody waits for a slow disk."""
    permitted(kind, by=actor)
    upload: Upload | None = getattr(request.state, "upload", None)
    if upload is None or not upload.size:
        raise NotATable
    await storage_of(request).put(upload.sha256, cast("BinaryIO", upload.file), upload.size)
    return SentFile(kind, upload.sha256, upload.size, name_in(disposition))


@router.post(
    "",
    status_code=201,
    response_model=ImportView,
    openapi_extra=BODY,
    responses=refuses(RoleMayNot, KindNotYours, ImportedAlready, NotATable),
)
async def send_import(
    sent: Annotated[SentFile, Depends(stored_table)],
    actor: CurrentActor,
    session: Transaction,
    language: LanguageAsked,
    access: AccessNow,
) -> Response:
    """Send a file: XLSX, or CSV with commas, semicolons or tabs. It is checked in the background;
    nothing of it is on record before you apply it."""
    import_ = await receive(session, sent, by=actor)
    body = await imports.document(
        await people_in(session, access),
        import_.id,
        within=actor.region,
        seen_by=actor,
        language=language,
    )
    return created(answer_versioned(body), f"{PATH}/{import_.id}")


@router.get("", response_model=ImportPage, responses=refuses(OutsideYourRegion))
async def list_imports(
    request: Request,
    actor: CurrentActor,
    reading: ReadingNow,
    after: After,
    region: RegionAsked,
    language: LanguageAsked,
    kind: Annotated[ImportKind | None, Query()] = None,
    state: Annotated[ImportState | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    """The imports of your region, in pages; each stands in the region of whoever sent it."""
    asked = Asked(after, limit, {"kind = {}": kind, "state = {}": state})
    body = await imports.list_page(reading, asked, within=region, seen_by=actor, language=language)
    return answer_page(request, body)


@router.get("/{import_id}", response_model=ImportView, responses=refuses(ImportNotFound))
async def read_import(
    import_id: UUID, actor: CurrentActor, reading: ReadingNow, language: LanguageAsked
) -> Response:
    """An import, what was found of its file, and what became of it."""
    return answer_versioned(
        await imports.document(
            reading, import_id, within=actor.region, seen_by=actor, language=language
        )
    )


@router.get(
    "/{import_id}/rows",
    response_model=ImportedRowPage,
    responses=refuses(ImportNotFound, ReadsNobody),
)
async def list_import_rows(
    request: Request,
    import_id: UUID,
    actor: CurrentActor,
    reading: ReadingNow,
    kinds: KindsRead,
    after: AfterNumber,
    language: LanguageAsked,
    severity: Annotated[Literal["error", "warning"] | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    """The rows with which something is wrong, or doubtful, in the order of the file."""
    body = await import_pages.rows(
        reading,
        import_id,
        Asked(after, limit, {"severity": severity}),
        within=actor.region,
        language=language,
        kinds=kinds,
    )
    return answer_page(request, body)


@router.get(
    "/{import_id}/units",
    response_model=ImportedUnitPage,
    responses=refuses(ImportNotFound, ReadsNobody),
)
async def list_import_units(
    request: Request,
    import_id: UUID,
    actor: CurrentActor,
    reading: ReadingNow,
    kinds: KindsRead,
    after: AfterNumber,
    language: LanguageAsked,
    outcome: Annotated[Outcome | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    """What became of each unit of rows, and what came of it, in the order of the file."""
    body = await import_pages.units(
        reading,
        import_id,
        Asked(after, limit, {"outcome": outcome}),
        within=actor.region,
        language=language,
        kinds=kinds,
    )
    return answer_page(request, body)


@router.post(
    "/{import_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Apply an import, discard it or undo it; or have it marked, for "
    "`/v1/imports/{id}/result`. It is done in the background: see `job_id` of the import.\n\n"
    + as_markdown(IMPORTS),
    responses=refuses(
        ImportNotFound,
        RoleMayNot,
        OthersImport,
        ActionNotOpen,
        MovedMeanwhile,
        Outdated,
        VersionNotNamed,
        GroundsMissing,
        GroundsNotAsked,
        FaultsLeft,
        NothingGood,
    ),
)
async def take_import_step(
    import_id: UUID,
    request: ImportStepRequest,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
    language: LanguageAsked,
) -> Response:
    grounds, how = request.grounds.given(), (request.mode, request.format, language)
    wanted = Wanted(import_id, version, request.action, grounds, *how)
    entry = await take(session, wanted, by=actor)
    return await answer_step(session, access, entry)
