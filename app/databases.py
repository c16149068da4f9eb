"""Which database a command works on: the one the settings name, or the embedded one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import embedded, tokens
from app.db import fitness
from app.embedded import Server
from app.homes import Home
from app.settings import CannotRun, Settings

KEY_FILE = "signing-key.pem"


@dataclass(frozen=True)
class Databases:
    """One database by its two roads, and the key whose tokens are for it."""

    app_url: str | None
    owner_url: str | None
    signing_key: str | None
    embedded: Server | None = None

    @property
    def as_owner(self) -> str:
        return _needed(self.owner_url, "SIKS_OWNER_DATABASE_URL is not set: this needs siks_owner")

    @property
    def as_owner_migrated(self) -> str:
        """For whatever reads or fills the tables: a clear line where there are none yet."""
        check_migrated(self.as_owner)
        return self.as_owner

    @property
    def as_app(self) -> str:
        return _needed(self.app_url, "SIKS_DATABASE_URL is not set: the service needs siks_app")

    @property
    def key(self) -> str:
        return _needed(
            self.signing_key,
            "SIKS_SIGNING_KEY is not set: make a key with "
            "`openssl genpkey -algorithm ed25519 -out key.pem` and name its file",
        )


def _needed(said: str | None, otherwise: str) -> str:
    if said is None:
        raise CannotRun(otherwise)
    return said


@contextmanager
def opened(settings: Settings) -> Iterator[Databases]:
    if settings.database_url or settings.owner_database_url:
        if settings.owner_database_url:
            check_owner(settings.owner_database_url)
        yield Databases(settings.database_url, settings.owner_database_url, settings.signing_key)
        return
    home = Home.chosen(settings.data_dir)
    with embedded.running(home.directory, binaries=settings.postgres_bin) as server:
        key = settings.signing_key or _kept_key(home.directory)
        yield Databases(server.app_url, server.owner_url, key, server)


def _kept_key(directory: Path) -> str:
    file = directory / KEY_FILE
    tokens.load_or_make_key(file)
    return file.read_text()


def check_service_role(url: str) -> None:
    try:
        asyncio.run(fitness.check_service_role(url))
    except fitness.Unfit as unfit:
        raise CannotRun(f"SIKS_DATABASE_URL: {unfit}") from None


def check_migrated(url: str) -> None:
    try:
        asyncio.run(fitness.check_migrated(url))
    except fitness.Unfit as unfit:
        raise CannotRun(str(unfit)) from None


def check_owner(url: str) -> None:
    async def connect() -> None:
        connection = await fitness.connect(url)
        await connection.close()

    try:
        asyncio.run(connect())
    except fitness.Unfit as unfit:
        raise CannotRun(f"SIKS_OWNER_DATABASE_URL: {unfit}") from None
