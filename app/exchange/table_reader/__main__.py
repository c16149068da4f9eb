r"""On its output stands a line for each row that holds something: what it was told to put before
it, the number of the row, \x02, and the cells as JSON. PostgreSQL copies such lines as they are.
On its error output stands, as JSON, first what it reads, and at the end how many rows there were
or why not.
"""

import json
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL
from itertools import islice
from pathlib import Path
from xml.etree.ElementTree import ParseError

from python_calamine import CalamineError, PasswordError

from app.exchange.limits import limited
from app.exchange.table_reader.cells import Refused, Rows
from app.exchange.table_reader.texts import rows_of_text
from app.exchange.table_reader.workbooks import rows_of_workbook

MOST_MEMORY = 2 << 30
MOST_SECONDS = 120
MOST_ROWS = 2_000_000
MOST_EMPTY_ROWS = 100_000
AT_A_TIME = 100
HEAD = 4096
LONGEST_NAME = 31  # of a sheet, in Excel
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a way of packing that no workbook uses
    ParseError,
    CalamineError,
)


def main(path: str, before: str) -> None:
    limited(memory=MOST_MEMORY, seconds=MOST_SECONDS)
    try:
        with refusing():
            tell(rows=written(numbered(rows_of(Path(path))), before))
    except Refused as refusal:
        tell(refused=refusal.code, words=refusal.words)


@contextmanager
def refusing() -> Iterator[None]:
    """What libraries say of a file may quote it: their sentences are not passed on."""
    try:
        yield
    except PasswordError:
        raise Refused("encrypted") from None
    except DAMAGE:
        raise Refused("broken") from None
    except MemoryError:
        raise Refused("too-big") from None
    except OSError as error:
        if error.errno != EINVAL:  # an archive that points before its beginning
            raise
        raise Refused("broken") from None


def tell(**what: object) -> None:
    sys.stderr.write(json.dumps(what) + "\n")
    sys.stderr.flush()


def rows_of(path: Path) -> Rows:
    """Every row of the file, whatever the file is called."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip():
        raise Refused("empty-file")
    if head.startswith(OLE):
        raise Refused("encrypted" if ENCRYPTED in path.read_bytes() else "file-not-a-table")
    if head.startswith(ZIP):
        name, notes, rows = rows_of_workbook(path)
    else:
        name, notes, rows = rows_of_text(path, head)
    tell(name=name[:LONGEST_NAME], notes=sorted(notes))
    return rows


def numbered(rows: Rows) -> Iterator[tuple[int, str]]:
    """The rows that hold something, by the number that a spreadsheet shows beside them."""
    empty = 0
    for number, cells in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise Refused("sheet-too-long", limit=MOST_ROWS)
        if cells is not None:
            yield number, cells
            continue
        empty += 1
        if empty > MOST_EMPTY_ROWS:
            raise Refused("too-many-empty-rows", limit=MOST_EMPTY_ROWS)


def written(rows: Iterator[tuple[int, str]], before: str) -> int:
    done = 0
    while some := list(islice(rows, AT_A_TIME)):
        lines = [f"{before}{number}\x02{cells}\n" for number, cells in some]
        sys.stdout.buffer.write("".join(lines).encode())
        done += len(some)
    sys.stdout.buffer.flush()
    if not done:
        raise Refused("empty-file")
    return done


if __name__ == "__main__":
    main(*sys.argv[1:])
