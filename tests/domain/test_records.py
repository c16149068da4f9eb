"""Households, families and members: who may do what with them, exhaustively."""

from contextlib import suppress
from itertools import product
from uuid import uuid4

import pytest

from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.errors import Refusal
from app.domain.households import (
    FAMILIES,
    HOUSEHOLDS,
    MEMBERS,
    SITUATIONS,
    RecordAction,
    Records,
    RecordState,
)
from app.domain.policies import POLICIES, PolicyAction, PolicyState
from app.domain.regions import Region, Tier
from app.domain.workflow import Ground
from tests.domain.test_proposal_workflow import A_REGION

NOTE = {Ground.NOTE: "salah ketik"}
EDITORS = {"village_operator", "regency_operator", "enumerator"}

# By hand: (situation, state, action) -> the state it leads to, for those who edit.
EDITED = {
    ("free", "proposed", "amend"): "proposed",
    ("free", "proposed", "remove"): "inactive",
    ("free", "inactive", "restore"): "proposed",
    ("proposed", "proposed", "amend"): "proposed",
    ("proposed", "inactive", "restore"): "proposed",
    ("once_registered", "proposed", "amend"): "proposed",
    ("once_registered", "proposed", "remove"): "inactive",
}
# A family or a member may leave the draft while it is being proposed, the household may not.
LEAVES = {("proposed", "proposed", "remove"): "inactive"}
# Into a registered household somebody may be drafted, whatever else is proposed of it.
ADMITS = {(situation, "registered", "admit"): "registered" for situation in SITUATIONS}
# What the determination of a proposal brings about, whatever the situation.
DETERMINED = {
    ("proposed", "register"): "registered",
    ("registered", "correct"): "registered",
    ("registered", "take_out"): "inactive",
    ("inactive", "bring_back"): "registered",
}
# People move into another household; households and families do not.
RELOCATED = {("registered", "relocate"): "registered"}


def a(role: Role) -> Actor:
    tier = next(tier for tier in Tier if tier in TIERS_OF[role])
    return Actor(uuid4(), role, Region(A_REGION[tier]))


def taken(records: Records, by: Actor) -> dict[tuple[str, str, str], str]:
    """Of all the steps there are, in every situation, those that are not refused."""
    found: dict[tuple[str, str, str], str] = {}
    for situation, state, action in product(SITUATIONS, RecordState, RecordAction):
        with suppress(Refusal):
            step = records.step(state, action, by=by, grounds=NOTE, facts=SITUATIONS[situation])
            found[situation, state, action] = step.target
    return found


@pytest.mark.parametrize("records", [HOUSEHOLDS, FAMILIES, MEMBERS], ids=lambda r: r.name)
@pytest.mark.parametrize("role", Role)
def test_a_draft_is_edited_by_the_village_registered_by_the_ministry_and_frozen_in_between(
    records: Records, role: Role
):
    expected = EDITED | (ADMITS if records is HOUSEHOLDS else LEAVES) if role in EDITORS else {}
    if role == "ministry_determiner":
        determined = DETERMINED | (RELOCATED if records is MEMBERS else {})
        expected = {(of, *step): to for of in SITUATIONS for step, to in determined.items()}

    assert taken(records, a(role)) == expected


@pytest.mark.parametrize("role", Role)
def test_only_those_who_edit_enter(role: Role):
    try:
        HOUSEHOLDS.begin(by=a(role))
        entered = True
    except Refusal:
        entered = False

    assert entered == (role in EDITORS)


@pytest.mark.parametrize("role", Role)
def test_a_policy_is_its_regencys_admins(role: Role):
    try:
        POLICIES.begin(by=a(role))
        POLICIES.step(PolicyState.IN_FORCE, PolicyAction.AMEND, by=a(role))
        sets = True
    except Refusal:
        sets = False

    assert sets == (role == "regency_admin")
