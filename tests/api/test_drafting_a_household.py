"""Households, families and members: entered in one request or piece by piece, never lost."""

import asyncio
from uuid import uuid4

import pytest

from app.domain.actors import Role
from tests.registry import Caller, Registry, a_household, a_member, a_nik, pointers, refused

R = Role


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


class TestAHouseholdIsEntered:
    async def test_with_its_families_and_members_in_one_request(
        self, registry: Registry, operator: Caller
    ):
        head = a_member(registry.village)
        wife = a_member(
            registry.village,
            number=2,
            name="Siti Aminah",
            sex=2,
            relation_to_household_head=2,
            relation_to_family_head=2,
        )
        draft = a_household(registry.village, head, wife)

        response = await operator.posts("/v1/households", draft)

        household = response.json()
        assert response.status_code == 201
        assert response.headers["location"] == f"/v1/households/{draft['id']}"
        assert response.headers["etag"] == '"1"'
        assert household["state"] == "proposed"
        assert household["dtks_id"] is None
        assert household["location"] == draft["location"]
        assert [(m["id"], m["name"]) for m in household["members"]] == [
            (head["id"], "Budi Santoso"),
            (wife["id"], "Siti Aminah"),
        ]
        assert {m["family_id"] for m in household["members"]} == {household["families"][0]["id"]}
        assert [each["action"] for each in household["open_actions"]] == ["amend", "remove"]

    async def test_with_hardly_anything_known(self, registry: Registry, operator: Caller):
        bare = {"village_code": registry.village.code}

        response = await operator.posts("/v1/households", bare)

        assert response.status_code == 201
        assert response.json()["address"] is None

    async def test_by_the_regency_on_the_villages_behalf_and_the_audit_says_so(
        self, registry: Registry
    ):
        clerk = await registry.caller(R.REGENCY_OPERATOR)

        household = await registry.household(by=clerk)

        [entry] = await registry.audit_of(household["id"])
        assert (entry["action"], entry["actor_role"]) == ("enter", "regency_operator")

    @pytest.mark.parametrize("role", [R.VILLAGE_HEAD, R.REGENCY_VERIFIER, R.REGENCY_ADMIN])
    async def test_by_nobody_whose_role_does_not_enter(self, registry: Registry, role: Role):
        caller = await registry.caller(role)

        response = await caller.posts("/v1/households", a_household(registry.village))

        assert refused(response) == (403, "role-may-not")

    async def test_only_in_a_village_of_the_callers_region(
        self, registry: Registry, operator: Caller
    ):
        unknown = registry.village.code[:6] + "2999"
        for code in (registry.neighbour.code, registry.elsewhere.code, unknown):
            response = await operator.posts(
                "/v1/households", a_household(registry.village, village_code=code)
            )
            assert refused(response) == (404, "village-not-found")

    async def test_not_twice_under_one_id(self, registry: Registry, operator: Caller):
        draft = a_household(registry.village)
        await operator.posts("/v1/households", draft)

        again = a_household(registry.village, id=draft["id"])
        response = await operator.posts("/v1/households", again)

        assert refused(response) == (409, "id-taken")

    async def test_wholly_or_not_at_all(self, registry: Registry, operator: Caller):
        second = a_member(registry.village, number=2, relation_to_family_head=8)
        heads = [a_member(registry.village), second]
        draft = a_household(registry.village, *heads)

        response = await operator.posts("/v1/households", draft)

        assert refused(response) == (409, "two-household-heads")
        assert (await operator.gets(f"/v1/households/{draft['id']}")).status_code == 404


class TestOneHead:
    async def test_of_a_household(self, registry: Registry, operator: Caller):
        household = await registry.household()
        path = f"/v1/households/{household['id']}/members"

        response = await operator.posts(path, a_member(registry.village))

        assert refused(response) == (409, "two-household-heads")
        assert pointers(response) == {"/relation_to_household_head"}

    async def test_of_a_family(self, registry: Registry, operator: Caller):
        household = await registry.household()
        family = household["families"][0]["id"]
        second = a_member(registry.village, relation_to_household_head=3, family_id=family)

        response = await operator.posts(f"/v1/households/{household['id']}/members", second)

        assert refused(response) == (409, "two-family-heads")

    async def test_wins_when_two_are_entered_at_once(self, registry: Registry, operator: Caller):
        bare = await operator.posts("/v1/households", {"village_code": registry.village.code})
        path = f"/v1/households/{bare.json()['id']}/members"

        answers = await asyncio.gather(
            *(operator.posts(path, a_member(registry.village)) for _ in range(5))
        )

        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]

    async def test_may_be_another_once_the_first_has_left(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.household()
        [first] = household["members"]
        await operator.posts(
            f"/v1/members/{first['id']}/steps",
            {"action": "remove", "grounds": {"note": "Salah orang."}},
            version=1,
        )

        response = await operator.posts(
            f"/v1/households/{household['id']}/members", a_member(registry.village)
        )

        assert response.status_code == 201


class TestAFamily:
    async def test_is_entered_and_its_number_stands_once(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.household()
        path = f"/v1/households/{household['id']}/families"

        second = await operator.posts(path, {"number": 2, "card_number": "3672010101200009"})
        taken = await operator.posts(path, {"number": 2})

        assert second.status_code == 201
        assert second.headers["location"] == f"/v1/families/{second.json()['id']}"
        assert refused(taken) == (409, "family-number-taken")

    async def test_of_another_household_takes_no_member_of_this_one(
        self, registry: Registry, operator: Caller
    ):
        mine, other = await registry.household(), await registry.household()
        theirs = other["families"][0]["id"]
        child = a_member(
            registry.village,
            family_id=theirs,
            relation_to_household_head=3,
            relation_to_family_head=3,
        )

        added = await operator.posts(f"/v1/households/{mine['id']}/members", child)
        moved = await operator.patches(
            f"/v1/members/{mine['members'][0]['id']}", {"family_id": theirs}
        )
        unknown = await operator.patches(
            f"/v1/members/{mine['members'][0]['id']}", {"family_id": str(uuid4())}
        )

        assert refused(added) == refused(moved) == refused(unknown) == (404, "family-not-found")


class TestANik:
    @pytest.mark.parametrize(
        ("said", "verdict", "codes"),
        [
            ("36720145056", "invalid", ["format"]),
            ("3,67E+15", "invalid", ["format"]),
            ("1111111111111111", "invalid", ["placeholder"]),
        ],
    )
    async def test_that_cannot_be_right_is_kept_as_it_was_said_and_marked(
        self, registry: Registry, operator: Caller, said: str, verdict: str, codes: list[str]
    ):
        draft = a_household(registry.village, a_member(registry.village, nik=said))

        [member] = (await operator.posts("/v1/households", draft)).json()["members"]

        assert member["nik"] == said
        assert member["nik_check"] == {"verdict": verdict, "codes": codes}

    async def test_is_checked_anew_when_the_sex_changes(self, registry: Registry, operator: Caller):
        [member] = (await registry.household())["members"]
        assert member["nik_check"]["verdict"] == "valid"

        response = await operator.patches(f"/v1/members/{member['id']}", {"sex": 2})

        assert response.json()["nik_check"] == {
            "verdict": "valid_with_warning",
            "codes": ["mismatch_sex"],
        }

    async def test_loses_its_blanks_and_nothing_else(self, registry: Registry, operator: Caller):
        [member] = (await registry.household())["members"]
        nik = a_nik(registry.village)

        spaced = f"{nik[:6]} {nik[6:12]}\u00a0{nik[12:]}"
        response = await operator.patches(f"/v1/members/{member['id']}", {"nik": spaced})

        assert response.json()["nik"] == nik

    async def test_is_free_as_soon_as_a_returned_draft_is_corrected(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal("awaiting_village_head")
        head = await registry.caller(R.VILLAGE_HEAD)
        await head.takes("return", proposal, target="drafted", reason="data_incomplete")
        [member] = (await operator.gets(f"/v1/households/{proposal['household_id']}")).json()[
            "members"
        ]
        twin = a_member(registry.village, nik=member["nik"], birth_date=member["birth_date"])
        other = await registry.household(families=a_household(registry.village, twin)["families"])
        assert other["members"][0]["nik_check"]["codes"] == ["duplicate"]

        await operator.patches(f"/v1/members/{member['id']}", {"nik": a_nik(registry.village)})

        read = (await operator.gets(f"/v1/members/{twin['id']}")).json()
        assert read["nik_check"] == {"verdict": "valid", "codes": []}

    async def test_may_be_missing_in_a_draft(self, registry: Registry, operator: Caller):
        [member] = (await registry.household())["members"]

        response = await operator.patches(f"/v1/members/{member['id']}", {"nik": None})

        assert response.json()["nik_check"] == {"verdict": "missing", "codes": []}


class TestAChange:
    async def test_touches_what_was_sent_and_keeps_before_and_after(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.household()
        path = f"/v1/households/{household['id']}"

        response = await operator.patches(path, {"address": "Jl. Baru 1", "location": None})

        after = response.json()
        assert response.headers["etag"] == '"2"'
        assert (after["address"], after["location"], after["rt"]) == ("Jl. Baru 1", None, "004")
        last = (await registry.audit_of(household["id"]))[-1]
        assert (last["action"], last["source"], last["target"]) == ("amend", "proposed", "proposed")
        assert last["changed"] == ["/address", "/latitude", "/longitude"]
        [seen] = (await operator.gets("/v1/audit", params={"action": "amend"})).json()["items"]
        assert seen["changes"]["/address"] == ["Jl. Sunan Demak No. 12", "Jl. Baru 1"]

    async def test_of_an_older_version_is_refused_naming_what_changed(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.household()
        path = f"/v1/households/{household['id']}"
        enumerator = await registry.caller(R.ENUMERATOR)
        await enumerator.patches(path, {"address": "Jl. Baru 1"})
        await enumerator.patches(path, {"rt": "009"}, version=2)

        response = await operator.patches(path, {"address": "Jl. Lain 2"})

        assert refused(response) == (412, "outdated")
        assert pointers(response) >= {"/address", "/rt"}
        assert (await operator.gets(path)).json()["address"] == "Jl. Baru 1"

    async def test_of_two_members_at_once_loses_neither(self, registry: Registry, operator: Caller):
        """The enumerator and the operator work on one household together."""
        child = a_member(
            registry.village, number=2, relation_to_household_head=3, relation_to_family_head=3
        )
        head = a_member(registry.village)
        families = a_household(registry.village, head, child)["families"]
        household = await registry.household(families=families)
        enumerator = await registry.caller(R.ENUMERATOR)

        answers = await asyncio.gather(
            operator.patches(f"/v1/members/{head['id']}", {"birth_place": "Serang"}),
            enumerator.patches(f"/v1/members/{child['id']}", {"birth_place": "Merak"}),
        )

        assert [answer.status_code for answer in answers] == [200, 200]
        read = (await operator.gets(f"/v1/households/{household['id']}")).json()
        assert [m["birth_place"] for m in read["members"]] == ["Serang", "Merak"]


class TestLeavingADraft:
    @pytest.mark.parametrize("of", ["members", "families", "households"])
    async def test_deletes_nothing_says_why_and_can_be_undone(
        self, registry: Registry, operator: Caller, of: str
    ):
        household = await registry.household()
        own = [household] if of == "households" else household[of]
        path = f"/v1/{of}/{own[0]['id']}"
        note = {"note": "Salah ketik."}

        without = await operator.posts(f"{path}/steps", {"action": "remove"}, version=1)
        removed = await operator.posts(
            f"{path}/steps", {"action": "remove", "grounds": note}, version=1
        )
        restored = await operator.posts(
            f"{path}/steps", {"action": "restore", "grounds": note}, version=2
        )

        assert refused(without) == (422, "grounds-missing")
        assert (removed.status_code, removed.json()["target"]) == (201, "inactive")
        assert removed.headers["etag"] == '"2"'
        assert restored.json()["target"] == "proposed"
        actions = [entry["action"] for entry in await registry.audit_of(own[0]["id"])]
        assert actions == ["enter", "remove", "restore"]

    async def test_takes_a_member_out_of_the_household_that_is_read(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.household()
        [member] = household["members"]

        await operator.posts(
            f"/v1/members/{member['id']}/steps",
            {"action": "remove", "grounds": {"note": "Pindah."}},
            version=1,
        )

        assert (await operator.gets(f"/v1/households/{household['id']}")).json()["members"] == []

    async def test_waits_for_the_end_of_the_proposal(self, registry: Registry, operator: Caller):
        proposal = await registry.proposal()

        response = await operator.posts(
            f"/v1/households/{proposal['household_id']}/steps",
            {"action": "remove", "grounds": {"note": "Salah."}},
            version=1,
        )

        assert refused(response) == (409, "still-proposed")

    async def test_frees_the_nik_a_returned_proposal_still_held(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal("awaiting_village_head")
        head = await registry.caller(R.VILLAGE_HEAD)
        reason = {"reason": "data_incomplete"}
        await head.takes("return", proposal, target="drafted", **reason)
        household = (await operator.gets(f"/v1/households/{proposal['household_id']}")).json()
        [member] = household["members"]

        await operator.posts(
            f"/v1/members/{member['id']}/steps",
            {"action": "remove", "grounds": {"note": "Pindah."}},
            version=1,
        )

        again = a_member(registry.village, nik=member["nik"], birth_date=member["birth_date"])
        families = a_household(registry.village, again)["families"]
        assert await registry.proposal("awaiting_deliberation", families=families)

    async def test_ends_in_a_draft_again_where_the_household_is_registered(
        self, registry: Registry, operator: Caller
    ):
        head = a_member(registry.village)
        ghost = a_member(
            registry.village, number=2, relation_to_household_head=8, relation_to_family_head=8
        )
        drafted = a_household(registry.village, head, ghost)
        await operator.posts("/v1/households", drafted)
        path, note = f"/v1/members/{ghost['id']}/steps", {"note": "Salah orang."}
        await operator.posts(path, {"action": "remove", "grounds": note}, version=1)
        household = (await operator.gets(f"/v1/households/{drafted['id']}")).json()
        proposal = await registry.proposes(operator, household)
        while proposal["state"] != "determined":
            proposal = await registry.moved_on(proposal)

        response = await operator.posts(path, {"action": "restore", "grounds": note}, version=2)

        assert response.status_code == 201
        after = (await operator.gets(f"/v1/households/{drafted['id']}")).json()["members"]
        assert {each["state"] for each in after} == {"registered", "proposed"}


class TestAList:
    async def test_gives_every_household_once_page_by_page(
        self, registry: Registry, operator: Caller
    ):
        made = [(await registry.household())["id"] for _ in range(5)]

        path, seen, pages = "/v1/households?limit=2", [], 0
        while path:
            response = await operator.gets(path)
            seen += [line["id"] for line in response.json()["items"]]
            pages += 1
            link = response.headers.get("link")
            path = link.removeprefix("<").partition(">")[0] if link else ""
            assert (response.json()["next"] is None) == (not path)

        assert (sorted(seen), pages) == (sorted(made), 3)

    async def test_masks_every_number(self, registry: Registry, operator: Caller):
        household = await registry.household()

        response = await operator.gets("/v1/households")

        assert household["members"][0]["nik"] not in response.text
        assert household["families"][0]["card_number"] not in response.text
        [line] = response.json()["items"]
        assert (line["head_name"], line["member_count"]) == ("Budi Santoso", 1)
