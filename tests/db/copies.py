"""Copies of the registry for tests that damage it, as somebody with every right could."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from app.db import audit_chain, roles
from app.db.audit_chain import Report
from app.domain.regions import Region
from tests.conftest import Run, registry_of, serving
from tests.contract import Promise
from tests.registry import Registry

BULAKAN, CIKERAI = Region("3672011001"), Region("3672011002")


@dataclass(frozen=True)
class Copy:
    """A database of one test's own."""

    run: Run
    name: str

    async def does(self, statement: str, *values: object) -> list[Any]:
        """As a superuser whom no trigger and no foreign key stops. Gives the rows."""
        async with self.run.superuser(self.name) as connection, connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            return list(await connection.fetch(statement, *values))

    async def verified(self) -> Report:
        return await audit_chain.verify(self.run.url(self.name, roles.OWNER))

    @asynccontextmanager
    async def registry(self) -> AsyncIterator[Registry]:
        """The service on this copy."""
        async with (
            serving(self.run.url(self.name, roles.APP)) as app,
            registry_of(app, Promise(app), BULAKAN, CIKERAI) as registry,
        ):
            yield registry


@asynccontextmanager
async def a_copy(run: Run, name: str, *, of: str | None = None) -> AsyncIterator[Copy]:
    await run.ensure_template()
    await run.clone(name, of=of)
    try:
        yield Copy(run, name)
    finally:
        await run.drop(name)
