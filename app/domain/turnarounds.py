"""How long proposals wait in a state before somebody moves them on, as numbers for charts."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.domain.errors import Fault, Incomplete, Said
from app.domain.proposals import LIVE, ProposalState
from app.domain.regions import Tier

HOUR, DAY = 3_600, 86_400
# Upper ends of the steps, in seconds; the last step has none.
STEPS = (
    *(HOUR * hours for hours in (1, 2, 4, 8, 12)),
    *(DAY * days for days in (1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 45, 60, 90, 180)),
)
# Of what waits now, by full days.
AGES = (1, 3, 7, 14, 30)
LONGEST = timedelta(days=92)

TIER_OF: dict[ProposalState, Tier] = {
    ProposalState.DRAFTED: Tier.VILLAGE,
    ProposalState.AWAITING_DELIBERATION: Tier.VILLAGE,
    ProposalState.AWAITING_VILLAGE_HEAD: Tier.VILLAGE,
    ProposalState.AWAITING_OTHER_VILLAGE: Tier.VILLAGE,
    ProposalState.AWAITING_DISTRICT: Tier.DISTRICT,
    ProposalState.AWAITING_REGENCY: Tier.REGENCY,
    ProposalState.AWAITING_ENDORSEMENT: Tier.REGENCY,
    ProposalState.AWAITING_PROVINCE: Tier.PROVINCE,
    ProposalState.AWAITING_MINISTRY: Tier.NATION,
    ProposalState.AWAITING_DETERMINATION: Tier.NATION,
}
WAITED_FOR = [state for state in ProposalState if state in LIVE]


class SpanNotPossible(Incomplete):
    """These days cannot be asked for."""

    title = Said(id="Rentang tanggal tidak mungkin", en="These days cannot be asked for")
    detail = Said(
        id="Isi from sebelum to, paling jauh {days} hari.",
        en="Give a `from` before `to`, no more than {days} days apart.",
    )


def check_span(first: date, end: date) -> None:
    if not timedelta(0) < end - first <= LONGEST:
        words: dict[str, object] = {"days": LONGEST.days}
        raise SpanNotPossible([Fault("?from", "span", SpanNotPossible.detail, words)], **words)


def share_below(buckets: Sequence[int], share: float) -> float | None:
    """How many seconds so large a share waited at most, as far as the steps tell."""
    wanted, below, lower = share * sum(buckets), 0, 0
    for count, upper in zip(buckets, (*STEPS, STEPS[-1]), strict=True):
        if count and below + count >= wanted:
            return lower + (upper - lower) * (wanted - below) / count
        below, lower = below + count, upper
    return None
