"""A worker that takes a BDT2015 file one household at a time: `python -m tests.api.importing`."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from app import logs, serving
from app.commands.import_kinds import IMPORTERS
from app.commands.job_work import Worker
from app.domain.imports.columns import ImportKind
from app.settings import read_settings
from app.stores import storage_of

PULSE = timedelta(seconds=1)
ROWS = 3  # of a chunk: units stay whole


def main() -> None:
    IMPORTERS[ImportKind.BDT2015] = replace(IMPORTERS[ImportKind.BDT2015], at_once=ROWS)
    settings = read_settings()
    logs.configure(settings.log_level)
    worker = Worker(str(settings.database_url), storage_of(settings), pulse=PULSE)
    asyncio.run(serving.until_told(worker))


if __name__ == "__main__":
    main()
