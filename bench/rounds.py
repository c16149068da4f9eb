"""One case: all who can answer it in turn, again and again, and what it costs each of them.

Throughput is measured in a closed loop, in rounds that follow one another at once, so that what
disturbs the machine disturbs all alike; a ratio is made within a round, and the median of them is
told. One round of reads goes before them and does not count: connections are opened in it,
statements planned, and what is read comes from the disk. Latency is measured at light load: at one
rate for all, but for whoever cannot bear it.
"""

import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from bench import contenders, costs
from bench.cases import Case
from bench.contenders import LIMIT, SERVICE, Contender, Running
from bench.load import Answer, Request, Run, ask, closed, paced
from bench.material import Material

LIGHT, BEARABLE = 0.2, 0.5  # of the service's throughput, and of one's own
ALONE = {"SIKS_COUNTS_EVERY": "0"}  # proposals are not counted beside it
WARM, TRIPS, LOOKED_AT = 200, 60, 10  # requests; reads have a whole round to get warm
FEWEST_PACED = 100
WRITTEN = 400  # proposals of a run
FEWEST = 50  # of what can be written, below which there is no case


@dataclass
class Figures:
    rates: list[float] = field(default_factory=list)  # answers a second, round by round
    cpu: list[float] = field(default_factory=list)  # milliseconds of the process, of one request
    cpu_postgres: list[float] = field(default_factory=list)
    per_second: float | None = None  # asked of it for the latencies
    p50: float | None = None  # milliseconds
    p99: float | None = None
    trips: float | None = None
    memory: float | None = None  # megabytes
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    rounds: int = 9
    seconds: float = 1.5
    paced_seconds: float = 4  # of the latencies
    paced: int = 400  # requests, at most
    per_second: float | None = None  # of the latencies; else by what was measured

    def at(self, per_second: float | None) -> "Plan":
        return replace(self, per_second=per_second)


@dataclass
class Measured:
    """A case as it was answered."""

    case: str
    title: str
    figures: dict[str, Figures] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def ratio(self, name: str, to: str) -> float | None:
        """Of the throughput, round by round; the median."""
        if name not in self.figures or to not in self.figures:
            return None
        ours, theirs = self.figures[name].rates, self.figures[to].rates
        ratios = [a / b for a, b in zip(ours, theirs, strict=True) if b]
        return median(ratios) if ratios else None


async def measured(case: Case, material: Material, plan: Plan) -> Measured:
    async with begun(case, material, plan) as bench:
        if await bench.can_begin():
            await bench.measure()
    return bench.found


@asynccontextmanager
async def begun(case: Case, material: Material, plan: Plan) -> AsyncIterator["Bench"]:
    """All who are there have started."""
    found = Measured(case.name, case.title)
    material.begin()
    there = [each for each in case.contenders if each.is_there]
    found.notes += [f"{each.name} is not there" for each in case.contenders if each not in there]
    async with AsyncExitStack() as stack:
        side = []
        for each in there:
            try:
                begun = contenders.running(each, material.server)
                side.append(await stack.enter_async_context(begun))
            except (OSError, RuntimeError) as error:
                found.figures[each.name] = Figures(failures=[f"it does not start: {error!r}"])
        yield Bench(case, material, plan, found, side)


class Bench:
    def __init__(
        self,
        case: Case,
        material: Material,
        plan: Plan,
        found: Measured,
        side: Sequence[Running],
    ) -> None:
        self._case = case
        self._material = material
        self._plan = plan
        self.found = found
        self._side = side
        found.figures |= {each.name: Figures() for each in side}
        self._requests = {each.contender: case.requests(each.contender, material) for each in side}

    async def measure(self) -> None:
        await self.warm()
        for number in range(self._plan.rounds):
            turn = number % len(self._side)
            for each in [*self._side[turn:], *self._side[:turn]]:
                await self._round(each)
        await self._latencies()
        for each in self._side:
            self._figures(each).memory = costs.pss(each.pid)
            self._figures(each).trips = await self._trips(each.contender)

    async def warm(self) -> None:
        for each in self._side:
            await self._closed(each, warming=True)

    def _figures(self, each: Running) -> Figures:
        return self.found.figures[each.name]

    def _who(self, contender: Contender) -> Running | None:
        return next((each for each in self._side if each.contender is contender), None)

    @property
    def failures(self) -> list[str]:
        return [each for figures in self.found.figures.values() for each in figures.failures]

    # --- before

    async def can_begin(self) -> bool:
        if self._case.writes:
            await self._leave_out_what_cannot_go()
        elif self._case.same:
            await self._compare()
        many = len(self._requests.get(SERVICE, ()))
        if many < (FEWEST if self._case.writes else 1):
            self.found.notes.append(f"there are only {many} to ask for")
            return False
        return True

    async def _leave_out_what_cannot_go(self) -> None:
        """Of the proposals, those with which one can go on: that is no question of speed."""
        service = self._who(SERVICE)
        requests = self._requests.get(SERVICE, [])
        run = await closed(service.url, requests) if service else Run()
        await self._material.filled.restore()
        refused = {failure.split()[1].rstrip(":") for failure in run.failures}
        goes = [at for at, request in enumerate(requests) if request.path not in refused]
        for contender, all_of_them in self._requests.items():
            self._requests[contender] = [all_of_them[at] for at in goes[:WRITTEN]]
        self.found.notes += [f"cannot go on: {each}" for each in run.failures[:1]]

    async def _compare(self) -> None:
        """What the service answers is what the limit answers."""
        ours, theirs = self._who(SERVICE), self._who(LIMIT)
        if ours is None or theirs is None:
            return
        pairs = zip(self._requests[SERVICE], self._requests[LIMIT], strict=True)
        for one, other in islice(pairs, LOOKED_AT):
            said, bare = await ask(ours.url, one), await ask(theirs.url, other)
            if said.fault(one) or bare.fault(other) or _differ(said, bare):
                self._figures(ours).failures.append(f"{one.path}: the limit answers otherwise")

    # --- throughput

    async def _round(self, each: Running) -> None:
        before = costs.cpu_of(each.pid), costs.cpu_of_postgres(self._material.server)
        run = await self._closed(each)
        after = costs.cpu_of(each.pid), costs.cpu_of_postgres(self._material.server)
        figures, many = self._figures(each), max(1, run.requests)
        figures.rates.append(run.rate)
        figures.cpu.append(1000 * (after[0] - before[0]) / many)
        figures.cpu_postgres.append(1000 * (after[1] - before[1]) / many)

    async def _closed(self, each: Running, *, warming: bool = False) -> Run:
        """What can be done once only is done until it is over, anything else again and again."""
        requests = self._requests[each.contender]
        many = WARM if warming else None
        asked = requests[:many] if self._case.writes else cycle(requests)
        run = await closed(each.url, asked, seconds=self._plan.seconds)
        await self._after(each, run)
        return run

    async def _after(self, each: Running, run: Run) -> None:
        self._figures(each).failures += run.failures
        if self._case.writes:
            await self._material.filled.restore()

    # --- latency

    async def _latencies(self) -> None:
        service = next(each for each in self._side if each.contender is SERVICE)
        light = self._plan.per_second or LIGHT * median(self._figures(service).rates)
        for each in self._side:
            figures = self._figures(each)
            figures.per_second = max(1, min(light, BEARABLE * median(figures.rates)))
            run = await self._paced(each, figures.per_second)
            if run.latencies:
                figures.p50, figures.p99 = 1000 * run.percentile(50), 1000 * run.percentile(99)

    async def p50(self, per_second: float) -> float:
        """Milliseconds, of the one who is there."""
        [each] = self._side
        return 1000 * (await self._paced(each, per_second)).percentile(50)

    async def _paced(self, each: Running, per_second: float) -> Run:
        many = int(per_second * self._plan.paced_seconds)
        requests = self._enough(each.contender, max(FEWEST_PACED, min(self._plan.paced, many)))
        run = await paced(each.url, requests, per_second=per_second)
        await self._after(each, run)
        return run

    def _enough(self, contender: Contender, many: int) -> list[Request]:
        requests = self._requests[contender]
        return requests[:many] if self._case.writes else [*islice(cycle(requests), many)]

    # --- round trips

    async def _trips(self, contender: Contender) -> float | None:
        """Counted between a process of its own and PostgreSQL, when its connections are warm."""
        requests = self._enough(contender, 2 * TRIPS)
        warm, counted = requests[: len(requests) // 2], requests[len(requests) // 2 :]
        if not self._case.writes:
            counted = warm  # whoever asks is known by then
        async with (
            self._counted() as trips,
            contenders.running(contender, trips.server, also=ALONE) as each,
        ):
            await closed(each.url, warm, connections=1)
            before = trips.count
            run = await closed(each.url, counted, connections=1)
            many = trips.count - before
        await self._after(each, run)
        return many / max(1, run.requests)

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[costs.Trips]:
        with tempfile.TemporaryDirectory(prefix="siks-") as folder:
            async with costs.counted(self._material.server, Path(folder)) as trips:
                yield trips


def _differ(one: Answer, other: Answer) -> bool:
    return bool(json.loads(one.body) != json.loads(other.body))
