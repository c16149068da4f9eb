"""A registered household with everybody in it, and what a proposal would change there.

A kind of proposal makes a `Plan` of what it finds; the plan is told as "now" against "proposed",
tried against the rules of the questionnaire, and in the end carried out as it stands.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from app.domain.calendar import today
from app.domain.errors import Conflict, Fault, Said
from app.domain.households import RecordState
from app.domain.niks import KnownRegions, check, check_family_card
from app.domain.people import sex_of
from app.domain.questionnaire.codebooks import NEWEST
from app.domain.questionnaire.findings import errors_of_records
from app.domain.questionnaire.sheets import Sheet
from app.domain.reasons import Scope

Record = Any  # a row of household, family or member, or what one would become
Values = Mapping[str, Any]

IN_HOUSEHOLD = ("address", "rt", "rw", "latitude", "longitude")
IN_FAMILY = ("number", "card_number")
IN_MEMBER = (
    "number",
    "name",
    "nik",
    "sex",
    "birth_place",
    "birth_date",
    "mother_name",
    "family_id",
    "relation_to_household_head",
    "relation_to_family_head",
    "marital_status",
)
OUT = ("inactive_reason", "inactive_on", "inactive_by")
# Whatever a plan can change, so that one statement changes all records of a table alike.
COLUMNS_OF: Mapping[Scope, tuple[str, ...]] = {
    Scope.HOUSEHOLD: (*IN_HOUSEHOLD, *OUT),
    Scope.FAMILY: (*IN_FAMILY, *OUT),
    Scope.PERSON: (*IN_MEMBER, "nik_verdict", "nik_codes", "dtks_id", *OUT),
}
SHOWN_OF: Mapping[Scope, tuple[str, ...]] = {
    Scope.HOUSEHOLD: ("state", *IN_HOUSEHOLD),
    Scope.FAMILY: ("state", *IN_FAMILY),
    Scope.PERSON: ("state", *IN_MEMBER),
}
PLURAL = {Scope.FAMILY: "families", Scope.PERSON: "members"}
SCOPE_OF = {plural: scope for scope, plural in PLURAL.items()}
DECIDES_NIK = {"nik", "sex", "birth_date"}
REGISTERED, INACTIVE = RecordState.REGISTERED, RecordState.INACTIVE


class NotRegistered(Conflict):
    """Only what is registered can be proposed to change."""

    title = Said(id="Data ini belum atau tidak lagi terdaftar", en="This is not registered")
    detail = Said(
        id="Usulan {kind} hanya untuk data yang terdaftar. Draf diubah langsung; data tidak aktif "
        "dipulihkan dengan usulan restoration.",
        en="A {kind} is for what is registered. A draft is changed where it is; what is inactive "
        "comes back by a restoration.",
    )


class NotTakenOut(Conflict):
    """Only what was registered and taken out can be restored."""

    title = Said(id="Data ini tidak dapat dipulihkan", en="There is nothing to restore")
    detail = Said(
        id="Pemulihan hanya untuk data yang pernah terdaftar dan kini tidak aktif.",
        en="A restoration is for what was registered once and is inactive now.",
    )


@dataclass(frozen=True)
class Plan:
    """What would change: of the household, of families and of members by id."""

    household: Values = field(default_factory=dict)
    families: Mapping[UUID, Values] = field(default_factory=dict)
    members: Mapping[UUID, Values] = field(default_factory=dict)


@dataclass(frozen=True)
class Home:
    """A household, and everybody who is or was in it; `survey` is its newest finished sheet, where
    that was asked for."""

    household: Record
    families: Sequence[Record]
    members: Sequence[Record]
    survey: Record | None = None

    def after(self, plan: Plan) -> "Home":
        return Home(
            _changed(self.household, Scope.HOUSEHOLD, plan.household),
            [_changed(f, Scope.FAMILY, plan.families.get(f.id, {})) for f in self.families],
            [_changed(m, Scope.PERSON, plan.members.get(m.id, {})) for m in self.members],
            self.survey,
        )

    @property
    def is_registered(self) -> bool:
        return bool(self.household.state == REGISTERED)

    @property
    def families_now(self) -> list[Record]:
        return [each for each in self.families if each.state == REGISTERED]

    @property
    def members_now(self) -> list[Record]:
        return [each for each in self.members if each.state == REGISTERED]

    def find(self, scope: Scope, of: UUID) -> Record:
        """None where it is of another household."""
        among = {
            Scope.HOUSEHOLD: [self.household],
            Scope.FAMILY: self.families,
            Scope.PERSON: self.members,
        }
        return next((each for each in among[scope] if each.id == of), None)

    def errors(self) -> dict[tuple[str, str, str], Fault]:
        """The rules of the questionnaire about records that it breaks."""
        sheet = Sheet({}, today(), self.household, self.families_now, self.members_now)
        found = errors_of_records(NEWEST, sheet)
        return {(each.code, each.pointer, repr(each.words)): each for each in found}


def _changed(record: Record, scope: Scope, values: Values) -> Record:
    if not values:
        return record
    columns = ("id", "state", *COLUMNS_OF[scope])
    return SimpleNamespace(**{name: getattr(record, name) for name in columns} | dict(values))


@dataclass(frozen=True)
class About:
    """A proposal about a home: which of its records it means, and what it asks."""

    proposal_id: UUID
    kind: str
    scope: Scope
    home: Home
    record: Record
    asks: Values
    known: KnownRegions | None = None  # where a NIK is to change
    survey: Any = None  # the newest finished sheet, where it is asked for


def registered(about: About) -> None:
    """Refuse what is a draft still, or is out."""
    if about.record.state != REGISTERED or not about.home.is_registered:
        raise NotRegistered(kind=about.kind)


Planner = Callable[[About], tuple[Plan, list[Fault]]]


def new_errors(home: Home, plan: Plan) -> list[Fault]:
    """What the plan would break that was whole; where nobody is left, nothing is."""
    after = home.after(plan)
    found = after.errors() if after.is_registered else {}
    before = home.errors() if found else {}
    return [fault for key, fault in found.items() if key not in before]


# --- now against proposed


def sides(about: About, plan: Plan) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the plan changes, as it is and as it would be: of the subject, then of the others."""
    after = about.home.after(plan)
    now: dict[str, Any] = {}
    proposed: dict[str, Any] = {}
    for scope, old, new, values in _records(about.home, after, plan):
        if not values:
            continue
        is_subject = (scope, old.id) == (about.scope, about.record.id)
        for side, record in ((now, old), (proposed, new)):
            told = shown(record, scope, values)
            side.update(told if is_subject else _nested(side, scope, record.id, told))
    return now, proposed


def present(about: About, like: Values) -> dict[str, Any]:
    """The same fields, as they are in the registry now."""
    home = about.home
    side: dict[str, Any] = {}
    own = shown(about.record, about.scope, columns_of(like))
    for name, value in like.items():
        if name == "household":
            side[name] = shown(home.household, Scope.HOUSEHOLD, columns_of(value))
        elif name in SCOPE_OF:
            scope = SCOPE_OF[name]
            side[name] = {of: _present(home, scope, of, told) for of, told in value.items()}
        elif name in own:
            side[name] = own[name]
    return side


def _present(home: Home, scope: Scope, of: str, like: Values) -> dict[str, Any]:
    return shown(home.find(scope, UUID(of)), scope, columns_of(like))


def _records(
    before: Home, after: Home, plan: Plan
) -> Iterator[tuple[Scope, Record, Record, Values]]:
    yield Scope.HOUSEHOLD, before.household, after.household, plan.household
    for old, new in zip(before.families, after.families, strict=True):
        yield Scope.FAMILY, old, new, plan.families.get(old.id, {})
    for old, new in zip(before.members, after.members, strict=True):
        yield Scope.PERSON, old, new, plan.members.get(old.id, {})


def _nested(side: Values, scope: Scope, of: UUID, told: Values) -> dict[str, Any]:
    if not told:
        return {}
    if scope is Scope.HOUSEHOLD:
        return {"household": told}
    return {PLURAL[scope]: {**side.get(PLURAL[scope], {}), str(of): told}}


def shown(record: Record, scope: Scope, names: Sequence[str] | Values) -> dict[str, Any]:
    """These columns of a record, as JSON: a point is told whole."""
    told = {name: _json(getattr(record, name)) for name in SHOWN_OF[scope] if name in names}
    if "latitude" in told:
        point = {"latitude": told.pop("latitude"), "longitude": told.pop("longitude")}
        told["location"] = None if point["latitude"] is None else point
    return told


def _json(value: object) -> object:
    return value if value is None or isinstance(value, int | float) else str(value)


def concerned(about: About, side: Values) -> Iterator[tuple[UUID, str]]:
    """Of which record, which field: what the proposal claims."""
    for name, value in side.items():
        if name == "household":
            yield from ((about.home.household.id, each) for each in value)
        elif name in SCOPE_OF:
            yield from ((UUID(of), each) for of, told in value.items() for each in told)
        elif name != "answers":
            yield about.record.id, name


# --- what follows from a value


def columns_of(values: Values) -> dict[str, Any]:
    """A location is two columns."""
    columns = {name: value for name, value in values.items() if name != "location"}
    if "location" in values:
        point = values["location"] or {}
        columns |= {"latitude": point.get("latitude"), "longitude": point.get("longitude")}
    return columns


def with_card(values: Values) -> dict[str, Any]:
    """A family card number loses its blanks, and nothing else."""
    if not values.get("card_number"):
        return dict(values)
    digits = check_family_card(values["card_number"]).digits
    return {**values, "card_number": digits or values["card_number"]}


def with_nik(record: Record, values: Values, known: KnownRegions) -> dict[str, Any]:
    """And the columns that say what became of the NIK, where something it depends on is given."""
    if not DECIDES_NIK & values.keys():
        return dict(values)
    said = {name: values.get(name, getattr(record, name)) for name in DECIDES_NIK}
    found = check(
        said["nik"],
        regions=known,
        sex=sex_of(said["sex"]),
        birth_date=said["birth_date"],
        today=today(),
    )
    nik = found.digits or said["nik"]
    return {**values, "nik": nik, "nik_verdict": found.verdict, "nik_codes": list(found.codes)}


def as_kept(values: Values) -> dict[str, Any]:
    """Values of JSON, as columns have them."""
    kept = dict(values)
    if kept.get("birth_date"):
        kept["birth_date"] = date.fromisoformat(kept["birth_date"])
    if kept.get("family_id"):
        kept["family_id"] = UUID(kept["family_id"])
    return kept


# --- how the others stand to the heads

RELATIONS = ("relation_to_household_head", "relation_to_family_head")
NOBODY_HERE = Said(
    id="Tidak ada anggota terdaftar dengan id ini dalam rumah tangganya.",
    en="The household has no registered member by this id.",
)


def relations(about: About) -> tuple[dict[UUID, Values], list[Fault]]:
    """What is asked of others in the household: only how they stand to the heads from then on."""
    known = {str(each.id): each for each in about.home.members_now}
    asked = about.asks.get("relations") or {}
    strangers = [each for each in asked if each not in known]
    faults = [Fault(f"/asks/relations/{each}", "not_a_member", NOBODY_HERE) for each in strangers]
    found = {
        known[each].id: {
            name: value
            for name, value in said.items()
            if value is not None and getattr(known[each], name) != value
        }
        for each, said in asked.items()
        if each in known
    }
    return {each: values for each, values in found.items() if values}, faults
