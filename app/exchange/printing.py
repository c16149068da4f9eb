"""Printing: data in, PDF/A out. Templates lie in `data`; what they print is never code.

The press takes a sign that its fonts lack for a fault. So it is given only what they print, and
every other sign as a visible `□`.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain.errors import Conflict, Said
from app.exchange.children import child

AT_ONCE = asyncio.Semaphore(2)
SUBSTITUTE = "□"
# Latin with all its marks, Greek, Cyrillic, the signs of letters, and the substitute itself.
UNPRINTED = re.compile(
    "[^\n\x20-\x7e\xa0-\u036f\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1"
    "\u03a3-\u045f\u1e00-\u1eff\u2010-\u2027\u2030-\u203e\u20a0-\u20bf□]"
)


class NotPrinted(Conflict):
    """This cannot be printed. What typst said of it went to our error output."""

    title = Said(id="Dokumen tidak dapat dicetak", en="This cannot be printed")
    detail = Said(
        id="Datanya tersimpan. Laporkan nomor permintaan ini (X-Request-Id) kepada pengelola.",
        en="What it says is kept. Tell the administrators the number of this request.",
    )


def printable(text: str) -> str:
    return UNPRINTED.sub(SUBSTITUTE, text)


async def printed(template: str, data: Mapping[str, Any], *, at: datetime | None = None) -> bytes:
    """The template with these data. `at` is the date inside the file: the same data of the same
    moment make the same bytes."""
    moment = at.replace(microsecond=0).isoformat() if at else ""
    async with AT_ONCE, child("app.exchange.press", template, moment) as press:
        pdf, _ = await press.communicate(json.dumps(_clean(data)).encode())
    if press.returncode:
        raise NotPrinted
    return pdf


def _clean(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can say
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {name: _clean(each) for name, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list) else value
