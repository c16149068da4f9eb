"""Lists, one household, searches, counts."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query
from sqlalchemy import and_, func
from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlmodel import col, select

from app.domain.actors import Actor
from app.domain.proposals import ProposalState
from bench.rivals import rules
from bench.rivals.sqlmodel_way.access import CurrentActor, Reader, Session
from bench.rivals.sqlmodel_way.tables import Household, Member, Proposal, Region
from bench.rivals.sqlmodel_way.views import (
    HouseholdLine,
    HouseholdPage,
    HouseholdView,
    MemberHit,
    MemberHits,
    ProposalCounts,
    ProposalLine,
    ProposalPage,
    Search,
)

router = APIRouter()
Offset = Annotated[int, Query(ge=0)]
Limit = Annotated[int, Query(ge=1, le=rules.MOST)]

Head = aliased(Member)
MEMBERS = (
    select(func.count())
    .where(Member.household_id == Household.id, Member.state != rules.LEFT)
    .correlate(Household)
    .scalar_subquery()
)
MEMBER_OF_HIT = {"id", "household_id", "name", "birth_date", "sex", "state", "dtks_id"}


def within(table: Any, actor: Actor) -> Any:  # noqa: ANN401
    return col(table.scope_code).between(actor.region.first, actor.region.last)


def heads(household_id: Any) -> Any:  # noqa: ANN401
    return and_(
        Head.household_id == household_id,
        Head.relation_to_household_head == rules.HEAD,
        Head.state != rules.LEFT,
    )


@router.get("/households", response_model=HouseholdPage)
async def list_households(
    reader: Reader, session: Session, offset: Offset = 0, limit: Limit = 50
) -> Any:  # noqa: ANN401
    found = await session.exec(
        select(Household, Head.name, MEMBERS)
        .outerjoin(Head, heads(Household.id))
        .where(within(Household, reader))
        .order_by(col(Household.scope_code), col(Household.id))
        .offset(offset)
        .limit(limit)
    )
    lines = []
    for household, head_name, member_count in found:
        line = HouseholdLine.model_validate(household)
        line.head_name, line.member_count = head_name, member_count
        lines.append(line)
    return HouseholdPage(items=lines)


@router.get("/households/{household_id}", response_model=HouseholdView)
async def read_household(household_id: UUID, reader: Reader, session: Session) -> Any:  # noqa: ANN401
    found = await session.exec(
        select(Household)
        .where(Household.id == household_id, within(Household, reader))
        .options(
            joinedload(Household.village),
            selectinload(Household.families),
            selectinload(Household.members),
            selectinload(Household.surveys),
            selectinload(Household.proposals),
            selectinload(Household.recipients),
        )
    )
    household = found.one_or_none()
    if household is None:
        raise HTTPException(404, "no such household")
    return _as_seen(household, reader)


def _as_seen(household: Household, reader: Actor) -> HouseholdView:
    view = HouseholdView.model_validate(household)
    view.open_actions = rules.household_offers(
        reader,
        view.state,
        view.dtks_id,
        {each.kind: each.state for each in view.open_proposals},
    )
    if not rules.reads_niks(reader):
        for family in view.families:
            family.card_number = rules.masked(family.card_number)
        for member in view.members:
            member.nik = rules.masked(member.nik)
    return view


@router.post("/members/search", response_model=MemberHits)
async def search_members(search: Search, reader: Reader, session: Session) -> Any:  # noqa: ANN401
    found = await session.exec(
        select(Member, Region.name, Head.name)
        .join(Region, col(Region.scope_code) == col(Member.scope_code))
        .outerjoin(Head, heads(Member.household_id))
        .where(_asked(search), within(Member, reader))
        .order_by(col(Member.name), col(Member.id))
        .limit(search.limit + 1)
    )
    by = "nik" if search.nik else "name"
    hits = [
        MemberHit(
            **member.model_dump(include=MEMBER_OF_HIT),
            village_code=member.village_code,
            village_name=village_name,
            nik=rules.masked(member.nik),
            head_name=head_name,
            matched_by=by,
        )
        for member, village_name, head_name in found
    ]
    return MemberHits(more=len(hits) > search.limit, items=hits[: search.limit])


def _asked(search: Search) -> Any:  # noqa: ANN401
    if search.nik:
        return Member.nik == search.nik
    return col(Member.name).icontains(search.name or "", autoescape=True)


@router.get("/proposals", response_model=ProposalPage)
async def list_proposals(
    reader: Reader,
    session: Session,
    offset: Offset = 0,
    limit: Limit = 50,
    open_to_me: bool = False,  # noqa: FBT001, FBT002
) -> Any:  # noqa: ANN401
    asked = (
        select(Proposal, Head.name)
        .outerjoin(Head, heads(Proposal.household_id))
        .where(within(Proposal, reader))
        .order_by(col(Proposal.scope_code), col(Proposal.id))
        .offset(offset)
        .limit(limit)
    )
    if open_to_me:
        asked = asked.where(col(Proposal.state).in_(rules.waits_for(reader)))
    lines = []
    for proposal, head_name in await session.exec(asked):
        line = ProposalLine.model_validate(proposal)
        line.head_name, line.open_actions = head_name, rules.offers(reader, line.state)
        lines.append(line)
    return ProposalPage(items=lines)


@router.get("/proposals/counts", response_model=ProposalCounts)
async def count_proposals(actor: CurrentActor, session: Session) -> Any:  # noqa: ANN401
    region = (
        await session.exec(select(Region).where(Region.scope_code == actor.region.first))
    ).one()
    counted = await session.exec(
        select(Proposal.state, func.count(), func.min(Proposal.state_since))
        .where(within(Proposal, actor))
        .group_by(Proposal.state)
    )
    found = {state: (count, oldest) for state, count, oldest in counted}
    mine = rules.waits_for(actor)
    states = []
    for state in ProposalState:
        count, oldest = found.get(state, (0, None))
        waiting = None if rules.has_ended(state) else oldest
        states.append(
            {
                "state": state,
                "count": count,
                "oldest_waiting_since": waiting,
                "open_to_me": state in mine,
            }
        )
    return {"region_code": region.code, "region_name": region.name, "states": states}
