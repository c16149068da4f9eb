"""Invented households, the same ones for the same seed: no network, no database, no clock.

Nobody here exists. Names are drawn from lists, and numbers are made to fit them; but a NIK that
is well formed may by chance be somebody's, so none of these may be looked up anywhere else.

A few NIKs are wrong, missing or held twice, because real lists are like that too.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.demo import names
from app.demo.draws import Draw
from app.demo.kinship import (
    SHAPES,
    MaritalStatus,
    Person,
    Relation,
    Sex,
    either_sex,
    relative,
    years_ago,
)
from app.demo.names import Origin


@dataclass(frozen=True, slots=True)
class MemberSketch:
    number: int
    family_number: int
    name: str
    nik: str | None
    sex: Sex
    birth_place: str
    birth_date: date
    mother_name: str
    relation_to_household_head: Relation
    relation_to_family_head: Relation
    marital_status: MaritalStatus


@dataclass(frozen=True, slots=True)
class FamilySketch:
    number: int
    card_number: str | None


@dataclass(frozen=True, slots=True)
class HouseholdSketch:
    village_code: str
    address: str
    rt: str
    rw: str
    latitude: float
    longitude: float
    families: tuple[FamilySketch, ...]
    members: tuple[MemberSketch, ...]


@dataclass(frozen=True, slots=True)
class Flaws:
    """How much of it is not in order. Every `lodger_in`-th household lodges one counted twice."""

    wrong: float = 0.03
    missing: float = 0.035
    missing_for_infants: float = 0.15
    without_card: float = 0.03
    lodger_in: int = 27


USUAL = Flaws()
SPOTLESS = Flaws(wrong=0, missing=0, missing_for_infants=0, without_card=0, lodger_in=0)

CILEGON = (-6.0, 106.0)

SHARE_OF_NEWCOMERS = 0.2
NO_LONGER_A_CHILD = 15  # years
STILL_AN_INFANT = 2

# Serial numbers are dealt out so that no two villages of a regency ever deal the same one.
VILLAGES_APART = 97
SERIALS_EACH = 103


def households(
    seed: int, village_code: str, count: int, *, place: str = "CILEGON", flaws: Flaws = USUAL
) -> Iterator[HouseholdSketch]:
    """So many households of one village; `place` is where those born in it were born."""
    village = _Village(seed, village_code, place, flaws)
    return (village.household(number) for number in range(count))


class _Village:
    def __init__(self, seed: int, code: str, place: str, flaws: Flaws) -> None:
        self.seed = seed
        self.code = code
        self.flaws = flaws
        self.home = Origin(place, code[:6])
        self.draw = Draw(f"{seed} {code}")
        self.niks = _Numbers(code)
        self.cards = _Numbers(code)
        self.latitude = CILEGON[0] + self.draw.between(-0.05, 0.05)
        self.longitude = CILEGON[1] + self.draw.between(-0.05, 0.05)

    def household(self, number: int) -> HouseholdSketch:
        draw = self.draw
        newcomers_from = draw.skewed(names.ORIGINS) if draw.chance(SHARE_OF_NEWCOMERS) else None
        people = draw.among(SHAPES)(draw)
        for person in people:
            self._register(person, newcomers_from)
        if self._has_lodger(number):
            people.append(self._lodger(number))
        people.sort(key=lambda person: person.to_household is Relation.PARENT)
        return HouseholdSketch(
            village_code=self.code,
            address=draw.among(ADDRESSES)(draw),
            rt=f"{draw.whole(1, 8):03}",
            rw=f"{draw.whole(1, 9):03}",
            latitude=round(draw.near(self.latitude, 0.004), 6),
            longitude=round(draw.near(self.longitude, 0.004), 6),
            families=self._families(people, newcomers_from),
            members=tuple(self._member(number, person) for number, person in enumerate(people, 1)),
        )

    def _register(self, person: Person, newcomers_from: Origin | None) -> None:
        """Children are mostly registered where they live now, their elders where they came from."""
        moved = self.draw.chance(0.85 if person.age > NO_LONGER_A_CHILD else 0.25)
        person.origin = newcomers_from if newcomers_from and moved else self.home
        person.nik = self._nik(person, person.origin.district_code)

    def _nik(self, person: Person, district_code: str) -> str | None:
        draw, flaws = self.draw, self.flaws
        infant = person.age < STILL_AN_INFANT
        if draw.chance(flaws.missing_for_infants if infant else flaws.missing):
            return None
        nik = self.niks.next(district_code, _as_on_card(person.born, person.sex))
        return draw.among(MISTAKES)(nik) if draw.chance(flaws.wrong) else nik

    def _has_lodger(self, number: int) -> bool:
        every = self.flaws.lodger_in
        return every > 0 and number % every == every // 2

    def _lodger(self, number: int) -> Person:
        """Somebody young, from the neighbourhood of two villages, whom both of them count."""
        pair = (int(self.code[6:]) - 1) // 2
        draw = Draw(f"{self.seed} {self.code[:6]} {pair} {number}")
        person = relative(draw, Relation.OTHER, either_sex(draw), years_ago(draw.between(18, 30)))
        serial = VILLAGES_APART * SERIALS_EACH + (pair + number) % 9
        person.origin = self.home
        person.nik = f"{self.home.district_code}{_as_on_card(person.born, person.sex)}{serial:04}"
        return person

    def _families(
        self, people: Sequence[Person], newcomers_from: Origin | None
    ) -> tuple[FamilySketch, ...]:
        numbers = sorted({person.family for person in people})
        return tuple(FamilySketch(number, self._card(newcomers_from)) for number in numbers)

    def _card(self, newcomers_from: Origin | None) -> str | None:
        if self.draw.chance(self.flaws.without_card):
            return None
        brought_along = self.draw.chance(0.2)
        origin = newcomers_from if newcomers_from and brought_along else self.home
        recorded = years_ago(self.draw.between(0.2, 20))
        return self.cards.next(origin.district_code, _as_on_card(recorded, "male"))

    def _member(self, number: int, person: Person) -> MemberSketch:
        return MemberSketch(
            number=number,
            family_number=person.family,
            name=person.name,
            nik=person.nik,
            sex=person.sex,
            birth_place=(person.origin or self.home).place,
            birth_date=date.fromordinal(person.born),
            mother_name=person.mother_name,
            relation_to_household_head=person.to_household,
            relation_to_family_head=person.to_family,
            marital_status=person.marital_status,
        )


class _Numbers:
    """Numbers of 16 digits, region + day + serial, none of them twice."""

    def __init__(self, village_code: str) -> None:
        self._dealer = (int(village_code[4:6]) * 13 + int(village_code[6:])) % VILLAGES_APART
        self._dealt: defaultdict[str, int] = defaultdict(int)

    def next(self, district_code: str, day_on_card: str) -> str:
        beginning = district_code + day_on_card
        dealt = self._dealt[beginning]
        self._dealt[beginning] = dealt + 1
        turn = (int(day_on_card) + dealt) % SERIALS_EACH
        return f"{beginning}{turn * VILLAGES_APART + self._dealer + 1:04}"


# --- Where they live, and what their cards say ------------------------------------------------


def _in_a_kampung(draw: Draw) -> str:
    return f"LINK. {draw.skewed(names.KAMPUNGS)}"


def _on_a_street(draw: Draw) -> str:
    return f"{draw.skewed(names.STREETS)} NO. {draw.whole(1, 120)}"


def _on_an_estate(draw: Draw) -> str:
    block = f"{'ABCDEFGH'[draw.whole(0, 7)]}{draw.whole(1, 12)}"
    return f"{draw.skewed(names.ESTATES)} BLOK {block} NO. {draw.whole(1, 30)}"


ADDRESSES: tuple[tuple[float, Callable[[Draw], str]], ...] = (
    (0.60, _in_a_kampung),
    (0.25, _on_a_street),
    (0.15, _on_an_estate),
)


def _as_on_card(born: int, sex: Sex) -> str:
    """DDMMYY, with 40 added to the day of a woman."""
    on = date.fromordinal(born)
    return f"{on.day + (40 if sex == 'female' else 0):02}{on.month:02}{on.year % 100:02}"


def _one_digit_short(nik: str) -> str:
    return nik[:-1]


def _on_an_impossible_day(nik: str) -> str:
    return f"{nik[:6]}3102{nik[10:]}"


def _of_the_other_sex(nik: str) -> str:
    return f"{nik[:6]}{(int(nik[6:8]) + 40) % 80:02}{nik[8:]}"


MISTAKES: tuple[tuple[float, Callable[[str], str]], ...] = (
    (0.4, _one_digit_short),
    (0.3, _on_an_impossible_day),
    (0.3, _of_the_other_sex),
)
