"""What has happened in the demo's Cilegon: who entered whom, who proposed, who decided what.

Every step is taken by the tables of the domain and noted as `app.db.audit.record` notes it, so
that states and audit agree. Nothing is stored here: `app.demo.seed` does that, all at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.commands.proposals import Dossier
from app.db.audit import Changes, Subject, compared, entry_of
from app.db.tables.accounts import Account, Assignment
from app.db.tables.audit import AuditEntry
from app.db.tables.base import now
from app.db.tables.proposals import Policy, Proposal
from app.db.tables.registry import Family, Household, Member
from app.demo import accounts as offices
from app.demo.accounts import CILEGON, OFFICES, Office
from app.demo.people import FamilySketch, HouseholdSketch, MemberSketch, households
from app.domain import new_families
from app.domain.actors import Actor, Role
from app.domain.calendar import today
from app.domain.channels import Channel
from app.domain.dtks_ids import DtksKind, dtks_id
from app.domain.households import FAMILIES, HOUSEHOLDS, MEMBERS, RecordAction
from app.domain.new_families import NotYetComplete
from app.domain.niks import KnownRegions, check
from app.domain.people import Sex
from app.domain.policies import POLICIES
from app.domain.proposals import (
    PROPOSALS,
    Attendance,
    Outcome,
    ProposalAction,
    ProposalKind,
    ProposalState,
)
from app.domain.regions import Region
from app.domain.workflow import Action, Fact, Ground, State, Step

SEED = 2026
HOUSEHOLDS_EACH = 20
IN_OFFICE_SINCE = datetime(2025, 12, 31, 17, tzinfo=UTC)  # midnight in Jakarta
SEX_CODES = {Sex.MALE: 1, Sex.FEMALE: 2}
A, G, S = ProposalAction, Ground, ProposalState


# --- The roads that proposals take


@dataclass(frozen=True)
class Move:
    """What the holder of an office does with a proposal that waits for him."""

    office: Office
    action: ProposalAction
    grounds: Mapping[Ground, object] = field(default_factory=dict)
    to: ProposalState | None = None


DELIBERATION = {
    "held_on": "2026-01-15",
    "chair": "Suparman",
    "attendance": {
        Attendance.VILLAGE_HEAD: 1,
        Attendance.VILLAGE_STAFF: 2,
        Attendance.RT_RW: 9,
        Attendance.COMMUNITY_LEADER: 3,
    },
    "outcome": Outcome.ELIGIBLE,
    "minutes_reference": "470/12/MUSKEL/2026",
}
LETTER = {G.LETTER_NUMBER: "460/118/Dinsos/2026", G.LETTER_DATE: "2026-01-26"}
DECREE = {G.DECREE_NUMBER: "14/HUK/2026", G.DECREE_DATE: "2026-02-16"}

CLIMB = (
    Move(offices.OPERATOR, A.SUBMIT),
    Move(
        offices.OPERATOR,
        A.DELIBERATE,
        {G.DELIBERATION: DELIBERATION},
        to=S.AWAITING_VILLAGE_HEAD,
    ),
    Move(offices.HEAD, A.APPROVE),
    Move(offices.DISTRICT_OFFICER, A.APPROVE),
    Move(offices.VERIFIER, A.APPROVE),
    Move(offices.ENDORSER, A.APPROVE, LETTER),
    Move(offices.PROVINCE_OFFICER, A.APPROVE),
    Move(offices.ANALYST, A.APPROVE),
    Move(offices.DETERMINER, A.APPROVE, DECREE),
)
REJECTED = (
    *CLIMB[:4],
    Move(
        offices.VERIFIER,
        A.REJECT,
        {G.REASON: "no_longer_poor", G.NOTE: "Kunjungan rumah: penghasilan tetap, rumah permanen."},
    ),
)
RETURNED = (
    *CLIMB[:4],
    Move(
        offices.VERIFIER,
        A.RETURN,
        {G.REASON: "data_incomplete", G.NOTE: "Berita acara belum menyebut RT keluarga ini."},
        to=S.AWAITING_DELIBERATION,
    ),
)
WITHDRAWN = (*CLIMB[:1], Move(offices.OPERATOR, A.WITHDRAW, {G.NOTE: "Keluarga ini akan pindah."}))

# The roads of one village's proposals. Where too few households can be proposed, the last are left
# out; whoever is left over is drafted, or only entered.
ROADS = (
    *(CLIMB[:length] for length in range(1, len(CLIMB) + 1)),
    REJECTED,
    WITHDRAWN,
    RETURNED,
    CLIMB,
    CLIMB,
    CLIMB,
)
ENTERED_ONLY = 3  # every so many-th of those left over


# --- Keeping account


class Ledger:
    """Rows, and the audit entries that say how they came to be as they are."""

    def __init__(self) -> None:
        self.rows: defaultdict[type, list[Any]] = defaultdict(list)

    def note(
        self, subject: Subject, step: Step[State, Action], changes: Changes | None = None
    ) -> None:
        """In memory, what `app.db.audit.record` does in the database."""
        before_after = compared(subject, changes or {})
        if step.source is None:
            self.rows[type(subject)].append(subject)
        else:
            _move(subject, step, changes or {})
        entry = entry_of(subject, step, before_after, channel=Channel.CONSOLE, request_id="demo")
        self.rows[AuditEntry].append(entry)


def _move(subject: Subject, step: Step[State, Action], changes: Changes) -> None:
    values = {"state": step.target, "version": subject.version + 1, "updated_at": now(), **changes}
    for name, value in values.items():
        setattr(subject, name, value)


# --- The offices of the town


class Officials:
    """Whoever holds an office, by the name he signs in with."""

    def __init__(self, ledger: Ledger, password_hash: str) -> None:
        self._ledger = ledger
        self._password_hash = password_hash
        self._by_username: dict[str, Actor] = {}

    def appoint(self, office: Office, region: Region, region_name: str) -> None:
        account = Account(
            username=office.username(region.code),
            display_name=f"{office.title} {region_name}",
            password_hash=self._password_hash,
            region_code=region.code,
            scope_code=region.first,
        )
        actor = Actor(account.id, Role(office.role), region)
        self._by_username[account.username] = actor
        self._ledger.rows[Account].append(account)
        self._ledger.rows[Assignment].append(
            Assignment(
                account_id=account.id,
                role=actor.role,
                region_code=region.code,
                scope_code=region.first,
                begins_at=IN_OFFICE_SINCE,
            )
        )

    def of(self, office: Office, village: Region) -> Actor:
        return self._by_username[office.username_around(village.code)]


# --- A village and its households


@dataclass(frozen=True)
class Clerk:
    """Enters and proposes; knows what the service would know when it does."""

    ledger: Ledger
    officials: Officials
    known: KnownRegions
    numbers: Iterator[int]  # for DTKS ids
    niks_held: set[str] = field(default_factory=set)

    def settle(self, village: Region) -> None:
        sketches = households(SEED, village.code, HOUSEHOLDS_EACH)
        dossiers = [self._enter(sketch, village) for sketch in sketches]
        fit = [dossier for dossier in dossiers if self._can_be_proposed(dossier)]
        for dossier, road in zip(fit, ROADS, strict=False):
            self._propose(dossier, village, road)

        rest = [dossier for dossier in dossiers if dossier not in fit[: len(ROADS)]]
        for number, dossier in enumerate(rest):
            if number % ENTERED_ONLY != ENTERED_ONLY - 1:
                self._propose(dossier, village, ())

    # entering

    def _enter(self, sketch: HouseholdSketch, village: Region) -> Dossier:
        operator = self.officials.of(offices.OPERATOR, village)
        household = _household(sketch, village, operator)
        self.ledger.note(household, HOUSEHOLDS.begin(by=operator))
        families = {each.number: _family(each, household) for each in sketch.families}
        for family in families.values():
            self.ledger.note(family, FAMILIES.begin(by=operator))
        members = [
            self._member(each, household, families[each.family_number]) for each in sketch.members
        ]
        for member in members:
            self.ledger.note(member, MEMBERS.begin(by=operator))
        return Dossier(household, list(families.values()), members)

    def _member(self, sketch: MemberSketch, household: Household, family: Family) -> Member:
        sex = Sex(sketch.sex)
        found = check(
            sketch.nik,
            regions=self.known,
            sex=sex,
            birth_date=sketch.birth_date,
            today=today(),
        )
        return Member(
            household_id=household.id,
            family_id=family.id,
            scope_code=household.scope_code,
            number=sketch.number,
            name=sketch.name,
            nik=sketch.nik,
            nik_verdict=found.verdict,
            nik_codes=list(found.codes),
            sex=SEX_CODES[sex],
            birth_place=sketch.birth_place,
            birth_date=sketch.birth_date,
            mother_name=sketch.mother_name,
            relation_to_household_head=int(sketch.relation_to_household_head),
            relation_to_family_head=int(sketch.relation_to_family_head),
            marital_status=int(sketch.marital_status),
        )

    # proposing

    def _can_be_proposed(self, dossier: Dossier) -> bool:
        try:
            new_families.complete(dossier.household, dossier.families, dossier.members)
        except NotYetComplete:
            return False
        return not any(member.nik in self.niks_held for member in dossier.members)

    def _propose(self, dossier: Dossier, village: Region, road: Sequence[Move]) -> None:
        operator = self.officials.of(offices.OPERATOR, village)
        proposal = Proposal(
            kind=ProposalKind.NEW_FAMILY,
            household_id=dossier.household.id,
            scope_code=village.first,
            created_by=operator.id,
        )
        self.ledger.note(proposal, PROPOSALS.begin(by=operator))
        for move in road:
            self._go(proposal, dossier, move, by=self.officials.of(move.office, village))

    def _go(self, proposal: Proposal, dossier: Dossier, move: Move, *, by: Actor) -> None:
        step = PROPOSALS.step(
            proposal.state,
            move.action,
            by=by,
            grounds=move.grounds,
            facts={Fact.DISTRICT_CHECKS},
            to=move.to,
        )
        self.ledger.note(proposal, step, self._what_follows(step, dossier))

    def _what_follows(self, step: Step[ProposalState, ProposalAction], dossier: Dossier) -> Changes:
        niks = {member.nik for member in dossier.members if member.nik}
        if step.action is A.SUBMIT:
            self.niks_held.update(niks)
            return {
                "content": dossier.content(),
                "submitted_by": step.actor.id,
                "submitted_at": now(),
            }
        if step.target in {S.REJECTED, S.WITHDRAWN}:
            self.niks_held.difference_update(niks)
        if step.target is S.DETERMINED:
            self._register(dossier, by=step.actor)
        return {}

    def _register(self, dossier: Dossier, *, by: Actor) -> None:
        act, note = RecordAction.REGISTER, self.ledger.note
        household = dossier.household
        given = {"dtks_id": dtks_id(DtksKind.HOUSEHOLD, next(self.numbers))}
        note(household, HOUSEHOLDS.step(household.state, act, by=by), given)
        for family in dossier.families:
            note(family, FAMILIES.step(family.state, act, by=by))
        for member in dossier.members:
            given = {"dtks_id": dtks_id(DtksKind.MEMBER, next(self.numbers))}
            note(member, MEMBERS.step(member.state, act, by=by), given)


def _household(sketch: HouseholdSketch, village: Region, operator: Actor) -> Household:
    return Household(
        scope_code=village.first,
        address=sketch.address,
        rt=sketch.rt,
        rw=sketch.rw,
        latitude=sketch.latitude,
        longitude=sketch.longitude,
        created_by=operator.id,
    )


def _family(sketch: FamilySketch, household: Household) -> Family:
    return Family(
        household_id=household.id,
        scope_code=household.scope_code,
        number=sketch.number,
        card_number=sketch.card_number,
    )


# --- All of it


def of_cilegon(
    names: Mapping[str, str], known: KnownRegions, numbers: Iterator[int], password_hash: str
) -> Ledger:
    """`names` are those of the regions in and around Cilegon, by code, "" for the nation."""
    ledger = Ledger()
    officials = Officials(ledger, password_hash)
    for office in OFFICES:
        for code in _of_tier(office.tier, names):
            officials.appoint(office, Region(code), names[code])

    villages = [Region(code) for code in _of_tier(offices.VILLAGE, names)]
    _set_policy(ledger, by=officials.of(offices.REGENCY_ADMIN, villages[0]))
    clerk = Clerk(ledger, officials, known, numbers)
    for village in villages:
        clerk.settle(village)
    return ledger


def _of_tier(digits: int, codes: Iterable[str]) -> list[str]:
    return sorted(code for code in codes if len(code) == digits)


def _set_policy(ledger: Ledger, *, by: Actor) -> None:
    """In Cilegon the districts check."""
    policy = Policy(regency_code=CILEGON, district_checks=True)
    ledger.note(policy, POLICIES.begin(by=by))
