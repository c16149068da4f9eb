"""`siks import`: a file over HTTP to wherever the service is, with an exit code for scripts."""

import asyncio
import csv
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx2 as httpx
import pytest

from app import client, sending
from app.client import Service, sign_in
from app.db import accounts
from app.domain.actors import Role
from app.domain.regions import INDONESIA
from app.exchange.sheets import CSV_ENCODING, DELIMITER
from app.sending import sent
from app.settings import CannotRun
from tests.api.door import PASSWORD, PASSWORD_HASH
from tests.api.test_imports import a_file, a_row
from tests.api.test_uploads import a_large_file
from tests.registry import LONG_AGO, Registry
from tests.served import SIKS, a_free_port, a_service, environment

ALL_GOOD, FAILED, ROWS_LEFT = 0, 1, 3


@pytest.fixture(scope="module")
def url(app_url: str) -> Iterator[str]:
    port = a_free_port()
    with a_service(app_url, port, SIKS_WORKER="true"):
        yield f"http://127.0.0.1:{port}"


@dataclass
class Desk:
    """A village operator at a machine of his own."""

    url: str
    username: str
    folder: Path

    async def imports(
        self, content: bytes, *more: str, password: str = PASSWORD
    ) -> tuple[int, str]:
        """The exit code, and what was printed."""
        file = self.folder / "usulan.csv"
        await asyncio.to_thread(file.write_bytes, content)
        who = ["--url", self.url, "--username", self.username, "--password", password]
        done = await asyncio.to_thread(
            subprocess.run,
            [*SIKS, "import", str(file), "--kind", "proposals", *who, *more],
            env=environment(0),
            cwd=self.folder,
            capture_output=True,
            check=False,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    def service(self, transport: httpx.BaseTransport) -> Service:
        return Service(
            self.url, lambda: sign_in(self.url, self.username, PASSWORD), transport=transport
        )


@pytest.fixture
async def desk(url: str, registry: Registry, tmp_path: Path) -> Desk:
    async with registry.database.transaction(INDONESIA) as session:
        account = await accounts.open_account(
            session,
            username=f"petugas.{uuid4().hex[:12]}",
            display_name="Siti Aminah",
            password_hash=PASSWORD_HASH,
            role=Role.VILLAGE_OPERATOR,
            region=registry.village,
            from_=LONG_AGO,
        )
    return Desk(url, account.username, tmp_path)


async def test_a_good_file_is_taken_whole(desk: Desk, registry: Registry):
    content = a_file([a_row(registry.village), a_row(registry.village)])

    code, told = await desk.imports(content, "--wait")
    assert code == ALL_GOOD, told
    assert "is ready: 2 rows, 0 bad" in told
    code, told = await desk.imports(content, "--apply", "--json")  # the same import

    assert code == ALL_GOOD, told
    import_ = json.loads(told)  # and nothing else is printed where nobody looks on
    assert (import_["state"], import_["counts"]["taken"]) == ("applied", 2)


async def test_rows_that_are_left_are_told_in_a_file(desk: Desk, registry: Registry):
    content = a_file([a_row(registry.village), a_row(registry.village, nik="123")])
    errors = desk.folder / "salah.csv"

    for unfit in ("usulan.csv", "nowhere/salah.csv"):  # the first is what is sent
        assert (await desk.imports(content, "--errors", unfit))[0] == FAILED
    code, told = await desk.imports(content, "--apply", "--errors", str(errors))

    assert code == ROWS_LEFT, told
    text = await asyncio.to_thread(errors.read_text, CSV_ENCODING)
    [row] = csv.DictReader(text.splitlines(), delimiter=DELIMITER)
    assert (row["row"], row["column"], row["severity"]) == ("3", "nik", "error")


async def test_what_is_refused_fails(desk: Desk, registry: Registry):
    faulty = a_file([a_row(registry.village, nik="123")])
    everything = ("--apply", "--mode", "all")

    for content, more in ((b"%PDF-1.7", ("--wait",)), (faulty, everything)):
        code, told = await desk.imports(content, *more)
        assert code == FAILED, told
    code, told = await desk.imports(faulty, password="bukan sandi saya")
    assert code == FAILED
    assert "Traceback" not in told


class Gone(Exception):
    """Whoever was sending has closed his machine."""


class Line(httpx.HTTPTransport):
    """To the service and back; what happens to a part on its way, `fate` decides."""

    def __init__(self, fate: Callable[[int], None]) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._fate = fate

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "PUT":
            return super().handle_request(request)
        self.parts.append(request.url.path.rpartition("/")[2])
        answer = super().handle_request(request)
        try:
            self._fate(len(self.parts))
        except Exception:
            answer.close()
            raise
        return answer


def breaks_at_first(count: int) -> None:
    """The part has come; its sender does not hear of it."""
    if count == 1:
        raise httpx.ReadError("the line is gone")


def ends_at_second(count: int) -> None:
    if count == 2:
        raise Gone


def changes(file: Path) -> Callable[[int], None]:
    """While it is sent, somebody saves it once more."""

    def fate(count: int) -> None:
        if count == 1:
            file.write_bytes(bytes(file.stat().st_size))

    return fate


def holds(_: int) -> None:
    return


async def _sends(desk: Desk, content: bytes, line: Line) -> str:
    file = desk.folder / "besar.csv"
    await asyncio.to_thread(file.write_bytes, content)

    def send() -> str:
        with desk.service(line) as service:
            return str(sent(service, file, "proposals", lambda *_: None)["state"])

    return await asyncio.to_thread(send)


async def test_a_line_that_breaks_is_taken_up_again(
    desk: Desk, registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(client, "WAITS", (0.01, 0.01))
    line = Line(breaks_at_first)

    assert await _sends(desk, a_large_file(registry), line) in sending.AT_WORK
    assert line.parts == ["1", "1", "2", "3"]


async def test_whoever_begins_again_sends_what_is_missing(desk: Desk, registry: Registry):
    content = a_large_file(registry)
    with pytest.raises(Gone):
        await _sends(desk, content, Line(ends_at_second))

    line = Line(holds)

    assert await _sends(desk, content, line) in sending.AT_WORK
    assert line.parts == ["3"]


async def test_a_file_that_was_changed_while_it_was_sent_is_begun_anew(
    desk: Desk, registry: Registry
):
    content = a_large_file(registry)
    with pytest.raises(CannotRun, match="changed"):
        await _sends(desk, content, Line(changes(desk.folder / "besar.csv")))

    line = Line(holds)

    assert await _sends(desk, content, line) in sending.AT_WORK
    assert line.parts == ["1", "2", "3"]
