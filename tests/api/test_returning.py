"""A return points at what is wrong: that is opened, nothing else, and what was changed is shown."""

from datetime import date
from typing import Any

import pytest

from app.domain.actors import Role
from tests.api.test_kinds_correction import asking
from tests.registry import Caller, Registry, a_member, pointers, refused

R = Role
ADDRESS = {"pointer": "/household/address", "reason": "data_incomplete", "note": "Nomor rumah?"}
FLOOR = "/survey/answers/household/floor_area"


async def returned(
    registry: Registry,
    *pointed_at: str,
    state: str = "awaiting_regency",
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """A proposal back on its village's desk, with marks at these places of it (`{}`: its head)."""
    proposal = await registry.proposal(state, **more)
    verifier = await registry.caller(R.REGENCY_VERIFIER)
    member = proposal["content"]["members"][0]["id"]
    marks = [
        {"pointer": pointer.format(member), "reason": "data_incomplete"} for pointer in pointed_at
    ]
    grounds: dict[str, Any] = {"reason": "data_incomplete", **({"marks": marks} if marks else {})}
    response = await verifier.takes("return", proposal, target="drafted", **grounds)
    assert response.status_code == 201, response.text
    operator = await registry.caller(R.VILLAGE_OPERATOR)
    return await operator.reads(proposal)


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


class TestAMark:
    async def test_is_shown_where_it_is(self, registry: Registry, operator: Caller):
        proposal = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        floor = {"pointer": FLOOR, "reason": "data_incomplete", "note": None}
        sent = [ADDRESS, {name: floor[name] for name in ("pointer", "reason")}]

        response = await verifier.takes(
            "return", proposal, target="drafted", reason="data_incomplete", marks=sent
        )

        assert response.status_code == 201, response.text
        assert response.json()["grounds"]["marks"] == [ADDRESS, floor]
        assert (await operator.reads(proposal))["marks"] == [ADDRESS, floor]
        household = (await operator.gets(f"/v1/households/{proposal['household_id']}")).json()
        assert household["marks"] == [ADDRESS, floor]
        survey = (await operator.gets(f"/v1/surveys/{household['survey']['id']}")).json()
        assert survey["marks"] == [floor]
        lines = (await operator.gets("/v1/proposals", params={"state": "drafted"})).json()["items"]
        assert [each["open_marks"] for each in lines if each["id"] == proposal["id"]] == [2]

    @pytest.mark.parametrize(
        ("mark", "wrong"),
        [
            ({"pointer": "/household/colour"}, "pointer"),
            ({"pointer": "/members/0/name"}, "pointer"),
            ({"pointer": "/survey/answers/household/no_such_question"}, "pointer"),
            ({"pointer": "/doubts/0"}, "pointer"),
            ({"reason": "programme_ended"}, "reason"),
            ({"reason": "other"}, "note"),
        ],
    )
    async def test_points_into_what_was_submitted_and_gives_a_reason(
        self, registry: Registry, mark: dict[str, str], wrong: str
    ):
        proposal = await registry.proposal("awaiting_village_head")
        head = await registry.caller(R.VILLAGE_HEAD)
        sent = [{"pointer": "/household/rw", "reason": "data_incomplete", **mark}]

        response = await head.takes(
            "return", proposal, target="drafted", reason="data_incomplete", marks=sent
        )

        assert refused(response) == (422, "marks-not-accepted")
        assert pointers(response) == {f"/grounds/marks/0/{wrong}"}

    async def test_of_any_other_kind_points_into_what_was_asked(self, registry: Registry):
        """The rows of a list open together: of a list at the root, that would be everything."""
        asks = asking({"name": "Siti Rohmah"})
        household = await registry.registered()
        about = {"member_id": household["members"][0]["id"]}
        proposal = await registry.asks(
            "correction", household, asks, "awaiting_village_head", **about
        )
        head = await registry.caller(R.VILLAGE_HEAD)
        outside = ["/0", "/no_such_part", "/now", "/asks/"]
        marks = [{"pointer": each, "reason": "data_incomplete"} for each in outside]

        response = await head.takes(
            "return", proposal, target="drafted", reason="data_incomplete", marks=marks
        )

        assert refused(response) == (422, "marks-not-accepted")
        assert pointers(response) == {f"/grounds/marks/{n}/pointer" for n in range(len(outside))}

    async def test_may_point_at_what_is_missing(self, registry: Registry):
        proposal = await registry.proposal("awaiting_village_head")
        head = await registry.caller(R.VILLAGE_HEAD)
        member = proposal["content"]["members"][0]["id"]
        sent = [
            {"pointer": place, "reason": "data_incomplete"}
            for place in (
                "/survey/checker_name",
                "/survey/answers/household/gas_provider",  # not asked of this house
                f"/members/{member}",
                "/members",
                "",
            )
        ]

        response = await head.takes(
            "return", proposal, target="drafted", reason="data_incomplete", marks=sent
        )

        assert response.status_code == 201, response.text

    async def test_belongs_to_a_return(self, registry: Registry):
        proposal = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(R.REGENCY_VERIFIER)

        response = await verifier.takes(
            "reject", proposal, reason="no_longer_poor", marks=[ADDRESS]
        )

        assert refused(response) == (422, "grounds-not-asked")

    async def test_of_an_answer_is_not_told_to_whom_the_answer_is_not(self, registry: Registry):
        place = "/survey/answers/members/{}/disability"
        proposal = await returned(registry, place, "/household/rt")
        officer = await registry.caller(R.DISTRICT_OFFICER)

        seen = await officer.reads(proposal)
        steps = await officer.gets(f"/v1/proposals/{proposal['id']}/steps")

        assert [mark["pointer"] for mark in seen["marks"]] == ["/household/rt"]
        told = steps.json()["items"][-1]["grounds"]["marks"]
        assert [mark["pointer"] for mark in told] == ["/household/rt"]


class TestOnlyWhatIsMarked:
    async def test_of_the_household_is_open(self, registry: Registry, operator: Caller):
        proposal = await returned(registry, "/household/address")
        path = f"/v1/households/{proposal['household_id']}"

        shut = await operator.patches(path, {"address": "Jl. Baru 1", "rt": "009"})
        opened = await operator.patches(path, {"address": "Jl. Baru 1"})

        assert refused(shut) == (409, "not-marked")
        assert pointers(shut) == {"/household/rt"}
        assert "/household/address" in shut.json()["detail"]
        assert opened.status_code == 200

    async def test_of_a_member_is_open_and_nobody_comes_or_goes(
        self, registry: Registry, operator: Caller
    ):
        proposal = await returned(registry, "/members/{}/name")
        [member] = proposal["content"]["members"]
        [family] = proposal["content"]["families"]
        path = f"/v1/members/{member['id']}"
        home = f"/v1/households/{proposal['household_id']}"
        remove = {"action": "remove", "grounds": {"note": "Pindah."}}

        shut = [
            await operator.patches(path, {"mother_name": "Siti"}),
            await operator.posts(f"{path}/steps", remove, version=1),
            await operator.posts(f"{home}/members", a_member(registry.village, number=2)),
            await operator.posts(f"{home}/families", {"number": 2}),
            await operator.patches(f"/v1/families/{family['id']}", {"number": 3}),
            await operator.posts(f"{home}/surveys", {"surveyed_on": "2026-11-12"}),
        ]

        assert [refused(each) for each in shut] == [(409, "not-marked")] * 6
        assert (await operator.patches(path, {"name": "Budi"})).status_code == 200

    async def test_whole_lets_people_in(self, registry: Registry, operator: Caller):
        proposal = await returned(registry, "/members")
        path = f"/v1/households/{proposal['household_id']}/members"
        second = a_member(registry.village, number=2, relation_to_household_head=3)

        response = await operator.posts(path, {**second, "relation_to_family_head": 3})

        assert response.status_code == 201, response.text

    async def test_of_the_answers_is_open_in_a_new_sheet(
        self, registry: Registry, operator: Caller
    ):
        proposal = await returned(registry, FLOOR)
        old = proposal["content"]["survey"]
        path = f"/v1/households/{proposal['household_id']}/surveys"
        body = {"copy_of": old["id"], "surveyed_on": "2026-11-12", "enumerator_name": "Dewi"}
        begun = await operator.posts(path, body)
        assert begun.status_code == 201, begun.text
        sheet = f"/v1/surveys/{begun.json()['id']}"
        area = old["answers"]["household"]["floor_area"] + 1
        other = {"answers": {"household": {"bedroom_count": 9}}}

        shut = await operator.patches(sheet, other)
        opened = await operator.patches(sheet, {"answers": {"household": {"floor_area": area}}})

        assert refused(shut) == (409, "not-marked")
        assert pointers(shut) == {"/survey/answers/household/bedroom_count"}
        assert opened.status_code == 200, opened.text

    async def test_of_a_nik_lets_change_what_follows_from_it(
        self, registry: Registry, operator: Caller
    ):
        """Of another day of birth: what the service finds by itself is nobody's change."""
        proposal = await returned(registry, "/members/{}/nik")
        [member] = proposal["content"]["members"]
        nik = f"{member['nik'][:6]}060571{member['nik'][-4:]}"

        response = await operator.patches(f"/v1/members/{member['id']}", {"nik": nik})

        assert response.status_code == 200, response.text
        assert response.json()["nik_check"]["verdict"] != "valid"

    async def test_of_a_list_is_open_with_all_its_rows(self, registry: Registry, operator: Caller):
        asks = asking({"name": "Siti Rohmah"})
        household = await registry.registered()
        about = {"member_id": household["members"][0]["id"]}
        proposal = await registry.asks(
            "correction", household, asks, "awaiting_village_head", **about
        )
        head = await registry.caller(R.VILLAGE_HEAD)
        mark = {"pointer": "/asks/evidence/0/note", "reason": "data_incomplete"}
        await head.takes(
            "return", proposal, target="drafted", reason="data_incomplete", marks=[mark]
        )
        path, version = f"/v1/proposals/{proposal['id']}", proposal["version"] + 1
        other = {**asks, "changes": {"name": "Siti Rahma"}}
        card = {"type": "family_card_copy", "note": "KK asli diperlihatkan."}
        more = {**asks, "evidence": [card, *asks["evidence"]], "note": "KK menyusul."}

        shut = await operator.patches(path, {"kind": "correction", "asks": other}, version=version)
        opened = await operator.patches(path, {"kind": "correction", "asks": more}, version=version)

        assert refused(shut) == (409, "not-marked")
        assert pointers(shut) == {"/asks/changes/name"}
        assert opened.status_code == 200, opened.text

    async def test_is_everything_where_nothing_was(self, registry: Registry, operator: Caller):
        proposal = await returned(registry)
        path = f"/v1/households/{proposal['household_id']}"

        assert [mark["pointer"] for mark in proposal["marks"]] == [""]
        response = await operator.patches(path, {"address": "Jl. Baru 1", "rt": "009"})
        assert response.status_code == 200


class TestSubmittingAgain:
    async def test_says_what_changed_since_to_whoever_looks_at_it_next(
        self, registry: Registry, operator: Caller
    ):
        proposal = await returned(registry, "/household/address", "/members/{}")
        [member] = proposal["content"]["members"]
        await operator.patches(f"/v1/households/{proposal['household_id']}", {"address": "Jl. B 1"})
        born = date(1971, 5, 6)
        nik = f"{registry.village.code[:6]}060571{member['nik'][-4:]}"
        change = {"nik": nik, "birth_date": str(born)}
        response = await operator.patches(f"/v1/members/{member['id']}", change)
        assert response.status_code == 200, response.text

        response = await operator.takes("submit", await operator.reads(proposal))

        assert response.status_code == 201, response.text
        place = f"/members/{member['id']}"
        changed = {
            each["pointer"]: (each["before"], each["after"])
            for each in (await operator.reads(proposal))["changed_since_return"]
        }
        assert changed == {
            "/household/address": ("Jl. Sunan Demak No. 12", "Jl. B 1"),
            f"{place}/nik": (member["nik"], nik),
            f"{place}/birth_date": (member["birth_date"], str(born)),
        }
        officer = await registry.caller(R.DISTRICT_OFFICER)
        seen = {
            each["pointer"]: each["after"]
            for each in (await officer.reads(proposal))["changed_since_return"]
        }
        assert seen[f"{place}/nik"] == nik[:4] + "*" * 12
        submission = (await registry.audit_of(proposal["id"]))[-1]
        assert submission["changes"]["/changed_since_return"] == [None, 3]

    async def test_as_it_was_takes_an_explanation(self, registry: Registry, operator: Caller):
        proposal = await returned(registry, "/household/address")

        bare = await operator.takes("submit", proposal)
        explained = await operator.takes("submit", proposal, note="Sudah sesuai KTP.")

        assert refused(bare) == (422, "nothing-mended")
        assert pointers(bare) == {"/grounds/note"}
        assert explained.status_code == 201
        assert (await operator.reads(proposal))["changed_since_return"] == []
