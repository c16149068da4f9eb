"""Hands that change the registry, several at once, each through the service's own commands."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import surveys as visiting
from app.commands.kinds.effects import carry_out
from app.commands.kinds.followings import follow
from app.db import niks, recipients, records, surveys
from app.db.audit import Move, record_all
from app.db.sessions import Database
from app.db.tables.recipients import Recipient
from app.db.tables.registry import Member
from app.domain.actors import Actor, Role
from app.domain.errors import Refusal
from app.domain.households import MEMBERS, RecordAction, RecordState
from app.domain.recipients import LIVE, RECIPIENTS, RecipientAction
from app.domain.records import Home, Plan
from app.domain.regions import INDONESIA, Region
from app.domain.surveys import SurveyAction
from app.domain.workflow import Ground

PERIOD = date(2026, 11, 1)
LATE_SECONDS = 3.0  # that a transaction stays open, with something written in it
PROGRAMMES = ("PKH", "SEMBAKO", "PBI_JK", "ATENSI")
AT_ONCE = 8  # households, in one transaction
NOBODY_MET = 2
AS_OTHER = {"relation_to_household_head": 8, "relation_to_family_head": 8}
NOTE = {Ground.NOTE: "Sesuai keadaan."}
A, S = RecordAction, RecordState


@dataclass
class Hand:
    """Somebody at work on households of his own: nobody waits for another's lock."""

    database: Database
    by: Actor  # the determiner, whose decrees all but the visits are
    homes: Sequence[UUID]
    draw: Random
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    async def work(self, deeds: int) -> None:
        """So many things, some at once in each transaction."""
        names = sorted(DEEDS)
        while self.done.total() < deeds:
            name = self.draw.choice(names)
            try:
                async with self.database.transaction(INDONESIA) as session:
                    changed = await DEEDS[name](self, session)
            except Refusal as refusal:
                self.refused[refusal.code()] += 1
            else:
                self.done[name] += changed

    async def work_late(self, over: asyncio.Event) -> None:
        """What is written first, and is certain last."""
        while not over.is_set():
            async with self.database.transaction(INDONESIA) as session:
                self.done["late"] += await corrects(self, session)
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), LATE_SECONDS)

    async def some(self, session: AsyncSession, many: int = AT_ONCE) -> list[Home]:
        """Registered households, held until the transaction ends."""
        chosen = self.draw.sample(self.homes, many)
        found = await records.homes(session, chosen, within=INDONESIA)
        return [found[each] for each in chosen if found[each].is_registered]

    def one(self, of: Sequence[Any]) -> Any:  # noqa: ANN401
        return self.draw.choice(of) if of else None

    async def carries_out(
        self, session: AsyncSession, plan: Callable[["Hand", Home], Plan | None]
    ) -> int:
        """What is planned for some households, as a decree does it: all at once."""
        planned = [(home, plan(self, home)) for home in await self.some(session)]
        going = [(home, each) for home, each in planned if each is not None]
        await carry_out(session, going, by=self.by)
        return len(going)


def _corrected(hand: Hand, home: Home) -> Plan | None:
    """A name, an address, or the number of a family card."""
    member, family = hand.one(home.members_now), hand.one(home.families_now)
    said = f"{hand.draw.randrange(10**6):06d}"
    plans = [Plan(household={"address": f"Jl. Melati No. {said}"})]
    if member is not None:
        plans.append(Plan(members={member.id: {"name": f"Warga {said}"}}))
        plans.append(Plan(families={family.id: {"card_number": f"3672010101{said}"}}))
    return hand.draw.choice(plans)


def _removed(hand: Hand, home: Home) -> Plan | None:
    member = hand.one(home.members_now)
    out = {"state": S.INACTIVE, "inactive_reason": "deceased", "inactive_on": PERIOD}
    return None if member is None else Plan(members={member.id: out})


def _restored(hand: Hand, home: Home) -> Plan | None:
    gone = [each for each in home.members if each.state == S.INACTIVE and each.dtks_id]
    back = {"state": S.REGISTERED, "inactive_reason": None, "inactive_on": None, **AS_OTHER}
    return Plan(members={hand.one(gone).id: back}) if gone else None


async def corrects(hand: Hand, session: AsyncSession) -> int:
    return await hand.carries_out(session, _corrected)


async def removes(hand: Hand, session: AsyncSession) -> int:
    return await hand.carries_out(session, _removed)


async def restores(hand: Hand, session: AsyncSession) -> int:
    return await hand.carries_out(session, _restored)


async def moves(hand: Hand, session: AsyncSession) -> int:
    """Some come to live in other households: of the village, the regency, or far away."""
    homes = await hand.some(session, 2 * AT_ONCE)
    half = len(homes) // 2
    moved, staying = [], set()
    for home, to in zip(homes[:half], homes[half:], strict=False):
        member = hand.one(home.members_now)
        if member is not None:
            moved.append(_into(to, member, hand.by))
            staying |= {each.family_id for each in home.members_now if each is not member}
    await follow(session, moved, staying=staying, by=hand.by)
    await record_all(session, Member, moved)
    ids = [each.subject.id for each in moved]
    await niks.release(session, ids)
    await niks.claim(session, ids)
    return len(moved)


def _into(home: Home, member: Any, by: Actor) -> Move:  # noqa: ANN401
    place = {
        "household_id": home.household.id,
        "scope_code": home.household.scope_code,
        "family_id": home.families_now[0].id,
    }
    return Move(member, MEMBERS.step(member.state, A.RELOCATE, by=by), {**place, **AS_OTHER})


async def grants(hand: Hand, session: AsyncSession) -> int:
    """To persons and to families, who do not have that programme already."""
    homes = await hand.some(session)
    ids = [home.household.id for home in homes]
    found = await recipients.of_households(session, ids, within=INDONESIA)
    has = {(e.family_id, e.member_id, e.programme) for e in found if e.state in LIVE}
    begun = RECIPIENTS.begin(by=hand.by)
    new = [_candidate(hand, home) for home in homes if home.members_now]
    fresh = [e for e in new if (e.family_id, e.member_id, e.programme) not in has]
    await record_all(session, Recipient, [Move(each, begun) for each in fresh])
    return len(fresh)


def _candidate(hand: Hand, home: Home) -> Any:  # noqa: ANN401
    member, person = hand.one(home.members_now), hand.one([True, False])
    return recipients.candidate(
        household_id=home.household.id,
        scope_code=home.household.scope_code,
        programme=hand.one(PROGRAMMES),
        period_from=PERIOD,
        payee_id=member.id,
        proposal_id=None,
        family_id=None if person else member.family_id,
        member_id=member.id if person else None,
    )


async def changes_aids(hand: Hand, session: AsyncSession) -> int:
    """They end, or are paid to another."""
    homes = {home.household.id: home for home in await hand.some(session)}
    found = await recipients.of_households(session, [*homes], within=INDONESIA)
    changed = [
        _of_an_aid(hand, row, homes[row.household_id].members_now)
        for row in {each.household_id: each for each in found if each.state in LIVE}.values()
    ]
    await record_all(session, Recipient, changed)
    return len(changed)


def _of_an_aid(hand: Hand, row: Recipient, people: Sequence[Any]) -> Move:
    payee = hand.one([each for each in people if each.id != row.payee_id])
    action, changes = RecipientAction.CHANGE_PAYEE, {"payee_id": payee and payee.id}
    if payee is None or hand.one([True, False]):
        action = RecipientAction.END
        changes = {"period_to": PERIOD, "ended_on": PERIOD, "end_reason": "civil_servant"}
    return Move(row, RECIPIENTS.step(row.state, action, by=hand.by), changes)


async def visits(hand: Hand, session: AsyncSession) -> int:
    """Nobody was met: with the answers of the visit before, on a later day."""
    homes = await hand.some(session, 1)
    if not homes:
        return 0
    [home] = homes
    [sheet] = (
        await surveys.current_of_each(session, [home.household.id], within=INDONESIA)
    ).values()
    by = Actor(hand.by.id, Role.VILLAGE_OPERATOR, Region(str(home.household.scope_code)))
    values = {
        "copy_of": sheet.id,
        "codebook": sheet.codebook,
        "surveyed_on": sheet.surveyed_on + timedelta(days=1),
        "enumerator_name": "Petugas",
        "outcome": NOBODY_MET,
        "answers": {},
    }
    survey = await visiting.begin(session, home.household, values, by=by)
    await visiting.move(session, survey, SurveyAction.FINISH, by=by, version=1, grounds=NOTE)
    return 1


Deed = Callable[[Hand, AsyncSession], Awaitable[int]]
DEEDS: dict[str, Deed] = {
    "corrections": corrects,
    "removals": removes,
    "restorations": restores,
    "moves": moves,
    "new aids": grants,
    "changed aids": changes_aids,
    "visits": visits,
}
