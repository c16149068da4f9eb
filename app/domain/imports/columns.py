"""What a layout is made of: which columns a kind of file has, and where each value belongs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from typing import Any

from app.domain.errors import Said
from app.domain.imports.cells import Form, RegionForm
from app.domain.imports.problems import Problem
from app.domain.niks import KnownRegions

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Where nobody says which regions there are, none is missed.
ANYWHERE = KnownRegions(
    frozenset(f"{number:02}" for number in range(100)),
    frozenset(f"{number:04}" for number in range(10_000)),
    frozenset(),
)


class ImportKind(StrEnum):
    PROPOSALS = "proposals"  # template V.4 of the operators
    BDT2015 = "bdt2015"
    NIK_CORRECTIONS = "nik_corrections"
    VERIFICATION_RESULTS = "verification_results"
    OPERATORS = "operators"  # accounts of village operators


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """`key` names its value; `place` is where the value belongs, in the registry's own names."""

    key: str
    header: Said
    form: Form
    place: tuple[str, ...] = ()  # none: kept with the row, and nowhere else
    aliases: tuple[str, ...] = ()
    required: bool = False
    lenient: bool = False  # what cannot be read is told, and left out
    protected: bool = False  # printed for the reader: changes are reported and ignored
    empty_is: object = None  # what an empty cell means
    letter: str = ""
    says: Said | None = None

    @property
    def hint(self) -> Said:
        """What to write there."""
        return self.says or self.form.said

    @property
    def choices(self) -> tuple[Said, ...]:
        return self.form.choices


def region_column(
    tier: str, header: Said, *aliases: str, required: bool = False, says: Said | None = None
) -> Column:
    """Names a region of that tier, or gives its code."""
    place = ("region", tier)
    return Column(
        key=tier,
        header=header,
        form=RegionForm(),
        place=place,
        aliases=aliases,
        required=required,
        says=says,
    )


@dataclass(slots=True)
class Around:
    """What a row is judged by besides its values. `flawed`: cells that were no good."""

    today: date
    known: KnownRegions = ANYWHERE
    flawed: frozenset[str] = frozenset()


Values = dict[str, Any]
# Looks at a row as a whole, and may add to its values what follows from them.
RowRule = Callable[[Values, Around], Iterator[Problem]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """`unit` is the key whose rows go in together or not at all; none: each row for itself."""

    kind: ImportKind
    version: str
    title: Said
    columns: tuple[Column, ...]
    max_rows: int
    unit: str | None = None
    of_unit: frozenset[str] = frozenset()  # columns that its rows repeat
    rules: tuple[RowRule, ...] = ()
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # places of what rules add

    @cached_property
    def by_key(self) -> Mapping[str, Column]:
        return {each.key: each for each in self.columns}


def lettered(*columns: Column) -> tuple[Column, ...]:
    """With the letters of a spreadsheet, in order."""
    return tuple(replace(each, letter=letter_of(n)) for n, each in enumerate(columns))


@cache
def letter_of(number: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    above, own = divmod(number, len(ALPHABET))
    return (letter_of(above - 1) if above else "") + ALPHABET[own]
