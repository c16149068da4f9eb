"""Households (ruta), families (KK) and members (ART) of the registry share one short life.

A record is proposed until the ministry determines it, then registered; it may be inactive, never
gone. While its household's proposal is on its way it is frozen.
"""

from enum import StrEnum

from app.domain.actors import Role
from app.domain.workflow import Fact, Ground, Transition, Workflow


class RecordState(StrEnum):
    PROPOSED = "proposed"
    REGISTERED = "registered"
    INACTIVE = "inactive"


class RecordAction(StrEnum):
    ENTER = "enter"
    AMEND = "amend"
    REMOVE = "remove"
    RESTORE = "restore"
    REGISTER = "register"


S, A = RecordState, RecordAction
EDITORS = frozenset({Role.VILLAGE_OPERATOR, Role.REGENCY_OPERATOR, Role.ENUMERATOR})
DETERMINER = frozenset({Role.MINISTRY_DETERMINER})
NOTE = frozenset({Ground.NOTE})
Records = Workflow[RecordState, RecordAction]


def _records(name: str, *, removed_unless: Fact) -> Records:
    frozen = Fact.ON_ITS_WAY
    # fmt: off
    return Workflow(name, initial=S.PROPOSED, begun=(A.ENTER, EDITORS), transitions=[
        Transition(A.AMEND,    S.PROPOSED, S.PROPOSED,   EDITORS, unless=frozen),
        Transition(A.REMOVE,   S.PROPOSED, S.INACTIVE,   EDITORS, NOTE, unless=removed_unless),
        Transition(A.RESTORE,  S.INACTIVE, S.PROPOSED,   EDITORS, NOTE, unless=frozen),
        Transition(A.REGISTER, S.PROPOSED, S.REGISTERED, DETERMINER),
    ])
    # fmt: on


# How it stands with the proposal about a household, and what follows for its records.
SITUATIONS: dict[str, frozenset[Fact]] = {
    "free": frozenset(),
    "proposed": frozenset({Fact.PROPOSED}),
    "on_its_way": frozenset({Fact.PROPOSED, Fact.ON_ITS_WAY}),
}

HOUSEHOLDS = _records("household", removed_unless=Fact.PROPOSED)
FAMILIES = _records("family", removed_unless=Fact.ON_ITS_WAY)
MEMBERS = _records("member", removed_unless=Fact.ON_ITS_WAY)
