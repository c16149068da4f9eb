"""The workbook of NIKs as a village sends it back, a case of the clinic in each row.

What is repaired takes the road of a click in the clinic. Who is not there any more is taken out:
of a draft at once, of the registry by a proposal that is drafted, for the village to complete.
Whoever has moved gets a departure: he stays who he is, with his DTKS id. No row says on which day,
or where to; the draft is not submitted without.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.households import move_record
from app.commands.import_kinds.base import HELD, Found, Importer, Subjects, alone, subject
from app.commands.import_kinds.undoing import NOTE, undo_by, withdraw
from app.commands.nik_repairs import propose_all, repair_case
from app.commands.proposals import draft
from app.db import households, members, moves, nik_cases, nik_workbooks, niks, proposals
from app.db.import_rows import Effect, Row, Unit
from app.db.tables.imports import Import
from app.db.tables.registry import Member
from app.domain.actors import Actor
from app.domain.errors import Language, Refusal, Said
from app.domain.households import MEMBERS, RecordAction, RecordState
from app.domain.imports.choices import folded
from app.domain.imports.columns import ImportKind
from app.domain.imports.layouts import LAYOUTS
from app.domain.imports.nik_corrections import MOVED, REPAIRED, UNFINISHED
from app.domain.imports.papers import dtks_id_in, evidence_in
from app.domain.imports.problems import Problem
from app.domain.imports.workflow import Outcome
from app.domain.moves import Direction
from app.domain.nik_cases import NIK_CASES, UNSETTLED, Corrections, EditedInPlace
from app.domain.nik_rows import row_of
from app.domain.proposals import PROPOSALS, ProposalKind
from app.domain.reasons import reasons
from app.domain.workflow import Ground

LAYOUT = LAYOUTS[ImportKind.NIK_CORRECTIONS]
COMPARED = [each.key for each in LAYOUT.columns if each.protected]
UNKNOWN = Said(
    id="Tidak ada kasus dengan id ini di wilayah Anda. Mungkin idnya berubah, atau orangnya sudah "
    "pindah; unduh buku kerja yang baru.",
    en="There is no case by this id in your region. It may have been changed, or the person has "
    "moved; download a new workbook.",
)
SETTLED = Said(
    id="Kasus ini sudah selesai. Baris ini hanya dikerjakan bila masih ada yang berbeda.",
    en="This case is settled. The row is taken only if something of it still differs.",
)
OTHERWISE = Said(
    id="Kolom ini dilindungi dan isinya berbeda dari yang tercatat, jadi diabaikan. Tulis yang "
    "benar pada kolom O sampai R.",
    en="This column is protected and differs from the record, so it is ignored. Write what is "
    "right in columns O to R.",
)
GOES = Said(
    id="Dari baris ini dibuat draf penghapusan. Isi tanggal kejadiannya di draf itu; berkas ini "
    "tidak memuatnya.",
    en="A removal is drafted of this row. Give the day it happened in that draft; the file has "
    "none.",
)
DEPARTS = Said(
    id="Dari baris ini dibuat draf pindah. Isi desa/kelurahan tujuan dan tanggalnya di draf itu. "
    "Bila tujuannya tidak diketahui, tarik draf itu dan ajukan penghapusan.",
    en="A move is drafted of this row. Give the village of arrival and the day in that draft. If "
    "nobody knows where to, withdraw it and propose a removal.",
)
Case = Mapping[str, Any]


async def judge(session: AsyncSession, units: Sequence[Unit], by: Actor) -> Found:
    rows = [row for unit in units for row in unit.rows if not row.bad]
    cases = await nik_workbooks.named(session, [*map(_case, rows)], within=by.region)
    wanted = {
        UUID(cases[_case(row)]["member_id"]): row.said["nik"]
        for row in rows
        if "nik" in row.said and _case(row) in cases
    }
    held = await niks.held_if(session, wanted)
    found = {row.n: [*_problems(row, cases.get(_case(row)), held)] for row in rows}
    return {n: problems for n, problems in found.items() if problems}


def _case(row: Row) -> UUID:
    return UUID(row.said["case_id"])


def _problems(row: Row, case: Case | None, held: set[UUID]) -> Iterator[Problem]:
    if case is None:
        yield Problem("case_id", "case_unknown", UNKNOWN)
        return
    if case["state"] not in UNSETTLED:
        yield Problem("case_id", "case_settled", SETTLED, severity="warning")
        return
    yield from _drafts(row, case)
    if "nik" in row.said and UUID(case["member_id"]) in held:
        yield Problem("nik", "nik_held_elsewhere", HELD)
    printed = row_of(case, Language.INDONESIAN)
    for key in COMPARED:
        if key in row.said and folded(row.said[key]) != folded(printed[key] or ""):
            yield Problem(key, "protected_changed", OTHERWISE, severity="warning")


def _drafts(row: Row, case: Case) -> Iterator[Problem]:
    """What the draft that is made of it will still want."""
    outcome = row.said.get("outcome", UNFINISHED)
    if case["member_state"] == RecordState.REGISTERED and outcome not in {REPAIRED, UNFINISHED}:
        said = DEPARTS if outcome == MOVED else GOES
        yield Problem("outcome", "draft_to_complete", said, severity="warning")


# --- carrying it out


async def take(
    session: AsyncSession, _: Import, units: Sequence[Unit], by: Actor
) -> Sequence[Effect]:
    drafted = await _drafted(session, [unit.rows[0] for unit in units], by)
    return [
        Effect(Outcome.TAKEN, [subject(PROPOSALS, drafted[_case(row)])])
        if _case(row) in drafted
        else await alone(session, _done(session, row, by))
        for row in (unit.rows[0] for unit in units)
    ]


async def _drafted(session: AsyncSession, rows: Sequence[Row], by: Actor) -> dict[UUID, UUID]:
    """The proposals that are drafted at once; where somebody comes in between, each by itself."""
    wanted = {_case(row): _said(row) for row in rows if row.said.get("outcome") == REPAIRED}
    try:
        async with session.begin_nested():
            return await propose_all(session, wanted, by=by)
    except Refusal:
        return {}


async def _done(session: AsyncSession, row: Row, by: Actor) -> Subjects:
    outcome = row.said.get("outcome", UNFINISHED)
    if outcome == UNFINISHED:
        return []
    if outcome == REPAIRED:
        return await _repaired(session, row, by)
    return await _taken_out(session, row, by)


async def _repaired(session: AsyncSession, row: Row, by: Actor) -> Subjects:
    done = await repair_case(session, _case(row), _said(row), by=by)
    if not done.changed:
        return []
    edited = [] if done.proposal_ids else [subject(NIK_CASES, _case(row))]
    for each in done.proposal_ids:
        proposal = await proposals.find(session, each, within=by.region)
        if proposal.version > 1:  # it was there before
            edited = [subject(NIK_CASES, _case(row))]
    return [*(subject(PROPOSALS, each) for each in done.proposal_ids), *edited]


def _said(row: Row) -> Corrections:
    said, note = row.said, row.said.get("note")
    born = said.get("birth_date")
    return Corrections(
        nik=said.get("nik"),
        card_number=said.get("card_number"),
        name=said.get("name"),
        birth_date=date.fromisoformat(born) if born else None,
        note=note,
        evidence=(evidence_in(note),) if note else (),
    )


async def _taken_out(session: AsyncSession, row: Row, by: Actor) -> Subjects:
    case = await nik_cases.find(session, _case(row), within=by.region, by=by)
    member = await members.find(session, case.member_id, within=by.region)
    if member.state is RecordState.INACTIVE:
        return []
    if member.state is RecordState.PROPOSED:
        return await _removed(session, member, row, by)
    household = await households.hold_around(session, member, within=by.region)
    if await _is_leaving(session, member, by):
        return []
    values = _departure(member, row) if row.said["outcome"] == MOVED else _removal(member, row)
    return [subject(PROPOSALS, (await draft(session, household, values, by=by)).id)]


async def _is_leaving(session: AsyncSession, member: Member, by: Actor) -> bool:
    """By a draft of this file, as it was sent before, or by one of somebody else."""
    home, about, kind = member.household_id, {"member_id": member.id}, ProposalKind.REMOVAL
    going = await proposals.correction_of(session, home, about, within=by.region, kind=kind)
    return bool(going or await moves.departure_of(session, home, member.id, within=by.region))


def _departure(member: Member, row: Row) -> dict[str, Any]:
    asks = {"direction": Direction.DEPARTURE.value, "member_ids": [str(member.id)], **_said_of(row)}
    return {"kind": ProposalKind.MOVE, "asks": asks}


def _removal(member: Member, row: Row) -> dict[str, Any]:
    """Its outcomes are codes of the list of reasons."""
    reason, note = row.said["outcome"], row.said.get("note", "")
    asks = {"reason": reason, **_said_of(row)}
    if reasons()[reason].requires == "other_record" and (other := dtks_id_in(note)):
        asks["other_record"] = other
    return {"kind": ProposalKind.REMOVAL, "member_id": member.id, "asks": asks}


def _said_of(row: Row) -> dict[str, Any]:
    note = row.said.get("note")
    return {"note": note, "evidence": [evidence_in(note)]} if note else {}


async def _removed(session: AsyncSession, member: Member, row: Row, by: Actor) -> Subjects:
    """Who is only drafted is taken out of the draft, and may be brought back into it."""
    why = row.said.get("note") or reasons()[row.said["outcome"]].label_id
    action, grounds = RecordAction.REMOVE, {Ground.NOTE: why}
    version = member.version
    await move_record(session, MEMBERS, member, action, by=by, version=version, grounds=grounds)
    return [subject(MEMBERS, member.id)]


# --- taking it back


async def _bring_back(session: AsyncSession, member_id: UUID, by: Actor) -> None:
    member = await members.find(session, member_id, within=by.region)
    action, version = RecordAction.RESTORE, member.version
    await move_record(session, MEMBERS, member, action, by=by, version=version, grounds=NOTE)


async def _stays(_: AsyncSession, __: UUID, ___: Actor) -> None:
    raise EditedInPlace


CORRECTIONS_FILE = Importer(
    judge=judge,
    take=take,
    undo=undo_by(
        {PROPOSALS.name: withdraw, MEMBERS.name: _bring_back, NIK_CASES.name: _stays},
    ),
    located=False,
)
