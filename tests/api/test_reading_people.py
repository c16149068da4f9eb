"""What each role sees of a person, and that every look at people leaves its trace."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from app.domain.actors import Role
from tests.registry import Registry, refused

R = Role

# By hand, from the table of what a role reads: (name in the clear, numbers in the clear), or
# None for those who read nothing of anybody.
SEES = {
    "enumerator": ("clear", "clear"),
    "village_operator": ("clear", "clear"),
    "village_head": ("clear", "clear"),
    "district_officer": ("clear", "masked"),
    "regency_operator": ("clear", "clear"),
    "regency_verifier": ("clear", "clear"),
    "regency_endorser": ("clear", "masked"),
    "civil_registry_officer": ("clear", "clear"),
    "regency_admin": None,
    "province_officer": ("clear", "masked"),
    "ministry_analyst": ("clear", "clear"),
    "ministry_determiner": ("clear", "masked"),
    "ministry_admin": None,
    "auditor": ("masked", "masked"),
    "integration": None,
}


@pytest.mark.parametrize("role", Role)
async def test_a_role_sees_of_a_household_what_the_table_says(registry: Registry, role: Role):
    drafted = await registry.household()
    [member], [family] = drafted["members"], drafted["families"]
    reader = await registry.caller(role)

    response = await reader.gets(f"/v1/households/{drafted['id']}")

    if SEES[role] is None:
        assert refused(response) == (403, "reads-nobody")
        return
    name, numbers = SEES[role]
    [seen] = response.json()["members"]
    clear = name == "clear"
    assert seen["name"] == ("Budi Santoso" if clear else "B*** S***")
    assert seen["mother_name"] == ("Rohmah" if clear else "R***")
    assert (seen["birth_date"] is not None) == clear
    assert (response.json()["address"] is not None) == clear
    assert (response.json()["location"] is not None) == clear
    shown = {"clear": lambda number: number, "masked": lambda number: number[:4] + "*" * 12}
    assert seen["nik"] == shown[numbers](member["nik"])
    assert response.json()["families"][0]["card_number"] == shown[numbers](family["card_number"])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", ["households", "proposals"])
async def test_nobody_reads_a_number_in_a_list(registry: Registry, role: Role, path: str):
    proposal = await registry.proposal()
    operator = await registry.caller(R.VILLAGE_OPERATOR)
    household = (await operator.gets(f"/v1/households/{proposal['household_id']}")).json()
    reader = await registry.caller(role)

    response = await reader.gets(f"/v1/{path}")

    assert response.status_code == (403 if SEES[role] is None else 200)
    assert household["members"][0]["nik"] not in response.text
    if SEES[role] and SEES[role][0] == "masked":
        assert "Budi" not in response.text


@pytest.mark.parametrize("role", Role)
async def test_the_frozen_copy_is_shown_as_the_household_is(registry: Registry, role: Role):
    proposal = await registry.proposal("awaiting_deliberation")
    nik = proposal["content"]["members"][0]["nik"]
    reader = await registry.caller(role)

    response = await reader.gets(f"/v1/proposals/{proposal['id']}")

    if SEES[role] is None:
        assert refused(response) == (403, "reads-nobody")
    elif SEES[role] == ("clear", "clear"):
        shown = response.json()["content"]
        people = ("household", "families", "members")
        assert {part: shown[part] for part in people} == {
            part: proposal["content"][part] for part in people
        }
    elif SEES[role] == ("clear", "masked"):
        assert response.json()["content"]["members"][0]["nik"] == nik[:4] + "*" * 12
    else:
        assert response.json()["content"] is None


@pytest.mark.parametrize("typed", ["{0} {1} {2} {3}", "{0}-{1}-{2}-{3}", "{0}.{1}.{2}.{3}"])
async def test_a_number_is_masked_however_it_was_typed(registry: Registry, typed: str):
    parts = ("3672", "0101", "0120", "0007")
    number = typed.format(*parts)
    household = await registry.household()
    operator = await registry.caller(R.VILLAGE_OPERATOR)
    [member], [family] = household["members"], household["families"]
    await operator.patches(f"/v1/members/{member['id']}", {"nik": number})
    await operator.patches(f"/v1/families/{family['id']}", {"card_number": number})
    made = await operator.posts(
        "/v1/proposals", {"kind": "new_family", "household_id": household["id"]}
    )
    await operator.takes("withdraw", made.json(), note=f"KK {number} salah.")
    officer = await registry.caller(R.DISTRICT_OFFICER)

    for path in ("/v1/audit", f"/v1/households/{household['id']}", f"/v1/members/{member['id']}"):
        response = await officer.gets(path)
        assert number not in response.text
        assert "".join(parts) not in response.text


def whom(entry: Mapping[str, Any]) -> list[UUID]:
    """Without the villages by which a list is found: what stands for one has no version."""
    return [each for each in entry["subjects"] if each.version]


class TestALookAtPeople:
    async def accesses(self, registry: Registry, subject: str):
        return await registry.runs(
            "SELECT * FROM access_entry WHERE $1 = ANY (subjects) ORDER BY id", UUID(subject)
        )

    @pytest.mark.parametrize("of", ["households", "members", "families", "proposals"])
    async def test_leaves_who_what_for_and_whom(self, registry: Registry, of: str):
        proposal = await registry.proposal()
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        head = await registry.caller(R.VILLAGE_HEAD)
        household = (await operator.gets(f"/v1/households/{proposal['household_id']}")).json()
        ids = {
            "households": household["id"],
            "members": household["members"][0]["id"],
            "families": household["families"][0]["id"],
            "proposals": proposal["id"],
        }
        before = await self.accesses(registry, household["id"])

        response = await head.gets(f"/v1/{of}/{ids[of]}", headers={"X-Purpose": "correction"})

        assert response.status_code == 200
        *earlier, last = await self.accesses(registry, household["id"])
        assert earlier == before
        assert (last["actor_id"], last["actor_role"]) == (head.actor.id, "village_head")
        assert (last["purpose"], last["operation"]) == ("correction", f"read_{_one(of)}")
        assert last["request_id"] == response.headers["x-request-id"]

    async def test_names_every_person_of_the_household(self, registry: Registry):
        household = await registry.household()
        head = await registry.caller(R.VILLAGE_HEAD)

        await head.gets(f"/v1/households/{household['id']}")

        *_, entry = await self.accesses(registry, household["members"][0]["id"])
        assert entry["actor_id"] == head.actor.id
        assert entry["purpose"] == "verification"  # the usual one of the role

    async def test_is_noted_too_when_a_change_is_answered_with_them(self, registry: Registry):
        household = await registry.household()
        [member] = household["members"]
        operator = await registry.caller(R.VILLAGE_OPERATOR)

        await operator.patches(f"/v1/households/{household['id']}", {})
        await operator.patches(f"/v1/members/{member['id']}", {})

        operations = [e["operation"] for e in await self.accesses(registry, member["id"])]
        assert operations == ["draft_household", "change_household", "change_member"]

    @pytest.mark.parametrize("path", ["audit", "proposals/{}/steps"])
    async def test_is_noted_where_the_audit_tells_of_them(self, registry: Registry, path: str):
        proposal = await registry.proposal()
        officer = await registry.caller(R.PROVINCE_OFFICER)
        auditor = await registry.caller(R.AUDITOR)
        asked = f"/v1/{path.format(proposal['id'])}"
        filters = {"subject_id": proposal["id"]} if path == "audit" else {}

        await officer.gets(asked, params=filters)
        await auditor.gets(asked, params=filters)

        readers = [e["actor_id"] for e in await self.accesses(registry, proposal["id"])]
        assert officer.actor.id in readers
        assert auditor.actor.id not in readers  # who is told of nobody

    async def test_is_one_entry_for_a_whole_list(self, registry: Registry):
        made = [await registry.household() for _ in range(3)]
        head = await registry.caller(R.VILLAGE_HEAD)

        await head.gets("/v1/households")

        entries = await self.accesses(registry, made[0]["id"])
        [entry] = [each for each in entries if each["actor_id"] == head.actor.id]
        listed = {each["id"] for each in made} | {each["members"][0]["id"] for each in made}
        assert set(map(str, whom(entry))) == listed

    async def test_names_nobody_who_was_not_shown(self, registry: Registry):
        household = await registry.household()
        [member] = household["members"]
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        head = await registry.caller(R.VILLAGE_HEAD)
        await operator.posts(
            f"/v1/members/{member['id']}/steps",
            {"action": "remove", "grounds": {"note": "Salah orang."}},
            version=1,
        )

        await head.gets(f"/v1/households/{household['id']}")
        await head.gets("/v1/households")

        read = await self.accesses(registry, household["id"])
        of_head = [whom(e) for e in read if e["actor_id"] == head.actor.id]
        assert of_head == [[UUID(household["id"])]] * 2

    async def test_that_finds_nobody_leaves_nothing(self, registry: Registry):
        household = await registry.household()
        neighbour = await registry.caller(R.VILLAGE_HEAD, over=registry.neighbour)

        await neighbour.gets(f"/v1/households/{household['id']}")
        await neighbour.gets("/v1/households")

        by = "SELECT * FROM access_entry WHERE actor_id = $1"
        assert await registry.runs(by, neighbour.actor.id) == []

    async def test_for_a_purpose_of_ones_own_is_refused(self, registry: Registry):
        household = await registry.household()
        head = await registry.caller(R.VILLAGE_HEAD)

        response = await head.gets(
            f"/v1/households/{household['id']}", headers={"X-Purpose": "curiosity"}
        )

        assert refused(response) == (422, "malformed")


def _one(plural: str) -> str:
    return {"families": "family"}.get(plural, plural[:-1])


async def test_a_policy_is_read_by_everybody_and_set_by_its_regencys_admin(regency: Registry):
    admin = await regency.caller(R.REGENCY_ADMIN)
    operator = await regency.caller(R.VILLAGE_OPERATOR)
    path = f"/v1/policies/{admin.actor.region.code}"

    undecided = (await operator.gets(path)).json()
    first = await admin.puts(path, {"district_checks": True})
    stale = await admin.puts(path, {"district_checks": False})
    second = await admin.puts(path, {"district_checks": False}, version=1)
    others = await operator.puts(path, {"district_checks": True}, version=2)
    elsewhere = await admin.puts("/v1/policies/3522", {"district_checks": True})

    assert (undecided["version"], undecided["district_checks"]) == (0, False)
    assert (first.json()["version"], first.json()["district_checks"]) == (1, True)
    assert refused(stale) == (412, "outdated")
    assert (second.json()["version"], second.json()["district_checks"]) == (2, False)
    assert refused(others) == (404, "regency-not-found")  # it lies around his village, not within
    assert refused(elsewhere) == (404, "regency-not-found")
    assert (await operator.gets("/v1/policies/9999")).status_code == 404


async def test_reasons_are_read_with_both_labels(registry: Registry):
    operator = await registry.caller(R.VILLAGE_OPERATOR)

    items = (await operator.gets("/v1/reasons")).json()["items"]

    labels = {item["code"]: (item["label_id"], item["label_en"]) for item in items}
    assert len(items) == 27
    assert labels["no_longer_poor"] == ("Sudah mampu", "No longer poor")
