"""Whether the audit is whole: every chain recomputed, and folded to the state it must give.

The bulk of the work is PostgreSQL's, in a few passes over the entries; what the workflows allow is
told it by the tables in `app.domain`. As the owner, because the heads of the chains are nobody
else's. What a chain cannot show stands in docs/decisions/0007.
"""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import asyncpg

from app.db.audit_rows import kept
from app.db.scope import scope_statement
from app.db.urls import for_asyncpg
from app.domain.accounts import ACCOUNTS
from app.domain.agreement_terms import AGREEMENTS
from app.domain.decrees import DECREES
from app.domain.deliberations import DELIBERATIONS
from app.domain.documents import DOCUMENTS
from app.domain.extracts.workflow import EXTRACTS
from app.domain.households import FAMILIES, HOUSEHOLDS, MEMBERS
from app.domain.imports.workflow import IMPORTS
from app.domain.jobs import JOBS
from app.domain.letters import LETTERS
from app.domain.lists import LISTS
from app.domain.nik_cases import NIK_CASES
from app.domain.policies import POLICIES
from app.domain.proposals import PROPOSALS
from app.domain.recipients import RECIPIENTS
from app.domain.regions import INDONESIA
from app.domain.statements import STATEMENTS
from app.domain.subscriptions import SUBSCRIPTIONS
from app.domain.surveys import SURVEYS
from app.domain.uploads import UPLOADS
from app.domain.visits import VISITS
from app.domain.window_exceptions import WINDOW_EXCEPTIONS
from app.domain.workflow import Workflow

WORKFLOWS: tuple[Workflow, ...] = (  # type: ignore[type-arg]
    PROPOSALS,
    HOUSEHOLDS,
    FAMILIES,
    MEMBERS,
    SURVEYS,
    RECIPIENTS,
    DELIBERATIONS,
    STATEMENTS,
    DOCUMENTS,
    VISITS,
    NIK_CASES,
    ACCOUNTS,
    AGREEMENTS,
    POLICIES,
    DECREES,
    WINDOW_EXCEPTIONS,
    JOBS,
    IMPORTS,
    UPLOADS,
    EXTRACTS,
    SUBSCRIPTIONS,
    LISTS,
    LETTERS,
)
# Opened on the console, before anybody could be the one who did it: their chains begin later.
UNBEGUN = {ACCOUNTS.name}

# All of PostgreSQL's workers take part: each statement is an aggregate or a join over everything,
# and is fetched whole, because `fetchrow` would limit it and so forgo them.
SETTINGS = """
SET LOCAL work_mem = '256MB';
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
"""

# Every entry against its own hash.
ALTERED = """
SELECT count(*) AS entries, min(id) FILTER (
    WHERE hash_version IS DISTINCT FROM 1 OR hash IS DISTINCT FROM sha256(audit_canonical(e))
) AS id
FROM audit_entry e
"""
ENTRY = """
SELECT id, workflow, subject_id, seq, CASE WHEN hash_version IS DISTINCT FROM 1
    THEN 'its form of hash is unknown' ELSE 'it is not as it was written' END AS fault
FROM audit_entry WHERE id = $1
"""

# Every entry against the one before it in its chain. The first reason that holds is told.
CHAINS = """
WITH linked AS (
    SELECT e.id, e.workflow, e.subject_id, e.seq, e.prev_hash, e.at, e.source, e.target, e.version,
        e.action, e.actor_role, lag(e.id) OVER chain AS id_before,
        lag(e.seq, 1, 0) OVER chain AS seq_before, lag(e.hash) OVER chain AS hash_before,
        lag(e.at, 1, e.at) OVER chain AS at_before,
        lag(e.target) OVER chain AS target_before, lag(e.version) OVER chain AS version_before
    FROM audit_entry e
    WINDOW chain AS (PARTITION BY e.subject_id, e.workflow ORDER BY e.seq)
), judged AS (
    SELECT id, workflow, subject_id, seq, CASE
        WHEN seq > seq_before + 1
            THEN 'what was written before it is missing, ' || seq - seq_before - 1 || ' in number'
        WHEN seq IS DISTINCT FROM seq_before + 1 THEN 'its number stands twice in its chain'
        WHEN prev_hash IS DISTINCT FROM coalesce(hash_before, decode(repeat('00', 32), 'hex'))
            THEN 'it does not follow ' || coalesce('entry ' || id_before, 'the beginning')
                || ' as it stands before it'
        WHEN id < id_before THEN 'it follows entry ' || id_before || ', which was written later'
        WHEN (at >= at_before) IS NOT TRUE THEN
            'it is dated before entry ' || id_before || ', which it follows'
        WHEN ((workflow, coalesce(source, ''), action, target, actor_role) IN (SELECT *
            FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]))) IS NOT TRUE
            THEN 'no workflow has its step (' || concat_ws(' ', action, 'from ' || source, 'to',
                target, 'by', actor_role) || ')'
        WHEN seq > 1 AND source IS DISTINCT FROM target_before
            THEN 'it begins in ' || coalesce(source, 'nothing') || ', but entry ' || id_before
                || ' ended in ' || target_before
        WHEN seq = 1 AND source IS NOT NULL AND workflow <> ALL ($6::text[])
            THEN 'it begins in ' || source || ', but nothing led there'
        WHEN version IS DISTINCT FROM coalesce(version_before, (source IS NOT NULL)::int) + 1
            THEN 'its version does not come next'
    END AS fault
    FROM linked
)
SELECT * FROM judged WHERE fault IS NOT NULL ORDER BY id LIMIT 1
"""

# Every head against the last entry of its chain, and every chain against its head.
HEADS = """
SELECT l.id, workflow, subject_id, l.seq, CASE
    WHEN l.id IS NULL THEN 'all entries of its chain are missing, ' || h.seq || ' in number'
    WHEN h.seq IS NULL THEN 'the head of its chain is missing'
    WHEN h.seq > l.seq
        THEN 'what was written after it is missing, ' || h.seq - l.seq || ' in number'
    WHEN (h.seq, h.hash) IS DISTINCT FROM (l.seq, l.hash)
        THEN 'it ends its chain, but the head of the chain is another'
    ELSE 'it is dated after the head of its chain' END AS fault
FROM audit_head h FULL JOIN (
    SELECT e.id, workflow, subject_id, seq, e.hash, e.at
    FROM (
        SELECT subject_id, workflow, max(seq) AS seq FROM audit_entry GROUP BY subject_id, workflow
    ) AS last
    JOIN audit_entry e USING (subject_id, workflow, seq)
) l USING (subject_id, workflow)
WHERE (h.seq, h.hash) IS DISTINCT FROM (l.seq, l.hash) OR l.at > h.at
ORDER BY l.id, subject_id LIMIT 1
"""

# Every subject against the last word of its chain, where the heads agree; and every chain against
# its subject, because nobody is ever deleted. A subject without a chain is as it began.
STATES = """
SELECT l.id, '{workflow}' AS workflow, coalesce(l.subject_id, s.id) AS subject_id, l.seq, CASE
    WHEN l.id IS NULL THEN 'it is there (' || s.state || ') without any entry'
    WHEN s.id IS NULL THEN 'what it speaks of is gone'
    WHEN s.state IS DISTINCT FROM l.target
        THEN 'it ends its chain in ' || l.target || ', but the {workflow} is ' || s.state
    ELSE 'it ends its chain in version ' || l.version || ', but the {workflow} is in '
        || s.version END AS fault
FROM "{workflow}" s FULL JOIN (
    SELECT e.id, subject_id, seq, e.target, e.version
    FROM audit_head JOIN audit_entry e USING (subject_id, workflow, seq)
    WHERE workflow = '{workflow}'
) l ON l.subject_id = s.id
WHERE (s.id, s.state, s.version) IS DISTINCT FROM (l.subject_id, l.target, l.version)
    AND NOT ({unbegun} AND l.id IS NULL AND s.state = '{initial}' AND s.version = 1)
ORDER BY l.id, subject_id LIMIT 1
"""

# What every proposal and every finished survey says now, beside the fingerprint of what was last
# submitted or finished.
CONTENTS = """
SELECT l.id, '{workflow}' AS workflow, s.id AS subject_id, l.seq, s.{content}::text AS content,
    l.fingerprint
FROM {workflow} s LEFT JOIN (
    SELECT DISTINCT ON (subject_id) id, subject_id, seq,
        changes::jsonb -> '/{content}' ->> 1 AS fingerprint
    FROM audit_entry WHERE workflow = '{workflow}' AND changes::jsonb ? '/{content}'
    ORDER BY subject_id, seq DESC
) l ON l.subject_id = s.id
WHERE {frozen} OR l.fingerprint IS NOT NULL
ORDER BY l.id
"""
FROZEN_CONTENTS = {
    CONTENTS.format(
        workflow="proposal", content="content", frozen="s.content IS NOT NULL"
    ): "the content it froze is not as it was submitted",
    CONTENTS.format(
        workflow="survey", content="answers", frozen="s.state = 'finished'"
    ): "its answers are not as they were finished",
}


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
            await connection.execute(SETTINGS)
            ((entries, altered),) = await connection.fetch(ALTERED)
            fault = (
                await _fault_of_entry(connection, altered)
                or await _fault_of_state(connection)
                or await _fault_of_content(connection)
            )
    finally:
        await connection.close()
    return Report(entries, time.perf_counter() - began, fault)


async def _fault_of_entry(connection: asyncpg.Connection, altered: int | None) -> str | None:
    """Of the first entry that is altered and the first that is out of place, the earlier one."""
    displaced = await connection.fetch(CHAINS, *_allowed(), sorted(UNBEGUN))
    if altered is None or (displaced and displaced[0]["id"] <= altered):
        return _told(displaced)
    return _told(await connection.fetch(ENTRY, altered))


async def _fault_of_state(connection: asyncpg.Connection) -> str | None:
    for statement in [HEADS, *_states()]:
        fault = _told(await connection.fetch(statement))
        if fault:
            return fault
    return None


async def _fault_of_content(connection: asyncpg.Connection) -> str | None:
    """In Python, because the fingerprint is of canonical JSON, which PostgreSQL does not write."""
    for statement, fault in FROZEN_CONTENTS.items():
        async for row in connection.cursor(statement, prefetch=1000):
            if kept(json.loads(row["content"] or "null")) != row["fingerprint"]:
                return _named(row, fault)
    return None


def _states() -> Iterable[str]:
    for flow in WORKFLOWS:
        yield STATES.format(
            workflow=flow.name, initial=flow.initial, unbegun=str(flow.name in UNBEGUN)
        )


def _told(found: Sequence[asyncpg.Record]) -> str | None:
    return _named(found[0], found[0]["fault"]) if found else None


def _named(row: asyncpg.Record, fault: str) -> str:
    subject = f"{row['workflow'] or 'subject'} {row['subject_id']}"
    if row["id"] is None:
        return f"{subject}: {fault}"
    return f"entry {row['id']}, number {row['seq']} of {subject}: {fault}"


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
