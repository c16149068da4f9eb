"""What the digits of a NIK, and of a family card (KK), say, and whether they can be true.

A NIK is PPKKCC DDMMYY SSSS: the district of first registration, the birth date with 40 added to
a woman's day, a serial. A rule that cannot fail for a true NIK makes it invalid; one that
can, because our tables of old regions are not complete and courts correct birth dates, only
makes a warning. Whether the civil registry knows the number (L5) is asked elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache

from app.domain.errors import Said
from app.domain.people import Sex

LENGTH = 16
WOMEN_ADD = 40  # to the day of birth
OLDEST = 120
SEQUENCE = "1234567890123456"


class NikVerdict(StrEnum):
    MISSING = "missing"
    VALID = "valid"
    VALID_WITH_WARNING = "valid_with_warning"
    INVALID = "invalid"


class NikCode(StrEnum):
    """The rules of a NIK, in the order in which they are looked at."""

    FORMAT = "format"
    PLACEHOLDER = "placeholder"
    DATE = "date"
    SERIAL = "serial"
    UNKNOWN_PROVINCE = "region_unknown_province"
    UNKNOWN_REGENCY = "region_unknown_regency"
    UNKNOWN_DISTRICT = "region_unknown_district"
    MISMATCH_SEX = "mismatch_sex"
    MISMATCH_BIRTH_DATE = "mismatch_birth_date"
    BIRTH_DATE_FUTURE = "birth_date_future"
    AGE_OVER_120 = "age_over_120"
    MISMATCH_REGION = "mismatch_region"  # no fault: whoever moves keeps his NIK
    DUPLICATE = "duplicate"  # held elsewhere; the caller knows


class CardCode(StrEnum):
    """The rules of a family card number. Its date is the day of recording: never a birth date."""

    FORMAT = "format"
    PLACEHOLDER = "placeholder"
    DATE = "date"


@dataclass(frozen=True)
class KnownRegions:
    """Every code that was ever in use, as far as is known."""

    provinces: frozenset[str]
    regencies: frozenset[str]
    districts: frozenset[str]

    @cached_property
    def _with_districts(self) -> frozenset[str]:
        return frozenset(district[:4] for district in self.districts)

    def misses_district(self, code: str) -> bool:
        """Never so in a regency none of whose districts is known: there we cannot tell."""
        return code[:4] in self._with_districts and code not in self.districts


@dataclass(frozen=True)
class NikCheck:
    """What one NIK says, and the rules it breaks: the first that cannot be, or every warning."""

    verdict: NikVerdict
    codes: tuple[NikCode, ...] = ()
    digits: str | None = None  # without white space; none unless there are sixteen
    sex: Sex | None = None  # as the NIK itself says, like the birth date; none if it says nothing
    birth_date: date | None = None


@dataclass(frozen=True)
class CardCheck:
    """The same of a family card's number."""

    verdict: NikVerdict
    codes: tuple[CardCode, ...] = ()
    digits: str | None = None


@dataclass(frozen=True)
class _Declared:
    """What the person, or the family card, says."""

    sex: Sex | None
    birth_date: date | None


def check(
    nik: str | None,
    *,
    regions: KnownRegions,
    sex: Sex | None,
    birth_date: date | None,
    today: date,
) -> NikCheck:
    """Levels L0 to L3. That nobody else holds it (L4) is the caller's to add: `DUPLICATE`."""
    digits = without_white_space(nik or "")
    if not digits:
        return NikCheck(NikVerdict.MISSING)
    sixteen = digits if _is_sixteen_digits(digits) else None
    fault = _fault(digits, regions)
    if fault:
        return NikCheck(NikVerdict.INVALID, (fault,), sixteen)

    said = _Declared(_sex(digits), _birth_date(digits, declared=birth_date, today=today))
    if birth_date and birth_date > today:
        future = (NikCode.BIRTH_DATE_FUTURE,)
        return NikCheck(NikVerdict.INVALID, future, sixteen, said.sex, said.birth_date)
    warnings = (
        *_unknown_region(digits, regions),
        *_mismatches(said, _Declared(sex, birth_date), today),
    )
    return NikCheck(_verdict(warnings), warnings, sixteen, said.sex, said.birth_date)


def check_family_card(number: str | None) -> CardCheck:
    """A card follows its head, so its region need not be where the family lives: not checked."""
    digits = without_white_space(number or "")
    if not digits:
        return CardCheck(NikVerdict.MISSING)
    if not _is_sixteen_digits(digits):
        return CardCheck(NikVerdict.INVALID, (CardCode.FORMAT,))
    if is_placeholder(digits):
        return CardCheck(NikVerdict.INVALID, (CardCode.PLACEHOLDER,), digits)
    if not _dates(digits, day=int(digits[6:8])):
        return CardCheck(NikVerdict.VALID_WITH_WARNING, (CardCode.DATE,), digits)
    return CardCheck(NikVerdict.VALID, (), digits)


def without_white_space(text: str) -> str:
    """All of Unicode's white space goes, at either end and inside; nothing else is touched."""
    return "".join(text.split())


def _verdict(warnings: tuple[NikCode, ...]) -> NikVerdict:
    return NikVerdict.VALID_WITH_WARNING if warnings else NikVerdict.VALID


def _fault(digits: str, regions: KnownRegions) -> NikCode | None:
    """The first rule that no true NIK can break (L0 to L2)."""
    if not _is_sixteen_digits(digits):
        return NikCode.FORMAT
    if is_placeholder(digits):
        return NikCode.PLACEHOLDER
    if not _dates(digits, day=_day(digits)):
        return NikCode.DATE
    if digits.endswith("0000"):
        return NikCode.SERIAL
    return None if digits[:2] in regions.provinces else NikCode.UNKNOWN_PROVINCE


def _is_sixteen_digits(text: str) -> bool:
    return len(text) == LENGTH and text.isascii() and text.isdigit()


def is_placeholder(digits: str) -> bool:
    """It fills the field, and names nobody."""
    return len(set(digits)) == 1 or digits == SEQUENCE or digits.startswith("00")


def _unknown_region(digits: str, regions: KnownRegions) -> Iterator[NikCode]:
    if digits[:4] not in regions.regencies:
        yield NikCode.UNKNOWN_REGENCY
    elif regions.misses_district(digits[:6]):
        yield NikCode.UNKNOWN_DISTRICT


def _mismatches(said: _Declared, declared: _Declared, today: date) -> Iterator[NikCode]:
    if declared.sex not in {None, said.sex}:
        yield NikCode.MISMATCH_SEX
    if declared.birth_date not in {None, said.birth_date}:
        yield NikCode.MISMATCH_BIRTH_DATE
    born = declared.birth_date or said.birth_date
    if born and completed_years(born, today) > OLDEST:
        yield NikCode.AGE_OVER_120


def completed_years(born: date, today: date) -> int:
    had_no_birthday_yet = (today.month, today.day) < (born.month, born.day)
    return today.year - born.year - had_no_birthday_yet


def _sex(digits: str) -> Sex:
    return Sex.FEMALE if int(digits[6:8]) > WOMEN_ADD else Sex.MALE


def _day(digits: str) -> int:
    """Of birth. What is neither a man's nor a woman's day stays no day of any month."""
    printed = int(digits[6:8])
    return printed - WOMEN_ADD if printed > WOMEN_ADD else printed


def _birth_date(digits: str, *, declared: date | None, today: date) -> date:
    """Two digits of a year leave two centuries: the declared one, or the later that has begun."""
    candidates = _dates(digits, day=_day(digits))
    if declared is not None and declared in candidates:
        return declared
    return max((day for day in candidates if day <= today), default=candidates[0])


def _dates(digits: str, *, day: int) -> Sequence[date]:
    """The days of the calendar that these digits can mean, the earlier first."""
    return _days(int(digits[10:12]), int(digits[8:10]), day)


@lru_cache(maxsize=1024)
def _days(year: int, month: int, day: int) -> Sequence[date]:
    found = (_calendar_day(century + year, month, day) for century in (1900, 2000))
    return tuple(filter(None, found))


def _calendar_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


SAID: Mapping[NikCode, Said] = {
    NikCode.FORMAT: Said(
        id="NIK harus tepat 16 angka, tanpa huruf, titik, atau tanda hubung. Salin dari KTP atau "
        "KK; di Excel, ubah selnya menjadi teks lebih dahulu.",
        en="A NIK has exactly 16 digits, without letters, dots or dashes. Copy it from the KTP or "
        "KK; in Excel, make the cell text first.",
    ),
    NikCode.PLACEHOLDER: Said(
        id="Angka ini hanya pengisi, bukan NIK. Kosongkan bila NIK belum ada, lalu minta NIK ke "
        "Dinas Dukcapil.",
        en="This number only fills the field; it is no NIK. Leave it empty if there is none yet, "
        "and ask the civil registry for one.",
    ),
    NikCode.DATE: Said(
        id="Tanggal pada NIK tidak ada di kalender. Periksa angka ke-7 sampai ke-12.",
        en="The date in the NIK is not in the calendar. Check digits 7 to 12.",
    ),
    NikCode.SERIAL: Said(
        id="Nomor urut NIK tidak pernah 0000. Periksa empat angka terakhir; Excel sering mengubah "
        "angka terakhir menjadi 0.",
        en="The serial of a NIK is never 0000. Check the last four digits; Excel often turns the "
        "last one into 0.",
    ),
    NikCode.UNKNOWN_PROVINCE: Said(
        id="Dua angka pertama NIK bukan kode provinsi mana pun. Cocokkan dengan KTP atau KK.",
        en="The first two digits of the NIK are no province's code. Compare with the KTP or KK.",
    ),
    NikCode.UNKNOWN_REGENCY: Said(
        id="Empat angka pertama NIK bukan kode kabupaten/kota yang kami kenal. Cocokkan dengan "
        "KTP atau KK; kode lama boleh tetap dipakai.",
        en="The first four digits of the NIK are no regency's code that we know. Compare with the "
        "KTP or KK; an old code may stay.",
    ),
    NikCode.UNKNOWN_DISTRICT: Said(
        id="Enam angka pertama NIK bukan kode kecamatan yang kami kenal. Cocokkan dengan KTP atau "
        "KK; kode lama boleh tetap dipakai.",
        en="The first six digits of the NIK are no district's code that we know. Compare with the "
        "KTP or KK; an old code may stay.",
    ),
    NikCode.MISMATCH_SEX: Said(
        id="Jenis kelamin pada NIK berbeda dari yang diisi. Periksa angka ke-7 dan ke-8 (untuk "
        "perempuan, tanggal lahir ditambah 40) dan jenis kelaminnya.",
        en="The NIK says another sex than you entered. Check digits 7 and 8 (a woman's day of "
        "birth has 40 added) and the sex.",
    ),
    NikCode.MISMATCH_BIRTH_DATE: Said(
        id="Tanggal lahir pada NIK berbeda dari yang diisi. Cocokkan keduanya dengan KTP atau KK; "
        "bila di sana pun berbeda, tanyakan ke Dinas Dukcapil.",
        en="The NIK says another birth date than you entered. Compare both with the KTP or KK; if "
        "they differ there too, ask the civil registry.",
    ),
    NikCode.BIRTH_DATE_FUTURE: Said(
        id="Tanggal lahir yang diisi belum tiba. Perbaiki tanggal lahirnya.",
        en="The birth date you entered is still to come. Correct the birth date.",
    ),
    NikCode.AGE_OVER_120: Said(
        id="Menurut tanggal lahirnya, orang ini berusia lebih dari 120 tahun. Periksa tahun "
        "lahirnya, dan apakah ia masih hidup.",
        en="By the birth date this person is older than 120. Check the year of birth, and whether "
        "the person is alive.",
    ),
    NikCode.MISMATCH_REGION: Said(
        id="NIK ini diterbitkan di wilayah lain daripada yang Anda sebut. Itu wajar bila orangnya "
        "pernah pindah atau wilayahnya dimekarkan; cocokkan saja dengan KTP atau KK.",
        en="This NIK was given in another region than the one you named. That is usual for whoever "
        "has moved, and where a region was split; just compare with the KTP or KK.",
    ),
    NikCode.DUPLICATE: Said(
        id="NIK ini sudah terdaftar atas nama orang lain atau di tempat lain. Cocokkan dengan KTP; "
        "bila orangnya sama dan pindah ke sini, ajukan usulan pindah.",
        en="This NIK is already registered for somebody else or elsewhere. Compare with the KTP; "
        "if it is the same person who moved here, propose a move.",
    ),
}

CARD_SAID: Mapping[CardCode, Said] = {
    CardCode.FORMAT: Said(
        id="Nomor KK harus tepat 16 angka, tanpa huruf, titik, atau tanda hubung. Salin dari kartu "
        "keluarga; di Excel, ubah selnya menjadi teks lebih dahulu.",
        en="A family card's number has exactly 16 digits, without letters, dots or dashes. Copy it "
        "from the card; in Excel, make the cell text first.",
    ),
    CardCode.PLACEHOLDER: Said(
        id="Angka ini hanya pengisi, bukan nomor KK. Kosongkan bila KK belum ada, lalu uruslah ke "
        "Dinas Dukcapil.",
        en="This number only fills the field; it is no family card's. Leave it empty if there is "
        "no card yet, and ask the civil registry for one.",
    ),
    CardCode.DATE: Said(
        id="Tanggal pembuatan pada nomor KK tidak ada di kalender. Periksa angka ke-7 sampai "
        "ke-12.",
        en="The date of recording in the family card's number is not in the calendar. Check "
        "digits 7 to 12.",
    ),
}
