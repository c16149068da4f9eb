"""Corrections (perbaikan data): what is wrong in the registry gets another value, by a proposal."""

from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from app.domain.actors import Role
from tests.registry import Registry, a_member, a_nik, pointers, refused

SEEN = [{"type": "identity_card_copy", "note": "KTP asli diperlihatkan."}]


def a_couple(registry: Registry) -> list[dict]:
    return [a_member(registry.village), a_wife(registry)]


def a_wife(registry: Registry, **changes: Any) -> dict:  # noqa: ANN401
    values = {"number": 2, "sex": 2, "name": "Siti Aminah", "marital_status": 2}
    relations = {"relation_to_household_head": 2, "relation_to_family_head": 2}
    return a_member(registry.village, **{**values, **relations, **changes})


def asking(changes: dict, **more: dict) -> dict:
    return {"changes": changes, "note": "Mengikuti KTP.", "evidence": SEEN, **more}


async def refusal_of(registry: Registry, household: dict, asks: dict, **about: str) -> Response:
    """What the operator hears who submits that correction."""
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    proposal = await registry.asks("correction", household, asks, **about)
    return await operator.takes("submit", proposal)


async def test_a_name_and_a_birth_place_are_corrected_with_before_and_after(registry: Registry):
    household = await registry.registered()
    [member] = household["members"]
    changes = {"name": "Budi Santosa", "birth_place": "Serang"}

    proposal = await registry.asks(
        "correction", household, asking(changes), "determined", member_id=member["id"]
    )

    assert proposal["now"] == {"name": "Budi Santoso", "birth_place": "Cilegon"}
    assert proposal["proposed"] == changes
    [after] = (await registry.home_of(household["id"]))["members"]
    changed = {"name", "birth_place", "version", "updated_at"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in member.items() if k not in changed
    }
    assert (after["name"], after["birth_place"]) == ("Budi Santosa", "Serang")
    [*_, entry] = await registry.audit_of(member["id"])
    assert entry["action"] == "correct"
    assert entry["changes"] == {
        "/name": ["Budi Santoso", "Budi Santosa"],
        "/birth_place": ["Cilegon", "Serang"],
    }


async def test_a_household_and_a_family_are_corrected_in_their_own_fields(registry: Registry):
    household = await registry.registered()
    [family] = household["families"]
    place = {"rt": "009", "location": {"latitude": -6.5, "longitude": 106.25}}
    card = {"card_number": f"{registry.village.code[:6]} 010121 0007"}

    here = await registry.asks("correction", household, asking(place), "determined")
    await registry.asks("correction", household, asking(card), "determined", family_id=family["id"])

    after = await registry.home_of(household["id"])
    assert (after["rt"], after["location"]) == ("009", place["location"])
    assert here["now"] == {"rt": "004", "location": household["location"]}
    assert after["families"][0]["card_number"] == card["card_number"].replace(" ", "")


class TestANikThatIsCorrected:
    async def test_is_checked_anew_and_moves_its_holder(self, registry: Registry):
        household = await registry.registered()
        [member] = household["members"]
        nik = a_nik(registry.village)  # of another day than his: a warning

        await registry.asks(
            "correction", household, asking({"nik": nik}), "determined", member_id=member["id"]
        )

        [after] = (await registry.home_of(household["id"]))["members"]
        assert after["nik"] == nik
        assert after["nik_check"] == {
            "verdict": "valid_with_warning",
            "codes": ["mismatch_birth_date"],
        }
        [[now], [before]] = [
            await registry.runs("SELECT nik_held($1, NULL)", each) for each in (nik, member["nik"])
        ]
        assert (now[0], before[0]) == (True, False)

    async def test_is_refused_where_somebody_holds_it_without_saying_who(self, registry: Registry):
        household, other = await registry.registered(), await registry.registered()
        [member], [holder] = household["members"], other["members"]

        response = await refusal_of(
            registry, household, asking({"nik": holder["nik"]}), member_id=member["id"]
        )

        assert refused(response) == (409, "nik-held-elsewhere")
        assert "perpindahan" in response.json()["detail"]
        assert holder["id"] not in response.text
        assert holder["nik"] not in response.text

    async def test_is_refused_where_it_cannot_be_one(self, registry: Registry):
        household = await registry.registered()
        [member] = household["members"]

        response = await refusal_of(
            registry, household, asking({"nik": "1111111111111111"}), member_id=member["id"]
        )

        assert refused(response) == (422, "not-yet-complete")
        assert f"/members/{member['id']}/nik" in pointers(response)


class TestACorrectionIsRefused:
    async def test_with_everything_that_is_wanting(self, registry: Registry):
        household = await registry.registered()
        [member] = household["members"]
        bare = {"changes": {"name": None, "birth_place": "Serang", "rt": "001"}}

        response = await refusal_of(registry, household, bare, member_id=member["id"])

        assert refused(response) == (422, "not-yet-complete")
        assert pointers(response) == {
            "/asks/changes/name",
            "/asks/changes/rt",
            "/asks/note",
            "/asks/evidence",
        }

    async def test_where_nothing_would_change(self, registry: Registry):
        household = await registry.registered()
        [member] = household["members"]
        same = asking({"name": member["name"]})

        response = await refusal_of(registry, household, same, member_id=member["id"])

        assert pointers(response) == {"/asks/changes"}

    async def test_where_a_document_is_not_there(self, registry: Registry):
        household = await registry.registered()
        scan = await registry.document()
        pieces = [
            {"type": "family_card_copy", "document_id": each} for each in (scan["id"], str(uuid4()))
        ]

        response = await refusal_of(
            registry, household, {**asking({"rt": "009"}), "evidence": pieces}
        )

        assert pointers(response) == {"/asks/evidence/1/document_id"}

    async def test_where_it_would_make_a_second_head(self, registry: Registry):
        household = await registry.registered(*a_couple(registry))
        wife = household["members"][1]
        asks = asking({"relation_to_household_head": 1, "relation_to_family_head": 1})

        response = await refusal_of(registry, household, asks, member_id=wife["id"])

        assert refused(response) == (422, "not-yet-complete")
        assert {error["code"] for error in response.json()["errors"]} >= {"M01", "M02"}

    async def test_about_a_draft_or_somebody_elsewhere(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        draft, other = await registry.household(), await registry.registered()
        member, stranger = draft["members"][0], other["members"][0]

        answers = [
            await operator.posts(
                "/v1/proposals",
                {"kind": "correction", "household_id": draft["id"], "member_id": each["id"]},
            )
            for each in (member, stranger)
        ]

        assert [refused(each) for each in answers] == [
            (409, "not-registered"),
            (404, "member-not-found"),
        ]


async def test_two_change_places_as_heads_in_one_correction(registry: Registry):
    household = await registry.registered(*a_couple(registry))
    head, wife = household["members"]
    asks = asking(
        {"relation_to_household_head": 1, "relation_to_family_head": 1},
        relations={
            head["id"]: {"relation_to_household_head": 2, "relation_to_family_head": 2},
        },
    )

    proposal = await registry.asks(
        "correction", household, asks, "determined", member_id=wife["id"]
    )

    after = {each["id"]: each for each in (await registry.home_of(household["id"]))["members"]}
    assert after[wife["id"]]["relation_to_household_head"] == 1
    assert after[head["id"]]["relation_to_household_head"] == 2
    assert proposal["proposed"]["members"] == asks["relations"]


class TestADraftedProposal:
    async def test_asks_for_something_else_until_it_is_submitted(self, registry: Registry):
        household = await registry.registered()
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        draft = await registry.asks("correction", household, asking({"rt": "007"}))
        path = f"/v1/proposals/{draft['id']}"
        body = {"kind": "correction", "asks": asking({"rt": "008"})}

        changed = await operator.patches(path, body, version=draft["version"])
        again = await operator.patches(path, body, version=2)
        late = await operator.patches(path, body, version=draft["version"])
        other = {"kind": "removal", "asks": {}}
        another = await operator.patches(path, other, version=2)
        await operator.takes("submit", again.json())
        frozen = await operator.patches(path, body, version=3)

        assert changed.json()["asks"]["changes"] == {"rt": "008"}
        assert again.json()["version"] == 2  # what is asked already is no step
        assert [refused(each) for each in (late, another, frozen)] == [
            (412, "outdated"),
            (409, "another-kind"),
            (409, "action-not-open"),
        ]
        entry = (await registry.audit_of(draft["id"]))[1]
        assert (entry["action"], entry["changes"]) == (
            "amend",
            {"/asks/changes/rt": ["007", "008"]},
        )

    @pytest.mark.parametrize("role", [Role.VILLAGE_HEAD, Role.REGENCY_VERIFIER])
    async def test_is_changed_by_nobody_else(self, registry: Registry, role: Role):
        household = await registry.registered()
        draft = await registry.asks("correction", household, asking({"rt": "007"}))
        caller = await registry.caller(role)

        body = {"kind": "correction", "asks": {}}
        response = await caller.patches(f"/v1/proposals/{draft['id']}", body)

        assert refused(response) == (403, "role-may-not")
