"""What the statements of the service cost, as PostgreSQL tells it of those that it really ran.

`auto_explain` sends the plan of every statement to whoever ran it, however it got there: prepared,
within a function, by a trigger or a foreign key. They were planned and run as the service runs
them: as `siks_app`, in the caller's region, under row-level security.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import asyncpg
import pytest
from httpx2 import Response

from app.db import roles
from app.domain.regions import Region
from tests.conftest import Run, registry_of, serving
from tests.contract import Promise
from tests.registry import Registry

# What does not grow with the country's people, and may be read from one end to the other: what a
# regency decides, the counts of it, who runs the service's own errands.
SMALL = {
    "policy", "policy_version", "window_exception", "proposal_count", "turnaround",
    "turnaround_pass", "programme", "subscription", "agreement", "alembic_version",
}  # fmt: skip
NOT_GROWING = SMALL | {"region"}  # too long to be read whole, but there are no more of them
THROWN_AWAY = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
PLAN = "plan:\n"

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Statement:
    """One that was run, and what it did node by node."""

    told: Mapping[str, Any]

    @property
    def text(self) -> str:
        return str(self.told["Query Text"])

    @cached_property
    def nodes(self) -> list[Node]:
        """Those that did anything."""
        return [node for node in below(self.told["Plan"]) if node["Actual Loops"]]

    def of(self, *tables: str) -> list[Node]:
        return [node for node in self.nodes if node.get("Relation Name") in tables and scans(node)]

    @property
    def looked_at(self) -> set[str]:
        """Tables of ours that it looked into."""
        names = {node["Relation Name"] for node in self.nodes if scans(node)}
        return {name for name in names if not name.startswith("pg_")}

    def scanned(self) -> set[str]:
        """Tables that were read from one end to the other, were not empty, and grow."""
        whole = [node for node in self.nodes if node["Node Type"] == "Seq Scan" and rows_read(node)]
        return {node["Relation Name"] for node in whole} & self.looked_at - SMALL

    def indexes(self, table: str) -> set[str | None]:
        """Those that lead to the table's rows; a row found without one would show as None."""
        found: set[str | None] = set()
        for node in self.of(table):
            parts = [n for n in below(node) if n["Node Type"] == "Bitmap Index Scan"]
            found |= {part.get("Index Name") for part in parts or [node]}
        return found

    def rows_read(self, *tables: str) -> float:
        return sum(map(rows_read, self.of(*tables)))

    def pages_read(self, table: str) -> int:
        return sum(n["Shared Hit Blocks"] + n["Shared Read Blocks"] for n in self.of(table))


def below(plan: Node) -> Iterator[Node]:
    yield plan
    for each in plan.get("Plans", []):
        yield from below(each)


def scans(node: Node) -> bool:
    return "Relation Name" in node and node["Node Type"] != "ModifyTable"


def rows_read(node: Node) -> float:
    """Given on, and thrown away once they had been fetched."""
    rows = node["Actual Rows"] + sum(node.get(reason, 0) for reason in THROWN_AWAY)
    return float(rows * node["Actual Loops"])


@dataclass(frozen=True)
class Explained:
    """The service on the country, and what it has run since it was asked the last time."""

    registry: Registry
    heard: list[Statement]

    async def ran(self, asking: Awaitable[Response]) -> tuple[Response, list[Statement]]:
        """The answer, and the statements that it took."""
        self.heard.clear()
        response = await asking
        return response, list(self.heard)


@contextmanager
def listening() -> Iterator[list[Statement]]:
    """What any connection of this process is told of plans. asyncpg forgets its listeners whenever
    a connection goes back to its pool, so they are heard where it hears them itself."""
    heard: list[Statement] = []

    def hears(_: object, fields: Mapping[str, str], __: object) -> None:
        if PLAN in fields["M"]:
            statement = Statement(json.loads(fields["M"].partition(PLAN)[2]))
            if "Actual Loops" in statement.told["Plan"]:  # else it was planned, and not run
                heard.append(statement)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, "_process_log_message", hears)
        yield heard


@asynccontextmanager
async def explaining(run: Run, *at: Region) -> AsyncIterator[Explained]:
    """The service, every connection of which tells what it runs and how."""
    url = run.url(run.country, roles.APP)
    url += f"{'&' if '?' in url else '?'}plan_cache_mode=force_custom_plan"  # of several trips
    with listening() as heard:
        async with serving(url) as app, registry_of(app, Promise(app), *at) as registry:
            yield Explained(registry, heard)
