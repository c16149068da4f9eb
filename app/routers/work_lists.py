"""What a work list asks: the part of one's region, which proposals of it, read along an index."""

from typing import Annotated

from fastapi import Depends, Query, Request

from app.db.pages import IN_ORDER
from app.db.sessions import READ_ONLY, Reading
from app.domain.proposals import ProposalKind, ProposalState
from app.domain.work_lists import Wanted
from app.routers.access import database_of

TEN_YEARS = 3650


async def wanted_now(
    state: Annotated[ProposalState | None, Query()] = None,
    kind: Annotated[ProposalKind | None, Query()] = None,
    mine: Annotated[bool, Query(description="Those on your own desk: `responsible_id`.")] = False,  # noqa: FBT002
    open_to_me: Annotated[  # noqa: FBT002
        bool, Query(description="Those with which you may do something now: `open_actions`.")
    ] = False,
    urgent: Annotated[  # noqa: FBT002
        bool, Query(description="Those that go before the others: emergencies.")
    ] = False,
    waiting_days: Annotated[
        int | None,
        Query(ge=0, le=TEN_YEARS, description="That have waited for so many days, or longer."),
    ] = None,
) -> Wanted:
    return Wanted(
        state, kind, mine=mine, open_to_me=open_to_me, waiting_days=waiting_days, urgent=urgent
    )


WantedNow = Annotated[Wanted, Depends(wanted_now)]


async def reading_counts(request: Request) -> Reading:
    within = request.state.actor.region
    return Reading(database_of(request).look(within, settings=READ_ONLY | IN_ORDER))


CountReading = Annotated[Reading, Depends(reading_counts)]
