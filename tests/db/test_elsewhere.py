"""Work that reaches into a second village: it is there alone, and always comes back."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.elsewhere import elsewhere
from app.db.tables.registry import Household
from app.domain.actors import Role
from app.domain.errors import NotFound
from app.domain.regions import INDONESIA, Region
from tests.registry import Registry


@pytest.fixture
async def homes(registry: Registry) -> dict[UUID, Region]:
    """A household in each of three villages."""
    found = {}
    for village in (registry.village, registry.neighbour, registry.elsewhere):
        by = await registry.caller(Role.VILLAGE_OPERATOR, over=village)
        found[UUID((await registry.household(by=by))["id"])] = village
    return found


async def seen(session: AsyncSession, homes: dict[UUID, Region]) -> set[Region]:
    ids = await session.exec(select(Household.id))
    return {homes[each] for each in set(ids) & homes.keys()}


async def test_there_nothing_but_that_village_is_seen(
    registry: Registry, homes: dict[UUID, Region]
):
    async with registry.database.transaction(registry.village) as session:
        assert await seen(session, homes) == {registry.village}
        async with elsewhere(session, registry.elsewhere):
            assert await seen(session, homes) == {registry.elsewhere}
        assert await seen(session, homes) == {registry.village}


async def test_from_a_larger_region_it_comes_back_to_that(
    registry: Registry, homes: dict[UUID, Region]
):
    async with registry.database.transaction(INDONESIA) as session:
        async with elsewhere(session, registry.neighbour):
            assert await seen(session, homes) == {registry.neighbour}
        assert await seen(session, homes) == set(homes.values())


async def test_a_refusal_there_is_met_back_here(registry: Registry, homes: dict[UUID, Region]):
    async with registry.database.transaction(registry.village) as session:
        with pytest.raises(NotFound):
            async with elsewhere(session, registry.elsewhere):
                raise NotFound
        assert await seen(session, homes) == {registry.village}


async def test_what_is_written_there_is_written_there_alone(
    registry: Registry, homes: dict[UUID, Region]
):
    """A row of one's own village that was touched there would be lost: nobody is told of less."""
    async with registry.database.transaction(registry.village) as session:
        async with elsewhere(session, registry.elsewhere):
            changed = await session.exec(text("UPDATE household SET rt = '009' RETURNING id"))  # type: ignore[call-overload]
            assert {homes[row.id] for row in changed if row.id in homes} == {registry.elsewhere}
        await session.rollback()


async def test_after_a_fault_of_the_database_nothing_is_left(
    registry: Registry, homes: dict[UUID, Region]
):
    own, *_ = homes
    lost = Household(scope_code=registry.village.first, created_by=own)
    with pytest.raises(DBAPIError, match="row-level security"):
        await _adds_elsewhere(registry, lost)

    async with registry.database.transaction(registry.village) as session:
        assert await seen(session, homes) == {registry.village}


async def _adds_elsewhere(registry: Registry, row: Household) -> None:
    async with (
        registry.database.transaction(registry.village) as session,
        elsewhere(session, registry.elsewhere),
    ):
        session.add(row)
