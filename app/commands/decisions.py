"""One verdict for many proposals: those that are named, or all that match a filter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.proposals import Deed, Meant, take_each
from app.db import decisions
from app.db.audit import Recorded
from app.db.pages import Position
from app.domain.actors import Actor
from app.domain.decisions import same_count
from app.domain.errors import Refusal
from app.domain.proposals import PROPOSALS
from app.domain.regions import Region
from app.domain.work_lists import Wanted


@dataclass(frozen=True)
class Picked:
    """Whom this request decides on; how many more match, and after which of them they begin."""

    meant: Sequence[Meant]
    remaining: int = 0
    last: Position | None = None


class Which(Protocol):
    async def pick(self, session: AsyncSession, by: Actor) -> Picked: ...


@dataclass(frozen=True)
class Named:
    meant: Sequence[Meant]

    async def pick(self, _: AsyncSession, __: Actor) -> Picked:
        return Picked(self.meant)


@dataclass(frozen=True)
class Matching:
    """The first of those that match, provided that still as many do as were seen."""

    wanted: Wanted
    within: Region
    after: Position
    expected: int

    async def pick(self, session: AsyncSession, by: Actor) -> Picked:
        found = await decisions.chosen(
            session, self.wanted, after=self.after, within=self.within, by=by
        )
        same_count(self.expected, found.found)
        meant = [Meant(each, version) for each, version in found.versions.items()]
        remaining = found.found - len(meant)
        return Picked(meant, remaining, found.last if remaining else None)


@dataclass(frozen=True)
class Decided:
    """What became of each, in the order in which they were named or lie."""

    taken: Mapping[UUID, Recorded | Refusal]
    picked: Picked


async def decide(session: AsyncSession, which: Which, deed: Deed, *, by: Actor) -> Decided:
    PROPOSALS.permit(deed.action, by=by)
    picked = await which.pick(session, by)
    taken = await take_each(session, picked.meant, deed, by=by)
    return Decided({one.id: taken[one.id] for one in picked.meant}, picked)
