"""A NIK read aloud, part by part, as operators learn it: 59 - 40 = 19 Mei 1984, perempuan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.domain.errors import Language, Said
from app.domain.niks import SAID, WOMEN_ADD, NikCheck, NikCode, NikVerdict
from app.domain.people import Sex
from app.domain.regions import Region


class NikPart(StrEnum):
    PROVINCE = "province"
    REGENCY = "regency"
    DISTRICT = "district"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    SERIAL = "serial"


class NikSeverity(StrEnum):
    INVALID = "invalid"  # stands in the way
    WARNING = "warning"  # is to be looked at
    NOTE = "note"  # is good to know


@dataclass(frozen=True)
class Place:
    """Digits of a NIK, counted as people count: from 1, and the last one is in."""

    first: int
    last: int

    def of(self, digits: str) -> str:
        return digits[self.first - 1 : self.last]


PLACE_OF: Mapping[NikPart, Place] = {
    NikPart.PROVINCE: Place(1, 2),
    NikPart.REGENCY: Place(3, 4),
    NikPart.DISTRICT: Place(5, 6),
    NikPart.DAY: Place(7, 8),
    NikPart.MONTH: Place(9, 10),
    NikPart.YEAR: Place(11, 12),
    NikPart.SERIAL: Place(13, 16),
}
REGIONS = (NikPart.PROVINCE, NikPart.REGENCY, NikPart.DISTRICT)
WRONG_AT: Mapping[NikCode, Place] = {
    NikCode.DATE: Place(7, 12),
    NikCode.SERIAL: Place(13, 16),
    NikCode.UNKNOWN_PROVINCE: Place(1, 2),
    NikCode.UNKNOWN_REGENCY: Place(1, 4),
    NikCode.UNKNOWN_DISTRICT: Place(1, 6),
    NikCode.MISMATCH_REGION: Place(1, 6),
    NikCode.MISMATCH_SEX: Place(7, 8),
    NikCode.MISMATCH_BIRTH_DATE: Place(7, 12),
}


@dataclass(frozen=True)
class NamedRegion:
    name: str
    replaced_by: str | None = None


@dataclass(frozen=True)
class Finding:
    code: NikCode
    severity: NikSeverity
    place: Place | None
    detail: str


@dataclass(frozen=True)
class PartRead:
    part: NikPart
    place: Place
    digits: str
    says: str | None  # none where it says nothing that can be


MONTHS = Said(
    id="Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    en="January February March April May June July August September October November December",
)
SEXES: Mapping[Sex, Said] = {
    Sex.MALE: Said(id="laki-laki", en="man"),
    Sex.FEMALE: Said(id="perempuan", en="woman"),
}
UNKNOWN = Said(id="kode tidak dikenal", en="a code we do not know")
REPLACED = Said(id="{name} (kode lama, kini {code})", en="{name} (an old code, now {code})")
SERIAL = Said(id="nomor urut {serial}", en="serial {serial}")


def region_codes(digits: str | None) -> list[str]:
    """Of the province, the regency and the district it was given in."""
    return [digits[: PLACE_OF[part].last] for part in REGIONS] if digits else []


def comes_from(declared: Region | None, found: NikCheck, names: Mapping[str, NamedRegion]) -> bool:
    """Whether it was given there, as far as its digits tell: down to the district."""
    if declared is None or found.digits is None or found.verdict is NikVerdict.INVALID:
        return True
    wanted = declared.code[: PLACE_OF[NikPart.DISTRICT].last]
    given = found.digits[: len(wanted)]
    renamed = names[given].replaced_by if given in names else None
    return wanted in {given, renamed}


def findings(
    found: NikCheck, *, held: bool, fits_region: bool, language: Language
) -> list[Finding]:
    """Every rule it breaks, where, and what to do; that it is from elsewhere; that it is held."""
    is_invalid = found.verdict is NikVerdict.INVALID
    severity = NikSeverity.INVALID if is_invalid else NikSeverity.WARNING
    codes = [(code, severity) for code in found.codes]
    codes += [] if fits_region else [(NikCode.MISMATCH_REGION, NikSeverity.NOTE)]
    codes += [(NikCode.DUPLICATE, NikSeverity.WARNING)] if held else []
    return [
        Finding(code, severity, WRONG_AT.get(code), SAID[code].told(language))
        for code, severity in codes
    ]


def parts(found: NikCheck, names: Mapping[str, NamedRegion], language: Language) -> list[PartRead]:
    """Its parts, if it has sixteen digits at all."""
    if found.digits is None:
        return []
    says: dict[NikPart, str] = dict(_regions(found.digits, names, language)) | _birth(
        found, language
    )
    serial = PLACE_OF[NikPart.SERIAL].of(found.digits)
    says[NikPart.SERIAL] = SERIAL.told(language, {"serial": serial})
    return [
        PartRead(part, place, place.of(found.digits), says.get(part))
        for part, place in PLACE_OF.items()
    ]


def aloud(read: list[PartRead], found: NikCheck, language: Language) -> str | None:
    """All of it as one sentence, where its date is in the calendar."""
    if found.birth_date is None or found.sex is None:
        return None
    of = {each.part: each for each in read}
    regions = ", ".join(f"{of[part].digits} {of[part].says}" for part in REGIONS)
    day = _day(found.birth_date, found.sex)
    born = f"{day} {of[NikPart.MONTH].says} {of[NikPart.YEAR].says}"
    sex = SEXES[found.sex].told(language)
    return f"{regions}; {born}, {sex}; {of[NikPart.SERIAL].says}"


def _regions(
    digits: str, names: Mapping[str, NamedRegion], language: Language
) -> Iterator[tuple[NikPart, str]]:
    for part, code in zip(REGIONS, region_codes(digits), strict=True):
        yield part, _name(names.get(code), language)


def _name(region: NamedRegion | None, language: Language) -> str:
    if region is None:
        return UNKNOWN.told(language)
    if region.replaced_by is None:
        return region.name
    return REPLACED.told(language, {"name": region.name, "code": region.replaced_by})


def _birth(found: NikCheck, language: Language) -> dict[NikPart, str]:
    born, sex = found.birth_date, found.sex
    if born is None or sex is None:
        return {}
    return {
        NikPart.DAY: f"{_day(born, sex)}, {SEXES[sex].told(language)}",
        NikPart.MONTH: MONTHS.told(language).split()[born.month - 1],
        NikPart.YEAR: str(born.year),
    }


def _day(born: date, sex: Sex) -> str:
    added = f"{born.day + WOMEN_ADD} - {WOMEN_ADD} = " if sex is Sex.FEMALE else ""
    return f"{added}{born.day}"
