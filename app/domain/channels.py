"""The ways by which a step comes in; the audit keeps which."""

from enum import StrEnum


class Channel(StrEnum):
    HTTP = "http"
    CONSOLE = "console"
