"""What a regency decides for itself: whether its districts check proposals or only pass them on."""

from enum import StrEnum

from app.domain.actors import Role
from app.domain.facts import Fact
from app.domain.workflow import Transition, Workflow


class PolicyState(StrEnum):
    IN_FORCE = "in_force"


class PolicyAction(StrEnum):
    SET = "set"
    AMEND = "amend"


ADMIN = frozenset({Role.REGENCY_ADMIN})

POLICIES = Workflow(
    "policy",
    initial=PolicyState.IN_FORCE,
    begun=(PolicyAction.SET, ADMIN),
    transitions=[
        Transition(PolicyAction.AMEND, PolicyState.IN_FORCE, PolicyState.IN_FORCE, ADMIN),
    ],
)


def road(*, district_checks: bool) -> Fact:
    """The fact a proposal's table asks for. Without a policy the district only passes on."""
    return Fact.DISTRICT_CHECKS if district_checks else Fact.DISTRICT_FORWARDS
