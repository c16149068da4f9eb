"""Words for tests of the changes: a copy that is kept by them alone, and what it must come to."""

import asyncio
import json
from collections.abc import Collection
from typing import Any

from app.commands.agreements import as_of_now
from app.db import extract_rows
from app.domain.extracts.columns import Resource
from app.domain.regions import Region
from app.domain.sight import sight_of_people
from tests.registry import Caller, Registry

Json = dict[str, Any]
Rows = dict[tuple[str, str], Json]
PATH = "/v1/changes"


class Follower:
    """Somebody's copy of a region: begun with what there was, then changed page by page."""

    def __init__(
        self,
        registry: Registry,
        caller: Caller,
        rows: Rows,
        after: str,
        **asked: Any,  # noqa: ANN401
    ) -> None:
        self.registry = registry
        self.caller = caller
        self.rows = rows
        self.after = after
        self.asked = asked
        self.told: list[Json] = []
        self.pages: list[list[Json]] = []

    async def page(self, **asked: Any) -> Json:  # noqa: ANN401
        """The next page, applied."""
        params = {"after": self.after, **self.asked, **asked}
        response = await self.caller.gets(PATH, params=params)
        assert response.status_code == 200, response.text
        page: Json = response.json()
        self.pages.append(page["items"])
        for item in page["items"]:
            self._apply(item)
        self.after = page["next"]
        return page

    def _apply(self, item: Json) -> None:
        self.told.append(item)
        key = (item["resource"], item["id"])
        if item["row"] is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = item["row"]

    async def news(self, **asked: Any) -> list[Json]:  # noqa: ANN401
        """All there is by now, which what runs beside on the same server may hold back a while: in
        part of it a record would be told of twice."""
        before = len(self.told)
        await all_is_told(self.registry)
        while (await self.page(**asked))["has_more"]:
            pass
        return self.told[before:]


async def _present(registry: Registry) -> int:
    [[xid]] = await registry.runs("SELECT pg_current_xact_id()::text::bigint")
    return int(xid)


async def all_is_told(registry: Registry) -> None:
    """Once what runs beside on the same server holds nothing back that was written by now."""
    now = await _present(registry)
    horizon = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    async with asyncio.timeout(60):
        while (await registry.runs(horizon))[0][0] <= now:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def follower(registry: Registry, caller: Caller, **asked: Any) -> Follower:  # noqa: ANN401
    """From this moment on: with all behind him that was written before it."""
    response = await caller.gets(PATH, params={"after": "now", **asked})
    assert response.status_code == 200, response.text
    copy = Follower(registry, caller, {}, response.json()["next"], **asked)
    await copy.news()
    copy.told.clear()
    copy.rows = await given(registry, caller, **asked)
    return copy


async def given(
    registry: Registry, caller: Caller, *, resources: str = "", region_code: str = "", **_: object
) -> Rows:
    """What an extract would give now."""
    chosen = [Resource(each) for each in resources.split(",") if each] or [*Resource]
    within = Region(region_code) if region_code else caller.actor.region
    rows: Rows = {}
    for resource in chosen:
        rows |= await _given(registry, caller, resource, within)
    return rows


async def _given(registry: Registry, caller: Caller, resource: Resource, within: Region) -> Rows:
    actor = await as_of_now(registry.database, caller.actor)
    stands = extract_rows.SOURCES[resource].stands
    statement = extract_rows.documents(
        resource,
        sight_of_people(actor),
        where=f"{stands} AND s.scope_code BETWEEN $1 AND $2",
    )
    async with registry.database.reading(caller.actor.region) as reading:
        found = await reading.rows(statement, within.first, within.last)
    return {(resource, str(row["id"])): json.loads(row["body"]) for row in found}


def told_of(items: Collection[Json], resource: str) -> list[tuple[str, str]]:
    """(change, id), of one resource."""
    return [(each["change"], each["id"]) for each in items if each["resource"] == resource]
