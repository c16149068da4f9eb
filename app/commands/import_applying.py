"""The jobs that carry an import out and take it back, chunk by chunk.

In the transaction of a chunk stand what was done, what became of each unit, and after which one to
go on: a worker that is killed leaves whole chunks behind, and nothing is done twice.
"""

from collections import Counter
from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.import_checks import stage_again
from app.commands.import_kinds import IMPORTERS
from app.commands.import_units import Ahead
from app.commands.jobs import JobRun, handles
from app.db import import_rows, imports
from app.db.audit import record
from app.db.import_rows import Effect, Unit
from app.db.refusals import told
from app.db.sessions import Database
from app.db.tables.imports import Import
from app.db.tables.jobs import Job
from app.domain.actors import Actor
from app.domain.imports.workflow import (
    IMPORTS,
    ImportAction,
    ImportState,
    Outcome,
    RowsNotGood,
)
from app.domain.jobs import JobKind
from app.domain.regions import Region

A, S, O = ImportAction, ImportState, Outcome  # noqa: E741 - the workflow's letters
UNDONE_AT_ONCE = 100
BAD = told(RowsNotGood())


async def apply_ended(session: AsyncSession, job: Job) -> None:
    """What was taken by then stays, and may be undone; the rest is left."""
    import_ = await imports.find(session, job.subject_id, within=Region(job.region_code))
    if import_.state is S.APPLYING:
        import_.left_out = import_.units - import_.taken - import_.same
        await _complete(session, import_, job.asker)


@handles(JobKind.APPLY_IMPORT, ending=apply_ended)
async def apply(_: Database, run: JobRun) -> None:
    async with run.transaction() as session:
        import_ = await imports.find(session, run.subject_id, within=run.by.region)
    async with Ahead(run, most=IMPORTERS[import_.kind].at_once) as ahead:
        await _apply(run, ahead)


async def _apply(run: JobRun, ahead: Ahead) -> None:
    while not await run.cancelled():
        async with run.transaction() as session:
            import_ = await imports.find(session, run.subject_id, within=run.by.region)
            if import_.state is not S.APPLYING:
                return
            units = await ahead.units(import_, after=import_.after)
            are_whole = await import_rows.are_sealed(session, import_)
            if are_whole and not units:
                await _complete(session, import_, run.by)
                return
            await _take(session, run, import_, units if are_whole else ())
        if not are_whole:
            await stage_again(run, import_)
        await run.progress(_settled(import_), import_.units, phase="applying")


def _settled(import_: Import) -> int:
    return import_.taken + import_.same + import_.left_out


async def _take(session: AsyncSession, run: JobRun, import_: Import, units: Sequence[Unit]) -> None:
    good = [unit for unit in units if not unit.is_bad]
    effects = await IMPORTERS[import_.kind].take(session, import_, good, run.by) if good else ()
    became = [*zip(good, effects, strict=True)]
    became += [(unit, Effect(O.LEFT, refusal=BAD)) for unit in units if unit.is_bad]
    await import_rows.settle(session, import_, became)
    counts = Counter(effect.outcome for _, effect in became)
    import_.taken += counts[O.TAKEN]
    import_.same += counts[O.SAME]
    import_.left_out += counts[O.LEFT]
    import_.after = units[-1].key if units else import_.after


async def _complete(session: AsyncSession, import_: Import, by: Actor) -> None:
    await import_rows.clear(session, import_)
    await record(session, import_, IMPORTS.step(import_.state, A.COMPLETE, by=by))


async def undo_ended(session: AsyncSession, job: Job) -> None:
    """The rest may be undone once more."""
    import_ = await imports.find(session, job.subject_id, within=Region(job.region_code))
    if import_.state is S.UNDOING:
        await record(session, import_, IMPORTS.step(import_.state, A.HALT, by=job.asker))


@handles(JobKind.UNDO_IMPORT, ending=undo_ended)
async def undo(_: Database, run: JobRun) -> None:
    """What nobody has gone on with is taken back; the rest is kept, with the reason."""
    async with run.transaction() as session:
        import_ = await imports.find(session, run.subject_id, within=run.by.region)
        done = await import_rows.taken_back(session, import_)
    while not await run.cancelled():
        async with run.transaction() as session:
            import_ = await imports.find(session, run.subject_id, within=run.by.region)
            if import_.state is not S.UNDOING:
                return
            found = await import_rows.taken(session, import_, most=UNDONE_AT_ONCE)
            if not found:
                await record(session, import_, IMPORTS.step(import_.state, A.CLEAR, by=run.by))
                return
            await _undo(session, run, import_, found)
            done += len(found)
        await run.progress(done, import_.taken, phase="undoing")


async def _undo(
    session: AsyncSession, run: JobRun, import_: Import, found: Sequence[tuple[str, Effect]]
) -> None:
    undo_ = IMPORTERS[import_.kind].undo
    effects = await undo_(session, [effect for _, effect in found], run.by)
    became = [(unit, effect) for (unit, _), effect in zip(found, effects, strict=True)]
    await import_rows.resettle(session, import_, became)
    import_.kept += sum(effect.outcome is O.KEPT for effect in effects)
    import_.after = found[-1][0]
