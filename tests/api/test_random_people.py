"""Random people, in random roles and places, try whatever comes to mind with random proposals.

What the service offered to somebody is what he may do, and nothing else is; every state is the
fold of its audit; nothing is ever our fault. The moves are Hypothesis's, the same in every run.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, TypeVar

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, assume, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import booleans, sampled_from

from app.db import roles
from app.domain.actors import TIERS_OF, Role
from app.domain.proposals import ProposalState, Verdict
from app.domain.regions import Region, Tier
from tests.conftest import Run, registry_of, serving
from tests.contract import Promise
from tests.db.copies import BULAKAN, CIKERAI, Copy, a_copy
from tests.registry import DECREE, LETTER, Caller, Registry, a_household, a_member

R = Role
Json = dict[str, Any]
Answer = TypeVar("Answer")

PEOPLE = [
    R.VILLAGE_OPERATOR, R.VILLAGE_HEAD, R.DISTRICT_OFFICER, R.REGENCY_OPERATOR, R.REGENCY_VERIFIER,
    R.REGENCY_ENDORSER, R.PROVINCE_OFFICER, R.MINISTRY_ANALYST, R.MINISTRY_DETERMINER, R.AUDITOR,
    R.ENUMERATOR, R.REGENCY_ADMIN,
]  # fmt: skip
ACTIONS = ["submit", "withdraw", *Verdict]
GIVEN: Json = {
    "reason": "data_incomplete",
    "note": "Lengkapi berkasnya.",
    **LETTER,
    **DECREE,
}
REFUSALS = {403, 404, 409, 412, 422}
KINDS = ["new_family", "correction", "removal", "programme"]
NOT_OF_THE_TABLE = {"submit"}  # what is asked may be incomplete, or asked already


class Stage:
    """The service in a thread of its own, and a regency in which everybody can be found."""

    def __init__(self, portal: BlockingPortal, registry: Registry) -> None:
        self.portal = portal
        self.registry = registry

    def does(
        self,
        what: Callable[..., Coroutine[Any, Any, Answer]],
        *said: Any,  # noqa: ANN401
        **more: Any,  # noqa: ANN401
    ) -> Answer:
        return self.portal.call(partial(what, *said, **more))


class RandomPeople(RuleBasedStateMachine):
    proposals = Bundle("proposals")

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.registry = stage.registry
        self.known: dict[str, Json] = {}  # as the village's operator read it last

    @initialize(target=proposals)
    def somebody_is_registered(self) -> str:
        does = self.stage.does
        village = self.registry.village
        wife = {"number": 2, "name": "Siti Aminah", "sex": 2, "relation_to_household_head": 2}
        couple = a_household(
            village,
            a_member(village),
            a_member(village, **wife, relation_to_family_head=2),
        )
        proposal = does(self.registry.proposal, "determined", families=couple["families"])
        self.home = does(self.registry.home_of, proposal["household_id"])
        return self._remember(proposal)

    @rule(target=proposals, kind=sampled_from(KINDS))
    def somebody_drafts(self, kind: str) -> str:
        if kind == "new_family":
            return self._remember(self.stage.does(self.registry.proposal))
        head, wife = self.home["members"]
        about: Json = {
            "correction": {"member_id": wife["id"]},
            "removal": {"member_id": wife["id"]},
            "programme": {"family_id": head["family_id"]},
        }[kind]
        asks = {
            "correction": {
                "changes": {"birth_place": "Serang"},
                "note": "Sesuai KTP.",
                "evidence": [{"type": "identity_card_copy", "note": "KTP asli."}],
            },
            "removal": {
                "reason": "deceased",
                "effective_on": "2026-11-02",
                "evidence": [{"type": "death_certificate", "note": "Akta kematian."}],
            },
            "programme": {"programme": "SEMBAKO", "payee_id": head["id"]},
        }[kind]
        drafted = self.stage.does(self.registry.asks, kind, self.home, asks, **about)
        return self._remember(drafted)

    @rule(proposal=proposals, outcome=sampled_from(["eligible", "postponed", "not_eligible"]))
    def the_village_deliberates(self, proposal: str, outcome: str) -> None:
        known = self.known[proposal]
        assume(known["state"] == "awaiting_deliberation")
        said = {"reason": "no_longer_poor"} if outcome == "not_eligible" else {}
        self.stage.does(self.registry.deliberated, known, outcome=outcome, **said)
        led_to = {"eligible": "awaiting_village_head", "not_eligible": "rejected"}
        assert self._read(proposal)["state"] == led_to.get(outcome, "awaiting_deliberation")

    @rule(
        proposal=proposals,
        role=sampled_from(PEOPLE),
        at_home=sampled_from([True, True, True, False]),
        action=sampled_from(ACTIONS),
        to=sampled_from(ProposalState),
        to_the_point=sampled_from([True, True, True, False]),
        outdated=sampled_from([False, False, False, True]),
    )
    def somebody_tries(  # noqa: PLR0913, PLR0917 - who, what, how
        self,
        proposal: str,
        role: Role,
        at_home: bool,  # noqa: FBT001
        action: str,
        to: ProposalState,
        to_the_point: bool,  # noqa: FBT001
        outdated: bool,  # noqa: FBT001
    ) -> None:
        caller = self._person(role, at_home=at_home)
        before = self.known[proposal]
        offer = self._offer(caller, proposal, action)
        chosen = self._target(offer, to, to_the_point=to_the_point)
        response = self.stage.does(
            caller.takes,
            action,
            before,
            target=chosen,
            version=before["version"] - outdated,
            **self._grounds(offer, to_the_point=to_the_point),
        )
        after = self._read(proposal)
        if response.status_code == 201:
            assert offer is not None, f"{role} was never offered to {action}"
            assert not outdated
            assert after["version"] == before["version"] + 1
            assert after["state"] == response.json()["target"]
            return
        assert response.status_code in REFUSALS, response.text
        assert (after["state"], after["version"]) == (before["state"], before["version"])
        if offer and to_the_point and not outdated and action not in NOT_OF_THE_TABLE:
            raise AssertionError(f"{role} was offered to {action}, but: {response.text}")

    @rule(proposal=proposals, role=sampled_from(PEOPLE), of_the_country=booleans())
    def somebody_looks(self, proposal: str, role: Role, of_the_country: bool) -> None:  # noqa: FBT001
        caller = self._person(role, at_home=not of_the_country)
        response = self.stage.does(caller.gets, f"/v1/proposals/{proposal}")
        if response.status_code == 200:
            assert response.json()["state"] == self.known[proposal]["state"]
        else:
            assert response.status_code in {403, 404}

    def teardown(self) -> None:
        """Every proposal stands where the fold of its audit leads, step by step."""
        for proposal in self.known:
            state, version = None, 0
            for entry in self.stage.does(self.registry.audit_of, proposal):
                if entry["workflow"] == "proposal":
                    assert (entry["source"], entry["version"]) == (state, version + 1)
                    state, version = entry["target"], entry["version"]
            read = self._read(proposal)
            assert (read["state"], read["version"]) == (state, version)

    # ---

    def _remember(self, proposal: Json) -> str:
        self.known[proposal["id"]] = proposal
        return str(proposal["id"])

    def _read(self, proposal: str) -> Json:
        operator = self.stage.does(self.registry.caller, R.VILLAGE_OPERATOR)
        self.known[proposal] = self.stage.does(operator.reads, {"id": proposal})
        return self.known[proposal]

    def _person(self, role: Role, *, at_home: bool) -> Caller:
        """At home the proposal is his to see; elsewhere it is not, unless he sees the country."""
        around = self.registry.village if at_home else self.registry.elsewhere
        tier = next(tier for tier in Tier if tier in TIERS_OF[role])
        return self.stage.does(self.registry.caller, role, over=around.at(tier))

    def _offer(self, caller: Caller, proposal: str, action: str) -> Json | None:
        response = self.stage.does(caller.gets, f"/v1/proposals/{proposal}")
        if response.status_code != 200:
            return None
        offers = response.json()["open_actions"]
        return next((each for each in offers if each["action"] == action), None)

    def _target(
        self, offer: Json | None, target: ProposalState, *, to_the_point: bool
    ) -> str | None:
        if offer is None or not to_the_point:
            return target
        return offer["targets"][0] if offer["targets"] else None

    def _grounds(self, offer: Json | None, *, to_the_point: bool) -> Json:
        if offer is None or not to_the_point:
            return {"note": "Demikian."}
        return {need: GIVEN[need] for need in offer["needs"]}


@pytest.fixture
async def copy(run: Run, database_name: str) -> AsyncIterator[Copy]:
    """A registry in which no other test has put anything beside the audit."""
    async with a_copy(run, f"{database_name}_random") as copy:
        yield copy


@contextmanager
def a_stage(app_url: str, village: Region, neighbour: Region) -> Iterator[Stage]:
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        enter = portal.wrap_async_context_manager
        app = stack.enter_context(enter(serving(app_url)))
        registry = stack.enter_context(enter(registry_of(app, Promise(app), village, neighbour)))
        stage = Stage(portal, registry)
        stage.does(registry.decree_is_open)
        yield stage


@pytest.mark.timeout(240)
def test_nobody_does_what_he_was_not_offered_and_everybody_what_he_was(run: Run, copy: Copy):
    with a_stage(run.url(copy.name, roles.APP), BULAKAN, CIKERAI) as stage:
        run_state_machine_as_test(
            lambda: RandomPeople(stage),
            settings=settings(
                max_examples=8,
                stateful_step_count=40,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        report = stage.does(copy.verified)
    assert report.intact, report.fault
