"""Where the bytes of documents lie: on this machine's disk, or in S3-compatible storage.

A content is named by its SHA-256. It is stored before the row that tells of it commits, so no row
is ever without its bytes; what a request that failed has left behind harms nobody, and is there
already when the same bytes come again.
"""

import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copyfileobj, rmtree
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from app.domain.errors import NotFound, Overloaded, Said

if TYPE_CHECKING:  # it is a name for type checkers only
    from obstore import GetResult

log = structlog.get_logger("siks.storage")
CHUNK = 262_144
S3_PART = 8_388_608
S3_PARTS_AT_ONCE = 2
HALF = ".siks-half-"  # how the name of a file begins while it is written
HALF_SECONDS = 3_600  # longer than any takes
LARGE = 32_000_000  # is sent to a bucket in parts


class ContentMissing(NotFound):
    """The storage no longer has these bytes, or has them damaged."""

    title = Said(id="Isi dokumen hilang", en="The content of the document is missing")
    detail = Said(
        id="Catatannya ada, tetapi isinya tidak ada atau rusak di penyimpanan. Laporkan kepada "
        "pengelola layanan; cadangan penyimpanan harus dipulihkan.",
        en="It is on record, but its content is missing from the storage, or damaged there. "
        "Report it to whoever runs the service; the storage has to be restored from its backup.",
    )


@dataclass(frozen=True)
class Bucket:
    """How S3-compatible storage is reached; what is not given is taken from AWS_* variables."""

    endpoint: str | None = None
    region: str | None = None
    key_id: str | None = None
    secret: str | None = None


class Storage:
    def __init__(
        self, store: LocalStore | S3Store, disk: Path | None = None, prefix: str = ""
    ) -> None:
        self._store = store
        self._disk = disk
        self._prefix = prefix

    @classmethod
    def at(cls, url: str, bucket: Bucket) -> "Storage":
        """`file:///a/folder`, or `s3://bucket/and/a/prefix`."""
        parts = urlsplit(url)
        if parts.scheme == "file":
            return cls.on_disk(Path(unquote(parts.path)))
        return cls(_bucket(parts.netloc, parts.path.strip("/"), bucket))

    @classmethod
    def on_disk(cls, folder: Path) -> "Storage":
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(LocalStore(folder), folder)

    def beside(self, name: str) -> "Storage":
        """A place of its own for what is needed for a time, and then dropped as a whole."""
        return Storage(self._store, self._disk, f"{name}/")

    async def put(self, sha256: bytes, content: BinaryIO, size: int) -> None:
        """Keep it, if it is not there; whole and on the disk, or not at all."""
        try:
            if await self._size(sha256) == size:
                return
            if self._disk is not None:
                await asyncio.to_thread(_write, self._disk, self._name(sha256), content)
                return
            name, is_large = self._name(sha256), size > LARGE
            whole = await asyncio.to_thread(_read, content, is_large)
            await obstore.put_async(self._store, name, whole, use_multipart=is_large)
        except (BaseError, OSError) as error:
            raise _failed(error) from error

    async def join(self, sha256: bytes, pieces: AsyncIterator[bytes]) -> bool:
        """Keep what the pieces come to, if it is what was said; never all of it in memory.

        Also where it is there: who knows a sum need not have the file.
        """
        try:
            handle, half = tempfile.mkstemp(prefix=HALF, dir=self._disk)
            try:
                with os.fdopen(handle, "wb") as file:
                    is_it = await _joined(file, pieces) == sha256
                if is_it:
                    await self._settled(sha256, Path(half))
            finally:
                await asyncio.to_thread(Path(half).unlink, missing_ok=True)
        except (BaseError, OSError) as error:
            raise _failed(error) from error
        return is_it

    async def _settled(self, sha256: bytes, half: Path) -> None:
        if self._disk is not None:
            await asyncio.to_thread(_rename, half, self._disk / self._name(sha256))
            return
        await obstore.put_async(
            self._store,
            self._name(sha256),
            half,
            use_multipart=True,
            chunk_size=S3_PART,
            max_concurrency=S3_PARTS_AT_ONCE,
        )

    async def drop(self) -> None:
        """All that lies in this place. What cannot be dropped now is in nobody's way."""
        assert self._prefix, "only what is kept for a time is dropped"  # noqa: S101
        try:
            if self._disk is not None:
                await asyncio.to_thread(rmtree, self._disk / self._prefix, ignore_errors=True)
                return
            async for some in obstore.list(self._store, self._prefix):
                await obstore.delete_async(self._store, [each["path"] for each in some])
        except (BaseError, OSError) as error:
            log.warning("storage_not_dropped", kind=type(error).__name__)

    async def places(self, room: str) -> set[str]:
        """Whatever lies `beside` under that name, as the last word of its own name."""
        try:
            found = await obstore.list_with_delimiter_async(self._store, f"{room}/")
        except (BaseError, OSError) as error:
            raise _failed(error) from error
        return {each.rstrip("/").rpartition("/")[2] for each in found["common_prefixes"]}

    async def clear(self) -> None:
        """What was being written when a process died."""
        folder = self._disk or Path(tempfile.gettempdir())
        await asyncio.to_thread(_clear, folder, time.time() - HALF_SECONDS)

    def _name(self, sha256: bytes) -> str:
        """A folder of a million files is slow to list; a hundredth of them is not."""
        digits = sha256.hex()
        return f"{self._prefix}{digits[:2]}/{digits}"

    async def _size(self, sha256: bytes) -> int | None:
        try:
            return (await obstore.head_async(self._store, self._name(sha256)))["size"]
        except FileNotFoundError:
            return None

    async def get(
        self, sha256: bytes, size: int, part: tuple[int, int] | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes, or from the one to before the other of them, piece by piece.

        That they are there is known when this returns; the rest is read as it is asked for.
        """
        options = {"range": part} if part else None
        try:
            found = await obstore.get_async(self._store, self._name(sha256), options=options)  # type: ignore[arg-type]
        except FileNotFoundError:
            raise ContentMissing from None
        except (BaseError, OSError) as error:
            raise _failed(error) from error
        if found.meta["size"] != size:
            raise ContentMissing
        return _pieces(found)


async def _pieces(found: "GetResult") -> AsyncIterator[bytes]:
    async for piece in found.stream(min_chunk_size=CHUNK):
        yield bytes(piece)


def _failed(error: Exception) -> Overloaded:
    """Of the fault only its kind is told: its words name our storage."""
    log.error("storage_failed", kind=type(error).__name__)
    return Overloaded(retry_after=5)


def _read(content: BinaryIO, is_large: bool) -> bytes | BinaryIO:  # noqa: FBT001 - for a thread
    """What is large is read as it is sent."""
    content.seek(0)
    return content if is_large else content.read()


def _write(disk: Path, name: str, content: BinaryIO) -> None:
    """For us alone; under its name only once the disk has all of it."""
    content.seek(0)
    handle, half = tempfile.mkstemp(prefix=HALF, dir=disk)  # readable by us alone
    try:
        with os.fdopen(handle, "wb") as file:
            copyfileobj(content, file)
            file.flush()
            os.fsync(file.fileno())
        _rename(Path(half), disk / name)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise


def _clear(folder: Path, before: float) -> None:
    for half in folder.glob(f"{HALF}*"):
        with suppress(OSError):
            if half.stat().st_mtime < before:
                half.unlink()


async def _joined(file: BinaryIO, pieces: AsyncIterator[bytes]) -> bytes:
    """All of them on the disk, and their SHA-256."""
    found = hashlib.sha256()

    def add(piece: bytes) -> None:
        file.write(piece)
        found.update(piece)

    async for piece in pieces:
        await asyncio.to_thread(add, piece)
    file.flush()
    await asyncio.to_thread(os.fsync, file.fileno())
    return found.digest()


def _rename(half: Path, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half.replace(path)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """A name that is not on the disk is lost with the power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _bucket(name: str, prefix: str, bucket: Bucket) -> S3Store:
    given = {
        "endpoint": bucket.endpoint,
        "region": bucket.region,
        "access_key_id": bucket.key_id,
        "secret_access_key": bucket.secret,
    }
    in_clear = bool(bucket.endpoint) and str(bucket.endpoint).startswith("http://")
    return S3Store(
        name,
        prefix=prefix or None,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": in_clear,
            "connect_timeout": "2s",
            "read_timeout": "6s",
            "timeout": "600s",  # of a whole answer, which may go to a weak line
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=6)},
        **{key: value for key, value in given.items() if value},  # type: ignore[arg-type]
    )
