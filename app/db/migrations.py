"""Bring a database to the newest migration, and tell whether it stands there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

_ROOT = Path(__file__).resolve().parents[2]


def _config(owner_url: str = "") -> Config:
    config = Config(_ROOT / "alembic.ini")
    config.set_main_option("script_location", str(_ROOT / "migrations").replace("%", "%%"))
    config.attributes["url"] = owner_url
    return config


def upgrade(owner_url: str) -> None:
    """Starts an event loop of its own: call it from a thread where one runs already."""
    command.upgrade(_config(owner_url), "head")


def head() -> str:
    """The newest migration this code knows."""
    return _scripts().get_current_head() or ""


def before_head() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()} - {head()}


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
