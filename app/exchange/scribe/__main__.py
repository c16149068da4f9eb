"""On its input stands first, as JSON, what is to be written where; then the rows, each a line of
JSON. On its output it tells how many there were.
"""

import json
import sys
from collections.abc import Callable
from typing import BinaryIO

from app.exchange.limits import limited
from app.exchange.scribe.orders import Order

MOST_MEMORY = 2 << 30
MOST_SECONDS = 600


def main() -> None:
    limited(memory=MOST_MEMORY, seconds=MOST_SECONDS)
    lines = sys.stdin.buffer
    try:
        told = json.loads(lines.readline())
        rows = _writer(told["format"])(Order.told(told), lines)
        sys.stdout.write(json.dumps({"rows": rows}))
    except Exception as error:  # noqa: BLE001 - what they say may quote people's data
        sys.exit(f"scribe: {type(error).__name__}")


def _writer(format_: str) -> Callable[[Order, BinaryIO], int]:
    """Each by itself: what the other needs takes a second to load, and memory."""
    if format_ == "parquet":
        from app.exchange.scribe import parquet  # noqa: PLC0415

        return parquet.written
    from app.exchange.scribe import workbook  # noqa: PLC0415

    return workbook.written


if __name__ == "__main__":
    main()
