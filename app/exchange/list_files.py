"""Lists as files: a workbook that is filtered, printed and taken along; a print for a meeting."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from app.domain.lists import ListFormat, ListKind
from app.exchange.list_words import About
from app.exchange.named_list_prints import TEMPLATE, named_list_print
from app.exchange.named_lists import named_list
from app.exchange.printing import printed
from app.exchange.recapitulations import recapitulation

WRITING = asyncio.Semaphore(1)  # large workbooks one after another: each holds its rows


async def written(rows: Mapping[str, Any], about: About, path: Path) -> None:
    """`rows` as `app.db.list_rows` tells them."""
    if about.wish.format is ListFormat.PDF:
        at = datetime.combine(about.on, time(), UTC)
        pdf = await printed(TEMPLATE, named_list_print(rows, about), at=at)
        await asyncio.to_thread(path.write_bytes, pdf)
        return
    write = named_list if about.wish.kind is ListKind.NAMED_LIST else recapitulation
    async with WRITING:
        await asyncio.to_thread(write, rows, about, path)
