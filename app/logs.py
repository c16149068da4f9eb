"""Structured logs, one JSON line each, on standard output. They name nobody."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

SIXTEEN_DIGITS = re.compile(r"(?<!\d)(\d{4})\d{12}(?!\d)")
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


def scrubbed(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Belt and braces: should a NIK, a card number or a token ever get this far, it stops here."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = TOKEN.sub("[token]", SIXTEEN_DIGITS.sub(r"\1************", value))
    return event


def configure(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            scrubbed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
