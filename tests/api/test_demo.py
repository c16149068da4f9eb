"""The made-up Cilegon: what is loaded, and the walk through it."""

import io
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from rich.console import Console

from app.db import audit_chain, roles
from app.db.urls import for_asyncpg
from app.demo import seed
from app.demo.accounts import CIBEBER, OFFICES, PASSWORD, accounts_table
from app.demo.walk import Stumbled, Walked, walk
from app.domain.actors import Role
from app.domain.dtks_ids import is_dtks_id
from app.domain.proposals import HOLDS_NIK, ProposalState
from app.main import create_app
from app.settings import Settings
from tests.conftest import Run
from tests.registry import Registry

URL = "http://cilegon.test"


@dataclass(frozen=True)
class Demo:
    """A registry in which nothing but the demo was loaded."""

    app: FastAPI
    owner_url: str
    superuser_url: str

    @property
    def transport(self) -> ASGITransport:
        return ASGITransport(self.app, client=("127.0.0.1", 4000))

    async def rows(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(for_asyncpg(self.superuser_url))
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()

    async def value(self, statement: str, *arguments: object) -> Any:  # noqa: ANN401
        return (await self.rows(statement, *arguments))[0][0]

    async def walked(self, said: io.StringIO | None = None) -> Walked:
        console = Console(file=said or io.StringIO(), width=200)
        return await walk(URL, console=console, transport=self.transport)


@pytest.fixture(scope="session")
async def demo(run: Run, database_name: str) -> AsyncIterator[Demo]:
    name = f"{database_name}_demo"
    await run.clone(name)
    owner_url = run.url(name, roles.OWNER)
    await seed.load(owner_url)

    key = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    url = run.url(name, roles.APP)
    app = create_app(Settings(database_url=url, signing_key=key.decode(), log_level="error"))
    async with app.router.lifespan_context(app):
        yield Demo(app, owner_url, run.url(name))
    await run.drop(name)


class TestLoading:
    async def test_leaves_an_intact_audit(self, demo: Demo):
        report = await audit_chain.verify(demo.owner_url)

        assert report.intact, str(report)
        assert report.entries > 5000

    async def test_gives_every_subject_as_many_versions_as_entries_and_the_last_ones_version(
        self, demo: Demo
    ):
        differing = await demo.value(
            "WITH subject AS (SELECT id, version, scope_code FROM household "
            "UNION ALL SELECT id, version, scope_code FROM family "
            "UNION ALL SELECT id, version, scope_code FROM member "
            "UNION ALL SELECT id, version, scope_code FROM proposal), "
            "last AS (SELECT DISTINCT ON (subject_id) subject_id AS id, version, seq, scope_code "
            "FROM audit_entry ORDER BY subject_id, seq DESC) "
            "SELECT count(*) FROM subject LEFT JOIN last USING (id) "
            "WHERE (subject.version, subject.version, subject.scope_code) "
            "IS DISTINCT FROM (last.version, last.seq, last.scope_code)"
        )

        assert differing == 0

    async def test_a_second_time_changes_nothing(self, demo: Demo):
        counts = "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM audit_entry)"
        before = await demo.rows(counts)

        await seed.load(demo.owner_url)

        assert await demo.rows(counts) == before

    async def test_leaves_a_registry_alone_that_has_an_account(
        self, registry: Registry, owner_url: str, superuser_url: str
    ):
        await registry.caller(Role.VILLAGE_OPERATOR)

        await seed.load(owner_url)

        connection = await asyncpg.connect(for_asyncpg(superuser_url))
        known = await connection.fetch("SELECT FROM account WHERE username = 'analyst'")
        await connection.close()
        assert known == []


class TestCilegon:
    async def test_has_twenty_households_in_each_of_its_43_kelurahan(self, demo: Demo):
        villages = await demo.rows(
            "SELECT scope_code, count(*) FROM audit_entry "
            "WHERE workflow = 'household' AND action = 'enter' AND request_id = 'demo' GROUP BY 1"
        )

        assert len(villages) == 43
        assert {row["count"] for row in villages} == {20}
        assert {row["scope_code"] // 10**6 for row in villages} == {3672}

    async def test_has_somebody_in_every_role_and_an_operator_in_every_kelurahan(self, demo: Demo):
        held = await demo.rows("SELECT role, count(*) FROM assignment GROUP BY role")
        count = {row["role"]: row["count"] for row in held}

        assert set(count) == {str(role) for role in Role}
        assert count["village_operator"] == count["village_head"] == count["enumerator"] == 43
        assert count["district_officer"] == 8
        assert count["auditor"] == 2
        assert {n for role, n in count.items() if role.startswith(("regency", "ministry"))} == {1}

    async def test_has_proposals_in_every_state(self, demo: Demo):
        states = await demo.rows("SELECT DISTINCT state FROM proposal")

        assert {row["state"] for row in states} == {str(state) for state in ProposalState}

    async def test_has_proposals_in_every_state_in_the_village_of_the_walk_too(self, demo: Demo):
        states = await demo.rows(
            "SELECT DISTINCT state FROM proposal WHERE scope_code = $1", int(CIBEBER)
        )

        assert {row["state"] for row in states} == {str(state) for state in ProposalState}

    async def test_registers_with_dtks_ids_whoever_was_determined(self, demo: Demo):
        registered = await demo.rows(
            "SELECT h.dtks_id AS of_household, m.dtks_id AS of_member, h.state, m.state AS state_m "
            "FROM proposal p JOIN household h ON h.id = p.household_id "
            "JOIN member m ON m.household_id = h.id WHERE p.state = 'determined'"
        )

        assert len(registered) > 300
        for row in registered:
            assert {row["state"], row["state_m"]} == {"registered"}
            assert is_dtks_id(row["of_household"])
            assert is_dtks_id(row["of_member"])

    async def test_holds_the_niks_of_exactly_those_whose_proposal_was_submitted_and_stands(
        self, demo: Demo
    ):
        wrong = await demo.value(
            "SELECT count(*) FROM member m LEFT JOIN nik_holder n ON n.member_id = m.id "
            "LEFT JOIN proposal p ON p.household_id = m.household_id "
            "WHERE (n.nik IS NOT NULL) <> (p.state IS NOT NULL AND p.state = ANY ($1::text[])) "
            "OR n.nik <> m.nik",
            [str(state) for state in HOLDS_NIK],
        )

        assert wrong == 0

    async def test_has_niks_that_are_wrong_missing_or_held_elsewhere(self, demo: Demo):
        found = await demo.rows(
            "SELECT nik_verdict, nik_held(nik, id) AS twice, count(*) FROM member GROUP BY 1, 2"
        )
        count = {(row["nik_verdict"], row["twice"]): row["count"] for row in found}

        assert count["valid", False] > 2500
        assert count["valid", True] > 3
        assert count["invalid", False] > 40
        assert count["valid_with_warning", False] > 10
        assert count["missing", False] > 80

    async def test_lets_districts_check(self, demo: Demo):
        policy = "SELECT district_checks FROM policy WHERE regency_code = '3672'"

        assert await demo.value(policy)

    async def test_lets_everybody_sign_in_who_stands_in_the_printed_table(self, demo: Demo):
        async with AsyncClient(transport=demo.transport, base_url=URL) as http:
            for office in OFFICES:
                username = office.username_around(CIBEBER)
                grant = {"grant_type": "password", "username": username, "password": PASSWORD}
                answer = await http.post("/v1/auth/token", json=grant)
                assert (answer.status_code, answer.json()["role"]) == (200, office.role)

        assert accounts_table().row_count == len(OFFICES)


class TestTheWalk:
    async def test_registers_a_family_and_leaves_an_intact_audit_as_often_as_one_likes(
        self, demo: Demo
    ):
        first, second = await demo.walked(), await demo.walked()

        assert first.state == second.state == "determined"
        assert not set(first.dtks_ids) & set(second.dtks_ids)
        assert all(map(is_dtks_id, (*first.dtks_ids, *second.dtks_ids)))
        report = await audit_chain.verify(demo.owner_url)
        assert report.intact, str(report)

    async def test_is_made_by_eight_people_in_the_order_of_the_tiers(self, demo: Demo):
        walked = await demo.walked()

        steps = await demo.rows(
            "SELECT actor_id, actor_role FROM audit_entry "
            "WHERE subject_id = $1::uuid AND channel = 'http' ORDER BY seq",
            walked.proposal_id,
        )
        assert len({step["actor_id"] for step in steps}) == 8
        assert [step["actor_role"] for step in steps] == [
            "village_operator",  # drafts
            "village_operator",  # submits
            "village_operator",  # deliberates
            "village_head",
            "district_officer",
            "regency_verifier",
            "regency_endorser",
            "province_officer",
            "ministry_analyst",
            "ministry_determiner",
        ]

    async def test_sends_the_household_twice_and_has_it_once(self, demo: Demo):
        households = "SELECT count(*) FROM household"
        before = await demo.value(households)

        await demo.walked()

        assert await demo.value(households) == before + 1

    async def test_tells_each_step_with_who_what_status_and_state(self, demo: Demo):
        said = io.StringIO()
        await demo.walked(said)

        told = said.getvalue()
        assert "operator.3672011001 submits the proposal" in told
        assert "201 awaiting_deliberation" in told
        assert "403 This action belongs to another role" in told
        assert "404 No such household lies within your region" in told
        assert "201 determined" in told

    async def test_ends_where_the_service_does_not_answer_as_expected(self, app: FastAPI):
        elsewhere = ASGITransport(app, client=("127.0.0.1", 4001))

        with pytest.raises(Stumbled, match="POST /v1/auth/token: 401, not 200"):
            await walk(URL, console=Console(file=io.StringIO()), transport=elsewhere)

    async def test_ends_where_there_is_no_service(self):
        with pytest.raises(Stumbled, match="does not answer"):
            await walk("http://127.0.0.1:1", console=Console(file=io.StringIO()))

    def test_knows_nothing_of_the_service_but_its_address(self):
        listing = "import sys, app.demo.walk; print(*(m for m in sys.modules if m[:4] == 'app.'))"
        imported = subprocess.run(  # noqa: S603
            [sys.executable, "-c", listing], capture_output=True, text=True, check=True
        )

        assert set(imported.stdout.split()) == {
            "app.demo",
            "app.demo.accounts",
            "app.demo.draws",
            "app.demo.kinship",
            "app.demo.names",
            "app.demo.people",
            "app.demo.walk",
        }
