"""The workflow of a proposal, exhaustively: every role, every state, every action, every road."""

from itertools import product
from uuid import uuid4

import pytest

from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.diagrams import as_markdown, as_mermaid
from app.domain.errors import Refusal
from app.domain.facts import Fact, NotYourLastWord, OwnFamily, OwnWork, VerifiedByYou
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
    Ground,
    GroundsMissing,
    GroundsNotAsked,
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
    ("village_operator", "drafted", "amend"): {"drafted"},
    ("regency_operator", "drafted", "amend"): {"drafted"},
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
    ("regency_operator", "awaiting_deliberation", "deliberate"): {
        "awaiting_village_head",
        "rejected",
        "awaiting_deliberation",
    },
    ("village_operator", "awaiting_deliberation", "declare"): {"awaiting_village_head"},
    ("regency_operator", "awaiting_deliberation", "declare"): {"awaiting_village_head"},
    ("village_head", "awaiting_village_head", "approve"): {"by road"},
    ("village_head", "awaiting_other_village", "meet"): {"by road"},
    ("village_head", "awaiting_other_village", "release"): {"awaiting_other_village"},
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
ON_SOMEBODYS_DESK = [*DESK, "awaiting_village_head", "awaiting_other_village"]
ON_SOMEBODYS_DESK += ["awaiting_district", "awaiting_regency"]
ON_SOMEBODYS_DESK += ["awaiting_endorsement", "awaiting_province", "awaiting_ministry"]
ON_SOMEBODYS_DESK += ["awaiting_determination"]
ALLOWED |= {
    (admin, state, "hand_over"): {state}
    for admin in ("regency_admin", "ministry_admin")
    for state in ON_SOMEBODYS_DESK
}
# One's own decision can be taken back from wherever it led, unless it was the ministry's decree.
TAKEN_BACK_FROM = {
    ("village_head", "awaiting_village_head"): DESK
    | {"awaiting_district", "awaiting_regency", "awaiting_other_village"},
    ("district_officer", "awaiting_district"): DESK | {"awaiting_regency"},
    ("regency_verifier", "awaiting_regency"): DESK | {"awaiting_endorsement", "rejected"},
    ("regency_endorser", "awaiting_endorsement"): DESK | {"awaiting_regency", "awaiting_province"},
    ("province_officer", "awaiting_province"): DESK | {"awaiting_regency", "awaiting_ministry"},
    ("ministry_analyst", "awaiting_ministry"): DESK
    | {"awaiting_regency", "awaiting_determination", "rejected"},
    ("ministry_determiner", "awaiting_determination"): DESK
    | {"awaiting_regency", "awaiting_ministry", "rejected"},
}
ALLOWED |= {
    (role, state, "undo"): {back_to}
    for (role, back_to), states in TAKEN_BACK_FROM.items()
    for state in states
}
# A move ends in both its villages: in the other by the hand of whoever ends it in one.
IN_THE_VILLAGE = [*DESK, "awaiting_village_head", "awaiting_other_village"]
ALLOWED |= {
    (role, state, "conclude"): {"rejected", "withdrawn"}
    for role in ("village_operator", "regency_operator")
    for state in IN_THE_VILLAGE
}
ALLOWED |= {
    (role, "awaiting_other_village", "conclude"): {"rejected"}
    for role in ("regency_verifier", "ministry_analyst")
}
ALLOWED |= {
    ("ministry_determiner", "awaiting_other_village", "conclude"): {"rejected", "determined"},
    ("village_operator", "awaiting_other_village", "withdraw"): {"withdrawn"},
    ("regency_operator", "awaiting_other_village", "withdraw"): {"withdrawn"},
}
TAKES = {"return": {Ground.MARKS}}
# What nobody asks for: a deliberation, a statement or the other end of a move brings it about.
IMPLIED = {"deliberate", "declare", "meet", "release", "conclude"}
NEEDS = {
    "meet": set(),
    "release": set(),
    "conclude": {"note"},
    "undo": set(),
    "amend": set(),
    "submit": set(),
    "withdraw": {"note"},
    "deliberate": {"deliberation"},
    "declare": {"statement"},
    "return": {"reason"},
    "reject": {"reason"},
    "hand_over": {"note"},
}
APPROVAL_NEEDS = {
    "awaiting_endorsement": {"letter_number", "letter_date"},
    "awaiting_determination": {"decree_number", "decree_date"},
}
ROADS = {
    Fact.DISTRICT_CHECKS: "awaiting_district",
    Fact.DISTRICT_FORWARDS: "awaiting_regency",
    Fact.OTHER_VILLAGE: "awaiting_other_village",
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
@pytest.mark.parametrize("role", Role)
def test_what_the_regulation_allows_is_allowed_and_nothing_else(role: Role, road: Fact):
    for state, action in product(ProposalState, ProposalAction):
        allowed = ALLOWED.get((role, state, action), set())
        if allowed == {"by road"}:
            allowed = {ROADS[road]} - {str(state)}

        assert reached(role, state, action, road) == allowed, (state, action)


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
    chosen = action in {"deliberate", "return", "conclude"}
    to = ProposalState(target) if chosen else None
    grounds = enough(ProposalState(state), A(action))
    foreign = sorted(set(Ground) - grounds.keys() - {Ground.NOTE} - TAKES.get(action, set()))

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


@pytest.mark.parametrize(
    ("fact", "refusal"), [(Fact.OWN_WORK, OwnWork), (Fact.OWN_FAMILY, OwnFamily)]
)
@pytest.mark.parametrize("action", [A.APPROVE, A.RETURN, A.REJECT])
def test_nobody_decides_on_his_own_proposal_or_family(
    action: ProposalAction, fact: Fact, refusal: type[Refusal]
):
    rows = [row for row in PROPOSALS.transitions if row.action is action]

    assert rows
    for row in rows:
        facts = {fact, row.when or Fact.DISTRICT_CHECKS}
        [role] = row.by
        with pytest.raises(refusal):
            PROPOSALS.step(row.source, action, by=a(role), grounds={}, facts=facts, to=row.target)


def test_whoever_verified_it_does_not_endorse_it_but_may_send_it_back():
    endorser, state = a(Role.REGENCY_ENDORSER), ProposalState.AWAITING_ENDORSEMENT
    verified = {Fact.VERIFIED_IT}

    with pytest.raises(VerifiedByYou):
        PROPOSALS.step(state, A.APPROVE, by=endorser, facts=verified)
    offered = PROPOSALS.open_to(Role.REGENCY_ENDORSER, state, facts=verified)
    assert [offer.action for offer in offered] == [A.RETURN]


@pytest.mark.parametrize(
    ("role", "state"), sorted((r, s) for (r, s, action) in ALLOWED if action == "undo")
)
def test_a_decision_is_undone_while_it_is_ones_own_last_word(role: str, state: str):
    others = {Fact.OTHERS_WORD}

    with pytest.raises(NotYourLastWord):
        PROPOSALS.step(ProposalState(state), A.UNDO, by=a(Role(role)), facts=others)
    offered = PROPOSALS.open_to(Role(role), ProposalState(state), facts=others)
    assert A.UNDO not in {offer.action for offer in offered}


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
    onward = [row for row in PROPOSALS.transitions if row.action is not A.UNDO]
    endings = set(ProposalState) - {row.source for row in onward}

    assert reachable == set(ProposalState)
    assert endings == {"determined", "rejected", "withdrawn"} == set(ENDED)


@pytest.mark.parametrize(("role", "state"), list(product(Role, ProposalState)))
def test_the_actions_offered_are_exactly_those_accepted(role: Role, state: ProposalState):
    offered = {offer.action for offer in PROPOSALS.open_to(role, state)}
    own = {offer.action for offer in PROPOSALS.open_to(role, state, facts={Fact.OWN_WORK})}
    accepted = {action for (r, s, action) in ALLOWED if (r, s) == (role, state)} - IMPLIED

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
        assert waiting[role] == {
            s for (r, s, a) in ALLOWED if r == role and a not in {"undo", *IMPLIED}
        }
    assert "hand_over" not in as_mermaid(PROPOSALS)
    assert "hand_over" in as_markdown(PROPOSALS)
