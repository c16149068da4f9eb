"""What people receive goes with them when they move."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import recipients
from app.db.audit import Move, record_all
from app.db.tables.recipients import Recipient
from app.domain.actors import Actor
from app.domain.recipients import LIVE, RECIPIENTS, RecipientAction

PLACE = ("household_id", "scope_code")


async def follow(
    session: AsyncSession, moved: Sequence[Move], *, staying: Collection[UUID | None], by: Actor
) -> None:
    """Before `moved`, the moves of members, are recorded.

    A person's goes with the person. A family's goes with the family where nobody of it stays and
    its new one has not the same programme; `staying` are the families that somebody stays in.
    """
    places = {each.subject.id: _place(each) for each in moved}
    families = {
        each.subject.family_id: _place(each) | {"family_id": each.changes["family_id"]}
        for each in moved
        if each.subject.family_id is not None and each.subject.family_id not in staying
    }
    joined = {each["family_id"] for each in families.values()}
    found = await recipients.of_units(session, [*places, *families, *joined], within=by.region)
    has = {(e.family_id, e.programme) for e in found if e.family_id and e.state in LIVE}
    moves = [
        Move(each, RECIPIENTS.step(each.state, RecipientAction.RELOCATE, by=by), to)
        for each in found
        if (to := places.get(each.member_id) or families.get(each.family_id)) is not None
        and (to.get("family_id"), each.programme) not in has
    ]
    await record_all(session, Recipient, moves)


def _place(move: Move) -> dict[str, Any]:
    return {name: move.changes[name] for name in PLACE}
