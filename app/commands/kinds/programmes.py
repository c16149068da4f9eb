"""A programme for somebody (usulan bansos): a family or a person becomes a candidate."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds import grants
from app.commands.kinds.base import Follows, Kind
from app.commands.kinds.grants import Claimed, Scene
from app.db import claims, recipients
from app.db.audit import Move
from app.db.claims import Claim, Taken
from app.db.tables.proposals import Proposal
from app.db.tables.recipients import Recipient
from app.db.tables.registry import Household, Member
from app.domain import programmes as rules
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.errors import Fault
from app.domain.programmes import Circumstances
from app.domain.recipients import (
    RECIPIENTS,
    AsksNotAccepted,
    RecipientAlready,
    RecipientChanged,
    SecondProgramme,
    admitted,
    fault,
    month_of,
    payee_faults,
    period_faults,
    second,
    subject_faults,
)


async def _drafted(session: AsyncSession, _: Household, proposal: Proposal, by: Actor) -> None:
    """Nobody is drafted for what he cannot be proposed for."""
    scene = await grants.look_into(session, proposal, by)
    if "programme" in scene.asks:
        faults = list(subject_faults(scene.programme, scene.family, scene.member))
        if faults:
            raise AsksNotAccepted(faults)


async def _submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Freeze what is asked, and take the place that a family or a person has in the period."""
    scenes = await grants.look(session, about, by, surveyed=True)
    frozen, refused = grants.each_alone(scenes, _frozen)
    refused |= await _claimed(session, {e: (scenes[e].proposal, frozen[e]) for e in frozen})
    return {each: grants.submission(content, by) for each, content in frozen.items()} | refused


def _frozen(scene: Scene) -> dict[str, Any]:
    """What is asked, beside what they have, with everything that speaks against it."""
    period = date.fromisoformat(scene.asks.get("period") or month_of(today()).isoformat())
    faults = [*_faults(scene), *period_faults(period, on=today()), *scene.evidence_faults()]
    if faults:
        raise AsksNotAccepted(faults)
    _new_to_it(scene)
    programme, people = scene.programme, _family(scene)
    whose = scene.named("payee_id") or scene.member or people[0]
    around = Circumstances.of(people, scene.survey)
    return scene.frozen(
        {"recipients": scene.told_of(scene.recipients)},
        {
            "programme": programme.code,
            "period_from": period.isoformat(),
            "payee_id": scene.asks.get("payee_id"),
            "payee_name": whose.name if programme.has_payee else None,
        },
        doubts=rules.doubts(programme, around, whose, on=today()),
        health={"components": rules.components(programme, around, on=today())},
    )


def _faults(scene: Scene) -> Iterator[Fault]:
    """Of whom it is for, and of whom it is paid to."""
    programme, named = scene.programme, scene.asks.get("payee_id")
    yield from subject_faults(programme, scene.family, scene.member)
    if scene.proposal.family_id and scene.proposal.member_id:
        yield fault("/family_id", "one_of_two")
    payee, family_id = scene.named("payee_id"), scene.proposal.family_id
    yield from payee_faults(programme, payee, named, family_id, on=today())


def _family(scene: Scene) -> list[Member]:
    return scene.of_family(scene.member.family_id if scene.member else scene.proposal.family_id)


def _new_to_it(scene: Scene) -> None:
    has = scene.receiving(scene.programme.code)
    if has is not None:
        raise _already(has)


def _already(has: Recipient) -> RecipientAlready:
    return RecipientAlready(programme=has.programme, since=has.period_from.isoformat())


async def _claimed(session: AsyncSession, contents: Mapping[UUID, Claimed]) -> Follows:
    wanted = {each: [_claim(*claimed)] for each, claimed in contents.items()}
    return await grants.claim(session, wanted, _second)


def _claim(proposal: Proposal, content: Mapping[str, Any]) -> Claim:
    """A family's one place in the period, or a person's in the programme."""
    proposed = content["proposed"]
    field = rules.known(proposed["programme"]).claim(proposed["period_from"])
    return Claim(proposal.member_id or proposal.family_id, field, proposal)  # type: ignore[arg-type]


def _second(taken: Sequence[Taken]) -> SecondProgramme:
    return SecondProgramme(
        second(each.other_programme, id=str(each.other_id), state=each.other_state)
        for each in taken
    )


async def _determined(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """The family or the person is a candidate; its place in the period is given for good."""
    scenes = await grants.look(session, about, by)
    admissible, refused = grants.each_alone(scenes, _still_possible)
    moves: dict[tuple[object, ...], Move] = {}
    for each in admissible:
        recipient = _recipient(scenes[each])
        whose = (recipient.family_id, recipient.member_id, recipient.programme)
        if whose in moves:  # twice in one decree, for two periods
            refused[each] = _already(recipient)
        else:
            step = RECIPIENTS.begin(by=by)
            moves[whose] = Move(recipient, step, told=admitted(recipient))
    await grants.move(session, moves.values())
    passed = [scenes[each].proposal for each in admissible if each not in refused]
    await claims.release(session, passed, but=rules.LASTING)
    return {each.id: {} for each in passed} | refused


def _still_possible(scene: Scene) -> Mapping[str, object]:
    """What held when it was submitted has to hold when it takes effect."""
    faults = list(_faults(scene))
    if faults:
        raise RecipientChanged(faults)
    _new_to_it(scene)
    return {}


def _recipient(scene: Scene) -> Any:  # noqa: ANN401 - a row of theirs
    proposal, proposed = scene.proposal, scene.frozen_part("proposed")
    payee = proposed["payee_id"]
    return recipients.candidate(
        household_id=proposal.household_id,
        scope_code=proposal.scope_code,
        family_id=None if proposal.member_id else proposal.family_id,
        member_id=proposal.member_id,
        programme=proposed["programme"],
        period_from=date.fromisoformat(proposed["period_from"]),
        payee_id=UUID(payee) if payee else None,
        proposal_id=proposal.id,
    )


async def _reopened(session: AsyncSession, about: Sequence[Proposal], _: Actor) -> Follows:
    """Take the place again; another may have taken it meanwhile."""
    refused = await _claimed(session, {each.id: (each, each.content or {}) for each in about})
    return {each.id: {} for each in about} | refused


PROGRAMME = Kind(drafted=_drafted, submitted=_submitted, determined=_determined, reopened=_reopened)
