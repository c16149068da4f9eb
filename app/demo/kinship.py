"""Who lives together in an invented household, how they are related, and what they are called."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from itertools import accumulate
from typing import Literal

from app.demo.draws import Draw
from app.demo.names import Culture, Generation, Origin

Sex = Literal["male", "female"]


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


R, M = Relation, MaritalStatus
TODAY = date(2026, 1, 1).toordinal()  # the day on which everybody's age is counted
YEAR = 365.2425


class Chance(Draw):
    """Among the people of one culture."""

    def __init__(self, seed: str, culture: Culture) -> None:
        super().__init__(seed)
        self.culture = culture


@dataclass(slots=True)
class Person:
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


# --- Who lives together ---------------------------------------------------------------------


def _alone(draw: Chance) -> list[Person]:
    if draw.chance(0.7):
        born, status = years_ago(draw.between(55, 85)), M.WIDOWED
        sex: Sex = "female" if draw.chance(0.75) else "male"
    else:
        born, status, sex = years_ago(draw.between(20, 38)), M.NEVER_MARRIED, either_sex(draw)
    return [relative(draw, R.HEAD, sex, born, status)]


def _couple_alone(draw: Chance) -> list[Person]:
    age = draw.between(19, 30) if draw.chance(0.35) else draw.between(48, 75)
    return _couple(draw, wife_born=years_ago(age))


def _couple_with_children(draw: Chance) -> list[Person]:
    children, mother_born = _brood(draw, draw.among(BROODS))
    couple = _couple(draw, wife_born=mother_born, before=children[-1])
    return couple + _children(draw, children, mother_name=couple[1].name)


def _one_parent(draw: Chance) -> list[Person]:
    children, mother_born = _brood(draw, draw.among(BROODS))
    status = M.WIDOWED if draw.chance(0.6) else M.DIVORCED
    if draw.chance(0.8):
        head = relative(draw, R.HEAD, "female", mother_born, status)
        return [head, *_children(draw, children, mother_name=head.name)]
    head = relative(draw, R.HEAD, "male", _husband_born(draw, mother_born, children[-1]), status)
    return [head, *_children(draw, children, mother_name=_name(draw, "female", mother_born))]


def _with_a_grandparent(draw: Chance) -> list[Person]:
    people = _couple_with_children(draw)
    head = people[0]
    born = head.born - int(draw.between(18, 32) * YEAR)
    if years_ago(95) < born:
        sex: Sex = "female" if draw.chance(0.75) else "male"
        parent = relative(draw, R.PARENT, sex, born, M.WIDOWED)
        if sex == "female":
            head.mother_name = parent.name
        people.append(parent)
    return people


def _two_families(draw: Chance) -> list[Person]:
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


def _elders(draw: Chance, mother_born: int, *, before: int) -> list[Person]:
    if draw.chance(0.75):
        return _couple(draw, wife_born=mother_born, before=before)
    return [relative(draw, R.HEAD, "female", mother_born, M.WIDOWED)]


def _young_family(draw: Chance) -> list[Person]:
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


def _young_brood(draw: Chance) -> tuple[list[int], int]:
    count = draw.among(GRANDCHILDREN)
    if count == 0:
        return [], years_ago(draw.between(19, 28))
    return _brood(draw, count, youngest=5)


SHAPES: tuple[tuple[float, Callable[[Chance], list[Person]]], ...] = (
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


def _couple(draw: Chance, *, wife_born: int, before: int = TODAY) -> list[Person]:
    husband_born = _husband_born(draw, wife_born, before)
    return [
        relative(draw, R.HEAD, "male", husband_born, M.MARRIED),
        relative(draw, R.SPOUSE, "female", wife_born, M.MARRIED),
    ]


def _husband_born(draw: Chance, wife_born: int, eldest_born: int) -> int:
    """A few years before her, and of age before the first child."""
    of_age = min(eldest_born, years_ago(1)) - int(19 * YEAR)
    return min(wife_born - int(draw.near(3.5, 3) * YEAR), of_age)


def _brood(draw: Chance, count: int, *, youngest: float = 22) -> tuple[list[int], int]:
    """Birthdays of children, the youngest first, and their mother's."""
    youngest = max(youngest - 3 * (count - 1), 1)
    last = years_ago(0.05 + youngest * draw.between(0, 1) ** 1.3)
    gaps = [draw.whole(500, 2200) for _ in range(count - 1)]
    birthdays = list(accumulate(gaps, lambda born, gap: born - gap, initial=last))
    at_last = min(draw.near(24 + 2.5 * len(gaps), 4), 45) * YEAR
    mother_born = last - int(max(at_last, 18 * YEAR + sum(gaps)))
    return birthdays, mother_born


def _children(draw: Chance, birthdays: Sequence[int], *, mother_name: str) -> list[Person]:
    """The eldest first, as they stand on the form."""
    children = [relative(draw, R.CHILD, either_sex(draw), born) for born in reversed(birthdays)]
    for child in children:
        child.mother_name = mother_name
    return children


def relative(
    draw: Chance,
    relation: Relation,
    sex: Sex,
    born: int,
    status: MaritalStatus = M.NEVER_MARRIED,
) -> Person:
    mother_born = born - int(25 * YEAR)
    name, mother_name = _name(draw, sex, born), _name(draw, "female", mother_born)
    return Person(sex, born, name, mother_name, relation, relation, status)


def either_sex(draw: Chance) -> Sex:
    return "male" if draw.chance(0.51) else "female"


def years_ago(years: float) -> int:
    return TODAY - int(years * YEAR)


# --- What they are called -------------------------------------------------------------------


def _name(draw: Chance, sex: Sex, born: int) -> str:
    lists = (draw.culture.male if sex == "male" else draw.culture.female)[_generation(born)]
    given = draw.skewed(lists.given)
    if draw.chance(lists.share_single):
        return given
    if draw.chance(lists.share_lead):
        lead = f"{draw.skewed(lists.leads)} {given}"
        return f"{lead} {draw.skewed(lists.second)}" if draw.chance(0.35) else lead
    return f"{given} {draw.skewed(lists.second)}"


def name_by_family(draw: Chance, people: Sequence[Person]) -> None:
    """Where fathers hand on a surname: all but those who married into the family bear it."""
    surnames = draw.culture.surnames
    own, mothers = draw.skewed(surnames), {}
    for person in people:
        surname = draw.skewed(surnames) if person.to_household in MARRIED_IN else own
        given, person.name = person.name, f"{person.name} {surname}"
        if person.sex == "female":
            mothers[given] = person.name
    for person in people:
        given = person.mother_name
        person.mother_name = mothers.get(given) or f"{given} {draw.skewed(surnames)}"


MARRIED_IN = {R.SPOUSE, R.CHILD_IN_LAW, R.OTHER}


def somebody(seed: str, culture: Culture) -> str:
    """The name of a grown-up who is of no household here."""
    draw = Chance(seed, culture)
    person = relative(draw, R.OTHER, either_sex(draw), years_ago(draw.between(25, 50)))
    if culture.surnames:
        name_by_family(draw, [person])
    return person.name


_PARENTS_SINCE = date(1968, 1, 1).toordinal()
_CHILDREN_SINCE = date(2000, 1, 1).toordinal()


def _generation(born: int) -> Generation:
    if born >= _CHILDREN_SINCE:
        return Generation.CHILD
    return Generation.PARENT if born >= _PARENTS_SINCE else Generation.ELDER
