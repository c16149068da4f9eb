"""The workflow of a proposal, exhaustively: every role, every state, every action, every road."""

from itertools import product
from uuid import uuid4

import pytest

from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.diagrams import as_markdown, as_mermaid
from app.domain.errors import Refusal
from app.domain.proposals import (
    ENDED,
    OUTCOME_LEADS_TO,
    PROPOSALS,
    Outcome,
    ProposalAction,
    ProposalState,
)
from app.domain.regions import Region, Tier
from app.domain.workflow import (
    ActionNotOpen,
    Fact,
    Ground,
    GroundsMissing,
    GroundsNotAsked,
    OwnWork,
    RoleMayNot,
    TargetNotOpen,
)

A_REGION = {
    Tier.VILLAGE: "3672011001",
    Tier.DISTRICT: "367201",
    Tier.REGENCY: "3672",
    Tier.PROVINCE: "36",
    Tier.NATION: "",
}
A = ProposalAction

# Written out by hand from the regulation and the handbook, on purpose: a second opinion against
# which the table in app/domain/proposals.py is checked. A change of rule changes both.
# (role, state, action) -> where it may lead
DESK = {"drafted", "awaiting_deliberation"}
ALLOWED: dict[tuple[str, str, str], set[str]] = {
    ("village_operator", "drafted", "submit"): {"awaiting_deliberation"},
    ("regency_operator", "drafted", "submit"): {"awaiting_deliberation"},
    ("village_operator", "drafted", "withdraw"): {"withdrawn"},
    ("regency_operator", "drafted", "withdraw"): {"withdrawn"},
    ("village_operator", "awaiting_deliberation", "withdraw"): {"withdrawn"},
    ("regency_operator", "awaiting_deliberation", "withdraw"): {"withdrawn"},
    ("village_operator", "awaiting_village_head", "withdraw"): {"withdrawn"},
    ("regency_operator", "awaiting_village_head", "withdraw"): {"withdrawn"},
    ("village_operator", "awaiting_deliberation", "deliberate"): {
        "awaiting_village_head",
        "rejected",
        "awaiting_deliberation",
    },
    ("village_head", "awaiting_village_head", "approve"): {"awaiting_district or awaiting_regency"},
    ("village_head", "awaiting_village_head", "return"): DESK,
    ("district_officer", "awaiting_district", "approve"): {"awaiting_regency"},
    ("district_officer", "awaiting_district", "return"): DESK,
    ("regency_verifier", "awaiting_regency", "approve"): {"awaiting_endorsement"},
    ("regency_verifier", "awaiting_regency", "return"): DESK,
    ("regency_verifier", "awaiting_regency", "reject"): {"rejected"},
    ("regency_endorser", "awaiting_endorsement", "approve"): {"awaiting_province"},
    ("regency_endorser", "awaiting_endorsement", "return"): DESK | {"awaiting_regency"},
    ("province_officer", "awaiting_province", "approve"): {"awaiting_ministry"},
    ("province_officer", "awaiting_province", "return"): DESK | {"awaiting_regency"},
    ("ministry_analyst", "awaiting_ministry", "approve"): {"awaiting_determination"},
    ("ministry_analyst", "awaiting_ministry", "return"): DESK | {"awaiting_regency"},
    ("ministry_analyst", "awaiting_ministry", "reject"): {"rejected"},
    ("ministry_determiner", "awaiting_determination", "approve"): {"determined"},
    ("ministry_determiner", "awaiting_determination", "return"): DESK
    | {"awaiting_regency", "awaiting_ministry"},
    ("ministry_determiner", "awaiting_determination", "reject"): {"rejected"},
}
# Whoever leaves hands over his work, wherever it is on its way; ended work is nobody's.
ON_SOMEBODYS_DESK = [*DESK, "awaiting_village_head", "awaiting_district", "awaiting_regency"]
ON_SOMEBODYS_DESK += ["awaiting_endorsement", "awaiting_province", "awaiting_ministry"]
ON_SOMEBODYS_DESK += ["awaiting_determination"]
ALLOWED |= {
    (admin, state, "hand_over"): {state}
    for admin in ("regency_admin", "ministry_admin")
    for state in ON_SOMEBODYS_DESK
}
NEEDS = {
    "submit": set(),
    "withdraw": {"note"},
    "deliberate": {"deliberation"},
    "return": {"reason"},
    "reject": {"reason"},
    "hand_over": {"note"},
}
APPROVAL_NEEDS = {
    "awaiting_endorsement": {"letter_number", "letter_date"},
    "awaiting_determination": {"decree_number", "decree_date"},
}
EVERY_CASE = list(product(Role, ProposalState, ProposalAction))
ROADS = {
    Fact.DISTRICT_CHECKS: "awaiting_district",
    Fact.DISTRICT_FORWARDS: "awaiting_regency",
}


def a(role: Role) -> Actor:
    tier = next(tier for tier in Tier if tier in TIERS_OF[role])
    return Actor(uuid4(), role, Region(A_REGION[tier]))


def enough(state: ProposalState, action: ProposalAction, to: object = None) -> dict[Ground, object]:
    """The grounds the regulation asks for, and no others."""
    needs = APPROVAL_NEEDS.get(state, set()) if action == "approve" else NEEDS[action]
    if action == "deliberate" and to == "rejected":
        needs = needs | {"reason"}
    return {Ground(need): "given" for need in needs}


def reached(role: Role, state: ProposalState, action: ProposalAction, road: Fact) -> set[str]:
    """Everywhere the action can lead, whatever target is named."""
    found: set[str] = set()
    for target in [None, *ProposalState]:
        try:
            step = PROPOSALS.step(
                state,
                action,
                by=a(role),
                grounds=enough(state, action, target) if action != "draft" else {},
                facts={road},
                to=target,
            )
        except Refusal:
            continue
        found.add(step.target)
    return found


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize(("role", "state", "action"), EVERY_CASE)
def test_what_the_regulation_allows_is_allowed_and_nothing_else(
    role: Role, state: ProposalState, action: ProposalAction, road: Fact
):
    allowed = ALLOWED.get((role, state, action), set())
    if allowed == {"awaiting_district or awaiting_regency"}:
        allowed = {ROADS[road]}

    assert reached(role, state, action, road) == allowed


@pytest.mark.parametrize("state", ProposalState)
def test_a_role_that_never_takes_an_action_hears_so_whatever_the_state(state: ProposalState):
    with pytest.raises(RoleMayNot) as refused:
        PROPOSALS.step(state, A.APPROVE, by=a(Role.AUDITOR), grounds={})

    assert refused.value.words["role"] == "auditor"


def test_an_action_out_of_turn_is_refused_naming_the_state():
    with pytest.raises(ActionNotOpen) as refused:
        PROPOSALS.step(ProposalState.DETERMINED, A.SUBMIT, by=a(Role.VILLAGE_OPERATOR))

    assert refused.value.words["state"] == "determined"


@pytest.mark.parametrize(("role", "state", "action"), sorted(ALLOWED))
def test_a_step_without_its_grounds_is_refused_naming_each(role: str, state: str, action: str):
    needs = APPROVAL_NEEDS.get(state, set()) if action == "approve" else NEEDS[action]
    [target, *_] = sorted(ALLOWED[role, state, action] - {"rejected"} or {"rejected"})
    to = ProposalState(target) if target in set(ProposalState) else None
    road = {Fact.DISTRICT_CHECKS}

    for need in needs:
        grounds = {Ground(other): "given" for other in needs - {need}}
        with pytest.raises(GroundsMissing) as refused:
            PROPOSALS.step(
                ProposalState(state),
                A(action),
                by=a(Role(role)),
                grounds=grounds,
                facts=road,
                to=to,
            )
        assert [fault.pointer for fault in refused.value.faults] == [f"/grounds/{need}"]
    given = {Ground(need): "given" for need in needs}
    assert PROPOSALS.step(
        ProposalState(state), A(action), by=a(Role(role)), grounds=given, facts=road, to=to
    )


@pytest.mark.parametrize(("role", "state", "action"), sorted(ALLOWED))
def test_a_step_with_grounds_it_does_not_rest_on_is_refused_naming_each(
    role: str, state: str, action: str
):
    [target, *_] = sorted(ALLOWED[role, state, action] - {"rejected"} or {"rejected"})
    chosen = action in {"deliberate", "return"}
    to = ProposalState(target) if chosen else None
    grounds = enough(ProposalState(state), A(action))
    foreign = sorted(set(Ground) - grounds.keys() - {Ground.NOTE})

    for ground in foreign:
        with pytest.raises(GroundsNotAsked) as refused:
            PROPOSALS.step(
                ProposalState(state),
                A(action),
                by=a(Role(role)),
                grounds={**grounds, ground: "given"},
                facts={Fact.DISTRICT_CHECKS},
                to=to,
            )
        assert [fault.pointer for fault in refused.value.faults] == [f"/grounds/{ground}"]


def test_an_approval_that_names_another_target_goes_nowhere():
    with pytest.raises(TargetNotOpen):
        PROPOSALS.step(
            ProposalState.AWAITING_REGENCY,
            A.APPROVE,
            by=a(Role.REGENCY_VERIFIER),
            to=ProposalState.DRAFTED,
        )


def test_a_name_the_deliberation_finds_not_eligible_is_rejected_with_a_reason():
    with pytest.raises(GroundsMissing) as refused:
        PROPOSALS.step(
            ProposalState.AWAITING_DELIBERATION,
            A.DELIBERATE,
            by=a(Role.VILLAGE_OPERATOR),
            grounds={Ground.DELIBERATION: {"outcome": "not_eligible"}},
            to=OUTCOME_LEADS_TO[Outcome.NOT_ELIGIBLE],
        )

    assert [fault.pointer for fault in refused.value.faults] == ["/grounds/reason"]


def test_sending_back_or_ending_a_proposal_never_goes_without_words():
    ending = [row for row in PROPOSALS.transitions if row.target in ENDED]
    back = [row for row in PROPOSALS.transitions if row.action is A.RETURN]
    decreed = {Ground.DECREE_NUMBER, Ground.DECREE_DATE}

    assert ending
    assert back
    for row in ending + back:
        assert row.needs & {Ground.REASON, Ground.NOTE} or row.needs == decreed


@pytest.mark.parametrize("action", [A.APPROVE, A.RETURN, A.REJECT])
def test_nobody_decides_on_his_own_proposal(action: ProposalAction):
    rows = [row for row in PROPOSALS.transitions if row.action is action]

    assert rows
    for row in rows:
        facts = {Fact.OWN_WORK, Fact.DISTRICT_CHECKS}
        if row.when is Fact.DISTRICT_FORWARDS:
            facts = {Fact.OWN_WORK, Fact.DISTRICT_FORWARDS}
        [role] = row.by
        with pytest.raises(OwnWork):
            PROPOSALS.step(row.source, action, by=a(role), grounds={}, facts=facts, to=row.target)


def test_a_return_names_the_earlier_state_it_goes_to():
    with pytest.raises(TargetNotOpen) as refused:
        PROPOSALS.step(
            ProposalState.AWAITING_REGENCY,
            A.RETURN,
            by=a(Role.REGENCY_VERIFIER),
            grounds={Ground.REASON: "data_incomplete"},
        )

    assert refused.value.words["targets"] == ["drafted", "awaiting_deliberation"]


def test_every_state_can_be_reached_and_only_endings_lead_nowhere():
    reachable = {PROPOSALS.initial} | {row.target for row in PROPOSALS.transitions}
    endings = set(ProposalState) - {row.source for row in PROPOSALS.transitions}

    assert reachable == set(ProposalState)
    assert endings == {"determined", "rejected", "withdrawn"} == set(ENDED)


@pytest.mark.parametrize(("role", "state"), list(product(Role, ProposalState)))
def test_the_actions_offered_are_exactly_those_accepted(role: Role, state: ProposalState):
    offered = {offer.action for offer in PROPOSALS.open_to(role, state)}
    own = {offer.action for offer in PROPOSALS.open_to(role, state, facts={Fact.OWN_WORK})}
    accepted = {action for (r, s, action) in ALLOWED if (r, s) == (role, state)}

    assert offered == accepted
    assert own == accepted - {"approve", "return", "reject"}


def test_only_the_village_and_the_regency_on_its_behalf_propose():
    begins = set()
    for role in Role:
        try:
            begins.add(PROPOSALS.begin(by=a(role)).actor.role)
        except RoleMayNot:
            continue

    assert begins == {"village_operator", "regency_operator"}


def test_nobody_is_waited_for_to_hand_over():
    waiting = {role: set(PROPOSALS.waits_for(role)) for role in Role}

    assert waiting[Role.REGENCY_ADMIN] == waiting[Role.MINISTRY_ADMIN] == set()
    for role in set(Role) - {Role.REGENCY_ADMIN, Role.MINISTRY_ADMIN}:
        assert waiting[role] == {state for (r, state, _) in ALLOWED if r == role}
    assert "hand_over" not in as_mermaid(PROPOSALS)
    assert "hand_over" in as_markdown(PROPOSALS)
