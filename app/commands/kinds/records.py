"""Proposals about registered records: what all of them have in common.

The rules of a kind make a plan of what they find (`app.domain.records`). At submission the plan is
told as now against proposed, frozen and claimed; at determination it is made again, of what there
is by then, and carried out only if what was frozen as "now" still holds. Any number of proposals
takes a constant number of statements; two about one household follow one another.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.base import Follows, Kind, let_go
from app.commands.kinds.effects import TABLE_OF, carry_out, nik_wishes
from app.commands.kinds.new_families import HELD, NikHeldElsewhere
from app.db import claims, families, members, niks, regions
from app.db import records as kept
from app.db.audit import outdated
from app.db.claims import Claim
from app.db.families import FamilyNotFound
from app.db.members import MemberNotFound
from app.db.tables.base import now
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Household
from app.domain import asks, evidence
from app.domain.actors import Actor
from app.domain.errors import Fault, Refusal
from app.domain.new_families import NotYetComplete
from app.domain.niks import without_white_space
from app.domain.reasons import Scope
from app.domain.records import (
    DECIDES_NIK,
    About,
    Home,
    NotRegistered,
    Plan,
    Planner,
    Record,
    concerned,
    present,
    sides,
)

Abouts = dict[UUID, About]
ABOUT = ("reason", "effective_on", "other_record", "other_person", "note", "evidence", "relations")


@dataclass(frozen=True)
class Rules:
    """`opens` refuses what the kind is not for; `told` says more than what changes."""

    plan: Planner
    opens: Callable[[About], None]
    surveyed: bool = False
    told: Callable[[About], Mapping[str, Any]] | None = None


def scope_of(proposal: Proposal) -> Scope:
    if proposal.member_id is not None:
        return Scope.PERSON
    return Scope.HOUSEHOLD if proposal.family_id is None else Scope.FAMILY


def kind_of(rules: Rules) -> Kind:
    """The four functions of a kind, by its rules."""

    async def drafted(
        session: AsyncSession, household: Household, proposal: Proposal, by: Actor
    ) -> None:
        record = await _subject(session, household, proposal, by)
        home = Home(household, (), ())
        rules.opens(_about(proposal, home, record))
        proposal.base_version = proposal.base_version or record.version

    async def submitted(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
        return await _submit(session, rules, about, by)

    async def determined(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
        follows: Follows = {}
        for wave in waves(about):
            follows |= await _determine(session, rules, wave, by)
        done = [each for each in about if not isinstance(follows[each.id], Refusal)]
        await claims.release(session, done)
        return follows

    async def reopened(session: AsyncSession, about: Sequence[Proposal], by: Actor) -> Follows:
        found = await _abouts(session, rules, about, by)
        gone = _gone(found)
        contents = {each.id: each.content or {} for each in about if each.id not in gone}
        follows: Follows = {each.id: {} for each in about}
        return follows | gone | await _claimed(session, about, found, contents)

    return Kind(drafted, submitted, determined, reopened, let_go)


async def _subject(
    session: AsyncSession, household: Household, proposal: Proposal, by: Actor
) -> Record:
    """The record that is meant; one of another household is not found."""
    if proposal.member_id is not None:
        member = await members.find(session, proposal.member_id, within=by.region)
        if member.household_id != household.id:
            raise MemberNotFound
        return member
    if proposal.family_id is not None:
        family = await families.find(session, proposal.family_id, within=by.region)
        if family.household_id != household.id:
            raise FamilyNotFound
        return family
    return household


def _about(proposal: Proposal, home: Home, record: Record) -> About:
    return About(proposal.id, proposal.kind, scope_of(proposal), home, record, proposal.asks)


async def _abouts(
    session: AsyncSession, rules: Rules, proposals: Sequence[Proposal], by: Actor
) -> Abouts:
    """What each of them is about, as it is now."""
    ids = {each.household_id for each in proposals}
    homes = await kept.homes(session, ids, within=by.region, surveyed=rules.surveyed)
    found: Abouts = {}
    for each in proposals:
        home, scope = homes[each.household_id], scope_of(each)
        record = home.find(scope, each.member_id or each.family_id or each.household_id)
        found[each.id] = replace(_about(each, home, record), survey=home.survey)
    known = await regions.known_in(session, _provinces(found.values()))
    return {each: replace(about, known=known) for each, about in found.items()}


def _gone(abouts: Abouts) -> dict[UUID, Refusal]:
    """Whose subject has left the household since: it lives in another one now."""
    return {each: NotRegistered(kind=a.kind) for each, a in abouts.items() if a.record is None}


def _provinces(abouts: Iterable[About]) -> set[str]:
    """Of the NIKs that are looked at anew: only their regions have to be known."""
    niks_asked = set()
    for about in abouts:
        changes = about.asks.get("changes") or {}
        is_person = about.scope is Scope.PERSON and about.record is not None
        if is_person and DECIDES_NIK & changes.keys():
            niks_asked |= {about.record.nik, changes.get("nik")}
    return {without_white_space(nik)[:2] for nik in niks_asked if nik}


def waves(proposals: Sequence[Proposal]) -> list[list[Proposal]]:
    """The first about each household, then the second about each, and so on."""
    found: list[list[Proposal]] = []
    met: dict[UUID, int] = {}
    for each in proposals:
        number = met[each.household_id] = met.get(each.household_id, -1) + 1
        if number == len(found):
            found.append([])
        found[number].append(each)
    return found


# --- submission


async def _submit(
    session: AsyncSession, rules: Rules, proposals: Sequence[Proposal], by: Actor
) -> Follows:
    abouts = await _abouts(session, rules, proposals, by)
    refused: Follows = {**_gone(abouts)}
    there_still = [each for each in proposals if each.id not in refused]
    refused |= await _out_of_date(session, there_still, abouts)
    there = await documents_of(session, proposals, by)
    plans: dict[UUID, Plan] = {}
    for each in [p for p in proposals if p.id not in refused]:
        try:
            plans[each.id] = _whole(rules, abouts[each.id], there[each.id])
        except Refusal as refusal:
            refused[each.id] = refusal
    refused |= await _held(session, abouts, plans)
    contents = {
        each: _content(rules, abouts[each], plan)
        for each, plan in plans.items()
        if each not in refused
    }
    refused |= await _claimed(session, proposals, abouts, contents)
    frozen = {"submitted_by": by.id, "submitted_at": now()}
    return {each: {"content": said, **frozen} for each, said in contents.items()} | refused


async def _out_of_date(
    session: AsyncSession, proposals: Sequence[Proposal], abouts: Abouts
) -> dict[UUID, Refusal]:
    """Whose subject is no longer as it was when the proposal was drawn up."""
    refused: dict[UUID, Refusal] = {}
    meant = [(abouts[p.id], p) for p in proposals if p.base_version is not None]
    for scope, table in TABLE_OF.items():
        here = [(about.record, p) for about, p in meant if about.scope is scope]
        changed = await outdated(session, table, [(r, p.base_version or 0) for r, p in here])
        refused |= {p.id: asks.StaleBase(changed[r.id].faults) for r, p in here if r.id in changed}
    return refused


async def documents_of(
    session: AsyncSession, proposals: Sequence[Proposal], by: Actor
) -> dict[UUID, set[str]]:
    """The documents that each of them names and that its village has."""
    named = {each.id: evidence.documents_in(each.asks) for each in proposals}
    wanted = {UUID(document) for each in named.values() for document in each}
    there = await kept.documents(session, wanted, within=by.region) if wanted else set()
    return {
        p.id: {each for each in named[p.id] if (UUID(each), p.scope_code) in there}
        for p in proposals
    }


def _whole(rules: Rules, about: About, documents: set[str]) -> Plan:
    """The plan, or a refusal with all that is wanting."""
    rules.opens(about)
    plan, faults = rules.plan(about)
    faults = [*faults, *evidence.unknown(about.asks, documents)]
    if faults:
        raise NotYetComplete(faults)
    return plan


def _content(rules: Rules, about: About, plan: Plan) -> dict[str, Any]:
    before, after = sides(about, plan)
    if rules.told is not None:
        after = {**after, **rules.told(about)}
    household = about.home.household
    subject = {
        "scope": str(about.scope),
        "id": str(about.record.id),
        "household_dtks_id": household.dtks_id,
        "dtks_id": getattr(about.record, "dtks_id", None),
        "name": getattr(about.record, "name", None),
    }
    grounds = {name: about.asks[name] for name in ABOUT if name in about.asks}
    return {"subject": subject, "now": before, "proposed": after, **grounds}


async def _held(
    session: AsyncSession, abouts: Abouts, plans: Mapping[UUID, Plan]
) -> dict[UUID, Refusal]:
    """Whose NIK somebody else has: here, or in a proposal of the same lot."""
    wishes = {each: nik_wishes(abouts[each].home, plan) for each, plan in plans.items()}
    wanted = {member: nik for wish in wishes.values() for member, nik in wish.items()}
    lost = await niks.held_if(session, wanted) if wanted else set()
    holder: dict[str, UUID] = {}
    for member, nik in wanted.items():
        if holder.setdefault(nik, member) != member:
            lost.add(member)
    return {
        each: NikHeldElsewhere(
            Fault(f"/members/{member}/nik", "nik_held", HELD) for member in wish if member in lost
        )
        for each, wish in wishes.items()
        if lost & wish.keys()
    }


async def _claimed(
    session: AsyncSession,
    proposals: Sequence[Proposal],
    abouts: Abouts,
    contents: Mapping[UUID, Mapping[str, Any]],
) -> dict[UUID, Refusal]:
    """Lay claim to what would change; whoever wants what another has, is told by whom."""
    wanted = [
        Claim(subject, field, each)
        for each in proposals
        if each.id in contents
        for subject, field in concerned(abouts[each.id], contents[each.id]["proposed"])
    ]
    faults: dict[UUID, list[Fault]] = {}
    for taken in await claims.lay(session, wanted):
        other = (taken.other_id, taken.other_kind, taken.other_state)
        fault = asks.taken(taken.claim.field, *other)
        faults.setdefault(taken.claim.proposal.id, []).append(fault)
    return {each: asks.AskedAlready(found) for each, found in faults.items()}


# --- determination


async def _determine(
    session: AsyncSession, rules: Rules, proposals: Sequence[Proposal], by: Actor
) -> Follows:
    abouts = await _abouts(session, rules, proposals, by)
    refused: Follows = {**_gone(abouts)}
    plans: dict[UUID, Plan] = {}
    for each in [p for p in proposals if p.id not in refused]:
        try:
            plans[each.id] = _as_frozen(rules, abouts[each.id], each.content or {})
        except Refusal as refusal:
            refused[each.id] = refusal
    refused |= await _held(session, abouts, plans)
    going = [(abouts[each].home, plan) for each, plan in plans.items() if each not in refused]
    await carry_out(session, going, by=by)
    return {each.id: {} for each in proposals} | refused


def _as_frozen(rules: Rules, about: About, content: Mapping[str, Any]) -> Plan:
    """The plan of today, where it starts from what was frozen."""
    rules.opens(about)
    changed = asks.stale(present(about, content["now"]), content["now"])
    if changed is not None:
        raise changed
    plan, faults = rules.plan(about)
    before, _ = sides(about, plan)
    changed = asks.stale(before, content["now"])
    if changed is not None:
        raise changed
    if faults:
        raise NotYetComplete(faults)
    return plan
