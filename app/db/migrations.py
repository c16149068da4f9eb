"""Bring a database to the newest migration, and tell whether it stands there.

Alembic is imported only to move a database: a service that starts on one that stands at the newest
migration needs no more than the names of the migrations, which are in their files.
"""

import re
from functools import cache
from pathlib import Path

_SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"  # so in a clone, so in the wheel
_NAMES = re.compile(r'^(down_)?revision = (?:"(\w+)"|None)$', re.MULTILINE)


def upgrade(owner_url: str) -> None:
    """Starts an event loop of its own: call it from a thread where one runs already."""
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["url"] = owner_url
    command.upgrade(config, "head")


def head() -> str:
    """The newest migration this code knows."""
    (newest,) = _links().keys() - _links().values()
    return newest


def before_head() -> set[str]:
    return _links().keys() - {head()}


@cache
def _links() -> dict[str, str]:
    """Revision -> the one it follows, "" for the first."""
    links = {}
    for script in (_SCRIPTS / "versions").glob("*.py"):
        named = {bool(down): name for down, name in _NAMES.findall(script.read_text("utf-8"))}
        links[named[False]] = named[True]
    return links
