"""Files of BDT2015: every household becomes a draft, with what the file answers of the form.

What is missing stays so: birth dates, family cards, mothers' names. The draft says it, and is not
submitted before somebody has been there. Its sheet is of 2015, and says so until then.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import proposals
from app.commands.import_kinds.base import HELD, Found, Importer
from app.commands.nik_settling import settle
from app.commands.proposals import Deed, Meant
from app.db import households, import_bdt, people_found, policies
from app.db.audit import Move, record_all
from app.db.import_bdt import Record
from app.db.import_rows import Effect, Row, Unit
from app.db.refusals import told
from app.db.tables.base import new_id, now
from app.db.tables.imports import Import
from app.db.tables.registry import Household
from app.db.tables.surveys import Survey
from app.domain.actors import Actor
from app.domain.answer_trees import Answers, merged
from app.domain.errors import Conflict, Refusal, Said
from app.domain.households import FAMILIES, HOUSEHOLDS, MEMBERS, RecordAction
from app.domain.imports.bdt2015 import LAYOUT, WOMEN
from app.domain.imports.problems import Problem
from app.domain.imports.workflow import Outcome
from app.domain.niks import is_placeholder
from app.domain.proposals import PROPOSALS, ProposalAction, ProposalKind
from app.domain.questionnaire.codebooks import NEWEST
from app.domain.surveys import BDT2015_ON, SURVEYS, SurveyAction
from app.domain.workflow import Ground

ID = "bdt_household_id"
Values = Mapping[str, Any]
NOTE = {Ground.NOTE: "Impor dibatalkan."}

KNOWN = Said(
    id="Rumah tangga dengan ID BDT ini sudah tercatat di wilayah Anda. Baris ini tidak "
    "mengubahnya.",
    en="The household of this BDT id is on record in your region. This row does not change it.",
)
PERSON_KNOWN = Said(
    id="Orang dengan NIK ini sudah tercatat dalam rumah tangga lain di wilayah Anda. Perbaiki "
    "NIK-nya, atau hapus baris rumah tangga ini.",
    en="The person of this NIK is on record in another household of your region. Correct the NIK, "
    "or delete the rows of this household.",
)


class SomebodyWentOn(Conflict):
    """What came of the rows is somebody's work by now."""

    title = Said(id="Sudah dilanjutkan", en="Somebody has gone on with it")
    detail = Said(
        id="Data rumah tangga, survei, atau usulannya sudah diubah sesudah impor. Bila memang "
        "keliru, batalkan usulannya dan hapus drafnya satu per satu.",
        en="The household, its survey or its proposal was changed since. If it is wrong all the "
        "same, withdraw the proposal and remove the draft by hand.",
    )


async def judge(session: AsyncSession, units: Sequence[Unit], by: Actor) -> Found:
    there = await import_bdt.on_record(session, [unit.key for unit in units], within=by.region)
    new = [row for unit in units if unit.key not in there for row in unit.rows]
    said = (row.said.get("nik") for row in new)
    niks = {nik for nik in said if nik and not is_placeholder(nik)}
    known = await people_found.on_record(session, niks, within=by.region)
    held = await people_found.held_elsewhere(session, niks - known.keys())
    found = {row.n: problem for row in new if (problem := _of_person(row, known, held))}
    for row in chain.from_iterable(unit.rows for unit in units if unit.key in there):
        found[row.n] = Problem(ID, "on_record", KNOWN, severity="warning")
    return {n: [problem] for n, problem in found.items()}


def _of_person(row: Row, known: Collection[str], held: Collection[str]) -> Problem | None:
    if row.said.get("nik") in known:
        return Problem("nik", "on_record", PERSON_KNOWN)
    return Problem("nik", "nik_held_elsewhere", HELD) if row.said.get("nik") in held else None


# --- carrying it out


async def take(
    session: AsyncSession, _: Import, units: Sequence[Unit], by: Actor
) -> Sequence[Effect]:
    version = (await policies.in_force(session, by.region)).version
    drafts = [Draft(unit) for unit in units]
    entered = await _enter(session, drafts, by, version)
    return [_effect(draft, entered) for draft in drafts]


async def _enter(
    session: AsyncSession, drafts: Sequence["Draft"], by: Actor, policy: int
) -> Collection[UUID]:
    """The ids of those that came in. Rows are made while PostgreSQL is at those before."""
    entering = import_bdt.Entering(session, now())
    households_ = [draft.household(by) for draft in drafts]
    async with asyncio.TaskGroup() as at_work:
        coming = at_work.create_task(
            entering.rows("household", households_, HOUSEHOLDS.begin(by=by))
        )
        await asyncio.sleep(0)
        for draft in drafts:
            draft.look_at_people()
        entered = await coming
        mine = [draft for draft in drafts if draft.id in entered]
        for table, flow, of_each in _tables(by, policy):
            rows = [row for draft in mine for row in of_each(draft)]
            await coming
            coming = at_work.create_task(entering.rows(table, rows, flow.begin(by=by)))
            await asyncio.sleep(0)
    return entered


def _tables(by: Actor, policy: int) -> Iterable[tuple[str, Any, Callable[["Draft"], Any]]]:
    """What stands in a draft, in the order in which one needs the other."""
    yield "family", FAMILIES, Draft.families
    yield "member", MEMBERS, Draft.members
    yield "survey", SURVEYS, lambda draft: (draft.survey(by),)
    yield "proposal", PROPOSALS, lambda draft: (draft.proposal(by, policy),)


def _effect(draft: "Draft", entered: Collection[UUID]) -> Effect:
    if draft.id not in entered:
        return Effect(Outcome.SAME)
    came = ((HOUSEHOLDS, draft.id), (SURVEYS, draft.survey_id), (PROPOSALS, draft.proposal_id))
    return Effect(Outcome.TAKEN, [{"workflow": flow.name, "id": str(id_)} for flow, id_ in came])


@dataclass
class Draft:
    """One household of the file, as rows of its tables."""

    unit: Unit
    id: UUID = field(default_factory=new_id)
    survey_id: UUID = field(default_factory=new_id)
    proposal_id: UUID = field(default_factory=new_id)
    people: list[tuple[UUID, Values]] = field(default_factory=list)
    family_ids: dict[int, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = self.unit.rows[0]
        self.village, self.said = first.village, first.said

    def look_at_people(self) -> None:
        self.people = [(new_id(), row.said) for row in self.unit.rows]
        numbers: set[int] = {
            said["family_number"] for _, said in self.people if "family_number" in said
        }
        self.family_ids = {number: new_id() for number in sorted(numbers)}

    def household(self, by: Actor) -> Record:
        place = (self.said.get(name) for name in ("address", "rt", "rw"))
        return (self.id, self.village, by.id, self.unit.key, *place)

    def families(self) -> Iterable[Record]:
        return ((id_, self.village, self.id, number) for number, id_ in self.family_ids.items())

    def members(self) -> Iterable[Record]:
        for id_, said in self.people:
            family = self.family_ids.get(said.get("family_number", 0))
            codes = ",".join(said["nik_codes"])
            own = (codes if key == "nik_codes" else said.get(key) for key in OF_A_MEMBER)
            yield (id_, self.village, self.id, family, *own)

    def survey(self, by: Actor) -> Record:
        answers = to_json(self._answers()).decode()
        return (self.survey_id, self.village, by.id, self.id, NEWEST.version, BDT2015_ON, answers)

    def _answers(self) -> Answers:
        """Of the household by its first row, of each member by his own."""
        members = {str(id_): _of(said, ANSWERS["members"]) for id_, said in self.people}
        woman = _of(self.said, ANSWERS[WOMEN])
        answers = {section: _of(self.said, ANSWERS[section]) for section in SECTIONS}
        rosters = {WOMEN: [woman]} if woman else {}
        return merged(answers, {"members": members, "rosters": rosters})

    def proposal(self, by: Actor, policy: int) -> Record:
        kind = ProposalKind.NEW_FAMILY
        return (self.proposal_id, self.village, by.id, self.id, kind, policy)


def _answers_by_section() -> Mapping[str, Sequence[tuple[str, str]]]:
    """The columns that answer a question, with its name, by where the answers stand."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for column in LAYOUT.columns:
        if column.place[:1] == ("answers",):
            found[column.place[-2]].append((column.key, column.place[-1]))
    return found


def _columns_of_a_member() -> Sequence[str]:
    """The columns of the file in the order of those of the table, after its ids."""
    places = {column.place: column.key for column in LAYOUT.columns}
    places |= {place: key for key, place in LAYOUT.derived.items()}
    return [places["member", name] for name in import_bdt.COLUMNS["member"][4:]]


def _of(said: Values, columns: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {name: said[key] for key, name in columns if key in said}


ANSWERS = _answers_by_section()
SECTIONS = ("counts", "household", "participation")
OF_A_MEMBER = _columns_of_a_member()


# --- taking it back


async def undo(session: AsyncSession, effects: Sequence[Effect], by: Actor) -> Sequence[Effect]:
    """What nobody has gone on with; nobody can while it is held."""
    ids = [_ids(effect) for effect in effects]
    found = await households.hold(session, [id_ for id_, *_ in ids], within=by.region)
    gone_on = await import_bdt.gone_on(session, found, within=by.region)
    free = [each for each in ids if each[0] in found and each[0] not in gone_on]
    refused = await _withdraw(session, free, by)
    mine = [each for each in free if each[0] not in refused]
    await _discard(session, [survey for _, survey, _ in mine], by)
    await _remove(session, [found[household] for household, *_ in mine], by)
    undone = {household for household, *_ in mine}
    return [_undone(effect, undone, refused) for effect in effects]


def _ids(effect: Effect) -> tuple[UUID, UUID, UUID]:
    """Household, survey and proposal, as `_effect` has told them."""
    household, survey, proposal = (UUID(each["id"]) for each in effect.subjects)
    return household, survey, proposal


def _undone(effect: Effect, undone: Collection[UUID], refused: Mapping[UUID, Refusal]) -> Effect:
    household, *_ = _ids(effect)
    if household in undone:
        return Effect(Outcome.UNDONE, effect.subjects)
    return Effect(Outcome.KEPT, effect.subjects, told(refused.get(household, SomebodyWentOn())))


async def _withdraw(
    session: AsyncSession, ids: Sequence[tuple[UUID, UUID, UUID]], by: Actor
) -> dict[UUID, Refusal]:
    """The refusals that proposals met, by household."""
    meant = [Meant(proposal, 1) for *_, proposal in ids]
    deed = Deed(ProposalAction.WITHDRAW, NOTE)
    taken = await proposals.take_each(session, meant, deed, by=by)
    found = ((household, taken[proposal]) for household, _, proposal in ids)
    return {household: each for household, each in found if isinstance(each, Refusal)}


async def _discard(session: AsyncSession, ids: Sequence[UUID], by: Actor) -> None:
    moves = [
        Move(each, SURVEYS.step(each.state, SurveyAction.DISCARD, by=by, grounds=NOTE))
        for each in await import_bdt.surveys(session, ids, within=by.region)
    ]
    await record_all(session, Survey, moves)


async def _remove(session: AsyncSession, removed: Sequence[Household], by: Actor) -> None:
    moves = [
        Move(each, HOUSEHOLDS.step(each.state, RecordAction.REMOVE, by=by, grounds=NOTE))
        for each in removed
    ]
    await record_all(session, Household, moves)
    await settle(session, [each.id for each in removed], by=by)


BDT2015_FILE = Importer(judge=judge, take=take, undo=undo, at_once=8_000)
