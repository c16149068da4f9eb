"""What rows of one file have to do with each other: families that agree, nothing twice.

Rows that share a key are a group. Whoever holds the rows brings the groups together, in memory or
by a database's order, and asks each `Grouping` what is wrong with one of them; nothing here keeps
more than that group.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter, ne
from typing import Any

from app.domain.imports.bdt2015 import HOUSEHOLD_KEYS
from app.domain.imports.columns import ImportKind
from app.domain.imports.problems import Problem, problem
from app.domain.niks import is_placeholder
from app.domain.programmes import Unit, programmes

TOLD = 10  # rows that a sentence names
HEAD = 1  # the relation of a head to himself
ID = "bdt_household_id"


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its number in the file, with the values that were read of it."""

    number: int
    values: Mapping[str, Any]


Found = tuple[int, Problem]  # in which row
Asking = tuple[object, object]  # who, for what
Check = Callable[[Sequence[Row]], Iterator[Found]]


@dataclass(frozen=True)
class Grouping:
    """Rows with the same values of `by` are looked at together, `needs` is all that is looked at.

    `single`: whether a row that is alone in its group is looked at too.
    """

    by: tuple[str, ...]
    check: Check
    needs: tuple[str, ...] = ()
    single: bool = False

    def in_groups(self, groups: Iterable[Sequence[Row]]) -> Iterator[Found]:
        for rows in groups:
            if self.single or len(rows) > 1:
                yield from self.check(rows)

    def in_order(self, rows: Iterable[Row]) -> Iterator[Found]:
        """Of rows that come in the order of `by`. Where the key is missing there is no group."""
        keyed = (row for row in rows if all(key in row.values for key in self.by))
        groups = groupby(keyed, key=lambda row: tuple(row.values[key] for key in self.by))
        return self.in_groups(list(group) for _, group in groups)

    def in_memory(self, rows: Iterable[Row]) -> Iterator[Found]:
        """Of rows in any order, all of which are held at once."""
        groups: dict[tuple[object, ...], list[Row]] = {}
        for row in rows:
            if all(key in row.values for key in self.by):
                groups.setdefault(tuple(row.values[key] for key in self.by), []).append(row)
        return self.in_groups(groups.values())


def problems_in(kind: ImportKind, rows: Sequence[Row]) -> list[Found]:
    """All that is wrong between the rows of a small file, by row."""
    found = [each for grouping in GROUPINGS[kind] for each in grouping.in_memory(rows)]
    return sorted(found, key=itemgetter(0))


def _words(others: Iterator[Row]) -> dict[str, object]:
    """No more of them are looked at than are told: thousands of rows may say the same."""
    numbers = sorted(other.number for other in islice(others, TOLD + 1))
    more = ["..."] if len(numbers) > TOLD else []
    return {"rows": ", ".join([*map(str, numbers[:TOLD]), *more])}


def _each(code: str, column: str, rows: Sequence[Row]) -> Iterator[Found]:
    """The same of every one of these rows, if there are several."""
    if len(rows) > 1:
        for row in rows:
            others = (other for other in rows if other is not row)
            yield row.number, problem(code, column, words=_words(others))


def repeated(code: str, column: str) -> Check:
    return lambda rows: _each(code, column, rows)


def _nik(rows: Sequence[Row]) -> Iterator[Found]:
    if not is_placeholder(rows[0].values["nik"]):
        yield from _each("nik_repeated", "nik", rows)


def _household(rows: Sequence[Row]) -> Iterator[Found]:
    yield from _household_columns(rows)
    yield from _counts(rows)
    yield from _member_numbers(rows)
    yield from _heads(rows)


def _household_columns(rows: Sequence[Row]) -> Iterator[Found]:
    """Of a row that does not name its household, the row before has said it."""
    first, said = rows[0], rows[0].values
    for row in rows[1:]:
        said = row.values if ID in row.values else said
        for key in _differing_keys(said, first.values):
            yield row.number, problem("household_differs", key, words={"row": first.number})


def _differing_keys(said: Mapping[str, Any], first: Mapping[str, Any]) -> Iterable[str]:
    if said is first:
        return ()
    return [key for key in HOUSEHOLD_KEYS if said.get(key) != first.get(key)]


def _counts(rows: Sequence[Row]) -> Iterator[Found]:
    first = rows[0]
    families = {row.values["family_number"] for row in rows if "family_number" in row.values}
    said = first.values.get("member_count", len(rows))
    if said != len(rows):
        words = {"said": said, "count": len(rows)}
        yield first.number, problem("member_count_differs", "member_count", words=words)
    said = first.values.get("family_count", len(families))
    if families and said != len(families):
        words = {"said": said, "count": len(families)}
        yield first.number, problem("family_count_differs", "family_count", words=words)


def _member_numbers(rows: Sequence[Row]) -> Iterator[Found]:
    for group in _by(rows, "member_number").values():
        yield from _each("member_number_repeated", "member_number", group)


def _heads(rows: Sequence[Row]) -> Iterator[Found]:
    key = "relation_to_household_head"
    heads = [row for row in rows if row.values.get(key) == HEAD]
    yield from _each("two_household_heads", key, heads)
    if not heads:
        yield rows[0].number, problem("no_household_head", key)
    key = "relation_to_family_head"
    for family in _by(rows, "family_number").values():
        heads = [row for row in family if row.values.get(key) == HEAD]
        yield from _each("two_family_heads", key, heads)


def _by(rows: Sequence[Row], key: str) -> dict[object, list[Row]]:
    groups: dict[object, list[Row]] = {}
    for row in rows:
        if key in row.values:
            groups.setdefault(row.values[key], []).append(row)
    return groups


def _person(rows: Sequence[Row]) -> Iterator[Found]:
    """One person may ask for several programmes, but once for each, and is always the same."""
    if not is_placeholder(rows[0].values["nik"]):
        yield from _clashing("nik_repeated", "nik", rows, _asking, _may_not_both)


def _asking(row: Row) -> Asking:
    who = str(row.values.get("name", "")).casefold(), row.values.get("birth_date")
    return who, _programme(row)


def _may_not_both(one: Asking, other: Asking) -> bool:
    return one[0] != other[0] or one[1] == other[1]


VILLAGE = ("province", "regency", "district", "village")


def _card(rows: Sequence[Row]) -> Iterator[Found]:
    """People of one card: in one village, with one of the programmes that families take."""
    yield from _clashing("villages_differ", "village", rows, _village, ne)
    asking = [row for row in rows if _is_of_families(row.values.get("programme"))]
    yield from _clashing("two_family_programmes", "programme", asking, _programme, ne)


def _clashing(
    code: str,
    column: str,
    rows: Sequence[Row],
    aspect: Callable[[Row], Any],
    clash: Callable[[Any, Any], bool],
) -> Iterator[Found]:
    """Of each row, the others whose aspect does not go with its own."""
    alike: dict[Any, list[Row]] = {}
    for row in rows:
        alike.setdefault(aspect(row), []).append(row)
    for row in rows:
        own = aspect(row)
        against = (some for said, some in alike.items() if clash(own, said))
        words = _words(each for some in against for each in some if each is not row)
        if words["rows"]:
            yield row.number, problem(code, column, words=words)


def _village(row: Row) -> object:
    return tuple(str(row.values.get(key, "")).casefold() for key in VILLAGE)


def _programme(row: Row) -> object:
    return row.values.get("programme")


def _is_of_families(code: str | None) -> bool:
    found = programmes().get(code or "")
    return found is not None and found.unit is Unit.FAMILY


NIKS = Grouping(("nik",), _nik, needs=("nik",))
GROUPINGS: Mapping[ImportKind, tuple[Grouping, ...]] = {
    ImportKind.PROPOSALS: (
        Grouping(("nik",), _person, needs=("nik", "programme", "name", "birth_date")),
        Grouping(("card_number",), _card, needs=("card_number", "programme", *VILLAGE)),
    ),
    ImportKind.BDT2015: (
        NIKS,
        Grouping(
            (ID,),
            _household,
            needs=(
                *HOUSEHOLD_KEYS,
                "member_number",
                "family_number",
                "relation_to_household_head",
                "relation_to_family_head",
            ),
            single=True,
        ),
    ),
    ImportKind.NIK_CORRECTIONS: (
        NIKS,
        Grouping(("case_id",), repeated("row_repeated", "case_id"), needs=("case_id",)),
    ),
    ImportKind.VERIFICATION_RESULTS: (
        Grouping(("proposal_id",), repeated("row_repeated", "proposal_id"), ("proposal_id",)),
    ),
    ImportKind.OPERATORS: (
        NIKS,
        Grouping(("username",), repeated("row_repeated", "username"), needs=("username",)),
    ),
}
