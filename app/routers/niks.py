"""What a NIK says: `POST /v1/nik/check`. Nobody is read of, so anybody at work may ask."""

from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.db import niks, regions
from app.db.sessions import Reading
from app.domain import nik_reading
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.errors import Language
from app.domain.nik_reading import NamedRegion, NikPart, NikSeverity
from app.domain.niks import NikCheck, NikCode, NikVerdict, check
from app.domain.people import sex_of
from app.domain.regions import Region
from app.domain.sight import SIGHT_OF, Shown
from app.routers.access import CurrentActor, Known, LanguageAsked, ReadingNow
from app.routers.shapes import Day, NikText, RegionCode, SexCode, Shape

router = APIRouter(prefix="/v1/nik", tags=["members"])


class NikToCheck(Shape):
    nik: NikText
    sex: SexCode | None = Field(default=None, description="As the person or the KK says.")
    birth_date: Day | None = Field(default=None, examples=["1984-05-19"])
    region_code: RegionCode | None = Field(
        default=None,
        description="Where it is said to have been given: a Kemendagri code of any tier.",
        examples=["3672"],
    )

    @property
    def region(self) -> Region | None:
        return None if self.region_code is None else Region(self.region_code)


class PlaceView(BaseModel):
    """Digits of the NIK, counted from 1; the last one is in."""

    first: int
    last: int


class NikPartView(BaseModel):
    part: NikPart
    place: PlaceView
    digits: str
    says: str | None = Field(examples=["59 - 40 = 19, perempuan"])


class NikFinding(BaseModel):
    code: NikCode
    severity: NikSeverity
    place: PlaceView | None = Field(description="The digits in question; none: all, or none.")
    detail: str = Field(description="What is wrong and what to do, in the language asked for.")


class NikReadingView(BaseModel):
    verdict: NikVerdict
    reading: str | None = Field(
        description="All of it in one sentence; none where its date is no date.",
        examples=["52 Nusa Tenggara Barat, 06 Kabupaten Bima, 02 Bolo; 59 - 40 = 19 Mei 1984, ..."],
    )
    parts: list[NikPartView] = Field(description="None unless there are sixteen digits.")
    sex: int | None = Field(description="As the NIK itself says, like the birth date.")
    birth_date: date | None
    findings: list[NikFinding] = Field(description="The first fault, or every warning and note.")
    held: bool | None = Field(
        description="Whether somebody in the registry holds it: never who or where. None where "
        "it is not valid, or your role reads no NIK."
    )


SEX_CODE = {sex_of(code): code for code in (1, 2)}


@router.post("/check")
async def check_nik(
    said: NikToCheck,
    actor: CurrentActor,
    reading: ReadingNow,
    known: Known,
    language: LanguageAsked,
) -> NikReadingView:
    """What the digits say, which rule they break, and what to do about it."""
    found = check(
        said.nik,
        regions=known,
        sex=sex_of(said.sex),
        birth_date=said.birth_date,
        today=today(),
    )
    names = await regions.names_of(reading, nik_reading.region_codes(found.digits))
    held = await _held(reading, found, asked_by=actor)
    fits = nik_reading.comes_from(said.region, found, names)
    return reading_view(found, names, language, held=held, fits_region=fits)


def reading_view(
    found: NikCheck,
    names: Mapping[str, NamedRegion],
    language: Language,
    *,
    held: bool | None,
    fits_region: bool,
) -> NikReadingView:
    parts = nik_reading.parts(found, names, language)
    return NikReadingView(
        verdict=found.verdict,
        reading=nik_reading.aloud(parts, found, language),
        parts=[NikPartView.model_validate(part, from_attributes=True) for part in parts],
        sex=SEX_CODE.get(found.sex),
        birth_date=found.birth_date,
        findings=[
            NikFinding.model_validate(finding, from_attributes=True)
            for finding in nik_reading.findings(
                found, held=bool(held), fits_region=fits_region, language=language
            )
        ],
        held=held,
    )


async def _held(reading: Reading, found: NikCheck, *, asked_by: Actor) -> bool | None:
    """For those who read NIKs, and would hear the same when they enter the person."""
    reads_niks = SIGHT_OF[asked_by.role].nik is Shown.CLEAR
    if found.digits is None or found.verdict is NikVerdict.INVALID or not reads_niks:
        return None
    return await niks.held(reading, found.digits)
