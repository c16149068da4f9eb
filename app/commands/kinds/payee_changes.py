"""A change of payee (ganti pengurus): a family's aid is paid to another of the same card."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

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
from app.domain.errors import Fault
from app.domain.programmes import nik_doubts
from app.domain.recipients import (
    RECIPIENTS,
    AsksNotAccepted,
    NotARecipient,
    RecipientAction,
    RecipientChanged,
    fault,
    person_faults,
)

COMPARED = ("state", "payee_id")
CLAIMED = "payee_id"
NEW_PAYEE = "/asks/new_payee_id"


async def _drafted(session: AsyncSession, _: Household, proposal: Proposal, by: Actor) -> None:
    """Only where the family's aid still runs."""
    scene = await grants.look_into(session, proposal, by)
    if "programme" in scene.asks:
        _received(scene)


def _received(scene: Scene) -> Recipient:
    programme = scene.programme
    found = scene.receiving(programme.code)
    if found is None or not programme.has_payee:
        raise NotARecipient(programme=programme.code)
    return found


async def _submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    scenes = await grants.look(session, about, by)
    frozen, refused = grants.each_alone(scenes, _frozen)
    refused |= await grants.claim_recipients(
        session, {each: (scenes[each].proposal, frozen[each]) for each in frozen}, CLAIMED
    )
    return {each: grants.submission(content, by) for each, content in frozen.items()} | refused


def _frozen(scene: Scene) -> dict[str, Any]:
    recipient, payee = _received(scene), scene.named("new_payee_id")
    faults = [*_faults(scene), *scene.evidence_faults()]
    if payee is not None and payee.id == recipient.payee_id:
        faults.append(fault(NEW_PAYEE, "payee_already"))
    if payee is None or faults:
        raise AsksNotAccepted(faults)
    before = scene.members.get(recipient.payee_id) if recipient.payee_id else None
    return scene.frozen(
        {"recipients": scene.told_of([recipient]), "payee_name": before.name if before else None},
        {"payee_id": str(payee.id), "payee_name": payee.name},
        doubts=nik_doubts(payee),
    )


def _faults(scene: Scene) -> list[Fault]:
    """Of the new payee: the same card, in the registry, of age, with a NIK that can be true."""
    named, family_id = scene.asks.get("new_payee_id"), scene.proposal.family_id
    payee = scene.named("new_payee_id")
    return list(person_faults(payee, named, family_id, pointer=NEW_PAYEE, on=today()))


async def _determined(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    scenes = await grants.look(session, about, by)
    passed, refused = grants.each_alone(scenes, _still_possible)
    await grants.move(
        session,
        (
            Move(
                row,
                RECIPIENTS.step(row.state, RecipientAction.CHANGE_PAYEE, by=by),
                {"payee_id": UUID(scenes[each].frozen_part("proposed")["payee_id"])},
            )
            for each, row in passed.items()
        ),
    )
    await claims.release(session, [scenes[each].proposal for each in passed])
    return {each: {} for each in passed} | refused


def _still_possible(scene: Scene) -> Recipient:
    [recipient] = grants.unchanged(scene, COMPARED)
    faults = _faults(scene)
    if faults:
        raise RecipientChanged(faults)
    return recipient


PAYEE_CHANGE = Kind(
    drafted=_drafted,
    submitted=_submitted,
    determined=_determined,
    reopened=grants.reopening(CLAIMED),
)
