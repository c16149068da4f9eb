"""Proposals by the operators' template, a family card at a time: drafts that say what is missing.

Nobody of the card on record: a drafted household with all of them, and a new family. Some of them:
new members of that household. All of them: a programme for who is in, and nothing where none is
asked for. A later file adds to what is there; it overwrites nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import proposals
from app.commands.households import enter_family, enter_household, enter_member
from app.commands.import_kinds.base import HELD, Found, Importer, Subjects, alone, subject
from app.commands.import_kinds.undoing import undo
from app.db import households, import_rows, people_found, regions
from app.db.import_rows import Effect, Row, Unit
from app.db.people_found import OnRecord
from app.db.sessions import reading_in
from app.db.tables.base import new_id
from app.db.tables.imports import Import
from app.db.tables.registry import Household
from app.domain.actors import Actor
from app.domain.errors import Said
from app.domain.households import HOUSEHOLDS, MEMBERS, RecordState
from app.domain.imports.columns import ImportKind
from app.domain.imports.layouts import LAYOUTS, placed
from app.domain.imports.problems import Problem
from app.domain.imports.proposals import NOT_ASKED_FOR
from app.domain.niks import KnownRegions
from app.domain.programmes import Unit as ProgrammeUnit
from app.domain.programmes import programmes
from app.domain.proposals import PROPOSALS, ProposalKind

ON_RECORD = Said(
    id="Orang ini sudah tercatat di wilayah Anda, dan tidak ada program yang diminta. Tidak ada "
    "yang diubah; untuk memperbaiki datanya, ajukan perbaikan.",
    en="This person is on record in your region, and no programme is asked for. Nothing is "
    "changed; to mend the record, propose a correction.",
)
DRAFTED = Said(
    id="Orang ini sudah ada dalam draf di wilayah Anda. Lanjutkan draf itu; baris ini tidak "
    "mengubahnya.",
    en="This person is in a draft of your region. Go on with that; this row does not change it.",
)
LATER = Said(
    id="Program {programme} baru dapat diusulkan setelah keluarga ini terdaftar. Sekarang dibuat "
    "draf keluarga baru.",
    en="{programme} can be proposed once this family is registered. What is made now is the draft "
    "of a new family.",
)
SPREAD = Said(
    id="Anggota KK ini tercatat di beberapa rumah tangga. Usulkan orang demi orang.",
    en="The people of this card are on record in several households. Propose them one by one.",
)

Known = Mapping[str, OnRecord]  # by NIK


async def judge(session: AsyncSession, units: Sequence[Unit], by: Actor) -> Found:
    niks = _niks(units)
    known = await people_found.on_record(session, niks, within=by.region)
    held = await people_found.held_elsewhere(session, niks - known.keys())
    found: dict[int, list[Problem]] = {}
    for unit in units:
        for row in unit.rows:
            found[row.n] = list(_problems(row, known.get(_nik(row)), held))
        if len({known[_nik(row)].household_id for row in unit.rows if _nik(row) in known}) > 1:
            found[unit.rows[0].n].append(Problem("card_number", "several_households", SPREAD))
    return {n: problems for n, problems in found.items() if problems}


def _nik(row: Row) -> str:
    return str(row.said.get("nik", ""))


def _niks(units: Sequence[Unit]) -> set[str]:
    return {_nik(row) for unit in units for row in unit.rows} - {""}


def _problems(row: Row, person: OnRecord | None, held: set[str]) -> Iterator[Problem]:
    programme = row.said.get("programme", NOT_ASKED_FOR)
    if person is None and _nik(row) in held:
        yield Problem("nik", "nik_held_elsewhere", HELD)
    elif person is None and programme != NOT_ASKED_FOR:
        words = {"programme": programme}
        yield Problem("programme", "programme_later", LATER, words, "warning")
    elif person is not None and person.state != RecordState.REGISTERED:
        yield Problem("nik", "on_record", DRAFTED, severity="warning")
    elif person is not None and programme == NOT_ASKED_FOR:
        yield Problem("nik", "on_record", ON_RECORD, severity="warning")


# --- carrying it out


async def take(
    session: AsyncSession, _: Import, units: Sequence[Unit], by: Actor
) -> Sequence[Effect]:
    await import_rows.take_turns(session, units)
    known = await people_found.on_record(session, _niks(units), within=by.region)
    desk = _Desk(session, by, await regions.known_regions(await reading_in(session)))
    return [await alone(session, _card(desk, unit, known)) for unit in units]


@dataclass(frozen=True)
class _Desk:
    """Whose work it is, and what is needed for it."""

    session: AsyncSession
    by: Actor
    regions: KnownRegions

    async def household(self, household_id: UUID) -> Household:
        return await households.find(self.session, household_id, within=self.by.region, hold=True)

    async def proposes(self, household: Household, **asked: Any) -> dict[str, str]:  # noqa: ANN401
        values = {"asks": {}, **asked}
        proposal = await proposals.draft(self.session, household, values, by=self.by)
        return subject(PROPOSALS, proposal.id)

    async def enters(self, household: Household, row: Row, **more: object) -> UUID:
        said = {k: v for k, v in _placed(row, "member").items() if not k.startswith("nik_")}
        values = {**said, **more, "id": new_id(), "birth_date": _day(said.get("birth_date"))}
        member = await enter_member(self.session, household, values, by=self.by, known=self.regions)
        return member.id


async def _card(desk: _Desk, unit: Unit, known: Known) -> Subjects:
    newcomers = _once([row for row in unit.rows if _nik(row) not in known])
    there = [row for row in unit.rows if _nik(row) in known]
    if not there:
        return await _new_family(desk, newcomers)
    beside = known[_nik(there[0])]
    added = [each for row in newcomers for each in await _new_member(desk, row, beside)]
    asked = [each for row in there for each in await _programme(desk, row, known[_nik(row)])]
    return [*added, *asked]


def _once(rows: Sequence[Row]) -> list[Row]:
    """Who asks for several programmes stands in several rows."""
    return list({_nik(row): row for row in rows}.values())


def _placed(row: Row, where: str) -> dict[str, Any]:
    values: dict[str, Any] = placed(LAYOUTS[ImportKind.PROPOSALS], row.said).get(where, {})
    return values


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None


async def _new_family(desk: _Desk, rows: Sequence[Row]) -> Subjects:
    first = rows[0]
    values = {"id": new_id(), "scope_code": first.village, **_placed(first, "household")}
    household = await enter_household(desk.session, values, by=desk.by)
    card = {"number": 1, **_placed(first, "family")}
    family = await enter_family(desk.session, household, card, by=desk.by)
    for number, row in enumerate(rows, 1):
        await desk.enters(household, row, number=number, family_id=family.id)
    proposal = await desk.proposes(household, kind=ProposalKind.NEW_FAMILY)
    return [subject(HOUSEHOLDS, household.id), proposal]


async def _new_member(desk: _Desk, row: Row, beside: OnRecord) -> Subjects:
    """Into the household where the others of his card are; a draft takes him in as it is."""
    household = await desk.household(beside.household_id)
    number = await people_found.next_number(desk.session, household.id)
    member_id = await desk.enters(household, row, number=number, family_id=beside.family_id)
    entered = subject(MEMBERS, member_id)
    if beside.state != RecordState.REGISTERED:
        return [entered]
    kind = ProposalKind.NEW_MEMBER
    return [entered, await desk.proposes(household, kind=kind, member_id=member_id)]


async def _programme(desk: _Desk, row: Row, person: OnRecord) -> Subjects:
    """Family programmes are for the card, paid to whom the row names; the others for him."""
    code = row.said.get("programme", NOT_ASKED_FOR)
    if code == NOT_ASKED_FOR or person.state != RecordState.REGISTERED:
        return []
    household = await desk.household(person.household_id)
    is_of_family = programmes()[code].unit is ProgrammeUnit.FAMILY
    whose = {"family_id": person.family_id} if is_of_family else {"member_id": person.id}
    asks = {"programme": code, **({"payee_id": str(person.id)} if is_of_family else {})}
    return [await desk.proposes(household, kind=ProposalKind.PROGRAMME, asks=asks, **whose)]


PROPOSALS_FILE = Importer(judge=judge, take=take, undo=undo)
