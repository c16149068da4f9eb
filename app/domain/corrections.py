"""Corrections (perbaikan data): fields of a household, a family or a member get other values.

Answers of a questionnaire are not corrected: a new visit is a new sheet.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from app.domain import evidence
from app.domain.errors import Fault, Said
from app.domain.reasons import Scope
from app.domain.records import (
    IN_FAMILY,
    IN_MEMBER,
    About,
    Plan,
    Record,
    Values,
    as_kept,
    columns_of,
    new_errors,
    relations,
    with_card,
    with_nik,
)

CHANGES = "/asks/changes"
FIELDS_OF: Mapping[Scope, frozenset[str]] = {
    Scope.HOUSEHOLD: frozenset({"address", "rt", "rw", "location"}),
    Scope.FAMILY: frozenset(IN_FAMILY),
    Scope.PERSON: frozenset(IN_MEMBER),
}
MAY_BE_EMPTY = frozenset({"rt", "rw", "location"})
# What says who somebody is, or whose card he stands on, rests on a paper of the civil registry.
OF_IDENTITY = frozenset(
    {"name", "nik", "sex", "birth_place", "birth_date", "mother_name", "card_number"}
)
MOST_FAMILIES = 10

NO_CHANGE = Said(
    id="Isi nilai baru yang berbeda dari yang tercatat.",
    en="Give new values that differ from what is on record.",
)
NOT_OF_THIS = Said(
    id="Bagian ini bukan bagian dari {scope}. Ajukan koreksi atas data yang memuatnya.",
    en="This is no field of a {scope}. Propose to correct the record that has it.",
)
NOT_EMPTY = Said(id="Bagian ini tidak boleh dikosongkan.", en="This must not be emptied.")
WHY = Said(id="Jelaskan mengapa data ini salah.", en="Say why this is wrong.")
NO_SUCH_FAMILY = Said(
    id="Tidak ada keluarga terdaftar dengan id ini dalam rumah tangganya.",
    en="The household has no registered family by this id.",
)
LAST_OF_FAMILY = Said(
    id="Ia anggota terakhir keluarganya; keluarga itu tidak boleh tinggal kosong.",
    en="Nobody else is in his family, and it must not be left empty.",
)
NUMBER_TAKEN = Said(
    id="Keluarga lain memakai nomor urut ini. Pakai nomor lain dari 1 sampai 10.",
    en="Another family has this number. Use another one from 1 to 10.",
)


def plan(about: About) -> tuple[Plan, list[Fault]]:
    """The fields that become others, and everything that stands in the way."""
    asked: Values = about.asks.get("changes") or {}
    others, faults = relations(about)
    faults += [*_shape(about, asked), *_grounds(about, asked)]
    values = _values(about, asked)
    found = _plan(about, values, others)
    if not (values or others or faults):
        faults.append(Fault(CHANGES, "missing", NO_CHANGE))
    return found, [*faults, *_in_its_household(about, found, values), *_broken(about, found)]


def _values(about: About, asked: Values) -> dict[str, Any]:
    """What differs from the record, as columns; without what must not be emptied."""
    fitting = {
        name: value
        for name, value in asked.items()
        if name in FIELDS_OF[about.scope] and (value is not None or name in MAY_BE_EMPTY)
    }
    values = with_card(as_kept(columns_of(fitting)))
    if about.scope is Scope.PERSON and about.known is not None:
        values = with_nik(about.record, values, about.known)
    return {name: new for name, new in values.items() if getattr(about.record, name) != new}


def _plan(about: About, values: Values, others: Mapping[UUID, Values]) -> Plan:
    if about.scope is Scope.HOUSEHOLD:
        return Plan(household=values, members=others)
    if about.scope is Scope.FAMILY:
        return Plan(families={about.record.id: values}, members=others)
    own = {**others.get(about.record.id, {}), **values}
    return Plan(members={**others, about.record.id: own} if own else others)


def _shape(about: About, asked: Values) -> Iterator[Fault]:
    for name, value in asked.items():
        if name not in FIELDS_OF[about.scope]:
            yield Fault(f"{CHANGES}/{name}", "not_asked", NOT_OF_THIS, {"scope": about.scope})
        elif value is None and name not in MAY_BE_EMPTY:
            yield Fault(f"{CHANGES}/{name}", "missing", NOT_EMPTY)


def _grounds(about: About, asked: Values) -> Iterator[Fault]:
    if not about.asks.get("note"):
        yield Fault("/asks/note", "missing", WHY)
    wanted = evidence.OF_IDENTITY if OF_IDENTITY & asked.keys() else ()
    yield from evidence.wanting(about.asks, wanted)


def _in_its_household(about: About, found: Plan, values: Values) -> Iterator[Fault]:
    """A family that the household has, and that keeps somebody; a number that is free."""
    families = {each.id: each for each in about.home.families_now}
    if "family_id" in values:
        if values["family_id"] not in families:
            yield Fault(f"{CHANGES}/family_id", "not_a_family", NO_SUCH_FAMILY)
        elif not _keeps_somebody(about.record, about.home.after(found).members_now):
            yield Fault(f"{CHANGES}/family_id", "family_empty", LAST_OF_FAMILY)
    if about.scope is Scope.FAMILY and "number" in values:
        taken = {each.number for each in families.values() if each.id != about.record.id}
        if values["number"] in taken or (values["number"] or 0) > MOST_FAMILIES:
            yield Fault(f"{CHANGES}/number", "number_taken", NUMBER_TAKEN)


def _keeps_somebody(member: Record, members: list[Record]) -> bool:
    left = member.family_id
    return left is None or any(each.family_id == left for each in members)


def _broken(about: About, found: Plan) -> list[Fault]:
    return new_errors(about.home, found)
