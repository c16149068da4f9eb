"""The files of an extract: rows as they come, written as people and programs read them.

What comes in are lines that are finished: of CSV without its header, or a JSON object for each row.
The same rows make the same bytes, so whoever begins again ends with the file that was promised.
"""

import asyncio
import hashlib
import json
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
import zstandard

from app.domain.errors import Conflict, Said
from app.domain.extracts.columns import Column
from app.domain.extracts.formats import DELIMITER, LINE_END, TEXTUAL, Compression, Form, Format
from app.exchange.children import child
from app.exchange.sheets import CSV_ENCODING

log = structlog.get_logger()

AT_ONCE = asyncio.Semaphore(1)
GZIP_LEVEL, ZSTD_LEVEL = 4, 3
WITH_GZIP_HEADER = 31  # of zlib: which has neither a name in it nor a time
NOTHING: Mapping[str, str] = {}
# Days of archives are local ones; and Arrow's own pool takes addresses by the gigabyte.
SURROUNDINGS = {"TZ": "UTC", "ARROW_DEFAULT_MEMORY_POOL": "system"}


class WritingFailed(Conflict):
    """The file could not be made."""

    title = Said(id="Berkas gagal dibuat", en="The file could not be made")
    detail = Said(
        id="Datanya tidak berubah. Coba lagi; bila tetap gagal, pilih format CSV atau laporkan "
        "nomor ekstrak ini kepada pengelola.",
        en="The data is as it was. Try again; if it fails once more, ask for CSV, or tell the "
        "administrators the number of this extract.",
    )


@dataclass(frozen=True)
class Written:
    sha256: bytes
    size: int


async def write(
    path: Path,
    columns: Sequence[Column],
    form: Form,
    pieces: AsyncIterator[bytes],
    about: Mapping[str, str] = NOTHING,
) -> Written:
    """`pieces` are whole lines, as many at a time as may lie in memory. `about` is what a workbook
    or a Parquet file says of itself."""
    if form.format in TEXTUAL:
        header = _header(columns, form.format)
        return await _straight(path, header, PACKERS[form.compression](), pieces)
    async with AT_ONCE:
        await _by_the_scribe(_order(path, columns, form, about), pieces)
    return await asyncio.to_thread(_summed, path)


def _header(columns: Sequence[Column], format_: Format) -> bytes:
    if format_ is Format.NDJSON:
        return b""
    return f"{DELIMITER.join(each.name for each in columns)}{LINE_END}".encode(CSV_ENCODING)


# --- CSV and NDJSON


class Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class Unpacked:
    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


def _gzip() -> Packer:
    return zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, WITH_GZIP_HEADER)


def _zstd() -> Packer:
    return zstandard.ZstdCompressor(ZSTD_LEVEL, write_checksum=True).compressobj()


PACKERS: Mapping[Compression, Callable[[], Packer]] = {
    Compression.NONE: Unpacked,
    Compression.GZIP: _gzip,
    Compression.ZSTD: _zstd,
}


async def _straight(
    path: Path, header: bytes, packer: Packer, pieces: AsyncIterator[bytes]
) -> Written:
    sha256 = hashlib.sha256()
    with path.open("wb") as file:

        def add(packed: bytes) -> None:
            sha256.update(packed)
            file.write(packed)

        def pack(piece: bytes) -> None:
            add(packer.compress(piece))

        pack(header)
        async for piece in pieces:
            await asyncio.to_thread(pack, piece)
        await asyncio.to_thread(lambda: add(packer.flush()))
        return Written(sha256.digest(), file.tell())


# --- workbooks and Parquet


def _order(path: Path, columns: Sequence[Column], form: Form, about: Mapping[str, str]) -> bytes:
    order = {
        "path": str(path.absolute()),
        "format": form.format,
        "columns": [(each.name, each.kind) for each in columns],
        "about": dict(about),
    }
    return json.dumps(order).encode() + b"\n"


async def _by_the_scribe(order: bytes, pieces: AsyncIterator[bytes]) -> None:
    async with child("app.exchange.scribe", surroundings=SURROUNDINGS) as scribe:
        assert scribe.stdin and scribe.stdout  # noqa: S101, PT018 - both are pipes
        scribe.stdin.write(order)
        count = await _fed(scribe.stdin, pieces)
        scribe.stdin.close()
        told, status = await scribe.stdout.read(), await scribe.wait()
    if status or json.loads(told)["rows"] != count:
        log.warning("scribe_failed", status=status)
        raise WritingFailed


async def _fed(to: asyncio.StreamWriter, pieces: AsyncIterator[bytes]) -> int:
    """How many lines it was given, of which it has to make as many rows."""
    count = 0
    async for piece in pieces:
        to.write(piece)
        count += piece.count(b"\n")
        try:
            await to.drain()
        except ConnectionError:  # it has ended before its time
            break
    return count


def _summed(path: Path) -> Written:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256")
        return Written(sha256.digest(), file.tell())
