"""Invented households, the same ones for the same seed: no network, no database, no clock.

Nobody here exists. Names are drawn from lists, and numbers are made to fit them; but a NIK that
is well formed may by chance be somebody's, so none of these may be looked up anywhere else.

A few NIKs are wrong, missing or held twice, because real lists are like that too.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.demo.kinship import (
    SHAPES,
    Chance,
    MaritalStatus,
    Person,
    Relation,
    Sex,
    either_sex,
    name_by_family,
    relative,
    years_ago,
)
from app.demo.names import Origin
from app.demo.regencies import regency_of


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
    counted_next_door: bool  # with somebody whom another village has counted before


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

SHARE_OF_NEWCOMERS = 0.2
NO_LONGER_A_CHILD = 15  # years
STILL_AN_INFANT = 2

# Serial numbers are dealt out so that no two dealers ever deal the same one.
DEALERS = 1000
SERIALS_EACH = 9
PAIRS, LODGERS_EACH = 64, 15  # their serials lie above all that are dealt


def households(
    seed: int,
    village_code: str,
    count: int,
    *,
    dealer: int | None = None,
    flaws: Flaws = USUAL,
) -> Iterator[HouseholdSketch]:
    """So many households of one village. Villages loaded together need a `dealer` each."""
    village = _Village(seed, village_code, _usual_dealer(village_code, dealer), flaws)
    return (village.household(number) for number in range(count))


def _usual_dealer(code: str, dealer: int | None) -> int:
    """Enough for one district: no two villages of it have the same."""
    return (int(code[4:6]) * 37 + int(code[6:])) % DEALERS if dealer is None else dealer


class _Village:
    def __init__(self, seed: int, code: str, dealer: int, flaws: Flaws) -> None:
        regency = regency_of(code)
        self.seed = seed
        self.code = code
        self.flaws = flaws
        self.culture = regency.culture
        self.home = Origin(regency.place, code[:6])
        self.draw = Chance(f"{seed} {code}", regency.culture)
        self.niks = _Numbers(dealer)
        self.cards = _Numbers(dealer)
        self.latitude, self.longitude = (
            middle + self.draw.between(-0.05, 0.05) for middle in regency.centre
        )

    def household(self, number: int) -> HouseholdSketch:
        draw = self.draw
        origins = self.culture.origins
        newcomers_from = draw.skewed(origins) if draw.chance(SHARE_OF_NEWCOMERS) else None
        people = draw.among(SHAPES)(draw)
        if self.culture.surnames:
            name_by_family(draw, people)
        for person in people:
            self._register(person, newcomers_from)
        lodges = self._has_lodger(number)
        if lodges:
            people.append(self._lodger(number))
        people.sort(key=lambda person: person.to_household is Relation.PARENT)
        return HouseholdSketch(
            village_code=self.code,
            address=self._address(),
            rt=f"{draw.whole(1, 8):03}",
            rw=f"{draw.whole(1, 9):03}",
            latitude=round(draw.near(self.latitude, 0.004), 6),
            longitude=round(draw.near(self.longitude, 0.004), 6),
            families=self._families(people, newcomers_from),
            members=tuple(self._member(number, person) for number, person in enumerate(people, 1)),
            counted_next_door=lodges and not self._is_first_of_pair(),
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
        mistake = draw.among(MISTAKES) if draw.chance(flaws.wrong) else None
        sex = OTHER[person.sex] if mistake is _of_the_other_sex else person.sex
        nik = self.niks.next(district_code, _as_on_card(person.born, sex))
        return mistake(nik) if mistake else nik

    def _has_lodger(self, number: int) -> bool:
        every = self.flaws.lodger_in
        return every > 0 and number % every == every // 2

    def _is_first_of_pair(self) -> bool:
        return int(self.code[6:]) % 2 == 1

    def _lodger(self, number: int) -> Person:
        """Somebody young, from the neighbourhood of two villages, whom both of them count."""
        pair = (int(self.code[6:]) - 1) // 2
        draw = Chance(f"{self.seed} {self.code[:6]} {pair} {number}", self.culture)
        person = relative(draw, Relation.OTHER, either_sex(draw), years_ago(draw.between(18, 30)))
        if self.culture.surnames:
            name_by_family(draw, [person])
        lodger = pair % PAIRS * LODGERS_EACH + number // self.flaws.lodger_in
        serial = DEALERS * SERIALS_EACH + 1 + lodger
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

    def _address(self) -> str:
        draw, ways = self.draw, self.culture.addresses
        way = draw.among([(each.share, each) for each in ways])
        return way.form.format(
            name=draw.skewed(way.names),
            number=draw.whole(1, 120),
            block=f"{'ABCDEFGH'[draw.whole(0, 7)]}{draw.whole(1, 12)}",
        )

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

    def __init__(self, dealer: int) -> None:
        self._dealer = dealer
        self._dealt: defaultdict[str, int] = defaultdict(int)

    def next(self, district_code: str, day_on_card: str) -> str:
        beginning = district_code + day_on_card
        dealt = self._dealt[beginning]
        self._dealt[beginning] = dealt + 1
        turn = (int(day_on_card) + dealt) % SERIALS_EACH
        return f"{beginning}{turn * DEALERS + self._dealer + 1:04}"


# --- What their cards say, and what is wrong with it -----------------------------------------


OTHER: dict[Sex, Sex] = {"male": "female", "female": "male"}


def _as_on_card(born: int, sex: Sex) -> str:
    """DDMMYY, with 40 added to the day of a woman."""
    on = date.fromordinal(born)
    return f"{on.day + (40 if sex == 'female' else 0):02}{on.month:02}{on.year % 100:02}"


def _one_digit_short(nik: str) -> str:
    return nik[:-1]


def _on_an_impossible_day(nik: str) -> str:
    return f"{nik[:6]}3102{nik[10:]}"


def _of_the_other_sex(nik: str) -> str:
    return nik  # which was dealt so, lest it be somebody's


MISTAKES: tuple[tuple[float, Callable[[str], str]], ...] = (
    (0.4, _one_digit_short),
    (0.3, _on_an_impossible_day),
    (0.3, _of_the_other_sex),
)
