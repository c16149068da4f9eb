"""The migrations make the tables of the code, forwards and back; Alembic reads them as we do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Enum
from sqlmodel import SQLModel

from app.db import migrations, roles
from app.db.scope import scope_statement
from app.db.tables import all as every_table
from app.db.tables.audit import ALL_OF_THEM
from app.db.urls import for_asyncpg
from app.domain.regions import INDONESIA
from tests.conftest import Run

ROOT = Path(__file__).resolve().parents[2]


def alembic(url: str = "") -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


@pytest.fixture
async def copy_url(run: Run, database_name: str) -> AsyncIterator[str]:
    name = f"{database_name}_migrations"
    await run.clone(name)
    yield run.url(name, roles.OWNER)
    await run.drop(name)


def test_there_is_one_line_of_migrations_and_we_read_it_as_alembic_does():
    scripts = ScriptDirectory.from_config(alembic())

    assert scripts.get_heads() == [migrations.head()]
    assert {script.revision for script in scripts.walk_revisions()} == {
        migrations.head(),
        *migrations.before_head(),
    }


async def test_the_tables_are_what_the_migrations_make(owner_url: str):
    assert every_table
    await asyncio.to_thread(command.check, alembic(owner_url))


async def test_every_migration_can_be_undone_and_done_again(copy_url: str):
    await asyncio.to_thread(command.downgrade, alembic(copy_url), "base")
    connection = await asyncpg.connect(for_asyncpg(copy_url))
    left = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'S', 'v') UNION ALL "
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    )
    await connection.close()

    assert {row["relname"] for row in left} == {"alembic_version"}
    await asyncio.to_thread(command.upgrade, alembic(copy_url), "head")
    await asyncio.to_thread(command.check, alembic(copy_url))


WORDS = [
    (table.name, column.type)
    for table in SQLModel.metadata.tables.values()
    for column in table.columns
    if isinstance(column.type, Enum) and column.type.create_constraint
]
CHECKS = sorted(  # constraints are a set
    (table.name, str(constraint.name))
    for table in SQLModel.metadata.tables.values()
    for constraint in table.constraints
    if isinstance(constraint, CheckConstraint) and constraint.name
)


async def definition(owner_url: str, name: str) -> str | None:
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        return await connection.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", name
        )
    finally:
        await connection.close()


NOTED_LONG_AGO = """
INSERT INTO access_entry (scope_code, actor_id, actor_role, actor_region_code, purpose, operation,
    request_id, subjects, homes)
VALUES (0, gen_random_uuid(), 'auditor', '', 'audit', 'read', 'x', '{}', $1)
"""


async def test_where_homes_was_a_small_number_it_becomes_what_it_is_elsewhere(copy_url: str):
    """As 0036 was at first."""
    await asyncio.to_thread(command.downgrade, alembic(copy_url), "0036_homes")
    connection = await asyncpg.connect(for_asyncpg(copy_url))
    await connection.execute(
        "ALTER TABLE access_entry ALTER COLUMN homes DROP DEFAULT, "
        "ALTER COLUMN homes TYPE smallint USING 32767, ALTER COLUMN homes SET DEFAULT 32767"
    )
    await connection.execute(f"BEGIN; {scope_statement(INDONESIA)}")
    for homes in (32767, 50):
        await connection.execute(NOTED_LONG_AGO, homes)
    await connection.execute("COMMIT")

    await asyncio.to_thread(command.upgrade, alembic(copy_url), "head")

    await connection.execute(f"BEGIN; {scope_statement(INDONESIA)}")
    kept = await connection.fetch("SELECT homes, pg_typeof(homes) AS type FROM access_entry")
    await connection.close()
    assert [(each["homes"], each["type"]) for each in kept] == [
        (ALL_OF_THEM, "integer"),
        (50, "integer"),
    ]
    await asyncio.to_thread(command.check, alembic(copy_url))


def test_there_are_words_and_checks():
    assert len(WORDS) > 10
    assert len(CHECKS) > 20


@pytest.mark.parametrize(("table", "words"), WORDS, ids=lambda of: getattr(of, "name", of))
async def test_the_words_the_database_allows_are_the_words_in_the_code(
    owner_url: str, table: str, words: Enum
):
    """Alembic does not compare check constraints, so this does."""
    said = await definition(owner_url, f"ck_{table}_{words.name}")

    assert said is not None
    assert set(said.split("'")[1::2]) == set(words.enums)


@pytest.mark.parametrize(("table", "name"), CHECKS)
async def test_every_check_of_the_code_is_in_the_database(owner_url: str, table: str, name: str):
    assert await definition(owner_url, name), f"{table}: {name}"
