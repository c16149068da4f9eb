"""Processes that do one thing for the service each, and end. What one of them takes, and how it
ends, nobody else feels; each holds itself to its `limits`.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = 1 << 16
NOTHING: Mapping[str, str] = {}


@asynccontextmanager
async def child(
    module: str,
    *words: str,
    surroundings: Mapping[str, str] = NOTHING,
    stdin: int = PIPE,
    stderr: int | None = None,
    block: int = BLOCK,
) -> AsyncIterator[Process]:
    """A module of ours at work. It is over with the block, whether it has ended or not."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-s", "-P", "-m", module, *words),
        env={"PYTHONPATH": str(ROOT), **surroundings},  # nothing of ours: passwords are in ours
        stdin=stdin,
        stdout=PIPE,
        stderr=stderr,
        limit=block,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # whoever asked is gone: so is the work
            process.kill()
        await process.communicate()
