"""CSV: which text it is, what stands between its cells, and its rows."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from app.exchange.table_reader.cells import LONGEST_CELL, MOST_COLUMNS, Refused, Rows, of_values

PIECE = 1 << 20
FIRST_LINES = 10
DELIMITERS = "\t;,"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NEVER_IN_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
NO_TABLE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<|\{|%PDF)")  # a web page, RTF or JSON, a PDF
IN_UTF_8 = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
FOR_EXCEL = re.compile(r"sep=([,;\t])\s*", re.IGNORECASE)
QUOTED = re.compile(r'"[^"]*(?:"|\Z)')
NOT_PLAIN = re.compile(r"[^ -!#-\[\]-~\0]")


def rows_of_text(path: Path, head: bytes) -> tuple[str, set[str], Rows]:
    encoding = encoding_of(path, head)
    with path.open(encoding=encoding, newline="") as file:
        first = list(islice(file, FIRST_LINES))
    told = FOR_EXCEL.fullmatch(first[0])
    delimiter = told[1] if told else delimiter_of(first)
    notes = {"windows_1252"} if encoding == "cp1252" else set[str]()
    return "", notes, rows_of_csv(path, encoding, delimiter, skipped=1 if told else 0)


def encoding_of(path: Path, head: bytes) -> str:
    """UTF-8, or else Windows-1252: but never where some of it is UTF-8."""
    if head.startswith(UTF_16):
        read_through(path, "utf-16")
        return "utf-16"
    if NEVER_IN_TEXT.search(head) or NO_TABLE.match(head):
        raise Refused("file-not-a-table")
    try:
        read_through(path, "utf-8")
    except Refused as refusal:
        if refusal.code != "unknown-encoding" or has_utf_8(path):
            raise
        read_through(path, "cp1252")
        return "cp1252"
    return "utf-8-sig"


def has_utf_8(path: Path) -> bool:
    with path.open("rb") as file:
        return any(IN_UTF_8.search(piece) for piece in iter(lambda: file.read(PIECE), b""))


def read_through(path: Path, encoding: str) -> None:
    """Refuse, by its line, what is not text in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            try:
                text = decoder.decode(piece, final=len(piece) < PIECE)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                raise Refused("unknown-encoding", line=line) from None
            look_at(text, line)
            line += text.count("\n")


def look_at(text: str, line: int) -> None:
    if "\0" in text:
        line += text[: text.index("\0")].count("\n")
        raise Refused("nul-character", line=line)
    if len(text) > PIECE // 4 and "\n" not in text and "\r" not in text:
        raise Refused("line-too-long", line=line, limit=LONGEST_CELL)


def delimiter_of(first: list[str]) -> str:
    """What the header and the rows after it have, and as many of it: a title and an address have
    commas too."""
    lines = QUOTED.sub("", "".join(first)).splitlines()
    columns = {each: _agreed(line.count(each) for line in lines) for each in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda each: columns[each])
    if not columns[delimiter]:
        raise Refused("file-not-a-table")
    return delimiter


def _agreed(counts: Iterable[int]) -> int:
    return max((count * lines for count, lines in Counter(counts).items()), default=0)


def rows_of_csv(path: Path, encoding: str, delimiter: str, *, skipped: int) -> Rows:
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        for _ in range(skipped):
            file.readline()
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        begun = skipped + 1
        try:
            for cells in rows:
                yield row_of(cells)
                begun = skipped + rows.line_num + 1
        except csv.Error as error:
            code = "line-too-long" if "limit" in str(error) else "broken-quotes"
            raise Refused(code, line=begun, limit=LONGEST_CELL) from None


def row_of(cells: list[str]) -> str | None:
    r"""Most rows are plain ASCII, and quicker joined than encoded. No cell has the \0 between."""
    if len(cells) > MOST_COLUMNS:
        raise Refused("too-many-columns", limit=MOST_COLUMNS)
    text = "\0".join(cells)
    if not text.strip("\0 "):
        return None
    plain = f'["{text}"]'.replace("\0", '","').replace('""', "null")
    return of_values(cells) if '" ' in plain or NOT_PLAIN.search(text) else plain
