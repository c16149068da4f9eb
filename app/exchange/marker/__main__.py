"""On its input stands first, as JSON, what is to be written where; then lines of rows as the
table reader writes them, before each of which the remarks on it may stand. On its output it tells,
as JSON, what it counted, or why there is no file.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from app.domain.errors import Language
from app.domain.imports.columns import ImportKind
from app.domain.imports.headers import LOOKED_AT
from app.domain.imports.layouts import LAYOUTS
from app.exchange.limits import limited
from app.exchange.marker.rows import Frame, Marked, Told, framed, holds_data, marked, rows_in
from app.exchange.marker.tally import About, Tally
from app.exchange.marker.text import MarkedText
from app.exchange.marker.workbook import MarkedBook, TooLong
from app.exchange.sheets import CSV_ENCODING, workbook

MOST_MEMORY = 1 << 30
MOST_SECONDS = 600
Order = Mapping[str, Any]


def main() -> None:
    limited(memory=MOST_MEMORY, seconds=MOST_SECONDS)
    lines = sys.stdin.buffer
    try:
        tally = written(json.loads(lines.readline()), rows_in(lines))
        sys.stdout.write(json.dumps(tally.told()))
    except TooLong:
        sys.stdout.write(json.dumps({"refused": "too_long"}))
    except Exception as error:  # noqa: BLE001 - what they say may quote people's data
        sys.exit(f"marker: {type(error).__name__}")


def written(order: Order, rows: Iterator[Told]) -> Tally:
    head = list(islice(rows, LOOKED_AT))
    layout = LAYOUTS[ImportKind(order["kind"])]
    frame = framed(layout, [(number, cells) for number, cells, _ in head])
    tally = Tally()
    with paper(order, frame, tally) as add:
        all_of_them(chain(head, rows), frame, tally, add)
    return tally


def all_of_them(
    rows: Iterable[Told], frame: Frame, tally: Tally, add: Callable[[Marked], None]
) -> None:
    for told in rows:
        row = marked(frame, told)
        add(row)
        if holds_data(frame, told):
            tally.add(row, told[2], frame)


@contextmanager
def paper(order: Order, frame: Frame, tally: Tally) -> Iterator[Callable[[Marked], None]]:
    path, language = Path(order["path"]), Language(order["language"])
    if order["as_csv"]:
        with path.open("w", encoding=CSV_ENCODING, newline="") as file:
            yield MarkedText(file, frame, language).add
        return
    with workbook(path, frame.layout, language, path.parent) as book:
        marked_book = MarkedBook(book, frame, tally)
        yield marked_book.add
        marked_book.close(About(order["facts"], order["notes"]))


if __name__ == "__main__":
    main()
