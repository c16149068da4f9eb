"""Every finder without its `within=`: the second lock holds by itself.

To forget `within=` is to search all of Indonesia. So each finder is asked to, from a transaction
that belongs to another village; and first from the right village, so that seeing nothing counts.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

import app.db
from app.db import (
    accounts,
    audit_entries,
    families,
    households,
    members,
    policies,
    proposals,
    regions,
    sign_ins,
)
from app.db.audit_entries import Asked
from app.db.pages import Position
from app.db.sessions import Reading
from app.domain.accounts import RefreshTerms
from app.domain.actors import Role
from app.domain.errors import NotFound
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.sight import SIGHT_OF
from tests.registry import Caller, Registry

SIGHT = SIGHT_OF[Role.VILLAGE_OPERATOR]
BEGINNING = Position(-1, UUID(int=0))
OLDEST = Position(-1, 0)
EVERYWHERE = INDONESIA


@dataclass(frozen=True)
class Village:
    """What there is to be found in a village."""

    operator: Caller
    household: UUID
    family: UUID
    member: UUID
    proposal: UUID
    username: str
    refresh_token: str

    @property
    def region(self) -> Region:
        return self.operator.actor.region


Search = Callable[[Any, Village], Awaitable[object]]

OFFERS: dict[str, Any] = {}
PROPOSAL = {"sight": SIGHT, "offers": OFFERS}
HOUSEHOLD_PAGE = {"sight": SIGHT, "state": None, "after": BEGINNING, "limit": 9}


async def last_entry(reading: Reading, v: Village) -> str:
    """The id is looked up as nobody could: the question is what the finder makes of it."""
    return await audit_entries.document(
        reading, await ENTRY_OF[v.proposal], within=EVERYWHERE, sight=SIGHT
    )


ENTRY_OF: dict[UUID, Awaitable[int]] = {}

# fmt: off
BY_READING: dict[str, Search] = {
    "accounts.standing": lambda r, v: accounts.standing(r, v.operator.actor, within=EVERYWHERE),
    "accounts.read": lambda r, v: accounts.read(r, v.operator.actor.id, within=EVERYWHERE, open_actions={}),
    "accounts.who": lambda r, v: accounts.who(r, v.operator.actor, within=EVERYWHERE, reads={}, purpose="", token_expires_at=datetime.now(UTC)),
    "families.document_of": lambda r, v: families.document_of(r, v.family, within=EVERYWHERE, sight=SIGHT),
}
