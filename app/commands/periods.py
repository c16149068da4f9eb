"""Which period the proposals of a step count for afterwards."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.base import Follows
from app.db import windows
from app.db.tables.base import now
from app.db.tables.proposals import Proposal
from app.db.windows import Calendars
from app.domain.errors import Refusal
from app.domain.periods import is_forward, month_at, period_after
from app.domain.proposals import ProposalAction, ProposalState
from app.domain.regions import Region
from app.domain.windows import Window, Work, national
from app.domain.workflow import Step

Going = Sequence[tuple[Proposal, Step[ProposalState, ProposalAction]]]


class Around(NamedTuple):
    """The calendars in which proposals are moved, and when."""

    calendars: Calendars
    moment: datetime


async def periods_after(
    session: AsyncSession, going: Going, around: Around | None = None
) -> Follows:
    """By proposal: its new period where that changes, or the refusal of what comes too late."""
    forward = [
        (each, step)
        for each, step in going
        if is_forward(step.source, step.target) and step.action is not ProposalAction.UNDO
    ]
    if not forward:
        return {}
    calendars, moment = around or await _around(session, forward)
    known: dict[Hashable, Mapping[str, object] | Refusal] = {}
    follows: Follows = {}
    for each, step in forward:
        village = Region(str(each.scope_code))
        work = Work(step.actor.role, each.kind, each.asks.get("programme"), village)
        windows_there = calendars.at(village)
        alike = _alike(work, windows_there, each.period)
        if alike not in known:
            known[alike] = _after(each.period, windows_there, work, moment)
        follows[each.id] = known[alike]
    return follows


async def _around(session: AsyncSession, going: Going) -> Around:
    moment = now()
    regencies = {str(each.scope_code)[:4] for each, _ in going}
    return Around(await windows.calendars(session, regencies, on=moment.date()), moment)


def _alike(work: Work, around: Sequence[Window], period: date | None) -> Hashable:
    """Of a hundred thousand, most are: by the nation's windows alone, a village is its clock."""
    place = work.village.time_zone if around is national() else work.village
    return (work.role, work.kind, work.programme, place, period)


def _after(
    period: date | None, around: Sequence[Window], work: Work, moment: datetime
) -> Mapping[str, object] | Refusal:
    try:
        reached = period_after(period, around, work, moment)
    except Refusal as refusal:
        return refusal
    missed = period or month_at(moment, work.village)
    late = {"missed_period": missed} if reached > missed else {}
    return {**late, "period": reached} if reached != period else {}
