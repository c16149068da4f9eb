"""The workbooks in which NIKs are repaired: `/v1/nik-cases/workbook` and `.../workbooks`."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.commands import nik_workbooks
from app.commands.nik_workbooks import NumbersMasked, TooManyCases, Wanted
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody
from app.routers.access import (
    AccessNow,
    CurrentSight,
    Known,
    LanguageAsked,
    ReadingNow,
    RegionAsked,
    database_of,
)
from app.routers.downloads import A_FILE, Download, Downloads
from app.routers.problems import refuses

router = APIRouter(prefix="/v1/nik-cases", tags=["nik-cases"])
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ARCHIVE = "application/zip"


async def wanted(
    region: RegionAsked, access: AccessNow, known: Known, language: LanguageAsked, _: CurrentSight
) -> Wanted:
    asked = Wanted(region, access, known, language)
    nik_workbooks.permit(asked)
    return asked


WantedNow = Annotated[Wanted, Depends(wanted)]


def _sent(request: Request, pieces: AsyncIterator[bytes], media_type: str, name: str) -> Response:
    """As it is made; nothing of it has to be ready within the deadline."""
    headers = {
        "Content-Type": media_type,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    downloads: Downloads = request.app.state.downloads
    downloads.admit()
    return Download(pieces, 200, headers, of=downloads)


@router.get(
    "/workbook",
    response_class=Response,
    responses={
        200: {"description": "The workbook.", "content": {WORKBOOK: A_FILE}},
        **refuses(OutsideYourRegion, ReadsNobody, NumbersMasked, TooManyCases),
    },
)
async def print_nik_cases(request: Request, wanted: WantedNow, reading: ReadingNow) -> Response:
    """The open cases of a village, or of a wider region, as the workbook to repair them in; beside
    each the likeliest right NIKs, and why.

    Send it back as an import of the kind `nik_corrections`."""
    await nik_workbooks.fits(reading, wanted, nik_workbooks.MOST_IN_ONE)
    pieces = nik_workbooks.workbook(database_of(request), wanted)
    return _sent(request, pieces, WORKBOOK, f"nik-{wanted.region.code or 'nasional'}.xlsx")


@router.get(
    "/workbooks",
    response_class=Response,
    responses={
        200: {"description": "A ZIP file of workbooks.", "content": {ARCHIVE: A_FILE}},
        **refuses(OutsideYourRegion, ReadsNobody, NumbersMasked, TooManyCases),
    },
)
async def print_nik_cases_by_village(
    request: Request, wanted: WantedNow, reading: ReadingNow
) -> Response:
    """The same of a district or a regency: a workbook for each of its villages, in one ZIP file."""
    await nik_workbooks.fits(reading, wanted, nik_workbooks.MOST_OF_ALL)
    pieces = nik_workbooks.archive(database_of(request), wanted)
    return _sent(request, pieces, ARCHIVE, f"nik-{wanted.region.code or 'nasional'}.zip")
