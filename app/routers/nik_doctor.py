"""What a NIK case means, worked out from its record: explained, read aloud, and what it may be."""

from typing import Any

from app.commands.nik_suggesting import Case, birth_date_said, sex_said, suggested
from app.db import regions
from app.db.sessions import Reading
from app.domain import nik_reading
from app.domain.calendar import today
from app.domain.errors import Language
from app.domain.nik_cases import explained
from app.domain.nik_suggestions import SAID
from app.domain.niks import KnownRegions, NikCheck, check
from app.routers.niks import reading_view


async def diagnosed(
    case: Case, reading: Reading, known: KnownRegions, language: Language
) -> dict[str, Any]:
    """Fields of `NikCaseView`. A masked number is no number: nothing is told of it."""
    nik = case["nik"]
    found = check(
        nik,
        regions=known,
        sex=sex_said(case),
        birth_date=birth_date_said(case),
        today=today(),
    )
    is_masked = nik is not None and "*" in nik
    [likely] = [[]] if is_masked else await suggested([case], reading, known)
    return {
        "explanations": [
            {"code": code, "detail": explained(code).told(language)} for code in case["problems"]
        ],
        "reading": None if is_masked or not nik else await _read(found, reading, language),
        "suggestions": [
            {
                **vars(each),
                "place": each.place and vars(each.place),
                "detail": SAID[each.why].told(language),
            }
            for each in likely
        ],
    }


async def _read(found: NikCheck, reading: Reading, language: Language) -> dict[str, Any]:
    """Whether it is held says nothing here: it is his."""
    names = await regions.names_of(reading, nik_reading.region_codes(found.digits))
    return reading_view(found, names, language, held=None, fits_region=True).model_dump()
