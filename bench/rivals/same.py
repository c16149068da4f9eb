"""Whether the rivals answer what the service answers, field by field.

    python -m bench.rivals.same [HOUSEHOLDS]

What a rival tells must be what the service tells; what it leaves out is named.
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from itertools import islice
from typing import Any

from bench.cases import CASES, Case
from bench.contenders import RIVALS, SERVICE, running
from bench.filling import TOLD, Filled, filled
from bench.load import ask
from bench.material import Material, gathered

LOOKED_AT = 10
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")
CREATED = 201
ITS_OWN = {  # of each answer, or of each step
    *("access_token", "refresh_token", "next", "previous", "count"),
    *("id", "actor_id", "at", "request_id", "hash", "changed", "changes"),
}
# Whether somebody else holds a NIK is asked by the service alone, and how old a proposal is may
# change meanwhile.
UNLIKE = {"codes", "waiting_days"}


def unlike(case: str, said: Any, by_rival: Any, place: str = "") -> Iterator[str]:  # noqa: ANN401
    """Where the rival tells something else; after a minus, what it does not tell."""
    if isinstance(said, Mapping) and isinstance(by_rival, Mapping):
        yield from (f"-{place}/{name}" for name in said.keys() - by_rival.keys())
        yield from (f"+{place}/{name}" for name in by_rival.keys() - said.keys())
        for name in (by_rival.keys() & said.keys()) - UNLIKE:
            yield from unlike(case, said[name], by_rival[name], f"{place}/{name}")
    elif isinstance(said, list) and isinstance(by_rival, list):
        yield from _unlike_lists(case, said, by_rival, place)
    elif _plain(said) != _plain(by_rival):
        yield f"{place}: {said!r}, {by_rival!r}"


def _unlike_lists(case: str, said: list[Any], by_rival: list[Any], place: str) -> Iterator[str]:
    """Names are searched for in ways of their own: of those whom both find, the same is told."""
    if case == "name":
        found = {each["id"]: each for each in by_rival}
        said = [each for each in said if each["id"] in found]
        by_rival = [found[each["id"]] for each in said]
    if len(said) != len(by_rival):
        yield f"{place}: {len(said)}, {len(by_rival)} of them"
    for one, other in zip(said, by_rival, strict=False):
        yield from unlike(case, one, other, f"{place}/*")


def _plain(said: object) -> object:
    """A moment is told with Z or with +00:00."""
    if isinstance(said, str) and MOMENT.match(said):
        return datetime.fromisoformat(said)
    return said


def _told(body: bytes, status: int) -> Any:  # noqa: ANN401
    said = json.loads(body)
    if "results" in said:
        said["items"] = said.pop("results")
    own = ITS_OWN if status == CREATED or "items" in said or "access_token" in said else set()
    return {name: each for name, each in said.items() if name not in own}


async def differences(case: Case, material: Material) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    material.begin()
    async with AsyncExitStack() as stack:
        sides = [
            await stack.enter_async_context(running(each, material.server))
            for each in (SERVICE, *RIVALS)
            if each.is_there
        ]
        answers = {}
        for side in sides:
            requests = islice(case.requests(side.contender, material), LOOKED_AT)
            answers[side.name] = [await ask(side.url, each) for each in requests]
            if case.writes:
                await material.filled.restore()
        ours = answers.pop(SERVICE.name)
        for name, theirs in answers.items():
            found[name] = set()
            for said, by_rival in zip(ours, theirs, strict=True):
                both = (_told(each.body, each.status) for each in (said, by_rival))
                found[name].update(unlike(case.name, *both))
    return found


def main(households: int) -> int:
    with filled(households) as registry:
        return asyncio.run(_compare(registry))


async def _compare(registry: Filled) -> int:
    others, material = 0, await gathered(registry)
    for case in CASES:
        if set(RIVALS) <= set(case.contenders):
            for name, found in (await differences(case, material)).items():
                TOLD(f"{case.name}, {name}: {'; '.join(sorted(found)) or 'the same'}")
                others += sum(not each.startswith("-") for each in found)
    return others


if __name__ == "__main__":
    sys.exit(1 if main(int((sys.argv[1:] or ["30000"])[0])) else 0)
