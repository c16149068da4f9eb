"""Telling of the audit: its entries, in pages, as far as the reader's role reads of people."""

from collections.abc import Callable
from dataclasses import replace

from app.db import sight as shown
from app.db.pages import Asked, ids_of, page
from app.db.sessions import Reading
from app.db.tables.audit import DECISIONS
from app.domain.accounts import ACCOUNTS, ADMINS
from app.domain.actors import Actor
from app.domain.agreement_terms import AGREEMENTS
from app.domain.recipients import RECIPIENTS
from app.domain.regions import Region
from app.domain.sight import NOTHING, Shown, Sight, sight_of

DECISIONS_ONLY = f"(SELECT * FROM audit_entry WHERE {DECISIONS}) AS decision"


# Officers' names and assignments are for those who run accounts, and for nobody else.
OF_OFFICERS = replace(NOTHING, identity=Shown.CLEAR, nik=Shown.MASKED)


def _told(how: Callable[[str, Sight], str], column: str, seen_by: Actor) -> str:
    """As somebody reads of people; of accounts and agreements, as his part in running them."""
    sight = sight_of(seen_by)
    of_accounts = OF_OFFICERS if seen_by.role in ADMINS else NOTHING
    of_recipients = sight if sight.programmes else NOTHING
    return f"""CASE WHEN s.workflow IN ('{ACCOUNTS.name}', '{AGREEMENTS.name}')
            THEN {how(column, of_accounts)}
        WHEN s.workflow = '{RECIPIENTS.name}' THEN {how(column, of_recipients)}
        ELSE {how(column, sight)} END"""


# What one village of a move ends, it ends in the other too, which need not know which one it is.
_FROM_WHERE = """CASE WHEN starts_with(s.scope_code::text, s.actor_region_code)
    OR rpad(s.actor_region_code, 10, '0')::bigint
        BETWEEN current_setting('siks.region_from')::bigint
        AND current_setting('siks.region_to')::bigint
    THEN s.actor_region_code END"""


def _item(seen_by: Actor) -> str:
    return f"""json_build_object(
        'id', s.id, 'workflow', s.workflow, 'subject_id', s.subject_id, 'seq', s.seq,
        'region_code', coalesce(
            (SELECT r.code FROM region r WHERE r.scope_code = s.scope_code), ''),
        'action', s.action, 'source', s.source, 'target', s.target, 'version', s.version,
        'actor_id', s.actor_id, 'actor_role', s.actor_role,
        'actor_region_code', {_FROM_WHERE}, 'channel', s.channel,
        'request_id', s.request_id, 'grounds', {_told(shown.grounds, "s.grounds", seen_by)},
        'changed', {shown.changed("s.changes", sight_of(seen_by))},
        'changes', {_told(shown.changes, "s.changes", seen_by)},
        'at', s.at, 'prev_hash', encode(s.prev_hash, 'hex'), 'hash', encode(s.hash, 'hex'))"""


def _people(subjects: str, seen_by: Actor) -> str:
    """Whose entries are read, where before and after are told; else nobody was read of."""
    return subjects if sight_of(seen_by).identity is Shown.CLEAR else "NULL::uuid[]"


async def list_page(
    reading: Reading, asked: Asked, *, within: Region, seen_by: Actor, decisions: bool = False
) -> str:
    """A page of `AuditEntryView`s, in JSON, the oldest of a village first."""
    table = DECISIONS_ONLY if decisions else "audit_entry"
    statement, arguments = page(
        table,
        asked,
        within=within,
        item=_item(seen_by),
        subjects=_people(ids_of("s.subject_id"), seen_by),
    )
    return str(await reading.document(statement, *arguments))


async def document(reading: Reading, entry_id: int, *, within: Region, seen_by: Actor) -> str:
    """One entry as `AuditEntryView`, in JSON."""
    statement = f"""
        SELECT {_item(seen_by)}::text AS body, {_people("array[s.subject_id]", seen_by)} AS subjects
        FROM audit_entry s
        WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3"""
    return str(await reading.document(statement, entry_id, within.first, within.last))
