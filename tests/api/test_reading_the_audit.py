"""What was done, told to whoever may know: by region, in pages, without the numbers of people."""

import re
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from app.domain.actors import Role
from app.domain.regions import Tier
from tests.registry import REASON, Caller, Registry, a_nik, refused

NEXT = re.compile(r'<([^>]+)>; rel="next"')
KEYS = {"workflow", "subject_id", "actor_id", "action"}


async def entries(caller: Caller, path: str = "/v1/audit", **asked: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """All of them, page by page: in a regency there may be more than one page holds."""
    response = await caller.gets(path, params={"limit": 200, **asked})
    assert response.status_code == 200, response.text
    if after := response.json()["next"]:
        return response.json()["items"] + await entries(caller, path, **{**asked, "after": after})
    return response.json()["items"]


async def page_by_page(caller: Caller, path: str) -> list[dict[str, Any]]:
    """As a client does that knows nothing but the `Link` header."""
    found, link = [], path
    while link:
        response: Response = await caller.gets(link)
        assert response.status_code == 200, response.text
        found += response.json()["items"]
        following = NEXT.search(response.headers.get("link", ""))
        assert (following is None) == (response.json()["next"] is None)
        link = following[1] if following else ""
    return found


def ids(found: list[dict[str, Any]]) -> list[int]:
    return [entry["id"] for entry in found]


class TestTheAuditShows:
    async def test_a_village_its_own_entries_and_no_others(self, registry: Registry):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        neighbour = await registry.caller(Role.VILLAGE_OPERATOR, over=registry.neighbour)
        own = await registry.proposal("awaiting_regency", by=operator)
        other = await registry.proposal("awaiting_deliberation", by=neighbour)

        seen = await entries(operator)

        assert {entry["region_code"] for entry in seen} == {registry.village.code}
        assert own["id"] in {entry["subject_id"] for entry in seen}
        assert await entries(operator, subject_id=other["id"]) == []
        assert await entries(operator, actor_id=str(neighbour.actor.id)) == []
        verifier = await registry.caller(Role.REGENCY_VERIFIER)
        both = {entry["subject_id"] for entry in await entries(verifier)}
        assert both >= {own["id"], other["id"]}

    async def test_who_did_what_on_which_grounds_from_where_to_where(self, registry: Registry):
        proposal = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(Role.REGENCY_VERIFIER)
        returned = await verifier.takes("return", proposal, target="drafted", **REASON)

        *_, entry = await entries(verifier, subject_id=proposal["id"])

        assert entry == returned.json()
        assert (entry["source"], entry["action"], entry["target"]) == (
            "awaiting_regency",
            "return",
            "drafted",
        )
        assert entry["grounds"] == REASON
        assert (entry["actor_id"], entry["actor_role"]) == (
            str(verifier.actor.id),
            "regency_verifier",
        )
        assert (entry["actor_region_code"], entry["region_code"]) == (
            registry.village.code[:4],
            registry.village.code,
        )
        assert (entry["channel"], entry["version"]) == ("http", proposal["version"] + 1)

    @pytest.mark.parametrize("key", sorted(KEYS))
    async def test_only_what_was_asked_for(self, registry: Registry, key: str):
        await registry.proposal("awaiting_regency")
        await registry.proposal("awaiting_deliberation")
        verifier = await registry.caller(Role.REGENCY_VERIFIER)
        everything = await entries(verifier)
        values = {entry[key] for entry in everything}
        assert len(values) > 1

        for value in values:
            wanted = [entry for entry in everything if entry[key] == value]
            assert await entries(verifier, **{key: value}) == wanted

    async def test_what_was_done_from_one_moment_until_before_another(self, registry: Registry):
        proposal = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(Role.REGENCY_VERIFIER)
        first, second, third, fourth = await entries(verifier, subject_id=proposal["id"])

        asked = {"subject_id": proposal["id"], "since": second["at"], "until": fourth["at"]}

        assert ids(await entries(verifier, **asked)) == ids([second, third])
        assert ids(await entries(verifier, subject_id=proposal["id"], until=second["at"])) == ids(
            [first]
        )

    async def test_every_entry_once_page_by_page(self, registry: Registry):
        await registry.proposal("awaiting_regency")
        neighbour = await registry.caller(Role.VILLAGE_OPERATOR, over=registry.neighbour)
        await registry.proposal("awaiting_deliberation", by=neighbour)
        verifier = await registry.caller(Role.REGENCY_VERIFIER)

        paged = await page_by_page(verifier, "/v1/audit?limit=3")

        assert len(paged) > 9
        assert paged == await entries(verifier)
        places = [(entry["region_code"], entry["id"]) for entry in paged]
        assert places == sorted(set(places))

    async def test_the_same_question_on_every_page(self, registry: Registry):
        proposal = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(Role.REGENCY_VERIFIER)

        paged = await page_by_page(verifier, f"/v1/audit?limit=1&subject_id={proposal['id']}")

        assert [entry["seq"] for entry in paged] == [1, 2, 3, 4]
        assert {entry["subject_id"] for entry in paged} == {proposal["id"]}


class TestWhatChanged:
    async def test_is_told_with_masked_numbers_to_those_who_read_identity(self, registry: Registry):
        before, after = a_nik(registry.village), a_nik(registry.village)
        member = await an_amended_member(registry, before, after)

        for role in (Role.VILLAGE_OPERATOR, Role.DISTRICT_OFFICER, Role.MINISTRY_DETERMINER):
            *_, entry = await entries(await registry.caller(role), subject_id=member)
            assert entry["changes"]["/name"] == ["Budi Santoso", "Budi Santosa"], role
            assert entry["changes"]["/nik"] == [masked(before), masked(after)], role

    async def test_is_only_named_to_auditors_and_admins(self, registry: Registry):
        before, after = a_nik(registry.village), a_nik(registry.village)
        member = await an_amended_member(registry, before, after)

        for role in (Role.AUDITOR, Role.REGENCY_ADMIN, Role.MINISTRY_ADMIN):
            caller = await registry.caller(role)
            response = await caller.gets("/v1/audit", params={"subject_id": member})
            *_, entry = response.json()["items"]
            assert entry["changes"] is None, role
            assert {"/name", "/nik"} <= set(entry["changed"]), role
            assert before not in response.text
            assert "Santosa" not in response.text

    async def test_of_an_account_is_for_those_who_run_accounts(self, registry: Registry):
        admin = await registry.caller(Role.REGENCY_ADMIN)
        draft = {"role": "village_operator", "region_code": registry.village.code}
        opened = await admin.posts("/v1/accounts", {**draft, "display_name": "Sri Wahyuni"})
        account = opened.json()["id"]

        for role in (Role.REGENCY_ADMIN, Role.REGENCY_VERIFIER, Role.AUDITOR):
            reader = await registry.caller(role, over=registry.village.at(Tier.REGENCY))
            [entry] = await entries(reader, subject_id=account)
            assert ("Sri Wahyuni" in str(entry)) is (role is Role.REGENCY_ADMIN), role

    async def test_a_number_in_a_note_is_masked_too(self, registry: Registry):
        proposal = await registry.proposal("awaiting_deliberation")
        operator = await registry.caller(Role.VILLAGE_OPERATOR)
        nik = a_nik(registry.village)
        withdrawn = await operator.takes("withdraw", proposal, note=f"Ganda dengan {nik}.")
        assert withdrawn.status_code == 201, withdrawn.text

        *_, entry = await entries(operator, subject_id=proposal["id"])
        auditor = await registry.caller(Role.AUDITOR)
        *_, of_an_auditor = await entries(auditor, subject_id=proposal["id"])

        assert entry["grounds"] == {"note": f"Ganda dengan {masked(nik)}."}
        assert of_an_auditor["grounds"] == {}


def masked(nik: str) -> str:
    return nik[:4] + "*" * 12


async def an_amended_member(registry: Registry, before: str, after: str) -> str:
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    household = await registry.household()
    path = f"/v1/members/{household['members'][0]['id']}"
    for version, change in enumerate(({"nik": before}, {"nik": after, "name": "Budi Santosa"}), 1):
        response = await operator.patches(path, change, version=version)
        assert response.status_code == 200, response.text
    return path.rpartition("/")[2]


class TestDecisions:
    async def test_are_the_verdicts_among_the_steps_and_nothing_else(self, registry: Registry):
        determined = await registry.proposal("determined")
        rejected = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(Role.REGENCY_VERIFIER)
        assert (await verifier.takes("reject", rejected, **REJECTED)).status_code == 201
        everything = await entries(verifier)

        decided = await entries(verifier, "/v1/decisions")

        verdicts = {"approve", "return", "reject", "undo"}
        assert decided == [entry for entry in everything if entry["action"] in verdicts]
        of_one = await entries(verifier, "/v1/decisions", proposal_id=determined["id"])
        assert [entry["seq"] for entry in of_one] == [4, 5, 6, 7, 8, 9]

    @pytest.mark.parametrize(
        ("asked", "key"),
        [("proposal_id", "subject_id"), ("actor_id", "actor_id"), ("verdict", "action")],
    )
    async def test_only_those_that_were_asked_for(self, registry: Registry, asked: str, key: str):
        await registry.proposal("awaiting_endorsement")
        rejected = await registry.proposal("awaiting_regency")
        verifier = await registry.caller(Role.REGENCY_VERIFIER)
        assert (await verifier.takes("reject", rejected, **REJECTED)).status_code == 201
        everything = await entries(verifier, "/v1/decisions")
        values = {entry[key] for entry in everything}
        assert len(values) > 1

        for value in values:
            wanted = [entry for entry in everything if entry[key] == value]
            assert await entries(verifier, "/v1/decisions", **{asked: value}) == wanted

    async def test_of_a_span_of_time_page_by_page(self, registry: Registry):
        await registry.proposal("awaiting_ministry")
        verifier = await registry.caller(Role.REGENCY_VERIFIER)
        first, *between, last = await entries(verifier, "/v1/decisions")

        span = f"since={first['at']}&until={last['at']}".replace("+", "%2B")
        paged = await page_by_page(verifier, f"/v1/decisions?limit=1&{span}")

        assert ids(paged) == ids([first, *between])

    async def test_of_another_village_are_not_among_them(self, registry: Registry):
        neighbour = await registry.caller(Role.VILLAGE_OPERATOR, over=registry.neighbour)
        other = await registry.proposal("awaiting_regency", by=neighbour)
        head = await registry.caller(Role.VILLAGE_HEAD)

        assert await entries(head, "/v1/decisions") == []
        assert await entries(head, "/v1/decisions", proposal_id=other["id"]) == []


REJECTED = {"reason": "no_longer_poor", "note": "Kunjungan rumah."}


class TestTheStepsOfAProposal:
    async def test_are_its_whole_history_in_order(self, registry: Registry):
        proposal = await registry.proposal("determined")
        operator = await registry.caller(Role.VILLAGE_OPERATOR)

        steps = await page_by_page(operator, f"/v1/proposals/{proposal['id']}/steps?limit=4")

        assert [step["seq"] for step in steps] == list(range(1, 10))
        assert [step["version"] for step in steps] == list(range(1, 10))
        assert steps[0]["source"] is None
        assert [step["source"] for step in steps[1:]] == [step["target"] for step in steps[:-1]]
        assert steps[-1]["target"] == "determined"
        assert [step["prev_hash"] for step in steps[1:]] == [step["hash"] for step in steps[:-1]]
        assert steps == await entries(operator, subject_id=proposal["id"])

    async def test_are_not_found_where_the_proposal_is_not(self, registry: Registry):
        proposal = await registry.proposal("awaiting_deliberation")
        stranger = await registry.caller(Role.VILLAGE_OPERATOR, over=registry.neighbour)

        foreign = await stranger.gets(f"/v1/proposals/{proposal['id']}/steps")
        nowhere = await stranger.gets(f"/v1/proposals/{uuid4()}/steps")

        assert refused(foreign) == refused(nowhere) == (404, "proposal-not-found")
        assert foreign.json().keys() == nowhere.json().keys()
