"""The units of an import, chunk by chunk: one is fetched while the one before is worked at."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from app.commands.jobs import JobRun
from app.db import import_rows
from app.db.import_rows import Unit
from app.db.tables.imports import Import


class Ahead:
    """Rows do not change while they are worked at, so it does not matter who reads them when."""

    def __init__(self, run: JobRun, *, most: int) -> None:
        self._run = run
        self._most = most
        self._after: str | None = None
        self._coming: asyncio.Task[list[Unit]] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._leave()

    async def _leave(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.gather(self._coming, return_exceptions=True)

    async def units(self, import_: Import, *, after: str) -> Sequence[Unit]:
        """Those after that unit; the ones after them are on their way when this returns."""
        if self._coming is None or self._after != after:
            await self._leave()
            self._coming = asyncio.create_task(self._fetch(import_, after))
        units = await self._coming
        self._coming, self._after = None, None
        if units:
            self._after = units[-1].key
            self._coming = asyncio.create_task(self._fetch(import_, self._after))
        return units

    async def _fetch(self, import_: Import, after: str) -> list[Unit]:
        async with self._run.transaction() as session:
            return await import_rows.next_units(session, import_, after=after, most=self._most)
