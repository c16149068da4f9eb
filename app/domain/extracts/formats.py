"""How an extract is written, and in how large files."""

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    NDJSON = "ndjson"
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


class Compression(StrEnum):
    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


TEXTUAL = frozenset({Format.NDJSON, Format.CSV})  # the others pack what they hold themselves
MOST_ROWS = 1_000_000  # of one file
XLSX_ROWS = 200_000  # a sheet takes 1,048,575, which hardly any program opens
CHUNK_ROWS = 5_000  # that are held in memory at once
DELIMITER, LINE_END = ";", "\r\n"  # of CSV: as in all CSV of the house, which Excel reads


@dataclass(frozen=True)
class Form:
    """One way of writing."""

    format: Format
    compression: Compression = Compression.NONE

    @property
    def suffix(self) -> str:
        packed = {Compression.NONE: "", Compression.GZIP: ".gz", Compression.ZSTD: ".zst"}
        return f"{self.format}{packed[self.compression]}"


DELETIONS = Form(Format.NDJSON)  # however the rows are written
