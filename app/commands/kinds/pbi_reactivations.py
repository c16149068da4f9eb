"""A reactivation of PBI (reaktivasi PBI-JK): what ended a short while ago goes on.

Why it is asked for is about somebody's health: it stands apart, for those who read that.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds import grants
from app.commands.kinds.base import Follows, Kind
from app.commands.kinds.grants import Scene
from app.db import claims
from app.db.audit import Move
from app.db.tables.proposals import Proposal
from app.db.tables.recipients import Recipient
from app.db.tables.registry import Household
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.programmes import (
    PBI,
    Doubt,
    doubt,
    is_urgent,
    known,
    nik_doubts,
    reactivation_of_pbi,
)
from app.domain.recipients import (
    RECIPIENTS,
    AsksNotAccepted,
    NotARecipient,
    RecipientAction,
    RecipientAlready,
    RecipientChanged,
    RecipientState,
    month_of,
    reactivated_in_time,
    reactivation_faults,
    subject_faults,
)

COMPARED = ("state", "period_to")
CLAIMED = "state"


async def _drafted(session: AsyncSession, _: Household, proposal: Proposal, by: Actor) -> None:
    """Only of whose PBI has ended, and not long ago."""
    scene = await grants.look_into(session, proposal, by)
    _ended(scene)
    proposal.urgent = is_urgent(proposal.asks)


def _ended(scene: Scene) -> Recipient:
    """The PBI that ended last, if that is short enough ago."""
    has = scene.receiving(PBI)
    if has is not None:
        raise RecipientAlready(programme=PBI, since=has.period_from.isoformat())
    found = [each for each in scene.received(PBI) if each.period_to]
    if not found:
        raise NotARecipient(programme=PBI)
    last = max(found, key=lambda each: str(each.period_to))
    reported = scene.proposal.submitted_at
    reactivated_in_time(
        last.period_to,  # type: ignore[arg-type]  # of an ended one
        reported_on=reported.date() if reported else today(),
        within_months=reactivation_of_pbi().within_months,
    )
    return last


async def _submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    scenes = await grants.look(session, about, by)
    frozen, refused = grants.each_alone(scenes, _frozen)
    refused |= await grants.claim_recipients(
        session, {each: (scenes[each].proposal, frozen[each]) for each in frozen}, CLAIMED
    )
    return {
        each: grants.submission(content, by, urgent=is_urgent(scenes[each].asks))
        for each, content in frozen.items()
    } | refused


def _frozen(scene: Scene) -> dict[str, Any]:
    ended, asks = _ended(scene), scene.asks
    faults = [
        *subject_faults(known(PBI), None, scene.member),
        *reactivation_faults(asks, reactivation_of_pbi()),
        *scene.evidence_faults(),
    ]
    if scene.member is None or faults:
        raise AsksNotAccepted(faults)
    return scene.frozen(
        {"recipients": scene.told_of([ended])},
        {
            "state": RecipientState.REACTIVATED,
            "period_from": asks.get("period") or month_of(today()).isoformat(),
            "card_number": asks["card_number"],
            "ended_on": asks["ended_on"],
        },
        doubts=[*nik_doubts(scene.member), *_doubts(asks, ended)],
        health=asks["health"],
    )


def _doubts(asks: Mapping[str, Any], ended: Recipient) -> list[Doubt]:
    """The card may say another month than the registry, which is the one that counts."""
    said = month_of(date.fromisoformat(asks["ended_on"]))
    return [] if said == ended.period_to else [doubt("end_differs", "/asks/ended_on")]


async def _determined(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    scenes = await grants.look(session, about, by)
    passed, refused = grants.each_alone(scenes, _still_possible)
    await grants.move(
        session,
        (
            Move(
                row,
                RECIPIENTS.step(row.state, RecipientAction.REACTIVATE, by=by),
                {
                    "period_from": _month(scenes[each]),
                    "period_to": None,
                    "end_reason": None,
                    "ended_on": None,
                },
            )
            for each, row in passed.items()
        ),
    )
    await claims.release(session, [scenes[each].proposal for each in passed])
    return {each: {} for each in passed} | refused


def _month(scene: Scene) -> date:
    return date.fromisoformat(scene.frozen_part("proposed")["period_from"])


def _still_possible(scene: Scene) -> Recipient:
    [recipient] = grants.unchanged(scene, COMPARED)
    faults = list(subject_faults(known(PBI), None, scene.member))
    if faults:
        raise RecipientChanged(faults)
    _ended(scene)
    return recipient


PBI_REACTIVATION = Kind(
    drafted=_drafted,
    submitted=_submitted,
    determined=_determined,
    reopened=grants.reopening(CLAIMED),
)
