"""Where the bytes of documents lie: on this machine's disk, or in S3-compatible storage.

A content is named by its SHA-256. It is stored before the row that tells of it commits, so no row
is ever without its bytes; what a request that failed has left behind harms nobody, and is there
already when the same bytes come again.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copyfileobj
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
    def __init__(self, store: LocalStore | S3Store, disk: Path | None = None) -> None:
        self._store = store
        self._disk = disk

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

    async def put(self, sha256: bytes, content: BinaryIO, size: int) -> None:
        """Keep it, if it is not there; whole and on the disk, or not at all."""
        try:
            if await self._size(sha256) == size:
                return
            if self._disk is not None:
                await asyncio.to_thread(_write, self._disk / _name(sha256), content)
                return
            whole = await asyncio.to_thread(_read, content)
            await obstore.put_async(self._store, _name(sha256), whole, use_multipart=False)
        except (BaseError, OSError) as error:
            raise _failed(error) from error

    async def _size(self, sha256: bytes) -> int | None:
        try:
            return (await obstore.head_async(self._store, _name(sha256)))["size"]
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
            found = await obstore.get_async(self._store, _name(sha256), options=options)  # type: ignore[arg-type]
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


def _name(sha256: bytes) -> str:
    """A folder of a million files is slow to list; a hundredth of them is not."""
    digits = sha256.hex()
    return f"{digits[:2]}/{digits}"


def _failed(error: Exception) -> Overloaded:
    """Of the fault only its kind is told: its words name our storage."""
    log.error("storage_failed", kind=type(error).__name__)
    return Overloaded(retry_after=5)


def _read(content: BinaryIO) -> bytes:
    content.seek(0)
    return content.read()


def _write(path: Path, content: BinaryIO) -> None:
    """For us alone; under its name only once the disk has all of it."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    content.seek(0)
    handle, half = tempfile.mkstemp(prefix=".half-", dir=path.parent)  # readable by us alone
    try:
        with os.fdopen(handle, "wb") as file:
            copyfileobj(content, file)
            file.flush()
            os.fsync(file.fileno())
        Path(half).replace(path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise
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
