"""Whether files that were fetched are what the manifest promises."""

import csv
import gzip
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from app.domain.extracts.formats import DELIMITER, Compression, Form, Format

SHEET = "xl/worksheets/sheet1.xml"
DIMENSION = re.compile(rb'<dimension ref="[A-Z]+1(?::[A-Z]+([0-9]+))?"')
FIRST_BYTES = 1 << 16
LONGEST_CELL = 1 << 24


def has_sum(path: Path, sha256: str) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def rows_in(path: Path, form: Form) -> int:
    return COUNTING[form.format](path, form.compression)


def _documents(path: Path, packed: Compression) -> int:
    with _unpacked(path, packed) as file:
        return sum(1 for _ in file)


def _records(path: Path, packed: Compression) -> int:
    """A text may hold the end of a line."""
    csv.field_size_limit(LONGEST_CELL)
    with _unpacked(path, packed) as file:
        lines = (line.decode() for line in file)
        return sum(1 for _ in csv.reader(lines, delimiter=DELIMITER)) - 1


def _sheet_rows(path: Path, _: Compression) -> int:
    with zipfile.ZipFile(path) as archive, archive.open(SHEET) as sheet:
        found = DIMENSION.search(sheet.read(FIRST_BYTES))
    return int(found[1] or 1) - 1 if found else 0


def _parquet_rows(path: Path, _: Compression) -> int:
    from pyarrow import parquet  # noqa: PLC0415 - takes a second to load

    return int(parquet.ParquetFile(path).metadata.num_rows)


COUNTING: Mapping[Format, Callable[[Path, Compression], int]] = {
    Format.NDJSON: _documents,
    Format.CSV: _records,
    Format.XLSX: _sheet_rows,
    Format.PARQUET: _parquet_rows,
}


@contextmanager
def _unpacked(path: Path, packed: Compression) -> Iterator[BinaryIO]:
    if packed is Compression.GZIP:
        with gzip.open(path) as file:
            yield cast("BinaryIO", file)
    elif packed is Compression.ZSTD:
        import zstandard  # noqa: PLC0415

        with zstandard.open(path, "rb") as raw:
            yield io.BufferedReader(raw)
    else:
        with path.open("rb") as file:
            yield file
