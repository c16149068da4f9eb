"""Numbers of people are masked in anybody's own words, however they wrote them; ids are not."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db import sight
from app.db.urls import for_asyncpg
from app.domain.documents import safe_name

DIGITS = "0123456789"
NIKS = st.text(DIGITS, min_size=16, max_size=16)
# As many digits as there can be, which is when one is taken for a number.
IDS = (st.uuids() | st.text(DIGITS, min_size=32, max_size=32).map(UUID)).map(str)
BETWEEN = st.sampled_from(["", " ", ".", "-", " - "])
AROUND = st.text("aZ 7.-\n,é", max_size=6)
many = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
async def connection(app_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(for_asyncpg(app_url))
    yield connection
    await connection.close()


async def told(connection: asyncpg.Connection, text: str) -> str:
    return await connection.fetchval(f"SELECT {sight.words('$1::text')}", text)


@many
@given(IDS, AROUND, AROUND)
async def test_an_id_stays_as_it_is(
    connection: asyncpg.Connection, id_: str, before: str, after: str
):
    text = f"7 {before} {id_} {after} 7"
    grounds = {"deliberation": {"deliberation_id": id_}, "note": f"{before}\n{id_}"}

    assert id_ in await told(connection, text)
    assert json.loads(await told(connection, json.dumps(grounds))) == grounds


@many
@given(NIKS, IDS, BETWEEN, AROUND)
async def test_a_nik_never_does(
    connection: asyncpg.Connection, nik: str, id_: str, between: str, around: str
):
    written = between.join(nik[place : place + 4] for place in range(0, 16, 4))

    for text in (f"{around}{written} {id_}", f"{id_} {written}{around}", f"x{nik}-{id_}"):
        said = (await told(connection, text)).replace(id_, "")
        assert nik not in "".join(sign for sign in said if sign in DIGITS)


@given(IDS, NIKS, st.sampled_from(["", "_", " ", "-"]))
def test_the_name_of_a_file_keeps_its_id_and_loses_its_nik(id_: str, nik: str, between: str):
    assert safe_name(f"scan {id_}.pdf") == f"scan {id_}.pdf"
    assert nik not in (safe_name(f"{nik}{between}{id_}.pdf") or "")
