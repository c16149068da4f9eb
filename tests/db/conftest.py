"""The service on a country of proposals, telling how PostgreSQL went about what it was asked."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Run
from tests.db.country import NEIGHBOUR, VILLAGE
from tests.db.plans import Explained, explaining


@pytest.fixture(scope="session")
async def explained(run: Run) -> AsyncIterator[Explained]:
    """What takes one trip is planned for any question; what takes several, for this one."""
    await run.ensure_country()
    async with explaining(run, VILLAGE, NEIGHBOUR) as explained:
        yield explained
