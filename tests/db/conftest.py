"""The service on a country of proposals, telling how PostgreSQL went about what it was asked."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Run
from tests.db.country import NEIGHBOUR, VILLAGE
from tests.db.plans import Explained, explaining


@pytest.fixture(scope="session", params=["force_custom_plan", "force_generic_plan"])
async def explained(run: Run, request: pytest.FixtureRequest) -> AsyncIterator[Explained]:
    """Before the planner knows the values, and after: PostgreSQL takes either."""
    await run.ensure_country()
    async with explaining(run, run.country, request.param, VILLAGE, NEIGHBOUR) as explained:
        yield explained
