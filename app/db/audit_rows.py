"""Entries of the audit as they are written: in one way only, one by one or by the thousand."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.tables.audit import AuditEntry
from app.domain.channels import Channel
from app.domain.workflow import Action, State, Step

Subject = Any  # a table with id, state, version, scope_code: SQLModel gives no common type
POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]
SAID_OF_EACH = ("subject_id", "scope_code", "version", "changes")
SAID_OF_ALL = (
    "workflow",
    "action",
    "source",
    "target",
    "actor_id",
    "actor_role",
    "actor_region_code",
    "channel",
    "request_id",
    "grounds",
)


def canonical(value: object) -> str:
    """JSON in one way only: sorted, compact, in UTF-8. This text is what the audit hashes."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain_json
    )


def plain_json(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no canonical form")


def kept(value: object) -> object:
    """A frozen copy stands in the audit by its SHA-256: the proof of it, not a second copy."""
    return fingerprint(canonical(value)) if isinstance(value, dict) else value


def fingerprint(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def typed(columns: Mapping[str, Any]) -> str:
    """Columns of a record, as PostgreSQL reads them out of JSON."""
    return ", ".join(f"{name} {kind.type.compile(POSTGRES)}" for name, kind in columns.items())


def entry_of(
    subject: Subject,
    step: Step[State, Action],
    before_after: Mapping[str, object],
    *,
    channel: Channel,
    request_id: str,
) -> AuditEntry:
    """What the audit says of a step that `subject` has taken."""
    return AuditEntry(
        **_said_of(step, canonical(dict(step.grounds))),
        subject_id=subject.id,
        scope_code=subject.scope_code,
        version=subject.version,
        channel=channel,
        request_id=request_id,
        changes=canonical(before_after),
    )


def _said_of(step: Step[Any, Any], grounds: str) -> dict[str, Any]:
    return {
        "workflow": step.workflow,
        "action": step.action,
        "source": step.source,
        "target": step.target,
        "actor_id": step.actor.id,
        "actor_role": step.actor.role,
        "actor_region_code": step.actor.region.code,
        "grounds": grounds,
    }


class Written(NamedTuple):
    """What is to be said of one who takes a step: the version it makes, and what changes."""

    subject: Subject
    step: Step[Any, Any]
    version: int
    changes: str


def _arguments(names: Iterable[str], form: str) -> str:
    columns: Any = AuditEntry.__table__.c  # type: ignore[attr-defined]
    return ", ".join(
        form.format(name=name, type=columns[name].type.compile(POSTGRES)) for name in names
    )


KEEP = text(
    f"INSERT INTO audit_entry ({', '.join((*SAID_OF_ALL, *SAID_OF_EACH))}) "
    f"SELECT {_arguments(SAID_OF_ALL, 'CAST(:{name} AS {type})')}, each.* "
    f"FROM unnest({_arguments(SAID_OF_EACH, 'CAST(:{name} AS {type}[])')}) AS each "
    "RETURNING subject_id, id"
)


async def keep_all(session: AsyncSession, entries: Sequence[Written]) -> dict[UUID, int]:
    """The numbers of the entries, by subject: one statement for all who take the same step."""
    connection = await session.connection()
    numbers: dict[UUID, int] = {}
    for of_all, alike in _alike(entries):
        of_each = {
            "subject_id": [each.subject.id for each in alike],
            "scope_code": [each.subject.scope_code for each in alike],
            "version": [each.version for each in alike],
            "changes": [each.changes for each in alike],
        }
        written = await connection.execute(KEEP, {**of_all, **session.info, **of_each})
        numbers.update((subject, number) for subject, number in written)
    return numbers


def _alike(entries: Iterable[Written]) -> Iterable[tuple[dict[str, Any], list[Written]]]:
    """Those who take the same step, and what is said of all of them. Grounds are put in words
    once: a thousand steps rest on the same ones."""
    groups: dict[object, tuple[dict[str, Any], list[Written]]] = {}
    words: dict[int, str] = {}
    for each in entries:
        step = each.step
        if id(step.grounds) not in words:
            words[id(step.grounds)] = canonical(dict(step.grounds))
        grounds = words[id(step.grounds)]
        key = (step.workflow, step.action, step.source, step.target, id(step.actor), grounds)
        if key not in groups:
            groups[key] = (_said_of(step, grounds), [])
        groups[key][1].append(each)
    return groups.values()
