"""Writing the numbered list of a decree, as proposals are determined under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import decree_books, decree_lines, decrees
from app.db.audit import Recorded
from app.db.tables.base import now
from app.db.tables.decrees import DecreeBook
from app.domain.decrees import DecreeNotOpen
from app.domain.errors import Refusal
from app.domain.proposals import ProposalState
from app.domain.workflow import Ground


@dataclass(frozen=True)
class NumberedList:
    """The list of the decree that a deed names, ours until the transaction ends; or none."""

    book: DecreeBook | None
    since: datetime

    @classmethod
    async def named_in(
        cls, session: AsyncSession, grounds: Mapping[Ground, object]
    ) -> "NumberedList":
        """Taken before the proposals are, by everybody: nobody waits for another in a ring."""
        decree = await decrees.named_in(session, grounds)
        book = await decree_books.hold(session, decree.id) if decree else None
        return cls(book, now())

    def accept(self, target: ProposalState) -> None:
        """Nobody is determined without a line in a list."""
        if target is ProposalState.DETERMINED and self.book is None:
            raise DecreeNotOpen

    async def add(self, session: AsyncSession, taken: Mapping[UUID, Recorded | Refusal]) -> None:
        """Those who were determined just now."""
        determined = [
            each
            for each, found in taken.items()
            if isinstance(found, Recorded) and found.state == ProposalState.DETERMINED
        ]
        if self.book is not None and determined:
            await decree_lines.write(session, self.book, determined, since=self.since)
