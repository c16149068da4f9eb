"""Entering and amending households, families and members: the same road for each of them.

Whatever is said of a person is kept, a NIK that cannot be true too: it is marked, and stands in
the way only when the family is proposed.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import niks, proposals
from app.db.audit import Subject, record
from app.db.tables.registry import Family, Household, Member
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.households import FAMILIES, HOUSEHOLDS, MEMBERS, RecordAction, Records
from app.domain.niks import KnownRegions, NikCode, NikVerdict, check
from app.domain.people import sex_of
from app.domain.workflow import Action, Fact, Ground, State, Step

Values = Mapping[str, Any]
DECIDES_NIK = {"nik", "sex", "birth_date"}


async def enter_household(session: AsyncSession, values: Values, *, by: Actor) -> Household:
    household = Household(**values, created_by=by.id)
    await record(session, household, HOUSEHOLDS.begin(by=by))
    return household


async def enter_family(
    session: AsyncSession, household: Household, values: Values, *, by: Actor
) -> Family:
    family = Family(**values, **_of(household))
    await record(session, family, FAMILIES.begin(by=by))
    return family


async def enter_member(
    session: AsyncSession, household: Household, values: Values, *, by: Actor, known: KnownRegions
) -> Member:
    member = Member(**values, **_of(household), nik_verdict=NikVerdict.MISSING)
    for column, value in (await _checked(session, member, values, known)).items():
        setattr(member, column, value)
    await record(session, member, MEMBERS.begin(by=by))
    return member


def _of(household: Household) -> dict[str, Any]:
    return {"household_id": household.id, "scope_code": household.scope_code}


async def open_household(
    session: AsyncSession, household: Household, *, by: Actor
) -> frozenset[Fact]:
    """Whoever changes what is in a household amends it: the same table says whether he may."""
    facts = await proposals.facts_about(session, household)
    HOUSEHOLDS.step(household.state, RecordAction.AMEND, by=by, facts=facts)
    return facts


async def amend_household(
    session: AsyncSession, household: Household, values: Values, *, by: Actor
) -> None:
    facts = await proposals.facts_about(session, household)
    step = HOUSEHOLDS.step(household.state, RecordAction.AMEND, by=by, facts=facts)
    await _amend(session, household, step, values)


async def amend_family(
    session: AsyncSession, household: Household, family: Family, values: Values, *, by: Actor
) -> None:
    facts = await open_household(session, household, by=by)
    step = FAMILIES.step(family.state, RecordAction.AMEND, by=by, facts=facts)
    await _amend(session, family, step, values)


async def amend_member(  # noqa: PLR0913 - what is amended, by whom, against which regions
    session: AsyncSession,
    household: Household,
    member: Member,
    values: Values,
    *,
    by: Actor,
    known: KnownRegions,
) -> None:
    facts = await open_household(session, household, by=by)
    step = MEMBERS.step(member.state, RecordAction.AMEND, by=by, facts=facts)
    checked = {**values, **await _checked(session, member, values, known)}
    await _amend(session, member, step, checked)


async def move_record(  # noqa: PLR0913 - a step: which, of what, in which household, by whom, why
    session: AsyncSession,
    workflow: Records,
    household: Household,
    subject: Household | Family | Member,
    action: RecordAction,
    *,
    by: Actor,
    grounds: Mapping[Ground, object],
) -> None:
    """Take a record out of its draft, or bring it back. Who is out holds no NIK."""
    facts = await proposals.facts_about(session, household)
    step = workflow.step(subject.state, action, by=by, facts=facts, grounds=grounds)
    await niks.release(session, [subject.id])
    await record(session, subject, step)


async def _amend(
    session: AsyncSession, subject: Subject, step: Step[State, Action], values: Values
) -> None:
    """What is sent as it is already changes nothing, and is no step."""
    differing = {name: new for name, new in values.items() if getattr(subject, name) != new}
    if differing:
        await record(session, subject, step, changes=differing)


async def _checked(
    session: AsyncSession, member: Member, values: Values, known: KnownRegions
) -> dict[str, Any]:
    """The columns that say what became of the NIK, where something it depends on is given."""
    if not DECIDES_NIK & values.keys():
        return {}
    said = {name: values.get(name, getattr(member, name)) for name in DECIDES_NIK}
    found = check(
        said["nik"],
        regions=known,
        sex=sex_of(said["sex"]),
        birth_date=said["birth_date"],
        today=today(),
    )
    codes: list[str] = list(found.codes)
    if found.digits and await niks.is_held(session, found.digits, by_other_than=member.id):
        codes.append(NikCode.DUPLICATE)
    nik = found.digits or said["nik"]
    return {"nik": nik, "nik_verdict": found.verdict, "nik_codes": codes}
