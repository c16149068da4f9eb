"""Which of a region's proposals somebody asks for, and which states that leaves."""

from dataclasses import dataclass
from datetime import date

from app.domain.actors import Role
from app.domain.proposals import LIVE, PROPOSALS, ProposalAction, ProposalKind, ProposalState


@dataclass(frozen=True)
class Wanted:
    """What is not asked for does not narrow the list."""

    state: ProposalState | None = None
    kind: ProposalKind | None = None
    mine: bool = False  # on the asker's own desk
    open_to_me: bool = False  # something is open to the asker
    waiting_days: int | None = None  # in its state for so many days of 24 hours, or longer
    period: date | None = None  # the month whose decree it is for
    programme: str | None = None  # the one that it asks for
    urgent: bool = False  # what goes before the others
    action: ProposalAction | None = None  # this is open to the asker

    def states(self, role: Role) -> list[ProposalState]:
        """Empty: none can be meant. What has ended waits for nobody."""
        meant = set(ProposalState) if self.state is None else {self.state}
        if self.waiting_days is not None:
            meant &= set(LIVE)
        if self.open_to_me:
            meant &= set(PROPOSALS.waits_for(role))
        if self.action is not None:
            meant &= PROPOSALS.sources_of(self.action, role)
        return [state for state in ProposalState if state in meant]
