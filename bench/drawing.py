"""What the benchmarks ask for: drawn by lot, and the same in every run.

Whatever is submitted or decided is used up; `restore` puts it back where it was.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from app.db.urls import for_asyncpg
from app.embedded import SUPERUSER, Server

SEED = 2026
DRAW = """
SELECT found.* FROM unnest($1::bigint[]) WITH ORDINALITY AS village (code, place),
    LATERAL (SELECT {columns} FROM {table} t WHERE t.scope_code = village.code AND {which}
        ORDER BY md5(t.id::text) LIMIT $2) AS found
ORDER BY village.place
"""
WAITING = "t.id, t.version, t.scope_code::text AS village"
COMPLETE = """t.state = 'drafted' AND t.kind = 'new_family'
    AND EXISTS (SELECT FROM survey s WHERE s.household_id = t.household_id
        AND s.state = 'finished')
    AND NOT EXISTS (SELECT FROM family f WHERE f.household_id = t.household_id
        AND f.card_number IS NULL)
    AND NOT EXISTS (SELECT FROM member m WHERE m.household_id = t.household_id
        AND (m.nik_verdict NOT IN ('valid', 'valid_with_warning') OR EXISTS (
            SELECT FROM member o WHERE o.nik = m.nik AND o.id <> m.id)))"""
# What has been submitted or decided since, of all that was not registered in the end.
RESTORE = """
CREATE TEMPORARY TABLE used ON COMMIT DROP AS
SELECT p.id, p.household_id, e.source, e.version - 1 AS version
FROM (SELECT subject_id, min(id) AS first FROM audit_entry WHERE workflow = 'proposal'
    AND id > {last} GROUP BY subject_id) AS begun
JOIN audit_entry e ON e.id = begun.first AND e.source IN ('drafted', 'awaiting_regency')
JOIN proposal p ON p.id = begun.subject_id AND p.state <> 'determined';

UPDATE proposal p SET state = used.source, version = used.version, state_since = p.created_at,
    content = CASE WHEN used.source <> 'drafted' THEN p.content END,
    submitted_by = CASE WHEN used.source <> 'drafted' THEN p.submitted_by END,
    submitted_at = CASE WHEN used.source <> 'drafted' THEN p.submitted_at END,
    period = NULL, missed_period = NULL, marks = NULL, changed_since_return = NULL
FROM used WHERE p.id = used.id;

DELETE FROM nik_holder h USING member m, used
WHERE h.member_id = m.id AND m.household_id = used.household_id AND used.source = 'drafted';
INSERT INTO nik_holder (nik, member_id, scope_code)
SELECT m.nik, m.id, m.scope_code FROM member m JOIN used USING (household_id)
WHERE used.source <> 'drafted' AND m.nik IS NOT NULL ON CONFLICT DO NOTHING;

DELETE FROM audit_entry e USING used
WHERE e.subject_id = used.id AND e.workflow = 'proposal' AND e.id > {last};
UPDATE audit_head h SET seq = e.seq, hash = e.hash, at = e.at
FROM used JOIN LATERAL (SELECT * FROM audit_entry WHERE subject_id = used.id
    AND workflow = 'proposal' ORDER BY seq DESC LIMIT 1) AS e ON true
WHERE h.subject_id = used.id AND h.workflow = 'proposal';
"""


@dataclass(frozen=True)
class Drawing:
    """`villages` have sixty households or more."""

    server: Server
    villages: Sequence[str]
    last_entry: int  # of the audit as it was filled

    async def households(self, many: int, *, within: str = "") -> list[str]:
        rows = await self._drawn(many, within, "household", "t.id")
        return [str(row["id"]) for row in rows]

    async def niks(self, many: int, *, within: str = "") -> list[str]:
        which = "t.nik IS NOT NULL AND t.nik_verdict = 'valid'"
        rows = await self._drawn(many, within, "member", "t.nik", which)
        return [row["nik"] for row in rows]

    async def names(self, many: int, *, within: str) -> list[str]:
        return [row["name"] for row in await self._drawn(many, within, "member", "t.name")]

    async def submittable(self, many: int, *, within: str = "") -> list[asyncpg.Record]:
        """Drafts that are complete: `id`, `version`, `village`. All that are left, or fewer."""
        return await self._drawn(many, within, "proposal", WAITING, COMPLETE)

    async def decidable(self, many: int, *, within: str = "") -> list[asyncpg.Record]:
        """Those that wait for the verifier of their regency, in the same way."""
        which = "t.state = 'awaiting_regency'"
        return await self._drawn(many, within, "proposal", WAITING, which)

    async def _drawn(
        self, many: int, within: str, table: str, columns: str, which: str = "true"
    ) -> list[asyncpg.Record]:
        """As evenly as can be from the villages there."""
        lots = random.Random(SEED)  # noqa: S311 - to be repeated
        villages = [code for code in self.villages if code.startswith(within)]
        lots.shuffle(villages)
        statement = DRAW.format(table=table, columns=columns, which=which)
        found: list[asyncpg.Record] = []
        connection = await self._superuser()
        try:
            each = -(-many // len(villages)) if villages else 0
            found = await connection.fetch(statement, [int(v) for v in villages[:many]], each)
            if len(found) < many:
                found = await connection.fetch(statement, [int(v) for v in villages], 3 * each)
        finally:
            await connection.close()
        lots.shuffle(found)
        return found[:many]

    async def restore(self) -> None:
        """Put back what was submitted and decided: state, content, NIKs and audit."""
        connection = await self._superuser()
        try:
            async with connection.transaction():
                await connection.execute("SET LOCAL session_replication_role TO replica")
                await connection.execute(RESTORE.format(last=self.last_entry))
            await connection.execute("VACUUM ANALYZE proposal, nik_holder, audit_entry, audit_head")
        finally:
            await connection.close()

    async def _superuser(self) -> asyncpg.Connection:
        return await asyncpg.connect(for_asyncpg(self.server.url(SUPERUSER)))
