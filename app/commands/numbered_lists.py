"""Writing the numbered list of a decree, as proposals are determined under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import decree_books, decree_lines, decrees
from app.db.audit import Recorded
from app.db.tables.base import now
from app.db.tables.decrees import Decree
from app.domain.decrees import DecreeNotOpen
from app.domain.errors import Refusal
from app.domain.proposals import ProposalState
from app.domain.workflow import Ground


@dataclass(frozen=True)
class NumberedList:
    """The list of the decree that a deed names, which stays open meanwhile; or none."""

    decree: Decree | None
    since: datetime

    @classmethod
    async def named_in(
        cls, session: AsyncSession, grounds: Mapping[Ground, object]
    ) -> "NumberedList":
        return cls(await decrees.named_in(session, grounds), now())

    def accept(self, target: ProposalState) -> None:
        """Nobody is determined without a line in a list."""
        if target is ProposalState.DETERMINED and self.decree is None:
            raise DecreeNotOpen

    async def add(self, session: AsyncSession, taken: Mapping[UUID, Recorded | Refusal]) -> None:
        """Those who were determined just now.

        The book is taken after the proposals, by everybody: nobody waits for another in a ring.
        """
        determined = [
            each
            for each, found in taken.items()
            if isinstance(found, Recorded) and found.state == ProposalState.DETERMINED
        ]
        if self.decree is not None and determined:
            book = await decree_books.hold(session, self.decree.id)
            await decree_lines.write(session, book, determined, since=self.since)
