"""What must hold when the month is over, asked over HTTP like everything else."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from app.demo.accounts import REGENCY_AUDITOR
from bench.month.service import Service, Unexpected


async def folded(service: Service, regency: str) -> tuple[int, int]:
    """Every proposal's state and version against the fold of its audit: how many of each."""
    told = {line["id"]: line async for line in _all(service, regency, "/v1/proposals")}
    folds: dict[str, tuple[str, int]] = {}
    entries = 0
    async for entry in _all(service, regency, "/v1/audit?workflow=proposal"):
        entries += 1
        state, version = folds.get(entry["subject_id"], (None, 0))
        if (entry["source"], entry["version"]) != (state, version + 1):
            raise Unexpected(f"entry {entry['id']} does not follow what stands before it")
        folds[entry["subject_id"]] = (entry["target"], entry["version"])
    if {each: (line["state"], line["version"]) for each, line in told.items()} != folds:
        raise Unexpected("a state is not the fold of its audit")
    return len(told), entries


async def counted(service: Service, regency: str) -> Counter[str]:
    """The counts of the regency, exact to 10,000 in a state, against the proposals one by one."""
    auditor = service.person(REGENCY_AUDITOR, regency)
    counts = await service.gets(auditor, "/v1/proposals/counts", what="counts")
    listed: Counter[str] = Counter()
    async for line in _all(service, regency, "/v1/proposals"):
        listed[line["state"]] += 1
    for each in counts["states"]:
        there = listed[each["state"]]
        if each["count"] > there or (each["exact"] and each["count"] != there):
            raise Unexpected(f"the counts say {each}, the list {there}")
    return listed


async def _all(service: Service, regency: str, path: str) -> AsyncIterator[dict[str, Any]]:
    """As the regency's auditor, who sees all of it and nothing else."""
    auditor, after = service.person(REGENCY_AUDITOR, regency), ""
    sign = "&" if "?" in path else "?"
    while True:
        page = await service.gets(
            auditor, f"{path}{sign}limit=200{after}", what="page read afterwards"
        )
        for each in page["items"]:
            yield each
        if page["next"] is None:
            return
        after = f"&after={page['next']}"
