"""What was measured, and which of the promises it keeps."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.bulk import Bulk
from bench.growing import Grown
from bench.rounds import Figures, Measured

GROWING = ("page", "household", "nik", "submit")
LARGE = 300_000  # households, from which on a regency has 300,000 people


@dataclass
class Size:
    """All that was measured of a database of so many households."""

    people: int
    cases: dict[str, Measured] = field(default_factory=dict)
    pgbench: dict[str, float] = field(default_factory=dict)

    def figures(self, case: str, who: str = "service") -> Figures | None:
        return self.cases[case].figures.get(who) if case in self.cases else None


@dataclass
class Mix:
    """The morning of five hundred operators."""

    sustained: float
    per_second: float
    p50: float
    p99: float
    failures: list[str]
    memory: list[float]
    is_flat: bool


@dataclass
class Results:
    date: str
    machine: dict[str, str]
    sizes: dict[int, Size] = field(default_factory=dict)
    grown: dict[str, Grown] = field(default_factory=dict)  # by case
    bulk: dict[str, Bulk] = field(default_factory=dict)
    mix: Mix | None = None
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # cases that came to no end

    @property
    def first(self) -> Size:
        return next(iter(self.sizes.values()))

    @property
    def failures(self) -> list[str]:
        found = self.broken + [
            f"{case.title}, {who}: {failure}"
            for size in self.sizes.values()
            for case in size.cases.values()
            for who, figures in case.figures.items()
            for failure in figures.failures
        ]
        found += [
            f"{case}, at all sizes: {each}"
            for case, grown in self.grown.items()
            for each in grown.failures
        ]
        found += [each for bulk in self.bulk.values() for each in bulk.failures]
        return found + (self.mix.failures if self.mix else [])

    def ratio(self, case: str, to: str) -> float | None:
        return self.first.cases[case].ratio("service", to) if case in self.first.cases else None

    def bulk_ratio(self, name: str) -> float | None:
        return self.bulk[name].ratio if name in self.bulk else None

    def p99_of_names(self) -> float | None:
        """Where the regency is large enough to say anything of it."""
        for households, size in self.sizes.items():
            figures = size.figures("name")
            if households >= LARGE and figures is not None:
                return figures.p99
        return None

    def growth(self) -> float | None:
        """The worst p50 at the last size, by that at the first."""
        return max((each.ratios[-1] for each in self.grown.values() if each.rounds), default=None)

    def told(self) -> dict[str, Any]:
        whole = asdict(self)
        for households, size in self.sizes.items():
            for name, case in size.cases.items():
                whole["sizes"][households]["cases"][name]["ratios"] = {
                    who: case.ratio("service", who) for who in case.figures if who != "service"
                }
        for case, grown in self.grown.items():
            whole["grown"][case]["ratios"] = grown.ratios
        whole["promises"] = [each.told(self) for each in PROMISES]
        return whole


@dataclass(frozen=True)
class Promise:
    what: str
    found: Callable[[Results], float | None]
    least: float | None = None
    most: float | None = None
    unit: str = ""

    def holds(self, results: Results) -> bool | None:
        found = self.found(results)
        if found is None:
            return None
        return (self.least is None or found >= self.least) and (
            self.most is None or found <= self.most
        )

    @property
    def asked(self) -> str:
        asked = f"{self.least} or more" if self.least is not None else f"{self.most} or less"
        return asked.replace(" or", f"{self.unit} or")

    def told(self, results: Results) -> dict[str, Any]:
        found, holds = self.found(results), self.holds(results)
        return {"what": self.what, "asked": self.asked, "found": found, "holds": holds}


def _mix(told: Callable[[Mix], float]) -> Callable[[Results], float | None]:
    return lambda results: told(results.mix) if results.mix else None


PROMISES = (
    Promise("page of 50, of the limit", lambda r: r.ratio("page", "limit"), least=0.6),
    Promise("page of 50, times SQLModel", lambda r: r.ratio("page", "sqlmodel"), least=4),
    Promise("page of 50, times Django REST", lambda r: r.ratio("page", "drf"), least=8),
    Promise("household in full, of the limit", lambda r: r.ratio("household", "limit"), least=0.5),
    Promise("search by NIK, of the limit", lambda r: r.ratio("nik", "limit"), least=0.5),
    Promise(
        "search by name in a regency of 300,000 people, p99",
        lambda r: r.p99_of_names(),
        most=50,
        unit=" ms",
    ),
    Promise("submit, of the limit", lambda r: r.ratio("submit", "limit"), least=0.35),
    Promise("decide, of the limit", lambda r: r.ratio("decide", "limit"), least=0.35),
    Promise("import, of COPY", lambda r: r.bulk_ratio("import"), least=0.4),
    Promise("extract, of psql", lambda r: r.bulk_ratio("extract"), least=0.5),
    Promise("p50 at the largest size, by that at the first", lambda r: r.growth(), most=1.3),
    Promise("the morning mix, failures", _mix(lambda mix: len(mix.failures)), most=0),
    Promise(
        "the morning mix, p99 at 60 % of the highest rate",
        _mix(lambda mix: mix.p99),
        most=300,
        unit=" ms",
    ),
    Promise("memory after the mix", _mix(lambda mix: mix.memory[-1]), most=250, unit=" MB"),
    Promise("memory grows no more (1: flat)", _mix(lambda mix: mix.is_flat), least=1),
)
