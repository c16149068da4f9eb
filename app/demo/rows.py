"""The rows of a village of the demo, as `app.demo.staging` takes them: each with its road.

They are plain dictionaries; a model for each took ten times as long to make.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from app.commands.kinds.new_families import FROZEN, FROZEN_OF_A_PERSON, FROZEN_OF_A_SURVEY
from app.db.audit_rows import canonical, fingerprint
from app.db.tables.base import new_id
from app.demo import accounts as offices
from app.demo import visits
from app.demo.draws import Draw
from app.demo.kinship import somebody
from app.demo.people import FamilySketch, MemberSketch
from app.demo.plans import SEED, Plan, Village
from app.demo.roads import HELD_ON, MINUTES_NUMBER, Road, Roads
from app.demo.scans import SCAN, SHA256
from app.domain import new_families
from app.domain.actors import Role
from app.domain.deliberations import DeliberationKind
from app.domain.documents import DocumentPurpose, MediaType
from app.domain.dtks_ids import DtksKind, dtks_id
from app.domain.households import RecordState
from app.domain.niks import NikCheck
from app.domain.proposals import Attendance, Outcome, ProposalAction, ProposalKind
from app.domain.questionnaire.codebooks import NEWEST
from app.domain.regions import Region, RegionKind
from app.domain.surveys import SurveyState, VisitOutcome

SUBJECTS = ("household", "family", "member", "survey", "document", "deliberation", "proposal")
SEX_CODES = {"male": 1, "female": 2}
TAKE_STEPS = set(Role) - {Role.AUDITOR, Role.INTEGRATION}
Row = dict[str, Any]


@dataclass(frozen=True)
class Dossier:
    """What `app.commands.kinds.new_families.Dossier` is made of, as rows."""

    household: Row
    families: Sequence[Row]
    members: Sequence[Row]
    survey: Row

    def content(self, *, unusual: bool) -> Row:
        """The copy that a submission freezes."""
        return {
            "household": _copy(self.household, FROZEN),
            "families": [_copy(family, FROZEN) for family in self.families],
            "members": [_copy(member, FROZEN_OF_A_PERSON) for member in self.members],
            "survey": {column: self.survey.get(column) for column in FROZEN_OF_A_SURVEY},
            "doubts": self._doubts() if unusual else [],
        }

    def _doubts(self) -> list[Row]:
        household, survey = SimpleNamespace(**self.household), SimpleNamespace(**self.survey)
        families, members = (
            [SimpleNamespace(**row) for row in rows] for rows in (self.families, self.members)
        )
        return [
            {"rule": doubt.code, "pointer": doubt.pointer, "form_ref": doubt.words["form_ref"]}
            for doubt in new_families.examined(household, families, members, survey).doubts
        ]


class Rows:
    """Those of one village, by table; and the officers who have taken the steps."""

    def __init__(self, village: Village, roads: Roads, now: datetime) -> None:
        self.of: dict[str, list[Row]] = {table: [] for table in SUBJECTS}
        self.agenda: list[Row] = []
        self._roads = roads
        self._now = now
        self._regency = village.regency
        self._scope = Region(village.code).first
        self._operator = offices.OPERATOR.account_id(village.code)
        self._visitor = roads.visitor.account_id(village.code)
        self._visitor_name = somebody(f"{SEED} {village.code}", village.regency.culture)
        self._draw = Draw(f"{SEED} {village.code} visits")
        self.officers = [
            (self._scope, office.role, office.account_id(code), code)
            for office, code in offices.offices_around(village.code)
            if office.role in TAKE_STEPS
        ]

    def add(self, plan: Plan, numbers: Sequence[int]) -> None:
        """`numbers` are for the DTKS ids it takes."""
        ids = iter(numbers)
        household = self._household(plan, next(ids, None))
        families = [self._family(each, household, plan) for each in plan.household.families]
        family_ids = {family["number"]: family["id"] for family in families}
        members = [
            self._member(each, found, household, family_ids[each.family_number], next(ids, None))
            for each, found in zip(plan.household.members, plan.checks, strict=True)
        ]
        dossier = Dossier(household, families, members, self._survey(plan, household, members))
        if plan.proposal:
            self._propose(plan.proposal, dossier, unusual=plan.unusual)

    def _begun(self, table: str, road: Road, **values: object) -> Row:
        row = {"road": road.number, "changes": "{}", "id": new_id(), "scope_code": self._scope}
        row |= values
        self.of[table].append(row)
        return row

    def _record(self, table: str, registered: bool, **values: object) -> Row:  # noqa: FBT001
        state = RecordState.REGISTERED if registered else RecordState.PROPOSED
        return self._begun(table, self._roads.records[state][table], **values)

    def _household(self, plan: Plan, number: int | None) -> Row:
        sketch = plan.household
        row = self._record(
            "household",
            plan.registered,
            address=sketch.address,
            rt=sketch.rt,
            rw=sketch.rw,
            latitude=sketch.latitude,
            longitude=sketch.longitude,
            created_by=self._operator,
            dtks_id=None,
        )
        return _registered(row, DtksKind.HOUSEHOLD, number)

    def _family(self, sketch: FamilySketch, household: Row, plan: Plan) -> Row:
        return self._record(
            "family",
            plan.registered,
            household_id=household["id"],
            number=sketch.number,
            card_number=sketch.card_number,
        )

    def _member(
        self,
        sketch: MemberSketch,
        found: NikCheck,
        household: Row,
        family_id: UUID,
        number: int | None,
    ) -> Row:
        row = self._record(
            "member",
            number is not None,
            household_id=household["id"],
            family_id=family_id,
            number=sketch.number,
            name=sketch.name,
            nik=sketch.nik,
            nik_verdict=found.verdict,
            nik_codes=list(found.codes),
            sex=SEX_CODES[sketch.sex],
            birth_place=sketch.birth_place,
            birth_date=sketch.birth_date,
            mother_name=sketch.mother_name,
            relation_to_household_head=int(sketch.relation_to_household_head),
            relation_to_family_head=int(sketch.relation_to_family_head),
            marital_status=int(sketch.marital_status),
            dtks_id=None,
        )
        return _registered(row, DtksKind.MEMBER, number)

    def _survey(self, plan: Plan, household: Row, members: Sequence[Row]) -> Row:
        day = visits.day_of_visit(plan.number)
        ids = [str(member["id"]) for member in members]
        answers = visits.answers(self._draw, self._regency, plan.household, ids, day)
        if plan.proposal is None:
            answers = visits.broken_off(answers)
        finished = plan.survey is SurveyState.FINISHED
        row = self._begun(
            "survey",
            self._roads.surveys[plan.survey],
            household_id=household["id"],
            codebook=NEWEST.version,
            surveyed_on=day,
            enumerator_name=self._visitor_name,
            respondent_name=members[0]["name"],
            outcome=VisitOutcome.COMPLETED if finished else None,
            answers=canonical(answers),
            finished_at=self._now if finished else None,
            created_by=self._visitor,
        )
        if finished:
            told = {"/answers": fingerprint(row["answers"]), "/finished_at": self._now}
            row["changes"] = _first(told)
        return {**row, "answers": answers}

    def _propose(self, road: Road, dossier: Dossier, *, unusual: bool) -> None:
        deliberated = road.takes(ProposalAction.DELIBERATE)
        row = self._begun(
            "proposal",
            road,
            household_id=dossier.household["id"],
            kind=ProposalKind.NEW_FAMILY,
            deliberation_id=self._deliberation["id"] if deliberated else None,
            content=None,
            created_by=self._operator,
            submitted_by=None,
            submitted_at=None,
        )
        if road.takes(ProposalAction.SUBMIT):
            row["content"] = canonical(dossier.content(unusual=unusual))
            row["submitted_by"], row["submitted_at"] = self._operator, self._now
            told = {
                "/content": fingerprint(row["content"]),
                "/submitted_at": self._now,
                "/submitted_by": self._operator,
            }
            row["changes"] = _first(told)
        if deliberated:
            self._enlist(row, dossier)

    @cached_property
    def _deliberation(self) -> Row:
        """The village's one, with the scan of its minutes."""
        scan = self._begun(
            "document",
            self._roads.scan,
            purpose=DocumentPurpose.MINUTES_SCAN,
            media_type=MediaType.PDF,
            bytes=len(SCAN),
            sha256=SHA256,
            file_name="berita-acara.pdf",
            created_by=self._operator,
        )
        row = self._begun(
            "deliberation",
            self._roads.deliberation,
            kind=_kind_of(Region(str(self._scope))),
            held_on=HELD_ON,
            place="Balai pertemuan",
            chair=self._regency.chair,
            minutes_number=MINUTES_NUMBER,
            attendance=canonical(self._attendance()),
            quorum=0,
            scan_id=scan["id"],
            closed_at=self._now,
            created_by=self._operator,
        )
        row["changes"] = _first({"/scan": {"document_id": scan["id"], "sha256": SHA256.hex()}})
        return row

    def _attendance(self) -> list[Row]:
        """The chair, the head of the village, and the neighbourhoods."""
        culture = self._regency.culture
        others = [Attendance.VILLAGE_HEAD, Attendance.VILLAGE_COUNCIL, *[Attendance.RT_RW] * 3]
        named = [
            (somebody(f"{SEED} {self._scope} attends {place}", culture), capacity)
            for place, capacity in enumerate(others)
        ]
        return [
            {"name": name, "capacity": capacity, "present": True}
            for name, capacity in [(self._regency.chair, Attendance.VILLAGE_STAFF), *named]
        ]

    def _enlist(self, proposal: Row, dossier: Dossier) -> None:
        head, household = dossier.members[0], dossier.household
        nik = head["nik"] or ""
        named = {
            "name": head["name"],
            "nik": nik[:4] + "*" * (len(nik) - 4),
            **{column: household[column] for column in ("address", "rt", "rw")},
            "kind": proposal["kind"],
            "programme": None,
        }
        self.agenda.append(
            {
                "deliberation_id": self._deliberation["id"],
                "proposal_id": proposal["id"],
                "scope_code": self._scope,
                "number": len(self.agenda) + 1,
                "outcome": Outcome.ELIGIBLE,
                "named": canonical(named),
                "is_open": False,
            }
        )


def _kind_of(village: Region) -> DeliberationKind:
    is_kelurahan = village.kind is RegionKind.KELURAHAN
    return DeliberationKind.MUSKEL if is_kelurahan else DeliberationKind.MUSDES


def _first(told: Mapping[str, object]) -> str:
    """What the audit says of columns that held nothing before."""
    return canonical({pointer: [None, value] for pointer, value in told.items()})


def _registered(row: Row, kind: DtksKind, number: int | None) -> Row:
    if number is not None:
        row["dtks_id"] = dtks_id(kind, number)
        row["changes"] = _first({"/dtks_id": row["dtks_id"]})
    return row


def _copy(row: Mapping[str, Any], columns: Collection[str]) -> Row:
    return {column: row[column] for column in columns if column in row}
