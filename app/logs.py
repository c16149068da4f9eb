"""Structured logs, one JSON line each, on standard output. They name nobody."""

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

SIXTEEN_DIGITS = re.compile(r"(?<!\d)(\d{4})\d{12}(?!\d)")
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
SHORTEST = 16  # of what must not be told


def scrubbed(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Belt and braces: should a NIK, a card number or a token ever get this far, it stops here."""
    for key, value in event.items():
        if isinstance(value, str) and len(value) >= SHORTEST:
            told = SIXTEEN_DIGITS.sub(r"\1************", value)
            event[key] = TOKEN.sub("[token]", told) if "eyJ" in told else told
    return event


class OneLine(logging.Formatter):
    """What libraries log, as one JSON line; of an exception only its kind: words quote people."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        event: dict[str, Any] = {
            "event": record.getMessage().partition("\n")[0],
            "logger": record.name,
            "level": record.levelname.lower(),
            "kind": kind.__name__ if kind else None,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        return json.dumps(dict(scrubbed(None, "", event)), ensure_ascii=False)


def of_libraries() -> None:
    """Once, where the process is ours alone."""
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(OneLine())
    logging.basicConfig(handlers=[lines], level=logging.WARNING, force=True)


def configure(level: str) -> None:
    structlog.configure(
        processors=[
            scrubbed,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
