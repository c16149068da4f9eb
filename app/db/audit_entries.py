"""Telling of the audit: its entries, in pages, as far as the reader's role reads of people."""

from app.db import sight as shown
from app.db.pages import Asked, ids_of, page
from app.db.sessions import Reading
from app.db.tables.audit import DECISIONS
from app.domain.regions import Region
from app.domain.sight import Shown, Sight

DECISIONS_ONLY = f"(SELECT * FROM audit_entry WHERE {DECISIONS}) AS decision"


def _item(sight: Sight) -> str:
    return f"""json_build_object(
        'id', s.id, 'workflow', s.workflow, 'subject_id', s.subject_id, 'seq', s.seq,
        'region_code', coalesce(
            (SELECT r.code FROM region r WHERE r.scope_code = s.scope_code), ''),
        'action', s.action, 'source', s.source, 'target', s.target, 'version', s.version,
        'actor_id', s.actor_id, 'actor_role', s.actor_role,
        'actor_region_code', s.actor_region_code, 'channel', s.channel,
        'request_id', s.request_id, 'grounds', {shown.grounds("s.grounds", sight)},
        'changed', {shown.changed("s.changes", sight)},
        'changes', {shown.changes("s.changes", sight)},
        'at', s.at, 'prev_hash', encode(s.prev_hash, 'hex'), 'hash', encode(s.hash, 'hex'))"""


def _people(subjects: str, sight: Sight) -> str:
    """Whose entries are read, where before and after are told; else nobody was read of."""
    return subjects if sight.identity is Shown.CLEAR else "NULL::uuid[]"


async def list_page(
    reading: Reading, asked: Asked, *, within: Region, sight: Sight, decisions: bool = False
) -> str:
    """A page of `AuditEntryView`s, in JSON, the oldest of a village first."""
    table = DECISIONS_ONLY if decisions else "audit_entry"
    statement, arguments = page(
        table,
        asked,
        within=within,
        item=_item(sight),
        subjects=_people(ids_of("s.subject_id"), sight),
    )
    return str(await reading.document(statement, *arguments))


async def document(reading: Reading, entry_id: int, *, within: Region, sight: Sight) -> str:
    """One entry as `AuditEntryView`, in JSON."""
    statement = f"""
        SELECT {_item(sight)}::text AS body, {_people("array[s.subject_id]", sight)} AS subjects
        FROM audit_entry s
        WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3"""
    return str(await reading.document(statement, entry_id, within.first, within.last))
