"""The service in a process and on a port of its own, as somebody runs it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.api.services import KEY
from tests.conftest import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
SIKS = [sys.executable, "-m", "app.cli"]


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def environment(port: int, code: Path = ROOT, **variables: str) -> dict[str, str]:
    """Nothing of the shell's own; the code may be another than the clone's."""
    return {"PATH": os.defpath, "PYTHONPATH": str(code), "SIKS_PORT": str(port), **variables}


@contextmanager
def a_service(
    app_url: str, port: int, code: Path = ROOT, **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    given = {
        "SIKS_DATABASE_URL": app_url,
        "SIKS_SIGNING_KEY": KEY,
        "SIKS_STORAGE_URL": str(SETTINGS["storage_url"]),
        "SIKS_LOG_LEVEL": "error",
    }
    with subprocess.Popen(  # noqa: S603
        [*SIKS, "serve"],
        env=environment(port, code, **{**given, **variables}),
        cwd="/",
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            _wait(process, port)
            yield process
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    """Until it takes its port, which it does before it can answer: whoever asks then, waits."""
    deadline = time.monotonic() + 60  # on the busiest machine
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"no service on port {port}")
