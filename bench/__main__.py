"""The service beside its limit and its rivals, at every size: one command, one table.

    python -m bench [--sizes 30000 300000 3000000] [--only page submit morning] [--rounds 9]

The first size is measured in full; at the others only what must not grow. Databases that are there
are used again, others are filled first (`bench.filling`). Ends with an error where anything was
answered wrongly.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from bench import bulk, chart, morning, pgbench, telling
from bench.cases import CASES
from bench.contenders import LIMIT, LIMIT_OF_WRITES, SERVICE, running
from bench.filling import TILE, Filled, filled
from bench.growing import grown
from bench.material import Material, gathered
from bench.results import GROWING, LARGE, Mix, Results, Size
from bench.rounds import Plan, measured

FOLDER = Path(__file__).parent / "results"
BESIDE = ("page", "household")  # pgbench
BULK: dict[str, Callable[[], bulk.Bulk]] = {"import": bulk.imported, "extract": bulk.extracted}
NAMES = (*(case.name for case in CASES), "bulk_decide", *BULK, "morning")
NAMES_A_SECOND = 20


def main() -> None:
    asked = _asked()
    results = Results(f"{datetime.now(UTC):%Y-%m-%d}", _machine())
    try:
        _measure(asked, results)
    except KeyboardInterrupt:
        results.broken.append("it was interrupted")
    if results.sizes or results.bulk:
        telling.on_terminal(results)
        is_part = set(asked.only) != set(NAMES) or bool(results.broken)
        _write(results, "-part" if is_part else "")
    sys.exit(1 if results.failures else 0)


def _measure(asked: argparse.Namespace, results: Results) -> None:
    with ExitStack() as stack:
        places = {each: stack.enter_context(filled(each)) for each in asked.sizes}
        uvloop.run(_at_all_sizes(places, asked, results))
        uvloop.run(_once(places[asked.sizes[0]], asked, results))
    for name, measure in BULK.items():
        if name in asked.only:
            _tell(name)
            results.bulk[name] = measure()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[TILE], metavar="HOUSEHOLDS")
    parser.add_argument("--only", nargs="+", default=list(NAMES), choices=NAMES, metavar="CASE")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.5, help="of a round")
    parser.add_argument("--mix-seconds", type=float, default=60, help="of the morning")
    parser.add_argument("--memory-seconds", type=float, default=300, help="after the morning")
    return parser.parse_args()


def _machine() -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _tell(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S}  {what}", file=sys.stderr, flush=True)  # noqa: T201


# --- of each size


async def _at_all_sizes(
    places: Mapping[int, Filled], asked: argparse.Namespace, results: Results
) -> None:
    materials = {households: await gathered(place) for households, place in places.items()}
    for households, material in materials.items():
        results.sizes[households] = Size(places[households].people)
        await _of_size(material, households, asked, results)
    if len(materials) > 1:
        await _growth([*materials.values()], asked, results)


async def _of_size(
    material: Material, households: int, asked: argparse.Namespace, results: Results
) -> None:
    is_first = households == asked.sizes[0]
    size = results.sizes[households]
    for case in CASES:
        if case.name not in asked.only or not (is_first or case.name in _later(households)):
            continue
        _tell(f"{households:,} households: {case.title}")
        plan = Plan(asked.rounds, asked.seconds).at(_rate(case.name, households, results))
        chosen = case if is_first else case.by(SERVICE, LIMIT, LIMIT_OF_WRITES)
        try:
            size.cases[case.name] = await measured(chosen, material, plan)
        except (OSError, RuntimeError) as error:  # somebody has ended
            results.broken.append(f"{case.title}: {error!r}")
    if is_first:
        await _beside(material, size, asked.only, results)


async def _growth(
    materials: Sequence[Material], asked: argparse.Namespace, results: Results
) -> None:
    for case in CASES:
        figures = results.first.figures(case.name)
        if case.name not in GROWING or figures is None or figures.per_second is None:
            continue
        _tell(f"all sizes in turn: {case.title}")
        plan = Plan(asked.rounds, asked.seconds)
        try:
            found = await grown(case, materials, plan, per_second=figures.per_second)
        except (OSError, RuntimeError) as error:
            results.broken.append(f"{case.title}, all sizes: {error!r}")
        else:
            results.grown[case.name] = found


def _rate(case: str, households: int, results: Results) -> float | None:
    """Of the latencies: at each size the same, so that it can be told what has grown."""
    if case == "name" and households >= LARGE:
        return NAMES_A_SECOND
    figures = results.first.figures(case)
    return figures.per_second if figures else None


def _later(households: int) -> Sequence[str]:
    """What is asked of the sizes after the first."""
    return (*GROWING, "name") if households >= LARGE else GROWING


async def _beside(material: Material, size: Size, only: Sequence[str], results: Results) -> None:
    program = pgbench.found()
    if program is None:
        results.notes.append("pgbench is not on this machine")
        return
    for name in BESIDE:
        if name in only:
            written = await pgbench.script(name, material)
            size.pgbench[name] = pgbench.per_second(program, material.server, written, 3)


# --- once


async def _once(place: Filled, asked: argparse.Namespace, results: Results) -> None:
    if "bulk_decide" in asked.only:
        _tell("bulk_decide")
        results.bulk["bulk_decide"] = await bulk.decided(await gathered(place))
    if "morning" in asked.only:
        _tell("morning")
        results.mix = await _mix(place, asked)


async def _mix(place: Filled, asked: argparse.Namespace) -> Mix:
    seconds, memory_seconds = asked.mix_seconds, asked.memory_seconds
    async with running(SERVICE, place.server) as service:
        found = await morning.measured(
            place, service.url, service.pid, seconds=seconds, memory_seconds=memory_seconds
        )
    every = found.spell.of("all")
    return Mix(
        sustained=found.sustained,
        per_second=found.spell.per_second,
        p50=every.milliseconds(50),
        p99=every.milliseconds(99),
        failures=[*found.spell.failures, *found.failures],
        memory=found.memory,
        is_flat=found.is_flat,
    )


def _write(results: Results, part: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    sizes = "-".join(map(str, results.sizes))
    file = FOLDER / f"{results.date}-{sizes}{part}"
    told = json.dumps(results.told(), indent=1, ensure_ascii=False)
    file.with_suffix(".json").write_text(told + "\n", encoding="utf-8")
    file.with_suffix(".svg").write_text(chart.drawn(results), encoding="utf-8")
    text = telling.as_markdown(results, f"{file.name}.svg")
    file.with_suffix(".md").write_text(text, encoding="utf-8")
    _tell(f"written: {file}.json, .md, .svg")


if __name__ == "__main__":
    main()
