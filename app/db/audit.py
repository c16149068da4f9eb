"""Recording steps: the one place where a state changes, and where what changed is kept.

A subject is a row with `id`, `state`, `version` and `scope_code`. Whatever happens to it happens
here, together with the audit entry that says so.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.tables.audit import AuditEntry
from app.db.tables.base import now
from app.domain.answer_trees import differences
from app.domain.channels import Channel
from app.domain.errors import Conflict, Fault, Outdated, Said
from app.domain.sight import HEALTH, keys_of, pointers_to
from app.domain.workflow import Action, State, Step

Subject = Any  # a table with id, state, version, scope_code: SQLModel gives no common type
Changes = Mapping[str, object]

ANSWERS = "answers"
NOT_REPEATED = re.compile(pointers_to(keys_of(*HEALTH)))
WITHHELD: list[object] = ["***", "***"]  # nothing here can be deleted, so not everything is here

CHANGED = Said(
    id="Bagian ini diubah setelah versi yang Anda baca.",
    en="This was changed after the version you read.",
)


class MovedMeanwhile(Conflict):
    """Somebody else moved it first."""

    title = Said(id="Orang lain sudah mendahului", en="Somebody else moved it first")
    detail = Said(
        id="Status {name} ini baru saja berubah. Baca ulang, lalu ulangi bila masih perlu.",
        en="The state of this {name} has just changed. Read it again and retry if still needed.",
    )


def canonical(value: object) -> str:
    """JSON in one way only: sorted, compact, in UTF-8. This text is what the audit hashes."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain
    )


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value)} has no canonical form")


def kept(value: object) -> object:
    """A frozen copy stands in the audit by its SHA-256: the proof of it, not a second copy."""
    return fingerprint(canonical(value)) if isinstance(value, dict) else value


def fingerprint(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


async def record(
    session: AsyncSession,
    subject: Subject,
    step: Step[State, Action],
    *,
    changes: Changes | None = None,
    told: Mapping[str, list[object]] | None = None,
) -> AuditEntry:
    """Move `subject` along `step`, change what changes, and keep the step: all or nothing.

    `told` stands in the audit in place of the columns: where a secret is changed, or something
    that lies beside the subject.

    Compare and set: where the state or the version is no longer the one that was read, nobody
    is overwritten and `MovedMeanwhile` is raised. A step without a source brings the subject in.
    """
    before_after = compared(subject, changes or {}) if told is None else told
    if step.source is None:
        session.add(subject)
        await session.flush()
    else:
        await _move(session, subject, step, changes or {})
    entry = entry_of(subject, step, before_after, **session.info)
    session.add(entry)
    await session.flush()
    return entry


async def record_each(
    session: AsyncSession,
    held: Sequence[tuple[Subject, Step[State, Action]]],
    *,
    changes: Changes,
    told: Mapping[str, list[object]],
) -> None:
    """The same change of many subjects, and an entry for each, in a few statements.

    The transaction has held each of them since it was read, and each keeps its state: there is
    nothing to compare.
    """
    for subject, step in held:
        for name, value in {**changes, "updated_at": now()}.items():
            setattr(subject, name, value)
        subject.version += 1
        session.add(entry_of(subject, step, told, **session.info))
    await session.flush()


def compared(subject: Subject, changes: Changes) -> dict[str, list[object]]:
    """Pointer -> [before, after], for what is about to change."""
    pairs: dict[str, list[object]] = {}
    for name, new in changes.items():
        before = getattr(subject, name)
        if name == ANSWERS:
            pairs |= _answers_compared(before, new)
        else:
            pairs[f"/{name}"] = [kept(before), kept(new)]
    return pairs


def _answers_compared(before: Any, after: Any) -> dict[str, list[object]]:  # noqa: ANN401
    """Answer by answer; those about health and school without what they say.

    Answers that are told again as they are become final: their fingerprint stands for them.
    """
    pairs = differences(before, after)
    if not pairs:
        return {f"/{ANSWERS}": [None, kept(after)]}
    return {
        pointer: WITHHELD if NOT_REPEATED.fullmatch(pointer) else pair
        for pointer, pair in ((f"/{ANSWERS}{place}", pair) for place, pair in pairs.items())
    }


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
        workflow=step.workflow,
        subject_id=subject.id,
        scope_code=subject.scope_code,
        action=step.action,
        source=step.source,
        target=step.target,
        version=subject.version,
        actor_id=step.actor.id,
        actor_role=step.actor.role,
        actor_region_code=step.actor.region.code,
        channel=channel,
        request_id=request_id,
        grounds=canonical(dict(step.grounds)),
        changes=canonical(before_after),
    )


async def _move(
    session: AsyncSession, subject: Subject, step: Step[State, Action], changes: Changes
) -> None:
    table: Any = type(subject)
    values = {
        "state": step.target,
        "version": subject.version + 1,
        "updated_at": now(),
        **changes,
    }
    if step.target != step.source and hasattr(table, "state_since"):
        values["state_since"] = values["updated_at"]
    moved = await session.exec(
        update(table)
        .where(
            col(table.id) == subject.id,
            col(table.state) == step.source,
            col(table.version) == subject.version,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount == 0:
        raise MovedMeanwhile(name=step.workflow)
    await session.refresh(subject)


async def expect(session: AsyncSession, subject: Subject, version: int) -> None:
    """Refuse what was meant for an older version, naming the fields that have changed since."""
    if subject.version == version:
        return
    entries = await session.exec(
        select(AuditEntry).where(
            AuditEntry.subject_id == subject.id,
            AuditEntry.workflow == type(subject).__tablename__,
            AuditEntry.version > version,
        )
    )
    changed = {pointer for entry in entries for pointer in _changed_by(entry)}
    faults = [Fault(pointer, "changed_meanwhile", CHANGED) for pointer in sorted(changed)]
    raise Outdated(faults, expected=version, current=subject.version)


def _changed_by(entry: AuditEntry) -> set[str]:
    """Where a reader finds what that step changed: not every column is a field of its own."""
    changed = {FIELD_OF.get(pointer, pointer) for pointer in json.loads(entry.changes)}
    return changed if entry.source == entry.target else {*changed, "/state"}


FIELD_OF = {
    "/latitude": "/location",
    "/longitude": "/location",
    "/nik_verdict": "/nik_check",
    "/nik_codes": "/nik_check",
}
