"""What is undone with a decision: which it was, and how it stood before."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.tables.proposals import LIVE
from app.domain.proposals import PROPOSALS, ProposalAction, ProposalKind
from app.domain.workflow import Ground


@dataclass(frozen=True)
class Undoing:
    """`grounds`: of the return before it that still held, if there was one. `rivalled`: another
    proposal has taken the place that this one had."""

    id: UUID
    undone: ProposalAction
    rivalled: bool
    grounds: Mapping[Ground, Any] | None


_WORD = f"e.workflow = '{PROPOSALS.name}' AND e.action <> '{ProposalAction.HAND_OVER}'"
UNDOINGS = text(f"""
SELECT p.id, last.action,
    p.kind = '{ProposalKind.NEW_FAMILY}' AND EXISTS (SELECT FROM proposal o
        WHERE o.household_id = p.household_id AND o.kind = p.kind AND o.{LIVE} AND o.id <> p.id),
    (SELECT w.grounds FROM (
        SELECT e.*, lead(e.action) OVER (ORDER BY e.seq) AS next_action FROM audit_entry e
        WHERE e.subject_id = p.id AND {_WORD}) AS w
    WHERE w.action = '{ProposalAction.RETURN}' AND w.seq < last.seq
        AND w.next_action <> '{ProposalAction.UNDO}' ORDER BY w.seq DESC LIMIT 1)
FROM proposal p, LATERAL (
    SELECT e.action, e.seq FROM audit_entry e WHERE e.subject_id = p.id AND {_WORD}
    ORDER BY e.seq DESC LIMIT 1) AS last
WHERE p.id = ANY (:ids)
""")


async def undoings(session: AsyncSession, ids: Sequence[UUID]) -> list[Undoing]:
    """Of proposals that the transaction holds, what would be undone of each."""
    connection = await session.connection()
    found = await connection.execute(UNDOINGS, {"ids": list(ids)})
    return [
        Undoing(one, ProposalAction(action), rivalled, _read(grounds))
        for one, action, rivalled, grounds in found
    ]


def _read(grounds: str | None) -> dict[Ground, Any] | None:
    return {Ground(name): said for name, said in json.loads(grounds).items()} if grounds else None
