"""What an extract is asked for: which rows of which resource, and how they are written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.agreements import FieldGroup
from app.domain.changes import Cursor
from app.domain.errors import Fault, Said
from app.domain.extracts.columns import Resource, ResourceNotGranted, columns_of, shown
from app.domain.extracts.formats import MOST_ROWS, TEXTUAL, Compression, Form
from app.domain.extracts.workflow import FiltersDoNotFit
from app.domain.households import RecordState
from app.domain.proposals import ProposalKind, ProposalState, Verdict
from app.domain.recipients import RecipientState
from app.domain.sight import Sight

R = Resource
STATES: Mapping[Resource, type[StrEnum]] = {
    R.HOUSEHOLDS: RecordState,
    R.MEMBERS: RecordState,
    R.RECIPIENTS: RecipientState,
    R.PROPOSALS: ProposalState,
}
FITS: Mapping[str, frozenset[Resource]] = {
    "state": frozenset(STATES),
    "programme": frozenset(R) - {R.DECISIONS},
    "kind": frozenset({R.PROPOSALS, R.DECISIONS}),
    "verdict": frozenset({R.DECISIONS}),
    "updated_since": frozenset(R),
}
DOES_NOT_FIT = Said(
    id="Saringan ini tidak berlaku untuk {resource}; hapus.",
    en="This filter does not fit {resource}; leave it out.",
)
NOT_A_STATE = Said(
    id="Bukan status {resource}. Pilih: {states}.", en="No state of {resource}. Choose: {states}."
)
PACKED_ITSELF = Said(
    id="Format {format} sudah padat; hapus compression.",
    en="{format} is packed already; leave compression out.",
)
MEMBERSHIP = frozenset({R.HOUSEHOLDS, R.MEMBERS})
OF_PEOPLE_ONLY = Said(
    id="Keadaan menurut SK hanya ada untuk households dan members.",
    en="Only households and members can be had as of a decree.",
)
NOT_BOTH = Said(
    id="Pilih salah satu: decree_id, changed_after, atau filters.state; changed_after berlaku "
    "tanpa saringan.",
    en="Choose one of decree_id, changed_after and filters.state; changed_after goes without "
    "filters.",
)


@dataclass(frozen=True)
class Filters:
    """Which of the rows; what is None does not narrow them."""

    state: str | None = None
    programme: str | None = None
    kind: ProposalKind | None = None
    verdict: Verdict | None = None
    updated_since: datetime | None = None

    def given(self) -> dict[str, object]:
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Wanted:
    resource: Resource
    form: Form
    filters: Filters = Filters()
    rows_per_file: int = MOST_ROWS
    decree_id: UUID | None = None
    changed_after: str | None = None

    @property
    def since(self) -> Cursor | None:
        return Cursor.read(self.changed_after) if self.changed_after else None


def permitted(wanted: Wanted, sight: Sight) -> None:
    """Refuse what is not to be read, and what does not fit together."""
    columns_of(wanted.resource, sight)
    if wanted.filters.programme and not shown(FieldGroup.PROGRAMMES, sight):
        raise ResourceNotGranted(resource="filters.programme", group=FieldGroup.PROGRAMMES)
    faults = [*_misfits(wanted), *_states(wanted), *_forms(wanted), *_decrees(wanted)]
    if faults:
        raise FiltersDoNotFit(faults)


def _misfits(wanted: Wanted) -> Iterator[Fault]:
    for name in wanted.filters.given():
        if wanted.resource not in FITS[name]:
            told: dict[str, object] = {"resource": wanted.resource}
            yield Fault(f"/filters/{name}", "not_allowed", DOES_NOT_FIT, told)


def _states(wanted: Wanted) -> Iterator[Fault]:
    known = STATES.get(wanted.resource)
    state = wanted.filters.state
    if known and state is not None and state not in set(known):
        told: dict[str, object] = {"resource": wanted.resource, "states": ", ".join(known)}
        yield Fault("/filters/state", "not_a_choice", NOT_A_STATE, told)


def _forms(wanted: Wanted) -> Iterator[Fault]:
    form = wanted.form
    if form.format not in TEXTUAL and form.compression is not Compression.NONE:
        yield Fault("/compression", "not_allowed", PACKED_ITSELF, {"format": form.format})


def _decrees(wanted: Wanted) -> Iterator[Fault]:
    if wanted.decree_id and wanted.resource not in MEMBERSHIP:
        yield Fault("/decree_id", "not_allowed", OF_PEOPLE_ONLY)
    narrowed = wanted.filters.given()
    of_states = (wanted.decree_id is not None) + ("state" in narrowed)
    if of_states + (wanted.changed_after is not None) > 1 or (wanted.changed_after and narrowed):
        yield Fault("/changed_after", "not_allowed", NOT_BOTH)
