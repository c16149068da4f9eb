"""Telling of the audit: its entries, in pages, as far as the reader's role reads of people."""

from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from app.db import sight as shown
from app.db.pages import Position, page
from app.db.sessions import Reading
from app.db.tables.audit import DECISIONS
from app.domain.regions import Region
from app.domain.sight import Shown, Sight


@dataclass(frozen=True)
class Asked:
    """Which entries; None asks for all. The order is that of the placeholders $4 to $9."""

    workflow: str | None = None
    subject_id: UUID | None = None
    actor_id: UUID | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


ROWS = """
    SELECT * FROM audit_entry WHERE scope_code BETWEEN $1 AND $2
    AND (scope_code, id) > ($3::bigint, $4::bigint)
    AND ($5::text IS NULL OR workflow = $5)
    AND ($6::uuid IS NULL OR subject_id = $6)
    AND ($7::uuid IS NULL OR actor_id = $7)
    AND ($8::text IS NULL OR action = $8)
    AND ($9::timestamptz IS NULL OR at >= $9)
    AND ($10::timestamptz IS NULL OR at < $10)"""


def _item(sight: Sight) -> str:
    changes = "NULL::json"
    if sight.identity is Shown.CLEAR:
        changes = shown.numbers_in("s.changes") + "::json"
    return f"""json_build_object(
        'id', s.id, 'workflow', s.workflow, 'subject_id', s.subject_id, 'seq', s.seq,
        'region_code', coalesce(
            (SELECT r.code FROM region r WHERE r.scope_code = s.scope_code), ''),
        'action', s.action, 'source', s.source, 'target', s.target, 'version', s.version,
        'actor_id', s.actor_id, 'actor_role', s.actor_role,
        'actor_region_code', s.actor_region_code, 'channel', s.channel,
        'request_id', s.request_id, 'grounds', s.grounds::json,
        'changed', ARRAY(SELECT k FROM json_object_keys(s.changes::json) k ORDER BY k),
        'changes', {changes},
        'at', s.at, 'prev_hash', encode(s.prev_hash, 'hex'), 'hash', encode(s.hash, 'hex'))"""


async def list_page(  # noqa: PLR0913 - each is a part of the question
    reading: Reading,
    *,
    within: Region,
    sight: Sight,
    asked: Asked,
    after: Position,
    limit: int,
    decisions: bool = False,
) -> str:
    """A page of `AuditEntryView`s, in JSON, the oldest of a village first."""
    rows = f"{ROWS} AND {DECISIONS}" if decisions else ROWS
    body = await reading.document(
        page(rows, _item(sight), limit="$11"),
        within.first,
        within.last,
        after.scope_code,
        after.id,
        *astuple(asked),
        limit,
    )
    return str(body)


async def document(reading: Reading, entry_id: int, *, within: Region, sight: Sight) -> str:
    """One entry as `AuditEntryView`, in JSON."""
    statement = f"""
        SELECT {_item(sight)}::text AS body, NULL AS subjects FROM audit_entry s
        WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3"""
    return str(await reading.document(statement, entry_id, within.first, within.last))
