"""Whether the audit is whole: every chain recomputed, and folded to the state it must give.

The work is PostgreSQL's, in one pass over the entries; what the workflows allow is told it by the
tables in `app.domain`. As the owner, because the heads of the chains are nobody else's. What a
chain cannot show stands in docs/decisions.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

from app.db.scope import scope_statement
from app.db.urls import for_asyncpg
from app.domain.accounts import ACCOUNTS
from app.domain.households import FAMILIES, HOUSEHOLDS, MEMBERS
from app.domain.policies import POLICIES
from app.domain.proposals import PROPOSALS
from app.domain.regions import INDONESIA
from app.domain.workflow import Workflow

WORKFLOWS: tuple[Workflow, ...] = (  # type: ignore[type-arg]
    PROPOSALS,
    HOUSEHOLDS,
    FAMILIES,
    MEMBERS,
    ACCOUNTS,
    POLICIES,
)

# Every entry against the one before it in its chain. The first reason that holds is told.
CHAINS = """
WITH linked AS (
    SELECT e.*,
        lag(e.hash) OVER chain AS hash_before, lag(e.target) OVER chain AS target_before,
        lag(e.seq) OVER chain AS seq_before, lag(e.at) OVER chain AS at_before
    FROM audit_entry e
    WINDOW chain AS (PARTITION BY e.subject_id ORDER BY e.seq)
), judged AS (
    SELECT id, workflow, subject_id, seq, CASE
        WHEN hash_version <> 1 THEN 'unknown form of hash'
        WHEN seq <> coalesce(seq_before, 0) + 1 THEN 'an entry before it is missing'
        WHEN prev_hash <> coalesce(hash_before, decode(repeat('00', 32), 'hex'))
            THEN 'it does not follow the entry before it'
        WHEN hash <> sha256(audit_canonical(ROW(
            id, workflow, subject_id, scope_code, action, source, target, version, actor_id,
            actor_role, actor_region_code, channel, request_id, grounds, changes, seq, at, xid,
            prev_hash, hash, hash_version)::audit_entry))
            THEN 'it is not as it was written'
        WHEN at < at_before THEN 'it is dated before the entry it follows'
        WHEN source IS DISTINCT FROM target_before AND (source IS NOT NULL OR seq > 1)
            THEN 'it does not begin where the entry before it ended'
        WHEN NOT (workflow, coalesce(source, ''), action, target, actor_role) IN (
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]))
            THEN 'no table of a workflow has such a step'
    END AS fault
    FROM linked
)
SELECT id, workflow, subject_id, seq, fault,
    (SELECT count(*) FROM audit_entry) AS entries
FROM (VALUES (1)) AS once LEFT JOIN LATERAL (
    SELECT * FROM judged WHERE fault IS NOT NULL ORDER BY id LIMIT 1) AS first ON true
"""

# Every head against the last entry of its chain, and every chain against its head.
HEADS = """
SELECT coalesce(h.subject_id, l.subject_id) AS subject_id, l.workflow, l.seq,
    CASE WHEN l.subject_id IS NULL OR l.seq < h.seq THEN 'the last entries of its chain are missing'
         ELSE 'the head of its chain is another' END AS fault
FROM audit_head h FULL JOIN (
    SELECT DISTINCT ON (subject_id) subject_id, workflow, seq, hash
    FROM audit_entry ORDER BY subject_id, seq DESC
) l USING (subject_id)
WHERE (h.seq, h.hash) IS DISTINCT FROM (l.seq, l.hash)
ORDER BY subject_id LIMIT 1
"""

# Every subject against the last word of its chain; without a chain it must be as it began.
STATES = """
SELECT s.id AS subject_id, '{table}' AS workflow, l.seq,
    CASE WHEN l.target IS NULL THEN 'it is ' || s.state || ' without any entry'
         ELSE 'it is ' || s.state || ', but its entries end in ' || l.target END AS fault
FROM "{table}" s LEFT JOIN LATERAL (
    SELECT seq, target FROM audit_entry e WHERE e.subject_id = s.id ORDER BY seq DESC LIMIT 1
) l ON true
WHERE s.state IS DISTINCT FROM coalesce(l.target, '{initial}')
ORDER BY s.id LIMIT 1
"""


@dataclass(frozen=True)
class Report:
    """How much was looked at, and the first thing found that is not as it was written."""

    entries: int
    seconds: float
    fault: str | None = None

    @property
    def intact(self) -> bool:
        return self.fault is None

    def __str__(self) -> str:
        pace = f"{self.entries:,} entries in {self.seconds:.2f} s"
        if self.fault:
            return f"The audit is NOT intact: {self.fault} ({pace})."
        return f"The audit is intact: every chain and every state agrees ({pace})."


async def verify(owner_url: str) -> Report:
    """Look at everything at one moment, and name the first bad entry."""
    began = time.perf_counter()
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(scope_statement(INDONESIA))
            await connection.execute("SET LOCAL work_mem = '256MB'")
            first = await connection.fetchrow(CHAINS, *_allowed())
            entries = first["entries"] if first else 0
            fault = _told(first) or await _fault_of_state(connection)
    finally:
        await connection.close()
    return Report(entries, time.perf_counter() - began, fault)


async def _fault_of_state(connection: asyncpg.Connection) -> str | None:
    statements = [HEADS, *_states()]
    for statement in statements:
        fault = _told(await connection.fetchrow(statement))
        if fault:
            return fault
    return None


def _states() -> Iterable[str]:
    for workflow in WORKFLOWS:
        yield STATES.format(table=workflow.name, initial=workflow.initial)


def _told(found: asyncpg.Record | None) -> str | None:
    if found is None or found["fault"] is None:
        return None
    entry = f"entry {found['id']}, " if "id" in found else ""
    place = f"number {found['seq']} of " if found["seq"] is not None else ""
    return f"{entry}{place}{found['workflow']} {found['subject_id']}: {found['fault']}"


def _allowed() -> list[list[str]]:
    """Every step that a table of ours has, as five columns."""
    steps = [
        (flow.name, str(row.source), str(row.action), str(row.target), str(role))
        for flow in WORKFLOWS
        for row in flow.transitions
        for role in row.by
    ]
    steps += [
        (flow.name, "", str(flow.first_action), str(flow.initial), str(role))
        for flow in WORKFLOWS
        for role in flow.first_roles
    ]
    return [list(column) for column in zip(*steps, strict=True)]
