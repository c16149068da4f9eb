"""What a wrong NIK was probably meant to be, likeliest first, each with its reason.

Every suggestion is a way from a NIK that could be true to the one that was written down. It loses
points for each thing about it that is less likely: the slip of whoever wrote, a date that is not
the record's, a district that nobody of the family comes from, somebody else who holds it. One
point halves the likelihood; so the points of independent things add up, and 100 is certainty.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

from app.domain.errors import Said
from app.domain.nik_reading import Place
from app.domain.niks import (
    LENGTH,
    WOMEN_ADD,
    KnownRegions,
    NikCode,
    NikVerdict,
    check,
    check_family_card,
    without_white_space,
)
from app.domain.people import Sex

MOST = 5
DISTRICT, DATE, SERIAL = slice(0, 6), slice(6, 12), slice(12, 16)


class Why(StrEnum):
    """What probably happened when the NIK was written down."""

    ANSWERED = "answered"  # nothing is guessed: the civil registry said so
    SWAPPED = "swapped"  # with another member, who has this one
    OF_ANOTHER = "of_another"  # it is another member's; his own differs by his birth date
    SEX_OF_DAY = "sex_of_day"  # 40 was added to a man's day, or left out of a woman's
    NOT_DIGITS = "not_digits"  # signs between the digits, or letters that look like some
    TRANSPOSED = "transposed"  # two neighbouring digits
    MISSING_DIGIT = "missing_digit"
    EXTRA_DIGIT = "extra_digit"
    ONE_DIGIT = "one_digit"
    BIRTH_DATE = "birth_date"  # another date than the record's
    REGION_RENAMED = "region_renamed"  # the district had another code when he was registered
    REGION = "region"  # another district than he, or his family, comes from


# How many ways the same slip could have gone instead, as halvings.
LOSES: Mapping[Why, int] = {
    Why.ANSWERED: 0,
    Why.SWAPPED: 1,
    Why.OF_ANOTHER: 4,
    Why.SEX_OF_DAY: 1,
    Why.NOT_DIGITS: 1,
    Why.TRANSPOSED: 4,  # 15 places
    Why.MISSING_DIGIT: 4,  # 16 places
    Why.EXTRA_DIGIT: 7,  # 17 places, 10 digits
    Why.ONE_DIGIT: 7,  # 16 places, 9 other digits
    Why.BIRTH_DATE: 8,
    Why.REGION_RENAMED: 8,
    Why.REGION: 9,
}
DOUBTS: Mapping[NikCode, int] = {
    NikCode.MISMATCH_BIRTH_DATE: 10,
    NikCode.MISMATCH_SEX: 10,
    NikCode.UNKNOWN_DISTRICT: 12,
    NikCode.UNKNOWN_REGENCY: 12,
    NikCode.AGE_OVER_120: 10,
}
HELD = 20  # by somebody else; the same NIK on two people of one family alike
# Where people are registered, seen from where they live now.
RELATIVES_TOO, OF_THE_CARD, IN_THE_REGENCY, IN_THE_PROVINCE, ELSEWHERE = 1, 2, 5, 8, 10
LOW_SERIAL, HIGH_SERIAL = 9, 99  # of one day in one district there are seldom more
LOOKS_LIKE = str.maketrans("OoQDIil|ZzSsBGq", "000011112255869")
BETWEEN = str.maketrans("", "", "-.,'`/_ ")


@dataclass(frozen=True)
class Person:
    """What is known of him besides; where he lives, and by which codes that went before."""

    sex: Sex | None = None
    birth_date: date | None = None
    district: str | None = None
    former_districts: tuple[str, ...] = ()
    card_number: str | None = None
    answered: str | None = None  # the NIK that the civil registry has for him


@dataclass(frozen=True)
class Relative:
    """Somebody else in the household."""

    nik: str | None = None
    sex: Sex | None = None
    birth_date: date | None = None


@dataclass(frozen=True)
class Suggestion:
    nik: str
    why: Why
    score: int  # to be compared with those of the same NIK only
    place: Place | None = None  # the digits of it that are others


@dataclass(frozen=True)
class _Looked:
    """Everything that a suggestion is judged by."""

    about: Person
    regions: KnownRegions
    family: Sequence[Relative]
    today: date
    places: Mapping[str, int] = field(default_factory=dict)  # districts, and what they lose

    @cached_property
    def around(self) -> Sequence[tuple[int, Collection[str], int]]:
        """What a NIK loses from elsewhere in the same regencies, or provinces: by first digits."""
        return [
            (digits, {district[:digits] for district in self.places}, loses)
            for digits, loses in ((4, IN_THE_REGENCY), (2, IN_THE_PROVINCE))
        ]

    def codes(self, nik: str | None, of: Person | Relative) -> tuple[NikCode, ...] | None:
        """The warnings about a NIK that could be his; None where it can be nobody's."""
        found = check(
            nik, regions=self.regions, sex=of.sex, birth_date=of.birth_date, today=self.today
        )
        could_be = found.verdict in {NikVerdict.VALID, NikVerdict.VALID_WITH_WARNING}
        return found.codes if could_be else None


def suggestions(  # noqa: PLR0913 - what is known of him, and of everybody around
    nik: str | None,
    *,
    about: Person,
    regions: KnownRegions,
    family: Sequence[Relative] = (),
    today: date,
    most: int = MOST,
) -> list[Suggestion]:
    """The likeliest first; the same for the same question."""
    written = without_white_space(nik or "")
    looked = _Looked(about, regions, family, today, _places(about, family, regions))
    found = [
        Suggestion(candidate, why, 100 - loses - lost)
        for candidate, (why, loses) in _likeliest(written, looked).items()
        if (lost := _loses(candidate, why, looked)) is not None
    ]
    found.sort(key=_rank)
    return [replace(each, place=_differs(written, each.nik)) for each in found[:most]]


def held_told_last(found: Iterable[Suggestion], held: Collection[str]) -> list[Suggestion]:
    """What somebody else holds may still be the right one, but seldom is."""
    told = [replace(each, score=each.score - HELD * (each.nik in held)) for each in found]
    return sorted(told, key=_rank)


def _rank(each: Suggestion) -> tuple[int, str]:
    return -each.score, each.nik


# --- how it may have come about

CHANGED_LENGTH = {Why.MISSING_DIGIT, Why.EXTRA_DIGIT}  # a second slip beside it is left out
Way = tuple[str, Why, int]  # a NIK, what would have been done to it, and what that loses


def _likeliest(written: str, looked: _Looked) -> Mapping[str, tuple[Why, int]]:
    """By what each NIK may have become the one that was written; of several ways the likeliest."""
    found: dict[str, tuple[Why, int]] = {}
    for nik, why, loses in _ways(written, looked):
        if nik != written and (nik not in found or loses < found[nik][1]):
            found[nik] = why, loses
    return found


def _ways(written: str, looked: _Looked) -> Iterator[Way]:
    """Of a NIK in which nothing is wrong there is none but what the civil registry says."""
    if looked.about.answered:
        yield looked.about.answered, Why.ANSWERED, LOSES[Why.ANSWERED]
    if looked.codes(written, looked.about) == ():
        return
    yield from _swapped(looked)
    for digits, why, loses in _sixteen(written):
        if why is not None:
            yield digits, why, loses
        slips = _rewritten if why in CHANGED_LENGTH else _slips
        for nik, slip in slips(digits, looked):
            yield nik, why or slip, loses + LOSES[slip]


def _sixteen(written: str) -> Iterator[tuple[str, Why | None, int]]:
    """What was written, as sixteen digits: in every way in which it can be made so."""
    bare = written.translate(BETWEEN).translate(LOOKS_LIKE)
    why, loses = (None, 0) if bare == written else (Why.NOT_DIGITS, LOSES[Why.NOT_DIGITS])
    if not bare.isascii() or not bare.isdigit() or len(bare) not in LENGTHENED:
        return
    slip, digits = LENGTHENED[len(bare)]
    loses += LOSES[slip] if slip else 0
    for nik in dict.fromkeys(digits(bare)):
        yield nik, slip or why, loses


def _as_it_is(digits: str) -> Iterator[str]:
    yield digits


def _with_a_digit(digits: str) -> Iterator[str]:
    for at in range(len(digits) + 1):
        yield from (f"{digits[:at]}{digit}{digits[at:]}" for digit in "0123456789")


def _without_a_digit(digits: str) -> Iterator[str]:
    for at in range(len(digits)):
        yield digits[:at] + digits[at + 1 :]


LENGTHENED: Mapping[int, tuple[Why | None, Callable[[str], Iterator[str]]]] = {
    LENGTH - 1: (Why.MISSING_DIGIT, _with_a_digit),
    LENGTH: (None, _as_it_is),
    LENGTH + 1: (Why.EXTRA_DIGIT, _without_a_digit),
}


def _slips(digits: str, looked: _Looked) -> Iterator[tuple[str, Why]]:
    yield _with_other_day(digits), Why.SEX_OF_DAY
    for at in range(LENGTH - 1):
        yield digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :], Why.TRANSPOSED
    for at in range(LENGTH):
        for digit in "0123456789":
            yield f"{digits[:at]}{digit}{digits[at + 1 :]}", Why.ONE_DIGIT
    yield from _rewritten(digits, looked)


def _rewritten(digits: str, looked: _Looked) -> Iterator[tuple[str, Why]]:
    """The record's birth date put in, or a district that is likely."""
    dated = _with_birth_date(digits, looked.about)
    if dated is not None:
        whose = Why.OF_ANOTHER if _is_anothers(digits, looked) else Why.BIRTH_DATE
        yield dated, whose
    for district in looked.places:
        renamed = district in looked.about.former_districts
        why = Why.REGION_RENAMED if renamed else Why.REGION
        yield district + digits[6:], why
        if dated is not None:
            yield district + dated[6:], why


def _swapped(looked: _Looked) -> Iterator[Way]:
    """Another member has a NIK that fits this one and not him."""
    for other in looked.family:
        fits = other.nik is not None and looked.codes(other.nik, looked.about) == ()
        if fits and other.nik is not None and looked.codes(other.nik, other):
            yield other.nik, Why.SWAPPED, LOSES[Why.SWAPPED]


def _is_anothers(digits: str, looked: _Looked) -> bool:
    return any(other.nik == digits for other in looked.family)


def _with_other_day(digits: str) -> str:
    day = int(digits[6:8])
    return f"{digits[:6]}{day - WOMEN_ADD if day > WOMEN_ADD else day + WOMEN_ADD:02d}{digits[8:]}"


def _with_birth_date(digits: str, about: Person) -> str | None:
    born = about.birth_date
    if born is None:
        return None
    is_woman = int(digits[6:8]) > WOMEN_ADD if about.sex is None else about.sex is Sex.FEMALE
    day = born.day + WOMEN_ADD if is_woman else born.day
    return f"{digits[:6]}{day:02d}{born:%m%y}{digits[12:]}"


# --- how likely it is


def _loses(nik: str, why: Why, looked: _Looked) -> int | None:
    """None where it could be nobody's."""
    codes = looked.codes(nik, looked.about)
    if codes is None or why is Why.ANSWERED:
        return None if codes is None else 0
    doubts = sum(DOUBTS.get(code, 0) for code in codes)
    in_family = any(other.nik == nik and not looked.codes(nik, other) for other in looked.family)
    return doubts + HELD * in_family + _far(nik, looked) + _late(nik)


def _far(nik: str, looked: _Looked) -> int:
    known = looked.places.get(nik[DISTRICT])
    if known is not None:
        return known
    for digits, places, loses in looked.around:
        if nik[:digits] in places:
            return loses
    return ELSEWHERE if looked.places else 0


def _late(nik: str) -> int:
    """Serials are given day by day in each district, so most are low."""
    serial = int(nik[SERIAL])
    return 0 if serial <= LOW_SERIAL else 1 if serial <= HIGH_SERIAL else 2


def _places(about: Person, family: Sequence[Relative], regions: KnownRegions) -> dict[str, int]:
    """Districts in which somebody of this household may have been registered."""
    card = check_family_card(about.card_number).digits
    named = [
        (about.district, 0),
        *((code, RELATIVES_TOO) for code in about.former_districts),
        *((_district(other.nik), RELATIVES_TOO) for other in family),
        (card and card[DISTRICT], OF_THE_CARD),
    ]
    found: dict[str, int] = {}
    for code, loses in named:
        if code and code[:4] in regions.regencies and not regions.misses_district(code):
            found[code] = min(loses, found.get(code, loses))
    return found


def _district(nik: str | None) -> str | None:
    is_whole = nik is not None and len(nik) == LENGTH and nik.isascii() and nik.isdigit()
    return nik[DISTRICT] if nik and is_whole else None


def _differs(written: str, nik: str) -> Place | None:
    """The digits of the suggestion that were not written so, from the first to the last."""
    if len(written) != LENGTH:
        return None
    at = [place for place, (a, b) in enumerate(zip(written, nik, strict=True), 1) if a != b]
    return Place(at[0], at[-1]) if at else None


def former_districts(district: str, replaced: Mapping[str, str]) -> tuple[str, ...]:
    """The codes that a district had before: its own, and those in regencies with another code."""
    own = (old for old, new in replaced.items() if new == district)
    of_regency = (old + district[4:] for old, new in replaced.items() if new == district[:4])
    return tuple(sorted({*own, *of_regency}))


SAID: Mapping[Why, Said] = {
    Why.ANSWERED: Said(
        id="Menurut jawaban Dinas Dukcapil.", en="The civil registry has answered this."
    ),
    Why.SWAPPED: Said(
        id="NIK ini tercatat pada anggota lain, padahal cocok dengan orang ini: keduanya tertukar.",
        en="Another member has this NIK, but it fits this person: the two were swapped.",
    ),
    Why.OF_ANOTHER: Said(
        id="NIK yang tercatat milik anggota lain. Ini NIK itu dengan tanggal lahir orang ini.",
        en="The NIK on record is another member's. This is that one with this person's birth date.",
    ),
    Why.SEX_OF_DAY: Said(
        id="Tanggal lahir perempuan ditambah 40, laki-laki tidak.",
        en="A woman's day of birth has 40 added, a man's has not.",
    ),
    Why.NOT_DIGITS: Said(
        id="Tanda baca dibuang, dan huruf yang mirip angka diganti.",
        en="Signs were left out, and letters that look like digits replaced.",
    ),
    Why.TRANSPOSED: Said(
        id="Dua angka yang berdampingan tertukar.", en="Two neighbouring digits changed places."
    ),
    Why.MISSING_DIGIT: Said(id="Satu angka tertinggal.", en="One digit was left out."),
    Why.EXTRA_DIGIT: Said(id="Ada satu angka terlalu banyak.", en="There is one digit too many."),
    Why.ONE_DIGIT: Said(id="Satu angka salah ketik.", en="One digit was mistyped."),
    Why.BIRTH_DATE: Said(
        id="Angka ke-7 sampai ke-12 diganti dengan tanggal lahir yang tercatat.",
        en="Digits 7 to 12 were replaced by the birth date on record.",
    ),
    Why.REGION_RENAMED: Said(
        id="Enam angka pertama diganti dengan kode lama wilayah ini, sebelum berganti kode.",
        en="The first six digits were replaced by the code this district had before.",
    ),
    Why.REGION: Said(
        id="Enam angka pertama diganti dengan kecamatan tempat ia atau keluarganya tercatat.",
        en="The first six digits were replaced by the district of this person or of the family.",
    ),
}
