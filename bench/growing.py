"""Whether the service takes longer where there are more households.

One size after the other in each round, so that what disturbs the machine disturbs all alike: asked
minutes apart, a size would be compared with another hour of the machine.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import median

from bench.cases import Case
from bench.contenders import SERVICE
from bench.material import Material
from bench.rounds import Plan, begun


@dataclass
class Grown:
    """p50 of the service, in milliseconds: of each round, at each size."""

    per_second: float  # asked of it
    rounds: list[list[float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Of each size by the first, within a round; the median."""
        sizes = zip(*self.rounds, strict=True)
        first = [each[0] for each in self.rounds]
        return [
            median(time / base for time, base in zip(times, first, strict=True)) for times in sizes
        ]


async def grown(
    case: Case, materials: Sequence[Material], plan: Plan, *, per_second: float
) -> Grown:
    """`materials`: of each size, the first being what the others are compared with."""
    found = Grown(per_second)
    async with AsyncExitStack() as stack:
        alone = case.by(SERVICE)
        sizes = [await stack.enter_async_context(begun(alone, each, plan)) for each in materials]
        if not all([await each.can_begin() for each in sizes]):
            found.failures = [note for each in sizes for note in each.found.notes]
            found.failures += [failure for each in sizes for failure in each.failures]
            return found
        for each in sizes:
            await each.warm()
        for number in range(plan.rounds):
            times = [0.0] * len(sizes)
            for at in _in_turn(len(sizes), number):
                times[at] = await sizes[at].p50(per_second)
            found.rounds.append(times)
        found.failures = [each for size in sizes for each in size.failures]
    return found


def _in_turn(many: int, number: int) -> list[int]:
    """In each round somebody else is first."""
    return [(at + number) % many for at in range(many)]
