"""How much memory a process and its children hold, looked at again and again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.services import Service

LOOKS_APART = 0.05
SCRIPTS = {"app.exchange.table_reader": "the reader", "app.exchange.marker": "the marker"}


@dataclass
class Weight:
    """Megabytes, at most: of each, and of all of them at one time."""

    most: dict[str, float] = field(default_factory=dict)
    together: float = 0


@asynccontextmanager
async def weighed(worker: Service, weight: Weight) -> AsyncIterator[None]:
    looking = asyncio.create_task(_look(worker.process.pid, weight))
    try:
        yield
    finally:
        looking.cancel()


async def _look(pid: int, weight: Weight) -> None:
    while True:
        together = 0.0
        for name, each in _family(pid):
            with suppress(OSError, ValueError):  # it has just ended
                most, now = held(each)
                weight.most[name] = max(most, weight.most.get(name, 0))
                together += now
        weight.together = max(together, weight.together)
        await asyncio.sleep(LOOKS_APART)


def _family(pid: int) -> Iterator[tuple[str, int]]:
    yield "the worker", pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            for child in (task / "children").read_text(encoding="ascii").split():
                words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
                yield from ((SCRIPTS[word], int(child)) for word in words if word in SCRIPTS)


def held(pid: int) -> tuple[float, float]:
    """At most, and now."""
    said = dict(
        line.split(":", 1)
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    )
    try:
        most, now = (int(said[name].split()[0]) / 1e3 for name in ("VmHWM", "VmRSS"))
    except KeyError:
        raise ValueError("it has ended") from None
    return most, now
