"""What stands in an extract: the columns of each resource, and the group of fields each is of.

The answers of people and households are the questions of the codebooks, by their keys. A column of
a group that its reader may not see is not there at all: neither in the file, nor in the statement.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from app.domain.agreements import FieldGroup
from app.domain.errors import Conflict, NotPermitted, Said
from app.domain.questionnaire.codebooks import CODEBOOKS
from app.domain.questionnaire.questions import Type, Variable
from app.domain.sight import ANSWERS_THAT_NAME, HEALTH, Shown, Sight, Survey


class Resource(StrEnum):
    HOUSEHOLDS = "households"
    MEMBERS = "members"
    RECIPIENTS = "recipients"
    PROPOSALS = "proposals"
    DECISIONS = "decisions"


class Kind(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TEXTS = "texts"  # in CSV: one text, with | between them


@dataclass(frozen=True)
class Column:
    """`group` is the field group it is of; none: ids, regions, states and dates of the record.

    `section` is the part of the answer sheet it stands in; none: a column of the registry's own.
    What `names` somebody is for those alone who read identity besides.
    """

    name: str
    kind: Kind
    group: FieldGroup | None = None
    section: str | None = None
    names: bool = False


class ResourceNotGranted(NotPermitted):
    """All of this resource is of a group of fields that is not yours."""

    title = Said(
        id="Data ini tidak termasuk hak baca Anda", en="This resource is not yours to read"
    )
    detail = Said(
        id="Untuk {resource} diperlukan kelompok data {group}, yang tidak ada dalam perjanjian "
        "atau peran Anda. Mintalah perjanjian yang memuatnya.",
        en="For {resource} you need the field group {group}, which neither your agreement nor "
        "your role gives you. Ask for an agreement that does.",
    )


class GrantNarrowed(Conflict):
    """Less may be read now than when it was begun."""

    title = Said(id="Hak baca Anda berkurang", en="You may read less than before")
    detail = Said(
        id="Sejak ekstrak ini dimulai, sebagian kelompok data tidak lagi diizinkan bagi Anda. "
        "Tidak ada berkas yang diberikan. Minta ekstrak yang baru.",
        en="Since it was begun, some fields are no longer yours to read. No file is given out. "
        "Ask for a new extract.",
    )


G = FieldGroup
_KINDS = {
    Type.CHOICE: Kind.INTEGER,
    Type.INTEGER: Kind.INTEGER,
    Type.FLAGS: Kind.INTEGER,
    Type.DECIMAL: Kind.NUMBER,
    Type.BOOLEAN: Kind.BOOLEAN,
    Type.TEXT: Kind.TEXT,
}
_GROUPS = {"programmes": G.PROGRAMMES, **dict.fromkeys(HEALTH, G.HEALTH)}
# Without this group nothing of it may be read: that a line is there already tells of aid.
NEEDED = {Resource.RECIPIENTS: G.PROGRAMMES}


def _these(kind: Kind, names: str, group: FieldGroup | None = None) -> list[Column]:
    return [Column(name, kind, group) for name in names.split()]


def _answers(*sections: str) -> Iterator[Column]:
    """The questions of the newest form first, then those that only an older one asked."""
    found: dict[str, Column] = {}
    for codebook in reversed([*CODEBOOKS.values()]):
        for section in sections:
            for each in codebook.answered(section):
                found.setdefault(each.key, _answer(each, section))
    yield from found.values()


def _answer(asked: Variable, section: str) -> Column:
    group = G.SURVEY if asked.group is None else _GROUPS[asked.group]
    names = asked.key in ANSWERS_THAT_NAME.get(section, ())
    return Column(asked.key, _KINDS[asked.type], group, section, names)


T, N, D = Kind.TEXT, Kind.INTEGER, Kind.DATE
_PLACE = _these(
    T,
    "province_code regency_code district_code village_code province regency district village",
)
_RECORD = [
    *_these(T, "state inactive_reason"),
    *_these(D, "inactive_on"),
    *_these(N, "version"),
    *_these(Kind.TIMESTAMP, "updated_at"),
]
_OF: dict[Resource, list[Column]] = {
    Resource.HOUSEHOLDS: [
        *_these(T, "id dtks_id bdt_id"),
        *_PLACE,
        *_these(N, "families members"),
        *_RECORD,
        *_these(T, "address rt rw", G.IDENTITY),
        *_these(Kind.NUMBER, "latitude longitude", G.IDENTITY),
        *_these(Kind.TEXTS, "programmes", G.PROGRAMMES),
        *_these(D, "surveyed_on", G.SURVEY),
        *_these(N, "outcome", G.SURVEY),
        *_answers("counts", "household", "participation"),
    ],
    Resource.MEMBERS: [
        *_these(T, "id dtks_id household_id household_dtks_id family_id"),
        *_these(N, "number"),
        *_PLACE,
        *_RECORD,
        *_these(T, "card_number nik nik_verdict name", G.IDENTITY),
        *_these(N, "sex", G.IDENTITY),
        *_these(T, "birth_place", G.IDENTITY),
        *_these(D, "birth_date", G.IDENTITY),
        *_these(T, "mother_name", G.IDENTITY),
        *_these(N, "relation_to_household_head relation_to_family_head marital_status", G.IDENTITY),
        *_these(Kind.TEXTS, "programmes family_programmes", G.PROGRAMMES),
        *_these(D, "surveyed_on", G.SURVEY),
        *_answers("members"),
    ],
    Resource.RECIPIENTS: [
        *_these(T, "id household_id family_id member_id payee_id proposal_id"),
        *_PLACE,
        *_these(T, "programme unit", G.PROGRAMMES),
        *_these(D, "period_from period_to", G.PROGRAMMES),
        *_these(T, "state"),
        *_these(T, "end_reason", G.PROGRAMMES),
        *_these(D, "ended_on", G.PROGRAMMES),
        *_these(N, "version"),
        *_these(Kind.TIMESTAMP, "updated_at"),
        *_these(T, "card_number name nik payee_name payee_nik", G.IDENTITY),
    ],
    Resource.PROPOSALS: [
        *_these(T, "id kind household_id family_id member_id"),
        *_PLACE,
        *_these(T, "state"),
        *_these(Kind.TIMESTAMP, "state_since submitted_at"),
        *_these(D, "period missed_period"),
        *_these(T, "reason"),
        *_these(N, "version"),
        *_these(Kind.TIMESTAMP, "updated_at"),
        *_these(T, "programme", G.PROGRAMMES),
        *_these(T, "name", G.IDENTITY),
    ],
    Resource.DECISIONS: [
        *_these(T, "id proposal_id kind household_id family_id member_id"),
        *_PLACE,
        *_these(T, "verdict source target reason decided_by"),
        *_these(Kind.TIMESTAMP, "decided_at"),
        *_these(T, "programme", G.PROGRAMMES),
    ],
}


def shown(group: FieldGroup | None, sight: Sight) -> bool:
    """Whether the columns of that group are for whoever reads with this sight."""
    return (
        group is None
        or {
            G.IDENTITY: sight.identity is Shown.CLEAR,
            G.SURVEY: sight.survey is Survey.FULL,
            G.HEALTH: sight.health,
            G.PROGRAMMES: sight.programmes,
        }[group]
    )


@cache
def columns_of(resource: Resource, sight: Sight) -> tuple[Column, ...]:
    """All that this sight shows of the resource, in the order in which it is written."""
    needed = NEEDED.get(resource)
    if not shown(needed, sight):
        raise ResourceNotGranted(resource=resource, group=needed)
    return tuple(each for each in _OF[resource] if _is_for(sight, each))


def _is_for(sight: Sight, column: Column) -> bool:
    return shown(column.group, sight) and (not column.names or shown(G.IDENTITY, sight))


def all_columns(resource: Resource) -> tuple[Column, ...]:
    return tuple(_OF[resource])


def still_readable(resource: Resource, names: Collection[str], sight: Sight) -> tuple[Column, ...]:
    """The columns of an extract, if all of them are still for its reader."""
    kept = tuple(each for each in columns_of(resource, sight) if each.name in names)
    if len(kept) < len(names):
        raise GrantNarrowed
    return kept
