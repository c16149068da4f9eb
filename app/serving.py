"""The service from nothing to its first answer: port, database, key, HTTP server."""

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import parent_process
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from app import logs
from app.databases import Databases, check_service_role
from app.db import fitness, migrations, regions_file
from app.domain.imports.workflow import Limits
from app.embedded import ending_with
from app.framing import BoundedHttp
from app.settings import CannotRun, Settings
from app.stores import storage_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.commands.job_work import Worker

_GRACE_SECONDS = 10  # the deadline of a request, and two more
_PULSE_SECONDS = 10  # of several processes: one that says nothing for so long is replaced


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Taken first, so that a port in use is told before anything is started or changed."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    address = (settings.host, settings.port)
    try:
        port = socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        raise CannotRun(_why_not(*address, error)) from None
    with port:
        yield port


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use: choose another, as in SIKS_PORT={port + 1}"
    if error.errno == errno.EACCES:
        return f"SIKS_PORT={port} is not allowed to you: choose one above 1023"
    return f"SIKS_HOST={host} is no address of this machine ({error.strerror})"


def prepare(databases: Databases, settings: Settings) -> None:
    """Migrated and with its regions, where we have the owner's URL; then fit to serve from."""
    storage_of(settings)  # or the reason why there is none
    if databases.owner_url:
        migrate(databases.owner_url)
    check_service_role(databases.as_app)


def migrate(owner_url: str) -> int:
    """How many regions were new or changed."""
    if not asyncio.run(fitness.is_at_head(owner_url)):  # half a second that a warm start can spare
        migrations.upgrade(owner_url)
    return asyncio.run(regions_file.load(owner_url, unless_last=True))


def completed(settings: Settings, databases: Databases) -> Settings:
    return settings.model_copy(
        update={
            "database_url": databases.as_app,
            "signing_key": databases.key,
            "worker": bool(databases.embedded) if settings.worker is None else settings.worker,
        }
    )


def serve(settings: Settings, port: socket.socket) -> None:
    """Until a signal ends it: in this process, or in several that this one watches over."""
    config = uvicorn.Config(
        partial(_made, settings),
        factory=True,
        http=BoundedHttp,
        workers=settings.processes,
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the door itself looks behind the trusted proxies
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_worker_healthcheck=_PULSE_SECONDS,
    )
    if settings.processes == 1:
        uvicorn.Server(config).run(sockets=[port])
        return
    several = Multiprocess(config, [port])
    several.run()
    if any(process.exitcode == STARTUP_FAILURE for process in several.processes):
        raise CannotRun("a process of the service did not start: its log says why")


def _made(settings: Settings) -> "FastAPI":
    """In the process that is to serve."""
    from app.main import create_app  # noqa: PLC0415  (half a second other commands need not wait)

    parent = parent_process()
    if parent and parent.pid and (ask := ending_with(parent.pid, signal.SIGTERM)):
        ask()
    logs.of_libraries()
    app = create_app(settings)
    app.state.is_leaving = lambda: BoundedHttp.is_leaving
    # What is there now stays: to look through it for garbage now and then was a twentieth of all.
    gc.collect()
    gc.freeze()
    return app


def work(settings: Settings, url: str) -> None:
    """On jobs, and nothing else, until a signal ends it."""
    from app.commands.job_work import Worker  # noqa: PLC0415
    from app.commands.subscriptions import Rules  # noqa: PLC0415

    logs.configure(settings.log_level)
    logs.of_libraries()
    worker = Worker(
        url,
        storage_of(settings),
        limits=Limits(settings.import_most_doubled),
        webhooks=Rules.of(
            str(settings.signing_key), settings.webhook_networks, settings.webhook_days
        ),
    )
    asyncio.run(until_told(worker))


async def until_told(worker: "Worker") -> None:
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    async with worker.at_work():
        await told_to_end.wait()
