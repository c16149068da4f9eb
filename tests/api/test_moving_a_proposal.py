"""The walk of a proposal from the village to the ministry, and every way it can be refused."""

import asyncio

import pytest

from app.domain.actors import Role
from tests.registry import (
    DECREE,
    LETTER,
    REASON,
    ROAD,
    Registry,
    a_household,
    a_member,
    a_nik,
    pointers,
    refused,
)

R = Role


async def district_checks(registry: Registry, *, checks: bool, version: int = 0) -> None:
    admin = await registry.caller(R.REGENCY_ADMIN)
    path = f"/v1/policies/{admin.actor.region.code}"
    response = await admin.puts(path, {"district_checks": checks}, version=version)
    assert response.status_code == 200, response.text


async def states_to(registry: Registry, end: str) -> list[str]:
    proposal = await registry.proposal()
    states = [proposal["state"]]
    while proposal["state"] != end:
        proposal = await registry.moved_on(proposal)
        states.append(proposal["state"])
    return states


async def test_a_proposal_climbs_from_the_village_to_the_ministry(registry: Registry):
    without_district = [state for state in ROAD if state != "awaiting_district"]

    assert await states_to(registry, "determined") == [*without_district, "determined"]


async def test_the_district_checks_where_the_regencys_policy_has_it(regency: Registry):
    await district_checks(regency, checks=True)

    assert await states_to(regency, "determined") == [*ROAD, "determined"]


async def test_every_step_leaves_an_audit_entry_saying_who_what_and_why(registry: Registry):
    proposal = await registry.proposal("awaiting_regency")
    verifier = await registry.caller(R.REGENCY_VERIFIER)

    await verifier.takes("reject", proposal, reason="no_longer_poor", note="Rumah permanen.")

    entries = await registry.audit_of(proposal["id"])
    assert [entry["action"] for entry in entries] == [
        *("draft", "submit", "deliberate", "approve", "reject")
    ]
    last = entries[-1]
    assert (last["source"], last["target"]) == ("awaiting_regency", "rejected")
    assert last["actor_id"] == str(verifier.actor.id)
    assert (last["actor_role"], last["actor_region_code"]) == (
        "regency_verifier",
        verifier.actor.region.code,
    )
    assert last["grounds"] == {"reason": "no_longer_poor", "note": "Rumah permanen."}
    assert last["region_code"] == registry.village.code


async def test_the_determined_are_registered_with_ids_that_say_nothing(registry: Registry):
    proposal = await registry.proposal("determined")

    operator = await registry.caller(R.VILLAGE_OPERATOR)
    household = (await operator.gets(f"/v1/households/{proposal['household_id']}")).json()

    [member] = household["members"]
    [family] = household["families"]
    assert (household["state"], family["state"], member["state"]) == ("registered",) * 3
    assert household["dtks_id"].startswith("R")
    assert member["dtks_id"].startswith("A")
    for subject in (household, member):
        last = (await registry.audit_of(subject["id"]))[-1]
        assert (last["action"], last["actor_role"]) == ("register", "ministry_determiner")
        assert last["changed"] == ["/dtks_id"]


class TestSubmitting:
    async def test_tells_all_that_is_wanting_at_once_and_keeps_the_draft(self, registry: Registry):
        bare = a_member(registry.village, nik=..., mother_name=..., marital_status=...)
        draft = a_household(registry.village, bare, address=...)
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        household = (await operator.posts("/v1/households", draft)).json()
        made = await operator.posts(
            "/v1/proposals", {"kind": "new_family", "household_id": household["id"]}
        )

        response = await operator.takes("submit", made.json())

        assert refused(response) == (422, "not-yet-complete")
        place = f"/members/{bare['id']}"
        assert pointers(response) == {
            "/address",
            "/survey",
            f"{place}/nik",
            f"{place}/mother_name",
            f"{place}/marital_status",
        }
        assert (await operator.reads(made.json()))["state"] == "drafted"

    async def test_freezes_a_copy_that_later_readers_get(self, registry: Registry):
        proposal = await registry.proposal("awaiting_deliberation")

        content = proposal["content"]
        assert content["household"]["address"] == "Jl. Sunan Demak No. 12"
        assert len(content["families"]) == len(content["members"]) == 1
        submission = (await registry.audit_of(proposal["id"]))[-1]
        assert "/content" in submission["changed"]
        assert submission["changes"]["/content"] == [None, "frozen"]  # never its fingerprint

    async def test_freezes_the_household_until_it_is_returned_or_ended(self, registry: Registry):
        proposal = await registry.proposal("awaiting_deliberation")
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        path = f"/v1/households/{proposal['household_id']}"
        household = (await operator.gets(path)).json()
        member, family = household["members"][0], household["families"][0]

        tries = [
            await operator.patches(path, {"address": "Lain"}),
            await operator.patches(f"/v1/members/{member['id']}", {"name": "Lain"}),
            await operator.patches(f"/v1/families/{family['id']}", {"number": 2}),
            await operator.posts(f"{path}/members", a_member(registry.village)),
            await operator.posts(f"{path}/families", {"number": 2}),
        ]

        assert [refused(each) for each in tries] == [(409, "on-its-way")] * 5
        assert household["open_actions"] == []
        head = await registry.caller(R.VILLAGE_HEAD)
        proposal = await registry.moved_on(proposal)
        back = await head.takes("return", proposal, target="drafted", **REASON)
        assert back.status_code == 201
        assert (await operator.patches(path, {"address": "Lain"})).status_code == 200

    async def test_a_second_time_freezes_what_was_mended(self, registry: Registry):
        proposal = await registry.proposal("awaiting_village_head")
        head = await registry.caller(R.VILLAGE_HEAD)
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        await head.takes("return", proposal, target="drafted", **REASON)
        path = f"/v1/households/{proposal['household_id']}"
        await operator.patches(path, {"address": "Jl. Baru 1"})

        proposal = await operator.reads(proposal)
        await operator.takes("submit", proposal)

        content = (await operator.reads(proposal))["content"]
        assert content["household"]["address"] == "Jl. Baru 1"

    async def test_a_nik_held_elsewhere_is_refused_without_saying_by_whom_or_where(
        self, registry: Registry
    ):
        taken = a_member(registry.village)
        there = await registry.caller(R.VILLAGE_OPERATOR, over=registry.elsewhere)
        held = a_household(registry.elsewhere, dict(taken, id=a_member(registry.village)["id"]))
        made = await there.posts("/v1/households", held)
        first = await registry.proposes(there, made.json())
        assert (await there.takes("submit", first)).status_code == 201

        operator = await registry.caller(R.VILLAGE_OPERATOR)
        mine = await operator.posts("/v1/households", a_household(registry.village, taken))
        [member] = mine.json()["members"]
        proposed = await registry.proposes(operator, mine.json())
        response = await operator.takes("submit", proposed)

        assert member["nik_check"]["codes"] == ["duplicate"]
        assert refused(response) == (409, "nik-held-elsewhere")
        assert pointers(response) == {f"/members/{taken['id']}/nik"}
        assert registry.elsewhere.code not in response.text
        assert held["id"] not in response.text
        assert "perpindahan" in response.json()["detail"]
        assert (await operator.reads(proposed))["state"] == "drafted"

    @pytest.mark.parametrize("end", ["withdraw", "deliberate", "reject"])
    async def test_an_end_without_registration_frees_the_nik(self, registry: Registry, end: str):
        member = a_member(registry.village)
        state = "awaiting_regency" if end == "reject" else "awaiting_deliberation"
        families = a_household(registry.village, member)["families"]
        proposal = await registry.proposal(state, families=families)
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        verifier = await registry.caller(R.REGENCY_VERIFIER)

        if end == "withdraw":
            ended = await operator.takes("withdraw", proposal, note="Pindah.")
            assert ended.status_code == 201, ended.text
        elif end == "deliberate":
            not_eligible = {"outcome": "not_eligible", "reason": "no_longer_poor"}
            await registry.deliberated(proposal, scanned=False, **not_eligible)
        else:
            ended = await verifier.takes("reject", proposal, **REASON)
            assert ended.status_code == 201, ended.text

        again = dict(member, id=a_member(registry.village)["id"])
        families = a_household(registry.village, again)["families"]
        assert await registry.proposal("awaiting_deliberation", families=families)

    async def test_of_two_who_submit_the_same_nik_at_once_one_gets_it(self, registry: Registry):
        member = a_member(registry.village)
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        proposals = []
        for _ in range(2):
            own = dict(member, id=a_member(registry.village)["id"])
            families = a_household(registry.village, own)["families"]
            proposals.append(await registry.proposal(families=families))

        answers = await asyncio.gather(*(operator.takes("submit", each) for each in proposals))

        assert sorted(answer.status_code for answer in answers) == [201, 409]


class TestAStepIsRefused:
    async def test_as_not_found_when_the_proposal_lies_outside_the_callers_region(
        self, registry: Registry
    ):
        proposal = await registry.proposal("awaiting_village_head")
        neighbour = await registry.caller(R.VILLAGE_HEAD, over=registry.neighbour)

        response = await neighbour.takes("approve", proposal)

        assert refused(response) == (404, "proposal-not-found")

    async def test_as_not_permitted_when_the_callers_role_never_takes_it(self, registry: Registry):
        proposal = await registry.proposal("awaiting_village_head")
        operator = await registry.caller(R.VILLAGE_OPERATOR)

        response = await operator.takes("approve", proposal)

        assert refused(response) == (403, "role-may-not")

    async def test_as_not_permitted_when_it_is_the_callers_own_work(self, registry: Registry):
        clerk = await registry.newcomer(R.REGENCY_OPERATOR)
        proposal = await registry.proposal("awaiting_regency", by=clerk)
        as_verifier = await registry.also(clerk, R.REGENCY_VERIFIER)

        response = await as_verifier.takes("approve", proposal)

        assert refused(response) == (403, "own-work")
        assert (await as_verifier.reads(proposal))["open_actions"] == []

    async def test_as_not_permitted_to_whoever_had_a_hand_in_an_earlier_submission(
        self, registry: Registry
    ):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        clerk = await registry.newcomer(R.REGENCY_OPERATOR)
        proposal = await registry.proposal()
        assert (await clerk.takes("submit", proposal)).status_code == 201
        proposal = await registry.moved_on(await operator.reads(proposal))
        head = await registry.caller(R.VILLAGE_HEAD)
        await head.takes("return", proposal, target="drafted", **REASON)
        proposal = await operator.reads(proposal)
        while proposal["state"] != "awaiting_regency":
            proposal = await registry.moved_on(proposal)
        as_verifier = await registry.also(clerk, R.REGENCY_VERIFIER)

        response = await as_verifier.takes("approve", proposal)

        assert refused(response) == (403, "own-work")
        assert (await as_verifier.reads(proposal))["open_actions"] == []

    async def test_as_not_permitted_to_whoever_wrote_what_it_asks_for(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        clerk = await registry.newcomer(R.REGENCY_OPERATOR)
        household = await registry.registered()
        asks = {
            "changes": {"rt": "009"},
            "note": "Mengikuti KK.",
            "evidence": [{"type": "family_card_copy", "note": "KK asli diperlihatkan."}],
        }
        proposal = await registry.asks("correction", household, asks)
        body = {"kind": "correction", "asks": {**asks, "changes": {"rt": "008"}}}
        written = await clerk.patches(f"/v1/proposals/{proposal['id']}", body, version=1)
        assert written.status_code == 200, written.text
        proposal = await operator.reads(proposal)
        while proposal["state"] != "awaiting_regency":
            proposal = await registry.moved_on(proposal)
        as_verifier = await registry.also(clerk, R.REGENCY_VERIFIER)

        response = await as_verifier.takes("approve", proposal)

        assert refused(response) == (403, "own-work")

    async def test_as_incomplete_when_it_brings_what_it_does_not_rest_on(self, registry: Registry):
        proposal = await registry.proposal()
        operator = await registry.caller(R.VILLAGE_OPERATOR)

        response = await operator.takes("withdraw", proposal, note="Pindah.", **DECREE)

        assert refused(response) == (422, "grounds-not-asked")
        assert pointers(response) == {"/grounds/decree_number", "/grounds/decree_date"}

    async def test_as_not_permitted_before_anything_is_told_of_its_version(
        self, registry: Registry
    ):
        proposal = await registry.proposal("awaiting_village_head")
        admin = await registry.caller(R.REGENCY_ADMIN)

        response = await admin.takes("approve", proposal, version=1)

        assert refused(response) == (403, "role-may-not")

    async def test_as_a_conflict_when_it_is_out_of_turn(self, registry: Registry):
        proposal = await registry.proposal("awaiting_deliberation")
        verifier = await registry.caller(R.REGENCY_VERIFIER)

        response = await verifier.takes("approve", proposal)

        assert refused(response) == (409, "action-not-open")

    @pytest.mark.parametrize(
        ("state", "role", "wanting"),
        [
            ("awaiting_endorsement", R.REGENCY_ENDORSER, LETTER),
            ("awaiting_determination", R.MINISTRY_DETERMINER, DECREE),
        ],
    )
    async def test_as_incomplete_when_its_grounds_are_missing(
        self, registry: Registry, state: str, role: Role, wanting: dict[str, str]
    ):
        proposal = await registry.proposal(state)
        caller = await registry.caller(role)

        response = await caller.takes("approve", proposal)

        assert refused(response) == (422, "grounds-missing")
        assert pointers(response) == {f"/grounds/{name}" for name in wanting}

    async def test_as_incomplete_when_a_return_does_not_say_where_to(self, registry: Registry):
        proposal = await registry.proposal("awaiting_village_head")
        head = await registry.caller(R.VILLAGE_HEAD)

        response = await head.takes("return", proposal, **REASON)

        assert refused(response) == (422, "target-not-open")
        assert "awaiting_deliberation, drafted" in response.json()["detail"]

    async def test_as_incomplete_when_the_reason_is_not_of_the_list(self, registry: Registry):
        proposal = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(R.REGENCY_VERIFIER)

        for reason in ("karena", "programme_ended"):
            response = await verifier.takes("reject", proposal, reason=reason)
            assert refused(response) == (422, "reason-not-accepted")

    async def test_as_outdated_when_somebody_moved_it_since(self, registry: Registry):
        proposal = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(R.REGENCY_VERIFIER)

        response = await verifier.takes("approve", proposal, version=1)

        assert refused(response) == (412, "outdated")

    async def test_and_then_nothing_has_changed(self, registry: Registry):
        proposal = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        before = await registry.audit_of(proposal["id"])

        await verifier.takes("reject", proposal, reason="karena")

        assert await verifier.reads(proposal) | {"open_actions": []} == proposal | {
            "open_actions": []
        }
        assert await registry.audit_of(proposal["id"]) == before


class TestAProposalIsRead:
    async def test_with_what_the_reader_may_do_now(self, registry: Registry):
        proposal = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(R.REGENCY_VERIFIER)

        offered = {
            each["action"]: each for each in (await verifier.reads(proposal))["open_actions"]
        }

        assert offered.keys() == {"approve", "return", "reject"}
        assert offered["return"]["targets"] == ["drafted", "awaiting_deliberation"]
        assert offered["reject"]["needs"] == ["reason"]

    async def test_in_a_list_by_state_with_the_head_of_the_household(self, registry: Registry):
        drafted = await registry.proposal()
        await registry.proposal("awaiting_deliberation")
        operator = await registry.caller(R.VILLAGE_OPERATOR)

        response = await operator.gets("/v1/proposals", params={"state": "drafted"})

        [line] = response.json()["items"]
        assert (line["id"], line["head_name"]) == (drafted["id"], "Budi Santoso")
        assert [each["action"] for each in line["open_actions"]] == ["amend", "submit", "withdraw"]

    async def test_as_the_newest_of_its_household_whatever_ids_the_clients_chose(
        self, registry: Registry
    ):
        household = await registry.household()
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        about = {"kind": "new_family", "household_id": household["id"]}
        first = {"id": f"ffffffff{household['id'][8:]}", **about}
        second = {"id": f"00000000{household['id'][8:]}", **about}
        withdrawn = (await operator.posts("/v1/proposals", first)).json()
        await operator.takes("withdraw", withdrawn, note="Salah.")
        await operator.posts("/v1/proposals", second)

        read = (await operator.gets(f"/v1/households/{household['id']}")).json()

        assert (read["proposal"]["id"], read["proposal"]["state"]) == (second["id"], "drafted")

    async def test_once_per_household_while_it_lives(self, registry: Registry):
        proposal = await registry.proposal()
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        again = {"kind": "new_family", "household_id": proposal["household_id"]}

        second = await operator.posts("/v1/proposals", again)
        await operator.takes("withdraw", proposal, note="Salah keluarga.")
        third = await operator.posts("/v1/proposals", again)

        assert refused(second) == (409, "already-proposed")
        assert third.status_code == 201


async def test_of_five_people_deciding_at_once_four_hear_they_were_not_first(registry: Registry):
    proposal = await registry.proposal("awaiting_regency")
    verifiers = [await registry.newcomer(R.REGENCY_VERIFIER) for _ in range(5)]

    answers = await asyncio.gather(*(each.takes("approve", proposal) for each in verifiers))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201, 412, 412, 412, 412]
    entries = await registry.audit_of(proposal["id"])
    assert [entry["target"] for entry in entries].count("awaiting_endorsement") == 1


async def test_a_nik_is_checked_when_proposed_even_if_it_changed_since(registry: Registry):
    operator = await registry.caller(R.VILLAGE_OPERATOR)
    proposal = await registry.proposal()
    household = (await operator.gets(f"/v1/households/{proposal['household_id']}")).json()
    [member] = household["members"]
    wrong = a_nik(registry.village)[:-4] + "0000"

    await operator.patches(f"/v1/members/{member['id']}", {"nik": wrong})
    response = await operator.takes("submit", proposal)

    assert refused(response) == (422, "not-yet-complete")
    assert [error["code"] for error in response.json()["errors"]] == ["M18"]
