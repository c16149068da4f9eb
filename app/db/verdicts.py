"""How many proposals stand at once, for whoever is about to say a word of each."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.facts import words
from app.db.moves import hold_ends
from app.domain.actors import Actor
from app.domain.proposals import PROPOSALS, VERDICTS, ProposalAction, ProposalState
from app.domain.regions import Region

STANDING = f"""
SELECT p.id, p.version, p.state, (
    SELECT CASE WHEN e.actor_id = :actor AND e.actor_role = :role
        AND e.action IN ({words(VERDICTS)}) THEN e.action END
    FROM audit_entry e WHERE e.subject_id = p.id AND e.workflow = '{PROPOSALS.name}'
        AND e.action <> '{ProposalAction.HAND_OVER}' ORDER BY e.seq DESC LIMIT 1)
FROM proposal p WHERE p.id = ANY (:ids) AND p.scope_code BETWEEN :first AND :last ORDER BY p.id
"""
SEEN, HELD = text(STANDING), text(f"{STANDING} FOR NO KEY UPDATE OF p")


class Standing(NamedTuple):
    """`said`: his own verdict, if it is the last word."""

    version: int
    state: ProposalState
    said: ProposalAction | None

    def is_so(self, action: ProposalAction, to: ProposalState | None) -> bool:
        """Whether he has said just that, and nobody has gone on since."""
        return self.said is action and to in {None, self.state}


async def standing(
    session: AsyncSession,
    ids: Collection[UUID],
    *,
    by: Actor,
    within: Region,
    hold: bool = False,
) -> dict[UUID, Standing]:
    """`hold` keeps others from moving them until the transaction ends."""
    if hold:
        await hold_ends(session, ids)
    asked = {"ids": list(ids), "actor": by.id, "role": by.role}
    reach = {"first": within.first, "last": within.last}
    connection = await session.connection()
    found = await connection.execute(HELD if hold else SEEN, {**asked, **reach})
    return {
        one: Standing(version, ProposalState(state), said and ProposalAction(said))
        for one, version, state, said in found
    }
