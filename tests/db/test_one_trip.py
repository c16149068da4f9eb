"""A read in one trip says what it says in a transaction of several, and leaves nothing behind."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.scope import opening
from app.db.sessions import READ_ONLY, Database, Look, Reading
from app.domain.regions import INDONESIA, Region
from tests.registry import Registry

CILEGON = Region("3672")
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
TOLD = "SELECT json_build_array($1::text, $2::uuid, $3::bigint, $4::boolean, $5::text[])::text"
SETTINGS = """
SELECT concat_ws(' ', current_setting('siks.region_from', true),
    current_setting('siks.region_to', true), current_setting('transaction_read_only'))
"""


@pytest.fixture
async def alone(app_url: str) -> AsyncIterator[Database]:
    """With one connection, so that it is always the same."""
    database = Database(app_url, connections=1)
    await database.open()
    yield database
    await database.close()


async def in_several(database: Database, statement: str, *arguments: object) -> Any:  # noqa: ANN401
    async with database.connection(CILEGON, begin=opening(READ_ONLY)) as connection:
        return await connection.fetchval(statement, *arguments)


@settings(max_examples=60)
@given(
    asked=st.tuples(
        st.none() | WORDS,
        st.none() | st.uuids(),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.booleans(),
        st.none() | st.lists(st.none() | WORDS, max_size=4),
    )
)
async def test_whatever_is_asked_is_asked_as_it_is(database: Database, asked: tuple[object, ...]):
    at_once = await database.look(CILEGON).body(TOLD, *asked)

    assert at_once == await in_several(database, TOLD, *asked)


async def test_it_sees_its_region_and_no_other(registry: Registry):
    household = await registry.household()
    statement = "SELECT id::text FROM household WHERE id = $1"
    elsewhere = "3672011001" if registry.village.code != "3672011001" else "3672011002"

    seen = registry.database.look(registry.village)
    not_seen = registry.database.look(Region(elsewhere))

    assert await seen.body(statement, household["id"]) == household["id"]
    assert await not_seen.body(statement, household["id"]) is None


async def test_its_settings_end_with_it(alone: Database):
    assert await alone.look(CILEGON).body(SETTINGS) == "3672000000 3672999999 on"

    async with alone.pooled() as connection:
        assert (await connection.fetchval(SETTINGS)).split() == ["off"]


async def test_nothing_is_written_by_one_that_only_reads(alone: Database):
    with pytest.raises(Exception, match="read-only"):
        await alone.look(INDONESIA).body(
            "INSERT INTO stored_answer DEFAULT VALUES RETURNING 'kept'"
        )


async def test_where_statements_bear_other_names_it_takes_several(alone: Database):
    """As behind a pooler that shares connections."""
    look = alone.look(CILEGON)
    await look.body(SETTINGS)
    async with alone.pooled() as connection:
        await connection.execute("DEALLOCATE ALL")

    assert alone.in_one_trip
    assert await look.body(SETTINGS) == "3672000000 3672999999 on"
    assert not alone.in_one_trip
    assert await Reading(look).document(SETTINGS) == "3672000000 3672999999 on"


async def test_more_statements_than_are_kept_make_room_for_each_other(alone: Database):
    look = alone.look(CILEGON)

    told = [await look.body(f"SELECT '{number}'") for number in (*range(120), 0)]

    assert told == [str(number) for number in (*range(120), 0)]
    assert isinstance(look, Look)
