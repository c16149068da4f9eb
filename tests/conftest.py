"""A real PostgreSQL for the whole run, migrated and given the regions once.

Without settings the run starts an embedded server of its own. Two variables choose another:
SIKS_TEST_POSTGRES_BIN, the directory of other PostgreSQL binaries to start it from, and
SIKS_TEST_SERVER_URL, a superuser's URL of a server that runs already. Every worker works, and
commits, in its own copy of one template database; at the end all of it is gone.
"""

import asyncio
import gc
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import hypothesis
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.engine import URL, make_url

from app import embedded
from app.db import migrations, regions_file, roles
from app.db.sessions import Database
from app.db.urls import for_asyncpg
from app.demo import seed
from app.domain.regions import INDONESIA, Region
from app.main import create_app
from app.settings import Settings
from tests.api import issuer
from tests.contract import Promise
from tests.db import country
from tests.registry import ELSEWHERE, Places, Registry


class Run:
    """One server for all workers, and the names of this run's databases on it."""

    def __init__(self, server_url: str, name: str) -> None:
        self.server = make_url(server_url).set(drivername="postgresql+asyncpg")
        self.name = name
        self.template = f"{name}_template"
        self.demo = f"{name}_demo"
        self.country = f"{name}_country"

    def url(self, database: str, role: str | None = None) -> str:
        """As the superuser, or as that role, with the superuser's password if there is one."""
        url: URL = self.server.set(database=database)
        if role:
            url = url.set(username=role)
        return url.render_as_string(hide_password=False)

    @asynccontextmanager
    async def superuser(self, database: str | None = None) -> AsyncIterator[asyncpg.Connection]:
        url = self.url(database or self.server.database or "postgres")
        connection = await asyncpg.connect(for_asyncpg(url))
        try:
            yield connection
        finally:
            await connection.close()

    async def ensure_template(self) -> None:
        await self._once(self.template, self._make_template)

    async def ensure_demo(self) -> None:
        """The demo takes the time of many tests to load: a template of its own."""
        await self._once(self.demo, self._load_demo)

    async def ensure_country(self) -> None:
        """A country of proposals, for plans: all workers read the same one."""
        await self.ensure_template()
        await self._once(self.country, self._fill_country)

    async def _once(self, database: str, make: Callable[[], Awaitable[None]]) -> None:
        """The first worker that comes makes it, the others wait for it."""
        async with self.superuser() as server:
            await server.execute("SELECT pg_advisory_lock(hashtext($1))", database)
            if await server.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
                return
            try:
                await make()
            except BaseException:
                await self.drop(database)  # half a template would mislead the next worker
                raise

    async def _make_template(self) -> None:
        async with self.superuser() as server:
            await roles.ensure_roles(server)
            await self._share_password(server)
            await roles.ensure_database(server, self.template)
        await self._fill_template()

    async def _load_demo(self) -> None:
        await self.clone(self.demo)
        await seed.load(self.url(self.demo, roles.OWNER))

    async def _fill_country(self) -> None:
        await self.clone(self.country)
        await country.fill(self.url(self.country, roles.APP), self.url(self.country))

    async def _share_password(self, server: asyncpg.Connection) -> None:
        if self.server.password:
            for role in (roles.OWNER, roles.APP):
                await server.execute(f"ALTER ROLE {role} PASSWORD '{self.server.password}'")

    async def _fill_template(self) -> None:
        async with self.superuser(self.template) as inside:
            await roles.ensure_privileges(inside, self.template)
        owner_url = self.url(self.template, roles.OWNER)
        await asyncio.to_thread(migrations.upgrade, owner_url)
        await regions_file.load(owner_url)

    async def clone(self, database: str, *, of: str | None = None) -> None:
        async with self.superuser() as server:
            await server.execute(
                f"CREATE DATABASE {database} TEMPLATE {of or self.template} STRATEGY file_copy"
            )
        async with self.superuser(database) as inside:
            await roles.ensure_privileges(inside, database)

    async def drop(self, database: str) -> None:
        async with self.superuser() as server:
            await server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


@contextmanager
def own_server() -> Iterator[str]:
    binaries = os.environ.get("SIKS_TEST_POSTGRES_BIN")
    with (
        tempfile.TemporaryDirectory(prefix="siks-test-", ignore_cleanup_errors=True) as directory,
        embedded.running(
            Path(directory), durable=False, binaries=Path(binaries) if binaries else None
        ) as server,
    ):
        yield server.superuser_url


def begin_run(config: pytest.Config) -> Run:
    """Once per run, in the process that outlives the workers."""
    if RUN not in config.stash:
        stack = ExitStack()
        config.add_cleanup(stack.close)
        given = os.environ.get("SIKS_TEST_SERVER_URL")
        run = Run(given or stack.enter_context(own_server()), f"siks_test_{uuid4().hex[:8]}")
        stack.callback(lambda: asyncio.run(run.drop(run.template)))
        stack.callback(lambda: asyncio.run(run.drop(run.demo)))
        stack.callback(lambda: asyncio.run(run.drop(run.country)))
        config.stash[RUN] = run
    return config.stash[RUN]


RUN = pytest.StashKey[Run]()
NEW_OBJECTS = 50_000  # after which Python looks for cycles; by itself it does at every 700


hypothesis.settings.register_profile("siks", deadline=None)  # a busy machine is not at fault


def pytest_configure(config: pytest.Config) -> None:
    """Whatever service the shell is set for, the tests are not about that one."""
    hypothesis.settings.load_profile("siks")
    for name in list(os.environ):
        if name.startswith("SIKS_") and not name.startswith("SIKS_TEST_"):
            del os.environ[name]
    documents = tempfile.TemporaryDirectory(prefix="siks-test-documents-")
    config.add_cleanup(documents.cleanup)
    SETTINGS["storage_url"] = f"file://{documents.name}"


def pytest_collection_finish() -> None:
    """What has been loaded by now stays: Python need not look again and again whether it may go."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:  # noqa: ANN001  (a worker of pytest-xdist)
    run = begin_run(node.config)
    node.workerinput["siks_run"] = (run.url(run.server.database or "postgres"), run.name)


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    given = getattr(pytestconfig, "workerinput", {}).get("siks_run")
    return Run(*given) if given else begin_run(pytestconfig)


@pytest.fixture(scope="session")
async def database_name(run: Run, worker_id: str) -> AsyncIterator[str]:
    """This worker's own database, for as long as it works."""
    await run.ensure_template()
    name = f"{run.name}_{worker_id}"
    await run.clone(name)
    yield name
    await run.drop(name)


@pytest.fixture(scope="session")
def app_url(run: Run, database_name: str) -> str:
    return run.url(database_name, roles.APP)


@pytest.fixture(scope="session")
def owner_url(run: Run, database_name: str) -> str:
    return run.url(database_name, roles.OWNER)


@pytest.fixture(scope="session")
def superuser_url(run: Run, database_name: str) -> str:
    return run.url(database_name)


@pytest.fixture(scope="session")
async def database(app_url: str) -> AsyncIterator[Database]:
    """The registry as the service reaches it: as `siks_app`, with real commits."""
    database = Database(app_url)
    await database.open()
    yield database
    await database.close()


SETTINGS: dict[str, object] = {
    "cors_origins": ["https://depan.example"],
    "log_level": "error",
    "counts_every": 0,
    "decrees_every": 3_600,
    "external_issuer": issuer.NAME,
    "external_audience": issuer.AUDIENCE,
    "external_jwks_url": "http://127.0.0.1:9/jwks.json",  # where nobody answers
    "webhook_networks": ["127.0.0.1/32"],
}


@asynccontextmanager
async def serving(app_url: str) -> AsyncIterator[FastAPI]:
    """The service as it runs, from its outermost layer inwards."""
    key = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    app = create_app(Settings(database_url=app_url, signing_key=key.decode(), **SETTINGS))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def app(app_url: str) -> AsyncIterator[FastAPI]:
    async with serving(app_url) as app:
        yield app


@pytest.fixture(scope="session")
async def places(database: Database) -> Places:
    """A place of its own for every test: nothing collides, and nothing is cleaned."""
    async with database.reading(INDONESIA) as reading:
        rows = await reading.rows(
            "SELECT code FROM region WHERE tier = 'village' AND valid_to IS NULL ORDER BY code"
        )
    return Places.among(row["code"] for row in rows)


@pytest.fixture(scope="session")
def promise(app: FastAPI) -> Promise:
    return Promise(app)


@pytest.fixture
async def registry(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Registry]:
    """The service, and a district of the test's own."""
    async with registry_of(app, promise, *next(places.districts)) as registry:
        yield registry


@pytest.fixture
async def regency(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Registry]:
    """The service, and a whole regency of the test's own: its lists, its policy."""
    async with registry_of(app, promise, *next(places.regencies)) as registry:
        yield registry


@asynccontextmanager
async def registry_of(
    app: FastAPI, promise: Promise, village: Region, neighbour: Region
) -> AsyncIterator[Registry]:
    elsewhere = next(each for each in ELSEWHERE if each.code[:2] != village.code[:2])
    transport = ASGITransport(app, client=("127.0.0.1", 4000))
    hooks = {"response": [promise]}
    async with AsyncClient(
        transport=transport, base_url="http://siks.test", event_hooks=hooks
    ) as http:
        yield Registry(http, app.state.database, app.state.door, village, neighbour, elsewhere)
