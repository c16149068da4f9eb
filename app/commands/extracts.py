"""Extracts: asked for, cancelled, deleted. The work is done by a job: see `extract_work`."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import jobs as work
from app.db import changes, decrees, extracts, jobs, regions
from app.db.audit import expect, record
from app.db.sessions import Database, reading_in
from app.db.tables.audit import AuditEntry
from app.db.tables.decrees import Decree
from app.db.tables.extracts import Extract
from app.db.tables.jobs import Job
from app.domain.actors import Actor
from app.domain.decrees import DecreeState
from app.domain.errors import Refusal
from app.domain.extracts.plans import most_rows
from app.domain.extracts.wanted import Wanted, permitted
from app.domain.extracts.workflow import (
    AT_WORK,
    EXTRACTS,
    MOST_OPEN,
    DecreeNotInForce,
    ExtractAction,
    TooManyExtracts,
)
from app.domain.jobs import JobKind, JobState
from app.domain.regions import INDONESIA, Region
from app.domain.sight import Purpose, sight_of_people
from app.exchange.storage import Storage

ROOM = "extracts"


@dataclass(frozen=True)
class Terms:
    """What for somebody wants it, and for how many days it is kept."""

    purpose: Purpose
    days_kept: int


@dataclass(frozen=True)
class Asked:
    """A step of an extract, in the version in which somebody read it."""

    id: UUID
    version: int
    action: ExtractAction


def place_of(storage: Storage, extract_id: UUID) -> Storage:
    """Where its files lie."""
    return storage.beside(f"{ROOM}/{extract_id}")


async def ask(
    session: AsyncSession, wanted: Wanted, region: Region, *, by: Actor, terms: Terms
) -> Extract:
    """An extract of that region, as far as he reads of people. It is begun once this commits."""
    step = EXTRACTS.begin(by=by)
    permitted(wanted, sight_of_people(by))
    if await extracts.open_ones(session, within=by.region, by=by) >= MOST_OPEN:
        raise TooManyExtracts(most=MOST_OPEN)
    await regions.known(session, region.code)
    if wanted.decree_id is not None:
        in_force(await decrees.find(session, wanted.decree_id))
    if wanted.since is not None:
        await changes.passed(await reading_in(session), wanted.since)
    filters = _plain(wanted)
    extract = Extract(
        scope_code=by.region.first,
        resource=wanted.resource,
        format=wanted.form.format,
        compression=wanted.form.compression,
        region_code=region.code,
        filters=filters,
        rows_per_file=most_rows(wanted.form, wanted.rows_per_file),
        days_kept=terms.days_kept,
        decree_id=wanted.decree_id,
        changed_after=wanted.changed_after,
        purpose=terms.purpose,
        asked_as=by.role,
        created_by=by.id,
    )
    said = {"resource": wanted.resource, "region_code": region.code, "filters": filters}
    pairs: dict[str, list[object]] = {f"/{key}": [None, value] for key, value in said.items()}
    await record(session, extract, step, told=pairs)
    await work.enqueue(session, JobKind.WRITE_EXTRACT, extract.id, by=by, region=region)
    return extract


def _plain(wanted: Wanted) -> dict[str, object]:
    """The filters, as JSON."""
    given = wanted.filters.given()
    since = wanted.filters.updated_since
    return given if since is None else {**given, "updated_since": since.isoformat()}


def in_force(decree: Decree) -> None:
    if decree.state is not DecreeState.IN_FORCE:
        raise DecreeNotInForce(number=decree.number)


async def take(session: AsyncSession, asked: Asked, *, by: Actor) -> AuditEntry:
    """Cancel it, and the work on it; or have its files deleted."""
    EXTRACTS.permit(asked.action, by=by)
    job = await jobs.open_one_of(session, asked.id, within=by.region)
    extract = await extracts.find(session, asked.id, within=by.region, by=by)
    await expect(session, extract, asked.version)
    step = EXTRACTS.step(extract.state, asked.action, by=by)
    entry = await record(session, extract, step)
    if job is not None:
        await work.cancel(session, job.id, by=by, version=job.version)
    return entry


async def end(session: AsyncSession, job: Job) -> None:
    """Its job ended otherwise than by being done: nothing of it is given out."""
    by = job.asker
    extract = await extracts.find(session, job.subject_id, within=by.region, by=by)
    if extract.state not in AT_WORK:
        return
    cancelled = job.state is JobState.CANCELLED
    action = ExtractAction.CANCEL if cancelled else ExtractAction.FAIL
    step = EXTRACTS.step(extract.state, action, by=by)
    changes: Mapping[str, object] = {} if cancelled else {"refusal": job.problem}
    await record(session, extract, step, changes=changes)


async def expire_late(database: Database) -> None:
    """Those that were kept long enough, unless somebody has deleted one this very moment."""
    async with database.reading(INDONESIA) as reading:
        late = await extracts.late(reading, within=INDONESIA)
    for extract_id, asker in late:
        with suppress(Refusal):
            async with database.transaction(asker.region) as session:
                extract = await extracts.find(session, extract_id, within=asker.region, by=asker)
                step = EXTRACTS.step(extract.state, ExtractAction.EXPIRE, by=asker)
                await record(session, extract, step)


async def forget_strays(database: Database) -> None:
    """Rows of those that ended otherwise than by being done, or while a slice was being filled."""
    is_left = True
    while is_left:
        async with database.transaction(INDONESIA) as session:
            is_left = await extracts.forget_strays(session, within=INDONESIA) > 0
