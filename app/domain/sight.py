"""What each role reads of a person, and what for. The second column of every permission.

The workflows say who may act; this table says who may look. It is a table for the same reason:
it can be printed, tested role by role, and read by whoever answers for it.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from app.domain.actors import Actor, Role
from app.domain.agreements import AgreementExpired, FieldGroup
from app.domain.errors import NotPermitted, Said
from app.domain.questionnaire.codebooks import CODEBOOKS


class Shown(StrEnum):
    """How a field that names somebody is shown."""

    CLEAR = "clear"
    MASKED = "masked"
    HIDDEN = "hidden"


class Survey(StrEnum):
    """How much of the questionnaire is shown."""

    FULL = "full"
    SUMMARY = "summary"
    HIDDEN = "hidden"


class Purpose(StrEnum):
    """What people's data are read for: one of these stands in every access entry."""

    VERIFICATION = "verification"
    SERVICE = "service"
    AUDIT = "audit"
    EXTRACT = "extract"
    CORRECTION = "correction"


@dataclass(frozen=True)
class Sight:
    """What one role reads of a person. NIK and KK in the clear stand in details, never in lists."""

    identity: Shown  # name, birth, mother's name, address
    nik: Shown  # NIK and KK
    survey: Survey
    health: bool  # disability, illness, pregnancy, school
    programmes: bool

    @property
    def of_people(self) -> bool:
        """Whether the role reads anything of anybody."""
        return self != NOTHING

    @property
    def withheld(self) -> Mapping[str, frozenset[str]]:
        """The answers of a sheet that are not for the reader: keys, by where they stand."""
        return keys_of(
            *(() if self.health else HEALTH),
            *(() if self.programmes else ("programmes",)),
            *(() if self.identity is Shown.CLEAR else (NAMING,)),
        )


HEALTH = ("health", "school")  # groups of the codebooks; what is in them, the audit does not repeat
NAMING = "naming"  # no group of theirs: answers by which somebody is told from all others
# Some of them are of a group besides, and then for who reads both.
ANSWERS_THAT_NAME: Mapping[str, frozenset[str]] = {
    "household": frozenset(
        {"water_customer_number", "electricity_customer_number", "gas_customer_number"}
    ),
    "members": frozenset({"pbi_number"}),
    "rosters.business": frozenset({"member_name"}),
    "rosters.dependants_outside": frozenset(
        {"name", "nik", "address", "student_number", "school_name"}
    ),
}


@cache
def keys_of(*groups: str) -> Mapping[str, frozenset[str]]:
    """Where the answers of these groups stand, in whichever generation of the form."""
    found: dict[str, frozenset[str]] = {}
    for codebook in CODEBOOKS.values():
        for group in groups:
            asked = ANSWERS_THAT_NAME if group == NAMING else codebook.keys_of(group)
            for place, keys in asked.items():
                found[place] = found.get(place, frozenset()) | keys
    return found


def pointers_to(places: Mapping[str, Iterable[str]]) -> str:
    """A pattern of the pointers to these answers, for Python and for PostgreSQL alike."""
    found = [_pattern(place, keys) for place, keys in sorted(places.items())]
    return f"^/answers/({'|'.join(found)})$" if found else "^$"


def _pattern(place: str, keys: Iterable[str]) -> str:
    named = f"({'|'.join(map(re.escape, sorted(keys)))})"
    section, _, roster = place.partition(".")
    if section == "members":
        return f"members/[^/]+/{named}"
    if roster:
        return f"rosters/{roster}/[0-9]+/{named}"
    return f"rosters/{named}(/.*)?" if section == "rosters" else f"{section}/{named}"


NOTHING = Sight(Shown.HIDDEN, Shown.HIDDEN, Survey.HIDDEN, health=False, programmes=False)

R, S, V = Role, Shown, Survey

# fmt: off
SIGHT_OF: dict[Role, Sight] = {
    #                                identity  NIK, KK   survey
    R.ENUMERATOR:              Sight(S.CLEAR,  S.CLEAR,  V.FULL,    health=True,  programmes=True),
    R.VILLAGE_OPERATOR:        Sight(S.CLEAR,  S.CLEAR,  V.FULL,    health=True,  programmes=True),
    R.VILLAGE_HEAD:            Sight(S.CLEAR,  S.CLEAR,  V.FULL,    health=True,  programmes=True),
    R.DISTRICT_OFFICER:        Sight(S.CLEAR,  S.MASKED, V.FULL,    health=False, programmes=True),
    R.REGENCY_OPERATOR:        Sight(S.CLEAR,  S.CLEAR,  V.FULL,    health=True,  programmes=True),
    R.REGENCY_VERIFIER:        Sight(S.CLEAR,  S.CLEAR,  V.FULL,    health=True,  programmes=True),
    R.REGENCY_ENDORSER:        Sight(S.CLEAR,  S.MASKED, V.SUMMARY, health=False, programmes=True),
    R.CIVIL_REGISTRY_OFFICER:  Sight(S.CLEAR,  S.CLEAR,  V.HIDDEN,  health=False, programmes=False),
    R.REGENCY_ADMIN:           NOTHING,
    R.PROVINCE_OFFICER:        Sight(S.CLEAR,  S.MASKED, V.FULL,    health=False, programmes=True),
    R.MINISTRY_ANALYST:        Sight(S.CLEAR,  S.CLEAR,  V.FULL,    health=True,  programmes=True),
    R.MINISTRY_DETERMINER:     Sight(S.CLEAR,  S.MASKED, V.SUMMARY, health=False, programmes=True),
    R.MINISTRY_ADMIN:          NOTHING,
    R.AUDITOR:                 Sight(S.MASKED, S.MASKED, V.HIDDEN,  health=False, programmes=False),
    R.INTEGRATION:             NOTHING,  # a machine reads by its agreement: see `sight_of`
}
# fmt: on


def sight_of(actor: Actor) -> Sight:
    """What somebody reads of people: a person by the role, a machine by its agreement."""
    agreement = actor.agreement
    if agreement is None or actor.role is not Role.INTEGRATION:
        return SIGHT_OF[actor.role]
    if not agreement.in_force:
        raise AgreementExpired(agreement)
    return granted(agreement.fields)


def sight_as_agreed(actor: Actor) -> Sight:
    """To be told about it: as `sight_of`, and nothing while the agreement is not in force."""
    agreement = actor.agreement
    return NOTHING if agreement is not None and not agreement.in_force else sight_of(actor)


def granted(fields: Collection[FieldGroup]) -> Sight:
    """What an agreement over these groups of fields lets a machine read."""
    identity = Shown.CLEAR if FieldGroup.IDENTITY in fields else Shown.HIDDEN
    return Sight(
        identity,
        identity,
        Survey.FULL if FieldGroup.SURVEY in fields else Survey.HIDDEN,
        health=FieldGroup.HEALTH in fields,
        programmes=FieldGroup.PROGRAMMES in fields,
    )


class ReadsNobody(NotPermitted):
    """This role reads nothing of people."""

    title = Said(id="Peran ini tidak membaca data orang", en="This role reads nothing of people")
    detail = Said(
        id="Peran {role} tidak diberi hak membaca data orang. Mintalah petugas yang berhak.",
        en="The role {role} has no right to read of people. Ask an officer whose role has.",
    )


def sight_of_people(actor: Actor) -> Sight:
    """As `sight_of`, and whoever reads nothing of anybody is refused."""
    sight = sight_of(actor)
    if not sight.of_people:
        raise ReadsNobody(role=actor.role)
    return sight


P = Purpose

# What a role usually reads people for: written down where the request does not say (X-Purpose).
USUAL_PURPOSE_OF: dict[Role, Purpose] = {
    R.ENUMERATOR: P.VERIFICATION,
    R.VILLAGE_OPERATOR: P.SERVICE,
    R.VILLAGE_HEAD: P.VERIFICATION,
    R.DISTRICT_OFFICER: P.VERIFICATION,
    R.REGENCY_OPERATOR: P.SERVICE,
    R.REGENCY_VERIFIER: P.VERIFICATION,
    R.REGENCY_ENDORSER: P.VERIFICATION,
    R.CIVIL_REGISTRY_OFFICER: P.CORRECTION,
    R.REGENCY_ADMIN: P.SERVICE,
    R.PROVINCE_OFFICER: P.VERIFICATION,
    R.MINISTRY_ANALYST: P.VERIFICATION,
    R.MINISTRY_DETERMINER: P.VERIFICATION,
    R.MINISTRY_ADMIN: P.SERVICE,
    R.AUDITOR: P.AUDIT,
    R.INTEGRATION: P.EXTRACT,
}
