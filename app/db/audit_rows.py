"""Entries of the audit as they are written: in one way only, one by one or by the thousand."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql

from app.db.tables.audit import AuditEntry
from app.domain.channels import Channel
from app.domain.workflow import Action, State, Step

Subject = Any  # a table with id, state, version, scope_code: SQLModel gives no common type
POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]
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


def in_json(value: Any) -> Any:  # noqa: ANN401
    """As it will be read back."""
    return plain_json(value) if isinstance(value, (UUID, date)) else value


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


# A step and its entry: both, or neither. No subject has a column `taken_from` or `said`.
TAKEN = """
WITH v AS MATERIALIZED (
    SELECT * FROM ROWS FROM (
        json_to_recordset($1::json) AS (taken_from text, said text, {columns})
    ) WITH ORDINALITY AS v (taken_from, said, {names}, place)
),
taken AS ({take} RETURNING t.id, t.scope_code, t.version)
INSERT INTO audit_entry ({of_all}, subject_id, scope_code, version, changes)
SELECT {values}, taken.id, taken.scope_code, taken.version, v.said
FROM v JOIN taken ON taken.id = v.id ORDER BY v.place
RETURNING subject_id, id
"""
ENTER = """INSERT INTO "{table}" AS t ({names}) SELECT {names} FROM v"""
# Compare and set: nobody is overwritten where it is no longer as it was read.
# The ids once more, as an array: for a join alone, all of the caller's village would be read.
LEAD_ON = """UPDATE "{table}" AS t SET state = v.state, version = t.version + 1, {set}
FROM v WHERE t.id = v.id AND t.version = v.version AND t.state = v.taken_from
    AND t.id = ANY (ARRAY(SELECT id FROM v))"""
SINCE = "state_since = CASE WHEN t.state = v.state THEN t.state_since ELSE $2 END"


@cache
def entering(table: Any) -> str:  # noqa: ANN401
    """The statement that brings rows of this table in, with their entries."""
    kept_as = dict(table.__table__.c)
    take = ENTER.format(table=table.__tablename__, names=", ".join(kept_as))
    return _taken(take, kept_as, first=2)


@cache
def leading_on(table: Any, changed: tuple[str, ...]) -> str:  # noqa: ANN401
    """The statement that leads rows of this table on, where these columns change besides."""
    kept_as = {name: table.__table__.c[name] for name in ("id", "version", "state", *changed)}
    since = [SINCE] if hasattr(table, "state_since") else []
    values = ["updated_at = $2", *since, *(f"{name} = v.{name}" for name in changed)]
    take = LEAD_ON.format(table=table.__tablename__, set=", ".join(values))
    return _taken(take, kept_as, first=3)


def _taken(take: str, kept_as: Mapping[str, Any], *, first: int) -> str:
    columns: Any = AuditEntry.__table__.c  # type: ignore[attr-defined]
    return TAKEN.format(
        take=take,
        columns=typed(kept_as),
        names=", ".join(kept_as),
        of_all=", ".join(SAID_OF_ALL),
        values=", ".join(
            f"${at}::{columns[name].type.compile(POSTGRES)}"
            for at, name in enumerate(SAID_OF_ALL, first)
        ),
    )


def said_of_all(step: Step[Any, Any], *, channel: Channel, request_id: str) -> tuple[object, ...]:
    """What an entry says of everybody who takes the same step, in the order of `SAID_OF_ALL`."""
    said = _said_of(step, canonical(dict(step.grounds)))
    said |= {"channel": channel, "request_id": request_id}
    return tuple(said[name] for name in SAID_OF_ALL)
