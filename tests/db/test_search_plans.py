"""A search reads about what it gives, in a regency of many people and under row-level security.

The plans are those the service gets: as `siks_app`, within its settings; both the plan made for
the very question and the one PostgreSQL keeps for all, which it takes after five.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.db import households, roles, searches
from app.db.access import BEGIN, Access, PeopleReading
from app.db.pages import Asked, Position
from app.db.scope import scope_statement
from app.db.urls import for_asyncpg
from app.domain.actors import Actor, Role
from app.domain.regions import Region
from app.domain.searches import Match, Question
from app.domain.sight import SIGHT_OF, Purpose
from tests.conftest import Run
from tests.db import crowd
from tests.db.copies import Copy, a_copy

PEOPLE = 30_000
BOJONEGORO, REJANG_LEBONG = Region("3522"), Region("1702")
VERIFIER = Actor(uuid4(), Role.REGENCY_VERIFIER, BOJONEGORO)
SIGHT = SIGHT_OF[VERIFIER.role]
READS_AT_MOST = 3  # times what is given


@pytest.fixture(scope="module")
async def copy(run: Run, database_name: str) -> AsyncIterator[Copy]:
    """Two regencies full of people: the one that is searched, and another that is not read."""
    async with a_copy(run, f"{database_name}_crowd") as copy:
        app = await asyncpg.connect(for_asyncpg(run.url(copy.name, roles.APP)))
        await crowd.gather(app, BOJONEGORO, people=PEOPLE)
        await crowd.gather(app, REJANG_LEBONG, people=PEOPLE // 3)
        await app.close()
        async with run.superuser(copy.name) as connection:
            await connection.execute("VACUUM ANALYZE")
        yield copy


@dataclass
class Explained:
    """What the last statement did, node by node."""

    given: int
    nodes: list[dict[str, Any]]

    def of(self, *tables: str) -> list[dict[str, Any]]:
        return [node for node in self.nodes if node.get("Relation Name") in tables]

    def scanned(self) -> set[str]:
        """Tables that were read from one end to the other, and were not empty."""
        scans = [node for node in self.nodes if node["Node Type"] == "Seq Scan"]
        return {node["Relation Name"] for node in scans if rows_read(node)}


def rows_read(node: dict[str, Any]) -> int:
    """Given on, and thrown away once they had been fetched."""
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows = node["Actual Rows"] + sum(node.get(reason, 0) for reason in removed)
    return round(rows * node["Actual Loops"])


class ExplainedReading(PeopleReading):
    """Asks as the service asks, then has the very statement explained."""

    explained: Explained

    async def value(self, statement: str, *arguments: object) -> Any:  # noqa: ANN401
        body = await super().value(statement, *arguments)
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
        [plan] = json.loads(await super().value(explain, *arguments))
        answer = json.loads(body)
        given = answer.get("items", answer.get("members", []))
        self.explained = Explained(len(given), list(_nodes(plan["Plan"])))
        return body


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)


@asynccontextmanager
async def reading(run: Run, copy: Copy, mode: str) -> AsyncIterator[ExplainedReading]:
    connection = await asyncpg.connect(for_asyncpg(run.url(copy.name, roles.APP)))
    try:
        await connection.execute(f"SET plan_cache_mode = {mode}")
        await connection.execute(f"{BEGIN}; {scope_statement(BOJONEGORO)}")
        yield ExplainedReading(connection, Access(VERIFIER, Purpose.VERIFICATION, "plan", "plan"))
    finally:
        await connection.close()


@pytest.fixture(params=["force_custom_plan", "force_generic_plan"])
async def asks(
    run: Run, copy: Copy, request: pytest.FixtureRequest
) -> AsyncIterator[ExplainedReading]:
    async with reading(run, copy, request.param) as asks:
        yield asks


async def somebody(asks: ExplainedReading) -> asyncpg.Record:
    """Of a name that is borne by many, but by nobody else who was born on that day."""
    [row] = await asks.rows(
        "SELECT m.*, f.card_number FROM member m JOIN family f ON f.id = m.family_id "
        "WHERE m.name = 'SITI AMINAH' AND m.birth_date NOT IN (SELECT birth_date FROM member "
        "WHERE name LIKE 'SITI%AMINAH%' GROUP BY birth_date HAVING count(*) > 1) LIMIT 1"
    )
    return row


def by_index(explained: Explained, *tables: str) -> None:
    """Wherever one of these is looked up, an index leads there, to about as many as are given."""
    assert explained.scanned() == set()
    for table in tables:
        looked_up = [node for node in explained.of(table) if node["Actual Loops"]]
        assert looked_up, table
        for node in looked_up:
            assert "Index" in node["Node Type"] or node["Node Type"] == "Bitmap Heap Scan", node
            assert rows_read(node) <= READS_AT_MOST * max(explained.given, 1), node


async def test_a_nik(asks: ExplainedReading):
    nik = (await somebody(asks))["nik"]

    await searches.members(asks, Question(Match.NIK, nik), within=BOJONEGORO, limit=20)

    by_index(asks.explained, "member")
    [first] = [n for n in asks.explained.nodes if n.get("Index Name") == "ix_member_nik_scope_code"]
    assert re.search(r"nik = .*scope_code >= .*scope_code <= ", first["Index Cond"])
    assert asks.explained.given == 1


async def test_a_family_card(asks: ExplainedReading):
    card = (await somebody(asks))["card_number"]

    question = Question(Match.CARD_NUMBER, card)
    await searches.members(asks, question, within=BOJONEGORO, limit=20)

    by_index(asks.explained, "family", "member")
    assert asks.explained.given == crowd.PER_HOUSEHOLD


@pytest.mark.parametrize("limit", [20, 50])
@pytest.mark.parametrize(
    "name", ["siti", "aminah", "siti aminah", "muhammad hidayat", "sri aminah lestari", "kasmi"]
)
@pytest.mark.parametrize("of", [searches.members, searches.households])
async def test_a_name_in_a_regency(asks: ExplainedReading, of: Any, name: str, limit: int):  # noqa: ANN401
    await of(asks, Question(Match.NAME, name), within=BOJONEGORO, limit=limit)

    explained = asks.explained
    by_index(explained, "name_key", "member")
    for node in explained.of("name_key"):
        assert node["Index Name"] == "pk_name_key"
        for part in ("key = ", "words = ", "scope_code >= ", "scope_code <= "):
            assert part in node["Index Cond"]
    assert explained.given > 0


async def test_a_name_and_a_birth_date(asks: ExplainedReading):
    person = await somebody(asks)

    question = Question(Match.NAME, person["name"], birth_date=person["birth_date"])
    await searches.members(asks, question, within=BOJONEGORO, limit=20)

    by_index(asks.explained, "name_key", "member")
    assert asks.explained.given == 1


async def test_nobody_of_that_name_costs_next_to_nothing(asks: ExplainedReading):
    for born in (None, date(1984, 5, 19)):
        question = Question(Match.NAME, "Xaverius Qq", birth_date=born)

        await searches.members(asks, question, within=BOJONEGORO, limit=20)

        assert asks.explained.given == 0
        assert sum(rows_read(node) for node in asks.explained.of("name_key", "member")) == 0


async def test_a_page_of_50_in_a_village(asks: ExplainedReading):
    [village] = await asks.rows(
        "SELECT scope_code FROM household GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    within = Region(str(village["scope_code"]))
    asked = Asked(Position(-1, UUID(int=0)), 50, {})

    await households.list_page(asks, asked, within=within, sight=SIGHT)

    by_index(asks.explained, "household")
    assert asks.explained.given > 20
    people = [rows_read(node) for node in asks.explained.of("member")]
    assert max(people) == crowd.PER_HOUSEHOLD * asks.explained.given


async def test_a_household_in_full_with_its_survey(asks: ExplainedReading):
    household = (await somebody(asks))["household_id"]

    told = await households.document(asks, household, within=BOJONEGORO, seen_by=VERIFIER)

    assert json.loads(told)["survey"]["surveyed_on"] == "2025-08-23"  # the newest that is finished
    by_index(asks.explained, "household", "family", "member", "survey")
    assert asks.explained.given == crowd.PER_HOUSEHOLD
