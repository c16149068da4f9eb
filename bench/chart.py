"""A bar chart of the throughput, as SVG: each case by its fastest, so that all fit on one scale."""

from collections.abc import Iterator
from html import escape
from statistics import median

from bench.results import Results

WIDTH, BARS, BAR, GAP, TOP = 760, 420, 14, 18, 48
LEFT = 210
COLOURS = {"service": "#0b6e4f", "limit": "#9aa5b1", "sqlmodel": "#c96f4a", "drf": "#7a5aa6"}
FONT = 'font-family="system-ui, sans-serif" font-size="12"'


def drawn(results: Results) -> str:
    lines: list[str] = []
    bottom = TOP
    for title, rates in _bars(results):
        lines += _case(title, rates, bottom)
        bottom += len(rates) * BAR + GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom}" {FONT}>',
            f'<rect width="{WIDTH}" height="{bottom}" fill="white"/>',
            f'<text x="10" y="20" font-size="15">Answers a second, {results.date}</text>',
            *_legend(),
            *lines,
            "</svg>",
            "",
        ]
    )


def _bars(results: Results) -> Iterator[tuple[str, dict[str, float]]]:
    for case in results.first.cases.values():
        rates = {who: median(each.rates) for who, each in case.figures.items() if each.rates}
        if rates:
            yield case.title, rates
    for bulk in results.bulk.values():
        if bulk.rates:
            yield bulk.title, {"service": median(bulk.rates), "limit": median(bulk.limits)}


def _legend() -> Iterator[str]:
    for place, (who, colour) in enumerate(COLOURS.items()):
        x = LEFT + place * 100
        yield f'<rect x="{x}" y="28" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{x + 14}" y="37">{who}</text>'


def _case(title: str, rates: dict[str, float], top: int) -> Iterator[str]:
    yield f'<text x="10" y="{top + 11}">{escape(title)}</text>'
    most = max(rates.values())
    for place, (who, rate) in enumerate(rates.items()):
        y, width = top + place * BAR, max(1, round(BARS * rate / most))
        bar = f'width="{width}" height="{BAR - 3}" fill="{COLOURS[who]}"'
        yield f'<rect x="{LEFT}" y="{y}" {bar}/>'
        yield f'<text x="{LEFT + width + 6}" y="{y + 10}">{rate:,.0f}</text>'
