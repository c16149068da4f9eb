"""Recording steps: the one place where a state changes, and where what changed is kept.

A subject is a row with `id`, `state`, `version` and `scope_code`. Whatever happens to it happens
here, together with the audit entry that says so.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm.attributes import set_committed_value
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
POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]
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


@dataclass(frozen=True)
class Move:
    """A step of a subject that the transaction has held since it was read."""

    subject: Subject
    step: Step[Any, Any]
    changes: Changes = field(default_factory=dict)
    told: Mapping[str, list[object]] | None = None


class Recorded(NamedTuple):
    """An entry of the audit: its number, and the version of the subject that it made."""

    id: int
    version: int


async def record_all(
    session: AsyncSession,
    table: Any,  # noqa: ANN401
    moves: Sequence[Move],
) -> dict[UUID, Recorded]:
    """`record`, for many subjects of one table at once: their entries, by subject.

    One statement for each set of columns that change, and one for the entries. All or nothing:
    where one of them is no longer as it was read, `MovedMeanwhile` is raised.
    """
    rows = [
        row_of(
            each.subject,
            each.step,
            compared(each.subject, each.changes) if each.told is None else each.told,
            **session.info,
        )
        | {"version": each.subject.version + 1}
        for each in moves
    ]
    for columns in {tuple(sorted(each.changes)) for each in moves}:
        alike = [each for each in moves if tuple(sorted(each.changes)) == columns]
        await _move_all(session, table, alike, columns)
    if not rows:
        return {}
    kept_as = {name: AuditEntry.__table__.c[name] for name in rows[0]}  # type: ignore[attr-defined]
    said = ", ".join(kept_as)
    connection = await session.connection()
    told = await connection.execute(
        text(
            f"INSERT INTO audit_entry ({said}) SELECT {said} FROM json_to_recordset(:rows) "
            f"AS v ({_typed(kept_as)}) RETURNING id, subject_id, version"
        ),
        {"rows": json.dumps(rows, default=_plain)},
    )
    return {entry.subject_id: Recorded(entry.id, entry.version) for entry in told}


async def _move_all(
    session: AsyncSession,
    table: Any,  # noqa: ANN401
    moves: Sequence[Move],
    columns: Sequence[str],
) -> None:
    kept_as = {name: table.__table__.c[name] for name in ("id", "version", "state", *columns)}
    at = now()
    since = ", state_since = CASE WHEN t.state = v.state THEN t.state_since ELSE :at END"
    also = "".join(f", {name} = v.{name}" for name in columns)
    statement = f"""
        UPDATE "{table.__tablename__}" t
        SET state = v.state, version = t.version + 1, updated_at = :at
            {since if hasattr(table, "state_since") else ""} {also}
        FROM json_to_recordset(:rows) AS v (source text, {_typed(kept_as)})
        WHERE t.id = v.id AND t.version = v.version AND t.state = v.source"""
    rows = [
        {
            "id": each.subject.id,
            "version": each.subject.version,
            "source": each.step.source,
            "state": each.step.target,
            **each.changes,
        }
        for each in moves
    ]
    await session.flush()
    connection = await session.connection()
    moved = await connection.execute(
        text(statement), {"rows": json.dumps(rows, default=_plain), "at": at}
    )
    if moved.rowcount != len(moves):
        raise MovedMeanwhile(name=moves[0].step.workflow)
    for each in moves:
        _as_moved(each, at)


def _typed(columns: Mapping[str, Any]) -> str:
    """Columns of a record, as PostgreSQL reads them out of JSON."""
    return ", ".join(f"{name} {kind.type.compile(POSTGRES)}" for name, kind in columns.items())


def _as_moved(move: Move, at: datetime) -> None:
    """What was read is now as it is kept: nobody has to read it again."""
    subject = move.subject
    if move.step.source != move.step.target and hasattr(subject, "state_since"):
        set_committed_value(subject, "state_since", at)
    values = {"state": move.step.target, "version": subject.version + 1, "updated_at": at}
    for name, value in {**values, **move.changes}.items():
        set_committed_value(subject, name, value)


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
    **way: Any,  # noqa: ANN401
) -> AuditEntry:
    """What the audit says of a step that `subject` has taken."""
    return AuditEntry(**row_of(subject, step, before_after, **way))


def row_of(
    subject: Subject,
    step: Step[State, Action],
    before_after: Mapping[str, object],
    *,
    channel: Channel,
    request_id: str,
) -> dict[str, Any]:
    return {
        "workflow": step.workflow,
        "subject_id": subject.id,
        "scope_code": subject.scope_code,
        "action": step.action,
        "source": step.source,
        "target": step.target,
        "version": subject.version,
        "actor_id": step.actor.id,
        "actor_role": step.actor.role,
        "actor_region_code": step.actor.region.code,
        "channel": channel,
        "request_id": request_id,
        "grounds": canonical(dict(step.grounds)),
        "changes": canonical(before_after),
    }


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
