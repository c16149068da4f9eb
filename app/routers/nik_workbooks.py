"""The workbooks in which NIKs are repaired: `/v1/nik-cases/workbook` and `.../workbooks`."""

from fastapi import APIRouter, Response

from app.commands.nik_workbooks import NumbersMasked, TooManyCases, archive, workbook
from app.domain.regions import OutsideYourRegion
from app.routers.access import (
    CurrentActor,
    LanguageAsked,
    People,
    ReadsNobody,
    RegionAsked,
)
from app.routers.problems import refuses

router = APIRouter(prefix="/v1/nik-cases", tags=["nik-cases"])
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ARCHIVE = "application/zip"
A_FILE = {"schema": {"type": "string", "format": "binary"}}


def _given(content: bytes, media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, headers=headers, media_type=media_type)


@router.get(
    "/workbook",
    response_class=Response,
    responses={
        200: {"description": "The workbook.", "content": {WORKBOOK: A_FILE}},
        **refuses(OutsideYourRegion, ReadsNobody, NumbersMasked, TooManyCases),
    },
)
async def print_nik_cases(
    actor: CurrentActor, region: RegionAsked, reading: People, language: LanguageAsked
) -> Response:
    """The open cases of a village, or of a wider region, as the workbook to repair them in.

    Send it back as an import of the kind `nik_corrections`."""
    content = await workbook(reading, region, by=actor, language=language)
    return _given(content, WORKBOOK, f"nik-{region.code or 'nasional'}.xlsx")


@router.get(
    "/workbooks",
    response_class=Response,
    responses={
        200: {"description": "A ZIP file of workbooks.", "content": {ARCHIVE: A_FILE}},
        **refuses(OutsideYourRegion, ReadsNobody, NumbersMasked, TooManyCases),
    },
)
async def print_nik_cases_by_village(
    actor: CurrentActor, region: RegionAsked, reading: People, language: LanguageAsked
) -> Response:
    """The same of a district or a regency: a workbook for each of its villages, in one ZIP file."""
    content = await archive(reading, region, by=actor, language=language)
    return _given(content, ARCHIVE, f"nik-{region.code or 'nasional'}.zip")
