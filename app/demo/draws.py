"""Chance that repeats itself: the same draws for the same seed."""

from bisect import bisect
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from random import Random
from typing import TypeVar

Drawn = TypeVar("Drawn")


class Draw:
    """A source of chance, in the words of those who invent."""

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
