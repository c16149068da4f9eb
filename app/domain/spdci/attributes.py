"""What can be searched by: the names others have for it, and the field group it is of.

A machine that may not read a field may not search by it either: it could try values until it knew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.domain.agreements import FieldGroup
from app.domain.errors import Said
from app.domain.regions import Region
from app.domain.spdci.words import Code, Rejected

LONGEST_VALUE = 60
LARGEST = 10**9


class Key(StrEnum):
    NIK = "nik"
    CARD_NUMBER = "card_number"
    DTKS_ID = "dtks_id"
    SEX = "sex"
    MARITAL_STATUS = "marital_status"
    BIRTH_DATE = "birth_date"
    BIRTH_YEAR = "birth_year"
    AGE = "age"
    REGION = "region"
    GROUP_SIZE = "group_size"
    PROGRAMME = "programme"
    LAST_UPDATED = "last_updated"


class Entity(StrEnum):
    """What is searched for."""

    MEMBER = "Member"
    GROUP = "Group"


SEXES = {"male": 1, "m": 1, "l": 1, "1": 1, "female": 2, "f": 2, "p": 2, "2": 2}
# Code directory of the standard, with the words its examples use.
MARITAL_STATUSES = {
    "s": 1, "single": 1, "never married": 1,
    "m": 2, "married": 2,
    "d": 3, "divorced": 3,
    "w": 4, "widow": 4, "widowed": 4,
}  # fmt: skip


def _text(said: str) -> str:
    if not 1 <= len(said) <= LONGEST_VALUE:
        raise ValueError(said)
    return said


def _number(said: str) -> int:
    number = int(said)
    if not -LARGEST < number < LARGEST:
        raise ValueError(said)
    return number


def _day(said: str) -> date:
    return date.fromisoformat(said[:10])


def _code(codes: Mapping[str, int]) -> Callable[[str], int]:
    def read(said: str) -> int:
        if said.casefold() not in codes:
            raise ValueError(said)
        return codes[said.casefold()]

    return read


def _region(said: str) -> Region:
    return Region(said.replace(".", ""))


@dataclass(frozen=True)
class Attribute:
    key: Key
    group: FieldGroup | None  # None: ids and regions, which everybody who reads people reads
    read: Callable[[str], Any]
    ordered: bool = False  # whether less and more mean anything
    sorts: frozenset[Entity] = frozenset()


EITHER, MEMBERS = frozenset(Entity), frozenset({Entity.MEMBER})
NAMING, AID = FieldGroup.IDENTITY, FieldGroup.PROGRAMMES
ATTRIBUTES: dict[Key, Attribute] = {
    each.key: each
    for each in (
        Attribute(Key.NIK, NAMING, _text, sorts=MEMBERS),
        Attribute(Key.CARD_NUMBER, NAMING, _text),
        Attribute(Key.DTKS_ID, None, _text, sorts=EITHER),
        Attribute(Key.SEX, NAMING, _code(SEXES)),
        Attribute(Key.MARITAL_STATUS, NAMING, _code(MARITAL_STATUSES)),
        Attribute(Key.BIRTH_DATE, NAMING, _day, ordered=True, sorts=MEMBERS),
        Attribute(Key.BIRTH_YEAR, NAMING, _number, ordered=True),
        Attribute(Key.AGE, NAMING, _number, ordered=True),
        Attribute(Key.REGION, None, _region),
        Attribute(Key.GROUP_SIZE, None, _number, ordered=True, sorts=EITHER),
        Attribute(Key.PROGRAMME, AID, _text),
        Attribute(Key.LAST_UPDATED, None, _day, ordered=True, sorts=EITHER),
    )
}
_NAMES: dict[Key, str] = {
    Key.NIK: "nik uin nid nationalid national_id",
    Key.CARD_NUMBER: "kk card_number kk_number familycard family_card",
    Key.DTKS_ID: "dtks dtks_id member_identifier group_identifier",
    Key.SEX: "sex gender",
    Key.MARITAL_STATUS: "marital_status",
    Key.BIRTH_DATE: "birth_date dob",
    Key.BIRTH_YEAR: "birth_year yob",
    Key.AGE: "age",
    Key.REGION: "location region region_code area_code village_code place",
    Key.GROUP_SIZE: "group_size household_size",
    Key.PROGRAMME: "programme program programme_identifier",
    Key.LAST_UPDATED: "last_updated last_update",
}
BY_NAME = {name: ATTRIBUTES[key] for key, names in _NAMES.items() for name in names.split()}
IDENTIFIERS = {Key.NIK, Key.CARD_NUMBER, Key.DTKS_ID}

UNKNOWN = Said(
    id="Atribut ini tidak ada di registri. Yang dapat dipakai: {names}.",
    en="The registry has no such attribute. There are: {names}.",
)
NOT_GRANTED = Said(
    id="Perjanjian Anda tidak memuat kelompok data {group}, jadi tidak dapat dipakai mencari.",
    en="Your agreement does not give you the field group {group}: it cannot be searched by.",
)
NO_VALUE = Said(
    id="Nilai untuk {name} tidak terbaca; lihat contoh di dokumentasi.",
    en="The value for {name} cannot be read; see the examples in the documentation.",
)


def known(said: object) -> Attribute | None:
    """`spdci:birth_date`, `DOB` and `area-code` are names like any other."""
    name = said.rpartition(":")[2].casefold().replace("-", "_") if isinstance(said, str) else ""
    return BY_NAME.get(name)


def named(said: object, granted: frozenset[FieldGroup], code: Code = Code.CRITERIA) -> Attribute:
    found = known(said)
    if found is None:
        raise Rejected(code, UNKNOWN, names=", ".join(Key))
    if found.group is not None and found.group not in granted:
        raise Rejected(code, NOT_GRANTED, group=found.group.value)
    return found


def value_of(attribute: Attribute, sent: object) -> Any:  # noqa: ANN401 - as the attribute has it
    if isinstance(sent, bool) or not isinstance(sent, str | int | float):
        raise Rejected(Code.CRITERIA, NO_VALUE, name=attribute.key.value)
    try:
        return attribute.read(_said(sent))
    except ValueError:
        raise Rejected(Code.CRITERIA, NO_VALUE, name=attribute.key.value) from None


def _said(sent: str | float) -> str:
    whole = isinstance(sent, float) and sent.is_integer() and abs(sent) < LARGEST
    return str(int(sent)) if whole else str(sent)[: 2 * LONGEST_VALUE].strip()
