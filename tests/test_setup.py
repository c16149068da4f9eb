"""From a fresh clone to a running service: settings, the embedded server, the command line."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from sqlmodel import func, select

from app import cli, embedded, tokens
from app.db import migrations, roles
from app.db.sessions import Database
from app.db.urls import for_asyncpg
from app.domain.regions import INDONESIA
from app.homes import Home, binaries_of
from app.routers import docs
from app.settings import CannotRun, Settings, read_settings
from tests.conftest import Run

ROOT = Path(__file__).resolve().parents[1]


OTHER_ISSUER = {"ISSUER": "https://masuk.example", "AUDIENCE": "siks"}
Refused = Callable[..., str]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
def siks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], free_port: int
) -> Refused:
    """Type a command, with these variables set; what stands on stderr, which must be one line."""

    def refused(*words: str, **variables: str | int) -> str:
        monkeypatch.setattr(sys, "argv", ["siks", *words])
        for name, value in {"SIKS_PORT": free_port, **variables}.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(signal, "signal", lambda *_: None)  # ours would outlive the test
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr().err
        assert left.value.code == 2
        assert said.startswith("siks: ")
        assert said.count("\n") == 1
        return said

    return refused


class TestAWrongSettingIsOneLineThatNamesIt:
    @pytest.mark.parametrize(
        ("name", "value", "why"),
        [
            ("SIKS_PORT", "abc", "valid integer"),
            ("SIKS_PORT", "70000", "65535"),
            ("SIKS_LOG_LEVEL", "loud", "'debug', 'info'"),
            ("SIKS_DATABASE_URL", "mysql://siks@db/siks", "postgresql://"),
            ("SIKS_OWNER_DATABASE_URL", "postgresql://siks@db:port/siks", "postgresql://"),
            ("SIKS_SIGNING_KEY", "/nowhere/key.pem", "No such file"),
            ("SIKS_SIGNING_KEY", "-----BEGIN PRIVATE KEY-----", "Ed25519"),
            ("SIKS_DATABSE_URL", "postgresql://db/siks", "did you mean SIKS_DATABASE_URL?"),
            ("SIKS_HOST", "192.0.2.1", "no address of this machine"),
            ("SIKS_STORAGE_URL", "ftp://siks/documents", "s3://bucket/prefix"),
            ("SIKS_STORAGE_URL", "s3://key:secret@bucket/", "s3://bucket/prefix"),
            ("SIKS_STORAGE_ENDPOINT", "minio.example", "https://minio.example:9000"),
        ],
    )
    def test_when_it_cannot_be_meant(self, siks: Refused, name: str, value: str, why: str):
        said = siks("serve", **{name: value})
        assert name in said
        assert why in said

    @pytest.mark.parametrize(
        ("of_the_other_issuer", "why"),
        [
            ({"ISSUER": "https://masuk.example"}, "all three or none"),
            ({"ISSUER": "https://masuk.example", "AUDIENCE": "siks"}, "all three or none"),
            ({"JWKS_URL": "https://masuk.example/jwks.json"}, "all three or none"),
            ({**OTHER_ISSUER, "JWKS_URL": "http://masuk.example/jwks.json"}, "not https"),
            ({**OTHER_ISSUER, "JWKS_URL": "http://127.0.0.1.masuk.example/"}, "not https"),
            ({**OTHER_ISSUER, "JWKS_URL": "file:///etc/passwd"}, "not an address"),
            ({**OTHER_ISSUER, "JWKS_URL": "https://a:b@masuk.example/"}, "not an address"),
            ({**OTHER_ISSUER, "JWKS_URL": "https://[::1/"}, "not an address"),
            ({**OTHER_ISSUER, "JWKS_URL": "https://masuk.example:port/"}, "not an address"),
        ],
    )
    def test_when_half_an_issuer_is_named_or_one_that_anybody_could_be(
        self, siks: Refused, of_the_other_issuer: dict[str, str], why: str
    ):
        said = siks("serve", **{f"SIKS_EXTERNAL_{k}": v for k, v in of_the_other_issuer.items()})
        assert "SIKS_EXTERNAL_JWKS_URL" in said
        assert why in said

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9/a", "http://[::1]:9/a", "https://a/b"])
    def test_but_nothing_is_asked_of_the_issuer_itself(
        self, monkeypatch: pytest.MonkeyPatch, url: str
    ):
        for name, value in {**OTHER_ISSUER, "JWKS_URL": url}.items():
            monkeypatch.setenv(f"SIKS_EXTERNAL_{name}", value)
        assert read_settings().external_jwks_url == url

    def test_without_telling_the_password_in_it(self, siks: Refused):
        said = siks("serve", SIKS_DATABASE_URL="mysql://siks:hunter2@db/siks")
        assert "hunter2" not in said

    def test_when_the_port_is_taken(self, siks: Refused, free_port: int):
        with socket.create_server(("127.0.0.1", free_port)):
            assert f"SIKS_PORT={free_port + 1}" in siks("serve")

    def test_when_the_database_does_not_answer(self, siks: Refused):
        url = "postgres://siks_app@127.0.0.1:1/siks"
        said = siks("serve", SIKS_DATABASE_URL=url)
        assert "SIKS_DATABASE_URL: the database does not answer" in said

    def test_when_the_database_is_not_migrated(self, siks: Refused, run: Run, app_url: str):
        bare = run.url(run.server.database or "postgres", roles.APP)
        assert bare != app_url
        assert "run siks migrate" in siks("serve", SIKS_DATABASE_URL=bare)

    def test_when_row_level_security_would_not_hold_the_role(
        self, siks: Refused, superuser_url: str
    ):
        said = siks("serve", SIKS_DATABASE_URL=superuser_url)
        assert "may bypass row-level security: connect as siks_app" in said

    def test_when_the_role_owns_the_tables(self, siks: Refused, owner_url: str):
        assert "owns the tables" in siks("serve", SIKS_DATABASE_URL=owner_url)

    def test_when_there_is_no_key_to_sign_with(self, siks: Refused, app_url: str):
        assert "SIKS_SIGNING_KEY is not set" in siks("serve", SIKS_DATABASE_URL=app_url)

    @pytest.mark.parametrize("command", ["migrate", "regions load", "audit verify", "demo load"])
    def test_when_a_command_needs_the_owner(self, siks: Refused, app_url: str, command: str):
        said = siks(*command.split(), SIKS_DATABASE_URL=app_url)
        assert "SIKS_OWNER_DATABASE_URL is not set" in said

    def test_when_the_owner_is_refused(self, siks: Refused, run: Run):
        said = siks("migrate", SIKS_OWNER_DATABASE_URL=run.url("no_such_database", roles.OWNER))
        assert 'SIKS_OWNER_DATABASE_URL: the database refuses: database "no_such_database"' in said

    def test_when_the_service_to_sign_in_at_is_not_there(self, siks: Refused):
        said = siks("token", "anybody", "--password", "a long enough password")
        assert "is the service running?" in said


class TestSettings:
    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
    def test_take_any_spelling_of_a_postgresql_address(self, scheme: str):
        settings = Settings(database_url=f"{scheme}://siks_app@db/siks")
        assert settings.database_url == "postgresql+asyncpg://siks_app@db/siks"

    async def test_may_say_how_to_encrypt_the_way_to_the_database(self, app_url: str):
        database = Database(f"{app_url}{'&' if '?' in app_url else '?'}sslmode=prefer")
        await database.open()
        async with database.reading(INDONESIA) as reading:
            assert await reading.value("SELECT current_user") == "siks_app"
        async with database.transaction(INDONESIA) as session:
            assert (await session.exec(select(func.current_user()))).one() == "siks_app"
        await database.close()

    def test_keep_secrets_out_of_what_is_printed(self):
        settings = Settings(database_url="postgresql://siks_app:hunter2@db/siks")
        assert "hunter2" not in repr(settings)

    def test_lists_are_written_with_commas(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("SIKS_CORS_ORIGINS", "https://a.example, https://b.example")
        assert Settings().cors_origins == ["https://a.example", "https://b.example"]

    def test_a_network_that_is_none_is_refused_when_the_service_starts(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("SIKS_WEBHOOK_NETWORKS", "10.0.0.0/8, 10.0.0.1/8")
        with pytest.raises(CannotRun, match="SIKS_WEBHOOK_NETWORKS"):
            read_settings()


# --- the embedded server


HOLDER = """
import sys, time
from pathlib import Path
from app import embedded
with embedded.running(Path(sys.argv[1]), durable=False) as server:
    print(server.superuser_url, flush=True)
    time.sleep(60)
"""


@contextmanager
def another_process(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Runs the server of that home, until it is killed."""
    command = [sys.executable, "-c", HOLDER, home]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout
        assert process.stdout.readline().startswith("postgresql+asyncpg://postgres@")
        yield process
        process.kill()


def ask(url: str, statement: str) -> object:
    async def answer() -> object:
        connection = await asyncpg.connect(for_asyncpg(url))
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(answer())


def postmaster(home: Path) -> int:
    return int((home / "data/postmaster.pid").read_text().split()[0])


def is_gone(pid: int) -> bool:
    """A zombie, which nobody may have buried yet, is gone too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def home() -> Iterator[Path]:
    """Not pytest's own place, where `nobody`, as whom root runs the server, may not look."""
    with tempfile.TemporaryDirectory(prefix="siks-test-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


@pytest.mark.skipif(sys.platform != "linux", reason="it asks the kernel, as Linux alone allows")
class TestTheEmbeddedServer:
    def test_stops_when_its_starter_is_killed_and_keeps_what_was_stored(self, home: Path):
        with another_process(home) as process:
            server = embedded.Server(home / "sockets")
            ask(server.superuser_url, "CREATE TABLE kept AS SELECT 42 AS answer")
            pid = postmaster(home)
            process.kill()
            deadline = time.monotonic() + 10
            while not is_gone(pid) and time.monotonic() < deadline:
                time.sleep(0.02)
            assert is_gone(pid)

        with embedded.running(home, durable=False) as server:
            assert server.holder is None
            assert ask(server.superuser_url, "SELECT answer FROM kept") == 42

    def test_is_found_by_a_second_command_which_leaves_it_running(self, home: Path):
        with another_process(home) as process:
            with embedded.running(home) as server:
                assert server.holder == process.pid
                assert ask(server.app_url, "SELECT current_user") == "siks_app"
            assert not is_gone(postmaster(home))

    def test_of_another_home_is_another_one(self, home: Path):
        with (
            embedded.running(home / "one", durable=False) as one,
            embedded.running(home / "two", durable=False) as two,
        ):
            ask(one.superuser_url, "CREATE DATABASE mine")
            count = "SELECT count(*) FROM pg_database WHERE datname = 'mine'"
            assert [ask(server.superuser_url, count) for server in (one, two)] == [1, 0]

    def test_is_made_as_the_registry_needs_it(self, home: Path):
        with embedded.running(home, durable=False) as server:
            said = """
                SELECT concat_ws(' ', pg_encoding_to_char(encoding), datcollate,
                    current_setting('data_checksums'), current_setting('listen_addresses') = '',
                    pg_get_userbyid(datdba))
                FROM pg_database WHERE datname = 'siks'
            """
            assert ask(server.app_url, said) == "UTF8 C.UTF-8 on t siks_owner"
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                ask(server.app_url, "CREATE TABLE mine ()")

    def test_is_not_misled_by_the_pid_file_of_a_server_that_crashed(self, home: Path):
        with embedded.running(home, durable=False):
            pass
        stale, made = home / "data/postmaster.pid", (home / "data").stat()
        with subprocess.Popen(["/bin/sleep", "60"], user=made.st_uid) as somebody_else:
            stale.write_text(f"{somebody_else.pid}\n{home / 'data'}\n")
            os.chown(stale, made.st_uid, made.st_gid)
            with embedded.running(home, durable=False) as server:
                assert ask(server.app_url, "SELECT 1") == 1
            assert somebody_else.poll() is None
            somebody_else.kill()

    def test_has_its_socket_elsewhere_where_the_path_is_too_long_for_one(self, home: Path):
        deep = home / ("deep/" * 20)
        chosen = Home(deep)
        assert len(str(chosen.sockets)) < 80
        assert chosen.sockets != Home(deep / "other").sockets

    def test_makes_the_roles_by_the_script_a_dba_is_given(self, home: Path):
        with embedded.running(home, durable=False) as server:
            psql = binaries_of(Home(home)) / "psql"
            ask(server.superuser_url, "DROP DATABASE siks")
            ask(server.superuser_url, "DROP ROLE siks_app")
            for _ in range(2):
                ran = subprocess.run(  # noqa: S603
                    [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", for_asyncpg(server.superuser_url)],
                    input=roles.as_script(),
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert (ran.returncode, ran.stderr) == (0, "")
            migrations.upgrade(server.owner_url)
            assert ask(server.app_url, "SELECT version_num FROM alembic_version")


def test_the_key_of_the_embedded_default_is_for_its_owner_only(tmp_path: Path):
    tokens.load_or_make_key(tmp_path / "signing-key.pem")
    assert (tmp_path / "signing-key.pem").stat().st_mode & 0o777 == 0o600


# --- what a clone brings


@pytest.mark.parametrize("lock", ["run", "local", "dev", "build", "bench", "uv"])
def test_locks_pin_by_hash_and_name_no_package_index(lock: str):
    content = (ROOT / f"requirements/{lock}.txt").read_text()
    pins = re.split(r"\n(?=\S)", re.sub(r"^ *#.*\n", "", content, flags=re.MULTILINE))
    assert pins
    for pin in pins:
        assert "==" in pin
        assert "--hash=sha256:" in pin
    assert "://" not in content


async def test_the_documentation_loads_without_the_internet():
    app = FastAPI(title="SIKS", docs_url=None)
    docs.install(app)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://siks.test") as http:
        page = (await http.get("/docs")).text
        addresses = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page)
        assert len(addresses) == 3
        for address in addresses:
            assert "//" not in address
            assert (await http.get(f"/{address}")).status_code == 200
