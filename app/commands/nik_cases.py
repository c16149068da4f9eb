"""Opening NIK cases, and leading them on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.nik_repairs import as_json, cleaned, differing, place_of, repair
from app.commands.nik_settling import settle_all
from app.db import nik_cases
from app.db.audit import Move, expect, record, record_all
from app.db.tables.audit import AuditEntry
from app.db.tables.nik_cases import NikCase
from app.domain.actors import Actor
from app.domain.nik_cases import NIK_CASES, Corrections, NikCaseAction, NothingCorrected
from app.domain.regions import Region
from app.domain.workflow import Ground, Step

A = NikCaseAction
AT_ONCE = 1000  # cases that one request opens
Grounds = Mapping[Ground, object]


@dataclass(frozen=True)
class Campaign:
    """Where, until when, whether doubts count too; and the letter that it rests on."""

    region: Region
    due_on: date | None = None
    doubtful: bool = True
    grounds: Grounds = field(default_factory=dict)


@dataclass(frozen=True)
class Opened:
    opened: int
    settled: int
    more: bool  # there are others: the same once more opens them


async def open_all(session: AsyncSession, campaign: Campaign, *, by: Actor) -> Opened:
    """A case for everybody there who has none and should; as many as one request may take."""
    begun = NIK_CASES.begin(by=by)
    step = Step(begun.workflow, begun.action, None, begun.target, by, campaign.grounds)
    await nik_cases.take_turn(session, campaign.region)
    settled = await settle_all(session, campaign.region, by=by, most=AT_ONCE)
    found = await nik_cases.wanting(
        session, within=campaign.region, doubtful=campaign.doubtful, most=AT_ONCE + 1
    )
    moves = [_opened(each, step, campaign.due_on) for each in found[:AT_ONCE]]
    await record_all(session, NikCase, moves)
    return Opened(len(moves), settled, len(found) > AT_ONCE or settled == AT_ONCE)


def _opened(found: Mapping[str, Any], step: Step[Any, Any], due_on: date | None) -> Move:
    case = NikCase(
        member_id=found["id"],
        household_id=found["household_id"],
        scope_code=found["scope_code"],
        problems=list(found["problems"]),
        due_on=due_on,
        created_by=step.actor.id,
    )
    told: dict[str, list[object]] = {
        "/member_id": [None, str(case.member_id)],
        "/problems": [None, case.problems],
    }
    if due_on is not None:
        told["/due_on"] = [None, due_on.isoformat()]
    return Move(case, step, told=told)


# --- steps


@dataclass(frozen=True)
class Wanted:
    """A step somebody wants to take, and what goes with it."""

    action: NikCaseAction
    grounds: Grounds
    said: Corrections = field(default_factory=Corrections)


async def move(
    session: AsyncSession, case: NikCase, wanted: Wanted, *, by: Actor, version: int
) -> AuditEntry:
    NIK_CASES.permit(wanted.action, by=by)
    await expect(session, case, version)
    facts = await nik_cases.facts_of(session, case, by=by)
    step = NIK_CASES.step(case.state, wanted.action, by=by, facts=facts, grounds=wanted.grounds)
    if wanted.action is A.REPAIR:
        return await _repaired_by_hand(session, case, step, wanted.said)
    if wanted.action is A.ANSWER:
        wanted = replace(wanted, said=await _answerable(session, case, wanted.said, by))
    changes, told = _changes(wanted, by)
    return await record(session, case, step, changes=changes, told=told)


Changed = tuple[dict[str, Any], dict[str, list[object]]]


def _changes(wanted: Wanted, by: Actor) -> Changed:
    """The grounds stand in the audit as they are; of an answer only what it is about."""
    changes: dict[str, Any] = {"note": wanted.grounds.get(Ground.NOTE)}
    if wanted.action is A.ASK:
        return {**changes, "asked_by": by.id, "answer": None}, {}
    if wanted.action is A.ANSWER:
        said = {**wanted.said.of_person, **wanted.said.of_family}
        told: dict[str, list[object]] = {"/answer": [None, sorted(said)]}
        return {**changes, "answer": as_json(said)}, told
    return changes, {}


async def _answerable(
    session: AsyncSession, case: NikCase, said: Corrections, by: Actor
) -> Corrections:
    """What can be repaired by: a slip of the civil registry's is not handed on to a village."""
    place, said = await place_of(session, case.member_id, by), cleaned(said)
    if not await differing(session, place, said):
        raise NothingCorrected
    return said


async def _repaired_by_hand(
    session: AsyncSession, case: NikCase, step: Step[Any, Any], said: Corrections
) -> AuditEntry:
    repaired = await repair(session, case.member_id, said, by=step.actor)
    if repaired.entry is None:
        raise NothingCorrected
    return repaired.entry
