"""Invented households, the same ones for the same seed: no network, no database, no clock.

Nobody here exists. Names are drawn from lists, and numbers are made to fit them; but a NIK that
is well formed may by chance be somebody's, so none of these may be looked up anywhere else.

A few NIKs are wrong, missing or held twice, because real lists are like that too.
"""

from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import cache
from itertools import accumulate
from random import Random
from typing import Literal, TypeVar

from app.demo import names
from app.demo.names import Generation, Origin

Sex = Literal["male", "female"]
Drawn = TypeVar("Drawn")


class Relation(IntEnum):
    """To the head, with the codes of the questionnaire (kol 3 and 5)."""

    HEAD = 1
    SPOUSE = 2
    CHILD = 3
    CHILD_IN_LAW = 4
    GRANDCHILD = 5
    PARENT = 6
    OTHER = 8


class MaritalStatus(IntEnum):
    """With the codes of the questionnaire (kol 8)."""

    NEVER_MARRIED = 1
    MARRIED = 2
    DIVORCED = 3
    WIDOWED = 4


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

R, M = Relation, MaritalStatus
TODAY = date(2026, 1, 1).toordinal()  # the day on which everybody's age is counted
YEAR = 365.2425
CILEGON = (-6.0, 106.0)

SHARE_OF_NEWCOMERS = 0.2
NO_LONGER_A_CHILD = 15  # years
STILL_AN_INFANT = 2

# Serial numbers are dealt out so that no two villages of a regency ever deal the same one.
VILLAGES_APART = 97
SERIALS_EACH = 103


@dataclass(slots=True)
class _Person:
    sex: Sex
    born: int  # a day, as date.toordinal counts them
    name: str
    mother_name: str
    to_household: Relation
    to_family: Relation
    marital_status: MaritalStatus
    family: int = 1
    origin: Origin | None = None
    nik: str | None = None

    @property
    def age(self) -> float:
        return (TODAY - self.born) / YEAR


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
        self.draw = _Draw(f"{seed} {code}")
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
        people.sort(key=lambda person: person.to_household is R.PARENT)
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

    def _register(self, person: _Person, newcomers_from: Origin | None) -> None:
        """Children are mostly registered where they live now, their elders where they came from."""
        moved = self.draw.chance(0.85 if person.age > NO_LONGER_A_CHILD else 0.25)
        person.origin = newcomers_from if newcomers_from and moved else self.home
        person.nik = self._nik(person, person.origin.district_code)

    def _nik(self, person: _Person, district_code: str) -> str | None:
        draw, flaws = self.draw, self.flaws
        infant = person.age < STILL_AN_INFANT
        if draw.chance(flaws.missing_for_infants if infant else flaws.missing):
            return None
        nik = self.niks.next(district_code, _as_on_card(person.born, person.sex))
        return draw.among(MISTAKES)(nik) if draw.chance(flaws.wrong) else nik

    def _has_lodger(self, number: int) -> bool:
        every = self.flaws.lodger_in
        return every > 0 and number % every == every // 2

    def _lodger(self, number: int) -> _Person:
        """Somebody young, from the neighbourhood of two villages, whom both of them count."""
        pair = (int(self.code[6:]) - 1) // 2
        draw = _Draw(f"{self.seed} {self.code[:6]} {pair} {number}")
        person = _relative(draw, R.OTHER, _sex(draw), _years_ago(draw.between(18, 30)))
        serial = VILLAGES_APART * SERIALS_EACH + (pair + number) % 9
        person.origin = self.home
        person.nik = f"{self.home.district_code}{_as_on_card(person.born, person.sex)}{serial:04}"
        return person

    def _families(
        self, people: Sequence[_Person], newcomers_from: Origin | None
    ) -> tuple[FamilySketch, ...]:
        numbers = sorted({person.family for person in people})
        return tuple(FamilySketch(number, self._card(newcomers_from)) for number in numbers)

    def _card(self, newcomers_from: Origin | None) -> str | None:
        if self.draw.chance(self.flaws.without_card):
            return None
        brought_along = self.draw.chance(0.2)
        origin = newcomers_from if newcomers_from and brought_along else self.home
        recorded = _years_ago(self.draw.between(0.2, 20))
        return self.cards.next(origin.district_code, _as_on_card(recorded, "male"))

    def _member(self, number: int, person: _Person) -> MemberSketch:
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


class _Draw:
    """A source of chance, in the words of this module."""

    def __init__(self, seed: str) -> None:
        random = Random(seed)  # noqa: S311 - nothing here is secret
        self._unit = random.random
        self._normal = random.gauss

    def chance(self, share: float) -> bool:
        return self._unit() < share

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._unit()

    def whole(self, low: int, high: int) -> int:
        return low + int((high - low + 1) * self._unit())

    def near(self, middle: float, spread: float) -> float:
        return self._normal(middle, spread)

    def among(self, weighted: Sequence[tuple[float, Drawn]]) -> Drawn:
        """One of these, whose weights add up to one."""
        left = self._unit()
        for weight, choice in weighted:
            left -= weight
            if left < 0:
                return choice
        return weighted[-1][1]

    def skewed(self, choices: Sequence[Drawn]) -> Drawn:
        """One of these: the first often, the last hardly ever, as names are borne."""
        ladder = _ladder(len(choices))
        return choices[bisect(ladder, self._unit() * ladder[-1])]


@cache
def _ladder(length: int) -> tuple[float, ...]:
    """Zipf's law, a little flattened at the top."""
    return tuple(accumulate(1 / (rank + 3) for rank in range(length + 1)))[:length]


# --- Who lives together ---------------------------------------------------------------------


def _alone(draw: _Draw) -> list[_Person]:
    if draw.chance(0.7):
        born, status = _years_ago(draw.between(55, 85)), M.WIDOWED
        sex: Sex = "female" if draw.chance(0.75) else "male"
    else:
        born, status, sex = _years_ago(draw.between(20, 38)), M.NEVER_MARRIED, _sex(draw)
    return [_relative(draw, R.HEAD, sex, born, status)]


def _couple_alone(draw: _Draw) -> list[_Person]:
    age = draw.between(19, 30) if draw.chance(0.35) else draw.between(48, 75)
    return _couple(draw, wife_born=_years_ago(age))


def _couple_with_children(draw: _Draw) -> list[_Person]:
    children, mother_born = _brood(draw, draw.among(BROODS))
    couple = _couple(draw, wife_born=mother_born, before=children[-1])
    return couple + _children(draw, children, mother_name=couple[1].name)


def _one_parent(draw: _Draw) -> list[_Person]:
    children, mother_born = _brood(draw, draw.among(BROODS))
    status = M.WIDOWED if draw.chance(0.6) else M.DIVORCED
    if draw.chance(0.8):
        head = _relative(draw, R.HEAD, "female", mother_born, status)
        return [head, *_children(draw, children, mother_name=head.name)]
    head = _relative(draw, R.HEAD, "male", _husband_born(draw, mother_born, children[-1]), status)
    return [head, *_children(draw, children, mother_name=_name(draw, "female", mother_born))]


def _with_a_grandparent(draw: _Draw) -> list[_Person]:
    people = _couple_with_children(draw)
    head = people[0]
    born = head.born - int(draw.between(18, 32) * YEAR)
    if _years_ago(95) < born:
        sex: Sex = "female" if draw.chance(0.75) else "male"
        parent = _relative(draw, R.PARENT, sex, born, M.WIDOWED)
        if sex == "female":
            head.mother_name = parent.name
        people.append(parent)
    return people


def _two_families(draw: _Draw) -> list[_Person]:
    """Old parents, and a married child who still lives with them, with a family card of its own."""
    young = _young_family(draw)
    child = young[0]
    mother_born = child.born - int(draw.between(18, 30) * YEAR)
    elders = _elders(draw, mother_born, before=child.born)
    mother_name = next((p.name for p in elders if p.sex == "female"), child.mother_name)
    child.mother_name = mother_name
    if draw.chance(0.4):
        later = int(draw.between(2, 9) * YEAR)
        elders += _children(draw, [child.born + later], mother_name=mother_name)
    return elders + young


def _elders(draw: _Draw, mother_born: int, *, before: int) -> list[_Person]:
    if draw.chance(0.75):
        return _couple(draw, wife_born=mother_born, before=before)
    return [_relative(draw, R.HEAD, "female", mother_born, M.WIDOWED)]


def _young_family(draw: _Draw) -> list[_Person]:
    """A married child first, then the spouse and the grandchildren, all of the second family."""
    grandchildren, wife_born = _young_brood(draw)
    eldest = grandchildren[-1] if grandchildren else TODAY
    husband, wife = _couple(draw, wife_born=wife_born, before=eldest)
    child, in_law = (husband, wife) if draw.chance(0.5) else (wife, husband)
    child.to_household, in_law.to_household = R.CHILD, R.CHILD_IN_LAW
    babies = _children(draw, grandchildren, mother_name=wife.name)
    for baby in babies:
        baby.to_household = R.GRANDCHILD
    young = [child, in_law, *babies]
    for person in young:
        person.family = 2
    return young


def _young_brood(draw: _Draw) -> tuple[list[int], int]:
    count = draw.among(GRANDCHILDREN)
    if count == 0:
        return [], _years_ago(draw.between(19, 28))
    return _brood(draw, count, youngest=5)


SHAPES: tuple[tuple[float, Callable[[_Draw], list[_Person]]], ...] = (
    (0.58, _couple_with_children),
    (0.11, _couple_alone),
    (0.10, _one_parent),
    (0.08, _two_families),
    (0.07, _alone),
    (0.06, _with_a_grandparent),
)
BROODS = ((0.37, 1), (0.37, 2), (0.17, 3), (0.06, 4), (0.03, 5))
GRANDCHILDREN = ((0.55, 1), (0.25, 0), (0.20, 2))


# --- How they are related -------------------------------------------------------------------


def _couple(draw: _Draw, *, wife_born: int, before: int = TODAY) -> list[_Person]:
    husband_born = _husband_born(draw, wife_born, before)
    return [
        _relative(draw, R.HEAD, "male", husband_born, M.MARRIED),
        _relative(draw, R.SPOUSE, "female", wife_born, M.MARRIED),
    ]


def _husband_born(draw: _Draw, wife_born: int, eldest_born: int) -> int:
    """A few years before her, and of age before the first child."""
    of_age = min(eldest_born, _years_ago(1)) - int(19 * YEAR)
    return min(wife_born - int(draw.near(3.5, 3) * YEAR), of_age)


def _brood(draw: _Draw, count: int, *, youngest: float = 22) -> tuple[list[int], int]:
    """Birthdays of children, the youngest first, and their mother's."""
    youngest = max(youngest - 3 * (count - 1), 1)
    last = _years_ago(0.05 + youngest * draw.between(0, 1) ** 1.3)
    gaps = [draw.whole(500, 2200) for _ in range(count - 1)]
    birthdays = list(accumulate(gaps, lambda born, gap: born - gap, initial=last))
    at_last = min(draw.near(24 + 2.5 * len(gaps), 4), 45) * YEAR
    mother_born = last - int(max(at_last, 18 * YEAR + sum(gaps)))
    return birthdays, mother_born


def _children(draw: _Draw, birthdays: Sequence[int], *, mother_name: str) -> list[_Person]:
    """The eldest first, as they stand on the form."""
    children = [_relative(draw, R.CHILD, _sex(draw), born) for born in reversed(birthdays)]
    for child in children:
        child.mother_name = mother_name
    return children


def _relative(
    draw: _Draw,
    relation: Relation,
    sex: Sex,
    born: int,
    status: MaritalStatus = M.NEVER_MARRIED,
) -> _Person:
    mother_born = born - int(25 * YEAR)
    name, mother_name = _name(draw, sex, born), _name(draw, "female", mother_born)
    return _Person(sex, born, name, mother_name, relation, relation, status)


def _sex(draw: _Draw) -> Sex:
    return "male" if draw.chance(0.51) else "female"


def _years_ago(years: float) -> int:
    return TODAY - int(years * YEAR)


# --- What they are called, and what their cards say -------------------------------------------


def _name(draw: _Draw, sex: Sex, born: int) -> str:
    lists = (names.MALE if sex == "male" else names.FEMALE)[_generation(born)]
    given = draw.skewed(lists.given)
    if draw.chance(lists.share_single):
        return given
    if draw.chance(lists.share_lead):
        lead = f"{draw.skewed(lists.leads)} {given}"
        return f"{lead} {draw.skewed(lists.second)}" if draw.chance(0.35) else lead
    return f"{given} {draw.skewed(lists.second)}"


_PARENTS_SINCE = date(1968, 1, 1).toordinal()
_CHILDREN_SINCE = date(2000, 1, 1).toordinal()


def _generation(born: int) -> Generation:
    if born >= _CHILDREN_SINCE:
        return Generation.CHILD
    return Generation.PARENT if born >= _PARENTS_SINCE else Generation.ELDER


def _in_a_kampung(draw: _Draw) -> str:
    return f"LINK. {draw.skewed(names.KAMPUNGS)}"


def _on_a_street(draw: _Draw) -> str:
    return f"{draw.skewed(names.STREETS)} NO. {draw.whole(1, 120)}"


def _on_an_estate(draw: _Draw) -> str:
    block = f"{'ABCDEFGH'[draw.whole(0, 7)]}{draw.whole(1, 12)}"
    return f"{draw.skewed(names.ESTATES)} BLOK {block} NO. {draw.whole(1, 30)}"


ADDRESSES: tuple[tuple[float, Callable[[_Draw], str]], ...] = (
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
