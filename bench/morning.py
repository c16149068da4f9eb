"""A morning of five hundred operators: how much of it one process bears, and what it weighs then.

    python -m bench.morning [HOUSEHOLDS]

An open model: everybody asks at his own times, by a Poisson process, whether or not he has been
answered. The rate is raised until answers take more than a second or do not come; what held is the
highest sustained rate. At sixty percent of it no answer may be wrong. Somebody else having been
faster (409, 412) is an answer, and is counted by itself. Then the same goes on for five minutes,
while memory is looked at.
"""

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from app.tokens import Tokens, read_key
from bench import contenders, costs
from bench.filling import TILE, Filled, filled
from bench.load import GRAIN, Answer, Lines
from bench.operators import Asked, Desk, at_their_desks, clear
from bench.services import KEY

SHARE = 0.6  # of the highest sustained rate
LEAST, FASTER, HALVINGS = 100.0, 1.25, 3
STEP_SECONDS, SETTLE_SECONDS = 6, 2
MOST_P99 = 1.0
MOST_LATE = 0.05  # seconds by which we ourselves may be late, else the load was not made
CONNECTIONS = 256
LOOKS, FLAT = 10, 1.03
OVERTAKEN = {409, 412}
SHORT = 60  # letters of what went wrong
SEED = 20261123
console = Console(highlight=False)


@dataclass
class Kind:
    latencies: list[float] = field(default_factory=list)
    overtaken: int = 0

    def milliseconds(self, percent: float) -> float:
        if not self.latencies:
            return float("nan")
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1e3


@dataclass
class Spell:
    """Some seconds of the morning at one rate."""

    per_second: float
    seconds: float
    kinds: dict[tuple[str, str], Kind] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    late: float = 0  # at most, by our own doing
    overtime: float = 0

    def of(self, group: str) -> Kind:
        """All of a group, or of all groups."""
        chosen = [kind for (of, _), kind in self.kinds.items() if group in {of, "all"}]
        return Kind(
            [each for kind in chosen for each in kind.latencies],
            sum(kind.overtaken for kind in chosen),
        )

    @property
    def p99(self) -> float:
        return self.of("all").milliseconds(99)

    @property
    def is_kept(self) -> bool:
        return not self.failures and self.p99 <= MOST_P99 * 1e3 and self.overtime <= MOST_P99

    def take(self, asked: Asked, answer: Answer | None, seconds: float) -> None:
        kind = self.kinds.setdefault((asked.group, asked.name), Kind())
        if answer is not None and answer.status in OVERTAKEN:
            kind.overtaken += 1
            kind.latencies.append(seconds)
        elif answer is None or (fault := answer.fault(asked.request)):
            said = "no answer" if answer is None else fault
            self.failures.append(f"{asked.name}: {said[:SHORT]}")
        else:
            kind.latencies.append(seconds)
            if asked.heard is not None:
                asked.heard(answer)


@dataclass
class Morning:
    sustained: float  # requests a second
    was_bounded_by_us: bool  # the load could not be made any higher
    spell: Spell  # at sixty percent of it
    memory: list[float]  # MB: before, after the spell, then after each tenth of five minutes
    failures: list[str] = field(default_factory=list)  # of those five minutes

    @property
    def growth(self) -> float:
        """Of the last third of what was looked at, beside the beginning of that third."""
        looks = self.memory[2:]
        return looks[-1] / looks[-1 - len(looks) // 3] if len(looks) > 1 else 1.0

    @property
    def is_flat(self) -> bool:
        return self.growth <= FLAT


class Office:
    """All desks, and one service before them."""

    def __init__(self, desks: Sequence[Desk], url: str) -> None:
        self._desks = desks
        self._url = url
        self._draw = random.Random(SEED)  # noqa: S311 - to be repeated
        self._tokens = Tokens(read_key(KEY), issuer="siks", audience="siks")
        self._told = 0.0

    async def works(self, per_second: float, seconds: float) -> Spell:
        """Many Poisson processes side by side are one; whose turn it is, the lot decides."""
        self._renew_tokens()
        spell, lines = Spell(per_second, seconds), Lines(self._url, CONNECTIONS)
        asked = []
        due = time.perf_counter()
        ends = due + seconds
        while (due := due + self._draw.expovariate(per_second)) < ends:
            await asyncio.sleep(max(0, due - time.perf_counter()))
            now = time.perf_counter()
            spell.late = max(spell.late, now - due)
            desk = self._draw.choice(self._desks)
            since = min(now, due + GRAIN)
            asked.append(asyncio.create_task(_ask(lines, desk.next(), spell, since)))
        await asyncio.gather(*asked)
        spell.overtime = max(0.0, time.perf_counter() - ends)
        lines.close()
        return spell

    def _renew_tokens(self) -> None:
        """They live ten minutes; most of a morning is spent at the desk, not at the door."""
        if time.monotonic() - self._told > 240:  # noqa: PLR2004
            self._told = time.monotonic()
            for desk in self._desks:
                desk.renew_token(self._tokens)

    async def sustains(self) -> tuple[float, bool]:
        """The highest rate that was kept, and whether it was our own hands that failed."""
        good, bad = 0.0, LEAST
        while (spell := await self._tried(bad)).is_kept:
            good, bad = bad, bad * FASTER
        is_ours = spell.late > MOST_LATE
        for _ in range(HALVINGS):
            middle = (good + bad) / 2
            good, bad = (middle, bad) if (await self._tried(middle)).is_kept else (good, middle)
        if not good:
            raise RuntimeError(f"not even {bad:.0f} requests a second were kept")
        return good, is_ours

    async def _tried(self, per_second: float) -> Spell:
        await asyncio.sleep(SETTLE_SECONDS)  # that nothing is left of the one before
        spell = await self.works(per_second, STEP_SECONDS)
        tell(spell)
        return spell


async def _ask(lines: Lines, asked: Asked, spell: Spell, since: float) -> None:
    line = await lines.take()
    try:
        answer = await line.ask(asked.request)
    finally:
        lines.give(line)
    spell.take(asked, answer, time.perf_counter() - since)


async def measured(
    place: Filled, url: str, pid: int, *, seconds: float = 60, memory_seconds: float = 300
) -> Morning:
    """What was submitted and decided is put back in the end; what was drafted goes."""
    desks = await at_their_desks(place.server, place.villages)
    office = Office(desks, url)
    try:
        return await _measured(office, pid, seconds, memory_seconds)
    finally:
        await clear(place.server, desks)
        await place.restore()


async def _measured(office: Office, pid: int, seconds: float, memory_seconds: float) -> Morning:
    await office.works(LEAST, STEP_SECONDS)  # that everything is warm
    memory = [costs.pss(pid)]
    sustained, was_bounded_by_us = await office.sustains()
    await asyncio.sleep(SETTLE_SECONDS)
    spell = await office.works(sustained * SHARE, seconds)
    morning = Morning(sustained, was_bounded_by_us, spell, [*memory, costs.pss(pid)])
    for _ in range(LOOKS):
        more = await office.works(sustained * SHARE, memory_seconds / LOOKS)
        morning.failures += more.failures
        morning.memory.append(costs.pss(pid))
    return morning


# --- what is shown


def tell(spell: Spell) -> None:
    said = "kept" if spell.is_kept else "not kept"
    console.print(
        f"{spell.per_second:7.0f}/s  p99 {spell.p99:7.1f} ms  {len(spell.failures)} failures  "
        f"overtime {spell.overtime:.2f} s  late {spell.late * 1e3:.0f} ms  {said}"
    )
    for failure in sorted(set(spell.failures))[:5]:
        console.print(f"    {failure}")


def table_of(morning: Morning) -> Table:
    spell = morning.spell
    title = f"{spell.per_second:.0f} requests a second, of {morning.sustained:.0f} sustained"
    table = Table("", "requests", "p50 ms", "p99 ms", "overtaken", title=title)
    for group in ("lists", "reads", "changes", "others", "all"):
        _row(table, f"[b]{group}[/b]", spell.of(group))
        for (of, name), kind in sorted(spell.kinds.items()):
            if of == group:
                _row(table, f"  {name}", kind)
    return table


def _row(table: Table, name: str, kind: Kind) -> None:
    p50, p99 = kind.milliseconds(50), kind.milliseconds(99)
    cells = (str(len(kind.latencies)), f"{p50:.1f}", f"{p99:.1f}", str(kind.overtaken))
    table.add_row(name, *cells)


def _main(households: int) -> None:
    with filled(households) as place:
        morning = asyncio.run(_run(place))
    console.print(table_of(morning))
    failures = [*morning.spell.failures, *morning.failures]
    console.print(f"{len(failures)} failures {sorted(set(failures))[:5]}")
    looks = ", ".join(f"{each:.0f}" for each in morning.memory)
    console.print(f"memory, MB: {looks}; the last third {morning.growth:.3f}")


async def _run(place: Filled) -> Morning:
    async with contenders.running(contenders.SERVICE, place.server) as service:
        return await measured(place, service.url, service.pid)


if __name__ == "__main__":
    _main(int(sys.argv[1]) if len(sys.argv) > 1 else TILE)
