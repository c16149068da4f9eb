"""What files are to be like: `/v1/import-layouts`, and templates to be filled in."""

import asyncio
import hashlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app.domain.actors import Role
from app.domain.errors import Language
from app.domain.imports.columns import Column, ImportKind, Layout
from app.domain.imports.layouts import LAYOUTS
from app.domain.imports.workflow import SENDERS, Format
from app.exchange import workbooks
from app.routers.access import CurrentActor, LanguageAsked, answer_json
from app.routers.downloads import Known, a_file_of, is_known
from app.routers.import_results import KINDS, MEDIA
from app.routers.problems import refuses

PATH = "/v1/import-layouts"
router = APIRouter(prefix=PATH, tags=["imports"])
A_TEMPLATE = a_file_of(KINDS)


class ColumnView(BaseModel):
    key: str = Field(description="What problems name it by.")
    letter: str = Field(
        description="Where it stands in the template; in a file it may be elsewhere."
    )
    header: str
    required: bool
    protected: bool = Field(description="Printed for the reader: changes are ignored.")
    hint: str = Field(description="What to write.")
    choices: list[str]
    other_names: list[str] = Field(description="Other headers that are taken for it.")


class LayoutView(BaseModel):
    kind: ImportKind
    version: str
    title: str
    max_rows: int
    unit: str | None = Field(description="The column whose rows go in together; null: each alone.")
    sent_by: list[Role]
    columns: list[ColumnView]


class LayoutList(BaseModel):
    items: list[LayoutView]


def _column(column: Column, language: Language) -> ColumnView:
    return ColumnView(
        key=column.key,
        letter=column.letter,
        header=column.header.told(language),
        required=column.required,
        protected=column.protected,
        hint=column.hint.told(language),
        choices=[each.told(language) for each in column.choices],
        other_names=list(column.aliases),
    )


def _layout(layout: Layout, language: Language) -> LayoutView:
    return LayoutView(
        kind=layout.kind,
        version=layout.version,
        title=layout.title.told(language),
        max_rows=layout.max_rows,
        unit=layout.unit,
        sent_by=sorted(SENDERS[layout.kind]),
        columns=[_column(each, language) for each in layout.columns],
    )


@cache
def layouts_as_json(language: Language) -> str:
    views = [_layout(layout, language) for layout in LAYOUTS.values()]
    return LayoutList(items=views).model_dump_json()


@router.get("", response_model=LayoutList, responses=refuses())
async def list_import_layouts(_: CurrentActor, language: LanguageAsked) -> Response:
    """Every kind of file: who sends it, its columns, what to write in them and their choices."""
    return answer_json(layouts_as_json(language))


# --- templates


class Template(NamedTuple):
    content: bytes
    etag: str


@cache
def template_of(kind: ImportKind, format_: Format, language: Language) -> Template:
    """There are a few of them, and they are always the same."""
    make = {Format.XLSX: workbooks.template, Format.CSV: workbooks.template_csv}[format_]
    with TemporaryDirectory(prefix="siks-template-") as folder:
        path = Path(folder) / "template"
        make(LAYOUTS[kind], path, language=language)
        content = path.read_bytes()
    return Template(content, f'"{hashlib.sha256(content).hexdigest()}"')


def _answered(template: Template, kind: ImportKind, format_: Format, known: str | None) -> Response:
    named = f'attachment; filename="{kind}-{LAYOUTS[kind].version}.{format_}"'
    headers = {
        "Content-Disposition": named,
        "ETag": template.etag,
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if is_known(template.etag, known):
        return Response(None, 304, headers)
    return Response(template.content, 200, headers, media_type=MEDIA[format_])


@router.get(
    "/{kind}/template",
    response_class=Response,
    responses={**{status: A_TEMPLATE[status] for status in (200, 304)}, **refuses()},
)
async def read_import_template(
    kind: ImportKind,
    _: CurrentActor,
    language: LanguageAsked,
    format_: Annotated[Format, Query(alias="format")] = Format.XLSX,
    known: Known = None,
) -> Response:
    """An empty file of this kind, with lists to choose from and cells that keep sixteen digits."""
    template = await asyncio.to_thread(template_of, kind, format_, language)
    return _answered(template, kind, format_, known)
