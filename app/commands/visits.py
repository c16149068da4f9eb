"""Sending enumerators out, and looking over what they bring back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import surveys, visits
from app.db.audit import expect, record
from app.db.audit_rows import entry_of
from app.db.households import HouseholdNotFound
from app.db.tables.audit import AuditEntry
from app.db.tables.visits import Visit
from app.domain import visits as rules
from app.domain.actors import Actor
from app.domain.errors import Refusal
from app.domain.surveys import HouseholdInactive
from app.domain.visits import VISITS, VisitAction
from app.domain.workflow import Ground

UNLESS: dict[str, type[Refusal]] = {"missing": HouseholdNotFound, "inactive": HouseholdInactive}


@dataclass(frozen=True)
class Errand:
    """Who is to go where, until when."""

    enumerator_id: UUID
    household_ids: Sequence[UUID]
    due_on: date | None


@dataclass(frozen=True)
class Sent:
    """What became of one household of an errand: a visit, or a refusal."""

    household_id: UUID
    visit_id: UUID | None = None
    refused: type[Refusal] | None = None


async def assign(session: AsyncSession, errand: Errand, *, by: Actor) -> list[Sent]:
    """A visit for each household that may have one; what bars one bars none of the others."""
    step = VISITS.begin(by=by)
    villages = await visits.villages_of(session, errand.enumerator_id, within=by.region)
    if not villages:
        raise rules.EnumeratorNotFound
    found = await visits.candidates(session, errand.household_ids, within=by.region)
    sent, made = [], []
    for household_id in errand.household_ids:
        household = found.get(household_id)
        why = rules.assignable(household, villages, unless=UNLESS)
        if household is None or why is not None:
            sent.append(Sent(household_id, refused=why))
            continue
        visit = Visit(
            household_id=household_id,
            scope_code=household.scope_code,
            enumerator_id=errand.enumerator_id,
            due_on=errand.due_on,
            created_by=by.id,
        )
        made.append(visit)
        sent.append(Sent(household_id, visit.id))
    session.add_all(made)
    session.add_all(entry_of(visit, step, _told(visit), **session.info) for visit in made)
    await session.flush()
    return sent


def _told(visit: Visit) -> dict[str, list[object]]:
    told: dict[str, list[object]] = {"/enumerator_id": [None, str(visit.enumerator_id)]}
    if visit.due_on:
        told["/due_on"] = [None, visit.due_on.isoformat()]
    return told


@dataclass(frozen=True)
class Wanted:
    """A step somebody wants to take."""

    action: VisitAction
    grounds: Mapping[Ground, Any]
    survey_id: UUID | None = None


async def move(
    session: AsyncSession, visit: Visit, wanted: Wanted, *, by: Actor, version: int
) -> AuditEntry:
    """Bring the fruit of a visit, judge it, or take the visit back."""
    VISITS.permit(wanted.action, by=by)
    await expect(session, visit, version)
    step = VISITS.step(
        visit.state, wanted.action, by=by, facts=rules.facts(visit, by=by), grounds=wanted.grounds
    )
    changes, told = await CHANGES[wanted.action](session, visit, wanted, by)
    return await record(session, visit, step, changes=changes, told=told)


# What changes, and what the audit tells instead of it: the grounds stand in it as they are.
Changed = tuple[dict[str, Any], dict[str, list[object]] | None]


async def _submitted(session: AsyncSession, visit: Visit, wanted: Wanted, by: Actor) -> Changed:
    assert wanted.survey_id is not None  # noqa: S101 - the request names one
    survey = await surveys.find(session, wanted.survey_id, within=by.region)
    rules.submitted(visit, survey)
    return {"survey_id": survey.id}, None


async def _judged(_: AsyncSession, __: Visit, wanted: Wanted, ___: Actor) -> Changed:
    said = wanted.grounds
    return {"note": said.get(Ground.NOTE), "marks": said.get(Ground.MARKS, [])}, {}


CHANGES: dict[VisitAction, Callable[[AsyncSession, Visit, Wanted, Actor], Awaitable[Changed]]] = {
    VisitAction.SUBMIT: _submitted,
    VisitAction.ACCEPT: _judged,
    VisitAction.SEND_BACK: _judged,
    VisitAction.REVOKE: _judged,
}
