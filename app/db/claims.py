"""What open proposals want to change: no two hold the same field of a subject."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.tables.proposals import Proposal
from app.domain.proposals import ProposalKind, ProposalState


@dataclass(frozen=True)
class Claim:
    """A field of a household, a family or a member, by the name its refusal points to."""

    subject_id: UUID
    field: str
    proposal: Proposal


@dataclass(frozen=True)
class Taken:
    """A claim that another proposal of the same region has; of another region, nothing is told."""

    claim: Claim
    other_id: UUID | None = None
    other_kind: ProposalKind | None = None
    other_state: ProposalState | None = None
    other_programme: str | None = None  # where it asks for one


# Sorted, so that two who want the same fields wait for each other in one order.
LAY = text("""
INSERT INTO proposal_claim (subject_id, field, proposal_id, scope_code)
SELECT * FROM unnest(
    CAST(:subjects AS uuid[]), CAST(:fields AS text[]), CAST(:proposals AS uuid[]),
    CAST(:scopes AS bigint[])
) AS wanted (subject_id, field, proposal_id, scope_code)
ORDER BY subject_id, field
ON CONFLICT DO NOTHING RETURNING subject_id, field, proposal_id
""")
OTHERS = text("""
SELECT c.subject_id, c.field, p.id, p.kind, p.state, p.asks ->> 'programme'
FROM proposal_claim c JOIN proposal p ON p.id = c.proposal_id
WHERE (c.subject_id, c.field) IN (
    SELECT * FROM unnest(CAST(:subjects AS uuid[]), CAST(:fields AS text[])))
""")
RELEASE = text("DELETE FROM proposal_claim WHERE proposal_id = ANY (:ids)")
LET_GO = text(
    "DELETE FROM proposal_claim WHERE proposal_id = ANY (:ids) AND NOT starts_with(field, :lasting)"
)


async def lay(session: AsyncSession, claims: Sequence[Claim]) -> list[Taken]:
    """Lay these claims in place of those the proposals had before.

    Where one is taken, its proposal gets none of them; which, comes back.
    """
    about = {each.proposal.id: each.proposal for each in claims}
    await release(session, list(about.values()))
    if not claims:
        return []
    connection = await session.connection()
    laid = await connection.execute(LAY, _arrays(claims))
    got = {tuple(row) for row in laid}
    lost = [e for e in claims if (e.subject_id, e.field, e.proposal.id) not in got]
    if not lost:
        return []
    await release(session, [each.proposal for each in lost])
    return await _whose(session, lost)


async def _whose(session: AsyncSession, lost: Sequence[Claim]) -> list[Taken]:
    arrays = _arrays(lost)
    connection = await session.connection()
    found = await connection.execute(
        OTHERS, {"subjects": arrays["subjects"], "fields": arrays["fields"]}
    )
    others = {(subject, field): other for subject, field, *other in found}
    return [Taken(each, *others.get((each.subject_id, each.field), ())) for each in lost]


def _arrays(claims: Sequence[Claim]) -> dict[str, list[object]]:
    return {
        "subjects": [each.subject_id for each in claims],
        "fields": [each.field for each in claims],
        "proposals": [each.proposal.id for each in claims],
        "scopes": [each.proposal.scope_code for each in claims],
    }


async def release(
    session: AsyncSession, proposals: Collection[Proposal], *, but: str | None = None
) -> None:
    """Let go of what they claim; `but` keeps the fields that begin so, which are given for good."""
    ids = [each.id for each in proposals]
    await session.flush()
    connection = await session.connection()
    if but is None:
        await connection.execute(RELEASE, {"ids": ids})
    else:
        await connection.execute(LET_GO, {"ids": ids, "lasting": but})
