"""A read in one trip says what it says in a transaction of several, and leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
from asyncpg.prepared_stmt import PreparedStatement
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.one_trip import MOST_KEPT
from app.db.scope import opening
from app.db.sessions import READ_ONLY, Database, Reading
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
    at_once = await Reading(database.look(CILEGON)).document(TOLD, *asked)

    assert at_once == await in_several(database, TOLD, *asked)


async def test_it_sees_its_region_and_no_other(registry: Registry):
    household = await registry.household()
    statement = "SELECT id::text FROM household WHERE id = $1"
    elsewhere = "3672011001" if registry.village.code != "3672011001" else "3672011002"

    seen = Reading(registry.database.look(registry.village))
    not_seen = Reading(registry.database.look(Region(elsewhere)))

    assert await seen.document(statement, household["id"]) == household["id"]
    assert await not_seen.document(statement, household["id"]) is None


async def test_its_settings_end_with_it(alone: Database):
    assert await Reading(alone.look(CILEGON)).document(SETTINGS) == "3672000000 3672999999 on"

    async with alone.lent() as connection:
        assert (await connection.fetchval(SETTINGS)).split() == ["off"]


async def test_nothing_is_written_by_one_that_only_reads(alone: Database):
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await Reading(alone.look(INDONESIA)).document(
            "INSERT INTO stored_answer DEFAULT VALUES RETURNING 'a'"
        )


async def test_one_that_was_given_up_can_be_asked_again(alone: Database):
    """At whatever moment: while it is prepared, planned or run."""
    reading = Reading(alone.look(CILEGON))
    statements = [f"SELECT '{number}' WHERE pg_sleep(0.002) IS NOT NULL" for number in range(12)]

    for number, statement in enumerate(statements):
        with suppress(TimeoutError):
            async with asyncio.timeout(0.0004 * number):
                await reading.document(statement)
    told = [await reading.document(statement) for statement in statements]

    assert told == [str(number) for number in range(12)]
    async with alone.lent() as connection:
        [(kept,)] = await connection.fetch("SELECT count(*) FROM pg_prepared_statements")
    assert kept < 20  # of ours, and of asyncpg's own


async def test_nor_does_a_transaction_that_was_given_up_leave_anything_open(alone: Database):
    for number in range(12):
        with suppress(TimeoutError):
            async with asyncio.timeout(0.0003 * number), alone.transaction(CILEGON):
                await asyncio.sleep(0.002)

    async with alone.engine.connect() as pooled:
        raw = (await pooled.get_raw_connection()).driver_connection
        assert not raw.is_in_transaction()


async def test_nor_does_a_reading_of_several_statements(alone: Database):
    for number in range(24):
        with suppress(TimeoutError):
            async with asyncio.timeout(0.0002 * number), alone.reading(CILEGON) as reading:
                await reading.value("SELECT pg_sleep(0.002)")

    async with alone.lent() as connection:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SHOW transaction_read_only") == "off"


async def test_what_is_not_of_its_type_is_refused_and_nothing_is_asked(alone: Database):
    for what in ({"a"}, ("a",), b"a", 1):
        with pytest.raises(asyncpg.DataError):
            await Reading(alone.look(CILEGON)).document("SELECT $1::text", what)


@pytest.mark.parametrize(
    "named",
    [
        None,
        "",
        "3672000000",
        "3672000000 3672999999",
        "3672000000 3672999999 off {}",
        "3672000000 3672999999 off {siks.region_from}",
        "3672000000 3672999999 off {{a},{b}}",
        "3672000000 3672999999 off siks.region_from",
        "3672000000 3672999999 off a.a",
        "3672000000 3672999999 off a.a 1 a.b",
        "3672000000 3672999999 off a.a 1 a.b 2 a.c",
        "3672000000 3672999999 off a.a 1 a.b 2 a.c 3 a.d",
    ],
)
async def test_settings_that_name_nothing_are_refused(alone: Database, named: str | None):
    async with alone.lent() as connection:
        with pytest.raises(asyncpg.PostgresError):
            await connection.fetchval("SELECT 1 WHERE $1::reading_settings IS NULL", named)


@pytest.mark.parametrize("of_three", ["a.a 1 a.b 2 a.c 3", "{{a.a,1},{a.b,2},{a.c,3}}"])
async def test_others_are_named_by_themselves_and_by_services_before_in_an_array(
    alone: Database, of_three: str
):
    told = "concat_ws(' ', current_setting('a.a'), current_setting('a.b'), current_setting('a.c'))"
    async with alone.lent() as connection:
        statement = f"SELECT {told} WHERE $1::reading_settings <> ''"
        asked = f"3672000000 3672999999 off {of_three}"

        assert await connection.fetchval(statement, asked) == "1 2 3"


@pytest.mark.parametrize(
    "statement",
    [
        "WITH a (b) AS (SELECT $1::text) SELECT b FROM a",
        "\nWITH RECURSIVE a (b) AS (SELECT $1::text UNION SELECT b FROM a) SELECT b FROM a",
        "WITH\na (b) AS (VALUES ($1::text)) TABLE a",
        '\n    SELECT $1::text AS "WITH"',
    ],
)
async def test_however_a_statement_begins(alone: Database, statement: str):
    assert await Reading(alone.look(CILEGON)).document(statement, "7") == "7"


async def test_a_statement_that_postgresql_has_forgotten_is_prepared_anew(alone: Database):
    reading = Reading(alone.look(CILEGON))
    await reading.document(SETTINGS)
    async with alone.lent() as connection:
        await connection.execute("DEALLOCATE ALL")

    assert await reading.document(SETTINGS) == "3672000000 3672999999 on"


async def test_it_is_read_where_a_pooler_gives_statements_other_names(
    alone: Database, monkeypatch: pytest.MonkeyPatch
):
    """There it is planned for whoever asks first."""
    monkeypatch.setattr(PreparedStatement, "get_name", lambda _: "another")

    told = [await Reading(alone.look(CILEGON)).document(SETTINGS) for _ in range(2)]

    assert told == ["3672000000 3672999999 on"] * 2


async def test_more_statements_than_are_kept_make_room_for_each_other(alone: Database):
    reading = Reading(alone.look(CILEGON))

    asked = (*range(MOST_KEPT + 1), 0)
    told = [await reading.document(f"SELECT '{number}'") for number in asked]

    assert told == [str(number) for number in asked]
