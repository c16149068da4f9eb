"""What the work lists and the counts cost, as PostgreSQL tells it: with row-level security on."""
# ruff: noqa: S608 - statements are made of constants; EXECUTE takes literals only

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.commands.counts import refresh
from app.db import counts, proposals, roles
from app.db.pages import IN_ORDER, Position
from app.db.scope import scope_statement
from app.db.sessions import Reading
from app.db.urls import for_asyncpg
from app.domain.actors import Actor, Role
from app.domain.proposals import ProposalKind, ProposalState
from app.domain.regions import Region, Tier
from app.domain.work_lists import Wanted
from tests.conftest import Run
from tests.db.copies import Copy, a_copy
from tests.registry import Caller

S = ProposalState
VILLAGE = Region("3522012001")
OPERATOR = UUID("0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10")
FIRST, LIMIT = Position(-1, UUID(int=0)), 50
READERS = {
    Tier.VILLAGE: Role.VILLAGE_OPERATOR,
    Tier.DISTRICT: Role.DISTRICT_OFFICER,
    Tier.REGENCY: Role.REGENCY_OPERATOR,
    Tier.PROVINCE: Role.PROVINCE_OFFICER,
    Tier.NATION: Role.MINISTRY_ANALYST,
}
# 60,000 proposals in no order: a village has 440, its regency 17,600; somebody has something on
# his desk in every other village of the country.
PROPOSALS = f"""
INSERT INTO household (id, scope_code, address, state, created_by, version, created_at, updated_at)
SELECT gen_random_uuid(), scope_code, 'Jl. Mawar', 'proposed', gen_random_uuid(), 1, now(), now()
FROM (
    SELECT scope_code, code, row_number() OVER (ORDER BY code) AS n
    FROM region WHERE tier = 'village' AND valid_to IS NULL
) AS village, generate_series(1, CASE
    WHEN code = '{VILLAGE.code}' THEN 440 WHEN code LIKE '3522%' THEN 40 ELSE n % 2 END);
INSERT INTO proposal (id, kind, household_id, scope_code, state, created_by, version, created_at,
    updated_at, state_since)
SELECT gen_random_uuid(), 'new_family', id, scope_code,
    (ARRAY['drafted', 'awaiting_deliberation', 'awaiting_village_head', 'awaiting_district',
        'awaiting_regency', 'awaiting_endorsement', 'awaiting_province', 'awaiting_ministry',
        'awaiting_determination', 'determined', 'determined', 'determined', 'determined',
        'determined', 'rejected', 'withdrawn'])[1 + floor(random() * 16)::int],
    CASE WHEN random() < 0.05 THEN '{OPERATOR}' ELSE created_by END, 1, now(), now(),
    now() - random() * interval '60 days'
FROM (SELECT * FROM household ORDER BY random()) AS household
"""


@pytest.fixture(scope="module")
async def country(run: Run, database_name: str) -> AsyncIterator[Copy]:
    async with a_copy(run, f"{database_name}_plans") as copy:
        async with run.superuser(copy.name) as connection:
            await connection.execute("SET session_replication_role = replica")
            await connection.execute("SELECT setseed(0.2026)")  # the same in every run
            await connection.execute(PROPOSALS)
            for table in ("proposal", "household"):
                await connection.execute(f"VACUUM ANALYZE {table}")
        yield copy


class Explained(Reading):
    """Asks for the plan in place of the answer: made for these values, or for any."""

    plan: dict[str, Any]

    async def value(self, statement: str, *arguments: object) -> str:
        given = ", ".join(map(literal, arguments))
        await self._connection.execute(f"PREPARE asked AS {statement}")
        told = await self._connection.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE asked ({given})"
        )
        await self._connection.execute("DEALLOCATE asked")
        self.plan = json.loads(told)[0]["Plan"]
        return "{}"


def literal(value: object) -> str:
    if isinstance(value, list):
        return f"ARRAY[{', '.join(map(literal, value))}]::text[]"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


@pytest.fixture(params=["force_custom_plan", "force_generic_plan"])
async def explained(
    request: pytest.FixtureRequest, country: Copy
) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the service, before its planner knows the values and after."""
    url = country.run.url(country.name, roles.APP)
    connection = await asyncpg.connect(for_asyncpg(url))
    await connection.execute(f"SET plan_cache_mode = {request.param}")
    # Whoever calls a function first reads the catalogues: once in a connection, not in a list.
    await connection.execute(f"SELECT person_nik_of('{OPERATOR}')")
    yield connection
    await connection.close()


def reader(tier: Tier) -> Actor:
    return Actor(OPERATOR, READERS[tier], VILLAGE.at(tier))


async def plan_of_list(
    connection: asyncpg.Connection, tier: Tier, wanted: Wanted, *, after: Position = FIRST
) -> dict[str, Any]:
    actor = reader(tier)
    async with connection.transaction():
        await connection.execute(f"{IN_ORDER}; {scope_statement(actor.region)}")
        reading = Explained(connection)
        await proposals.list_page(
            reading, wanted, after=after, limit=LIMIT, within=actor.region, seen_by=actor
        )
    return reading.plan


async def plan_of_counts(connection: asyncpg.Connection, tier: Tier) -> dict[str, Any]:
    actor = reader(tier)
    await connection.execute(f"{counts.BEGIN}; {scope_statement(actor.region)}")
    reading = Explained(connection)
    await counts.document(reading, within=actor.region, seen_by=actor, part_by_part=True)
    await connection.execute("COMMIT")
    return reading.plan


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def scans(plan: Mapping[str, Any], table: str) -> list[Mapping[str, Any]]:
    """Where rows of that table were read, or entries of its indexes."""
    found = [
        node for node in nodes(plan) if node.get("Relation Name") == table and node["Actual Loops"]
    ]
    assert found
    return found


def rows_read(plan: Mapping[str, Any], table: str = "proposal") -> float:
    thrown_away = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        node["Actual Loops"] * (node["Actual Rows"] + sum(node.get(key, 0) for key in thrown_away))
        for node in scans(plan, table)
    )


def rows_given(plan: Mapping[str, Any]) -> int:
    [page] = [node for node in nodes(plan) if node.get("Subplan Name") == "CTE page"]
    rows: int = page["Actual Rows"]
    return rows


def pages_of_index(plan: Mapping[str, Any]) -> int:
    return sum(n["Shared Hit Blocks"] + n["Shared Read Blocks"] for n in scans(plan, "proposal"))


def indexes(plan: Mapping[str, Any], table: str = "proposal") -> set[str]:
    """Those that lead to the table's rows; a row found without one would show as None."""
    found = set()
    for node in scans(plan, table):
        parts = [n for n in nodes(node) if n["Node Type"] == "Bitmap Index Scan"]
        found |= {part.get("Index Name") for part in parts or [node]}
    return found


ASKED = {
    "all": Wanted(),
    "of a state": Wanted(S.AWAITING_REGENCY),
    "of a kind": Wanted(kind=ProposalKind.NEW_FAMILY),
    "mine": Wanted(mine=True),
    "mine in a state": Wanted(S.DRAFTED, mine=True),
    "mine in many states": Wanted(mine=True, open_to_me=True),
    "open to me": Wanted(open_to_me=True),
    "waiting for a while": Wanted(waiting_days=10),
    "waiting too long": Wanted(waiting_days=59),
    "in a state too long": Wanted(S.AWAITING_MINISTRY, waiting_days=59),
    "open to me too long": Wanted(open_to_me=True, waiting_days=59),
}
INDEXES = {"ix_proposal_scope_code_id", "ix_proposal_waiting", "ix_proposal_responsible"}


class TestAPage:
    @pytest.mark.parametrize("tier", READERS)
    @pytest.mark.parametrize("asked", ASKED)
    async def test_reads_little_more_than_it_gives(
        self, explained: asyncpg.Connection, asked: str, tier: Tier
    ):
        plan = await plan_of_list(explained, tier, ASKED[asked])

        assert indexes(plan) <= INDEXES
        one_more_of_each_state = len(ProposalState)
        assert rows_read(plan) <= 3 * rows_given(plan) + one_more_of_each_state

    @pytest.mark.parametrize("asked", ["all", "of a state", "open to me", "mine"])
    async def test_in_the_middle_of_the_country_reads_no_more(
        self, explained: asyncpg.Connection, asked: str
    ):
        middle = Position(5_000_000_000, UUID(int=0))

        plan = await plan_of_list(explained, Tier.NATION, ASKED[asked], after=middle)

        assert rows_given(plan) == LIMIT + 1
        assert rows_read(plan) <= 3 * rows_given(plan)
        assert pages_of_index(plan) <= rows_read(plan) + 10 * len(ProposalState)

    @pytest.mark.parametrize("asked", ["all", "of a state"])
    @pytest.mark.parametrize("tier", READERS)
    async def test_begins_where_the_region_begins(
        self, explained: asyncpg.Connection, asked: str, tier: Tier
    ):
        """Not with the first of the country, as a row comparison below the region would."""
        plan = await plan_of_list(explained, tier, ASKED[asked])

        assert rows_given(plan) > 3
        assert pages_of_index(plan) <= rows_read(plan) + 15


class TestCounts:
    @pytest.mark.parametrize("tier", READERS)
    async def test_come_from_an_index_alone_and_stop_above_ten_thousand(
        self, explained: asyncpg.Connection, tier: Tier
    ):
        plan = await plan_of_counts(explained, tier)

        assert {node["Node Type"] for node in scans(plan, "proposal")} == {"Index Only Scan"}
        assert indexes(plan) == {"ix_proposal_waiting"}
        [few] = scans(plan, "proposal")
        assert few["Actual Rows"] <= counts.MOST + 1

    @pytest.mark.parametrize("tier", [Tier.PROVINCE, Tier.NATION])
    async def test_part_by_part_come_from_the_roll_up_where_the_parts_are_large(
        self, explained: asyncpg.Connection, tier: Tier
    ):
        plan = await plan_of_counts(explained, tier)

        assert rows_read(plan) <= (counts.MOST + 1) * len(ProposalState)
        [few] = scans(plan, "proposal")
        assert few["Actual Loops"] == len(ProposalState)


async def test_above_ten_thousand_a_roll_up_tells_when_it_was_made(country: Copy):
    """Nobody waits for it: until there is one, the count says that there are more."""
    async with country.registry() as registry:
        analyst = await registry.caller(Role.MINISTRY_ANALYST)
        before = await told_by(analyst)
        began = datetime.now(UTC)
        await refresh(registry.database)
        after = await told_by(analyst)

    [(there, oldest)] = await country.does(
        "SELECT count(*), min(state_since) FROM proposal WHERE state = 'determined'"
    )
    assert there > counts.MOST
    assert before["states"]["determined"]["count"] == counts.MOST
    assert before["states"]["determined"]["at_least"]
    assert before["states"]["drafted"] == after["states"]["drafted"]
    assert after["states"]["drafted"]["exact"]
    rolled_up = after["states"]["determined"]
    assert (rolled_up["count"], rolled_up["exact"], rolled_up["at_least"]) == (there, False, False)
    assert began <= datetime.fromisoformat(rolled_up["as_of"]) <= datetime.now(UTC)
    assert oldest is not None
    assert rolled_up["oldest_waiting_since"] is None  # what has ended waits for nobody
    everywhere = sum(one["count"] for child in after["children"] for one in child["states"])
    assert everywhere == sum(one["count"] for one in after["states"].values())
    assert all(one["as_of"] for child in after["children"] for one in child["states"])


async def told_by(caller: Caller) -> dict[str, Any]:
    response = await caller.gets("/v1/proposals/counts?by=children")
    assert response.status_code == 200, response.text
    body = response.json()
    return {**body, "states": {each["state"]: each for each in body["states"]}}
