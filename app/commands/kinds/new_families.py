"""A new family (usulan DTKS baru): a drafted household and everybody in it is registered."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.base import Follows, Kind
from app.db import niks, proposals, records
from app.db.audit import Move, record_all
from app.db.audit_rows import in_json
from app.db.tables.base import now
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Family, Household, Member
from app.domain import new_families
from app.domain.actors import Actor
from app.domain.dtks_ids import DtksKind, dtks_id
from app.domain.errors import Conflict, Fault, Refusal, Said
from app.domain.households import (
    FAMILIES,
    HOUSEHOLDS,
    MEMBERS,
    RecordAction,
    Records,
    RecordState,
)
from app.domain.moves import OFFER
from app.domain.records import Home

WORKFLOW_OF: dict[type[Household | Family | Member], Records] = {
    Household: HOUSEHOLDS,
    Family: FAMILIES,
    Member: MEMBERS,
}
DTKS_KIND_OF: dict[type, DtksKind] = {
    Household: DtksKind.HOUSEHOLD,
    Member: DtksKind.MEMBER,
}
NUMBERS = text("SELECT ARRAY(SELECT nextval('dtks_id') FROM generate_series(1, :count))")
FROZEN = (
    "id",
    "family_id",
    "number",
    "card_number",
    "address",
    "rt",
    "rw",
    "latitude",
    "longitude",
)
FROZEN_OF_A_PERSON = (
    *new_families.OF_A_PERSON,
    "id",
    "number",
    "nik_verdict",
    "nik_codes",
)
FROZEN_OF_A_SURVEY = (
    "id",
    "codebook",
    "surveyed_on",
    "enumerator_name",
    "respondent_name",
    "checked_on",
    "checker_name",
    "outcome",
    "answers",
)


class NikHeldElsewhere(Conflict):
    """Somebody is in the registry with this NIK already."""

    title = Said(
        id="NIK sudah dipakai orang yang tercatat", en="A NIK is held by somebody on record"
    )
    detail = Said(
        id="NIK berikut sudah tercatat. Bila orangnya pindah, ajukan perpindahan; bila salah "
        "ketik, perbaiki NIK-nya. Draf tetap tersimpan.",
        en="The NIK named below is on record already. If the person has moved, propose a move; "
        "if it was mistyped, correct it. The draft is kept.",
    )

    def __init__(self, faults: Iterable[Fault] = (), **words: object) -> None:
        super().__init__(faults, **words)
        self.members["offers"] = [OFFER]


HELD = Said(
    id="NIK ini sudah dipakai. Periksa KTP, atau ajukan perpindahan orang ini.",
    en="This NIK is in use. Check the identity card, or propose to move this person.",
)


async def _drafted(session: AsyncSession, household: Household, _: Proposal, by: Actor) -> None:
    """Only a draft that nobody has proposed."""
    facts = await proposals.facts_about(session, household)
    HOUSEHOLDS.step(household.state, RecordAction.AMEND, by=by, facts=facts)


class Dossier:
    """The household that a proposal speaks of, with everybody in it."""

    def __init__(self, home: Home) -> None:
        self.household = home.household
        self.families = [each for each in home.families if each.state != RecordState.INACTIVE]
        self.members = [each for each in home.members if each.state != RecordState.INACTIVE]
        self.survey = home.survey

    @cached_property
    def examined(self) -> new_families.Examined:
        return new_families.examined(self.household, self.families, self.members, self.survey)

    def complete(self) -> None:
        """Refuse with everything that is wanting, or say nothing."""
        self.examined.complete()

    def content(self) -> dict[str, Any]:
        """A copy of what is proposed, as it is now, and of what is unusual about it."""
        return {
            "household": _copy(self.household, FROZEN),
            "families": [_copy(family, FROZEN) for family in self.families],
            "members": [_copy(member, FROZEN_OF_A_PERSON) for member in self.members],
            "survey": _copy(self.survey, FROZEN_OF_A_SURVEY) if self.survey else None,
            "doubts": [
                {"rule": doubt.code, "pointer": doubt.pointer, "form_ref": doubt.words["form_ref"]}
                for doubt in self.examined.doubts
            ],
        }


Dossiers = dict[UUID, Dossier]  # by proposal


def _copy(row: Any, columns: Collection[str]) -> dict[str, Any]:  # noqa: ANN401
    return {name: in_json(value) for name, value in vars(row).items() if name in columns}


async def _dossiers(
    session: AsyncSession, about: Sequence[Proposal], by: Actor, *, surveyed: bool = False
) -> Dossiers:
    ids = {each.household_id for each in about}
    homes = await records.homes(session, ids, within=by.region, surveyed=surveyed)
    return {each.id: Dossier(homes[each.household_id]) for each in about}


async def _submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Freeze a copy of what is complete, and claim its NIKs."""
    dossiers = await _dossiers(session, about, by, surveyed=True)
    refused = _each(dossiers, Dossier.complete)
    whole = {each: dossier for each, dossier in dossiers.items() if each not in refused}
    refused |= await _claim(session, whole)
    return refused | {
        each: {"content": dossier.content(), "submitted_by": by.id, "submitted_at": now()}
        for each, dossier in whole.items()
        if each not in refused
    }


def _each(dossiers: Dossiers, check: Callable[[Dossier], object]) -> Follows:
    """Those that do not pass: what is wanting in one keeps no other from going on."""
    refused: Follows = {}
    for each, dossier in dossiers.items():
        try:
            check(dossier)
        except Refusal as refusal:
            refused[each] = refusal
    return refused


async def _claim(session: AsyncSession, dossiers: Dossiers) -> Follows:
    """Refuse whose NIKs somebody else has; they hold none then, of all their people."""
    ids = _people_in(dossiers.values())
    held = await niks.claim_anew(session, ids)
    lost = {
        each: dossier
        for each, dossier in dossiers.items()
        if any(member.id in held for member in dossier.members)
    }
    if lost:
        await niks.release(session, _people_in(lost.values()))
    return {
        each: NikHeldElsewhere(
            Fault(f"/members/{member.id}/nik", "nik_held", HELD)
            for member in dossier.members
            if member.id in held
        )
        for each, dossier in lost.items()
    }


def _people_in(dossiers: Iterable[Dossier]) -> list[UUID]:
    return [member.id for dossier in dossiers for member in dossier.members]


async def _ended(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Whoever is not registered holds no NIK."""
    dossiers = await _dossiers(session, about, by)
    await niks.release(session, _people_in(dossiers.values()))
    return {each.id: {} for each in about}


async def _determined(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Households, families and members are registered, with their DTKS ids."""
    homes = await records.homes(session, {p.household_id for p in about}, within=by.region)
    follows: Follows = {}
    moves: Registrations = defaultdict(list)
    for each in about:
        try:
            found = _registrations(homes[each.household_id], by=by)
        except Refusal as refusal:
            follows[each.id] = refusal
        else:
            follows[each.id] = {}
            for table, of_table in found.items():
                moves[table] += of_table
    await _register(session, moves)
    return follows


Registrations = dict[type[Household | Family | Member], list[Move]]


def _registrations(home: Home, *, by: Actor) -> Registrations:
    own: Mapping[type[Household | Family | Member], Sequence[Any]] = {
        Household: [home.household],
        Family: home.families,
        Member: home.members,
    }
    return {
        table: [
            Move(each, WORKFLOW_OF[table].step(each.state, RecordAction.REGISTER, by=by))
            for each in found
            if each.state is not RecordState.INACTIVE
        ]
        for table, found in own.items()
    }


async def _register(session: AsyncSession, moves: Registrations) -> None:
    count = sum(len(of_table) for table, of_table in moves.items() if table in DTKS_KIND_OF)
    numbers = iter(await session.scalar(NUMBERS, {"count": count}))
    for table, of_table in moves.items():
        kind = DTKS_KIND_OF.get(table)
        numbered = (
            [replace(move, changes={"dtks_id": dtks_id(kind, next(numbers))}) for move in of_table]
            if kind
            else of_table
        )
        await record_all(session, table, numbered)


async def _reopened(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Claim again what was let go; somebody may have taken it meanwhile."""
    refused = await _claim(session, await _dossiers(session, about, by))
    return {each.id: {} for each in about} | refused


NEW_FAMILY = Kind(
    drafted=_drafted,
    submitted=_submitted,
    determined=_determined,
    reopened=_reopened,
    ended=_ended,
)
