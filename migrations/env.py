"""Run migrations, one at a time, without holding up the service."""

import asyncio
import os
from typing import Literal

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import app.db.tables.all  # noqa: F401  (fills SQLModel.metadata)
from app.db.urls import for_asyncpg


def plain_sql_types(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write SQLModel's string type as SQLAlchemy's, so a migration needs no SQLModel."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String({item.length or ''})"
    return False


def run(connection: Connection) -> None:
    # All hold for the session, so they outlast each migration's own transaction. The range is
    # the nation's: row-level security is forced on the owner too, and would hide every row.
    connection.execute(text("SELECT pg_advisory_lock(hashtext('siks migrations'))"))
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.execute(text("SET siks.region_from = '0'"))
    connection.execute(text("SET siks.region_to = '9999999999'"))
    connection.commit()

    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        compare_server_default=True,
        render_item=plain_sql_types,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()

    if connection.dialect.has_table(connection, "alembic_version"):
        # The service, too, must know whether its database stands where it should.
        connection.execute(text("GRANT SELECT ON alembic_version TO siks_app"))
        connection.commit()


async def main() -> None:
    url = context.config.attributes.get("url") or os.environ["SIKS_OWNER_DATABASE_URL"]
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(for_asyncpg(url)),
        poolclass=pool.NullPool,
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
