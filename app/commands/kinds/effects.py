"""Carrying out what proposals plan for registered records: recorded, and the NIKs that follow."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.new_families import HELD, NUMBERS, WORKFLOW_OF, NikHeldElsewhere
from app.commands.nik_settling import settle
from app.db import niks
from app.db.audit import Move, compared, record_all
from app.db.tables.registry import Family, Household, Member
from app.domain.actors import Actor
from app.domain.dtks_ids import DtksKind, dtks_id
from app.domain.errors import Fault
from app.domain.households import RecordAction, RecordState
from app.domain.reasons import Scope
from app.domain.records import Home, Plan, Record, Values

A, S = RecordAction, RecordState
TABLE_OF: Mapping[Scope, Any] = {
    Scope.HOUSEHOLD: Household,
    Scope.FAMILY: Family,
    Scope.PERSON: Member,
}
ACTION_OF = {
    (S.REGISTERED, S.REGISTERED): A.CORRECT,
    (S.REGISTERED, S.INACTIVE): A.TAKE_OUT,
    (S.INACTIVE, S.REGISTERED): A.BRING_BACK,
    (S.PROPOSED, S.REGISTERED): A.REGISTER,
}
Changing = tuple[Record, Values]


async def carry_out(
    session: AsyncSession, going: Sequence[tuple[Home, Plan]], *, by: Actor
) -> None:
    """All of it, or nothing: a few statements for any number of homes, each there once."""
    plans = await _numbered(session, going)
    leaving = [member for home, plan in plans for member in _let_go(home, plan)]
    coming = [member for home, plan in plans for member in nik_wishes(home, plan)]
    await niks.release(session, [*leaving, *coming])
    for scope, table in TABLE_OF.items():
        changing = [each for home, plan in plans for each in _of(scope, home, plan)]
        names = {name for _, values in changing for name in values} - {"state"}
        await record_all(session, table, [_move(table, each, names, by) for each in changing])
    await settle(session, [home.household.id for home, _ in plans], by=by)
    lost = await niks.claim(session, coming) if coming else set()
    if lost:  # between the look and the claim somebody else took it
        raise NikHeldElsewhere(Fault(f"/members/{each}/nik", "nik_held", HELD) for each in lost)


def _of(scope: Scope, home: Home, plan: Plan) -> list[Changing]:
    if scope is Scope.HOUSEHOLD:
        return [(home.household, plan.household)] if plan.household else []
    records, changes = (
        (home.families, plan.families) if scope is Scope.FAMILY else (home.members, plan.members)
    )
    return [(each, changes[each.id]) for each in records if changes.get(each.id)]


def _move(table: Any, changing: Changing, names: Collection[str], by: Actor) -> Move:  # noqa: ANN401
    """With every column that changes in one of them, so that one statement is enough for all."""
    record, values = changing
    values = dict(values)
    target = S(values.pop("state", record.state))
    action = ACTION_OF[S(record.state), target]
    step = WORKFLOW_OF[table].step(record.state, action, by=by)
    whole = {name: values[name] if name in values else getattr(record, name) for name in names}
    return Move(record, step, whole, compared(record, values))


async def _numbered(
    session: AsyncSession, going: Sequence[tuple[Home, Plan]]
) -> list[tuple[Home, Plan]]:
    """Whoever is registered for the first time gets his DTKS id."""
    count = sum(len(_newcomers(home, plan)) for home, plan in going)
    numbers = iter(await session.scalar(NUMBERS, {"count": count}) if count else ())
    return [
        (home, _with_ids(plan, {m: next(numbers) for m in _newcomers(home, plan)}))
        for home, plan in going
    ]


def _newcomers(home: Home, plan: Plan) -> list[UUID]:
    drafts = {each.id for each in home.members if each.state == S.PROPOSED}
    return [each for each in plan.members if each in drafts]


def _with_ids(plan: Plan, numbers: Mapping[UUID, int]) -> Plan:
    given = {
        each: {**plan.members[each], "dtks_id": dtks_id(DtksKind.MEMBER, number)}
        for each, number in numbers.items()
    }
    return replace(plan, members={**plan.members, **given})


def nik_wishes(home: Home, plan: Plan) -> dict[UUID, str]:
    """The NIKs that members would hold from then on, and do not hold yet."""
    found = {}
    for member in home.members:
        values = plan.members.get(member.id, {})
        nik = values.get("nik", member.nik)
        comes = values.get("state") == S.REGISTERED
        if nik and (comes or nik != member.nik):
            found[member.id] = nik
    return found


def _let_go(home: Home, plan: Plan) -> list[UUID]:
    return [
        each.id for each in home.members if plan.members.get(each.id, {}).get("state") == S.INACTIVE
    ]
