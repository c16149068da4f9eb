"""The two roles and the database, as SQL: run here for the embedded server, printed for a DBA.

`siks_owner` owns the tables and migrates. `siks_app` serves: it owns nothing, and row-level
security holds it. Running any of this twice changes nothing.
"""

import asyncpg

DATABASE = "siks"
OWNER = "siks_owner"
APP = "siks_app"

_ROLES = """\
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'siks_owner') THEN
        CREATE ROLE siks_owner;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'siks_app') THEN
        CREATE ROLE siks_app;
    END IF;
END
$$;
ALTER ROLE siks_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE siks_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
"""

_PRIVILEGES = """\
ALTER DATABASE {database} OWNER TO siks_owner;
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO siks_app;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO siks_app;
"""


_SCRIPT = """\
-- The roles and the database of SIKS. Run with psql, as a superuser:
--     siks migrate --print-roles | psql -X -v ON_ERROR_STOP=1 postgres
-- then give both roles a password (\\password siks_owner, \\password siks_app).

{roles}
SELECT $${creation}$$
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec

\\connect {database}
{privileges}"""


def _creation(database: str) -> str:
    return f"CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"


def as_script() -> str:
    """What a DBA feeds to psql as a superuser, before the first `siks migrate`."""
    return _SCRIPT.format(
        roles=_ROLES,
        database=DATABASE,
        creation=_creation(DATABASE),
        privileges=_PRIVILEGES.format(database=DATABASE),
    )


async def ensure_roles(server: asyncpg.Connection) -> None:
    await server.execute(_ROLES)


async def ensure_database(server: asyncpg.Connection, name: str = DATABASE) -> None:
    if not await server.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        await server.execute(_creation(name))


async def ensure_privileges(inside: asyncpg.Connection, database: str = DATABASE) -> None:
    """For a superuser's connection to that very database: the schema's grants lie in it."""
    await inside.execute(_PRIVILEGES.format(database=database))
