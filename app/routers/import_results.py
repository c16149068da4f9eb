"""The file as it goes back, with what is wrong marked: `/v1/imports/{import_id}/result`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.commands.import_marking import place_of
from app.db import import_results
from app.db.import_results import Made
from app.domain.facts import OthersImport
from app.domain.imports.workflow import Format, ImportNotFound, ResultNotMade
from app.exchange.storage import ContentMissing
from app.routers.access import CurrentActor, ReadingNow
from app.routers.downloads import Content, Known, RangeAsked, a_file_of, answer_content, storage_of
from app.routers.imports import PATH
from app.routers.problems import refuses

router = APIRouter(tags=["imports"])
MEDIA = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
}
KINDS = [each.partition(";")[0] for each in MEDIA.values()]
FormatAsked = Annotated[Format, Query(alias="format")]


def _content(made: Made, format_: Format) -> Content:
    plain = f"{made.kind}-{made.import_id}.{format_}"
    stem = (made.file_name or "").rpartition(".")[0] or made.file_name
    named = f"{stem} (hasil).{format_}" if stem else plain
    return Content(made.sha256, made.size, MEDIA[format_], plain, named)


@router.get(
    PATH + "/{import_id}/result",
    response_class=Response,
    responses={
        **a_file_of(KINDS),
        **refuses(ImportNotFound, OthersImport, ResultNotMade, ContentMissing),
    },
)
async def read_import_result(
    request: Request,
    import_id: UUID,
    actor: CurrentActor,
    reading: ReadingNow,
    format_: FormatAsked = Format.XLSX,
    _: RangeAsked = None,
    __: Known = None,
) -> Response:
    """Your file, with what is wrong with each row marked where it is wrong, to be corrected and
    sent once more. It is made by the step `mark` of the import, and kept for a week."""
    made = await import_results.find(reading, import_id, format_, within=actor.region, by=actor)
    place = place_of(storage_of(request), import_id)
    return await answer_content(request, _content(made, format_), place)
