"""The wheel, the image and the composition keep their promises, as far as no engine is needed."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from httpx2 import get
from typer.testing import CliRunner

from app import cli, embedded, serving
from app.db import migrations, roles
from app.db.urls import for_asyncpg
from app.domain.errors import Language, Overloaded, Refusal
from app.homes import Home, binaries_of
from app.main import DEADLINE_SECONDS, MAX_BODY_BYTES, MAX_FILE_BYTES
from app.routers import changes
from app.routers.problems import TooLarge, problem_of
from app.settings import PREFIX, Settings
from tests.conftest import Run
from tests.served import SIKS, a_free_port, a_service, environment

ROOT = Path(__file__).resolve().parents[1]
COMPOSITION = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSITION["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("siks-ng:")]
NGINX = (ROOT / "deploy/nginx.conf").read_text()
SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
SECONDS = 30  # in which a service that has its port can work, on the busiest machine
PINNED = re.compile(r"[a-z-]+:\d[\w.]*(-\w+)*")


def is_command(words: list[str]) -> bool:
    """Whether `siks` has it: every word that is no option leads one command further."""
    command = typer.main.get_command(cli.siks)
    for word in words:
        if word.startswith("-"):
            break
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            return False
    return not getattr(command, "commands", {})


def test_a_command_is_known_from_none():
    assert is_command(["audit", "verify"])
    assert not is_command(["audit"])
    assert not is_command(["audit", "very"])


def test_a_service_that_is_not_there_is_not_well():
    asked = CliRunner().invoke(cli.siks, ["health", "--url", "http://127.0.0.1:1"])
    assert (asked.exit_code, asked.output) == (1, "not ready\n")


# --- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpacked where the clone is not."""
    directory = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    [built] = directory.glob("*.whl")
    zipfile.ZipFile(built).extractall(directory / "unpacked")
    return directory / "unpacked"


@pytest.fixture
async def empty(run: Run, worker_id: str) -> AsyncIterator[str]:
    """A database as a DBA leaves it: the roles are there, no table is."""
    await run.ensure_template()
    name = f"{run.name}_{worker_id}_empty"
    async with run.superuser() as server:
        await roles.ensure_database(server, name)
    async with run.superuser(name) as inside:
        await roles.ensure_privileges(inside, name)
    yield name
    await run.drop(name)


class TestTheWheel:
    @pytest.mark.parametrize("room", ["app", "migrations"])
    def test_carries_every_file_of(self, wheel: Path, room: str):
        def files(root: Path) -> set[str]:
            found = (path for path in (root / room).rglob("*") if path.is_file())
            return {str(path.relative_to(root)) for path in found if "__pycache__" not in str(path)}

        assert files(ROOT) == files(wheel)

    def test_migrates_and_serves_without_the_clone(self, wheel: Path, run: Run, empty: str):
        port = a_free_port()
        owner = {"SIKS_OWNER_DATABASE_URL": run.url(empty, roles.OWNER)}

        assert migrations.head() in siks("migrate", port, wheel, **owner)
        with a_service(run.url(empty, roles.APP), port, wheel):
            assert well(port, wheel) == "ready\n"
            url = f"http://127.0.0.1:{port}/health/ready"
            ready = get(url, trust_env=False, timeout=SECONDS)
        assert ready.json()["migration"] == migrations.head()


def siks(command: str, port: int, code: Path, **variables: str) -> str:
    """What it says, where it succeeds."""
    ran = subprocess.run(  # noqa: S603
        [*SIKS, command],
        env=environment(port, code, **variables),
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def well(port: int, code: Path) -> str:
    """What `siks health` says, as soon as the service is: on a busy machine that takes a while."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return siks("health", port, code)
        except subprocess.CalledProcessError:
            if time.monotonic() > deadline:
                raise


# --- the image


def stages() -> Iterator[list[tuple[str, str]]]:
    """The instructions of the Dockerfile, stage by stage."""
    lines = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    stage: list[tuple[str, str]] = []
    for line in re.sub(r"\\\n\s*", "", lines).splitlines():
        name, _, words = line.partition(" ")
        if name == "FROM" and stage:
            yield stage
            stage = []
        if name:
            stage.append((name, words.strip()))
    yield stage


BUILDER, IMAGE = stages()
LAST = dict(IMAGE)  # each instruction as its last use leaves it


class TestTheImage:
    @pytest.mark.parametrize("stage", [BUILDER, IMAGE])
    def test_comes_from_a_slim_python_with_a_tag(self, stage: list[tuple[str, str]]):
        [base] = [words.split()[0] for name, words in stage if name == "FROM"]
        assert PINNED.fullmatch(base)
        assert base.startswith("python:3.")
        assert "-slim" in base

    def test_runs_as_nobody_in_particular(self):
        assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", LAST["USER"])
        assert [name for name, _ in IMAGE].index("USER") < len(IMAGE) - 1

    def test_installs_nothing_that_is_not_pinned_by_hash(self):
        installs = [
            command
            for name, words in [*BUILDER, *IMAGE]
            if name == "RUN"
            for command in words.split("&&")
            if " install " in command
        ]
        assert len(installs) == 3
        for command in installs:
            assert "--require-hashes" in command or "--no-deps wheels/*.whl" in command

    def test_brings_no_tools_along(self):
        assert "RUN" in LAST
        ran = " ".join(words for name, words in IMAGE if name == "RUN")
        assert not re.search(r"apt|apk|pip|curl|wget", ran)

    def test_serves_to_the_world_outside_and_can_be_asked_for_its_health(self):
        assert json.loads(LAST["ENTRYPOINT"]) == ["siks"]
        assert is_command(json.loads(LAST["CMD"]))
        program, *words = json.loads(LAST["HEALTHCHECK"].partition("CMD")[2])
        assert program == "siks"
        assert is_command(words)
        assert "SIKS_HOST=0.0.0.0" in LAST["ENV"]

    def test_is_made_of_what_the_context_lets_through(self):
        let_through = {
            line.removeprefix("!")
            for line in (ROOT / ".dockerignore").read_text().splitlines()
            if line.startswith("!")
        }
        copied = {
            source.partition("/")[0]
            for name, words in BUILDER
            if name == "COPY"
            for source in words.split()[:-1]
        }
        assert copied == let_through
        assert all((ROOT / name).exists() for name in copied)

    def test_says_which_version_it_is(self):
        version = re.search(
            r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE
        )
        assert version
        assert f'image.version="{version[1]}"' in LAST["LABEL"]
        assert {SERVICES[name]["image"] for name in OURS} == {f"siks-ng:{version[1]}"}


# --- the composition


def test_every_variable_of_ours_is_a_setting():
    files = [ROOT / "Dockerfile", ROOT / "compose.yaml", *(ROOT / "deploy").rglob("*.*")]
    named = {name for file in files for name in re.findall(r"\bSIKS_[A-Z_]+", file.read_text())}
    assert len(named) > 4
    assert named <= SETTINGS


class TestTheComposition:
    def test_is_a_database_one_run_of_the_migrations_two_services_a_worker_and_a_proxy(self):
        assert set(SERVICES) == {"database", "migrate", "api-a", "api-b", "worker", "proxy"}
        assert sorted(OURS) == ["api-a", "api-b", "migrate", "worker"]

    @pytest.mark.parametrize("name", SERVICES)
    def test_pins_the_image_of(self, name: str):
        assert PINNED.fullmatch(SERVICES[name]["image"])

    def test_knows_of_everything_that_stays_whether_it_is_well(self):
        checks = {name: SERVICES[name].get("healthcheck") for name in SERVICES}
        assert checks.pop("migrate") == {"disable": True}  # it ends
        assert checks.pop("worker") == {"disable": True}  # it answers nobody
        assert all(check["test"][0] == "CMD" for check in checks.values())

    def test_publishes_one_port_and_only_to_this_machine_unless_told_otherwise(self):
        published = {name: service.get("ports") for name, service in SERVICES.items()}
        assert published.pop("proxy") == ["${PUBLISH:-127.0.0.1:8000}:8080"]
        assert set(published.values()) == {None}
        assert "listen 8080;" in NGINX

    def test_keeps_the_database_where_only_ours_can_reach_it(self):
        assert COMPOSITION["networks"]["inside"] == {"internal": True}
        near = {name for name, service in SERVICES.items() if "inside" in service["networks"]}
        assert near == {"database", *OURS}
        assert SERVICES["database"]["networks"] == ["inside"]

    def test_has_no_password_of_its_own(self):
        text = (ROOT / "compose.yaml").read_text()
        passwords = re.findall(r"\${(\w+PASSWORD)(.*?)}", text)
        assert len(passwords) == 5
        assert all(rest.startswith(":?") for _, rest in passwords)

    def test_gives_the_service_no_road_but_its_own(self):
        for name in ("api-a", "api-b"):
            assert "siks_owner" not in str(SERVICES[name])
            assert SERVICES[name]["environment"]["SIKS_SIGNING_KEY"] == "/run/secrets/signing_key"
            assert SERVICES[name]["secrets"] == ["signing_key"]
        assert "siks_owner" not in str(SERVICES["worker"])
        assert SERVICES["worker"]["secrets"] == ["signing_key"]  # manifests, and what it opens
        assert SERVICES["worker"]["networks"] == ["inside", "outward"]  # webhooks go out from it
        assert "siks_app" not in str(SERVICES["migrate"])

    def test_keeps_the_documents_on_a_volume_that_both_services_have(self):
        [folder] = re.findall(r"SIKS_STORAGE_URL=file://(\S+)", LAST["ENV"])
        for name in ("api-a", "api-b", "worker"):
            assert f"documents:{folder}" in SERVICES[name]["volumes"]
        assert "documents" in COMPOSITION["volumes"]

    @pytest.mark.parametrize("name", [*OURS, "proxy"])
    def test_confines(self, name: str):
        service = SERVICES[name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]

    @pytest.mark.parametrize("name", OURS)
    def test_asks_siks_for_nothing_it_cannot(self, name: str):
        check = SERVICES[name]["healthcheck"].get("test", ["CMD", "siks", "health"])
        assert check[:2] == ["CMD", "siks"]
        assert is_command(check[2:])
        assert is_command(SERVICES[name].get("command", ["serve"]))

    def test_starts_one_after_the_other(self):
        def waits(name: str) -> dict[str, str]:
            awaited = SERVICES[name]["depends_on"]
            return {other: how["condition"] for other, how in awaited.items()}

        assert waits("migrate") == {"database": "service_healthy"}
        assert waits("api-a") == {"migrate": "service_completed_successfully"} == waits("api-b")
        assert waits("worker") == waits("api-a")
        assert waits("proxy") == {"api-a": "service_healthy", "api-b": "service_healthy"}

    def test_lets_what_has_begun_end(self):
        for name in ("api-a", "api-b", "worker"):
            grace = int(SERVICES[name]["stop_grace_period"].removesuffix("s"))
            assert grace > serving._GRACE_SECONDS  # noqa: SLF001

    def test_believes_its_own_proxy_and_no_other(self):
        def address(name: str) -> str:
            return str(SERVICES[name]["networks"]["front"]["ipv4_address"])

        believed = SERVICES["api-a"]["environment"]["SIKS_TRUSTED_PROXIES"]
        assert believed == f"${{TRUSTED_PROXIES:-{address('proxy')}}}"
        hosts = [f"{name}:{address(name)}" for name in ("api-a", "api-b")]
        assert SERVICES["proxy"]["extra_hosts"] == hosts

    def test_is_run_by_commands_that_exist(self):
        said = (ROOT / "docs/operations.md").read_text()
        inside = r"docker compose (?:run --rm migrate|exec api-a siks)((?: [a-z-]+)*)"
        commands = re.findall(inside, said)
        assert len(commands) > 3
        for words in commands:
            assert is_command(words.split() or SERVICES["migrate"]["command"]), words
        steps = re.findall(r"docker compose (?:up|exec|restart|logs|stop)\b.*", said)
        named = set(re.findall(r" (database|migrate|proxy|worker|api-\w)\b", " ".join(steps)))
        assert named
        assert named <= set(SERVICES)


# --- the proxy


class TestTheProxy:
    @pytest.mark.parametrize(
        "refusal",
        [Overloaded(), TooLarge(limit=MAX_BODY_BYTES), TooLarge(limit=MAX_FILE_BYTES)],
    )
    @pytest.mark.parametrize("language", Language)
    def test_refuses_as_the_service_would(self, refusal: Refusal, language: Language):
        documents = [json.loads(text) for text in re.findall(r"'({.*})';", NGINX)]
        assert problem_of(refusal, language).model_dump(mode="json") in documents

    def test_waits_longer_than_the_service_works_and_takes_more_than_it_takes(self):
        waits = re.findall(r"proxy_read_timeout (\d+)", NGINX)
        assert waits
        assert all(int(seconds) > DEADLINE_SECONDS for seconds in waits)
        _, of_changes = NGINX.split(f"location = {changes.PATH} {{")
        asked = re.findall(r"proxy_read_timeout (\d+)", of_changes)
        assert int(asked[0]) > DEADLINE_SECONDS + changes.MOST_SECONDS
        takes = [int(size) * 2**20 for size in re.findall(r"client_max_body_size (\d+)", NGINX)]
        assert len(takes) == 2
        assert MAX_BODY_BYTES < takes[0] < MAX_FILE_BYTES < takes[1]

    def test_knows_both_services(self):
        assert set(re.findall(r"server ([\w-]+):8000", NGINX)) == {"api-a", "api-b"}


# --- the database's first start


class TestTheDatabase:
    roles_sql = ROOT / "deploy/database/10-roles.sql"
    passwords_sql = ROOT / "deploy/database/20-passwords.sql"

    def test_is_given_the_roles_that_we_print(self):
        assert self.roles_sql.read_text() == roles.as_script()

    def test_makes_them_and_gives_them_their_passwords(self):
        with (
            tempfile.TemporaryDirectory(prefix="siks-test-") as home,
            embedded.running(Path(home), durable=False) as server,
        ):
            psql = [binaries_of(Home(Path(home))) / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
            psql += ["-d", for_asyncpg(server.superuser_url), "-f"]
            given = {"PATH": os.defpath, "OWNER_PASSWORD": "o'wner", "APP_PASSWORD": "a"}
            for script, environment, is_good in [
                (self.roles_sql, {}, True),
                (self.passwords_sql, {}, False),
                (self.passwords_sql, given, True),
            ]:
                ran = subprocess.run(  # noqa: S603
                    [*psql, script], env=environment, capture_output=True, check=False
                )
                assert (ran.returncode == 0) == is_good
            kept = (
                "SELECT count(*) FROM pg_authid WHERE rolname ~ '^siks_' AND rolpassword ~ '^SCR'"
            )
            counted = subprocess.run(  # noqa: S603
                [*psql[:-1], "-At", "-c", kept], capture_output=True, text=True, check=True
            )
            assert counted.stdout == "2\n"
