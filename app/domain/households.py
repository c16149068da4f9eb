"""Households (ruta), families (KK) and members (ART) of the registry share one short life.

A record is proposed until the ministry determines it, then registered; it may be inactive, never
gone. While its household's proposal is on its way it is frozen.
"""

from enum import StrEnum

from app.domain.actors import Role
from app.domain.facts import Fact
from app.domain.workflow import Ground, Transition, Workflow


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
    ADMIT = "admit"  # somebody is drafted into it
    CORRECT = "correct"
    TAKE_OUT = "take_out"
    BRING_BACK = "bring_back"
    RELOCATE = "relocate"  # into another household


S, A = RecordState, RecordAction
EDITORS = frozenset({Role.VILLAGE_OPERATOR, Role.REGENCY_OPERATOR, Role.ENUMERATOR})
DETERMINER = frozenset({Role.MINISTRY_DETERMINER})
NOTE = frozenset({Ground.NOTE})
Records = Workflow[RecordState, RecordAction]


# What comes about by the determination of a proposal: nobody asks for it here.
BY_PROPOSAL = frozenset({A.CORRECT, A.TAKE_OUT, A.BRING_BACK, A.RELOCATE})
# The household's own table says whether somebody may be drafted into it.
ADMITS = Transition(A.ADMIT, S.REGISTERED, S.REGISTERED, EDITORS)
RELOCATED = Transition(A.RELOCATE, S.REGISTERED, S.REGISTERED, DETERMINER)


def _records(
    name: str,
    *also: Transition[RecordState, RecordAction],
    removed_unless: Fact,
    begun_by: frozenset[Role] = EDITORS,
) -> Records:
    frozen = Fact.ON_ITS_WAY
    never_again = frozenset({frozen, Fact.ONCE_REGISTERED})
    # fmt: off
    begun = (A.ENTER, begun_by)
    return Workflow(name, initial=S.PROPOSED, begun=begun, implied=BY_PROPOSAL, transitions=[
        *also,
        Transition(A.AMEND,    S.PROPOSED, S.PROPOSED,   EDITORS, unless=frozen),
        Transition(A.REMOVE,   S.PROPOSED, S.INACTIVE,   EDITORS, NOTE, unless=removed_unless),
        Transition(A.RESTORE,  S.INACTIVE, S.PROPOSED,   EDITORS, NOTE, unless=never_again),
        Transition(A.REGISTER, S.PROPOSED, S.REGISTERED, DETERMINER),
        Transition(A.CORRECT,    S.REGISTERED, S.REGISTERED, DETERMINER),
        Transition(A.TAKE_OUT,   S.REGISTERED, S.INACTIVE,   DETERMINER),
        Transition(A.BRING_BACK, S.INACTIVE,   S.REGISTERED, DETERMINER),
    ])
    # fmt: on


# How it stands with the proposal about a household, and what follows for its records.
SITUATIONS: dict[str, frozenset[Fact]] = {
    "free": frozenset(),
    "proposed": frozenset({Fact.PROPOSED}),
    "on_its_way": frozenset({Fact.PROPOSED, Fact.ON_ITS_WAY}),
    "once_registered": frozenset({Fact.ONCE_REGISTERED}),
}

HOUSEHOLDS = _records("household", ADMITS, removed_unless=Fact.PROPOSED)
# A family that moves is entered anew where it comes to, at the determination.
FAMILIES = _records("family", removed_unless=Fact.ON_ITS_WAY, begun_by=EDITORS | DETERMINER)
MEMBERS = _records("member", RELOCATED, removed_unless=Fact.ON_ITS_WAY)
