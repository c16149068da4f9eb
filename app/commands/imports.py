"""Taking files in: received, checked, applied, undone. The work is done by jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.jobs import enqueue
from app.db import import_results, imports
from app.db.audit import expect, record
from app.db.tables.audit import AuditEntry
from app.db.tables.imports import Import
from app.domain.actors import Actor
from app.domain.errors import Language
from app.domain.imports.columns import ImportKind
from app.domain.imports.layouts import LAYOUTS
from app.domain.imports.workflow import (
    IMPORTS,
    FaultsLeft,
    Format,
    ImportAction,
    ImportedAlready,
    Mode,
    NothingGood,
    permitted,
)
from app.domain.jobs import JobKind
from app.domain.workflow import Ground

A = ImportAction
JOB_OF = {
    A.APPLY: JobKind.APPLY_IMPORT,
    A.UNDO: JobKind.UNDO_IMPORT,
    A.MARK: JobKind.MARK_IMPORT,
}


@dataclass(frozen=True)
class SentFile:
    """A file whose bytes are stored by now, and what it is said to be."""

    kind: ImportKind
    sha256: bytes
    size: int
    file_name: str | None


@dataclass(frozen=True)
class Asked:
    """A step of an import, in the version in which somebody read it."""

    id: UUID
    version: int
    action: ImportAction
    grounds: Mapping[Ground, object]
    mode: Mode | None = None
    result: Format = Format.XLSX  # of the file that is to come back, and in which language
    language: Language = Language.INDONESIAN


async def receive(session: AsyncSession, sent: SentFile, *, by: Actor) -> Import:
    """A file to be checked. The very same one again is the first one."""
    permitted(sent.kind, by=by)
    step = IMPORTS.begin(by=by)
    kind, sha256 = sent.kind, sent.sha256
    same = await imports.same_file(session, kind, sha256, of=by.region, within=by.region)
    if same is not None:
        raise ImportedAlready(id=same.id)
    import_ = Import(
        scope_code=by.region.first,
        kind=sent.kind,
        layout=LAYOUTS[sent.kind].version,
        file_name=sent.file_name,
        sha256=sent.sha256,
        bytes=sent.size,
        sent_as=by.role,
        created_by=by.id,
    )
    pairs: dict[str, list[object]] = {
        "/kind": [None, sent.kind],
        "/sha256": [None, sent.sha256.hex()],
    }
    await record(session, import_, step, told=pairs)
    await enqueue(session, JobKind.CHECK_IMPORT, import_.id, by=by, region=by.region)
    return import_


async def take(session: AsyncSession, asked: Asked, *, by: Actor) -> AuditEntry:
    """Apply it, discard it or undo it; what takes long is done by a job."""
    IMPORTS.permit(asked.action, by=by)
    import_ = await imports.find(session, asked.id, within=by.region)
    await expect(session, import_, asked.version)
    facts = imports.facts_of(import_, for_=by)
    step = IMPORTS.step(import_.state, asked.action, by=by, grounds=asked.grounds, facts=facts)
    changes = await _prepared(session, import_, asked)
    entry = await record(session, import_, step, changes=changes)
    if asked.action in JOB_OF:
        await enqueue(session, JOB_OF[asked.action], import_.id, by=by, region=by.region)
    return entry


async def _prepared(session: AsyncSession, import_: Import, asked: Asked) -> dict[str, object]:
    """What changes with the step; what was made of an import that moves is out of date."""
    if asked.action is A.MARK:
        await import_results.ask(session, import_, asked.result, asked.language)
        return {}
    await import_results.forget(session, import_)
    if asked.action is A.APPLY:
        mode = asked.mode or Mode.GOOD
        _applicable(import_, mode)
        return {"mode": mode}
    return {"after": ""} if asked.action is A.UNDO else {}


def _applicable(import_: Import, mode: Mode) -> None:
    if mode is Mode.ALL and import_.bad:
        raise FaultsLeft(bad=import_.bad, rows=import_.rows)
    if import_.bad >= import_.rows:
        raise NothingGood
