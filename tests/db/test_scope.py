"""The second lock: what PostgreSQL itself keeps apart, whatever a statement of ours forgets.

The exceptions stand here with their reasons; what is in no list fails.
"""
# ruff: noqa: S608 - statements are made of names in these lists; values are parameters

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.commands import turnarounds
from app.commands.policies import put
from app.db import accounts, policies, roll_up
from app.db.scope import lies_within, scope_statement
from app.db.sessions import Database
from app.db.tables.accounts import Account
from app.db.urls import for_asyncpg
from app.domain.actors import Actor, Role
from app.domain.regions import INDONESIA, Region, Tier
from tests.api.test_decrees import drafted
from tests.api.test_imports import a_row, applied, at_work, checked, takes
from tests.api.test_subscriptions import a_subscription
from tests.api.test_uploads import begun, puts
from tests.conftest import registry_of
from tests.contract import Promise
from tests.grants import a_recipient
from tests.registry import LONG_AGO, NO_PASSWORD, Caller, Places, Registry, refused

# As PostgreSQL tells it back: two comparisons with a setting, nothing wrapped around them.
RANGE = (
    "((scope_code >= (NULLIF(current_setting('siks.region_from'::text, true), ''::text))::bigint)"
    " AND "
    "(scope_code <= (NULLIF(current_setting('siks.region_to'::text, true), ''::text))::bigint))"
)
SCOPED = {
    "account",
    "assignment",
    "external_identity",
    "client_secret",
    "agreement",
    "access_reach",
    "household",
    "family",
    "member",
    "name_key",
    "survey",
    "document",
    "decree_check",
    "decree_line",
    "visit",
    "nik_case",
    "proposal",
    "proposal_claim",
    "proposal_count",
    "deliberation",
    "agenda_item",
    "responsibility_statement",
    "recipient",
    "departure",
    "import",
    "import_problem",
    "import_effect",
    "list",
    "letter",
    "extract",
    "extract_file",
    "extract_chunk",
    "audit_entry",
    "access_entry",
    "stored_answer",
    "upload",
    "upload_part",
    "import_result",
    "notice_mark",
    "notices_read",
    "turnaround",
    "subscription",
    "webhook_delivery",
    "spdci_partner",
    "spdci_request",
}
UNSCOPED = {
    "import_row": "COPY is refused where RLS is: put in blindly, read through `import_staged`",
    "region": "reference data, the same for everybody; its scope_code is its key",
    "region_load": "which region files were loaded, and when; the owner's own",
    "decree": "what was decided, no people",
    "decree_book": "how far the service is with a decree, no people",
    "decree_share": "which villages of a decree are still to be worked on, no people",
    "job": "read before it is known for which region; names nobody, and `within=` holds",
    "policy": "public rules of a regency, no people",
    "policy_version": "what those rules were before",
    "window_exception": "public rules: who may work for how long, no people",
    "turnaround_pass": "how far the audit has been counted",
    "sign_in": "found before anybody is known, by what was presented; names nobody",
    "refresh_token": "found before anybody is known, by the hash of what was presented",
    "sign_in_failure": "found before anybody is known, by a hash; names nobody",
    "nik_holder": "unique in the whole country; the service has no right to it",
    "audit_head": "a chain may leave a region with its subject; the service has no right to it",
    "alembic_version": "where the database stands",
}
OUT_OF_REACH = {"nik_holder", "audit_head", "region_load"}
WRITTEN_BY_TRIGGERS = {"departure"}
DELETABLE = {
    "agenda_item",
    "decree_check",
    "decree_share",
    "external_identity",
    "import_problem",
    "proposal_claim",
    "name_key",
    "sign_in",
    "refresh_token",
    "sign_in_failure",
    "stored_answer",
    "upload_part",
    "import_result",
    "webhook_delivery",
    "extract_file",
    "extract_chunk",
    "spdci_request",
}
DEFINED_BY_THE_OWNER = {
    "nik_held",
    "nik_claim",
    "nik_release",
    "person_nik_of",
    "readings_of",
    "move_origins",
}

KNOWN_TO_THE_OWNER = {"account", "access_entry", "access_reach", "audit_entry", "departure"}

OWN_TABLES = "relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
CODES = [
    "",
    "11",
    "36",
    "3672",
    "367201",
    "3672011001",
    "3672011002",
    "367202",
    "3672021001",
    "3673",
    "3673011001",
    "96",
    "9671",
]


@asynccontextmanager
async def connected(url: str, within: Region | None = None) -> AsyncIterator[asyncpg.Connection]:
    """A bare connection, as anybody with psql has it; its transaction is rolled back."""
    connection = await asyncpg.connect(for_asyncpg(url))
    transaction = connection.transaction()
    try:
        await transaction.start()
        if within is not None:
            await connection.execute(scope_statement(within))
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def registry(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Registry]:
    """One regency for all of these: nothing here counts what lies in it."""
    async with registry_of(app, promise, *next(places.regencies)) as registry:
        yield registry


@pytest.fixture
async def as_owner(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with connected(owner_url) as connection:
        yield connection


@pytest.fixture(scope="module")
async def lived_in(registry: Registry, app: FastAPI) -> Registry:
    """A registry in which every scoped table holds something of the test's village."""
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    async with at_work(app):
        rows = [a_row(registry.village), a_row(registry.village, nik="123")]
        after = await applied(operator, await checked(operator, rows))
    assert (await takes(operator, after, "mark")).status_code == 201
    await puts(operator, await begun(operator, b"part"), 1, b"part")
    household = await registry.household(by=operator)
    survey = await registry.survey(household, by=operator)
    await a_nik_case(operator, household)
    await registry.document("house_front", survey=survey)
    enumerator = await registry.caller(Role.ENUMERATOR)
    errand = {"enumerator_id": str(enumerator.actor.id), "household_ids": [household["id"]]}
    assert (await operator.posts("/v1/visits", errand)).json()["assigned"] == 1
    body = {"kind": "new_family", "household_id": household["id"]}
    response = await operator.posts("/v1/proposals", body, key=str(uuid4()))
    assert response.status_code == 201, response.text
    assert (await operator.gets(f"/v1/households/{household['id']}")).status_code == 200
    await papers(operator, received := await a_recipient(registry))
    await leaves(registry, received, household)
    await registry.deliberation(await registry.proposal("awaiting_deliberation"))
    await a_decree_check(registry, response.json()["id"])
    await registry.statement()
    await credentials_of(registry, operator)
    await a_subscription(registry, operator, registry.village)
    await an_exchange(registry, operator)
    regency = registry.village.at(Tier.REGENCY)
    await operator.posts("/v1/notices/marks", {"read": ["lama.2026-11-14"], "until": "1"})
    await turnarounds.refresh(registry.database)
    async with registry.database.connection(regency, begin="BEGIN") as connection:
        assert await roll_up.count(connection, regency, older_than=timedelta(0))
    return registry


async def an_exchange(registry: Registry, operator: Caller) -> None:
    """A partner whose account lies in the village, and a message of his."""
    await registry.runs(
        "INSERT INTO spdci_partner (account_id, scope_code, sender_id, keys, updated_at) "
        "VALUES ($1, $2, 'spmis.example', '[]', now())",
        operator.actor.id,
        registry.village.first,
    )
    await registry.runs(
        "INSERT INTO spdci_request (id, scope_code, account_id, correlation_id, action, "
        "transaction_id, reference_id, asked, received_at) "
        "VALUES (gen_random_uuid(), $2, $1, gen_random_uuid(), 'search', 't', 'r', '{}', now())",
        operator.actor.id,
        registry.village.first,
    )


async def leaves(registry: Registry, received: dict[str, Any], other: dict[str, Any]) -> None:
    """An aid that goes to another household, and is gone from its own."""
    await registry.runs(
        "UPDATE recipient SET household_id = $1 WHERE id = $2", other["id"], received["id"]
    )


async def papers(operator: Caller, received: dict[str, Any]) -> None:
    """A list somebody asked for, and a letter."""
    assert (await operator.posts("/v1/lists", {"kind": "named_list"})).status_code == 202
    body = {"member_id": received["payee_id"], "purpose": "pip"}
    assert (await operator.posts("/v1/letters", body)).status_code == 201


async def a_nik_case(operator: Caller, household: dict[str, Any]) -> None:
    """Of a head whose NIK was left out for a while."""
    [head] = household["members"]
    path = f"/v1/members/{head['id']}"
    await operator.patches(path, {"nik": None})
    assert (await operator.posts("/v1/nik-cases", {})).json()["opened"] == 1
    await operator.patches(path, {"nik": head["nik"]}, version=2)


async def a_decree_check(registry: Registry, proposal_id: str) -> None:
    analyst = await registry.caller(Role.MINISTRY_ANALYST)
    decree = await drafted(registry, analyst, region_code=registry.village.code)
    async with registry.database.connection(registry.village, begin="BEGIN") as connection:
        await connection.execute(
            "INSERT INTO decree_check (decree_id, scope_code, proposal_id, kind, version) "
            "VALUES ($1, $2, $3, 'new_family', 1)",
            *(decree["id"], registry.village.first, proposal_id),
        )
        await connection.execute("COMMIT")


async def an_extract(registry: Registry, machine: Caller) -> None:
    """Asked for, and as if it had been begun: a file, and rows kept aside for it."""
    asked = await machine.posts("/v1/extracts", {"resource": "members"})
    assert asked.status_code == 202, asked.text
    extract, village = asked.json()["id"], registry.village.first
    await registry.runs(
        "INSERT INTO extract_file (extract_id, number, scope_code, first_village, first_part, "
        "last_village, last_part, rows) SELECT id, 1, scope_code, $2, 0, $2, 0, 1 "
        "FROM extract WHERE id = $1",
        extract,
        village,
    )
    await registry.runs(
        "INSERT INTO extract_chunk VALUES ($1, 1, $2, 0, 1, '{}', '')", extract, village
    )


async def credentials_of(registry: Registry, operator: Caller) -> None:
    """Another issuer's name for the village's operator; a secret for a machine of the district."""
    admin = await registry.caller(Role.MINISTRY_ADMIN)
    district = registry.village.at(Tier.DISTRICT)
    machine = await registry.caller(Role.INTEGRATION, over=district)
    await registry.agrees(machine, ["identity"])
    await an_extract(registry, machine)
    await registry.runs(
        "INSERT INTO access_reach VALUES (gen_random_uuid(), $1, 1, '{}')", registry.village.first
    )
    identity = {"issuer": "https://sso.example", "subject": str(uuid4())}
    path = "/v1/accounts/{}/{}"
    for response in (
        await admin.posts(path.format(operator.actor.id, "identities"), identity),
        await admin.posts(path.format(machine.actor.id, "secrets"), {}),
    ):
        assert response.status_code == 201, response.text


async def names(connection: asyncpg.Connection, statement: str, *values: object) -> set[str]:
    return {row[0] for row in await connection.fetch(statement, *values)}


class TestARegion:
    async def test_covers_the_same_in_python_in_a_query_and_in_row_level_security(
        self, database: Database
    ):
        homes = {await an_account(database, Region(code)): Region(code) for code in CODES}

        for reader in homes.values():
            covered = {account for account, home in homes.items() if reader.covers(home)}
            assert await by_query(database, homes, reader) == covered
            assert await by_rls(database, homes, reader) == covered

    async def test_is_told_apart_from_one_whose_code_begins_alike(self, database: Database):
        """3672 is not 36720: a range of numbers ends where the digits end."""
        account = await an_account(database, Region("3672011001"))

        for reader in ("3671", "3673", "367202", "3672011002", "35", "37"):
            assert await by_rls(database, {account: INDONESIA}, Region(reader)) == set()


async def an_account(database: Database, region: Region) -> UUID:
    async with database.transaction(INDONESIA) as session:
        account = await accounts.open_account(
            session,
            username=f"petugas.{uuid4().hex[:12]}",
            display_name="Petugas",
            password_hash=NO_PASSWORD,
            role=Role.AUDITOR,
            region=region,
            from_=LONG_AGO,
        )
    return account.id


async def by_query(database: Database, among: dict[UUID, Region], reader: Region) -> set[UUID]:
    async with database.transaction(INDONESIA) as session:
        found = await session.exec(
            select(Account.id).where(lies_within(Account.scope_code, reader))
        )
        return set(found) & among.keys()


async def by_rls(database: Database, among: dict[UUID, Region], reader: Region) -> set[UUID]:
    async with database.reading(reader) as reading:
        return {row["id"] for row in await reading.rows("SELECT id FROM account")} & among.keys()


class TestRowLevelSecurity:
    async def test_is_on_every_table_but_those_with_a_reason(self, as_owner: asyncpg.Connection):
        tables = await names(as_owner, f"SELECT relname FROM pg_class WHERE {OWN_TABLES}")

        assert tables == SCOPED | UNSCOPED.keys()

    async def test_is_forced_wherever_a_row_lies_in_a_region(self, as_owner: asyncpg.Connection):
        with_scope = await names(
            as_owner,
            "SELECT table_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name = 'scope_code' AND is_nullable = 'NO'",
        )
        forced = await names(
            as_owner,
            f"SELECT relname FROM pg_class WHERE {OWN_TABLES} "
            "AND relrowsecurity AND relforcerowsecurity",
        )

        assert with_scope - UNSCOPED.keys() == SCOPED
        assert forced == SCOPED

    async def test_has_one_policy_a_table_in_the_form_that_was_measured(
        self, as_owner: asyncpg.Connection
    ):
        found = await as_owner.fetch("SELECT * FROM pg_policies WHERE roles = '{public}'")

        assert {row["tablename"] for row in found} == SCOPED
        assert len(found) == len(SCOPED)
        for row in found:
            assert (row["policyname"], row["permissive"]) == ("within_region", "PERMISSIVE")
            assert (row["cmd"], row["roles"]) == ("ALL", ["public"])
            assert (row["qual"], row["with_check"]) == (RANGE, RANGE), row["tablename"]

    async def test_lets_the_owner_see_what_a_function_of_his_looks_up_and_nobody_else(
        self, as_owner: asyncpg.Connection
    ):
        """Who somebody is, is looked up from whichever part of his home he works in; and who read
        of a person, from wherever they sit."""
        found = await as_owner.fetch("SELECT * FROM pg_policies WHERE roles <> '{public}'")

        assert {row["tablename"] for row in found} == KNOWN_TO_THE_OWNER
        assert {(row["cmd"], *row["roles"]) for row in found} == {("SELECT", "siks_owner")}

    async def test_is_not_stepped_around_by_a_view(self, as_owner: asyncpg.Connection):
        statement = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "

        assert await names(as_owner, f"{statement} AND relkind IN ('m', 'f')") == set()
        reads = statement.replace("relname", "relname, reloptions", 1)
        views = await as_owner.fetch(f"{reads} AND relkind = 'v' ORDER BY relname")
        assert [tuple(row) for row in views] == [
            (view, ["security_barrier=true"]) for view in ("import_in_order", "import_staged")
        ]


class TestTheServicesRole:
    async def test_has_no_power_over_the_server(self, as_owner: asyncpg.Connection):
        found = await as_owner.fetchrow(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, "
            "EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) AS belongs, "
            "has_database_privilege(oid, current_database(), 'TEMP') AS makes_temporary_tables, "
            "has_database_privilege(oid, current_database(), 'CREATE') AS makes_schemas, "
            "has_schema_privilege(oid, 'public', 'CREATE') AS makes_tables "
            "FROM pg_roles r WHERE rolname = 'siks_app'"
        )

        assert {name for name, yes in found.items() if yes} == set()

    async def test_owns_nothing(self, as_owner: asyncpg.Connection):
        owners = await names(
            as_owner, f"SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE {OWN_TABLES}"
        )
        owned = await as_owner.fetchval(
            "SELECT count(*) FROM pg_shdepend WHERE deptype = 'o' "
            "AND refobjid = 'siks_app'::regrole"
        )

        assert (owners, owned) == ({"siks_owner"}, 0)

    async def test_reaches_no_table_that_holds_the_whole_country(
        self, as_owner: asyncpg.Connection
    ):
        reached = await names(
            as_owner,
            f"SELECT relname FROM pg_class WHERE {OWN_TABLES} "
            "AND (has_any_column_privilege('siks_app', oid, 'SELECT, INSERT, UPDATE, REFERENCES') "
            "OR has_table_privilege('siks_app', oid, 'DELETE, TRUNCATE, TRIGGER'))",
        )

        assert reached == (SCOPED | UNSCOPED.keys()) - OUT_OF_REACH

    async def test_deletes_only_what_is_of_the_door(self, as_owner: asyncpg.Connection):
        deletes, more = [
            await names(
                as_owner,
                f"SELECT relname FROM pg_class WHERE {OWN_TABLES} "
                "AND has_table_privilege('siks_app', oid, $1)",
                privilege,
            )
            for privilege in ("DELETE", "TRUNCATE, TRIGGER, REFERENCES")
        ]

        assert (deletes, more) == (DELETABLE, set())

    async def test_borrows_the_owners_rights_only_to_ask_about_a_nik(
        self, as_owner: asyncpg.Connection
    ):
        """A function of the owner's with a loose search_path would be a way in."""
        found = await as_owner.fetch(
            "SELECT proname, proconfig FROM pg_proc WHERE prosecdef "
            "AND pronamespace = 'public'::regnamespace "
            "AND has_function_privilege('siks_app', oid, 'EXECUTE')"
        )

        assert {row["proname"] for row in found} == DEFINED_BY_THE_OWNER
        assert all("search_path=public, pg_temp" in row["proconfig"] for row in found)


class TestRowsOfImports:
    async def test_are_read_from_within_a_region_only(self, lived_in: Registry, app_url: str):
        put = (
            "INSERT INTO import_row (import_id, unit, n, scope_code, bad, said) "
            f"VALUES (gen_random_uuid(), '1', 1, {lived_in.village.first}, false, '{{}}')"
        )
        seen = []
        for within in (None, lived_in.neighbour, lived_in.village):
            async with connected(app_url, within) as psql:
                await psql.execute(put)
                seen.append(await psql.fetchval("SELECT count(*) FROM import_staged"))
        async with connected(app_url, lived_in.village) as psql:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await psql.fetchval("SELECT count(*) FROM import_row")

        assert seen == [0, 0, 1]


class TestWithoutSettings:
    @pytest.mark.usefixtures("lived_in")
    @pytest.mark.parametrize("table", sorted(SCOPED))
    @pytest.mark.parametrize("settings", ["never set", "set before"])
    async def test_psql_sees_no_people(
        self, app_url: str, superuser_url: str, table: str, settings: str
    ):
        async with connected(superuser_url) as superuser:
            there = await superuser.fetchval(f'SELECT count(*) FROM "{table}"')
        async with connected(app_url) as psql:
            if settings == "set before":  # afterwards PostgreSQL reads '', not NULL
                await psql.execute(f"COMMIT; BEGIN; {scope_statement(INDONESIA)}; COMMIT; BEGIN")
            seen = await psql.fetchval(f'SELECT count(*) FROM "{table}"')

        assert there > 0
        assert seen == 0

    @pytest.mark.parametrize("table", ["audit_entry", "access_entry"])
    @pytest.mark.parametrize("within", [None, INDONESIA], ids=["no settings", "the whole country"])
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE {} SET actor_id = gen_random_uuid()",
            "UPDATE {} SET scope_code = 0",
            "DELETE FROM {}",
            "TRUNCATE {}",
            "ALTER TABLE {} DISABLE TRIGGER append_only",
            "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
        ],
    )
    async def test_psql_cannot_change_the_audit(
        self, app_url: str, table: str, within: Region | None, statement: str
    ):
        async with connected(app_url, within) as psql:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await psql.execute(statement.format(table))

    @pytest.mark.parametrize("column", ["seq", "at", "xid", "prev_hash", "hash", "hash_version"])
    async def test_psql_cannot_write_what_the_trigger_fills(self, app_url: str, column: str):
        async with connected(app_url, INDONESIA) as psql:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await psql.execute(f"INSERT INTO audit_entry ({column}) VALUES (NULL)")


WRITABLE = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attidentity <> 'a'
AND has_column_privilege('siks_app', attrelid, attnum, 'INSERT')
"""


class TestWriting:
    async def test_who_left_where_is_written_by_the_trigger_alone(self, app_url: str):
        async with connected(app_url, INDONESIA) as psql:
            for table in WRITTEN_BY_TRIGGERS:
                assert await psql.fetchval(WRITABLE, table) is None

    @pytest.mark.parametrize("table", sorted(SCOPED - WRITTEN_BY_TRIGGERS))
    async def test_a_row_is_not_put_into_another_village(
        self, lived_in: Registry, app_url: str, table: str
    ):
        async with connected(app_url, lived_in.village.at(Tier.DISTRICT)) as psql:
            columns = await psql.fetchval(WRITABLE, table)
            named = f'"{table}"'  # `extract` is a word of SQL
            copy = (
                f"INSERT INTO {named} ({columns}) SELECT {columns} FROM jsonb_populate_record("
                f"NULL::{named}, (SELECT to_jsonb(t) || jsonb_build_object('scope_code', "
                f"{lived_in.elsewhere.first}::bigint) FROM {named} t LIMIT 1))"
            )
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await psql.execute(copy)

    @pytest.mark.parametrize(
        "table", ["household", "family", "member", "survey", "proposal", "document", "visit"]
    )
    async def test_a_row_is_not_moved_into_another_village(
        self, lived_in: Registry, app_url: str, table: str
    ):
        async with connected(app_url, lived_in.village) as psql:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await psql.execute(f"UPDATE {table} SET scope_code = {lived_in.neighbour.first}")

    @pytest.mark.parametrize(
        "table",
        ["household", "family", "member", "survey", "proposal", "account", "document", "visit"],
    )
    async def test_a_row_of_another_village_is_not_changed(
        self, lived_in: Registry, app_url: str, table: str
    ):
        async with connected(app_url, lived_in.neighbour) as psql:
            assert await psql.execute(f"UPDATE {table} SET version = 99") == "UPDATE 0"

    async def test_the_policy_of_another_regency_dies_with_its_audit_entry(
        self, registry: Registry
    ):
        """Policies are public and not scoped, so their second lock is the audit's."""
        own, other = registry.village.at(Tier.REGENCY), registry.elsewhere.at(Tier.REGENCY)
        admin = Actor(uuid4(), Role.REGENCY_ADMIN, own)

        async with registry.database.transaction(own) as session:
            policy = await policies.find(session, other.code, within=INDONESIA)
            with pytest.raises(DBAPIError, match="row-level security"):
                await put(session, policy, {"district_checks": True}, by=admin)
            await session.rollback()


class TestAttaching:
    """Foreign keys look through row-level security; that is why they are composite."""

    @pytest.fixture
    async def two(self, registry: Registry) -> tuple[dict[str, Any], dict[str, Any]]:
        own = await registry.household()
        neighbours = await registry.caller(Role.VILLAGE_OPERATOR, over=registry.neighbour)
        return own, await registry.household(by=neighbours)

    @pytest.mark.parametrize("table", ["family", "member", "survey", "proposal", "visit"])
    async def test_nobody_is_put_into_a_household_of_another_village(
        self, registry: Registry, app_url: str, two: tuple[dict[str, Any], ...], table: str
    ):
        _, foreign = two
        rest = {
            "family": ("number, state", "9, 'proposed'"),
            "member": ("name, nik_verdict, nik_codes, state", "'X', 'missing', '{}', 'proposed'"),
            "survey": (
                "codebook, surveyed_on, answers, state, created_by",
                "'dtks-2020', now(), '{}', 'drafted', gen_random_uuid()",
            ),
            "proposal": ("kind, state, created_by", "'new_family', 'drafted', gen_random_uuid()"),
            "visit": (
                "enumerator_id, marks, state, created_by",
                "gen_random_uuid(), '[]', 'assigned', gen_random_uuid()",
            ),
        }
        columns, values = rest[table]

        async with connected(app_url, registry.village) as psql:
            with pytest.raises(asyncpg.ForeignKeyViolationError) as error:
                await psql.execute(
                    f"INSERT INTO {table} (id, household_id, scope_code, version, created_at, "
                    f"updated_at, {columns}) VALUES (gen_random_uuid(), $1, $2, 1, now(), now(), "
                    f"{values})",
                    UUID(foreign["id"]),
                    registry.village.first,
                )

        assert error.value.constraint_name == f"fk_{table}_household_id_scope_code"

    @pytest.mark.parametrize("column", ["household_id", "family_id"])
    async def test_nobody_is_moved_into_another_villages_household_or_family(
        self, registry: Registry, app_url: str, two: tuple[dict[str, Any], ...], column: str
    ):
        own, foreign = two
        target = foreign["id"] if column == "household_id" else foreign["families"][0]["id"]

        async with connected(app_url, registry.village) as psql:
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await psql.execute(
                    f"UPDATE member SET {column} = $1 WHERE id = $2",
                    UUID(target),
                    UUID(own["members"][0]["id"]),
                )

    async def test_a_nik_is_claimed_and_released_for_ones_own_people_only(
        self, registry: Registry, app_url: str
    ):
        """The functions borrow the owner's rights, and forced security holds the owner too."""
        neighbours = await registry.caller(Role.VILLAGE_OPERATOR, over=registry.neighbour)
        proposal = await registry.proposal("awaiting_deliberation", by=neighbours)
        response = await neighbours.gets(f"/v1/households/{proposal['household_id']}")
        member = response.json()["members"][0]
        drafted = (await registry.household(by=neighbours))["members"][0]

        async with connected(app_url, registry.village) as psql:
            await psql.execute("SELECT nik_release($1)", [UUID(member["id"])])
            claimed = await psql.fetchval("SELECT nik_claim($1)", [UUID(drafted["id"])])
            still_held, taken = [
                await psql.fetchval("SELECT nik_held($1, $2)", nik, uuid4())
                for nik in (member["nik"], drafted["nik"])
            ]

        assert (claimed, still_held, taken) == ([], True, False)


async def test_a_step_of_a_village_is_refused_in_the_name_of_another(registry: Registry):
    """Over HTTP the first lock answers; the second is never reached."""
    proposal = await registry.proposal()
    stranger = await registry.caller(Role.VILLAGE_OPERATOR, over=registry.neighbour)

    response = await stranger.takes("submit", proposal)

    assert refused(response) == (404, "proposal-not-found")
