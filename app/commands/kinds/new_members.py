"""A new member (penambahan anggota): a draft in a registered household is registered.

He holds his NIK from the submission on, as the members of a new family do.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.base import Follows, let_go
from app.commands.kinds.new_families import HELD, NikHeldElsewhere
from app.commands.kinds.records import Rules, kind_of
from app.db import claims, niks
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Household
from app.domain import new_members
from app.domain.actors import Actor
from app.domain.errors import Fault, Refusal

_PLAIN = kind_of(
    Rules(new_members.plan, new_members.opens, surveyed=True, told=new_members.proposed)
)


async def _drafted(
    session: AsyncSession, household: Household, proposal: Proposal, by: Actor
) -> None:
    """The draft may change until it is submitted: no version of it is meant."""
    await _PLAIN.drafted(session, household, proposal, by)
    proposal.base_version = None


async def _submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    follows = await _PLAIN.submitted(session, about, by)
    return follows | await _hold_niks(session, _standing(about, follows))


async def _reopened(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    follows = await _PLAIN.reopened(session, about, by)
    return follows | await _hold_niks(session, _standing(about, follows))


async def _ended(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Whoever is not registered holds no NIK."""
    await niks.release(session, _members(about))
    return await let_go(session, about, by)


def _standing(about: Sequence[Proposal], follows: Follows) -> list[Proposal]:
    return [each for each in about if not isinstance(follows[each.id], Refusal)]


def _members(about: Sequence[Proposal]) -> list[UUID]:
    return [each.member_id for each in about if each.member_id is not None]


async def _hold_niks(session: AsyncSession, about: Sequence[Proposal]) -> Follows:
    """Refuse whose NIK somebody else has; nothing is claimed for him then."""
    await niks.release(session, _members(about))
    held = await niks.claim(session, _members(about)) if about else set()
    lost = [each for each in about if each.member_id in held]
    await claims.release(session, lost)
    return {
        each.id: NikHeldElsewhere([Fault(f"/members/{each.member_id}/nik", "nik_held", HELD)])
        for each in lost
    }


NEW_MEMBER = replace(
    _PLAIN, drafted=_drafted, submitted=_submitted, reopened=_reopened, ended=_ended
)
