"""What is asked all day reads by indexes, and about what it gives: at every tier.

Rows are counted that PostgreSQL has read, of tables that grow with the country; whatever is read to
see who asks counts as well.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response

from app.commands.counts import refresh
from app.db import counts
from app.db.sessions import Reading
from app.domain.actors import Role
from app.domain.proposals import ProposalState
from app.domain.regions import Region, Tier
from tests.conftest import Run
from tests.db.copies import Copy
from tests.db.country import OPERATOR, VILLAGE
from tests.db.hot import COLD, COUNTED, HOT, Hot
from tests.db.plans import NOT_GROWING, Explained, Statement, below
from tests.registry import Caller

R = Role
READERS = {
    Tier.VILLAGE: R.VILLAGE_OPERATOR,
    Tier.DISTRICT: R.DISTRICT_OFFICER,
    Tier.REGENCY: R.REGENCY_VERIFIER,
    Tier.PROVINCE: R.PROVINCE_OFFICER,
    Tier.NATION: R.MINISTRY_ANALYST,
}
CASES = {
    f"{operation} {which}".strip(): hot
    for operation, asked in HOT.items()
    for which, hot in asked.items()
}
READS_AT_MOST = 3  # times what is given
WHO_ASKS = 4  # an account, its assignments
A_STEP = 15  # rows that submitting or deciding is about: a household, its people, its sheet
KNOWN = """
SELECT m.id AS member_id, m.nik, m.name, m.birth_date::text, m.household_id, m.family_id,
    f.card_number, s.id AS survey_id, p.id AS proposal_id, h.dtks_id, quiet.id AS quiet_id,
    (SELECT scope_code || '.' || id FROM audit_entry WHERE scope_code = $1
     ORDER BY id OFFSET 100 LIMIT 1) AS middle_of_audit
FROM member m JOIN family f ON f.id = m.family_id
JOIN survey s ON s.household_id = m.household_id AND s.state = 'finished',
proposal p JOIN household h ON h.id = p.household_id
JOIN member quiet ON quiet.household_id = h.id
WHERE m.scope_code = $1 AND m.name LIKE '% %' AND m.name NOT LIKE '% % %'
    AND p.scope_code = $1 AND p.state = 'awaiting_regency' AND h.dtks_id IS NOT NULL
ORDER BY m.id, p.id LIMIT 1
"""


@pytest.fixture(scope="module")
async def known(run: Run) -> Mapping[str, Any]:
    """Somebody, and something, of the village."""
    await run.ensure_country()
    async with run.superuser(run.country) as connection:
        found = await connection.fetchrow(KNOWN, VILLAGE.first)
    middle = f"{VILLAGE.code}.80000000-0000-4000-8000-000000000000"
    return {**found, "operator": OPERATOR, "middle": middle, "long_ago": "3.0"}


async def reader(explained: Explained, tier: Tier) -> Caller:
    return await explained.registry.caller(READERS[tier], over=VILLAGE.at(tier))


async def ask(caller: Caller, hot: Hot, known: Mapping[str, Any]) -> Response:
    path = hot.path.format_map(known)
    if hot.body is None:
        return await caller.gets(path)
    return await caller.posts(path, {k: v.format_map(known) for k, v in hot.body.items()})


def lines(response: Response) -> int:
    return max(1, len(response.json().get("items", [])))


def growing(ran: list[Statement]) -> float:
    return sum(each.rows_read(*each.looked_at - NOT_GROWING) for each in ran)


def statement(ran: list[Statement], table: str) -> Statement:
    """The one that reads this table."""
    [found] = [each for each in ran if table in each.looked_at]
    return found


async def test_whatever_is_read_is_hot_or_there_is_a_reason(app: FastAPI):
    told = [HOT.keys(), COUNTED.keys(), *COLD.values()]
    everything = {
        operation["operationId"]
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
        if method == "get" or (path.endswith("/search") and path.startswith("/v1"))
    }

    assert everything == set().union(*told)
    assert len(everything) == sum(map(len, told))


@pytest.mark.parametrize(("case", "tier"), [(c, t) for c, hot in CASES.items() for t in hot.at])
async def test_reads_by_indexes_about_what_it_gives(
    explained: Explained, known: Mapping[str, Any], case: str, tier: Tier
):
    caller = await reader(explained, tier)

    response, ran = await explained.ran(ask(caller, CASES[case], known))

    assert response.status_code == 200, response.text
    by_indexes(ran)
    assert growing(ran) <= READS_AT_MOST * (CASES[case].made_of * lines(response) + WHO_ASKS)


def by_indexes(ran: list[Statement]) -> None:
    assert any(each.looked_at for each in ran)
    for each in ran:
        assert each.scanned() == set(), each.text


@pytest.mark.parametrize("case", ["list_proposals all", "list_proposals of a state"])
@pytest.mark.parametrize("tier", READERS)
async def test_begins_where_the_region_begins(
    explained: Explained, known: Mapping[str, Any], case: str, tier: Tier
):
    """Not with the first of the country, as a row comparison below the region would."""
    caller = await reader(explained, tier)

    response, ran = await explained.ran(ask(caller, CASES[case], known))

    assert lines(response) > 3
    page = statement(ran, "proposal")
    assert page.pages_read("proposal") <= page.rows_read("proposal") + 15


@pytest.mark.parametrize("case", [each for each in CASES if "later" in each])
async def test_in_the_middle_of_the_country_reads_no_more(
    explained: Explained, known: Mapping[str, Any], case: str
):
    table = CASES[case].path.partition("?")[0].removeprefix("/v1/")
    table = {"audit": "audit_entry"}.get(table, table.removesuffix("s"))
    caller = await reader(explained, Tier.NATION)

    response, ran = await explained.ran(ask(caller, CASES[case], known))

    assert lines(response) == 50
    page = statement(ran, table)
    assert page.pages_read(table) <= page.rows_read(table) + 15


@pytest.mark.parametrize("which", ["by name", "by a word", "by three words"])
async def test_a_name_is_found_along_its_keys(
    explained: Explained, known: Mapping[str, Any], which: str
):
    caller = await reader(explained, Tier.REGENCY)

    response, ran = await explained.ran(ask(caller, HOT["search_members"][which], known))

    assert response.json()["items"]
    for node in statement(ran, "name_key").of("name_key"):
        assert node["Index Name"] == "pk_name_key"
        for part in ("key = ", "words = ", "scope_code >= ", "scope_code <= "):
            assert part in node["Index Cond"]


async def test_nobody_of_that_name_costs_next_to_nothing(explained: Explained):
    caller = await reader(explained, Tier.REGENCY)
    for born in ({}, {"birth_date": "1984-05-19"}):
        question = {"name": "Xaverius Qq", **born}

        response, ran = await explained.ran(caller.posts("/v1/members/search", question))

        assert response.json()["items"] == []
        assert sum(each.rows_read("name_key", "member") for each in ran) == 0


async def test_a_nik_is_found_where_it_may_be(explained: Explained, known: Mapping[str, Any]):
    caller = await reader(explained, Tier.REGENCY)

    _, ran = await explained.ran(ask(caller, HOT["search_members"]["by NIK"], known))

    [first] = [
        node
        for node in statement(ran, "member").nodes
        if node.get("Index Name") == "ix_member_nik_scope_code"
    ]
    assert re.search(r"nik = .*scope_code >= .*scope_code <= ", first["Index Cond"])


class TestAStep:
    async def test_submitting_reads_what_it_is_about(self, explained: Explained):
        operator = await explained.registry.caller(R.VILLAGE_OPERATOR)
        proposal = await explained.registry.proposal()

        response, ran = await explained.ran(operator.takes("submit", proposal))

        assert response.status_code == 201, response.text
        by_indexes(ran)
        assert growing(ran) <= READS_AT_MOST * A_STEP

    async def test_deciding_reads_what_it_is_about(self, explained: Explained):
        head = await explained.registry.caller(R.VILLAGE_HEAD)
        proposal = await explained.registry.proposal("awaiting_village_head")

        response, ran = await explained.ran(head.takes("approve", proposal))

        assert response.status_code == 201, response.text
        by_indexes(ran)
        assert growing(ran) <= READS_AT_MOST * A_STEP


class TestCounts:
    @pytest.mark.parametrize("case", COUNTED["count_proposals"])
    @pytest.mark.parametrize("tier", READERS)
    async def test_come_from_an_index_alone_and_stop_above_ten_thousand(
        self, explained: Explained, case: str, tier: Tier
    ):
        caller = await reader(explained, tier)

        hot = COUNTED["count_proposals"][case]
        response, ran = await explained.ran(ask(caller, hot, {}))

        assert response.status_code == 200, response.text
        by_indexes(ran)
        counted = statement(ran, "proposal")
        assert {node["Node Type"] for node in counted.of("proposal")} == {"Index Only Scan"}
        assert counted.indexes("proposal") == {"ix_proposal_waiting"}
        [few] = counted.of("proposal")
        assert few["Actual Rows"] <= counts.MOST + 1
        if tier in {Tier.PROVINCE, Tier.NATION}:  # its parts come from the roll-up
            assert few["Actual Loops"] == len(ProposalState)

    @pytest.mark.parametrize("tier", READERS)
    async def test_of_today_go_no_further(self, explained: Explained, tier: Tier):
        caller = await reader(explained, tier)

        response, ran = await explained.ran(ask(caller, COUNTED["read_today"][""], {}))

        assert response.status_code == 200, response.text
        by_indexes(ran)
        for each in ran:
            for node in each.of("proposal"):
                assert node["Index Name"] in {"ix_proposal_waiting", "pk_proposal"}
                assert node["Actual Rows"] <= counts.MOST + 1


async def test_a_read_is_planned_for_the_country_whoever_asks_first(explained: Explained):
    """Planned for a village that is empty, it would expect to find nothing anywhere."""
    database = explained.registry.database
    statement = "SELECT count(*)::text FROM household"
    [(empty,)] = await explained.registry.runs("""
        SELECT code FROM region WHERE tier = 'village' AND valid_to IS NULL
            AND scope_code NOT IN (SELECT scope_code FROM household) ORDER BY code LIMIT 1
    """)

    assert await Reading(database.look(Region(empty))).document(statement) == "0"

    async with database.lent() as connection:  # the one that was used last
        [(name,)] = await connection.fetch(
            "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%' || $1", statement
        )
        asked = f"{Region(empty).first} {Region(empty).last} on"
        plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE {name} ('{asked}')")
    expected = max(node["Plan Rows"] for node in below(json.loads(plan)[0]["Plan"]))
    [(there,)] = await explained.registry.runs("SELECT count(*) FROM household")
    assert expected > there / 2


async def test_above_ten_thousand_a_roll_up_tells_when_it_was_made(run: Run):
    """Nobody waits for it: until there is one, the count says that there are more."""
    await run.ensure_country()
    country = Copy(run, run.country)
    async with country.registry() as registry:
        await country.does("DELETE FROM proposal_count")
        [(there, oldest)] = await country.does(
            "SELECT count(*), min(state_since) FROM proposal WHERE state = 'determined'"
        )
        analyst = await registry.caller(R.MINISTRY_ANALYST)
        before = await told_by(analyst)
        began = datetime.now(UTC)
        await refresh(registry.database)
        after = await told_by(analyst)

    assert there > counts.MOST
    assert before["states"]["determined"]["count"] == counts.MOST
    assert before["states"]["determined"]["at_least"]
    assert before["states"]["rejected"] == after["states"]["rejected"]
    assert after["states"]["rejected"]["exact"]
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
