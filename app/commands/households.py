"""Entering and amending households, families and members: the same road for each of them.

Whatever is said of a person is kept, a NIK that cannot be true too: it is marked, and stands in
the way only when the family is proposed.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.nik_settling import settle
from app.commands.returns import keep_to_marks, keep_to_roster
from app.db import households, niks, proposals
from app.db.audit import expect, record
from app.db.audit_rows import Subject
from app.db.tables.audit import AuditEntry
from app.db.tables.registry import Family, Household, Member
from app.domain.actors import Actor
from app.domain.facts import Fact
from app.domain.households import (
    FAMILIES,
    HOUSEHOLDS,
    MEMBERS,
    RecordAction,
    Records,
    RecordState,
)
from app.domain.niks import KnownRegions, NikVerdict
from app.domain.records import with_card, with_nik
from app.domain.workflow import Action, Ground, State, Step

Values = Mapping[str, Any]
A = RecordAction


async def enter_household(session: AsyncSession, values: Values, *, by: Actor) -> Household:
    household = Household(**values, created_by=by.id)
    await record(session, household, HOUSEHOLDS.begin(by=by))
    return household


async def enter_family(
    session: AsyncSession, household: Household, values: Values, *, by: Actor
) -> Family:
    family = Family(**with_card(values), **_of(household))
    await record(session, family, FAMILIES.begin(by=by))
    return family


async def enter_member(
    session: AsyncSession, household: Household, values: Values, *, by: Actor, known: KnownRegions
) -> Member:
    member = Member(**values, **_of(household), nik_verdict=NikVerdict.MISSING)
    for column, value in with_nik(member, values, known).items():
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


async def open_to_families(session: AsyncSession, household: Household, *, by: Actor) -> None:
    """The same of whoever drafts one more."""
    facts = await open_household(session, household, by=by)
    await keep_to_roster(session, household, Family, facts, by=by)


async def open_to_members(
    session: AsyncSession, household: Household, member: Member | None = None, *, by: Actor
) -> frozenset[Fact]:
    """The same of whoever drafts a member, or changes the draft: a registered one admits him."""
    facts = await proposals.facts_about(session, household, member)
    action = A.ADMIT if household.state is RecordState.REGISTERED else A.AMEND
    HOUSEHOLDS.step(household.state, action, by=by, facts=facts)
    if member is None:
        await keep_to_roster(session, household, Member, facts, by=by)
    return facts


async def amend_household(
    session: AsyncSession, household: Household, values: Values, *, by: Actor, version: int
) -> None:
    facts = await _held(session, HOUSEHOLDS, household, A.AMEND, by=by, version=version)
    step = HOUSEHOLDS.step(household.state, A.AMEND, by=by, facts=facts)
    await _amend(session, household, step, values, facts)


async def amend_family(
    session: AsyncSession, family: Family, values: Values, *, by: Actor, version: int
) -> None:
    facts = await _held(session, FAMILIES, family, A.AMEND, by=by, version=version)
    step = FAMILIES.step(family.state, A.AMEND, by=by, facts=facts)
    await _amend(session, family, step, with_card(values), facts)


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
    checked = with_nik(member, values, known)
    if checked.get("nik", member.nik) != member.nik:
        await niks.release(session, [member.id])
    await _amend(session, member, step, checked, facts)


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
    if not isinstance(subject, Household):
        await keep_to_roster(session, subject, type(subject), facts, by=by)
    await niks.release(session, [subject.id])
    entry = await record(session, subject, step)
    await _settle(session, subject, by=by)
    return entry


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
    return await _facts(session, household, subject, by=by) | _once_registered(subject)


async def _facts(
    session: AsyncSession,
    household: Household,
    subject: Household | Family | Member,
    *,
    by: Actor,
) -> frozenset[Fact]:
    if subject is household:
        return await proposals.facts_about(session, household)
    if isinstance(subject, Member):
        return await open_to_members(session, household, subject, by=by)
    return await open_household(session, household, by=by)


def _once_registered(subject: Household | Family | Member) -> frozenset[Fact]:
    """A family has no DTKS id of its own: its household is registered, or it never was."""
    has_id = getattr(subject, "dtks_id", None) is not None
    return frozenset({Fact.ONCE_REGISTERED} if has_id else ())


async def _amend(
    session: AsyncSession,
    subject: Subject,
    step: Step[State, Action],
    values: Values,
    facts: frozenset[Fact],
) -> None:
    """What is sent as it is already changes nothing, and is no step."""
    differing = {name: new for name, new in values.items() if getattr(subject, name) != new}
    if differing:
        await keep_to_marks(session, subject, differing, facts, by=step.actor)
        await record(session, subject, step, changes=differing)
        await _settle(session, subject, by=step.actor)


async def _settle(session: AsyncSession, subject: Subject, *, by: Actor) -> None:
    """A number that is good now, or somebody who is out, ends the case about it."""
    home = subject.id if isinstance(subject, Household) else subject.household_id
    await settle(session, [home], by=by)
