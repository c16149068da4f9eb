"""What a tier says of many proposals, by their ids: each row a verdict of whoever sends the file.

A verdict from a file is a verdict: rows that say the same are decided together, and the table, the
facts and the versions hold as anywhere. What he has said already is not said twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.import_kinds.base import Found, Importer, subject
from app.commands.import_kinds.undoing import NOTE
from app.commands.proposals import Deed, Meant, take_each
from app.db import proposals, verdicts
from app.db.audit import Recorded
from app.db.import_rows import Effect, Row, Unit
from app.db.proposals import ProposalNotFound
from app.db.refusals import told
from app.db.tables.imports import Import
from app.db.verdicts import Standing
from app.domain import reasons
from app.domain.actors import Actor
from app.domain.errors import Refusal, Said
from app.domain.facts import Fact
from app.domain.imports.columns import ImportKind
from app.domain.imports.layouts import LAYOUTS, placed
from app.domain.imports.problems import Problem
from app.domain.imports.workflow import Outcome
from app.domain.proposals import PROPOSALS, ProposalAction, ProposalState
from app.domain.workflow import Ground

LAYOUT = LAYOUTS[ImportKind.VERIFICATION_RESULTS]
WHAT_IT_SAYS = tuple(each.key for each in LAYOUT.columns if each.place[0] not in {"id", "version"})
UNKNOWN = Said(
    id="Usulan ini tidak ada di wilayah Anda. Salin id dari daftar kerja Anda tanpa diubah.",
    en="No such proposal lies in your region. Copy the id from your work list, unchanged.",
)
SAID_ALREADY = Said(
    id="Keputusan ini sudah Anda ambil; baris ini tidak mengubah apa-apa.",
    en="You have decided just that already; this row changes nothing.",
)
CHANGED = Said(
    id="Usulan ini berubah sejak versi {read}; sekarang versi {current}. Baca lagi sebelum "
    "memutuskannya.",
    en="This proposal has changed since version {read}; it is now version {current}. Read it again "
    "before you decide.",
)
Facts = Mapping[tuple[ProposalAction, UUID], frozenset[Fact]]


def _deed(row: Row) -> Deed:
    said = placed(LAYOUT, row.said)
    target = said.get("target")
    grounds = {Ground(name): value for name, value in said.get("grounds", {}).items()}
    return Deed(ProposalAction(said["verdict"]), grounds, target and ProposalState(target))


def _about(row: Row) -> UUID:
    return UUID(row.said["proposal_id"])


# --- looking at it


async def judge(session: AsyncSession, units: Sequence[Unit], by: Actor) -> Found:
    rows = [row for unit in units for row in unit.rows if not row.bad]
    known = await verdicts.standing(session, [*map(_about, rows)], by=by, within=by.region)
    facts = await _facts(session, [row for row in rows if _about(row) in known], by)
    found = {row.n: _problem(row, known.get(_about(row)), facts, by) for row in rows}
    return {n: [problem] for n, problem in found.items() if problem}


async def _facts(session: AsyncSession, rows: Sequence[Row], by: Actor) -> Facts:
    """On which each of these verdicts depends."""
    wanted: dict[ProposalAction, list[UUID]] = {}
    for row in rows:
        wanted.setdefault(_deed(row).action, []).append(_about(row))
    return {
        (action, one): facts
        for action, ids in wanted.items()
        for one, facts in (await proposals.facts_of(session, ids, for_=by, action=action)).items()
    }


def _problem(row: Row, now: Standing | None, facts: Facts, by: Actor) -> Problem | None:
    if now is None:
        return Problem("proposal_id", "proposal_unknown", UNKNOWN)
    deed, read = _deed(row), row.said.get("version", now.version)
    if now.is_so(deed.action, deed.to):
        return Problem("proposal_id", "decided_already", SAID_ALREADY, severity="warning")
    if read != now.version:
        words = {"read": read, "current": now.version}
        return Problem("version", "proposal_changed", CHANGED, words)
    try:
        _foresee(deed, now, facts[deed.action, _about(row)], by)
    except Refusal as refusal:
        return _told(refusal)
    return None


def _foresee(deed: Deed, now: Standing, facts: frozenset[Fact], by: Actor) -> None:
    """Refuse what would be refused if it were done now."""
    action, grounds = deed.action, deed.grounds
    PROPOSALS.step(now.state, action, by=by, grounds=grounds, facts=facts, to=deed.to)
    reasons.accept(grounds)


def _told(refusal: Refusal) -> Problem:
    place = refusal.faults[0].pointer.rpartition("/")[-1] if refusal.faults else ""
    column = place if place in LAYOUT.by_key else "verdict"
    return Problem(column, refusal.code().replace("-", "_"), refusal.detail, refusal.words)


# --- carrying it out


async def take(
    session: AsyncSession, _: Import, units: Sequence[Unit], by: Actor
) -> Sequence[Effect]:
    rows = [unit.rows[0] for unit in units]
    ids = [_about(row) for row in rows]
    known = await verdicts.standing(session, ids, by=by, within=by.region, hold=True)
    became: dict[UUID, Recorded | Refusal] = {}
    for alike in _alike(row for row in rows if not _is_so(row, known)):
        meant = [
            Meant(one, row.said.get("version", known[one].version))
            for row in alike
            if (one := _about(row)) in known
        ]
        became |= await _said(session, meant, _deed(alike[0]), by)
    return [_effect(one, became.get(one), known) for one in ids]


def _is_so(row: Row, known: Mapping[UUID, Standing]) -> bool:
    deed, now = _deed(row), known.get(_about(row))
    return now is not None and now.is_so(deed.action, deed.to)


def _alike(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows by what they say: a verdict with its target and its grounds."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.said.get(key) for key in WHAT_IT_SAYS), []).append(row)
    return list(groups.values())


async def _said(
    session: AsyncSession, meant: Sequence[Meant], deed: Deed, by: Actor
) -> dict[UUID, Recorded | Refusal]:
    """What his role never says is refused for all of them."""
    try:
        return await take_each(session, meant, deed, by=by)
    except Refusal as refusal:
        return dict.fromkeys([one.id for one in meant], refusal)


def _effect(one: UUID, became: Recorded | Refusal | None, known: Mapping[UUID, Standing]) -> Effect:
    if one not in known:
        return Effect(Outcome.LEFT, refusal=told(ProposalNotFound()))
    if became is None:
        return Effect(Outcome.SAME)
    if isinstance(became, Refusal):
        return Effect(Outcome.LEFT, refusal=told(became))
    return Effect(Outcome.TAKEN, [{**subject(PROPOSALS, one), "version": became.version}])


# --- taking it back


async def undo(session: AsyncSession, effects: Sequence[Effect], by: Actor) -> Sequence[Effect]:
    """Verdicts that still are the last word, in the version in which the file left them."""
    subjects = [effect.subjects[0] for effect in effects]
    meant = [Meant(UUID(each["id"]), each["version"]) for each in subjects]
    became = await _said(session, meant, Deed(ProposalAction.UNDO, NOTE), by)
    return [_undone(effect, became[one.id]) for effect, one in zip(effects, meant, strict=True)]


def _undone(effect: Effect, became: Recorded | Refusal) -> Effect:
    if isinstance(became, Refusal):
        return replace(effect, outcome=Outcome.KEPT, refusal=told(became))
    return replace(effect, outcome=Outcome.UNDONE)


VERIFICATION_FILE = Importer(
    judge=judge,
    take=take,
    undo=undo,
    located=False,
    at_once=500,
    # A file that is sent again with its rows mended says again what was said: that is no mistake.
    doubles=frozenset({"row_repeated"}),
)
