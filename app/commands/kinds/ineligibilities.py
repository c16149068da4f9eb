"""Ineligibility (ketidaklayakan): what a person or a family receives ends, with a reason.

Nobody leaves the registry by it, whatever the reason: that is a removal.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds import grants
from app.commands.kinds.base import Follows, Kind
from app.commands.kinds.grants import Scene
from app.commands.kinds.records import scope_of
from app.db import claims
from app.db.audit import Move
from app.db.tables.proposals import Proposal
from app.db.tables.recipients import Recipient
from app.db.tables.registry import Household
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.errors import Fault
from app.domain.programmes import Doubt, doubt
from app.domain.proposals import ProposalKind
from app.domain.reasons import accept_for, reasons
from app.domain.recipients import (
    LIVE,
    RECIPIENTS,
    AsksNotAccepted,
    NothingReceived,
    RecipientAction,
    RecipientState,
    end_of,
    fault,
    month_of,
    months_later,
    period_faults,
)

COMPARED = ("state", "period_from", "period_to")
CLAIMED = "state"


async def _drafted(session: AsyncSession, _: Household, proposal: Proposal, by: Actor) -> None:
    """Only about whoever receives something."""
    scene = await grants.look_into(session, proposal, by)
    _received(scene)


def _received(scene: Scene) -> list[Recipient]:
    """All that still runs of whoever it is about: a family's with that of its members."""
    proposal = scene.proposal
    people = {each.id for each in scene.of_family(proposal.family_id)}
    found = [
        each
        for each in scene.recipients
        if each.state in LIVE and _is_about(proposal, each, each.member_id in people)
    ]
    if not found:
        raise NothingReceived
    return found


def _is_about(proposal: Proposal, recipient: Recipient, of_family: bool) -> bool:  # noqa: FBT001
    if proposal.member_id:
        return recipient.member_id == proposal.member_id
    if proposal.family_id:
        return of_family or recipient.family_id == proposal.family_id
    return True


async def _submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    scenes = await grants.look(session, about, by)
    frozen, refused = grants.each_alone(scenes, _frozen)
    refused |= await grants.claim_recipients(
        session, {each: (scenes[each].proposal, frozen[each]) for each in frozen}, CLAIMED
    )
    return {each: grants.submission(content, by) for each, content in frozen.items()} | refused


def _frozen(scene: Scene) -> dict[str, Any]:
    asks, received = scene.asks, _received(scene)
    wanted = asks.get("programmes") or sorted({each.programme for each in received})
    next_month = months_later(month_of(today()), 1)
    period = date.fromisoformat(asks.get("period") or next_month.isoformat())
    faults = [
        *_not_received(asks.get("programmes") or [], received),
        *period_faults(period, on=today()),
        *accept_for(
            ProposalKind.INELIGIBILITY,
            asks.get("reason"),
            asks=asks,
            takes_out=scope_of(scene.proposal),
        ),
        *scene.unknown_documents(),
    ]
    if faults:
        raise AsksNotAccepted(faults)
    ending = [each for each in received if each.programme in wanted]
    return scene.frozen(
        {"recipients": scene.told_of(ending)},
        {"recipients": [_ended(each, period) for each in ending]},
        doubts=_doubts(asks["reason"]),
    )


def _not_received(wanted: Sequence[str], received: Sequence[Recipient]) -> Iterator[Fault]:
    has = {each.programme for each in received}
    for number, programme in enumerate(wanted):
        if programme not in has:
            yield fault(f"/asks/programmes/{number}", "not_received")


def _ended(recipient: Recipient, period: date) -> dict[str, Any]:
    return {
        "id": str(recipient.id),
        "programme": recipient.programme,
        "state": RecipientState.ENDED,
        "period_to": end_of(recipient.period_from, period).isoformat(),
    }


def _doubts(reason: str) -> list[Doubt]:
    """Whoever died is not taken out of the registry by this: the kind holds, not the reason."""
    is_removal = reasons()[reason].effect == "registry"
    return [doubt("removal_too", "/asks/reason")] if is_removal else []


async def _determined(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    scenes = await grants.look(session, about, by)
    passed, refused = grants.each_alone(scenes, lambda each: grants.unchanged(each, COMPARED))
    await grants.move(
        session,
        (
            Move(row, RECIPIENTS.step(row.state, RecipientAction.END, by=by), changes)
            for each, rows in passed.items()
            for row, changes in zip(rows, _ends(scenes[each]), strict=True)
        ),
    )
    await claims.release(session, [scenes[each].proposal for each in passed])
    return {each: {} for each in passed} | refused


def _ends(scene: Scene) -> Iterator[Mapping[str, object]]:
    content = scene.proposal.content or {}
    for each in scene.frozen_part("proposed")["recipients"]:
        yield {
            "period_to": date.fromisoformat(each["period_to"]),
            "end_reason": content["reason"],
            "ended_on": date.fromisoformat(content["effective_on"]),
        }


INELIGIBILITY = Kind(
    drafted=_drafted,
    submitted=_submitted,
    determined=_determined,
    reopened=grants.reopening(CLAIMED),
)
