"""Which spellings of a name are one, and what a name is found by."""

import unicodedata
from collections.abc import AsyncIterator
from datetime import date
from itertools import combinations
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.urls import for_asyncpg
from app.domain.actors import Role
from tests.registry import Registry

# What stands in one line is one name to whoever asks for it.
ONE = """
Siti Aminah / SITI AMINAH / Sitti Aminah / St. Aminah / Siti Amina / Aminah, Siti
Muhammad Yusuf / Mohammad Yusup / Moh. Jusuf / M. Yusuf / Muh Joesoef / Mochamad Yusuf / MHD YUSUF
Ahmad Fauzi / Achmad Fauji / Akhmad Pauzi / Ach. Fausi / Ahmat Fauzi
Zainal Arifin / Jaenal Aripin / Zaenal Arifin / Jainal Ariefin
Zubaedah / Jubaidah / Zubaidah
Rochman / Rohman / Rokhman / Rahman
Khoirul Anwar / Choirul Anwar / Khairul Anwar / Khoerul Anwar / Hoirul Anwar / Haerul Anwar
Nurhayati / Nur Hayati
Nuraini / Nur Aini / Nur'aini / Nuraeni
Nurul Huda / Nurulhuda / Noerul Hoeda
Abdurrahman / Abdul Rahman / Abdurahman / Abd. Rohman / Abdur Rochman / Abdulrahman
Abdussalam / Abdul Salam / Abdus Salam
Soekarno / Sukarno
Tjandra / Candra
Djoko / Joko
Sjarif / Syarif / Syarief / Sarip
Njoman / Nyoman
Widjaja / Wijaya / Wijaja
Ma'ruf / Maruf / Ma`ruf / Ma\u2019ruf
Muthmainnah / Mutmainah
Siti Khadijah / Siti Khodijah / Siti Hadijah / Siti Chadidjah
Fitriyah / Fitriah / Pitriyah
Rizki / Riski / Rizky / Risky
Abdul Aziz / Abdul Azis / Abdul Asis / Abdul Ajis
Sholeh / Soleh / Saleh
Rahmat / Rohmad / Rochmat
Yakub / Yakup / Jakub
Noer / Nur / Noor
Yusuf Maxi / Yusuf Maksi
Qomariyah / Komariah
Christina / Kristina
Chandra / Candra
Rachel / Rahel
H. Abdullah / Abdulloh / KH. Abdullah / Hj Abdullah
Budi Santoso, S.Pd., M.Si / Drs. Budi Santoso / Budi Santoso / BUDI SANTOSO SE
Fatimah binti Hasan / Fatimah Bt Hasan / Fatimah Hasan
José Guterres / Jose Guterres
Dzikri / Zikri
Suwarno / Suarno
"""
APART = """
Siti / Sri
Aminah / Amanah
Budi / Dewi
Cici / Kiki
Yana / Yono
Susi / Susan
Ani / Ana
Sutrisno / Sutrisna
Joko / Yoko
Hasan / Hasim
Lina / Rina
Dedi / Dede
Ratna / Retna
Wati / Wasti
Agus / Bagus
Panji / Fani
Muhammad / Mahmud
Nuri / Nur
Siti Aminah / Siti
"""


def lines(table: str) -> list[list[str]]:
    return [[name.strip() for name in line.split("/")] for line in table.strip().splitlines()]


@pytest.fixture(scope="module")
async def connection(app_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(for_asyncpg(app_url))
    yield connection
    await connection.close()


async def words(connection: asyncpg.Connection, name: str) -> list[str]:
    return await connection.fetchval("SELECT name_words($1)", name)


@pytest.mark.parametrize("spellings", lines(ONE), ids=lambda spellings: spellings[0])
async def test_spellings_of_one_name_are_one(connection: asyncpg.Connection, spellings: list[str]):
    folded = {name: await words(connection, name) for name in spellings}

    assert len(set(map(tuple, folded.values()))) == 1, folded
    assert len(spellings) > 1


@pytest.mark.parametrize("names", lines(APART), ids=" and ".join)
async def test_other_names_are_others(connection: asyncpg.Connection, names: list[str]):
    one, other = [await words(connection, name) for name in names]

    assert one != other


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("H.", ["h"]),
        ("Bin", ["bin"]),
        ("M.", ["m"]),
        ("S.Pd", ["pt", "s"]),
        ("Slamet", ["slamet"]),
        ("Siti Siti", ["siti"]),
        ("Muhammad Ali M.", ["ali", "m", "muamat"]),
        ("Dadang S.", ["dadang", "s"]),
        ("...", []),
        ("", []),
        ("\u0e01", ["\u0e01"]),
        ("x" * 250, ["ks" * 20]),
        ("a b c d e f g h i j", ["a", "c", "e", "g", "i", "j", "p", "t"]),
    ],
)
async def test_what_is_odd_stays_something(
    connection: asyncpg.Connection, name: str, left: list[str]
):
    assert await words(connection, name) == left


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
PLAIN_WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9)
many = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@many
@given(ANY_TEXT)
async def test_no_name_is_too_much(connection: asyncpg.Connection, name: str):
    found = await words(connection, name)
    keys = await connection.fetchval("SELECT name_keys($1, '1984-05-19')", found)

    assert len(found) <= 8
    assert sorted(set(found), key=lambda word: word.encode()) == found
    assert all(0 < len(word) <= 40 for word in found)
    assert len(keys) == len(set(keys))


@many
@given(st.lists(PLAIN_WORD, min_size=2, max_size=5), st.randoms(use_true_random=False))
async def test_order_case_and_punctuation_say_nothing(
    connection: asyncpg.Connection, said: list[str], chance: object
):
    shuffled = said[1:]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    straight = await words(connection, " ".join(said))

    assert await words(connection, "  ".join(said).title()) == straight
    assert await words(connection, " , ".join(said).upper()) == straight
    if "m" not in said[:1] and "st" not in said[:1]:
        assert set(await words(connection, " ".join([said[0], *shuffled]))) == set(straight)


@many
@given(st.text("aeiouéèüñç", min_size=1, max_size=9))
async def test_accents_say_nothing(connection: asyncpg.Connection, name: str):
    bare = "".join(
        letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter)
    )

    assert await words(connection, name) == await words(connection, bare)


@many
@given(st.sets(PLAIN_WORD, min_size=1, max_size=5))
async def test_the_keys_are_each_word_each_pair_and_each_word_with_the_birth_date(
    connection: asyncpg.Connection, said: set[str]
):
    sorted_words = sorted(said)
    born = date(1984, 5, 19)

    keys = await connection.fetchval("SELECT name_keys($1, $2)", sorted_words, born)
    without = await connection.fetchval("SELECT name_keys($1, NULL)", sorted_words)

    dated = {f"{word}|1984-05-19" for word in said}
    pairs = {" ".join(pair) for pair in combinations(sorted_words, 2)}
    assert set(keys) == said | pairs | dated | (
        {" ".join(sorted_words)} if len(said) > 2 else set()
    )
    assert set(without) == set(keys) - dated


# --- what is kept

KEPT = """
SELECT coalesce(array_agg(key ORDER BY key), '{}'), min(words), min(scope_code)
FROM name_key WHERE member_id = $1
"""
DUE = """
SELECT array_agg(key ORDER BY key), min(cardinality(name_words(name))), min(scope_code)
FROM member, unnest(name_keys(name_words(name), birth_date)) AS key WHERE id = $1
"""


class TestTheKeysAreKept:
    @pytest.fixture
    async def member(self, registry: Registry) -> UUID:
        return UUID((await registry.household())["members"][0]["id"])

    async def kept(self, registry: Registry, member: UUID) -> Any:  # noqa: ANN401
        [kept] = await registry.runs(KEPT, member)
        [due] = await registry.runs(DUE, member)
        assert tuple(kept) == tuple(due)
        return kept[0]

    async def test_from_the_first_moment(self, registry: Registry, member: UUID):
        assert "budi santoso" in await self.kept(registry, member)

    @pytest.mark.parametrize(
        "change",
        ["name = 'Dewi Sri Lestari'", "birth_date = NULL", "birth_date = '1999-09-09'"],
    )
    async def test_through_every_change(self, registry: Registry, member: UUID, change: str):
        before = await self.kept(registry, member)

        statement = f"UPDATE member SET {change} WHERE id = $1"  # noqa: S608 - of this test
        await registry.runs(statement, member)

        assert await self.kept(registry, member) != before

    async def test_through_a_move(self, registry: Registry, member: UUID):
        [moved] = await registry.runs("SELECT household_id AS id FROM member WHERE id = $1", member)
        village = registry.neighbour.first
        household = await registry.household(
            by=await registry.caller(Role.VILLAGE_OPERATOR, over=registry.neighbour)
        )

        await registry.runs(
            "UPDATE member SET household_id = $2, scope_code = $3, family_id = NULL, "
            "relation_to_household_head = 3 WHERE id = $1",
            member,
            UUID(household["id"]),
            village,
        )

        assert moved["id"] != UUID(household["id"])
        [kept] = await registry.runs(KEPT, member)
        assert kept[2] == village
        await self.kept(registry, member)

    async def test_for_many_at_once(self, registry: Registry, member: UUID):
        await registry.runs(
            "INSERT INTO member (id, household_id, scope_code, name, nik_verdict, nik_codes, "
            "state, version, created_at, updated_at) "
            "SELECT gen_random_uuid(), household_id, scope_code, 'Siti ' || n, 'missing', '{}', "
            "'proposed', 1, now(), now() FROM member, generate_series(1, 50) AS n WHERE id = $1",
            member,
        )
        await registry.runs(
            "UPDATE member SET name = 'Sri Rahayu' WHERE scope_code = $1 AND name LIKE 'Siti 1%'",
            registry.village.first,
        )

        people = await registry.runs(
            "SELECT id FROM member WHERE scope_code = $1", registry.village.first
        )
        assert len(people) >= 51
        for person in people:
            await self.kept(registry, person["id"])

    async def test_nothing_is_left_of_whoever_is_deleted(
        self, registry: Registry, member: UUID, superuser_url: str
    ):
        superuser = await asyncpg.connect(for_asyncpg(superuser_url))
        try:
            await superuser.execute("DELETE FROM member WHERE id = $1", member)
        finally:
            await superuser.close()

        [kept] = await registry.runs(KEPT, member)
        assert kept[0] == []

    async def test_nothing_is_written_where_no_name_changes(self, registry: Registry, member: UUID):
        rows = "SELECT ctid, xmin FROM name_key WHERE member_id = $1 ORDER BY key"
        before = await registry.runs(rows, member)

        await registry.runs("UPDATE member SET marital_status = 3 WHERE id = $1", member)

        assert await registry.runs(rows, member) == before
