"""What each role reads of a person, and what for. The second column of every permission.

The workflows say who may act; this table says who may look. It is a table for the same reason:
it can be printed, tested role by role, and read by whoever answers for it.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.actors import Role


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
    R.INTEGRATION:             NOTHING,  # a machine reads by its grant, and has none yet
}
# fmt: on

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
