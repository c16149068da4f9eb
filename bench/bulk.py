"""What is done to many at once, beside the natural limit of each: so many rows a second.

A thousand decisions in one request, beside a thousand requests; a file that is checked and
applied, beside COPY of the same final rows; an extract, beside psql's `\\copy` of the same query.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from app.embedded import Server
from bench import contenders, extracting, importing
from bench.contenders import SERVICE
from bench.load import Request, ask, closed
from bench.material import Material
from bench.watching import a_server

AT_ONCE, ROUNDS = 1_000, 3
IMPORTED, EXTRACTED = 50_000, 100_000  # rows


@dataclass
class Bulk:
    name: str
    title: str
    rows: int
    beside: str  # what the limit is
    rates: list[float] = field(default_factory=list)  # rows a second, of the service
    limits: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        ratios = [a / b for a, b in zip(self.rates, self.limits, strict=True)]
        return median(ratios) if ratios else None


async def decided(material: Material) -> Bulk:
    """Both by one officer and with the same proposals, which are put back in between."""
    material.begin()
    some = material.at_the_desk[:AT_ONCE]
    found = Bulk("bulk_decide", "decide 1,000 in one request", len(some), "1,000 requests")
    headers = {"Authorization": f"Bearer {material.token_of(material.verifiers[0])}"}
    named = [{"id": each.id, "version": each.version} for each in some]
    sent = json.dumps({"verdict": "approve", "proposals": named}).encode()
    bulk = Request("POST", "/v1/decisions/bulk", headers, sent)
    one = json.dumps({"verdict": "approve"}).encode()
    single = [
        Request(
            "POST",
            f"/v1/proposals/{each.id}/decisions",
            {**headers, "If-Match": f'"{each.version}"'},
            one,
        )
        for each in some
    ]
    async with contenders.running(SERVICE, material.server) as service:
        for _ in range(ROUNDS):
            found.rates.append(len(some) / await _at_once(service.url, bulk, found))
            await material.filled.restore()
            alone = await closed(service.url, single)
            await material.filled.restore()
            found.limits.append(alone.rate)
            found.failures += alone.failures
    return found


async def _at_once(url: str, request: Request, found: Bulk) -> float:
    began = time.perf_counter()
    answer = await ask(url, request)
    seconds = time.perf_counter() - began
    if json.loads(answer.body).get("decided") != found.rows:
        found.failures.append(f"bulk: {answer.body[:300]!r}")
    return seconds


def imported() -> Bulk:
    found = Bulk("import", "import of BDT2015", IMPORTED, "COPY of the final rows")
    for server, folder in _of_its_own():
        seen = asyncio.run(importing.measured(server, folder, IMPORTED, alone=True))
        bare = asyncio.run(importing.copied(server, folder))
        found.rates.append(IMPORTED / sum(seen.seconds.values()))
        found.limits.append(IMPORTED / bare)
    return found


def extracted() -> Bulk:
    """As CSV, from the request to `ready`."""
    found = Bulk("extract", "extract of members, CSV", EXTRACTED, "psql \\copy")
    for server, folder in _of_its_own():
        found.rows = asyncio.run(extracting.fill(server, EXTRACTED))
        seen = asyncio.run(extracting.extracted(server, folder))
        copied = extracting.copied(server, folder)
        found.rates.append(found.rows / seen.seconds["csv none"])
        found.limits.append(found.rows / copied["csv"])
    return found


def _of_its_own() -> Iterator[tuple[Server, Path]]:
    """A server for each round: what was received or asked for once is not done again."""
    for _ in range(ROUNDS):
        with a_server() as place:
            yield place
