"""`siks extract` and `siks changes`: over HTTP from wherever the service is, every byte checked."""

import asyncio
import csv
import gzip
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from app import client, extracting
from app.client import Service, client_sign_in
from app.db.tables.accounts import ClientSecret
from app.domain.credentials import client_secret_hash, new_client_secret
from app.domain.extracts.formats import Form, Format
from app.domain.regions import INDONESIA, Tier
from app.exchange.sheets import CSV_ENCODING, DELIMITER
from app.extract_checks import rows_in
from app.manifests import verified
from app.settings import CannotRun
from tests.exchange.test_extract_files import FORMS, ROWS, lines, made
from tests.following import all_is_told
from tests.registry import Caller, Registry
from tests.served import SIKS, a_free_port, a_service, environment

ALL_GOOD, FAILED = 0, 1
PROPOSED = ("--state", "proposed")
WANTED = {"resource": "members", "filters": {"state": "proposed"}}


@pytest.fixture(scope="module")
def url(app_url: str) -> Iterator[str]:
    port = a_free_port()
    with a_service(app_url, port, SIKS_WORKER="true"):
        yield f"http://127.0.0.1:{port}"


@dataclass
class Desk:
    """A regency's own system, which has an agreement."""

    url: str
    client_id: str
    secret: str
    folder: Path

    async def types(self, *words: str) -> tuple[int, str]:
        """The exit code, and what was printed."""
        (self.folder / "rahasia.txt").write_text(f"{self.secret}\n")
        who = ["--url", self.url, "--client-id", self.client_id]
        done = await asyncio.to_thread(
            subprocess.run,
            [*SIKS, *words, *who, "--client-secret-file", "rahasia.txt"],
            env=environment(0),
            cwd=self.folder,
            capture_output=True,
            check=False,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    async def pulls(self, line: httpx.BaseTransport) -> Mapping[str, Any]:
        """The manifest, when it comes over that line."""

        def sign_in() -> str:
            return client_sign_in(self.url, self.client_id, self.secret)

        def pull() -> Mapping[str, Any]:
            with Service(self.url, sign_in, transport=line) as service:
                return extracting.pulled(service, WANTED, self.copy, lambda *_: None)

        return await asyncio.to_thread(pull)

    @property
    def copy(self) -> Path:
        return self.folder / "salinan"

    @property
    def files(self) -> set[str]:
        return {each.name for each in self.copy.iterdir()}


async def a_secret(registry: Registry, machine: Caller) -> str:
    secret = new_client_secret()
    async with registry.database.transaction(INDONESIA) as session:
        row = ClientSecret(
            account_id=machine.actor.id,
            scope_code=machine.actor.region.first,
            secret_hash=client_secret_hash(secret),
            expires_at=datetime.now(UTC) + timedelta(days=30),
        )
        session.add(row)
    return secret


@pytest.fixture
async def desk(url: str, registry: Registry, tmp_path: Path) -> Desk:
    machine = await registry.machine(registry.village.at(Tier.REGENCY))
    secret = await a_secret(registry, machine)
    return Desk(url, str(machine.actor.id), secret, tmp_path)


async def test_a_system_pulls_its_part_and_can_prove_it(desk: Desk, registry: Registry):
    [member] = (await registry.household())["members"]

    as_csv = ("--format", "csv", "--compression", "gzip", *PROPOSED)
    code, told = await desk.types(
        "extract", "--resource", "members", "--out", "salinan", *as_csv, "--json"
    )

    assert code == ALL_GOOD, told
    manifest = json.loads(told)  # and nothing else is printed where nobody looks on
    assert desk.files == {"manifest.json", "members-0001.csv.gz"}
    text = gzip.decompress((desk.copy / "members-0001.csv.gz").read_bytes()).decode(CSV_ENCODING)
    rows = csv.DictReader(text.splitlines(), delimiter=DELIMITER)
    assert [row["nik"] for row in rows if row["id"] == member["id"]] == [member["nik"]]

    keys = httpx.get(f"{desk.url}/.well-known/jwks.json").json()
    kept = json.loads((desk.copy / "manifest.json").read_text())
    assert kept == manifest
    assert verified(kept, keys)
    assert not verified({**kept, "rows": kept["rows"] + 1}, keys)


async def test_what_changes_afterwards_is_followed(desk: Desk, registry: Registry):
    _, told = await desk.types("extract", "--resource", "members", "--out", "salinan", "--json")
    after = json.loads(told)["changes_after"]
    proposal = await registry.proposal("awaiting_deliberation")
    await all_is_told(registry)

    code, told = await desk.types("changes", "--after", after, "--out", "perubahan.ndjson")

    assert code == ALL_GOOD, told
    lines = (desk.folder / "perubahan.ndjson").read_text("utf-8").splitlines()
    found = {(each["resource"], each["id"]): each["row"] for each in map(json.loads, lines)}
    assert found["proposals", proposal["id"]]["state"] == proposal["state"]
    code, told = await desk.types(
        "changes", "--after", told.splitlines()[0], "--out", "perubahan.ndjson", "--json"
    )
    assert (code, json.loads(told.splitlines()[0])["changes"]) == (ALL_GOOD, 0)


async def test_what_is_refused_fails(desk: Desk, registry: Registry):
    pull = ("extract", "--resource", "members", "--out", "salinan")
    for unfit in (
        ("--region", registry.elsewhere.code),
        ("--format", "xlsx", "--compression", "zstd"),
    ):
        code, told = await desk.types(*pull, *unfit)
        assert code == FAILED, told
        assert "Traceback" not in told
    assert (await desk.types(*pull))[0] == ALL_GOOD
    assert (await desk.types(*pull))[0] == FAILED  # it would lie among what is there


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.suffix)
async def test_rows_are_counted_in_whatever_they_are_written(tmp_path: Path, form: Form):
    rows = (
        lines(ROWS) if form.format is not Format.CSV else [b'"1";"dua\nbaris"\r\n', b'"2";""\r\n']
    )
    for count in (0, 1, 2):
        await made(tmp_path / "a", form, rows[:count])
        assert rows_in(tmp_path / "a", form) == count


# --- lines that are not good


class Gone(Exception):
    """Whoever was fetching has closed his machine."""


Pieces = Iterator[bytes]


class Line(httpx.HTTPTransport):
    """From the service; what happens to the content of a path, its fates decide in turn."""

    def __init__(self, path: str, *fates: Callable[[bytes], Pieces]) -> None:
        super().__init__()
        self.ranges: list[str] = []
        self._path, self._fates = path, list(fates)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if self._path not in request.url.path:
            return answer
        self.ranges.append(request.headers.get("range", ""))
        if not self._fates:
            return answer
        content = answer.read()
        answer.close()
        fate = self._fates.pop(0)
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=Content(fate(content))
        )


class Content(httpx.SyncByteStream):
    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    def __iter__(self) -> Pieces:
        return self._pieces


def breaks(content: bytes) -> Pieces:
    yield content[:100]
    raise httpx.ReadError("the line is gone")


def ends(content: bytes) -> Pieces:
    yield content[:100]
    raise Gone


def damages(content: bytes) -> Pieces:
    yield content[:-2] + b"?\n"


def adds_a_row(content: bytes) -> Pieces:
    manifest = json.loads(content)
    manifest["rows"] += 1
    yield json.dumps(manifest).encode().ljust(len(content))


async def test_a_line_that_breaks_is_taken_up_again(
    desk: Desk, registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(client, "WAITS", (0.01, 0.01))
    await registry.household()
    line = Line("/files/", breaks, breaks)

    manifest = await desk.pulls(line)

    assert line.ranges == ["", "bytes=100-", "bytes=200-"]
    assert desk.files == {"manifest.json", manifest["files"][0]["name"]}


async def test_whoever_begins_again_goes_on_with_what_he_has(desk: Desk, registry: Registry):
    await registry.household()
    with pytest.raises(Gone):
        await desk.pulls(Line("/files/", ends))
    begun = json.loads((desk.copy / "unfinished.json").read_text())["where"]

    line = Line("/files/")
    manifest = await desk.pulls(line)

    assert begun.endswith(manifest["extract_id"])
    assert line.ranges == ["bytes=100-"]
    assert desk.files == {"manifest.json", manifest["files"][0]["name"]}


async def test_what_came_damaged_is_not_taken(desk: Desk, registry: Registry):
    await registry.household()
    with pytest.raises(CannotRun, match="damaged"):
        await desk.pulls(Line("/files/", damages))
    assert desk.files == {"unfinished.json"}

    await desk.pulls(Line("/files/"))


async def test_a_manifest_that_somebody_changed_is_not_believed(desk: Desk):
    with pytest.raises(CannotRun, match="not signed"):
        await desk.pulls(Line("/manifest", adds_a_row))


async def test_a_busy_service_is_given_the_time_it_asks_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    waited: list[float] = []
    sleep = time.sleep

    def wait(seconds: float) -> None:
        waited.append(seconds)
        sleep(0.01)

    class Busy(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST" and not waited:
                return httpx.Response(503, headers={"Retry-After": "7"})
            return super().handle_request(request)

    monkeypatch.setattr(client.time, "sleep", wait)
    await desk.pulls(Busy())

    assert waited[0] == 7
