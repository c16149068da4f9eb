"""Five made-up regencies: what is loaded, and the walk through one of them."""

import io
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from rich.console import Console
from sqlalchemy import Text, cast, func
from sqlmodel import select

from app.commands.kinds.new_families import Dossier
from app.db import audit_chain, records, roles
from app.db.scope import scope_statement
from app.db.tables.proposals import Proposal
from app.db.tables.surveys import Survey
from app.db.urls import for_asyncpg
from app.demo import seed
from app.demo.accounts import CIBEBER, OFFICES, PASSWORD, accounts_table
from app.demo.walk import Stumbled, Walked, walk
from app.domain.actors import Role
from app.domain.dtks_ids import is_dtks_id
from app.domain.proposals import HOLDS_NIK, ProposalState
from app.domain.questionnaire.codebooks import CODEBOOKS
from app.domain.questionnaire.findings import findings
from app.domain.questionnaire.questions import Severity
from app.domain.questionnaire.shapes import malformed
from app.domain.questionnaire.sheets import Sheet
from app.domain.regions import INDONESIA, Region
from app.main import create_app
from app.settings import CannotRun, Settings
from tests.conftest import Run
from tests.registry import Registry

URL = "http://cilegon.test"
# In the demo nobody moves from one village to another.
STATES = {str(state) for state in ProposalState} - {"awaiting_other_village"}
pytestmark = pytest.mark.timeout(300)  # the first one waits until the demo is loaded


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
    await run.ensure_demo()
    name = f"{database_name}_demo"
    await run.clone(name, of=run.demo)
    owner_url = run.url(name, roles.OWNER)

    key = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    url = run.url(name, roles.APP)
    app = create_app(Settings(database_url=url, signing_key=key.decode(), log_level="error"))
    async with app.router.lifespan_context(app):
        yield Demo(app, owner_url, run.url(name))
    await run.drop(name)


@dataclass(frozen=True)
class Expected:
    """A regency as its region tables and the reports have it."""

    code: str
    districts: int
    desa: int
    kelurahan: int
    checks: bool  # whether its districts check proposals
    enumerators: int = 0

    @property
    def villages(self) -> int:
        return self.desa + self.kelurahan


REGENCIES = [
    Expected("1702", districts=15, desa=122, kelurahan=34, checks=False),
    Expected("3522", districts=28, desa=419, kelurahan=11, checks=False, enumerators=430),
    Expected("3672", districts=8, desa=0, kelurahan=43, checks=True, enumerators=43),
    Expected("6202", districts=17, desa=168, kelurahan=17, checks=True),
    Expected("7107", districts=12, desa=135, kelurahan=9, checks=False),
]
each_regency = pytest.mark.parametrize("regency", REGENCIES, ids=lambda it: it.code)


class Visitor:
    """Somebody of the demo, who reads over HTTP what is his to read."""

    def __init__(self, http: AsyncClient, token: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    async def gets(self, path: str, **asked: object) -> dict[str, Any]:
        answer = await self._http.get(path, params=asked, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def all(self, path: str, **asked: object) -> list[dict[str, Any]]:
        items, after = [], None
        while True:
            page = await self.gets(path, limit=100, **asked, **({"after": after} if after else {}))
            items += page["items"]
            after = page["next"]
            if after is None:
                return items


@asynccontextmanager
async def signed_in(demo: Demo, username: str) -> AsyncIterator[Visitor]:
    async with AsyncClient(transport=demo.transport, base_url=URL) as http:
        grant = {"grant_type": "password", "username": username, "password": PASSWORD}
        answer = await http.post("/v1/auth/token", json=grant)
        assert answer.status_code == 200, answer.text
        yield Visitor(http, answer.json()["access_token"])


class TestLoading:
    async def test_leaves_an_intact_audit(self, demo: Demo):
        report = await audit_chain.verify(demo.owner_url)

        assert report.intact, str(report)
        assert report.entries > 200_000

    async def test_gives_every_subject_as_many_versions_as_entries_and_the_last_ones_version(
        self, demo: Demo
    ):
        differing = await demo.value(
            "WITH subject AS (SELECT id, version, scope_code FROM household "
            "UNION ALL SELECT id, version, scope_code FROM family "
            "UNION ALL SELECT id, version, scope_code FROM member "
            "UNION ALL SELECT id, version, scope_code FROM survey "
            "UNION ALL SELECT id, version, scope_code FROM proposal), "
            "last AS (SELECT DISTINCT ON (subject_id) subject_id AS id, version, seq, scope_code "
            "FROM audit_entry ORDER BY subject_id, seq DESC) "
            "SELECT count(*) FROM subject LEFT JOIN last USING (id) "
            "WHERE (subject.version, subject.version, subject.scope_code) "
            "IS DISTINCT FROM (last.version, last.seq, last.scope_code)"
        )

        assert differing == 0

    async def test_says_who_did_it_who_could_have_done_it(self, demo: Demo):
        strangers = await demo.value(
            "SELECT count(*) FROM audit_entry e LEFT JOIN assignment a "
            "ON a.account_id = e.actor_id AND a.role = e.actor_role "
            "AND a.region_code = e.actor_region_code "
            "WHERE a.id IS NULL OR e.scope_code::text NOT LIKE a.region_code || '%'"
        )

        assert strangers == 0

    async def test_a_second_time_changes_nothing(self, demo: Demo):
        counts = "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM audit_entry)"
        before = await demo.rows(counts)

        assert await seed.load(demo.owner_url)

        assert await demo.rows(counts) == before

    async def test_leaves_a_registry_alone_that_has_an_account(
        self, registry: Registry, owner_url: str, superuser_url: str
    ):
        await registry.caller(Role.VILLAGE_OPERATOR)

        assert not await seed.load(owner_url)

        connection = await asyncpg.connect(for_asyncpg(superuser_url))
        known = await connection.fetch("SELECT FROM account WHERE username = 'analyst'")
        await connection.close()
        assert known == []


class TestALoadThatWasCutShort:
    """Cilegon alone, two households to a village."""

    HOUSEHOLDS = 2 * 958

    @pytest.fixture
    async def half(self, run: Run, database_name: str) -> AsyncIterator[str]:
        """The owner's way to a registry from whose first load somebody pulled the plug."""
        name = f"{database_name}_half"
        await run.clone(name)
        owner_url = run.url(name, roles.OWNER)
        with pytest.raises(ExceptionGroup) as ended:
            await self.load(owner_url, told=pulls_the_plug)
        assert ended.group_contains(Unplugged)
        yield owner_url
        await run.drop(name)

    async def load(self, owner_url: str, **more: Any) -> bool:  # noqa: ANN401
        return await seed.load(owner_url, households=self.HOUSEHOLDS, regencies={"3672"}, **more)

    async def test_lets_nobody_in_mixes_with_no_other_and_is_completed_by_the_next(self, half: str):
        assert await count(half, "account") == 0
        assert 0 < await count(half, "household") < 86

        with pytest.raises(CannotRun, match="demo-1916"):
            await seed.load(half, regencies={"3672"})

        assert await count(half, "account") == 0
        assert await self.load(half)
        assert await count(half, "household") == 86
        assert await count(half, "account") > 129
        report = await audit_chain.verify(half)
        assert report.intact, str(report)


class Unplugged(Exception):
    pass


def pulls_the_plug(_settled: int) -> None:
    raise Unplugged


async def count(owner_url: str, table: str) -> int:
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        async with connection.transaction():
            await connection.execute(scope_statement(INDONESIA))
            return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608
    finally:
        await connection.close()


@each_regency
class TestARegency:
    async def test_has_the_districts_and_villages_of_the_region_tables(
        self, demo: Demo, regency: Expected
    ):
        async with signed_in(demo, f"admin.{regency.code}") as admin:
            districts = await admin.all(f"/v1/regions/{regency.code}/children")
            villages = [
                village
                for district in districts
                for village in await admin.all(f"/v1/regions/{district['code']}/children")
            ]

        kinds = Counter(village["kind"] for village in villages)
        assert len(districts) == regency.districts
        assert (kinds["desa"], kinds["kelurahan"]) == (regency.desa, regency.kelurahan)

    async def test_has_one_active_operator_in_each_village_and_no_vacancy(
        self, demo: Demo, regency: Expected
    ):
        role = {"role": "village_operator", "region_code": regency.code}
        async with signed_in(demo, f"admin.{regency.code}") as admin:
            operators = await admin.all("/v1/accounts", **role, current=True)
            vacancies = await admin.gets("/v1/accounts/vacancies", **role)

        served = Counter(held["region_code"] for one in operators for held in one["holds"])
        assert len(operators) == len(served) == regency.villages
        assert {len(code) for code in served} == {10}
        assert (vacancies["posts"], vacancies["staffed"]) == (regency.villages, regency.villages)
        assert (vacancies["vacant"], vacancies["items"]) == (0, [])

    async def test_has_enumerators_where_the_reports_have_them(self, demo: Demo, regency: Expected):
        async with signed_in(demo, f"admin.{regency.code}") as admin:
            asked = {"role": "enumerator", "region_code": regency.code}
            enumerators = await admin.all("/v1/accounts", **asked, current=True)

        assert len(enumerators) == regency.enumerators

    async def test_has_proposals_in_every_state_that_its_policy_leads_to(
        self, demo: Demo, regency: Expected
    ):
        async with signed_in(demo, f"verifier.{regency.code}") as verifier:
            counts = await verifier.gets("/v1/proposals/counts", region_code=regency.code)
            policy = await verifier.gets(f"/v1/policies/{regency.code}")

        states = {told["state"] for told in counts["states"] if told["count"]}
        passed_by = set() if regency.checks else {"awaiting_district"}
        assert states == STATES - passed_by
        assert policy["district_checks"] == regency.checks

    async def test_has_twenty_households_in_each_village(self, demo: Demo, regency: Expected):
        villages = await demo.rows(
            "SELECT count(*) FROM audit_entry WHERE workflow = 'household' AND action = 'enter' "
            "AND request_id = 'demo' AND scope_code / 1000000 = $1 GROUP BY scope_code",
            int(regency.code),
        )

        assert [row["count"] for row in villages] == [20] * regency.villages

    async def test_finished_no_survey_that_breaks_a_rule_and_left_a_few_drafts_that_do(
        self, demo: Demo, regency: Expected
    ):
        wrong: dict[str, list[bool]] = defaultdict(list)
        async for survey, dossier in sample(demo, regency, Survey):
            people = (dossier.household, dossier.families, dossier.members)
            sheet = Sheet(survey.answers, survey.surveyed_on, *people)
            assert malformed(CODEBOOKS[survey.codebook], survey.answers) == []
            found = findings(CODEBOOKS[survey.codebook], sheet)
            wrong[survey.state].append(any(each.severity is Severity.ERROR for each in found))

        assert len(wrong["finished"]) > len(wrong["drafted"]) > 0  # a sample: one in ten or so
        assert not any(wrong["finished"])
        assert all(wrong["drafted"])

    async def test_submitted_what_was_complete_and_froze_it_as_the_service_does(
        self, demo: Demo, regency: Expected
    ):
        frozen = 0
        async for proposal, dossier in sample(demo, regency, Proposal):
            if proposal.content is not None:
                frozen += 1
                dossier.complete()
                assert proposal.content == dossier.content()
        assert frozen > 50


async def sample(demo: Demo, regency: Expected, table: Any) -> AsyncIterator[tuple[Any, Dossier]]:  # noqa: ANN401
    """Surveys or proposals from all over a regency, with the household that each speaks of."""
    within = Region(regency.code)
    async with demo.app.state.database.transaction(within) as session:
        shuffled = select(table).order_by(func.md5(cast(table.id, Text))).limit(100)
        for row in (await session.exec(shuffled)).all():
            ids = [row.household_id]
            homes = await records.homes(session, ids, within=within, surveyed=True)
            yield row, Dossier(homes[row.household_id])


class TestAllOfThem:
    async def test_have_somebody_in_every_role_and_a_head_in_every_village(self, demo: Demo):
        held = await demo.rows("SELECT role, count(*) FROM assignment GROUP BY role")
        count = {row["role"]: row["count"] for row in held}

        assert set(count) == {str(role) for role in Role}
        assert count["village_operator"] == count["village_head"] == 958
        assert count["district_officer"] == 15 + 28 + 8 + 17 + 12
        assert count["province_officer"] == count["integration"] == 5
        assert {n for role, n in count.items() if role.startswith("regency")} == {5}
        assert {n for role, n in count.items() if role.startswith("ministry")} == {1}

    async def test_have_proposals_in_every_state_in_the_village_of_the_walk(self, demo: Demo):
        states = await demo.rows(
            "SELECT DISTINCT state FROM proposal WHERE scope_code = $1", int(CIBEBER)
        )

        assert {row["state"] for row in states} == STATES

    async def test_register_with_dtks_ids_whoever_was_determined(self, demo: Demo):
        registered = await demo.rows(
            "SELECT h.dtks_id AS of_household, m.dtks_id AS of_member, h.state, m.state AS state_m "
            "FROM proposal p JOIN household h ON h.id = p.household_id "
            "JOIN member m ON m.household_id = h.id WHERE p.state = 'determined'"
        )

        assert len(registered) > 10_000
        for row in registered:
            assert {row["state"], row["state_m"]} == {"registered"}
            assert is_dtks_id(row["of_household"])
            assert is_dtks_id(row["of_member"])

    async def test_hold_the_niks_of_exactly_those_whose_proposal_was_submitted_and_stands(
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

    async def test_have_niks_that_are_wrong_missing_or_held_elsewhere(self, demo: Demo):
        found = await demo.rows(
            "SELECT nik_verdict, nik_held(nik, id) AS twice, count(*) FROM member GROUP BY 1, 2"
        )
        count = {(row["nik_verdict"], row["twice"]): row["count"] for row in found}

        assert count["valid", False] > 60_000
        assert count["valid", True] > 100
        assert count["invalid", False] > 1_000
        assert count["valid_with_warning", False] > 500
        assert count["missing", False] > 2_000

    async def test_let_everybody_sign_in_who_stands_in_the_printed_table(self, demo: Demo):
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

    async def test_is_made_by_eight_people_in_the_order_of_the_tiers_after_the_visit(
        self, demo: Demo
    ):
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
        assert "enumerator.3672011001 begins the survey with the dwelling" in told
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

        modules = set(imported.stdout.split())
        assert "app.demo.walk" in modules
        assert all(name.startswith(("app.demo", "app.domain")) for name in modules)
