"""What a work list asks: the part of one's region, which proposals of it, read along an index."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Query, Request

from app.db import access, counts
from app.db.access import PeopleReading
from app.db.pages import IN_ORDER
from app.db.sessions import Reading
from app.domain.proposals import ProposalKind, ProposalState
from app.domain.work_lists import Wanted
from app.routers.access import AccessNow, CurrentActor, CurrentSight, database_of

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


async def reading_in_order(
    request: Request, access_now: AccessNow, _: CurrentSight
) -> AsyncIterator[PeopleReading]:
    within, begin = access_now.actor.region, f"{access.BEGIN}; {IN_ORDER}"
    async with database_of(request).connection(within, begin=begin) as connection:
        yield PeopleReading(connection, access_now)


async def reading_counts(request: Request, actor: CurrentActor) -> AsyncIterator[Reading]:
    async with database_of(request).connection(actor.region, begin=counts.BEGIN) as connection:
        yield Reading(connection)


PeopleInOrder = Annotated[PeopleReading, Depends(reading_in_order, scope="function")]
CountReading = Annotated[Reading, Depends(reading_counts, scope="function")]
