"""The service on a country of proposals, telling how PostgreSQL went about what it was asked."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Run
from tests.db.country import NEIGHBOUR, VILLAGE
from tests.db.plans import ONE_TRIP, SEVERAL, Explained, explaining


@pytest.fixture(scope="session", params=[ONE_TRIP, SEVERAL])
async def explained(run: Run, request: pytest.FixtureRequest) -> AsyncIterator[Explained]:
    """In one trip, planned for any question; and in several, planned for this one."""
    await run.ensure_country()
    async with explaining(run, request.param, VILLAGE, NEIGHBOUR) as explained:
        yield explained
