"""The results as tables: on the terminal, and in Markdown."""

from collections.abc import Iterator, Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.results import PROMISES, Promise, Results, Size
from bench.rounds import Figures, Measured

Cells = Sequence[str]
HEAD = (
    *("case", "who", "per second", "the service is", "p50 ms", "p99 ms", "at a second"),
    *("CPU ms", "CPU ms of PostgreSQL", "round trips", "memory MB", "failures"),
)
NO = "-"


def number(value: float | None, digits: int = 0) -> str:
    return NO if value is None or value != value else f"{value:,.{digits}f}"  # noqa: PLR0124 - nan


def _middle(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def cases_of(size: Size) -> Iterator[Cells]:
    for case in size.cases.values():
        for place, (who, figures) in enumerate(case.figures.items()):
            yield _line(case, who, figures, case.title if place == 0 else "")
        beside = size.pgbench.get(case.case)
        if beside is not None:
            yield ("", "pgbench", number(beside), *[""] * (len(HEAD) - 3))


def _line(case: Measured, who: str, figures: Figures, title: str) -> Cells:
    ratio = None if who == "service" else case.ratio("service", who)
    return (
        title,
        who,
        number(_middle(figures.rates)),
        "" if ratio is None else f"{ratio:.2f} times",
        number(figures.p50, 2),
        number(figures.p99, 2),
        number(figures.per_second),
        number(_middle(figures.cpu), 2),
        number(_middle(figures.cpu_postgres), 2),
        number(figures.trips, 1),
        number(figures.memory),
        str(len(figures.failures)) if figures.failures else "",
    )


def bulk_of(results: Results) -> Iterator[Cells]:
    for each in results.bulk.values():
        rates, limits = _middle(each.rates), _middle(each.limits)
        ratio = number(each.ratio, 2)
        yield each.title, f"{each.rows:,}", number(rates), each.beside, number(limits), ratio


def grown_of(results: Results) -> Iterator[Cells]:
    for case, grown in results.grown.items():
        if grown.rounds:
            yield results.first.cases[case].title, *(number(each, 2) for each in grown.ratios)


def promises_of(results: Results) -> Iterator[Cells]:
    for each in PROMISES:
        found = each.found(results)
        if found is not None:
            yield each.what, each.asked, number(found, 2) + each.unit, _held(each, results)


def _held(promise: Promise, results: Results) -> str:
    return "held" if promise.holds(results) else "not held"


# --- all of it


Part = tuple[str, Cells, list[Cells]]


def parts_of(results: Results) -> Iterator[Part]:
    for households, size in results.sizes.items():
        title = f"{households:,} households, {size.people:,} people"
        yield title, HEAD, list(cases_of(size))
    many = ("what", "rows", "rows per second", "beside", "its rows per second", "ratio")
    yield "Many at once", many, list(bulk_of(results))
    sizes = [f"{households:,}" for households in results.sizes]
    yield (
        "p50, by that at the first size, one size after the other",
        ("case", *sizes),
        list(grown_of(results)),
    )
    if results.mix:
        yield "A morning of 500 operators", ("", ""), list(_mix_of(results))
    yield "Promises", ("promise", "asked", "found", ""), list(promises_of(results))


def _mix_of(results: Results) -> Iterator[Cells]:
    mix = results.mix
    if mix is None:
        return
    yield "highest sustained rate, requests a second", number(mix.sustained)
    yield f"p50, p99 at {mix.per_second:.0f} a second, ms", f"{mix.p50:.1f}, {mix.p99:.1f}"
    yield "failures", str(len(mix.failures))
    yield "memory, MB", ", ".join(number(each) for each in mix.memory)


def on_terminal(results: Results) -> None:
    console = Console(width=160)
    for title, head, lines in parts_of(results):
        if not lines:
            continue
        table = Table(title=title, title_justify="left")
        for column, name in enumerate(head):
            table.add_column(name, justify="left" if column < 2 else "right")  # noqa: PLR2004
        for line in lines:
            table.add_row(*line)
        console.print(table)
    for each in notes_of(results):
        console.print(each)


def notes_of(results: Results) -> list[str]:
    notes = [
        f"{case.title}: {note}"
        for size in results.sizes.values()
        for case in size.cases.values()
        for note in case.notes
    ]
    return [*results.notes, *dict.fromkeys(notes), *_first(results.failures)]


def _first(failures: Sequence[str], most: int = 10) -> list[str]:
    more = [f"and {len(failures) - most} failures more"] if len(failures) > most else []
    return [f"failure: {each[:300]}" for each in failures[:most]] + more


def as_markdown(results: Results, chart: str) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    text = [f"# Measured on {results.date}", "", machine, "", f"![chart]({chart})", ""]
    for title, head, lines in parts_of(results):
        if lines:
            text += [f"## {title}", "", _row(head), _row(["---"] * len(head))]
            text += [*map(_row, lines), ""]
    text += [f"- {each}" for each in notes_of(results)]
    return "\n".join(text).rstrip() + "\n"


def _row(cells: Cells) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
