"""The walk of a proposal from the village to the ministry, and every way it can be refused."""

import asyncio

import pytest

from app.domain.actors import Role
from tests.registry import (
    DECREE,
    DELIBERATION,
    REASON,
    ROAD,
    Registry,
    a_household,
    a_member,
    pointers,
    refused,
)


async def test_a_proposal_climbs_from_the_village_to_the_ministry(registry: Registry):
    proposal = await registry.proposal()

    states = [proposal["state"]]
    while proposal["state"] != "determined":
        proposal = await registry.moved_on(proposal)
        states.append(proposal["state"])

    assert states == [state for state in ROAD if state != "awaiting_district"] + ["determined"]
