"""Whatever is done to the registry, in whatever order: a copy that is kept by the changes alone is
what an extract gives."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.followings import follow
from app.commands.surveys import freezing
from app.db.audit import Move, record, record_all
from app.db.tables.recipients import Recipient
from app.db.tables.registry import Family, Household, Member
from app.db.tables.surveys import Survey
from app.domain.actors import Actor, Role
from app.domain.households import FAMILIES, HOUSEHOLDS, MEMBERS, RecordAction, RecordState
from app.domain.recipients import RECIPIENTS, RecipientAction, RecipientState
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.surveys import SURVEYS, SurveyAction
from tests.following import Follower, follower
from tests.following import given as given_now
from tests.grants import a_family
from tests.registry import Registry, a_household

A, S = RecordAction, RecordState
DAY = date(2026, 11, 1)
NUMBERS = count(1)
Step = tuple[str, int, int]


class World:
    """Households in two villages of a regency and in another province, and all that can happen
    to them by decree."""

    def __init__(self, registry: Registry, determiner: Actor) -> None:
        self.registry = registry
        self.by = determiner
        self.homes: list[UUID] = []

    async def settle(self) -> None:
        for village in (self.registry.village, self.registry.neighbour, self.registry.elsewhere):
            operator = await self.registry.caller(Role.VILLAGE_OPERATOR, over=village)
            families = a_household(village, *a_family(village))["families"]
            proposal = await self.registry.proposal("determined", by=operator, families=families)
            self.homes.append(UUID(proposal["household_id"]))

    async def does(self, steps: list[Step]) -> None:
        """One transaction."""
        async with self.registry.database.transaction(INDONESIA) as session:
            for what, which, other in steps:
                await DEEDS[what](self, session, which, other)

    async def one(self, session: AsyncSession, table: Any, which: int) -> Any:  # noqa: ANN401
        """One of those rows of these households, and of no other."""
        column = table.id if table is Household else table.household_id
        found = await session.exec(
            select(table).where(col(column).in_(self.homes)).order_by(table.id)
        )
        rows = list(found)
        return rows[which % len(rows)] if rows else None

    async def corrects(self, session: AsyncSession, row: Any, **changes: object) -> None:  # noqa: ANN401
        flow = {Household: HOUSEHOLDS, Family: FAMILIES, Member: MEMBERS}[type(row)]
        if row.state is S.REGISTERED:
            await record(session, row, flow.step(row.state, A.CORRECT, by=self.by), changes=changes)

    async def renames(self, session: AsyncSession, which: int, other: int) -> None:
        member = await self.one(session, Member, which)
        await self.corrects(session, member, name=f"Nama {other}")

    async def rehouses(self, session: AsyncSession, which: int, other: int) -> None:
        household = await self.one(session, Household, which)
        await self.corrects(session, household, address=f"Jalan {other}")

    async def renumbers(self, session: AsyncSession, which: int, other: int) -> None:
        family = await self.one(session, Family, which)
        await self.corrects(session, family, card_number=f"{10**15 + other}")

    async def takes_out_or_back(self, session: AsyncSession, which: int, other: int) -> None:
        table, flow = [(Member, MEMBERS), (Household, HOUSEHOLDS)][other % 4 == 0]
        row = await self.one(session, table, which)
        action = A.TAKE_OUT if row.state is S.REGISTERED else A.BRING_BACK
        await record(session, row, flow.step(row.state, action, by=self.by))

    async def relocates(self, session: AsyncSession, which: int, other: int) -> None:
        member = await self.one(session, Member, which)
        home = await self.one(session, Household, other)
        if member.state is not S.REGISTERED or member.household_id == home.id:
            return
        families = await session.exec(select(Family).where(Family.household_id == home.id))
        to = {
            "household_id": home.id,
            "scope_code": home.scope_code,
            "family_id": families.first().id,  # type: ignore[union-attr]
            "relation_to_household_head": 8,
            "relation_to_family_head": 8,
        }
        move = Move(member, MEMBERS.step(member.state, A.RELOCATE, by=self.by), to)
        await follow(session, [move], staying={member.family_id}, by=self.by)
        await record_all(session, Member, [move])

    async def grants(self, session: AsyncSession, which: int, other: int) -> None:
        member = await self.one(session, Member, which)
        unit = {"member_id": member.id} if other % 2 else {"family_id": member.family_id}
        recipient = Recipient(
            household_id=member.household_id,
            scope_code=member.scope_code,
            programme=f"BANTUAN_{next(NUMBERS)}",
            period_from=DAY,
            payee_id=member.id,
            **unit,
        )
        await record(session, recipient, RECIPIENTS.begin(by=self.by))

    async def ends_or_goes_on(self, session: AsyncSession, which: int, _: int) -> None:
        recipient = await self.one(session, Recipient, which)
        if recipient is None:
            return
        ended = recipient.state is RecipientState.ENDED
        action = RecipientAction.REACTIVATE if ended else RecipientAction.END
        day = None if ended else DAY
        step = RECIPIENTS.step(recipient.state, action, by=self.by)
        await record(session, recipient, step, changes={"period_to": day, "ended_on": day})

    async def visits(self, session: AsyncSession, which: int, other: int) -> None:
        home = await self.one(session, Household, which)
        village = Region(str(home.scope_code))
        by = (await self.registry.caller(Role.VILLAGE_OPERATOR, over=village)).actor
        survey = Survey(
            household_id=home.id,
            scope_code=home.scope_code,
            codebook="dtks-2020",
            surveyed_on=DAY + timedelta(days=other % 40),
            outcome=1,
            answers={"household": {"floor_area": other}},
            created_by=by.id,
        )
        await record(session, survey, SURVEYS.begin(by=by))
        step = SURVEYS.step(survey.state, SurveyAction.FINISH, by=by)
        await record(session, survey, step, changes=freezing(survey))


Deed = Callable[[World, AsyncSession, int, int], Awaitable[None]]
DEEDS: dict[str, Deed] = {
    "rename": World.renames,
    "rehouse": World.rehouses,
    "renumber": World.renumbers,
    "take out or back": World.takes_out_or_back,
    "relocate": World.relocates,
    "grant": World.grants,
    "end or go on": World.ends_or_goes_on,
    "visit": World.visits,
}
STEPS = st.tuples(st.sampled_from(sorted(DEEDS)), st.integers(0, 99), st.integers(0, 99))
TRANSACTIONS = st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=1, max_size=8)


async def followers(world: World) -> list[Follower]:
    """Of two provinces, and of a regency in one of them."""
    registry = world.registry
    officers = [
        await registry.caller(Role.PROVINCE_OFFICER, over=village.at(Tier.PROVINCE))
        for village in (registry.village, registry.elsewhere)
    ]
    verifier = await registry.caller(Role.REGENCY_VERIFIER)
    return [await follower(registry, each) for each in (*officers, verifier)]


@pytest.fixture
async def world(registry: Registry) -> World:
    world = World(registry, (await registry.caller(Role.MINISTRY_DETERMINER)).actor)
    await world.settle()
    return world


@settings(
    max_examples=20,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(done=TRANSACTIONS, limit=st.sampled_from([1, 2, 5, 200]))
async def test_a_copy_comes_to_what_an_extract_gives(
    world: World, done: list[list[Step]], limit: int
):
    copies = await followers(world)

    for number, steps in enumerate(done):
        await world.does(steps)
        await copies[number % len(copies)].page(limit=limit)

    for copy in copies:
        await copy.news(limit=limit)
        assert copy.rows == await given_now(world.registry, copy.caller)
