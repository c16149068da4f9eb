"""Workers that take a BDT2015 file a few households at a time: `python -m tests.api.importing`.

For each line on its input there is one, forked, so that the next is at work as soon as one was
killed. Its process id is told as it begins, and how it ended when it has.
"""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import timedelta

from app import logs, serving
from app.commands import import_applying, import_checks
from app.commands.import_kinds import IMPORTERS
from app.commands.job_work import Worker
from app.domain.imports.columns import ImportKind
from app.settings import read_settings
from app.stores import storage_of

PULSE = timedelta(seconds=1)
ROWS = 10  # of a chunk: units stay whole, so these are four couples


def small() -> None:
    """Chunks, so that a short file has many of them."""
    import_checks.STAGED_AT_ONCE = 2 * ROWS
    import_checks.LOOKED_AT_ONCE = 2 * ROWS
    IMPORTERS[ImportKind.BDT2015] = replace(IMPORTERS[ImportKind.BDT2015], at_once=ROWS)
    import_applying.UNDONE_AT_ONCE = ROWS // 2


def work() -> None:
    settings = read_settings()
    logs.configure(settings.log_level)
    worker = Worker(str(settings.database_url), storage_of(settings), pulse=PULSE)
    asyncio.run(serving.until_told(worker))


def tell(what: int) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main() -> None:
    small()
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            work()
            os._exit(0)
        tell(pid)
        tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main()
