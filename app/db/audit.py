"""Recording steps: the one place where a state changes, and where what changed is kept.

A subject is a row with `id`, `state`, `version` and `scope_code`. Whatever happens to it happens
here, together with the audit entry that says so.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.audit_rows import (
    Subject,
    canonical,
    entering,
    entry_of,
    kept,
    leading_on,
    plain_json,
    said_of_all,
)
from app.db.scope import one_of
from app.db.sessions import connection_in
from app.db.tables.audit import AuditEntry
from app.db.tables.base import now
from app.domain.answer_trees import differences
from app.domain.errors import Conflict, Fault, Outdated, Said
from app.domain.sight import HEALTH, keys_of, pointers_to
from app.domain.workflow import Action, State, Step

Changes = Mapping[str, object]

ANSWERS = "answers"
# How many: what they say stands in the return, and what became of it with each that was changed.
COUNTED = {"marks", "changed_since_return"}
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
    """An entry of the audit: its number, and the version and state of the subject it made."""

    id: int
    version: int
    state: str


async def record_all(
    session: AsyncSession,
    table: Any,  # noqa: ANN401
    moves: Sequence[Move],
) -> dict[UUID, Recorded]:
    """`record`, for many subjects of one table at once: their entries, by subject.

    One statement for all who take the same step and change the same columns: their rows and their
    entries. All or nothing: where one of them is no longer as it was read, `MovedMeanwhile` is
    raised. A step without a source brings its subject in.
    """
    recorded: dict[UUID, Recorded] = {}
    for columns, going in _alike(moves):
        numbers = await _taken(session, table, columns, going)
        if len(numbers) != len(going):
            raise MovedMeanwhile(name=going[0].step.workflow)
        for each in going:
            one = each.subject
            recorded[one.id] = Recorded(numbers[one.id], one.version, each.step.target)
    return recorded


async def _taken(
    session: AsyncSession,
    table: Any,  # noqa: ANN401
    columns: tuple[str, ...],
    going: Sequence[Move],
) -> dict[UUID, int]:
    """The numbers of the entries of those who took it."""
    connection = await connection_in(session)
    step, at = going[0].step, now()
    said = said_of_all(step, **session.info)
    if step.source is None:
        rows = _as_json(_entering(table, each) for each in going)
        taken = await connection.fetch(entering(table), rows, *said)
    else:
        rows = _as_json(map(_leading_on, going))
        taken = await connection.fetch(leading_on(table, columns), rows, at, *said)
        for each in going:
            _as_moved(each, at)
    return {row["subject_id"]: row["id"] for row in taken}


def _as_json(rows: Iterable[Mapping[str, object]]) -> str:
    return json.dumps([*rows], default=plain_json)


def _alike(moves: Iterable[Move]) -> Iterable[tuple[tuple[str, ...], list[Move]]]:
    """Those who take the same step and change the same columns, and which. Grounds are put in
    words once: a thousand steps rest on the same ones."""
    groups: dict[object, tuple[tuple[str, ...], list[Move]]] = {}
    words: dict[int, str] = {}
    for each in moves:
        step, columns = each.step, tuple(sorted(each.changes))
        if id(step.grounds) not in words:
            words[id(step.grounds)] = canonical(dict(step.grounds))
        grounds = words[id(step.grounds)]
        key = (step.workflow, step.action, step.source, step.target, id(step.actor), grounds)
        groups.setdefault((*key, columns), (columns, []))[1].append(each)
    return groups.values()


def _entering(table: Any, move: Move) -> dict[str, object]:  # noqa: ANN401
    columns = {name: getattr(move.subject, name) for name in dict(table.__table__.c)}
    return {**columns, "said": _told(move)}


def _leading_on(move: Move) -> dict[str, object]:
    subject, step = move.subject, move.step
    as_read = {"id": subject.id, "version": subject.version, "taken_from": step.source}
    return {**as_read, "state": step.target, "said": _told(move), **move.changes}


def _told(move: Move) -> str:
    return canonical(compared(move.subject, move.changes) if move.told is None else move.told)


def _as_moved(move: Move, at: datetime) -> None:
    """What was read is now as it is kept: nobody has to read it again.

    One by one, `set_committed_value` would take as long as all the rest of a step.
    """
    subject = move.subject
    values = {"state": move.step.target, "version": subject.version + 1, "updated_at": at}
    if move.step.source != move.step.target and hasattr(subject, "state_since"):
        values["state_since"] = at
    subject.__dict__.update(values, **move.changes)


def compared(subject: Subject, changes: Changes) -> dict[str, list[object]]:
    """Pointer -> [before, after], for what is about to change."""
    pairs: dict[str, list[object]] = {}
    for name, new in changes.items():
        before = getattr(subject, name)
        if name == ANSWERS:
            pairs |= _answers_compared(before, new)
        elif name in COUNTED:
            pairs[f"/{name}"] = [each and len(cast("Sized", each)) for each in (before, new)]
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
    for refusal in (await outdated(session, type(subject), [(subject, version)])).values():
        raise refusal


async def outdated(
    session: AsyncSession,
    table: Any,  # noqa: ANN401
    meant: Iterable[tuple[Subject, int]],
) -> dict[UUID, Outdated]:
    """Those of one table's subjects that were meant in an older version, with what has changed."""
    old = {each.id: (each, version) for each, version in meant if each.version != version}
    changed: dict[UUID, set[str]] = {each: set() for each in old}
    entries = await _entries_of(session, table, old) if old else []
    for entry in entries:
        if entry.version > old[entry.subject_id][1]:
            changed[entry.subject_id] |= _changed_by(entry)
    return {each: _outdated(*old[each], pointers) for each, pointers in changed.items()}


async def _entries_of(
    session: AsyncSession,
    table: Any,  # noqa: ANN401
    subjects: Iterable[UUID],
) -> Iterable[AuditEntry]:
    return await session.exec(
        select(AuditEntry).where(
            one_of(AuditEntry.subject_id, subjects), AuditEntry.workflow == table.__tablename__
        )
    )


def _outdated(subject: Subject, version: int, changed: Collection[str]) -> Outdated:
    faults = [Fault(pointer, "changed_meanwhile", CHANGED) for pointer in sorted(changed)]
    return Outdated(faults, expected=version, current=subject.version)


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
