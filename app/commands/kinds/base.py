"""What a kind of proposal is made of: what it checks, what it claims, and what it does.

`app.domain.proposals` says who moves a proposal where. A kind says what follows for the registry,
for any number of proposals at once: each gets what changes in its own row, or the refusal that
keeps it where it is.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import claims
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Household
from app.domain.actors import Actor
from app.domain.errors import Refusal

Follows = dict[UUID, Mapping[str, object] | Refusal]  # by proposal: its changes, or why it stays
Follow = Callable[[AsyncSession, Sequence[Proposal], Actor], Awaitable[Follows]]
After = Callable[[AsyncSession, Sequence[Proposal], Actor], Awaitable[None]]
Draft = Callable[[AsyncSession, Household, Proposal, Actor], Awaitable[None]]


async def let_go(session: AsyncSession, proposals: Sequence[Proposal], _: Actor) -> Follows:
    """What has ended claims nothing any more."""
    await claims.release(session, proposals)
    return {each.id: {} for each in proposals}


@dataclass(frozen=True)
class Kind:
    """`drafted` refuses what cannot be asked of this household at all; `submitted` checks what is
    asked, freezes it and lays claim to it; `determined` carries it into the registry; `ended` lets
    go where nothing comes of it, and `reopened` takes hold again when that is undone.

    For kinds with two ends: `withdrawn` where that differs from being rejected, and `met` once a
    proposal has come to where it waits for the other."""

    drafted: Draft
    submitted: Follow
    determined: Follow
    reopened: Follow
    ended: Follow = let_go
    withdrawn: Follow | None = None
    met: After | None = None
