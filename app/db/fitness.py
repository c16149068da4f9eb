"""Whether a database can be served from: reachable, migrated, and safe for the role given."""

import asyncpg

from app.db import migrations
from app.db.urls import for_asyncpg

OLDEST_POSTGRES = 15
_CONNECT_SECONDS = 5

_ROLE = """
SELECT current_user, current_setting('server_version_num')::int / 10000 AS major,
    rolsuper OR rolbypassrls AS sees_all,
    EXISTS (SELECT FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND pg_has_role(relowner, 'USAGE')) AS owns
FROM pg_roles WHERE rolname = current_user
"""


class Unfit(Exception):
    """The message is one line, and says what to do."""


async def connect(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(for_asyncpg(url), timeout=_CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        raise Unfit(f"the database does not answer ({error or 'no answer in time'})") from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise Unfit(f"the database refuses: {error}") from None


async def check_service_role(url: str) -> None:
    """Refuse a role that row-level security or the grants of the audit would not hold."""
    connection = await connect(url)
    try:
        [role] = await connection.fetch(_ROLE)
        stands_at = await _revision(connection)
    finally:
        await connection.close()
    _refuse_unsafe(role)
    _refuse_old(stands_at)


async def is_at_head(url: str) -> bool:
    connection = await connect(url)
    try:
        return await _revision(connection) == migrations.head()
    finally:
        await connection.close()


async def check_migrated(url: str) -> None:
    connection = await connect(url)
    try:
        stands_at = await _revision(connection)
    finally:
        await connection.close()
    _refuse_old(stands_at)


def _refuse_unsafe(role: asyncpg.Record) -> None:
    who = role["current_user"]
    if role["major"] < OLDEST_POSTGRES:
        raise Unfit(f"it is PostgreSQL {role['major']}; {OLDEST_POSTGRES} is the oldest that does")
    if role["sees_all"]:
        raise Unfit(
            f"role {who} is a superuser or may bypass row-level security: connect as siks_app "
            "(siks migrate --print-roles)"
        )
    if role["owns"]:
        raise Unfit(f"role {who} owns the tables: connect as siks_app, which owns nothing")


def _refuse_old(stands_at: str | None) -> None:
    """A database that is newer than we are is fine: migrations expand before they contract."""
    if stands_at is None:
        raise Unfit("the database is not migrated: run siks migrate")
    if stands_at in migrations.before_head():
        raise Unfit(f"the database stands at {stands_at}, not {migrations.head()}: siks migrate")


async def _revision(connection: asyncpg.Connection) -> str | None:
    try:
        return str(await connection.fetchval("SELECT version_num FROM public.alembic_version"))
    except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
        return None
