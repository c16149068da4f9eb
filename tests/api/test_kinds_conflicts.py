"""Two who want the same, and what changed meanwhile: refused and explained, never overwritten."""

from typing import Any

import pytest

from app.domain.actors import Role
from tests.api.test_kinds_correction import a_couple, asking
from tests.api.test_kinds_new_member import REASON, joined, visited
from tests.api.test_kinds_removal import DIED
from tests.registry import Registry, pointers, refused


class TestTwoProposalsOfOneField:
    async def test_the_second_hears_of_the_first(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        household = await registry.registered(*a_couple(registry))
        about = {"member_id": household["members"][1]["id"]}
        name = asking({"name": "Siti Aminah Putri"})
        first = await registry.asks("correction", household, name, "awaiting_deliberation", **about)
        second = await registry.asks("correction", household, name, **about)
        birth = asking({"birth_place": "Serang"})

        response = await operator.takes("submit", second)
        other_field = await registry.asks(
            "correction", household, birth, "awaiting_deliberation", **about
        )
        await operator.takes("withdraw", first, note="Keliru.")
        free = await operator.takes("submit", second)

        assert refused(response) == (409, "asked-already")
        [error] = response.json()["errors"]
        assert error["pointer"] == "/proposed/name"
        for said in (first["id"], "musyawarah"):
            assert said in error["detail"]
        assert other_field["state"] == "awaiting_deliberation"
        assert free.status_code == 201

    async def test_nobody_is_taken_out_twice(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        household = await registry.registered(*a_couple(registry))
        moved = {"reason": "moved", "effective_on": "2026-11-05"}
        await registry.asks(
            "removal",
            household,
            DIED,
            "awaiting_deliberation",
            member_id=household["members"][1]["id"],
        )

        response = await operator.takes("submit", await registry.asks("removal", household, moved))

        assert refused(response) == (409, "asked-already")
        assert pointers(response) == {"/proposed/state"}

    async def test_the_household_tells_what_is_open(self, registry: Registry):
        household = await registry.registered()
        one = await registry.asks("correction", household, asking({"rt": "009"}))
        two = await registry.asks("removal", household, DIED)

        told = (await registry.home_of(household["id"]))["open_proposals"]

        assert [(each["id"], each["kind"]) for each in told] == [
            (one["id"], "correction"),
            (two["id"], "removal"),
        ]


class TestWhatChangedSinceItWasRead:
    async def test_is_named_at_submission(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        household = await registry.registered()
        version = household["version"]
        late = await registry.asks(
            "correction", household, asking({"rt": "008"}), base_version=version
        )
        await registry.asks("correction", household, asking({"rw": "009"}), "determined")

        response = await operator.takes("submit", late)
        body = {"kind": "correction", "asks": late["asks"], "base_version": version + 1}
        adapted = await operator.patches(f"/v1/proposals/{late['id']}", body)
        again = await operator.takes("submit", adapted.json())

        assert refused(response) == (409, "stale-base")
        assert pointers(response) == {"/rw"}
        assert again.status_code == 201

    async def test_is_named_at_determination_and_nothing_is_overwritten(self, registry: Registry):
        household = await registry.registered(*a_couple(registry))
        moved = {"reason": "moved", "effective_on": "2026-11-05"}
        await registry.asks("removal", household, moved, "awaiting_determination")
        determiner = await registry.caller(Role.MINISTRY_DETERMINER)
        [proposal] = (await registry.home_of(household["id"]))["open_proposals"]
        proposal = await (await registry.caller(Role.VILLAGE_OPERATOR)).reads(proposal)
        await registry.runs(
            "UPDATE member SET state = 'inactive' WHERE id = $1", household["members"][1]["id"]
        )

        response = await determiner.takes("approve", proposal, **await decree(registry))

        await registry.runs(  # as its audit says
            "UPDATE member SET state = 'registered' WHERE id = $1", household["members"][1]["id"]
        )
        assert refused(response) == (409, "stale-base")
        assert pointers(response) == {f"/now/members/{household['members'][1]['id']}/state"}
        assert (await registry.home_of(household["id"]))["state"] == "registered"


async def decree(registry: Registry) -> dict[str, Any]:
    """The grounds of a determination."""
    await registry.decree_is_open()
    return {"decree_number": "186/HUK/2026", "decree_date": "2026-11-20"}


class TestWhatAProposalTells:
    """By role, as far as the role reads of the people themselves."""

    @pytest.mark.parametrize(
        ("role", "shown"),
        [
            (Role.VILLAGE_OPERATOR, "clear"),
            (Role.REGENCY_VERIFIER, "clear"),
            (Role.DISTRICT_OFFICER, "masked"),
            (Role.MINISTRY_DETERMINER, "masked"),
            (Role.AUDITOR, "nothing"),
        ],
    )
    async def test_of_a_nik_that_is_corrected(self, registry: Registry, role: Role, shown: str):
        household = await registry.registered()
        [member] = household["members"]
        old = member["nik"]
        new = f"{old[:6]}{old[6:12]}{(int(old[12:]) + 1) % 9998 + 1:04d}"
        note = f"NIK lama {old[:4]} {old[4:8]} {old[8:]} keliru."
        evidence = [{"type": "identity_card_copy", "note": f"KTP {new}"}]
        asks = {"changes": {"nik": new}, "note": note, "evidence": evidence}
        proposal = await registry.asks(
            "correction", household, asks, "awaiting_deliberation", member_id=member["id"]
        )
        caller = await registry.caller(role, over=registry.home(role))

        told = await caller.reads(proposal)

        masked = {"now": f"{old[:4]}************", "proposed": f"{new[:4]}************"}
        if shown == "clear":
            assert (told["now"]["nik"], told["proposed"]["nik"]) == (old, new)
            assert told["asks"] == asks
        elif shown == "masked":
            assert {side: told[side]["nik"] for side in masked} == masked
            assert told["asks"]["changes"]["nik"] == masked["proposed"]
            assert old[8:] not in str(told)
            assert new[4:] not in str(told)
        else:
            assert {told[each] for each in ("now", "proposed", "asks", "content")} == {None}

    async def test_of_the_health_of_a_new_member(self, registry: Registry):
        household = await registry.registered()
        wife = await joined(registry, household)
        await visited(registry, household)
        proposal = await registry.asks(
            "new_member", household, REASON, "awaiting_deliberation", member_id=wife["id"]
        )
        village = await registry.caller(Role.VILLAGE_OPERATOR)
        district = await registry.caller(Role.DISTRICT_OFFICER)
        endorser = await registry.caller(Role.REGENCY_ENDORSER)

        full, partly, none = [
            (await each.reads(proposal))["proposed"] for each in (village, district, endorser)
        ]

        assert {"disability", "chronic_disease"} & full["answers"].keys()
        assert not {"disability", "chronic_disease"} & partly["answers"].keys()
        assert partly["answers"]
        assert "answers" not in none


class TestARejectionThatIsUndone:
    async def test_takes_hold_again_if_nobody_else_has(self, registry: Registry):
        verifier = await registry.caller(Role.REGENCY_VERIFIER)
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        household = await registry.registered(*a_couple(registry))
        about = {"member_id": household["members"][1]["id"]}
        proposal = await registry.asks("removal", household, DIED, "awaiting_regency", **about)

        await verifier.takes("reject", proposal, reason="duplicate", note="Ganda.")
        second = await registry.asks("removal", household, DIED, **about)
        other = await operator.takes("submit", second)
        version = (await verifier.reads(proposal))["version"]
        path = f"/v1/proposals/{proposal['id']}/decisions"
        undone = await verifier.posts(path, {"verdict": "undo"}, version=version)

        assert other.status_code == 201
        assert refused(undone) == (409, "asked-already")
