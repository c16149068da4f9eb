"""Responsibility statements (SPTJM): in place of a deliberation, where the regency allows it."""

from uuid import uuid4

import pytest

from app.domain.actors import Role
from tests.registry import Caller, Registry, a_statement, pointers, refused

R = Role
PATH = "/v1/responsibility-statements"


async def allowing(regency: Registry, *kinds: str) -> Caller:
    """The village's operator, in a regency whose policy takes statements for these kinds."""
    admin = await regency.caller(R.REGENCY_ADMIN)
    path = f"/v1/policies/{regency.village.code[:4]}"
    policy = {"district_checks": False, "statement_kinds": list(kinds)}
    version = (await admin.gets(path)).json()["version"]
    response = await admin.puts(path, policy, version=version)
    assert response.status_code < 300, response.text
    return await regency.caller(R.VILLAGE_OPERATOR)


class TestWhereTheRegencyAllowsIt:
    async def test_leads_its_names_to_the_head_who_approves_once_it_is_scanned(
        self, regency: Registry
    ):
        operator = await allowing(regency, "new_family")
        head = await regency.caller(R.VILLAGE_HEAD)
        names = [await regency.proposal("awaiting_deliberation") for _ in range(2)]

        made = await operator.posts(PATH, a_statement(*names))
        assert made.status_code == 201, made.text
        now = await head.reads(names[0])
        early = await head.takes("approve", now)
        scan = await regency.document("statement_scan", region_code=regency.village.code)
        attach = {"action": "attach_scan", "document_id": scan["id"]}
        attached = await operator.posts(f"{made.headers['location']}/steps", attach, version=1)
        approved = await head.takes("approve", now)

        assert {(await operator.reads(each))["state"] for each in names[1:]} == {
            "awaiting_village_head"
        }
        assert refused(early) == (409, "scan-missing")
        assert attached.status_code == 201, attached.text
        assert approved.status_code == 201, approved.text
        entry = next(
            each for each in await regency.audit_of(names[0]["id"]) if each["action"] == "declare"
        )
        assert entry["grounds"]["statement"] == {
            "statement_id": made.json()["id"],
            "number": "470/15/SPTJM/2026",
            "dated": "2026-11-18",
            "signatory": "Suparman",
        }
        told = (await operator.gets(made.headers["location"])).json()
        assert (told["scan"]["sha256"], told["names"]) == (scan["sha256"], 2)

    async def test_leads_all_of_them_or_none(self, regency: Registry):
        operator = await allowing(regency, "new_family")
        ready, draft = await regency.proposal("awaiting_deliberation"), await regency.proposal()

        response = await operator.posts(PATH, a_statement(ready, draft))

        assert refused(response) == (409, "action-not-open")
        assert (await operator.reads(ready))["state"] == "awaiting_deliberation"
        assert (await operator.gets(PATH)).json()["items"] == []

    async def test_a_proposal_keeps_to_the_policy_it_began_with(self, regency: Registry):
        before = await regency.proposal("awaiting_deliberation")
        operator = await allowing(regency, "new_family")
        between = await regency.proposal("awaiting_deliberation")
        await allowing(regency)
        after = await regency.proposal("awaiting_deliberation")

        early = await operator.posts(PATH, a_statement(before, between))
        late = await operator.posts(PATH, a_statement(after))
        declared = await operator.posts(PATH, a_statement(between))

        assert refused(early) == refused(late) == (409, "statement-not-allowed")
        assert pointers(early) == {"/proposal_ids/0"}
        assert declared.status_code == 201, declared.text


async def test_elsewhere_the_names_are_to_be_deliberated(registry: Registry):
    operator = await registry.caller(R.VILLAGE_OPERATOR)
    proposal = await registry.proposal("awaiting_deliberation")

    response = await operator.posts(PATH, a_statement(proposal))

    assert refused(response) == (409, "statement-not-allowed")
    assert (await operator.reads(proposal))["state"] == "awaiting_deliberation"


async def test_names_of_another_village_are_not_there(regency: Registry):
    await allowing(regency, "new_family")
    operator = await regency.caller(R.REGENCY_OPERATOR)
    neighbour = await regency.caller(R.VILLAGE_OPERATOR, over=regency.neighbour)
    theirs = await regency.proposal("awaiting_deliberation", by=neighbour)

    response = await operator.posts(PATH, a_statement(theirs, village_code=regency.village.code))

    assert refused(response) == (404, "proposal-not-found")


@pytest.mark.parametrize("role", [R.VILLAGE_HEAD, R.REGENCY_VERIFIER])
async def test_it_is_the_operators_to_declare(registry: Registry, role: Role):
    caller = await registry.caller(role)
    nothing = {"id": str(uuid4()), "village_code": registry.village.code}

    response = await caller.posts(PATH, a_statement(nothing))

    assert refused(response) == (403, "role-may-not")
