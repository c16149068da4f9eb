"""A new family (usulan DTKS baru): a drafted household and everybody in it is registered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.base import Follows, Kind
from app.db import households, niks, proposals, surveys
from app.db.audit import record
from app.db.tables.base import now
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Family, Household, Member
from app.db.tables.surveys import Survey
from app.domain import new_families
from app.domain.actors import Actor
from app.domain.dtks_ids import DtksKind, dtks_id
from app.domain.errors import Conflict, Fault, Refusal, Said
from app.domain.households import FAMILIES, HOUSEHOLDS, MEMBERS, RecordAction

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

    def __init__(
        self,
        household: Household,
        families: Sequence[Family],
        members: Sequence[Member],
        survey: Survey | None = None,
    ) -> None:
        self.household = household
        self.families = families
        self.members = members
        self.survey = survey
        self.member_ids = [member.id for member in members]

    def complete(self) -> None:
        """Refuse with everything that is wanting, or say nothing."""
        new_families.complete(self.household, self.families, self.members, self.survey)

    def content(self) -> dict[str, Any]:
        """A copy of what is proposed, as it is now, and of what is unusual about it."""
        doubts = new_families.doubts(self.household, self.families, self.members, self.survey)
        return {
            "household": _copy(self.household, FROZEN),
            "families": [_copy(family, FROZEN) for family in self.families],
            "members": [_copy(member, FROZEN_OF_A_PERSON) for member in self.members],
            "survey": _copy(self.survey, FROZEN_OF_A_SURVEY) if self.survey else None,
            "doubts": [
                {"rule": doubt.code, "pointer": doubt.pointer, "form_ref": doubt.words["form_ref"]}
                for doubt in doubts
            ],
        }


def _copy(row: Any, columns: Sequence[str]) -> dict[str, Any]:  # noqa: ANN401
    return {k: v for k, v in row.model_dump(mode="json").items() if k in columns}


async def _dossier(session: AsyncSession, proposal: Proposal, by: Actor) -> Dossier:
    household = await households.find(session, proposal.household_id, within=by.region, hold=True)
    families, members = await proposals.people_of(session, proposal, within=by.region)
    survey = await surveys.current_of(session, household, within=by.region)
    return Dossier(household, families, members, survey)


async def _each(
    session: AsyncSession,
    about: Sequence[Proposal],
    by: Actor,
    one: Callable[[AsyncSession, Dossier, Actor], Awaitable[Mapping[str, object]]],
) -> Follows:
    """One after the other: what is wanting in one keeps no other from going on."""
    follows: Follows = {}
    for each in about:
        try:
            follows[each.id] = await one(session, await _dossier(session, each, by), by)
        except Refusal as refusal:
            follows[each.id] = refusal
    return follows


async def _submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    return await _each(session, about, by, _freeze)


async def _freeze(session: AsyncSession, dossier: Dossier, by: Actor) -> Mapping[str, object]:
    """Freeze a copy of what is complete, and claim its NIKs."""
    dossier.complete()
    await _claim(session, dossier, by)
    return {"content": dossier.content(), "submitted_by": by.id, "submitted_at": now()}


async def _claim(session: AsyncSession, dossier: Dossier, _: Actor) -> Mapping[str, object]:
    await niks.release(session, dossier.member_ids)
    held = await niks.claim(session, dossier.member_ids)
    if held:
        await niks.release(session, dossier.member_ids)
        faults = [
            Fault(f"/members/{m}/nik", "nik_held", HELD) for m in dossier.member_ids if m in held
        ]
        raise NikHeldElsewhere(faults)
    return {}


async def _ended(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Whoever is not registered holds no NIK."""
    return await _each(session, about, by, _release)


async def _release(session: AsyncSession, dossier: Dossier, _: Actor) -> Mapping[str, object]:
    await niks.release(session, dossier.member_ids)
    return {}


async def _determined(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    return await _each(session, about, by, _register)


async def _register(session: AsyncSession, dossier: Dossier, by: Actor) -> Mapping[str, object]:
    """The household, its families and its members are registered, with their DTKS ids."""
    count = 1 + len(dossier.members)
    first, *others = await session.scalar(NUMBERS, {"count": count})
    household, act = dossier.household, RecordAction.REGISTER
    given = {"dtks_id": dtks_id(DtksKind.HOUSEHOLD, first)}
    await record(session, household, HOUSEHOLDS.step(household.state, act, by=by), changes=given)
    for family in dossier.families:
        await record(session, family, FAMILIES.step(family.state, act, by=by))
    for member, number in zip(dossier.members, others, strict=True):
        given = {"dtks_id": dtks_id(DtksKind.MEMBER, number)}
        await record(session, member, MEMBERS.step(member.state, act, by=by), changes=given)
    return {}


async def _reopened(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
    """Claim again what was let go; somebody may have taken it meanwhile."""
    return await _each(session, about, by, _claim)


NEW_FAMILY = Kind(
    drafted=_drafted,
    submitted=_submitted,
    determined=_determined,
    reopened=_reopened,
    ended=_ended,
)
