"""Entering and amending households, families and members: the same road for each of them.

Whatever is said of a person is kept, a NIK that cannot be true too: it is marked, and stands in
the way only when the family is proposed.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import households, niks, proposals
from app.db.audit import Subject, expect, record
from app.db.tables.audit import AuditEntry
from app.db.tables.registry import Family, Household, Member
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.households import FAMILIES, HOUSEHOLDS, MEMBERS, RecordAction, Records
from app.domain.niks import KnownRegions, NikVerdict, check, check_family_card
from app.domain.people import sex_of
from app.domain.workflow import Action, Fact, Ground, State, Step

Values = Mapping[str, Any]
A = RecordAction
DECIDES_NIK = {"nik", "sex", "birth_date"}


async def enter_household(session: AsyncSession, values: Values, *, by: Actor) -> Household:
    household = Household(**values, created_by=by.id)
    await record(session, household, HOUSEHOLDS.begin(by=by))
    return household


async def enter_family(
    session: AsyncSession, household: Household, values: Values, *, by: Actor
) -> Family:
    family = Family(**_with_card(values), **_of(household))
    await record(session, family, FAMILIES.begin(by=by))
    return family


async def enter_member(
    session: AsyncSession, household: Household, values: Values, *, by: Actor, known: KnownRegions
) -> Member:
    member = Member(**values, **_of(household), nik_verdict=NikVerdict.MISSING)
    for column, value in _checked(member, values, known).items():
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
    HOUSEHOLDS.step(household.state, A.AMEND, by=by, facts=facts)
    return facts


async def amend_household(
    session: AsyncSession, household: Household, values: Values, *, by: Actor, version: int
) -> None:
    facts = await _held(session, HOUSEHOLDS, household, A.AMEND, by=by, version=version)
    step = HOUSEHOLDS.step(household.state, A.AMEND, by=by, facts=facts)
    await _amend(session, household, step, values)


async def amend_family(
    session: AsyncSession, family: Family, values: Values, *, by: Actor, version: int
) -> None:
    facts = await _held(session, FAMILIES, family, A.AMEND, by=by, version=version)
    step = FAMILIES.step(family.state, A.AMEND, by=by, facts=facts)
    await _amend(session, family, step, _with_card(values))


async def amend_member(  # noqa: PLR0913 - what is amended, by whom, against which regions
    session: AsyncSession,
    member: Member,
    values: Values,
    *,
    by: Actor,
    version: int,
    known: KnownRegions,
) -> None:
    facts = await _held(session, MEMBERS, member, A.AMEND, by=by, version=version)
    step = MEMBERS.step(member.state, A.AMEND, by=by, facts=facts)
    checked = {**values, **_checked(member, values, known)}
    if checked.get("nik", member.nik) != member.nik:
        await niks.release(session, [member.id])
    await _amend(session, member, step, checked)


async def move_record(  # noqa: PLR0913 - a step: which, of what, by whom, why
    session: AsyncSession,
    workflow: Records,
    subject: Household | Family | Member,
    action: RecordAction,
    *,
    by: Actor,
    version: int,
    grounds: Mapping[Ground, object],
) -> AuditEntry:
    """Take a record out of its draft, or bring it back. Who is out holds no NIK."""
    facts = await _held(session, workflow, subject, action, by=by, version=version)
    step = workflow.step(subject.state, action, by=by, facts=facts, grounds=grounds)
    await niks.release(session, [subject.id])
    return await record(session, subject, step)


async def _held(  # noqa: PLR0913 - what is held, for which action of whom
    session: AsyncSession,
    workflow: Records,
    subject: Household | Family | Member,
    action: RecordAction,
    *,
    by: Actor,
    version: int,
) -> frozenset[Fact]:
    """The subject as it is now, its household kept from others, and how it stands with that."""
    workflow.permit(action, by=by)
    household = await households.hold_around(session, subject, within=by.region)
    await expect(session, subject, version)
    if subject is household:
        return await proposals.facts_about(session, household)
    return await open_household(session, household, by=by)


async def _amend(
    session: AsyncSession, subject: Subject, step: Step[State, Action], values: Values
) -> None:
    """What is sent as it is already changes nothing, and is no step."""
    differing = {name: new for name, new in values.items() if getattr(subject, name) != new}
    if differing:
        await record(session, subject, step, changes=differing)


def _with_card(values: Values) -> Values:
    """A family card number loses its blanks, and nothing else."""
    if not values.get("card_number"):
        return values
    digits = check_family_card(values["card_number"]).digits
    return {**values, "card_number": digits or values["card_number"]}


def _checked(member: Member, values: Values, known: KnownRegions) -> dict[str, Any]:
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
    nik = found.digits or said["nik"]
    return {"nik": nik, "nik_verdict": found.verdict, "nik_codes": list(found.codes)}
