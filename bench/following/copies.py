"""A copy of a region, as an integration keeps it: a first extract, and then the changes."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from httpx2 import AsyncClient, Response

Json = dict[str, Any]
Rows = dict[tuple[str, str], Json]
RESOURCES = ("households", "members", "recipients", "proposals", "decisions")
WAIT, LIMIT = 25, 500
LOOKS_APART = 0.2


def place(cursor: str) -> tuple[int, int]:
    xid, _, entry = cursor.partition(".")
    return int(xid), int(entry)


@dataclass
class Client:
    """Somebody who may ask for extracts of his region."""

    http: AsyncClient
    name: str
    headers: dict[str, str]

    async def gets(self, path: str, **query: str | int) -> Response:
        while True:
            answer = await self.http.get(path, params=query or None, headers=self.headers)
            if answer.status_code != 503:  # noqa: PLR2004
                answer.raise_for_status()
                return answer
            await asyncio.sleep(float(answer.headers["Retry-After"]))

    async def extracts(self) -> tuple[Rows, str]:
        """All that he may read, and from where the changes go on: of the earliest extract."""
        rows: Rows = {}
        places = []
        for resource in RESOURCES:
            manifest = await self._extract(resource)
            places.append(manifest["changes_after"])
            for file in manifest["files"]:
                body = (await self.gets(file["link"])).text
                found = [json.loads(line) for line in body.splitlines()]
                rows |= {(resource, row["id"]): row for row in found}
        return rows, min(places, key=place)

    async def _extract(self, resource: str) -> Json:
        asked = {"resource": resource, "format": "ndjson"}
        answer = await self.http.post("/v1/extracts", json=asked, headers=self.headers)
        answer.raise_for_status()
        path = answer.headers["Location"]
        while (extract := (await self.gets(path)).json())["state"] != "ready":
            if extract["problem"]:
                raise RuntimeError(extract["problem"])
            await asyncio.sleep(LOOKS_APART)
        manifest: Json = (await self.gets(extract["links"]["manifest"])).json()
        return manifest


@dataclass
class Copy:
    """What he has of it, and what he was told."""

    client: Client
    rows: Rows
    after: str
    pages: int = 0
    again: int = 0  # items that were told of the same entry before
    items: Counter[str] = field(default_factory=Counter)
    lags: list[float] = field(default_factory=list)  # seconds from an entry to its item
    page_seconds: list[float] = field(default_factory=list)
    _told: set[tuple[str, str, str]] = field(default_factory=set)

    @classmethod
    async def begun(cls, client: Client) -> "Copy":
        return cls(client, *await client.extracts())

    async def follow(self, over: asyncio.Event) -> None:
        """Until all is over, and everything that was written by then is told."""
        while True:
            last = over.is_set()
            page = await self._page(wait=0 if last else WAIT)
            if last and not page["has_more"] and not page["items"]:
                return

    async def _page(self, *, wait: int) -> Json:
        began = time.perf_counter()
        answer = await self.client.gets("/v1/changes", after=self.after, limit=LIMIT, wait=wait)
        page: Json = answer.json()
        if page["has_more"]:
            self.page_seconds.append(time.perf_counter() - began)
        for item in page["items"]:
            self._take(item)
        self.pages += 1
        self.after = page["next"]
        return page

    def _take(self, item: Json) -> None:
        key = (item["resource"], item["id"])
        told = (*key, item["at"])
        self.again += told in self._told
        self._told.add(told)
        self.items[item["change"]] += 1
        at = datetime.fromisoformat(item["at"])
        self.lags.append((datetime.now(UTC) - at).total_seconds())
        if item["row"] is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = item["row"]


def differing(copy: Rows, fresh: Rows) -> Sequence[tuple[str, str]]:
    """The rows of which one has something else than the other."""
    return [key for key in copy.keys() | fresh.keys() if copy.get(key) != fresh.get(key)]
