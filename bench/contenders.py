"""Who is measured: the service, its limit, and what people would use instead. One process each."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from app.embedded import SUPERUSER, Server, ending_with
from app.passwords import hash_password
from bench.load import Request, ask
from bench.services import KEY, ROOT

POOL = 10
START_SECONDS = 60
LIVE = "/health/live"
PASSWORD = "satu kalimat untuk semua"  # noqa: S105 - of everybody in the benchmark
PASSWORD_HASH = hash_password(PASSWORD)
UVICORN = (
    *("uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--loop", "uvloop"),
    *("--http", "httptools", "--lifespan", "on", "--no-access-log", "--no-proxy-headers"),
    *("--no-server-header", "--log-level", "warning"),
)
GUNICORN = (
    *("gunicorn", "--bind", "127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1"),
    *("--threads", str(POOL), "--keep-alive", "60", "--log-level", "warning"),
)


@dataclass(frozen=True)
class Contender:
    name: str
    needs: tuple[str, ...]  # modules; without them there is no such contender
    command: tuple[str, ...]
    is_rival: bool = False

    @property
    def is_there(self) -> bool:
        return all(map(_is_there, self.needs))

    def told(self, server: Server, port: int) -> dict[str, str]:
        """All have the same database, key, pool and log level. Who does without row-level security
        comes as somebody whom it does not bind."""
        if self is SERVICE:
            return {
                "SIKS_DATABASE_URL": server.app_url,
                "SIKS_SIGNING_KEY": KEY,
                "SIKS_PORT": str(port),
                "SIKS_POOL_SIZE": str(POOL),
                "SIKS_LOG_LEVEL": "warning",
                "SIKS_TRUSTED_PROXIES": "127.0.0.1",
            }
        return {
            "SIKS_BENCH_DATABASE_URL": server.url(SUPERUSER),
            "SIKS_BENCH_KEY": KEY,
            "SIKS_BENCH_POOL": str(POOL),
            "SIKS_BENCH_PASSWORD_HASH": PASSWORD_HASH,
        }


SERVICE = Contender("service", ("app.cli",), ("app.cli", "serve"))
LIMIT = Contender("limit", ("bench.limit",), (*UVICORN, "bench.limit:app"))
LIMIT_OF_WRITES = Contender("limit", ("bench.limit_writes",), (*UVICORN, "bench.limit_writes:app"))
SQLMODEL = Contender(
    "sqlmodel",
    ("bench.rivals.sqlmodel_way",),
    (*UVICORN, "bench.rivals.sqlmodel_way:app"),
    is_rival=True,
)
DRF = Contender(
    "drf",
    ("bench.rivals.drf_way", "rest_framework", "gunicorn"),
    (*GUNICORN, "bench.rivals.drf_way.wsgi:application"),
    is_rival=True,
)
RIVALS = (SQLMODEL, DRF)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@dataclass(frozen=True)
class Running:
    contender: Contender
    url: str
    pid: int

    @property
    def name(self) -> str:
        return self.contender.name


@asynccontextmanager
async def running(
    contender: Contender, server: Server, *, also: Mapping[str, str] | None = None
) -> AsyncIterator[Running]:
    """A process of its own, which is told that also, until the block ends."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *(word.format(port=port) for word in contender.command)),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **contender.told(server, port), **(also or {})},
        stdout=asyncio.subprocess.DEVNULL,
        preexec_fn=ending_with(os.getpid(), signal.SIGTERM),
    )
    try:
        await _until_it_answers(process, url)
        yield Running(contender, url, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


async def _until_it_answers(process: asyncio.subprocess.Process, url: str) -> None:
    """Anything: the service takes its port long before it can serve."""
    async with asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            try:
                await ask(url, Request("GET", LIVE))
            except OSError:
                await asyncio.sleep(0.1)
            else:
                return
    raise RuntimeError("it ended before it answered")
